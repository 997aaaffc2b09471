/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - expands the table of commands. */
#include "cli/cli.h"

#define GROUP(title)
#define COMMAND(id, example) extern const cli_command cli_command_##id;
#include "cli/commands.def"
#undef GROUP
#undef COMMAND

static const struct {
	const char        *group;       /* a heading, or NULL */
	const cli_command *command;
	const char        *example;
} rows[] = {
#define GROUP(title) { title, NULL, NULL },
#define COMMAND(id, example) { NULL, &cli_command_##id, example },
#include "cli/commands.def"
};

const cli_command *
cli_find(const char *name)
{
	for (size_t i = 0; i < MG_COUNT(rows); i++)
		if (rows[i].command && strcmp(rows[i].command->name, name) == 0)
			return rows[i].command;
	return NULL;
}

const cli_command *
cli_suggest(const char *name)
{
	const cli_command *best = NULL;
	unsigned nearest = 3, d;

	for (size_t i = 0; i < MG_COUNT(rows); i++) {
		if (!rows[i].command)
			continue;
		d = mg_edit_distance(name, rows[i].command->name);
		if (d < nearest) {
			nearest = d;
			best = rows[i].command;
		}
	}
	return best;
}

const char *
cli_example(const cli_command *command)
{
	for (size_t i = 0; i < MG_COUNT(rows); i++)
		if (rows[i].command == command)
			return rows[i].example;
	return NULL;
}

bool
cli_each(size_t i, const cli_command **command, const char **group)
{
	const char *heading = "";

	for (size_t k = 0; k < MG_COUNT(rows); k++) {
		if (rows[k].group)
			heading = rows[k].group;
		else if (i-- == 0) {
			*command = rows[k].command;
			*group = heading;
			return true;
		}
	}
	return false;
}

void
cli_print_overview(void)
{
	printf("mgreg keeps TensorFlow 1.x models as versions in one SQLite file, and runs them.\n\n"
		"usage: mgreg [-s STORE] COMMAND [OPTIONS] [OPERANDS]\n");
	for (size_t i = 0; i < MG_COUNT(rows); i++) {
		if (rows[i].group)
			printf("\n%s\n", rows[i].group);
		else
			printf("  %-12s %s\n", rows[i].command->name, rows[i].command->summary);
	}
	printf("\n`mgreg COMMAND -h' shows a command's options, `mgreg help COMMAND' its manual.\n");
}
