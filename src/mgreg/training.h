/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/training.h - training, evaluation, extension of what is stored. */
#ifndef MGREG_TRAINING_H
#define MGREG_TRAINING_H

#include "mgreg/registry.h"
#include "mgreg/session.h"

MGREG_BEGIN

/* ---- training and evaluation ----------------------------------------------------------------- */

/* A version brought to life: its MetaGraph in a graph of its own, a session, its variables restored (or initialized, where
 * it has no weights).  One thread at a time. */
typedef struct mgreg_live mgreg_live;

/* How a version comes to life.  Start from MGREG_LIVE_INIT. */
typedef struct mgreg_live_options {
	size_t      size;
	const char *tags;               /* which MetaGraph of a SavedModel ("A,B"); NULL: the first */
	const char *import_scope;       /* prefix for all names; NULL: none */
	const char *const *map_from;    /* input_map: names in the version's graph ("x:0", "$unbound_inputs_x") ... */
	const char *const *map_to;      /* ... and the placeholders that are made to take their place */
	int         map_count;
	const char *const *collections; /* only these are brought back; NULL: all */
	int         collection_count;
	const char *const *map_variable;/* restore map: VARIABLE=TENSOR, or SCOPE/=SCOPE/ for all below */
	const char *const *map_tensor;
	int         restore_map_count;
	const char *const *roots;       /* folders that the graph's kernels may reach */
	int         root_count;
	int         threads;            /* 0: one per CPU */
	double      deadline;           /* seconds for every run, 0: none */
	unsigned    clear_devices:1, uniquify:1, no_restore:1, allow_missing:1, no_optimize:1, allow_unknown_ops:1;
} mgreg_live_options;
#define MGREG_LIVE_INIT { sizeof(mgreg_live_options), NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, 0, NULL, 0, 0, 0.0, 0, 0, 0, 0, 0, 0 }

/* REF is any reference of mgreg(1).  NOT_FOUND names tensors that the graph restores and the version lacks (nothing is
 * restored then); FAILED_PRECONDITION: the version has no MetaGraph.  The store must outlive it.  OPTIONS may be NULL. */
int mgreg_live_load(mgreg_live **out, mgreg_store *store, const char *ref, const mgreg_live_options *options, mgreg_error *err);
void mgreg_live_free(mgreg_live *live);
mgreg_graph *mgreg_live_graph(mgreg_live *live);
mgreg_session *mgreg_live_session(mgreg_live *live);
mgreg_saver *mgreg_live_saver(mgreg_live *live);                /* NULL: nothing to restore */
const mgreg_version_info *mgreg_live_version(const mgreg_live *live);
int mgreg_live_is_restored(const mgreg_live *live);             /* 0: initialized, or left unset */
/* Variables that the version lacks (allow_missing) and remarks about what could not be brought back. */
int mgreg_live_missing_each(const mgreg_live *live, int (*each)(void *ctx, const char *variable), void *ctx);
int mgreg_live_report_each(const mgreg_live *live, int (*each)(void *ctx, const char *line), void *ctx);
/* A node, a tensor "node:0", or the key of an input or output in a signature -> output. */
int mgreg_live_find(mgreg_live *live, const char *name, mgreg_output *out, mgreg_error *err);
/* One run from text.  A feed is "NODE=VALUE": VALUE is JSON ("[[1],[2]]"), a .npy, or "FILE:NAME" with a member of an .npz or a
 * column of a .csv; it becomes a value of the tensor's type.  RESULTS[i] (mgreg_tensor_free) is NULL for a fetch that is a
 * node without outputs: it only runs.  Names as in mgreg_live_find(), errors as in mgreg_session_run(). */
int mgreg_live_run(mgreg_live *live, const char *const *feeds, int feed_count, const char *const *fetches, int fetch_count,
	mgreg_tensor **results, mgreg_error *err);

/* ---- a program's own session and the store ---- */
/* How a session's variables become a version: Saver.save with the store for files.  Start from MGREG_STORE_SAVE_INIT; everything may
 * stay as it is but `as`. */
