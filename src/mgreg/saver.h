/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/saver.h - savers and what they save to. */
#ifndef MGREG_SAVER_H
#define MGREG_SAVER_H

#include "mgreg/metagraph.h"
#include "mgreg/session.h"
#include "mgreg/store.h"

MGREG_BEGIN

/* ---- savers and save targets ----------------------------------------------------------------- */

/* How a saver is made; the numbers are TensorFlow's.  Start from MGREG_SAVER_INIT. */
typedef struct mgreg_saver_options {
	size_t      size;
	const char *const *variables;   /* names of variables ("w"); NULL: all of collection "variables" */
	const char *const *keys;        /* what they are called in the checkpoint; NULL: by their names */
	int         variable_count;
	const char *name;               /* scope of its nodes; NULL: "save" */
	int         max_to_keep;        /* older checkpoints go; 0: none ever */
	double      keep_hours;         /* one in so many hours stays for good */
	int         write_version;      /* 1 or 2 */
	unsigned    reshape:1, sharded:1, allow_empty:1, pad_step_number:1, save_relative_paths:1;
} mgreg_saver_options;
#define MGREG_SAVER_INIT { sizeof(mgreg_saver_options), NULL, NULL, 0, NULL, 5, 10000.0, 2, 0, 0, 0, 0, 0 }

/* Adds the nodes that save and restore to GRAPH, which must outlive the saver.  INVALID_ARGUMENT: no variables.  OPTIONS may be
 * NULL. */
int mgreg_saver_new(mgreg_saver **out, mgreg_graph *graph, const mgreg_saver_options *options, mgreg_error *err);
void mgreg_saver_free(mgreg_saver *saver);

/* Saves the session's variables as TensorFlow's files: PATH, or PATH-<step> if STEP is not negative, with its .meta beside it and
 * the state file `checkpoint` in its folder.  *PREFIX (may be NULL; mgreg_free) is the checkpoint's name.  With _nometa no .meta is
 * written.  FAILED_PRECONDITION: a variable has no value; NOT_FOUND: no such folder. */
int mgreg_saver_save(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix, mgreg_error *err);
int mgreg_saver_save_nometa(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix,
	mgreg_error *err);
/* Gives the session's variables the values of checkpoint PREFIX.  NOT_FOUND: no such checkpoint, or a tensor is not in it;
 * INVALID_ARGUMENT: shapes or types differ; DATA_LOSS. */
int mgreg_saver_restore(mgreg_saver *saver, mgreg_session *session, const char *prefix, mgreg_error *err);
/* The newest checkpoint that the state file in DIR names and that is there; mgreg_free.  NOT_FOUND, reason NO: none. */
int mgreg_latest_checkpoint(const char *dir, char **prefix, mgreg_error *err);

MGREG_END
#endif
