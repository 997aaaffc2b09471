/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/checkpoint.h - checkpoint files: the state file, finding them, reading them, starting variables from them. */
#ifndef MGREG_CHECKPOINT_H
#define MGREG_CHECKPOINT_H

#include "mgreg/graph.h"
#include "mgreg/tensor.h"

MGREG_BEGIN

/* ---- checkpoints as files -------------------------------------------------------------------- */

/* The newest checkpoint that the state file in DIR names and that is there (V2, or V1 with its shards); mgreg_free.  A path in the
 * file that is not absolute counts from DIR, so that folders can move.  NOT_FOUND, reason NO: none. */
int mgreg_latest_checkpoint(const char *dir, char **prefix, mgreg_error *err);
/* The same with a state file of another name (NULL: "checkpoint"). */
int mgreg_latest_checkpoint_named(const char *dir, const char *latest_filename, char **prefix, mgreg_error *err);

/* What a state file says, its paths joined with its folder. */
typedef struct mgreg_checkpoint_state {
	const char *latest;             /* model_checkpoint_path */
	const char *const *all;         /* oldest first; the last is usually the latest */
	int         count;
	const double *timestamps;       /* COUNT of them, seconds since 1970; NULL: not recorded */
	int         has_last_preserved;
	double      last_preserved;     /* seconds since 1970 */
} mgreg_checkpoint_state;
/* NOT_FOUND: there is no such file; DATA_LOSS: it is no state file; INVALID_ARGUMENT: it names no latest checkpoint.
 * LATEST_FILENAME NULL: "checkpoint". */
int mgreg_checkpoint_state_read(mgreg_checkpoint_state **out, const char *dir, const char *latest_filename, mgreg_error *err);
void mgreg_checkpoint_state_free(mgreg_checkpoint_state *state);
/* Writes DIR/LATEST_FILENAME, whole or not at all.  The latest is appended to the list if it is not its last.  RELATIVE: absolute
 * paths become relative to DIR; relative ones do where DIR is relative.  STATE->timestamps, if there are any, are of all its
 * paths.  INVALID_ARGUMENT: a number of times that is not that of the paths; the latest checkpoint has the state file's name. */
int mgreg_checkpoint_state_update(const char *dir, const char *latest_filename, const mgreg_checkpoint_state *state, int relative,
	mgreg_error *err);

/* Is there a checkpoint with this prefix (V2's index, V1's file or shards)? */
int mgreg_checkpoint_exists(const char *prefix);
/* Deletes its files and its MetaGraph (META_GRAPH_SUFFIX NULL: "meta"); what is not there is no error. */
int mgreg_checkpoint_remove(const char *prefix, const char *meta_graph_suffix, mgreg_error *err);
/* When they were written, in seconds since 1970; those that are not there are left out.  TIMES has room for COUNT; *FOUND tells how
 * many there are. */
int mgreg_checkpoint_mtimes(const char *const *prefixes, int count, double *times, int *found, mgreg_error *err);

/* An open checkpoint, of any format: V2, V1, safetensors, npz.  Several threads may read it at once. */
typedef struct mgreg_checkpoint mgreg_checkpoint;
int mgreg_checkpoint_open(mgreg_checkpoint **out, const char *prefix, mgreg_error *err);
void mgreg_checkpoint_close(mgreg_checkpoint *checkpoint);
const char *mgreg_checkpoint_format(const mgreg_checkpoint *checkpoint);       /* "v2", "v1", ... */
int mgreg_checkpoint_has(const mgreg_checkpoint *checkpoint, const char *name);
/* The tensor, joined where it is stored in slices.  NOT_FOUND names it; DATA_LOSS concerns this tensor only. */
int mgreg_checkpoint_read(mgreg_checkpoint *checkpoint, const char *name, mgreg_tensor **out, mgreg_error *err);
#define MGREG_MAX_RANK 254
/* One tensor: type and full shape.  The name is borrowed from the checkpoint. */
typedef struct mgreg_checkpoint_entry {
	const char *name;
	mgreg_dtype dtype;
	int         slices;             /* pieces it is stored in; 0: whole */
	int         rank;
	int64_t     dims[MGREG_MAX_RANK];       /* RANK of them */
} mgreg_checkpoint_entry;
int mgreg_checkpoint_find(mgreg_checkpoint *checkpoint, const char *name, mgreg_checkpoint_entry *out, mgreg_error *err);
/* All of them by name; not 0 from EACH stops and is returned. */
int mgreg_checkpoint_each(mgreg_checkpoint *checkpoint, int (*each)(void *ctx, const mgreg_checkpoint_entry *entry), void *ctx,
	mgreg_error *err);
/* A line for each: "name (DT_FLOAT) [2,3]", of those in pieces ", 3 slices" behind it; mgreg_free. */
int mgreg_checkpoint_debug_string(mgreg_checkpoint *checkpoint, char **out, mgreg_error *err);

/* The checkpoint that PATH is, or the latest in the folder that it is; mgreg_free.  NOT_FOUND names the folder. */
int mgreg_checkpoint_path(const char *path, char **prefix, mgreg_error *err);
/* list_variables: the tensors of a checkpoint, or of the latest in a folder, by name. */
int mgreg_checkpoint_list(const char *path, int (*each)(void *ctx, const mgreg_checkpoint_entry *entry), void *ctx, mgreg_error *err);
/* load_variable: one tensor; an ending ":0" of NAME does not count. */
int mgreg_checkpoint_load(const char *path, const char *name, mgreg_tensor **out, mgreg_error *err);

/* ---- variables that start from a checkpoint ---- */
/*
 * init_from_checkpoint: the initializers of variables become reads of the checkpoint PATH (or the latest in that folder).  FROM[i] is
 * a tensor of the checkpoint or a scope "a/"; TO[i] the name of a variable (of a partitioned one, that of the whole) or
 * a scope "b/".  "/" is the root.  Nothing is read yet, but names and shapes are compared: NOT_FOUND names the tensor and the
 * checkpoint, or a variable that is not there; INVALID_ARGUMENT: shapes differ, or a scope goes with a name.  Run the
 * variables' initializers (mgreg_op_initializer made AFTER this call) in a session whose roots hold the checkpoint.
 */
int mgreg_init_from_checkpoint(mgreg_graph *graph, const char *path, const char *const *from, const char *const *to, int count,
	mgreg_error *err);

/* How a graph is warm-started.  Start from MGREG_WARM_START_INIT. */
typedef struct mgreg_warm_start_options {
	size_t      size;
	const char *variables;          /* regular expression over trainable variables; NULL: ".*" */
	const char *const *names;       /* variables (of partitioned ones, of the whole) ... */
	const char *const *previous;    /* ... and what they are called in the checkpoint */
	int         name_count;         /* INVALID_ARGUMENT lists those that no variable uses */
} mgreg_warm_start_options;
#define MGREG_WARM_START_INIT { sizeof(mgreg_warm_start_options), NULL, NULL, NULL, 0 }
/* init_from_checkpoint for all trainable variables whose names match.  OPTIONS may be NULL. */
int mgreg_warm_start(mgreg_graph *graph, const char *path, const mgreg_warm_start_options *options, mgreg_error *err);

MGREG_END
#endif
