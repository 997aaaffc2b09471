/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - one array per command parses its options and prints its help. */
#include "cli/cli.h"

/* What every command has.  Values of globals are found by name in parse_global(). */
const cli_option cli_global_options[] = {
	{ 's', "store", CLI_TEXT, NULL, "FILE", "the store (default: $MGREG_STORE, else the nearest registry.mgreg)" },
	{ 'C', "directory", CLI_TEXT, NULL, "DIR", "go there first" },
	{ 0, "read-only", CLI_FLAG, NULL, NULL, "open the store for reading only" },
	{ 0, "timeout", CLI_TEXT, NULL, "SECONDS", "how long to wait for a lock (default 10)" },
	{ 'o', "format", CLI_TEXT, NULL, "FMT", "human, json, jsonl, csv, tsv, porcelain; cat and run also npy, raw" },
	{ 0, "json", CLI_FLAG, NULL, NULL, "the same as -o json" },
	{ 0, "porcelain", CLI_TEXT, NULL, "[=1]", "the same as -o porcelain" },
	{ 'O', "out", CLI_TEXT, NULL, "FILE", "where a result that is one file goes" },
	{ 'q', "quiet", CLI_FLAG, NULL, NULL, "only the answer, one item per line" },
	{ 'v', "verbose", CLI_FLAG, NULL, NULL, "say more; twice: SQL timing" },
	{ 0, "color", CLI_TEXT, NULL, "WHEN", "auto, always, never" },
	{ 'n', "dry-run", CLI_FLAG, NULL, NULL, "say what would be done" },
	{ 'y', "yes", CLI_FLAG, NULL, NULL, "never ask" },
	{ 0, "actor", CLI_TEXT, NULL, "NAME", "who does it, for the audit log" },
	{ 'h', "help", CLI_FLAG, NULL, NULL, "this help" },
	{ 0, NULL, CLI_FLAG, NULL, NULL, NULL }
};

static const struct { const char *name; enum cli_format format; } formats[] = {
	{ "human", CLI_HUMAN }, { "json", CLI_JSON }, { "jsonl", CLI_JSONL }, { "csv", CLI_CSV }, { "tsv", CLI_TSV },
	{ "porcelain", CLI_PORCELAIN }, { "npy", CLI_NPY }, { "raw", CLI_RAW },
};

static int
set_format(cli *c, const char *name, mgreg_error *err)
{
	for (size_t i = 0; i < MG_COUNT(formats); i++)
		if (strcmp(formats[i].name, name) == 0) {
			c->format = formats[i].format;
			c->format_given = true;
			return 0;
		}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "unknown format '%s' (human, json, jsonl, csv, tsv, porcelain, npy, raw)", name);
}

