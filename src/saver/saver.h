/* SPDX-License-Identifier: Apache-2.0 */
/* saver.h - tf.train.Saver: nodes, saving through a target, restoring, retention. */
#ifndef MG_SAVER_H
#define MG_SAVER_H

#include "metagraph/metagraph.h"
#include "runtime/runtime.h"
#include "mgreg/checkpoint.h"
#include "mgreg/saver.h"

typedef struct mgreg_saver mg_saver;

/* Where a save goes.  begin -> resolver used by the save op -> metagraph -> commit, or abandon at any point. */
typedef struct mg_save_target {
	void *ctx;
	/* PREFIX is what the save op is fed (from begin, in ARENA). */
	int  (*begin)(void *ctx, bool has_step, int64_t step, mg_arena *arena, const char **prefix, mgreg_error *err);
	const mg_resolver *(*resolver)(void *ctx);
	int  (*metagraph)(void *ctx, const void *bytes, size_t size, mgreg_error *err);
	int  (*commit)(void *ctx, mgreg_error *err);
	void (*abandon)(void *ctx);
	int  (*forget)(void *ctx, const char *prefix, mgreg_error *err);      /* retention lets PREFIX go */
} mg_save_target;

#define MG_SAVER_NEWEST 115     /* 1.15: the release whose nodes are built unless another is named */

typedef struct mg_saver_options {
	const mg_variable_record *const *variables;     /* NULL: collection `variables` */
	const char *const *keys;        /* checkpoint keys (a map) instead of the variables' names, or NULL */
	int     variable_count;
	bool    reshape, sharded, allow_empty, pad_step_number, save_relative_paths, restore_sequentially, defer_build;
	int     max_to_keep;            /* default 5; 0: never delete */
	double  keep_hours;             /* default 10000 */
	const char *name;               /* scope, default "save" */
	int     write_version;          /* 2 */
	const char *filename;           /* default "model" */
	int     release;                /* nodes as TensorFlow MAJOR * 100 + MINOR built them; 0: the newest */
} mg_saver_options;
#define MG_SAVER_INIT { .max_to_keep = 5, .keep_hours = 10000.0, .write_version = 2 }

/* Builds save/restore nodes, unless that is deferred.  INVALID_ARGUMENT: no variables to save. */
int mg_saver_new(mg_saver **out, mg_graph *g, const mg_saver_options *o, mgreg_error *err);
int mg_saver_build(mg_saver *s, mgreg_error *err);
/* Uses existing nodes: names in the live graph. */
int mg_saver_from_record(mg_saver **out, mg_graph *g, const mg_saver_record *r, mgreg_error *err);
void mg_saver_free(mg_saver *s);
const mg_saver_record *mg_saver_record_of(const mg_saver *s);
/* Signatures, assets, tags and what is unknown go on from DEF (borrowed until the saver is freed) into every MetaGraph it exports. */
void mg_saver_set_base(mg_saver *s, const Pb__MetaGraphDef *def);
/* Runs the save op of SESSION through TARGET and exports the MetaGraph with it. */
int mg_saver_save(mg_saver *s, mg_session *session, const mg_save_target *target, bool has_step, int64_t step, bool write_metagraph, mgreg_error *err);
/* The same; the MetaGraph as O says (its saver is filled in). */
int mg_saver_save_as(mg_saver *s, mg_session *session, const mg_save_target *target, bool has_step, int64_t step,
	const mg_metagraph_export_options *o, mgreg_error *err);
/*
 * Runs the restore op with PREFIX through RESOLVER (NULL: the session's).  What the checkpoint lacks and what does not fit is
 * told before anything is touched; an object-based checkpoint is read by the names that its variables had.
 */
int mg_saver_restore(mg_saver *s, mg_session *session, const mg_resolver *resolver, const char *prefix, mgreg_error *err);
/* What a restore would read, from the graph's own restore nodes. */
typedef struct mg_restore_item {
	const char     *variable;       /* its node */
	const char     *key, *slice;    /* "" : the whole tensor */
	mg_dtype        dtype;          /* what the restore op expects */
	const mg_shape *shape;          /* what is assigned must have it; NULL: any */
} mg_restore_item;
int mg_saver_items(mg_saver *s, mg_arena *arena, mg_restore_item **items, int *count, mgreg_error *err);

/* How what would be restored and what a checkpoint holds differ. */
typedef enum mg_restore_fault { MG_FAULT_NONE, MG_FAULT_MISSING, MG_FAULT_TYPE, MG_FAULT_SHAPE } mg_restore_fault;
mg_restore_fault mg_restore_item_check(const mg_restore_item *item, mg_ckpt *ckpt, const char *key, mg_ckpt_entry *entry);
/* Reads KEY (of ITEM, or another name for it) and gives it to ITEM's variable. */
int mg_restore_item_apply(const mg_restore_item *item, mg_session *session, mg_ckpt *ckpt, const char *key, mgreg_error *err);

/* TensorFlow's files: prefix SAVE_PATH, state file, retention by the saver's numbers. */
int mg_target_files(mg_save_target *out, mg_saver *saver, const char *save_path, mgreg_error *err);
/* Later saves go to another path; what is kept is remembered across both. */
int mg_target_files_move(mg_save_target *t, const char *save_path, mgreg_error *err);
/* How the files of later saves are written. */
typedef struct mg_files_options {
	const char *latest_filename;    /* of the state file; NULL: "checkpoint" */
	const char *meta_suffix;        /* NULL: "meta" */
	bool        no_state;           /* the state file stays as it is, and nothing old goes */
} mg_files_options;
int mg_target_files_set(mg_save_target *t, const mg_files_options *o, mgreg_error *err);
/* What the target remembers of the checkpoints it wrote. */
struct mg_keep *mg_target_files_keep(mg_save_target *t);
/* Prefix of the last save, or "". */
const char *mg_target_files_prefix(const mg_save_target *t);
void mg_target_files_free(mg_save_target *t);
int mg_target_tee(mg_save_target *out, const mg_save_target *first, const mg_save_target *second, mgreg_error *err);
void mg_target_tee_free(mg_save_target *t);

/* ---- keep.c: TensorFlow's retention rule over names and times ---- */
typedef struct mg_keep_item { char *path; double time; } mg_keep_item;
typedef MG_VEC(mg_keep_item) mg_keep_list;
typedef struct mg_keep {
	mg_keep_list last, pending;
	double next_keep;
	int    max_to_keep;
	double keep_hours;
} mg_keep;
void mg_keep_init(mg_keep *k, int max_to_keep, double keep_hours, double now);
void mg_keep_clear(mg_keep *k);
/* Records a save at TIME; *FORGET (heap, or NULL) is the one path that goes now. */
/* Sets the checkpoints kept, oldest first; TIMES NULL: all infinitely late, so that none of them ever goes. */
int mg_keep_set(mg_keep *k, const char *const *paths, const double *times, int count, mgreg_error *err);
int mg_keep_record(mg_keep *k, const char *path, double time, char **forget, mgreg_error *err);
int mg_keep_to_json(const mg_keep *k, mg_str *out, mgreg_error *err);
int mg_keep_from_json(mg_keep *k, const char *text, size_t len, mgreg_error *err);
#endif
