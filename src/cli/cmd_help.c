/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_help.c - the overview, or a command's manual section. */
#include "cli/cli.h"

#include <unistd.h>

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	const cli_command *command;
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc)
		return rc;
	if (c->arg_count == 0) {
		cli_print_overview();
		return 0;
	}
	command = cli_find(c->args[0]);
	if (!command) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "no command '%s'", c->args[0]);
		if ((command = cli_suggest(c->args[0])))
			mg_error_candidate(err, "%s", command->name);
		return rc;
	}
	if (isatty(STDOUT_FILENO)) {
		/* The pager opens at the command's section; without man the short help has to do. */
		mg_str pager = MG_STR_INIT;
		mg_str_printf(&pager, "less -p '^ +mgreg %s'", command->name);
		setenv("MANPAGER", pager.ptr, 0);
		execlp("man", "man", "mgreg", (char *)NULL);
		mg_str_clear(&pager);
	}
	cli_print_usage(command);
	return 0;
}

CLI_COMMAND(help, "[COMMAND]", "what a command does", CLI_NOTHING, options, run)
