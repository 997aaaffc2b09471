/* SPDX-License-Identifier: Apache-2.0 */
/* check_main.c - main() of every layer's test program: all suites, TAP on standard output. */
#include "testing.h"

int
main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	const char *only = argc > 1 ? argv[1] : NULL;   /* the name of one suite */
	int failed;

	for (const mg_test_suite *s = mg_test_suites; *s; s++)
		srunner_add_suite(runner, (*s)());
	srunner_set_tap(runner, "-");
	if (only)
		srunner_run(runner, only, NULL, CK_SILENT);
	else
		srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
