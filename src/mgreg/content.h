/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/content.h - what files and versions hold. */
#ifndef MGREG_CONTENT_H
#define MGREG_CONTENT_H

#include "mgreg/registry.h"

MGREG_BEGIN

/* ---- formats: what files and versions hold --------------------------------------------------- */

/* The contents of a file, a folder or a version: MetaGraphs, tensors, files.  Everything that its functions hand out is
 * borrowed and lives until it is closed. */
typedef struct mgreg_content mgreg_content;

/* Opens what lies at PATH: MetaGraphDef, GraphDef or SavedModel in binary or text, a checkpoint prefix or folder, a SavedModel
 * folder.  TAGS ("A,B") picks one MetaGraph of a SavedModel; NULL: the first.  NOT_FOUND; DATA_LOSS and INVALID_ARGUMENT name the
 * file and the place. */
int mgreg_content_open(mgreg_content **out, const char *path, const char *tags, mgreg_error *err);
/* The same for a version; the store must outlive it. */
int mgreg_content_open_version(mgreg_content **out, mgreg_store *store, int64_t version_id, const char *tags, mgreg_error *err);
void mgreg_content_close(mgreg_content *content);

/* A summary.  Numbers are -1 where there is nothing to count. */
typedef struct mgreg_content_info {
	const char *kind;               /* checkpoint weights saved_model frozen metagraph */
	const char *format;             /* metagraph graphdef saved_model session_bundle checkpoint checkpoint_dir; "store" */
	const char *path;               /* as given, or the version's printed reference */
	const char *prefix;             /* of the checkpoint; NULL: none, or in a store */
	const char *weights_format;     /* "v2", "v1", "store"; NULL: no weights */
	const char *tags;               /* of the MetaGraph shown, "" without; NULL: no MetaGraph */
	const char *meta_graph_version, *tensorflow_version, *tensorflow_git_version;   /* NULL: no MetaGraph; "" not recorded */
	int64_t     metagraphs, metagraph_bytes;
	int64_t     producer, min_consumer, nodes, functions, stripped_ops, collections, signatures, assets;
	int64_t     tensors, tensor_bytes, files;
	int         stripped_default_attrs, has_saver, is_text;
} mgreg_content_info;
int mgreg_content_get_info(mgreg_content *content, mgreg_content_info *out, mgreg_error *err);

/* The MetaGraph itself, in binary as it came or in text format; mgreg_free.  NOT_FOUND: there is none. */
int mgreg_content_metagraph(mgreg_content *content, int as_text, char **out, size_t *size, mgreg_error *err);

/* In all of these EACH returns non-zero to stop, which is returned.  Without a MetaGraph there is nothing to hear. */
typedef struct mgreg_node_info {
	int64_t     node_no;
	const char *node, *op, *device, *inputs;        /* inputs: as in NodeDef, separated by blanks */
	char        attrs[65];                          /* digest of the attributes */
} mgreg_node_info;
int mgreg_content_nodes_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_node_info *node), void *ctx,
	mgreg_error *err);

typedef struct mgreg_collection_item {
	const char *collection;
	int64_t     idx;
	const char *kind;                       /* node bytes int64 float any empty (a collection without a list) */
	const char *node;                       /* kind node; else NULL */
	int64_t     int_value;                  /* kind int64 */
	double      real_value;                 /* kind float */
	const void *bytes;                      /* kinds bytes, any; else NULL */
	size_t      bytes_size;
	const char *type_url;                   /* kind any */
	const char *summary;                    /* one line for people; NULL: bytes nobody knows */
} mgreg_collection_item;
/* Sorted by collection, then in their order.  NAME: this collection only, NOT_FOUND if it is not there; NULL: all. */
int mgreg_content_collections_each(mgreg_content *content, const char *name,
	int (*each)(void *ctx, const mgreg_collection_item *item), void *ctx, mgreg_error *err);

typedef struct mgreg_signature_entry {
	const char *signature, *side, *key;     /* side: input or output */
	const char *tensor, *dtype, *shape;     /* shape: JSON, "null" of unknown rank */
	const char *method;
} mgreg_signature_entry;
int mgreg_content_signatures_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_signature_entry *entry), void *ctx,
	mgreg_error *err);