typedef struct mgreg_store_save_options {
	size_t      size;
	const char *as;                 /* MODEL or MODEL/RUN (else run main); made where they do not exist */
	const char *from;               /* the version that this training began with: it becomes the parent; NULL: none */
	int         has_step;
	int64_t     step;               /* if has_step */
	const char *step_from;          /* else the value of this scalar tensor ("global_step"); NULL: no step */
	const mgreg_pair *hparams;      /* over what collection `hparams` says; values are JSON or else text */
	int         hparam_count;
	const mgreg_pair *tags;         /* value "" or NULL: none */
	int         tag_count;
	const char *const *metric_names;
	const double *metric_values;
	int         metric_count;
	const char *const *aliases;
	int         alias_count;
	const char *note;
	const char *tee;                /* also as TensorFlow's files, under this path as of mgreg_saver_save(); NULL */
	mgreg_same_step same_step;
	unsigned    no_meta_graph:1, no_latest:1, pin:1, strip_default_attrs:1;
} mgreg_store_save_options;
#define MGREG_STORE_SAVE_INIT { .size = sizeof(mgreg_store_save_options) }
/* Weights, MetaGraph, hyper-parameters and metrics in one transaction; then the run's policy is applied.  *OUT (may be NULL): the
 * version.  FAILED_PRECONDITION: a variable has no value; ALREADY_EXISTS under MGREG_SAME_REFUSE.  What failed left nothing behind. */
int mgreg_store_save(mgreg_store *store, mgreg_saver *saver, mgreg_session *session, const mgreg_store_save_options *options,
	mgreg_version_info *out, mgreg_error *err);
/* Gives the session's variables the values of version REF, through the saver's own nodes.  *OUT may be NULL.  Errors as of
 * mgreg_saver_restore(); FAILED_PRECONDITION: the version has no weights. */
int mgreg_store_restore(mgreg_store *store, const char *ref, mgreg_saver *saver, mgreg_session *session, mgreg_version_info *out,
	mgreg_error *err);

/* Training a stored version.  Start from MGREG_TRAIN_INIT. */
typedef struct mgreg_train_progress {
	int64_t     steps;              /* run so far, by this call */
	int64_t     step;               /* global step */
	int64_t     target;             /* steps this call will run, 0: not known */
	int         metric_count;
	const char *const *metric_names;
	const double *metrics;          /* of the last step */
	double      seconds;            /* since the first step began */
	const mgreg_version_info *saved;/* a version was saved just now; else NULL */
} mgreg_train_progress;

enum mgreg_stop { MGREG_STOP_NAN = 1, MGREG_STOP_INF = 2, MGREG_STOP_DIVERGE = 4 };

typedef struct mgreg_train_options {
	size_t      size;
	const mgreg_live_options *live; /* roots, threads ...; NULL: defaults */
	const char *data;               /* file or folder whose columns feed placeholders; NULL: none */
	const char *const *feed_map;    /* "PLACEHOLDER=COLUMN" */
	int         feed_map_count;
	int64_t     batch;              /* 0: what the placeholders' shapes ask for, else all rows */
	const char *train_op;           /* node; NULL: first of collection train_op */
	int64_t     steps;              /* this many more; or ... */
	int64_t     until_step;         /* ... up to this global step; or ... */
	int64_t     epochs;             /* ... this often through the data */
	int64_t     save_every;         /* steps, 0: only at the end */
	double      save_secs;          /* seconds, 0: none */
	const char *const *metrics;     /* scalar tensors, fetched and recorded at every step */
	int         metric_count;
	const char *const *set;         /* "NAME=VALUE": tensors that are fed this value at every step */
	int         set_count;
	const char *run;                /* fork into this run; NULL: continue the version's own */
	uint64_t    seed;               /* if has_seed: of shuffling, and of random ops without a seed */
	unsigned    stop_on;            /* enum mgreg_stop: a metric does this -> reason NUMERIC, nothing saved */
	const char *keep;               /* policy of the run, as `mgreg train --keep`; NULL: as it is */
	const char *tee;                /* folder: every save also as TensorFlow's files */
	const int  *cancel;             /* not 0: the running step ends (2 s, then it is cancelled) and training stops; NULL */
	int       (*progress)(void *ctx, const mgreg_train_progress *p);        /* after every step; not 0: stop as by cancel */
	void       *ctx;
	char      **trace;              /* gets where time went as Chrome trace JSON (mgreg_free); NULL: not wanted */
	unsigned    has_seed:1, fresh_random:1, no_save_on_exit:1, dry_run:1;
	unsigned    show_loss:1;        /* without metrics: progress hears the loss that the graph's collections name (total_loss, losses) */
} mgreg_train_options;
#define MGREG_TRAIN_INIT { sizeof(mgreg_train_options), NULL, NULL, NULL, 0, 0, NULL, 0, 0, 0, 0, 0.0, NULL, 0, NULL, 0, NULL, 0, 0, \
	NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0 }

