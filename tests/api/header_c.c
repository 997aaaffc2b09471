/* SPDX-License-Identifier: Apache-2.0 */
/* header_c.c - the public header alone compiles as strict C, and its types are what it says. */
#include <mgreg.h>

#include <stdio.h>
#include <string.h>

int
main(void)
{
	mgreg_error err;
	mgreg_tensor *t = NULL;
	const int64_t dims[] = { 2, 3 };
	int failed = 0;

	memset(&err, 0, sizeof(err));
	printf("1..3\n");
	failed |= strncmp(mgreg_version(), "0.", 2) != 0;
	printf("%s 1 - version\n", failed ? "not ok" : "ok");
	if (mgreg_tensor_new(&t, MGREG_FLOAT, dims, 2, &err) != 0 || mgreg_tensor_count(t) != 6)
		failed = 2;
	printf("%s 2 - a tensor\n", failed & 2 ? "not ok" : "ok");
	mgreg_tensor_free(t);
	if (mgreg_tensor_new(&t, MGREG_FLOAT, dims, -1, &err) != MGREG_INVALID_ARGUMENT || err.text[0] == '\0')
		failed |= 4;
	printf("%s 3 - an error\n", failed & 4 ? "not ok" : "ok");
	return failed != 0;
}
