/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/saver.h - savers and what they save to. */
#ifndef MGREG_SAVER_H
#define MGREG_SAVER_H

#include "mgreg/metagraph.h"
#include "mgreg/session.h"
#include "mgreg/store.h"

MGREG_BEGIN

/* ---- savers and save targets ----------------------------------------------------------------- */

/* What a MetaGraph says of its saver (SaverDef): the names of three things in the graph, and numbers.  Start from
 * MGREG_SAVER_DEF_INIT. */
typedef struct mgreg_saver_def {
	size_t      size;
	const char *filename_tensor_name;       /* "save/Const:0": fed with the name of the checkpoint */
	const char *save_tensor_name;           /* "save/control_dependency:0": fetched to save */
	const char *restore_op_name;            /* "save/restore_all": run to restore */
	int         max_to_keep;
	int         sharded;
	double      keep_hours;
	int         version;                    /* 0 legacy, 1 or 2: format of the checkpoints */
} mgreg_saver_def;
#define MGREG_SAVER_DEF_INIT { sizeof(mgreg_saver_def), NULL, NULL, NULL, 5, 0, 10000.0, 2 }

/* How a saver is made: the arguments of tf.train.Saver, with its defaults.  Start from MGREG_SAVER_INIT. */
typedef struct mgreg_saver_options {
	size_t      size;
	const char *const *variables;   /* names of variables ("w"); NULL: all of collection "variables" */
	const char *const *keys;        /* a map: what they are called in the checkpoint.  One key for several variables: they are the
	                                 * parts of one tensor.  NULL: by their names, parts of partitioned ones by that of the whole */
	int         variable_count;
	const char *name;               /* scope of its nodes; NULL: "save".  With saver_def: the import scope before its three names */
	int         max_to_keep;        /* older checkpoints go; 0: none ever, and none is remembered */
	double      keep_hours;         /* one in so many hours stays for good */
	int         write_version;      /* 1 or 2 */
	unsigned    reshape:1;          /* restored tensors take the variables' shapes */
	unsigned    sharded:1;          /* one file per device */
	unsigned    allow_empty:1;      /* without variables: a saver that does nothing */
	unsigned    pad_step_number:1;  /* "model-00000010" */
	unsigned    save_relative_paths:1;      /* in the state file */
	unsigned    restore_sequentially:1;     /* one variable after the other; of releases through 1.5 */
	unsigned    defer_build:1;      /* nodes only when mgreg_saver_build() is called; not with variables */
	const char *filename;           /* the name that the nodes have while none is fed; NULL: "model" */
	const mgreg_saver_def *saver_def;       /* nodes that exist, instead of new ones; its numbers count; NULL */
	int         release;            /* nodes as TensorFlow MAJOR * 100 + MINOR built them: 11, 12, 104, 115; 0: the newest */
} mgreg_saver_options;
#define MGREG_SAVER_INIT { .size = sizeof(mgreg_saver_options), .max_to_keep = 5, .keep_hours = 10000.0, .write_version = 2 }

/* Adds the nodes that save and restore to GRAPH, which must outlive the saver.  INVALID_ARGUMENT: no variables; one that is none;
 * two of one name, one under two names; parts that do not belong together; a saver_def without one of its names.  NOT_FOUND:
 * there is no such variable, or no node that saver_def names.  OPTIONS may be NULL. */
int mgreg_saver_new(mgreg_saver **out, mgreg_graph *graph, const mgreg_saver_options *options, mgreg_error *err);
/* Builds the nodes of a saver made with defer_build, for the variables there are now; otherwise does nothing. */
int mgreg_saver_build(mgreg_saver *saver, mgreg_error *err);
void mgreg_saver_free(mgreg_saver *saver);

/* What the saver is, for a MetaGraph; its names live as long as the graph.  EXPORT_SCOPE (may be NULL) is taken off the names;
 * NOT_FOUND, reason NO: one of them lies outside, or the saver is empty. */
int mgreg_saver_get_def(const mgreg_saver *saver, const char *export_scope, mgreg_saver_def *out, mgreg_error *err);

/* Saves the session's variables as TensorFlow's files: PATH, or PATH-<step> if STEP is not negative, with its .meta beside it and
 * the state file `checkpoint` in its folder.  *PREFIX (may be NULL; mgreg_free) is the checkpoint's name.  With _nometa no .meta is
 * written.  FAILED_PRECONDITION: a variable has no value, or the saver is not built; NOT_FOUND: no such folder. */
int mgreg_saver_save(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix, mgreg_error *err);
int mgreg_saver_save_nometa(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix,
	mgreg_error *err);

