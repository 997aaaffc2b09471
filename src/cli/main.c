/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - finds the command, opens what it needs, runs it, reports the error, flushes. */
#include "cli/cli.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_NAME "registry.mgreg"

static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
	if (caught)
		_exit(128 + number);
	caught = number;
}

void
cli_catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < MG_COUNT(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

int
cli_signal(void)
{
	return caught;
}

const int *
cli_signal_flag(void)
{
	_Static_assert(sizeof(sig_atomic_t) == sizeof(int), "the flag is read as an int");
	return (const int *)&caught;
}

/* The nearest registry.mgreg here or above. */
static int
find_upwards(mg_str *out, mgreg_error *err)
{
	char *cwd = getcwd(NULL, 0);
	struct stat st;

	if (!cwd)
		return mg_fail_os(err, errno, "current folder");
	for (;;) {
		char *slash;
		mg_str_reset(out);
		mg_str_printf(out, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, STORE_NAME);
		if (!out->failed && stat(out->ptr, &st) == 0 && S_ISREG(st.st_mode))
			break;
		slash = strrchr(cwd, '/');
		if (!slash || cwd[1] == '\0') {
			mg_str_reset(out);
			break;
		}
		slash[slash == cwd] = '\0';
	}
	free(cwd);
	return mg_str_check(out, err);
}

static int
find_store(cli *c, mgreg_error *err)
{
	static mg_str path = MG_STR_INIT;
	const char *env = getenv("MGREG_STORE");
	int rc;

	if (c->store_option) {
		c->store_path = c->store_option;
	} else if (env && *env) {
		c->store_path = env;
	} else {
		if ((rc = find_upwards(&path, err)) != 0)
			return rc;
		c->store_path = path.len ? path.ptr : NULL;
	}
	if (c->store_path)
		return 0;
	return mg_fail(err, MGREG_NOT_FOUND, "no store: no %s here or above; `mgreg init' makes one, -s FILE names one", STORE_NAME);
}

static const char *
actor_name(cli *c)
{
	const char *env = getenv("MGREG_ACTOR");
	struct passwd *user;

	if (c->actor)
		return c->actor;
	if (env && *env)
		return env;
	user = getpwuid(geteuid());
	return user ? user->pw_name : "unknown";
}

static int
open_store(cli *c, mgreg_error *err)
{
	mgreg_store_options options = MGREG_STORE_OPTIONS_INIT;
	int rc = find_store(c, err);

	if (rc) {
		if (c->command->needs == CLI_STORE_MAYBE && !c->store_option)
			return 0;
		return rc;
	}
	if (c->command->needs == CLI_STORE_PATH)
		return 0;
	options.read_only = (c->command->needs != CLI_STORE_WRITE && c->command->needs != CLI_STORE_CHANGE) || c->read_only;
	options.timeout = c->timeout;
	options.actor = actor_name(c);
	return mgreg_store_open(&c->store, c->store_path, &options, err);
}

int
cli_reopen_for_writing(cli *c, mgreg_error *err)
{
	mgreg_store_options options = MGREG_STORE_OPTIONS_INIT;

	if (c->read_only)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "this changes the store, which --read-only rules out");
	mgreg_store_close(c->store);
	c->store = NULL;
	options.timeout = c->timeout;
	options.actor = actor_name(c);
	return mgreg_store_open(&c->store, c->store_path, &options, err);
}

int
cli_begin(cli *c, mgreg_error *err)
{
	int rc = mgreg_store_begin(c->store, err);

	if (rc == 0)
		cli_hold();
	return rc;
}

int
cli_end(cli *c, int rc, mgreg_error *err)
{
	bool no = rc && err->reason == MGREG_REASON_NO;

	if (rc == 0 && c->dry_run) {
		mgreg_store_end(c->store, MGREG_CANCELLED, NULL);
		cli_note(c, "dry run: nothing was changed");
	} else {
		rc = mgreg_store_end(c->store, rc, err);
	}
	cli_release(rc && !no);
	return rc;
}