typedef struct mgreg_train_result {
	int64_t  steps;                 /* that ran to their end */
	int64_t  first_step, last_step; /* global steps before and after */
	int64_t  saves;
	double   seconds;
	mgreg_version_info last;        /* if saves: the version saved last; else the one trained on */
	unsigned cancelled:1;           /* by cancel or progress */
	unsigned step_cut:1;            /* a step was cancelled halfway: its state was not saved */
} mgreg_train_result;

/* Trains the version REF names and saves each state as a new version: weights, MetaGraph, hyper-parameters, metrics and what it
 * takes to go on exactly, in one transaction.  NOT_FOUND: no such version, train op, data column; FAILED_PRECONDITION: nothing to
 * save; reason NUMERIC: stop_on.  OUT is filled as far as it went even on failure; it may be NULL. */
int mgreg_train(mgreg_store *store, const char *ref, const mgreg_train_options *options, mgreg_train_result *out, mgreg_error *err);

/* Evaluating a stored version.  Start from MGREG_EVAL_INIT. */
typedef struct mgreg_eval_options {
	size_t      size;
	const mgreg_live_options *live;
	const char *data;
	const char *const *feed_map;
	int         feed_map_count;
	int64_t     batch;              /* 0: as in training */
	const char *const *fetch;       /* tensors; booleans count as 0 and 1, arrays as the mean of their elements */
	int         fetch_count;
	const int  *cancel;
	int       (*progress)(void *ctx, int64_t rows, int64_t total);
	void       *ctx;
	char      **trace;              /* as in training */
	unsigned    record:1;           /* as metrics "eval/<name>" bound to the version */
} mgreg_eval_options;
#define MGREG_EVAL_INIT { sizeof(mgreg_eval_options), NULL, NULL, NULL, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, 0 }
/* RESULTS[i]: mean of fetch i over all rows, each batch weighted by its rows.  *ROWS (may be NULL) is their number, *VERSION
 * (may be NULL) what was evaluated. */
int mgreg_eval(mgreg_store *store, const char *ref, const mgreg_eval_options *options, double *results, int64_t *rows,
	mgreg_version_info *version, mgreg_error *err);

/* Extending a stored version.  Start from MGREG_EXTEND_INIT. */
typedef struct mgreg_extend_options {
	size_t      size;
	const mgreg_live_options *live;
	const char *with;               /* GraphDef or MetaGraphDef, binary or text, whose inputs may name nodes of the version; NULL: nothing */
	const char *const *map_from;    /* names in the fragment ("$unbound_inputs_x", "x:0", "^x") ... */
	const char *const *map_to;      /* ... and the tensors of the version that take their place */
	int         map_count;
	const char *as;                 /* MODEL[/RUN] of the new version */
	const char *minimize;           /* loss: adds gradients, slots and a train op; NULL: nothing */
	const char *optimizer;          /* "sgd:learning_rate=0.01"; with minimize */
	unsigned    init_missing:1;     /* variables that the version lacks get their initial values */
	unsigned    no_latest:1, dry_run:1;
} mgreg_extend_options;
#define MGREG_EXTEND_INIT { sizeof(mgreg_extend_options), NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, 0, 0 }
/* ALREADY_EXISTS lists names that both sides have; NOT_FOUND an input that neither side has; FAILED_PRECONDITION lists variables that
 * the version lacks. */
int mgreg_extend(mgreg_store *store, const char *ref, const mgreg_extend_options *options, mgreg_version_info *out, mgreg_error *err);

MGREG_END
#endif