static int
set_global(cli *c, const char *name, const char *value, bool on, bool *help, mgreg_error *err)
{
	if (strcmp(name, "store") == 0)
		c->store_option = value;
	else if (strcmp(name, "directory") == 0)
		c->directory = value;
	else if (strcmp(name, "read-only") == 0)
		c->read_only = on;
	else if (strcmp(name, "timeout") == 0) {
		if (!mg_parse_duration(value, &c->timeout))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--timeout: '%s' is not a number of seconds", value);
	} else if (strcmp(name, "format") == 0)
		return set_format(c, value, err);
	else if (strcmp(name, "json") == 0)
		return set_format(c, on ? "json" : "human", err);
	else if (strcmp(name, "porcelain") == 0) {
		if (value && strcmp(value, "1") != 0)
			return mg_fail(err, MGREG_UNIMPLEMENTED, "porcelain version '%s' is not known (1 is)", value);
		return set_format(c, "porcelain", err);
	} else if (strcmp(name, "out") == 0)
		c->out = value;
	else if (strcmp(name, "quiet") == 0)
		c->quiet = on;
	else if (strcmp(name, "verbose") == 0)
		c->verbose = on ? c->verbose + 1 : 0;
	else if (strcmp(name, "color") == 0) {
		if (strcmp(value, "auto") != 0 && strcmp(value, "always") != 0 && strcmp(value, "never") != 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--color: auto, always or never, not '%s'", value);
		if (strcmp(value, "auto") != 0)
			c->color = strcmp(value, "always") == 0;
	} else if (strcmp(name, "dry-run") == 0)
		c->dry_run = on;
	else if (strcmp(name, "yes") == 0)
		c->yes = on;
	else if (strcmp(name, "actor") == 0)
		c->actor = value;
	else
		*help = on;
	return 0;
}

static int
set_value(const cli_option *o, const char *value, bool on, mgreg_error *err)
{
	cli_list *list = o->value;
	bool fine = true;

	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)o->value = on;
		break;
	case CLI_TEXT:
		*(const char **)o->value = value;
		break;
	case CLI_INT:
		fine = mg_parse_i64(value, strlen(value), o->value);
		break;
	case CLI_SIZE:
		fine = mg_parse_size(value, o->value);
		break;
	case CLI_STEPS:
		fine = mg_parse_steps(value, o->value);
		break;
	case CLI_REAL:
		fine = mg_parse_double(value, strlen(value), o->value);
		break;
	case CLI_DURATION:
		fine = mg_parse_duration(value, o->value);
		break;
	case CLI_LIST:
	case CLI_PAIR:
		if (!mg_vec_push(&list->items, value))
			return mg_fail_nomem(err, 0);
		break;
	}
	if (!fine)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--%s: '%s' is not a valid %s", o->name, value, o->arg ? o->arg : "value");
	return 0;
}

static const cli_option *
find_long(const cli_option *options, const char *name, size_t len, bool *negated)
{
	for (const cli_option *o = options; o && o->name; o++) {
		*negated = false;
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
		if (o->kind == CLI_FLAG && len > 3 && memcmp(name, "no-", 3) == 0
		    && strlen(o->name) == len - 3 && memcmp(o->name, name + 3, len - 3) == 0) {
			*negated = true;
			return o;
		}
	}
	return NULL;
}

static const cli_option *
find_letter(const cli_option *options, char letter)
{
	for (const cli_option *o = options; o && o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int
unknown_option(const cli_command *command, const char *name, mgreg_error *err)
{
	const cli_option *const arrays[] = { command->options, cli_global_options };
	const char *best = NULL;
	unsigned nearest = 3, d;
	int rc;

	for (size_t i = 0; i < MG_COUNT(arrays); i++)
		for (const cli_option *o = arrays[i]; o && o->name; o++)
			if ((d = mg_edit_distance(name, o->name)) < nearest) {
				nearest = d;
				best = o->name;
			}
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "unknown option --%s", name);
	if (best)
		mg_error_candidate(err, "--%s", best);
	return rc;
}

typedef struct parser {
	cli    *c;
	int     argc, at;
	char  **argv;
	bool   *help;
} parser;

static int
apply(parser *p, const cli_option *o, bool global, const char *shown, const char *attached, bool on, mgreg_error *err)
{
	bool optional = global && strcmp(o->name, "porcelain") == 0;
	const char *value = attached;

	if (o->kind == CLI_FLAG && attached)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s takes no value", shown);
	if (o->kind != CLI_FLAG && !value && !optional) {
		if (p->at + 1 >= p->argc)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s needs a value (%s)", shown, o->arg ? o->arg : "TEXT");
		value = p->argv[++p->at];
	}
	if (o->kind == CLI_PAIR) {
		int rc = set_value(o, value, on, err);

		if (rc || p->at + 1 >= p->argc)
			return rc ? rc : mg_fail(err, MGREG_INVALID_ARGUMENT, "%s needs two values (%s)", shown, o->arg);
		value = p->argv[++p->at];
	}
	return global ? set_global(p->c, o->name, value, on, p->help, err) : set_value(o, value, on, err);
}

static int
parse_long(parser *p, char *text, mgreg_error *err)
{
	const cli_command *command = p->c->command;
	char *equals = strchr(text, '='), shown[80], name[72];
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	bool negated, global = false;
	const cli_option *o = find_long(command->options, text, len, &negated);

	if (!o) {
		global = true;
		o = find_long(cli_global_options, text, len, &negated);
	}
	snprintf(name, sizeof(name), "%.*s", (int)MG_MIN(len, (size_t)64), text);
	snprintf(shown, sizeof(shown), "--%s", name);
	if (!o)
		return unknown_option(command, name, err);
	return apply(p, o, global, shown, equals ? equals + 1 : NULL, !negated, err);
}

/* "-nq", "-sFILE", "-s FILE" */
static int
parse_letters(parser *p, char *text, mgreg_error *err)
{
	char shown[3] = "-?";
	int rc = 0;

	for (; *text && rc == 0; text++) {
		bool global = false;
		const cli_option *o = find_letter(p->c->command->options, *text);
		if (!o) {
			global = true;
			o = find_letter(cli_global_options, *text);
		}
		shown[1] = *text;
		if (!o)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "unknown option %s", shown);
		if (o->kind != CLI_FLAG)
			return apply(p, o, global, shown, text[1] ? text + 1 : NULL, true, err);
		rc = apply(p, o, global, shown, NULL, true, err);
	}
	return rc;
}

