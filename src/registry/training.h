/* SPDX-License-Identifier: Apache-2.0 */
/*
 * training.h - what train.c, eval.c and extend.c share.
 *
 *   override.c   `--set`: a name -> the tensors that are fed at every step
 *   resume.c     data position, random counters, seed and settings of a version: written, taken up again
 *   feed.c       columns of the data -> placeholders, batch by batch
 *   prune.c      the policy of a run: what a save lets go
 */
#ifndef MG_TRAINING_H
#define MG_TRAINING_H

#include "registry/data.h"
#include "registry/registry.h"

/* ---- watcher.c ---- */
typedef struct mg_watcher {
	const int  *flag;
	mg_session *session;
	mg_mutex    mutex;
	mg_cond     cond;
	bool        done, cut, started;
	mg_thread   thread;
} mg_watcher;
bool mg_flag_is_set(const int *flag);           /* FLAG may be NULL */
/* W is zero; FLAG NULL: nothing is watched. */
int mg_watcher_start(mg_watcher *w, const int *flag, mg_session *session, mgreg_error *err);
/* After this no run of the session is cancelled any more: saving is safe. */
void mg_watcher_stop(mg_watcher *w);

/* ---- loss.c ---- */
/* The scalars that add up to the graph's loss, in ARENA: node total_loss, else collection `total_loss`, else `losses`; *COUNT 0: it
 * names none, or one that needs what TRAIN_OP does not. */
int mg_training_loss(mg_graph *g, mg_node *train_op, mg_arena *arena, mg_output **out, int *count, mgreg_error *err);

/* ---- feed.c: what is common to all ---- */
/* The parts of P that matter to training and evaluation; P may be NULL. */
void mg_training_load_options(const mgreg_live_options *p, mg_load_options *o);
/* A node by its name, or by that of an output. */
int mg_training_node(mg_live *live, const char *name, mg_node **out, mgreg_error *err);

/* ---- override.c ---- */
typedef struct mg_override {
	const char *name;
	mg_slice    text;               /* the value as given */
	mg_output  *to;                 /* every tensor it is fed to */
	mg_tensor  *values;             /* one per tensor, of its type */
	int         count;
} mg_override;

typedef struct mg_overrides {
	mg_arena     arena;
	mg_override *at;
	int          count;
} mg_overrides;
/* PAIRS are "NAME=VALUE", VALUE in JSON or bare text.  NOT_FOUND and AMBIGUOUS list what there is. */
int mg_overrides_find(mg_overrides *o, mg_live *live, mg_node *train_op, const char *const *pairs, int count, mgreg_error *err);
void mg_overrides_clear(mg_overrides *o);
/* Adds NAME: VALUE of each to a JSON object. */
int mg_overrides_to_json(const mg_overrides *o, json_t *object, mgreg_error *err);

/* ---- feed.c ---- */
typedef struct mg_feeder {
	mg_data    *data;               /* NULL: the graph needs no input */
	mg_order    order;
	mg_arena    arena;
	mg_output  *to;                 /* placeholders that get a column */
	size_t     *columns;
	mg_tensor  *values;             /* of the batch at hand */
	int         count;
} mg_feeder;
/*
 * What the TARGETS and FETCHES need: placeholders that OVERRIDES do not feed are bound to columns of the file or folder PATH.  PATH NULL: no
 * data.  FAILED_PRECONDITION lists placeholders that would get no value.  BATCH 0: the batch that the placeholders' shapes ask
 * for, else all rows.
 */
int mg_feeder_open(mg_feeder *f, mg_live *live, mg_node *const *targets, int target_count, const mg_output *fetches, int fetch_count,
	const mg_overrides *overrides, const char *path, const char *const *map, int map_count, int64_t batch, uint64_t seed,
	bool training, mgreg_error *err);
void mg_feeder_close(mg_feeder *f);
/* Takes the next batch and appends its feeds; *ROWS is its length (0 without data), *ENDS whether it ends an epoch. */
int mg_feeder_next(mg_feeder *f, mg_feed *feeds, int *feed_count, int64_t *rows, bool *ends, mgreg_error *err);

/* ---- resume.c ---- */
typedef struct mg_resume {
	bool     present;
	bool     has_seed;
	uint64_t seed;
	int64_t  epoch, position;
	json_t  *doc;                   /* NULL: the version has none */
} mg_resume;
int mg_resume_read(mg_resume *r, mg_store *store, int64_t version_id, mgreg_error *err);
void mg_resume_clear(mg_resume *r);
/* Were these the files that the version was trained on? */
bool mg_resume_same_data(const mg_resume *r, mg_data *data);
/* Brings the random ops of SESSION back to where they were. */
int mg_resume_random(const mg_resume *r, mg_session *session, mgreg_error *err);
/* Values of earlier `--set`s as "NAME=VALUE", in ARENA. */
int mg_resume_settings(const mg_resume *r, mg_arena *arena, const char ***pairs, int *count, mgreg_error *err);
int mg_resume_write(mg_session *session, const mg_feeder *f, uint64_t seed, const mg_overrides *o, mg_str *out, mgreg_error *err);
/* Random ops that have no seed of their own start from SEED and their name. */
int mg_seed_random(mg_live *live, uint64_t seed, mgreg_error *err);

/* ---- prune.c ---- */
/* Is more of METRIC better, by its name?  For metrics whose direction nobody declared. */
bool mg_metric_guess_higher(const char *metric);
/* "last=5,hours=2,steps=10k,best=eval/acc:3" or "tf" -> the JSON of mg_run.policy. */
int mg_policy_parse(const char *text, mg_str *json, mgreg_error *err);
/* After a save of RUN_ID that made SAVED: expires what the run's policy (or its model's) lets go.  SAVER: numbers of `tf`. */
int mg_run_prune(mg_store *store, int64_t run_id, const mg_version_info *saved, const mg_saver_record *saver, mgreg_error *err);
/* ---- files_state.c ---- */
/* Notes what TensorFlow's rule remembers of the run's versions. */
int mg_run_saver_state_set(mg_store *store, int64_t run_id, const mg_keep *k, mgreg_error *err);
/* The files that saves of RUN_ID left in folder DIR, and what is to go next: taken up into K, which has its numbers; and noted. */
int mg_run_files_recall(mg_store *store, int64_t run_id, const char *dir, mg_keep *k, mgreg_error *err);
int mg_run_files_remember(mg_store *store, int64_t run_id, const char *dir, const mg_keep *k, mgreg_error *err);
#endif
