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

MGREG_END
#endif
