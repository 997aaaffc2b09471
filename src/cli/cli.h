/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - the frame of the command: a command is a row with an option array; main.c opens what the row needs.
 *
 * A command prints its data through the row writer below and returns an mgreg_code; it never prints errors.
 */
#ifndef CLI_H
#define CLI_H

#include "base/text.h"
#include "mgreg.h"

enum cli_needs {
	CLI_NOTHING,            /* no store */
	CLI_STORE_READ,         /* opened read-only */
	CLI_STORE_WRITE,        /* opened for writing (read-only under --read-only: the command's call then refuses) */
	CLI_STORE_CHANGE,       /* the same, and the whole command is one transaction, which --dry-run takes back */
	CLI_STORE_PATH,         /* found, not opened */
	CLI_STORE_MAYBE         /* opened read-only if one is found, else c->store is NULL */
};

enum cli_format { CLI_HUMAN, CLI_JSON, CLI_JSONL, CLI_CSV, CLI_TSV, CLI_PORCELAIN, CLI_NPY, CLI_RAW };

enum cli_kind {
	CLI_FLAG,               /* bool *; --no-NAME clears it */
	CLI_TEXT,               /* const char ** */
	CLI_INT,                /* int64_t * */
	CLI_SIZE,               /* uint64_t *, K M G */
	CLI_STEPS,              /* int64_t *, k M */
	CLI_REAL,               /* double * */
	CLI_DURATION,           /* double * seconds, s m h d */
	CLI_LIST,               /* cli_list *: the option may repeat */
	CLI_PAIR                /* cli_list *: takes two values, which are appended; may repeat */
};

typedef struct cli_list { MG_VEC(const char *) items; } cli_list;

typedef struct cli_option {
	char           letter;  /* 0: none */
	const char    *name;    /* without the dashes; NULL ends the array */
	enum cli_kind  kind;
	void          *value;
	const char    *arg;     /* name of the argument in the help; NULL for flags */
	const char    *help;
} cli_option;

typedef struct cli {
	const struct cli_command *command;
	mgreg_store    *store;
	const char     *store_path;     /* as found; NULL without a store */
	/* global options */
	const char     *store_option, *directory, *actor, *out;
	enum cli_format format;
	bool            format_given;   /* -o or --json was used */
	bool            read_only, quiet, dry_run, yes, color;
	int             verbose;
	double          timeout;
	/* operands */
	const char    **args;
	int             arg_count;
} cli;

typedef struct cli_command {
	const char       *name;
	const char       *operands;     /* "[MODEL[/RUN]]", "REF REF", "FILE..." */
	const char       *summary;
	enum cli_needs    needs;
	const cli_option *options;
	int             (*run)(cli *c, mgreg_error *err);
} cli_command;

#define CLI_COMMON_OPTIONS { 0, NULL, CLI_FLAG, NULL, NULL, NULL }      /* the global options end every array */
#define CLI_COMMAND(id, ops, what, need, opts, fn) \
	const cli_command cli_command_##id = { .name = #id, .operands = ops, .summary = what, .needs = need, .options = opts, .run = fn };

/* ---- commands.c ---- */
const cli_command *cli_find(const char *name);
const cli_command *cli_suggest(const char *name);       /* nearest spelling, or NULL */
const char *cli_example(const cli_command *command);
void cli_print_overview(void);
/* Every command in order, with the heading of its group; false after the last. */
bool cli_each(size_t i, const cli_command **command, const char **group);

/* ---- options.c ---- */
/* Parses everything behind the command's name; operands land in c->args.  *HELP is set by -h. */
int cli_parse(cli *c, int argc, char **argv, bool *help, mgreg_error *err);
void cli_print_usage(const cli_command *command);
/* INVALID_ARGUMENT unless the number of operands is within [MIN, MAX] (MAX -1: any). */
int cli_expect_args(cli *c, int min, int max, mgreg_error *err);
extern const cli_option cli_global_options[];

