/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/registry.h - models, runs, versions and the names they have. */
#ifndef MGREG_REGISTRY_H
#define MGREG_REGISTRY_H

#include "mgreg/store.h"

MGREG_BEGIN

/* ---- models, runs, versions, names ----------------------------------------------------------- */

/* One saved version, as the view `versions` shows it.  A plain value. */
typedef struct mgreg_version_info {
	int64_t  id;                    /* version_id: the order of commits over the whole store */
	int64_t  no;                    /* number within the model, never reused */
	int64_t  model_id, run_id, session_id;
	int64_t  step;                  /* only if has_step */
	int64_t  saved_at, state_at;    /* milliseconds since 1970 UTC */
	int64_t  added_bytes;           /* what this save added to the store */
	int64_t  size;                  /* tensors and MetaGraphs, as a checkout needs them */
	int64_t  replaced_by;           /* version id, 0: none */
	unsigned has_step:1, has_weights:1, moves_latest:1, pinned:1;
	uint8_t  weights[32];           /* digest over all tensors, if has_weights */
	char     uid[33];
	char     model[201], run[201];
	char     kind[16];              /* checkpoint weights saved_model frozen metagraph */
	char     state[12];             /* live replaced expired purged */
	char     ref[464];              /* printed reference: MODEL/RUN@STEP or MODEL@vNO */
	char     aliases[256];          /* comma-joined, cut at the end if there are very many */
} mgreg_version_info;

/* One run: a line of training inside a model. */
typedef struct mgreg_run_info {
	int64_t  id, model_id;
	int64_t  from_version_id;       /* of a fork, 0: none */
	int64_t  started_at, ended_at;  /* ms; ended_at 0: not yet */
	char     uid[33];
	char     model[201], run[201];
	char     status[12];            /* open done failed killed imported */
} mgreg_run_info;

/* TensorFlow's latest: the live version saved last whose save moved the pointer, of MODEL or MODEL/RUN.  NOT_FOUND: no such
 * model or run, or, with reason NO, it has none yet. */
int mgreg_store_latest(mgreg_store *store, const char *model_run, mgreg_version_info *out, mgreg_error *err);
/* A reference in any form of mgreg(1) -> the version.  Reason AMBIGUOUS: err->candidates lists what it fits. */
int mgreg_store_resolve(mgreg_store *store, const char *ref, mgreg_version_info *out, mgreg_error *err);

/* Which versions, in which order.  Start from MGREG_VERSION_FILTER_INIT. */
typedef struct mgreg_version_filter {
	size_t      size;
	const char *model_run;          /* MODEL, MODEL/RUN, a range MODEL[/RUN]@A..B, or one version; NULL: all */
	const char *where;              /* SQL expression over the columns of view `versions`, or NULL */
	const char *sort;               /* one of those columns, "-column" descends; NULL: order of saving */
	const uint8_t *weights;         /* 32 bytes: only versions with these weights; NULL: all */
	int64_t     limit;              /* 0: all */
	int         all_states;         /* also replaced, expired and purged ones */
	int         weights_digits;     /* only so many hexadecimal digits of `weights` count; 0: all */
} mgreg_version_filter;
#define MGREG_VERSION_FILTER_INIT { sizeof(mgreg_version_filter), NULL, NULL, NULL, NULL, 0, 0, 0 }
/* Non-zero from EACH stops and is returned. */
int mgreg_store_versions_each(mgreg_store *store, const mgreg_version_filter *filter,
	int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err);

/* A name with a value: hyper-parameters, tags. */
typedef struct mgreg_pair { const char *key, *value; } mgreg_pair;
/* What to do when the run has a live version of this step and kind already (mgreg(1), export). */
typedef enum mgreg_same_step { MGREG_SAME_REPLACE, MGREG_SAME_KEEP_BOTH, MGREG_SAME_REFUSE, MGREG_SAME_SKIP } mgreg_same_step;