static int
run_it(cli *c, mgreg_error *err)
{
	int rc;

	if (c->command->needs != CLI_STORE_CHANGE)
		return c->command->run(c, err);
	if ((rc = cli_begin(c, err)) != 0)
		return rc;
	return cli_end(c, c->command->run(c, err), err);
}

static bool
wants(int argc, char **argv, const char *option, const char *letter)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], option) == 0 || strcmp(argv[i], letter) == 0)
			return true;
	return false;
}

static int
run_command(cli *c, int argc, char **argv, mgreg_error *err)
{
	bool help = false;
	int rc;

	/* the error of an option that stands before --json is told in JSON, too */
	if (wants(argc, argv, "--json", "-ojson"))
		c->format = CLI_JSON;
	rc = cli_parse(c, argc, argv, &help, err);

	if (rc == 0 && help) {
		cli_print_usage(c->command);
		return 0;
	}
	if (rc == 0 && c->directory && chdir(c->directory) != 0)
		rc = mg_fail_os(err, errno, "%s", c->directory);
	if (rc == 0 && c->command->needs != CLI_NOTHING)
		rc = open_store(c, err);
	if (rc == 0)
		rc = run_it(c, err);
	cli_progress_end(c);
	mgreg_store_close(c->store);
	return rc;
}

static int
unknown_command(cli *c, const char *name, mgreg_error *err)
{
	const cli_command *near = cli_suggest(name);
	int rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "unknown command '%s'; `mgreg help' lists them", name);

	(void)c;
	if (near)
		mg_error_candidate(err, "%s", near->name);
	return rc;
}

/* Global options may stand before the command too: they are moved behind it.  Returns the command's index, 0 if there is none. */
static int
find_command(int argc, char **argv)
{
	static const char with_value[] = "sCoO";
	static const char *const long_with_value[] = { "--store", "--directory", "--timeout", "--format", "--out", "--color", "--actor" };

	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		if (a[0] != '-' || a[1] == '\0')
			return i;
		if (a[1] != '-' && strchr(with_value, a[1]) && a[2] == '\0')
			i++;
		for (size_t k = 0; k < MG_COUNT(long_with_value); k++)
			if (strcmp(a, long_with_value[k]) == 0) {
				i++;
				break;
			}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	cli c = { .timeout = 10 };
	mgreg_error err, late;
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	int at = find_command(argc, argv), rc = 0, status;

	memset(&err, 0, sizeof(err));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	c.color = isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
	if (at == 0) {
		if (wants(argc, argv, "--version", "-V")) {
			printf("mgreg %s\n", mgreg_version());
		} else if (argc == 1 || wants(argc, argv, "--help", "-h")) {
			cli_print_overview();
		} else {
			rc = mg_fail(&err, MGREG_INVALID_ARGUMENT, "no command; `mgreg help' lists them");
		}
	} else {
		c.command = cli_find(argv[at]);
		if (!c.command) {
			rc = unknown_command(&c, argv[at], &err);
		} else {
			for (int i = at; i > 1; i--)
				argv[i] = argv[i - 1];
			rc = run_command(&c, argc - 2, argv + 2, &err);
		}
	}
	status = cli_report(&c, rc, &err);
	if (cli_flush(&late) != 0) {
		if (late.cause == EPIPE)
			return 141;
		if (status == 0)
			status = cli_report(&c, late.code, &late);
	}
	mg_free((void *)c.args);
	/* a signal that was heeded decides the status, also where it ended a run */
	if (caught && (status == 0 || err.code == MGREG_CANCELLED))
		status = 128 + caught;
	return status;
}

bool
cli_confirm(cli *c, const char *what, mgreg_error *err)
{
	char answer[8];

	if (c->yes)
		return true;
	if (isatty(STDIN_FILENO)) {
		fprintf(stderr, "%s? [y/N] ", what);
		if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
			return true;
	}
	mg_fail(err, MGREG_FAILED_PRECONDITION, "%s: refused without --yes", what);
	return false;
}
