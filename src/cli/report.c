/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - an error becomes a message, a hint and the exit status of its reason. */
#include "cli/cli.h"

static const struct { mgreg_reason reason; const char *hint; } hints[] = {
	{ MGREG_REASON_BUSY, "another process is writing; try again, or wait longer with --timeout SECONDS" },
};

static void
report_json(const mgreg_error *err, int status)
{
	mg_str s = MG_STR_INIT;
	mg_slice rest = MG_SLICE(err->candidates), line;
	bool first = true;

	mg_str_printf(&s, "{\"mgreg\":1,\"error\":{\"code\":\"%s\",\"reason\":\"%s\",\"exit\":%d,\"message\":",
		mgreg_code_name(err->code), mgreg_reason_name(err->reason), status);
	mg_json_put_string(&s, err->text, strlen(err->text));
	if (err->node[0]) {
		mg_str_add(&s, ",\"node\":");
		mg_json_put_string(&s, err->node, strlen(err->node));
	}
	if (err->candidates[0]) {
		mg_str_add(&s, ",\"candidates\":[");
		while (mg_slice_split(&rest, '\n', &line)) {
			if (!first)
				mg_str_addc(&s, ',');
			first = false;
			mg_json_put_string(&s, line.ptr, line.len);
		}
		mg_str_addc(&s, ']');
	}
	mg_str_add(&s, "}}\n");
	fputs(s.ptr, stderr);
	mg_str_clear(&s);
}

static void
report_human(const cli *c, const mgreg_error *err)
{
	mg_slice rest = MG_SLICE(err->candidates), line;

	fprintf(stderr, "mgreg%s%s: ", c->command ? " " : "", c->command ? c->command->name : "");
	if (err->node[0])
		fprintf(stderr, "node '%s': ", err->node);
	fprintf(stderr, "%s\n", err->text[0] ? err->text : mgreg_code_name(err->code));
	if (err->candidates[0]) {
		fputs(err->listed ? "namely:\n" : err->reason == MGREG_REASON_AMBIGUOUS ? "it may be one of:\n" : "did you mean:\n", stderr);
		while (mg_slice_split(&rest, '\n', &line))
			fprintf(stderr, "  %.*s\n", (int)line.len, line.ptr);
	}
	for (size_t i = 0; i < MG_COUNT(hints); i++)
		if (hints[i].reason == err->reason)
			fprintf(stderr, "hint: %s\n", hints[i].hint);
}

int
cli_report(cli *c, int rc, const mgreg_error *err)
{
	int status;

	if (rc == 0)
		return 0;
	status = mgreg_reason_exit(err->reason);
	/* "No" is an answer, not an error. */
	if (err->reason == MGREG_REASON_NO)
		return status;
	if (c->format == CLI_JSON || c->format == CLI_JSONL)
		report_json(err, status);
	else
		report_human(c, err);
	return status;
}
