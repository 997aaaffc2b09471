/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_watch.c - one JSON line per committed event, as they come.  The audit log is what is watched: every change of a store leaves
 * its row there in the transaction that makes it.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static const char *since, *exec;
static int64_t count;
static const cli_option options[] = {
	{ 0, "since", CLI_TEXT, &since, "WHEN", "begin with what was committed from then on (2026-11-24, or 2d: for two days)" },
	{ 0, "exec", CLI_TEXT, &exec, "CMD", "run CMD for each event, the line on its standard input" },
	{ 0, "count", CLI_INT, &count, "N", "end after N events" },
	CLI_COMMON_OPTIONS
};

static const struct timespec pause_between = { 0, 100 * 1000 * 1000 };

typedef struct watcher {
	cli        *c;
	int64_t     last, told;
	mg_str      line;
	mgreg_error *err;
} watcher;

static void
put_field(mg_str *s, const char *key, const char *value)
{
	mg_str_printf(s, ",\"%s\":", key);
	mg_json_put_string(s, value, strlen(value));
}

static int
run_hook(watcher *w)
{
	FILE *pipe = popen(exec, "we");
	int status;

	if (!pipe)
		return mg_fail_os(w->err, errno, "--exec");
	fwrite(w->line.ptr, 1, w->line.len, pipe);
	status = pclose(pipe);
	if (status)     /* a hook that fails is its own affair */
		cli_note(w->c, "--exec: exit status %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

static int
event(void *ctx, const mgreg_audit_entry *e)
{
	watcher *w = ctx;
	char when[40] = "";
	time_t s = (time_t)(e->at / 1000);
	struct tm t;
	int rc = 0;

	if (count && w->told >= count)
		return 0;
	if (gmtime_r(&s, &t))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &t);
	mg_str_reset(&w->line);
	mg_str_printf(&w->line, "{\"audit_id\":%lld,\"at\":\"%s\"", (long long)e->id, when);
	put_field(&w->line, "actor", e->actor);
	put_field(&w->line, "host", e->host);
	put_field(&w->line, "op", e->op);
	put_field(&w->line, "subject", e->subject);
	mg_str_printf(&w->line, ",\"detail\":%s}\n", e->detail);
	if ((rc = mg_str_check(&w->line, w->err)) != 0)
		return rc;
	cli_write(w->c, w->line.ptr, w->line.len);
	rc = cli_flush(w->err);
	if (rc == 0 && exec)
		rc = run_hook(w);
	w->last = e->id;
	w->told++;
	return rc;
}

static int
find_last(void *ctx, const mgreg_audit_entry *e)
{
	*(int64_t *)ctx = e->id;
	return 0;
}

static int
watch(watcher *w, mgreg_error *err)
{
	mgreg_audit_filter f = MGREG_AUDIT_FILTER_INIT;
	int rc = 0;

	if (since)
		rc = cli_parse_time("since", since, &f.since, err);
	else    /* from here on */
		rc = mgreg_audit_each(w->c->store, &f, find_last, &w->last, err);
	f.subject = w->c->arg_count ? w->c->args[0] : NULL;
	while (rc == 0 && !cli_signal() && !(count && w->told >= count)) {
		f.after = w->last;
		rc = mgreg_audit_each(w->c->store, &f, event, w, err);
		if (rc == 0 && !(count && w->told >= count))
			nanosleep(&pause_between, NULL);
	}
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	watcher w = { .c = c, .line = MG_STR_INIT, .err = err };
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc == 0 && count < 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--count: not below zero");
	cli_catch_signals();
	if (rc == 0)
		rc = watch(&w, err);
	mg_str_clear(&w.line);
	return rc;
}

CLI_COMMAND(watch, "[MODEL]", "tell every change as it is committed", CLI_STORE_READ, options, run)
