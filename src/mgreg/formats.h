/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/formats.h - chapter 14 of the interface: models between formats, frozen graphs, packages. */
#ifndef MGREG_FORMATS_H
#define MGREG_FORMATS_H

#include "mgreg/registry.h"

MGREG_BEGIN

/* How files are converted.  Start from MGREG_CONVERT_INIT. */
typedef struct mgreg_convert_options {
	size_t      size;
	const char *from;               /* read IN as this: v2 v1 safetensors npz savedmodel metagraph graphdef; NULL: by its bytes */
	const char *to;                 /* v2 v1 safetensors npz savedmodel frozen metagraph graphdef; NULL: by OUT's ending */
	const char *tags;               /* of a SavedModel's MetaGraphs: this one ("A,B"); NULL: the first (into a SavedModel: all) */
	const char *const *outputs;     /* to frozen: the output nodes; NULL: found as mgreg_store_freeze() does */
	int         output_count;
	int         as_text;            /* messages in text format; an OUT that ends in .pbtxt or .txt is text anyway */
} mgreg_convert_options;
#define MGREG_CONVERT_INIT { sizeof(mgreg_convert_options), NULL, NULL, NULL, NULL, 0, 0 }
/* Reads the model at IN (anything that mgreg_store_export() takes) and writes it at OUT: a file, a checkpoint prefix, or the
 * folder of a SavedModel.  Into the format it has already it is copied byte for byte.  FAILED_PRECONDITION where IN lacks
 * what OUT is made of; UNIMPLEMENTED names the tensor that a format cannot hold. */
int mgreg_convert(const char *in, const char *out, const mgreg_convert_options *options, mgreg_error *err);

/* How a version is frozen.  Start from MGREG_FREEZE_INIT. */
typedef struct mgreg_freeze_options {
	size_t      size;
	const char *const *outputs;     /* nodes, tensors, or names of a signature; NULL: found */
	int         output_count;
	const char *outputs_from;       /* the collection that names them; NULL: output_tensor, outputs, predictions, logits or the like,
	                                 * else the outputs of signature serving_default, else of all signatures */
	const char *tags;               /* of a SavedModel's MetaGraphs: this one */
	unsigned    strip_unused:1,     /* inputs of signatures become placeholders, what is above them goes; so do unused functions */
	            fold_batch_norm:1,  /* batch normalization goes into the weights before it */
	            as_text:1;
} mgreg_freeze_options;
#define MGREG_FREEZE_INIT { sizeof(mgreg_freeze_options), NULL, 0, NULL, NULL, 0, 0, 0 }
typedef struct mgreg_freeze_result {
	int nodes, variables, folded;   /* of the graph; that became constants; normalizations that went into weights */
} mgreg_freeze_result;
/* A version as one GraphDef without variables: the bytes go to *OUT (mgreg_free).  RESULT may be NULL.  NOT_FOUND names a node,
 * collection or tensor; FAILED_PRECONDITION a node that would change a variable; INVALID_ARGUMENT with candidates where
 * nothing says what the outputs are. */
int mgreg_store_freeze(mgreg_store *store, int64_t version_id, const mgreg_freeze_options *options, char **out, size_t *size,
	mgreg_freeze_result *result, mgreg_error *err);

/* ---- packages: versions on their way between stores ------------------------------------------ */

/* What goes into a package besides the versions.  Start from MGREG_PACK_INIT. */
typedef struct mgreg_pack_options {
	size_t      size;
	unsigned    metrics:1,          /* every point of the versions' runs */
	            events:1,           /* their event files (histograms, images ...) */
	            lineage:1,          /* what is known of all ancestors */
	            dry_run:1;          /* everything but the file */
	int         packed;             /* out: how many versions it is */
} mgreg_pack_options;
#define MGREG_PACK_INIT { sizeof(mgreg_pack_options), 0, 0, 0, 0, 0 }
/* Writes the versions that REFS name (ranges, too: MODEL@A..B) as a tar at PATH (".tar", or ".tar.zst": under zstd): mgreg-pack.json first, which names every
 * version by its uid and every file with its SHA-256, then TensorFlow's own files in MODEL/RUN/vNO/, usable without mgreg.
 * The same versions give the same bytes.  FAILED_PRECONDITION for a version whose bytes are gone. */
int mgreg_pack(mgreg_store *store, const char *const *refs, int count, const char *path, mgreg_pack_options *options, mgreg_error *err);

/* How a package comes in.  Start from MGREG_UNPACK_INIT. */
typedef struct mgreg_unpack_options {
	size_t      size;
	const char *as;                 /* MODEL instead of the one it was packed from; NULL: that one */
	unsigned    latest:1,           /* the pointer moves even where the run had versions */
	            dry_run:1;          /* checks the package, stores nothing */
	int       (*warn)(void *ctx, const char *line);         /* hears of what was passed over; or NULL */
	void       *ctx;
} mgreg_unpack_options;
#define MGREG_UNPACK_INIT { sizeof(mgreg_unpack_options), NULL, 0, 0, NULL, NULL }
/* Puts every version of the package at PATH into the store under its own uid.  A uid that is here already is left alone:
 * DONE hears it with SKIPPED set.  Nothing goes in before every file has its SHA-256.  DATA_LOSS names the file. */
int mgreg_unpack(mgreg_store *store, const char *path, const mgreg_unpack_options *options,
	int (*done)(void *ctx, const mgreg_version_info *version, int skipped), void *ctx, mgreg_error *err);

/* What mgreg_verify() tells of one file or tensor. */
typedef struct mgreg_verified {
	const char *name;               /* file of the package, file or tensor of a model */
	const char *state;              /* "ok" "differs" "missing" "extra" "damaged" */
	const char *text;               /* what is wrong; "" */
	int64_t     bytes;              /* -1: not known */
} mgreg_verified;
/* Checks what lies at PATH: of a package every file against its manifest, of any other model every tensor against its
 * checksums and every graph's structure.  EACH (may be NULL) hears of everything; non-zero stops.  DATA_LOSS if anything is
 * damaged or missing; FAILED_PRECONDITION with reason NO if all that is wrong is whole files that differ. */
int mgreg_verify(const char *path, int (*each)(void *ctx, const mgreg_verified *item), void *ctx, mgreg_error *err);
/* The same for a version of a store: every object that it is made of is read and checked. */
int mgreg_store_verify(mgreg_store *store, int64_t version_id, int (*each)(void *ctx, const mgreg_verified *item), void *ctx,
	mgreg_error *err);

MGREG_END
#endif