/* ---- output.c: rows, in every format ---- */
enum cli_type { CLI_COL_TEXT, CLI_COL_INT, CLI_COL_REAL, CLI_COL_BOOL, CLI_COL_SIZE, CLI_COL_JSON };
typedef struct cli_column {
	const char   *name;     /* the SQL view's column name */
	enum cli_type type;
} cli_column;
/* RECORD: a single thing, shown as "name  value" lines to people. */
void cli_rows_begin(cli *c, const cli_column *columns, int count, bool record);
void cli_put_text(cli *c, const char *text);            /* NULL: null */
void cli_put_textn(cli *c, const char *text, size_t len);
void cli_put_int(cli *c, int64_t v);
void cli_put_real(cli *c, double v);
void cli_put_bool(cli *c, bool v);
void cli_put_null(cli *c);
void cli_row_end(cli *c);                               /* all cells of a row were put, in order */
int cli_rows_end(cli *c, mgreg_error *err);
/* Plain text to standard output (human form only); formatted. */
void cli_print(cli *c, const char *fmt, ...) MG_PRINTF(2, 3);
void cli_write(cli *c, const void *data, size_t size);
/* A command's result that is one file: to -O FILE, whole or not at all, else to standard output. */
int cli_deliver(cli *c, const void *data, size_t size, mgreg_error *err);
int cli_write_file(const char *path, const void *data, size_t size, mgreg_error *err); /* whole or not at all */
/* A remark for people, on standard error; not under -q. */
void cli_note(cli *c, const char *fmt, ...) MG_PRINTF(2, 3);
int cli_flush(mgreg_error *err);                        /* standard output, at the end */

/* Output is kept back until it is let go or dropped: nothing is said before it is true. */
void cli_hold(void);
void cli_release(bool drop);

/* ---- main.c: a command's changes as one transaction (CLI_STORE_CHANGE does it by itself) ---- */
int cli_begin(cli *c, mgreg_error *err);
/* For a command whose row says CLI_STORE_READ and which finds that it writes. */
int cli_reopen_for_writing(cli *c, mgreg_error *err);
int cli_end(cli *c, int rc, mgreg_error *err);          /* commits and lets the output go; under --dry-run takes the changes back */

/* ---- progress.c: one line on a terminal, nothing in a pipe ---- */
void cli_progress(cli *c, const char *fmt, ...) MG_PRINTF(2, 3);        /* rate-limited */
void cli_progress_end(cli *c);

/* ---- report.c ---- */
int cli_report(cli *c, int rc, const mgreg_error *err); /* prints; returns the exit status */

/* ---- signals (main.c) ---- */
void cli_catch_signals(void);           /* SIGINT, SIGTERM, SIGHUP only set the number below; a second one ends at once */
int cli_signal(void);                   /* 0: none yet */
const int *cli_signal_flag(void);       /* the same, for library calls that look themselves */

/* ---- versions.c: rows about versions ---- */
/* Columns ref, model, run, no, global_step, state, version_id (to people: ref, no, state); WHAT (may be NULL) is one more in
 * front of the state. */
void cli_versions_begin(cli *c, const char *what);
void cli_put_version(cli *c, const mgreg_version_info *v, const char *what);
void cli_name_by_number(mgreg_version_info *v);          /* its reference once it is not live any more */
/* Every version that the operands from FIRST on name is read into *OUT (mg_free). */
int cli_resolve_args(cli *c, int first, mgreg_version_info **out, size_t *count, mgreg_error *err);
/* "2026-11-24", "2d": ms; INVALID_ARGUMENT names the option. */
int cli_parse_time(const char *option, const char *text, int64_t *ms, mgreg_error *err);
void cli_put_time(cli *c, int64_t ms);                  /* "2026-11-24 10:00:00"; 0: null */
void cli_put_step(cli *c, const mgreg_version_info *v);

/* ---- shared bits ---- */
bool cli_confirm(cli *c, const char *what, mgreg_error *err);   /* --yes, or asks on a terminal; else refuses naming --yes */
/* Pieces of TEXT between commas, in one heap block with the array (mg_free the array); NULL when memory is short. */
const char **cli_split_list(const char *text, int *count);
/* "a=b" at its first '='; false if there is none. */
bool cli_split_pair(const char *text, mg_slice *key, const char **value);
#endif
