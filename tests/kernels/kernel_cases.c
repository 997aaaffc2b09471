/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_cases.c - cases from standard input, one a line: op, attributes, tolerance, inputs, outputs, separated by tabs; several
 * inputs or outputs by semicolons.  TAP on standard output.
 */
#include "base/base.h"
#include "kernels/cases.h"
#include <stdio.h>
#include <stdlib.h>

static void
cut(char *text, const char **out, int max)
{
	int n = 0;

	for (char *p = text; p && *p && n < max;) {
		out[n++] = p;
		if ((p = strchr(p, ';')) != NULL)
			*p++ = '\0';
	}
}

int
main(void)
{
	char *line = NULL;
	size_t cap = 0;
	int n = 0, bad = 0;

	while (getline(&line, &cap, stdin) > 0) {
		kernel_case c = { .op = NULL };
		char *field[5] = { NULL }, *p = line;
		mg_str why = MG_STR_INIT;
		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < 5 && p; i++) {
			field[i] = p;
			if ((p = strchr(p, '\t')) != NULL)
				*p++ = '\0';
		}
		if (!field[4])
			continue;
		c.op = field[0];
		c.attrs = field[1];
		c.tolerance = strtod(field[2], NULL);
		cut(field[3], c.in, MAX_IN);
		cut(field[4], c.out, MAX_OUT);
		n++;
		if (case_holds(&c, &why)) {
			printf("ok %d - %s {%s}\n", n, c.op, c.attrs);
		} else {
			printf("not ok %d - %s {%s}: %s\n", n, c.op, c.attrs, why.ptr);
			bad++;
		}
		mg_str_clear(&why);
	}
	free(line);
	printf("1..%d\n", n);
	return bad != 0;
}
