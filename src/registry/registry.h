/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - internal to the layer that joins the store with everything below; the public names are in mgreg.h.
 *
 *   registry.c  opening, settings, info, fsck      list.c   latest, references, lists of versions
 *   put.c       a path -> a version                get.c    a version -> files
 *   publish.c   the store as a save target         store_ckpt.c  the store as a checkpoint format and its resolver
 *   load.c      a version -> graph and session     facts.c  a MetaGraph -> plain facts for the index tables
 *   train.c, eval.c, extend.c, override.c, resume.c, data.c
 */
#ifndef MG_REGISTRY_H
#define MG_REGISTRY_H

#include "base/path.h"
#include "base/thread.h"
#include "metagraph/metagraph.h"
#include "runtime/runtime.h"
#include "saver/saver.h"
#include "store/store.h"
#include "mgreg/training.h"

/* ---- store_ckpt.c ---- */

/* The name under which a version (or a save in progress) is known to Save and Restore ops: this and its uid. */
#define MG_STORE_PREFIX "mgreg:"
#define MG_STORE_PREFIX_SIZE (sizeof(MG_STORE_PREFIX) + 32)
void mg_store_prefix(const char *uid, char out[MG_STORE_PREFIX_SIZE]);

/* The tensor rows of a version as a checkpoint to read. */
int mg_store_ckpt_open(mg_ckpt **out, mg_store *store, int64_t version_id, mgreg_error *err);

/* Tensors on their way into a save: what the writers of all shards put. */
typedef struct mg_save_tensors {
	mg_save  *save;
	mg_arena  arena;
	MG_VEC(mg_new_tensor) rows;     /* in the order of putting */
	mg_map    seen;                 /* name NUL slice */
	mg_map    before;               /* the same -> the predecessor's row, once somebody asks */
	mg_arena  before_arena;
	mg_tensor_rows before_rows;
	MG_VEC(struct mg_measure *) measures;   /* of each row, NULL: none */
	bool      failed;               /* a tensor could not be put: nothing more will be */
	mg_mutex  mutex;                /* shards are written by several kernels */
} mg_save_tensors;
int mg_save_tensors_init(mg_save_tensors *t, mg_save *save, mgreg_error *err);
void mg_save_tensors_clear(mg_save_tensors *t);
/* What is saved follows VERSION_ID: values equal to its own are neither hashed nor stored again. */
int mg_save_tensors_follow(mg_save_tensors *t, int64_t version_id, mgreg_error *err);
/* All tensors are there: their digests and statistics are known after it.  Before the version is published. */
int mg_save_tensors_finish(mg_save_tensors *t, mgreg_error *err);
/* One tensor, or the SLICE of the tensor of shape FULL (both NULL: whole): hashed, stored, its statistics taken.
 * ALREADY_EXISTS for a name that is there. */
int mg_save_tensors_add(mg_save_tensors *t, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *value, mgreg_error *err);

/* The resolver of sessions that belong to a store: names that begin with MG_STORE_PREFIX are versions to read, or the save
 * under way to write; all others go to OTHER. */
typedef struct mg_store_resolver {
	mg_resolver      resolver;      /* hand this to sessions */
	mg_store        *store;
	mg_save_tensors *saving;        /* set while a save runs, else NULL */
	mg_resolver      other;
} mg_store_resolver;
/* ROOTS for other names: files below them; must outlive it.  NULL: no files at all. */
void mg_store_resolver_init(mg_store_resolver *r, mg_store *store, const struct mg_roots *roots);

/* ---- publish.c: the store as a save target ---- */
typedef struct mg_store_target {
	mg_save_target     target;      /* hand this to mg_saver_save */
	mg_store_resolver *resolver;
	/* what the version shall say, set by the owner before each save; borrowed until it ends */
	mg_new_version     version;     /* tensors, metagraphs, hparams, step and kind are filled in here */
	const json_t      *given;       /* hyper-parameters given from outside, or NULL */
	/* the outcome of the last commit */
	mg_version_info    saved;
	bool               skipped;
	/* the save under way */
	mg_save           *save;
	mg_save_tensors    tensors;
	mg_arena           arena;
	mg_new_metagraph   metagraph;
	bool               has_metagraph, active;
	int64_t            assets_from;         /* the version whose assets go on with each save, 0: none */
} mg_store_target;
void mg_store_target_init(mg_store_target *t, mg_store_resolver *resolver);
void mg_store_target_clear(mg_store_target *t);
/* Bytes of a MetaGraph -> blob (cut at the edges of big tensor contents) and facts, in ARENA. */
int mg_publish_metagraph(mg_save *save, const void *bytes, size_t size, const Pb__MetaGraphDef *m, mg_arena *arena, mg_new_metagraph *out, mgreg_error *err);

/* mgreg_store_checkout(); EXACT_NAMES: as the files came, no step is appended. */
int mg_version_checkout(mg_store *store, int64_t version_id, const char *dir, const mgreg_checkout_options *options, bool exact_names,
	char **prefix, mgreg_error *err);
/* An object as the file DIR/NAME, whole or not at all; folders are made. */
int mg_object_to_file(mg_store *store, int64_t object_id, const char *dir, const char *name, mgreg_error *err);

/* ---- load.c: a version brought to life ---- */
typedef struct mg_load_options {
	const char *tags;                       /* which MetaGraph of a SavedModel; NULL: the first */
	mg_metagraph_import_options import;
	const char *const *map_placeholders;    /* made to take the place of import.map_from (map_to is not used then); or NULL */
	mg_session_options session;             /* its resolver is the store's */
	bool        no_restore;                 /* variables stay unset */
	bool        no_init;                    /* a version without weights: do not run initializers */
	bool        allow_missing;              /* variables that the version lacks stay unset */
	const char *const *map_variable, *const *map_tensor;    /* --restore-map: VARIABLE=TENSOR, or SCOPE/=SCOPE/ */
	int         map_count;
} mg_load_options;
#define MG_LOAD_INIT { .import = MG_METAGRAPH_IMPORT_INIT }

typedef struct mgreg_live mg_live;
struct mgreg_live {
	mg_store           *store;
	mg_version_info     version;
	mg_arena            arena;              /* holds metagraph */
	Pb__MetaGraphDef   *metagraph;
	mg_graph           *graph;
	mg_session         *session;
	mg_saver           *saver;              /* NULL: nothing to restore */
	mg_metagraph_imported imported;
	mg_store_resolver   resolver;
	mg_roots            roots;
	bool                restored;           /* variables came from the version (else: initialized) */
	MG_VEC(char *)      missing;            /* variables left unset under allow_missing */
	char               *assets;             /* spool folder with the version's assets/, NULL: none */
	int                 assets_lock;
	size_t              asset_count;
	mg_report           report;             /* what could not be brought back */
};
int mg_live_load(mg_live **out, mg_store *store, const char *ref, const mg_load_options *options, mgreg_error *err);
void mg_live_free(mg_live *live);
/* Collection init_op, else the initializers of `variables` and `local_variables`. */
int mg_live_initialize(mg_live *live, mgreg_error *err);
/* The version's MetaGraph number IDX or with TAGS, decoded into ARENA; BYTES (may be NULL) gets it as stored.
 * FAILED_PRECONDITION if the version has none. */
int mg_version_metagraph_read(mg_store *store, const mg_version_info *v, const char *tags, mg_arena *arena, Pb__MetaGraphDef **out, mg_str *bytes, mgreg_error *err);

#endif
