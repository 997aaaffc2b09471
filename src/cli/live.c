/* SPDX-License-Identifier: Apache-2.0 */
/* live.c - the runtime options of the command line -> options of the library. */
#include "cli/live.h"

int
cli_runtime_apply(const cli_runtime *r, mgreg_live_options *o, mgreg_error *err)
{
	if (r->threads < 0 || r->threads > 1024)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--threads: from 1 to 1024");
	if (r->allow_bf16)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "--allow-bf16: this build has no bfloat16 products");
	o->threads = (int)r->threads;
	o->no_optimize = r->no_optimize;
	o->deadline = r->deadline;
	o->roots = r->allow_files.items.at;
	o->root_count = (int)r->allow_files.items.len;
	return 0;
}

int
cli_trace_begin(const cli_runtime *r, mgreg_live *live, mgreg_error *err)
{
	return r->trace ? mgreg_session_trace_begin(mgreg_live_session(live), err) : 0;
}

int
cli_trace_end(const cli_runtime *r, mgreg_live *live, mgreg_error *err)
{
	char *json;
	size_t len;
	int rc;

	if (!r->trace)
		return 0;
	if ((rc = mgreg_session_trace_take(mgreg_live_session(live), &json, &len, err)) != 0)
		return rc;
	rc = cli_write_file(r->trace, json, len, err);
	mgreg_free(json);
	return rc;
}
