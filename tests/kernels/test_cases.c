/* SPDX-License-Identifier: Apache-2.0 */
/* test_cases.c - every row of every table of cases holds. */
#include "testing.h"
#include "kernels/cases.h"

extern const kernel_case cases_math[], cases_reduce[], cases_array[], cases_slice[], cases_nn[];
extern const kernel_case cases_text[], cases_more[];

static const struct { const char *name; const kernel_case *cases; } tables[] = {
	{ "math", cases_math }, { "reduce", cases_reduce }, { "array", cases_array }, { "slice", cases_slice }, { "nn", cases_nn },
	{ "text", cases_text }, { "more", cases_more },
};

START_TEST(cases_hold)
{
	const kernel_case *c = tables[_i].cases;
	mg_str why = MG_STR_INIT;
	int bad = 0;

	for (int i = 0; c[i].op; i++) {
		mg_str one = MG_STR_INIT;
		if (!case_holds(&c[i], &one)) {
			mg_str_printf(&why, "\n  %s[%d] %s {%s}: %s", tables[_i].name, i, c[i].op, c[i].attrs ? c[i].attrs : "", one.ptr);
			bad++;
		}
		mg_str_clear(&one);
	}
	ck_assert_msg(bad == 0, "%d cases:%s", bad, why.ptr);
	mg_str_clear(&why);
}
END_TEST

Suite *
test_cases(void)
{
	TCase *t;
	Suite *s = mg_suite("cases", &t);

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, cases_hold, 0, MG_COUNT(tables));
	return s;
}
