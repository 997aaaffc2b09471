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