/* The arguments of Saver.save.  Start from MGREG_SAVE_INIT. */
typedef struct mgreg_save_options {
	size_t      size;
	int         has_step;
	int64_t     step;               /* if has_step */
	const char *step_from;          /* else the value of this scalar tensor ("global_step"); NULL: no step */
	const char *latest_filename;    /* of the state file, without a folder; NULL: "checkpoint" */
	const char *meta_graph_suffix;  /* NULL: "meta" */
	unsigned    no_meta_graph:1;    /* write_meta_graph=False */
	unsigned    no_state:1;         /* write_state=False: the state file and what is remembered stay; nothing old goes */
	unsigned    strip_default_attrs:1;
	unsigned    save_debug_info:1;  /* where nodes come from, beside the MetaGraph (mgreg_graph_debug_info_write) */
} mgreg_save_options;
#define MGREG_SAVE_INIT { sizeof(mgreg_save_options), 0, 0, NULL, NULL, NULL, 0, 0, 0, 0 }
/* As mgreg_saver_save(), with all of them.  *PREFIX is NULL after an empty saver, which only writes the MetaGraph.
 * INVALID_ARGUMENT: the path is that of the state file; latest_filename has a folder; step_from is no integer scalar. */
int mgreg_saver_save_with(mgreg_saver *saver, mgreg_session *session, const char *path, const mgreg_save_options *options,
	char **prefix, mgreg_error *err);

/* Gives the session's variables the values of checkpoint PREFIX, through the graph's own restore nodes.  Everything is compared
 * before anything is touched: NOT_FOUND: no such checkpoint, or tensors are not in it (err->candidates lists them);
 * INVALID_ARGUMENT: shapes or types differ (listed, too); DATA_LOSS.  What else is in the checkpoint does not matter.  An
 * object-based checkpoint is read by the names that its variables had. */
int mgreg_saver_restore(mgreg_saver *saver, mgreg_session *session, const char *prefix, mgreg_error *err);

/* A restore by other names, or with gaps.  Start from MGREG_RESTORE_INIT. */
typedef struct mgreg_restore_options {
	size_t      size;
	const char *const *map_variable;        /* variables or keys, or scopes "a/" ... */
	const char *const *map_tensor;          /* ... and the checkpoint's tensors, or scopes "b/", that they come from */
	int         map_count;
	int         allow_missing;      /* variables that the checkpoint lacks stay as they are */
	int       (*missing)(void *ctx, const char *variable);  /* hears them; not 0 stops, nothing restored; or NULL */
	void       *ctx;
} mgreg_restore_options;
#define MGREG_RESTORE_INIT { sizeof(mgreg_restore_options), NULL, NULL, 0, 0, NULL, NULL }
/* Variable by variable, so the restore nodes do not run.  Errors as of mgreg_saver_restore(). */
int mgreg_saver_restore_with(mgreg_saver *saver, mgreg_session *session, const char *prefix, const mgreg_restore_options *options,
	mgreg_error *err);

/* How a checkpoint and what the saver restores differ. */
typedef enum mgreg_mismatch_kind {
	MGREG_MISMATCH_MISSING,         /* the checkpoint lacks it */
	MGREG_MISMATCH_TYPE, MGREG_MISMATCH_SHAPE,
	MGREG_MISMATCH_EXTRA            /* the checkpoint has it, the saver does not restore it */
} mgreg_mismatch_kind;
typedef struct mgreg_mismatch {
	mgreg_mismatch_kind kind;
	const char *key;                /* name in the checkpoint */
	const char *variable;           /* NULL for EXTRA */
	const char *wanted, *found;     /* "float32 [2,3]"; NULL where there is none */
} mgreg_mismatch;
/* Looks without touching anything.  EACH may be NULL; not 0 stops.  *COUNT (may be NULL): mismatches other than EXTRA. */
int mgreg_saver_compare(mgreg_saver *saver, const char *prefix, int (*each)(void *ctx, const mgreg_mismatch *m), void *ctx,
	int64_t *count, mgreg_error *err);

/* ---- what a saver remembers: the checkpoints that it wrote, oldest first ---- */
int mgreg_saver_last_checkpoint_count(const mgreg_saver *saver);
/* Borrowed until the next save; NULL if there is none.  *TIME (may be NULL): seconds since 1970 when it was saved. */
const char *mgreg_saver_last_checkpoint(const mgreg_saver *saver, int i, double *time);
/* Sets them.  TIMES NULL (set_last_checkpoints): as if saved infinitely late, so that each is kept when it rolls off; otherwise
 * set_last_checkpoints_with_time. */
int mgreg_saver_set_last_checkpoints(mgreg_saver *saver, const char *const *paths, const double *times, int count, mgreg_error *err);
/* The same for those that exist, with the times of their files; their order stays. */
int mgreg_saver_recover_last_checkpoints(mgreg_saver *saver, const char *const *paths, int count, mgreg_error *err);
/* All of it, with what waits to be deleted and the time of the next one to keep, as JSON (mgreg_free), to go on exactly in another
 * process; and taken up again.  DATA_LOSS: not such a text. */
int mgreg_saver_format_state(const mgreg_saver *saver, char **json, mgreg_error *err);
int mgreg_saver_set_state(mgreg_saver *saver, const char *json, mgreg_error *err);

MGREG_END
#endif