typedef struct mgreg_saver_info {
	const char *filename_tensor_name, *save_tensor_name, *restore_op_name;
	int         max_to_keep, sharded;
	double      keep_checkpoint_every_n_hours;
	const char *version;                    /* LEGACY V1 V2, or a number */
} mgreg_saver_info;
/* NOT_FOUND, reason NO: the MetaGraph has none. */
int mgreg_content_saver(mgreg_content *content, mgreg_saver_info *out, mgreg_error *err);

typedef struct mgreg_hparam {
	const char *hparam, *type;              /* bool int float string list null */
	const char *value;                      /* as text; lists as JSON */
	double      number;                     /* only if has_number */
	int         has_number;
} mgreg_hparam;
/* Hyper-parameters by name: of a version what counts for it, of a file its collection `hparams`. */
int mgreg_content_hparams_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_hparam *hparam), void *ctx,
	mgreg_error *err);

/* The same of a version, without opening it. */
int mgreg_store_hparams_each(mgreg_store *store, int64_t version_id, int (*each)(void *ctx, const mgreg_hparam *hparam),
	void *ctx, mgreg_error *err);

typedef struct mgreg_file_info {
	const char *path;
	int64_t     bytes;
	const char *digest;                     /* SHA-256 in hex, of a version's files; else NULL */
} mgreg_file_info;
int mgreg_content_files_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_file_info *file), void *ctx,
	mgreg_error *err);

/* What a file of weights says of itself in words ("__metadata__" of safetensors), in the file's order; other formats have no such notes. */
int mgreg_content_notes_each(mgreg_content *content, int (*each)(void *ctx, const char *key, const char *value), void *ctx,
	mgreg_error *err);

typedef struct mgreg_tensor_info {
	const char *tensor, *slice;             /* slice: "" for a whole tensor */
	const char *dtype, *shape, *full_shape; /* JSON; full_shape NULL without slice */
	int64_t     elements, bytes;            /* bytes -1: not known without reading */
	const char *digest;                     /* SHA-256 in hex, of a version's tensors; else NULL */
	int         has_stats;                  /* the numbers below count; min to l2 are NaN without a finite value */
	double      min, max, mean, std, l2;
	int64_t     zeros, nans, infs;
} mgreg_tensor_info;
/* Tensors by name, then slice.  GLOB (*, ?, [a-z]; NULL: all) picks names.  STATS: statistics too; of files they are computed
 * by reading the tensors, of versions they are at hand. */
int mgreg_content_tensors_each(mgreg_content *content, const char *glob, int stats,
	int (*each)(void *ctx, const mgreg_tensor_info *tensor), void *ctx, mgreg_error *err);
/* The tensor, its slices joined; or, SLICE neither NULL nor "", that part of it (as in mgreg_tensor_info).  NOT_FOUND;
 * DATA_LOSS concerns this tensor only. */
int mgreg_content_read(mgreg_content *content, const char *tensor, const char *slice, mgreg_tensor **out, mgreg_error *err);

/* What to compare.  Start from MGREG_DIFF_INIT. */
typedef struct mgreg_diff_options {
	size_t   size;
	double   tolerance;                     /* tensors: |a - b| <= tolerance * max(1, |b|) is no difference; 0: by their bits */
	unsigned graph:1, hparams:1, tensors:1, collections:1;  /* all 0: everything, signatures and saver too */
	unsigned same:1;                        /* also hear what is the same */
} mgreg_diff_options;
#define MGREG_DIFF_INIT { sizeof(mgreg_diff_options), 0.0, 0, 0, 0, 0, 0 }

typedef struct mgreg_difference {
	const char *part;                       /* info graph signatures saver collections hparams tensors */
	const char *change;                     /* added removed changed same */
	const char *name;                       /* of the node, collection, hyper-parameter, tensor, ... */
	const char *field;                      /* what of it, e.g. attr["T"].type; "" for the whole; "values" of a tensor */
	const char *a, *b;                      /* short texts; NULL: not there.  Of values: type and shape, how far apart */
} mgreg_difference;
/* Compares two contents, A the older.  *COUNT (may be NULL): differences found, "same" not counted. */
int mgreg_content_diff(mgreg_content *a, mgreg_content *b, const mgreg_diff_options *options,
	int (*each)(void *ctx, const mgreg_difference *difference), void *ctx, int64_t *count, mgreg_error *err);

MGREG_END
#endif
