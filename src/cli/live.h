/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - options that every command with a live graph has (mgreg(1), RUNTIME OPTIONS). */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "cli/cli.h"

typedef struct cli_runtime {
	int64_t     threads;
	const char *trace;
	bool        no_optimize, allow_bf16;
	cli_list    allow_files;
	double      deadline;
} cli_runtime;

/* Rows for the option array of a command; R is a static cli_runtime. */
#define CLI_RUNTIME_OPTIONS(r) \
	{ 0, "threads", CLI_INT, &(r).threads, "N", "compute threads (default: one per CPU)" }, \
	{ 0, "trace", CLI_TEXT, &(r).trace, "FILE", "write where time went as Chrome trace JSON" }, \
	{ 0, "no-optimize", CLI_FLAG, &(r).no_optimize, NULL, "run the graph as it is" }, \
	{ 0, "allow-bf16", CLI_FLAG, &(r).allow_bf16, NULL, "products in bfloat16 where that is faster" }, \
	{ 0, "allow-files", CLI_LIST, &(r).allow_files, "DIR", "let the graph reach files below DIR" }, \
	{ 0, "deadline", CLI_DURATION, &(r).deadline, "SECONDS", "end a run that takes longer" }

/* Checks them and puts them into O (whose roots then point into R). */
int cli_runtime_apply(const cli_runtime *r, mgreg_live_options *o, mgreg_error *err);
/* --trace: from now on; into its file.  Nothing without the option. */
int cli_trace_begin(const cli_runtime *r, mgreg_live *live, mgreg_error *err);
int cli_trace_end(const cli_runtime *r, mgreg_live *live, mgreg_error *err);
#endif