/* How files become a version.  Start from MGREG_STORE_EXPORT_INIT; everything may stay as it is but `as`. */
typedef struct mgreg_store_export_options {
	size_t      size;
	const char *as;                 /* MODEL or MODEL/RUN (else run main); made where they do not exist */
	int         has_step;
	int64_t     step;               /* if has_step; else from step_from, the file name's "-N", tensor global_step */
	const char *step_from;          /* a scalar tensor of the checkpoint */
	const char *const *collections; /* only these; NULL: all */
	int         collection_count;
	const char *scope;              /* export_scope: only what lies below, the prefix removed */
	const char *hparams_json;       /* a JSON object laid over what the collection says */
	const mgreg_pair *hparams;      /* the same, one by one; values are JSON or else text; they win over hparams_json */
	int         hparam_count;
	const mgreg_pair *tags;         /* value "" or NULL: none */
	int         tag_count;
	const char *const *metric_names;
	const double *metric_values;
	int         metric_count;
	const char *const *aliases;
	int         alias_count;
	const char *note;
	const char *tee;                /* also write the resulting MetaGraph to this file (.pbtxt: as text) */
	mgreg_same_step same_step;
	int       (*report)(void *ctx, const char *line);       /* hears what could not be serialized, and why; or NULL */
	int       (*warn)(void *ctx, const char *line);         /* hears of what was passed over (a checkpoint that is gone); or NULL */
	void       *ctx;
	unsigned    all:1,              /* a checkpoint folder: every checkpoint of its state file, oldest first */
	            no_meta:1,          /* a checkpoint without the .meta beside it */
	            dry_run:1,          /* reads everything, stores nothing; DONE hears what would be */
	            pin:1, no_latest:1, clear_devices:1, strip_default_attrs:1, clear_extraneous_savers:1;
} mgreg_store_export_options;
#define MGREG_STORE_EXPORT_INIT { .size = sizeof(mgreg_store_export_options) }
/* Puts what lies at SOURCES (checkpoint prefixes and folders, .meta, .pb, .pbtxt, SavedModel folders, "-" for standard input) into
 * the store, each as one version; a .meta and a prefix that belong together are one.  DONE hears every version once it is
 * durable, SKIPPED where MGREG_SAME_SKIP found one; non-zero stops.  What failed left nothing behind; what was told before it
 * stays.  ALREADY_EXISTS under MGREG_SAME_REFUSE; DATA_LOSS names file and tensor. */
int mgreg_store_export(mgreg_store *store, const char *const *sources, int count, const mgreg_store_export_options *options,
	int (*done)(void *ctx, const mgreg_version_info *version, int skipped), void *ctx, mgreg_error *err);

/* How files are written.  Start from MGREG_CHECKOUT_INIT. */
typedef struct mgreg_checkout_options {
	size_t      size;
	const char *as;                 /* "v2"; NULL: as it came, else v2 */
	const char *prefix;             /* base name; NULL: the one it came with, else "model" */
	int         as_text;            /* the MetaGraph in text format */
	int         metagraph_only;     /* no tensors */
	const char *tags;               /* of a SavedModel's MetaGraphs: this one ("A,B"); NULL: all */
} mgreg_checkout_options;
#define MGREG_CHECKOUT_INIT { sizeof(mgreg_checkout_options), NULL, NULL, 0, 0, NULL }
/* Writes a version into the folder DIR (made if missing): byte for byte the files it came with, or the projection of its rows
 * as a V2 checkpoint, its .meta and a `checkpoint` state file with relative paths.  *PREFIX (may be NULL; mgreg_free) is what
 * a restore takes, or the path of the graph file.  OPTIONS may be NULL. */
int mgreg_store_checkout(mgreg_store *store, int64_t version_id, const char *dir, const mgreg_checkout_options *options,
	char **prefix, mgreg_error *err);

MGREG_END
#endif
