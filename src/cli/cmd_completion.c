/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_completion.c - completion for bash, zsh and fish, out of the tables of commands and options. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

/* Do its operands begin with the name of a model or a version? */
static bool
takes_versions(const cli_command *command)
{
	return strstr(command->operands, "REF") || strstr(command->operands, "MODEL") || strstr(command->operands, "SUBJECT");
}

static void
each_option(const cli_command *command, void (*put)(const cli_option *o))
{
	for (const cli_option *o = command->options; o && o->name; o++)
		put(o);
	for (const cli_option *o = cli_global_options; o->name; o++)
		put(o);
}

/* ---- bash ---- */

static void
bash_option(const cli_option *o)
{
	printf(" --%s", o->name);
	if (o->letter)
		printf(" -%c", o->letter);
}

static void
bash(void)
{
	const cli_command *command;
	const char *group;

	printf("# bash completion of mgreg: source it, or put it into /usr/share/bash-completion/completions\n"
		"_mgreg()\n{\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} word command= words= names= i\n"
		"\tCOMPREPLY=()\n"
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tword=${COMP_WORDS[i]}\n"
		"\t\tcase $word in\n"
		"\t\t-s|-C|-o|-O|--store|--directory|--format|--out|--timeout|--color|--actor) ((i++)) ;;\n"
		"\t\t-*) ;;\n"
		"\t\t*) command=$word; break ;;\n"
		"\t\tesac\n"
		"\tdone\n"
		"\tcase $command in\n\t'') words='");
	for (size_t i = 0; cli_each(i, &command, &group); i++)
		printf("%s%s", i ? " " : "", command->name);
	for (const cli_option *o = cli_global_options; o->name; o++)
		bash_option(o);
	printf("' ;;\n");
	for (size_t i = 0; cli_each(i, &command, &group); i++) {
		printf("\t%s) words='", command->name);
		each_option(command, bash_option);
		printf("'%s ;;\n", takes_versions(command) ? "; names=1" : "");
	}
	printf("\tesac\n"
		"\tif [[ $cur == -* || -z $command ]]; then\n"
		"\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		"\telif [[ -n $names ]]; then\n"
		"\t\tCOMPREPLY=($(compgen -W \"$(mgreg ls -q --columns ref 2>/dev/null; mgreg runs -q 2>/dev/null; "
		"mgreg sql -q 'SELECT model FROM models' 2>/dev/null)\" -- \"$cur\"))\n"
		"\tfi\n"
		"\t[[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$cur\"))\n"
		"}\n"
		"complete -o filenames -o nosort -F _mgreg mgreg 2>/dev/null || complete -o filenames -F _mgreg mgreg\n");
}

/* ---- zsh ---- */

/* In '...': a quote ends the string, stands alone and begins it again; what _arguments takes for itself is escaped. */
static void
quoted(const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else {
			if (strchr(escape, *text))
				putchar('\\');
			putchar(*text);
		}
	}
}

static void
zsh_spec(const char *dashes, const char *name, size_t len, const cli_option *o)
{
	printf(" \\\n\t\t'%s%.*s[", dashes, (int)len, name);
	quoted(o->help, "[]:\\");
	putchar(']');
	if (o->kind != CLI_FLAG) {
		putchar(':');
		quoted(o->arg ? o->arg : "value", "[]:\\");
		printf(":%s", o->arg && (strstr(o->arg, "FILE") || strstr(o->arg, "DIR")) ? "_files" : "");
	}
	putchar('\'');
}

static void
zsh_option(const cli_option *o)
{
	zsh_spec("--", o->name, strlen(o->name), o);
	if (o->letter)
		zsh_spec("-", &o->letter, 1, o);
}

static void
zsh(void)
{
	const cli_command *command;
	const char *group;

	printf("#compdef mgreg\n# zsh completion of mgreg: put it as _mgreg into a folder of $fpath\n"
		"_mgreg_names() { compadd -- ${(f)\"$(mgreg ls -q --columns ref 2>/dev/null; mgreg runs -q 2>/dev/null; "
		"mgreg sql -q 'SELECT model FROM models' 2>/dev/null)\"}; _files }\n"
		"_mgreg() {\n\tlocal -a commands\n\tcommands=(");
	for (size_t i = 0; cli_each(i, &command, &group); i++) {
		printf("\n\t\t'%s:", command->name);
		quoted(command->summary, ":\\");
		putchar('\'');
	}
	printf("\n\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
		"\tshift words\n\t(( CURRENT-- ))\n\tcase $words[1] in\n");
	for (size_t i = 0; cli_each(i, &command, &group); i++) {
		printf("\t%s)\n\t\t_arguments", command->name);
		each_option(command, zsh_option);
		printf(" \\\n\t\t'*: :%s' ;;\n", takes_versions(command) ? "_mgreg_names" : "_files");
	}
	printf("\tesac\n}\nif [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then _mgreg \"$@\"; else compdef _mgreg mgreg; fi\n");
}

/* ---- fish ---- */

static const char *fish_command;

static void
fish_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void
fish_option(const cli_option *o)
{
	printf("complete -c mgreg%s%s", fish_command ? " -n '__fish_seen_subcommand_from " : "", fish_command ? fish_command : "");
	printf("%s -l %s", fish_command ? "'" : "", o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->kind != CLI_FLAG)
		printf(" -r%s", o->arg && (strstr(o->arg, "FILE") || strstr(o->arg, "DIR")) ? " -F" : "");
	printf(" -d ");
	fish_quoted(o->help);
	putchar('\n');
}

static void
fish(void)
{
	const cli_command *command;
	const char *group;

	printf("# fish completion of mgreg: put it as mgreg.fish into ~/.config/fish/completions\n");
	for (const cli_option *o = cli_global_options; o->name; o++)
		fish_option(o);
	for (size_t i = 0; cli_each(i, &command, &group); i++) {
		printf("complete -c mgreg -n __fish_use_subcommand -a %s -d ", command->name);
		fish_quoted(command->summary);
		putchar('\n');
		fish_command = command->name;
		for (const cli_option *o = command->options; o && o->name; o++)
			fish_option(o);
		if (takes_versions(command))
			printf("complete -c mgreg -n '__fish_seen_subcommand_from %s' -a '(mgreg ls -q --columns ref 2>/dev/null; "
				"mgreg runs -q 2>/dev/null)'\n", command->name);
	}
}

static const struct { const char *shell; void (*print)(void); } shells[] = {
	{ "bash", bash }, { "zsh", zsh }, { "fish", fish },
};

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < MG_COUNT(shells); i++)
		if (strcmp(c->args[0], shells[i].shell) == 0) {
			shells[i].print();
			return 0;
		}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "no completion for '%s' (bash, zsh, fish)", c->args[0]);
}

CLI_COMMAND(completion, "bash|zsh|fish", "completion for a shell", CLI_NOTHING, options, run)
