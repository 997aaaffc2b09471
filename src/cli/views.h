/* SPDX-License-Identifier: Apache-2.0 */
/* views.h - what a content holds as rows: shared by show, collections, hparams, tensors, inspect. */
#ifndef CLI_VIEWS_H
#define CLI_VIEWS_H

#include "cli/cli.h"

/* Opens the version that REF names. */
int cli_open_ref(cli *c, const char *ref, const char *tags, mgreg_content **out, mgreg_error *err);

/* Each prints one view of CONTENT, whole. */
int cli_view_graph(cli *c, mgreg_content *content, mgreg_error *err);
int cli_view_saver(cli *c, mgreg_content *content, mgreg_error *err);
int cli_view_info(cli *c, mgreg_content *content, mgreg_error *err);
int cli_view_signatures(cli *c, mgreg_content *content, mgreg_error *err);
int cli_view_files(cli *c, mgreg_content *content, mgreg_error *err);
int cli_view_notes(cli *c, mgreg_content *content, mgreg_error *err);
int cli_view_hparams(cli *c, mgreg_content *content, mgreg_error *err);
/* NAME NULL: a row per collection; else a row per item of that one.  RAW: the items' bytes in hex. */
int cli_view_collections(cli *c, mgreg_content *content, const char *name, bool raw, mgreg_error *err);
/* VALUES: a column with the elements, at most HEAD of each tensor (0: all). */
typedef struct cli_tensor_view {
	const char *glob;
	bool        stats, values;
	int64_t     head;
} cli_tensor_view;
int cli_view_tensors(cli *c, mgreg_content *content, const cli_tensor_view *view, mgreg_error *err);

/* One of several views that flags choose: INVALID_ARGUMENT if more than one flag is set; *CHOSEN is NULL for none. */
typedef int cli_view_fn(cli *c, mgreg_content *content, mgreg_error *err);
typedef struct cli_view_flag {
	const bool  *set;
	const char  *name;
	cli_view_fn *view;
} cli_view_flag;
int cli_choose_view(const cli_view_flag *flags, size_t count, cli_view_fn **chosen, mgreg_error *err);

void cli_put_count(cli *c, int64_t v);          /* null below zero */
void cli_put_utc(cli *c, int64_t ms);           /* "2026-11-24 10:00:00", as the views have it */
/* The MetaGraph that CONTENT holds; NAME is for messages. */
int cli_content_metagraph(mgreg_content *content, const char *name, mgreg_metagraph **out, mgreg_error *err);
#endif