int
cli_parse(cli *c, int argc, char **argv, bool *help, mgreg_error *err)
{
	parser p = { c, argc, 0, argv, help };
	bool ended = false;
	int rc = 0;

	c->args = mg_calloc((size_t)argc + 1, sizeof(*c->args));
	if (!c->args)
		return mg_fail_nomem(err, 0);
	for (; p.at < argc && rc == 0; p.at++) {
		char *text = argv[p.at];
		if (ended || text[0] != '-' || text[1] == '\0')
			c->args[c->arg_count++] = text;
		else if (strcmp(text, "--") == 0)
			ended = true;
		else if (text[1] == '-')
			rc = parse_long(&p, text + 2, err);
		else
			rc = parse_letters(&p, text + 1, err);
	}
	return rc;
}

int
cli_expect_args(cli *c, int min, int max, mgreg_error *err)
{
	if (c->arg_count < min)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "an operand is missing: mgreg %s %s", c->command->name, c->command->operands);
	if (max >= 0 && c->arg_count > max)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "one operand too many: '%s'", c->args[max]);
	return 0;
}

static void
print_options(const cli_option *options)
{
	char left[64];

	for (const cli_option *o = options; o && o->name; o++) {
		char letter[5] = "    ";
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->arg && o->arg[0] != '[' ? " " : "", o->arg ? o->arg : "");
		printf("  %-32s %s\n", left, o->help);
	}
}

void
cli_print_usage(const cli_command *command)
{
	const char *example = cli_example(command);

	if (example)
		printf("example: %s\n\n", example);
	printf("usage: mgreg %s [OPTIONS]%s%s\n%s\n", command->name, *command->operands ? " " : "", command->operands,
		command->summary);
	if (command->options && command->options->name) {
		printf("\noptions:\n");
		print_options(command->options);
	}
	printf("\noptions of every command:\n");
	print_options(cli_global_options);
}

const char **
cli_split_list(const char *text, int *count)
{
	size_t n = 1, len = strlen(text);
	const char **list;
	char *copy;

	for (const char *p = text; *p; p++)
		n += *p == ',';
	if (!(list = mg_alloc((n + 1) * sizeof(*list) + len + 1)))
		return NULL;
	copy = memcpy(list + n + 1, text, len + 1);
	*count = 0;
	for (char *end; copy; copy = end) {
		if ((end = strchr(copy, ',')))
			*end++ = '\0';
		if (*copy)
			list[(*count)++] = copy;
	}
	list[*count] = NULL;
	return list;
}

bool
cli_split_pair(const char *text, mg_slice *key, const char **value)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return false;
	*key = (mg_slice){ text, (size_t)(equals - text) };
	*value = equals + 1;
	return true;
}
