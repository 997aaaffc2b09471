/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/tensor.h - values: element types, shapes, elements. */
#ifndef MGREG_TENSOR_H
#define MGREG_TENSOR_H

#include "mgreg/core.h"

MGREG_BEGIN

/* ---- tensors --------------------------------------------------------------------------------- */

/* Element types; the numbers are TensorFlow's DataType. */
typedef enum mgreg_dtype {
	MGREG_INVALID = 0,
	MGREG_FLOAT = 1, MGREG_DOUBLE = 2, MGREG_INT32 = 3, MGREG_UINT8 = 4, MGREG_INT16 = 5,
	MGREG_INT8 = 6, MGREG_STRING = 7, MGREG_COMPLEX64 = 8, MGREG_INT64 = 9, MGREG_BOOL = 10,
	MGREG_QINT8 = 11, MGREG_QUINT8 = 12, MGREG_QINT32 = 13, MGREG_BFLOAT16 = 14,
	MGREG_QINT16 = 15, MGREG_QUINT16 = 16, MGREG_UINT16 = 17, MGREG_COMPLEX128 = 18,
	MGREG_HALF = 19, MGREG_RESOURCE = 20, MGREG_VARIANT = 21, MGREG_UINT32 = 22,
	MGREG_UINT64 = 23
} mgreg_dtype;

/* TensorFlow's lower-case name ("float32", "string", "qint8"), "invalid" for others. */
const char *mgreg_dtype_name(mgreg_dtype dtype);
/* Bytes of one element; 0 for string, resource, variant. */
size_t mgreg_dtype_size(mgreg_dtype dtype);

/* A value: element type, shape, elements in row-major order.  Immutable once shared; the bytes are
 * counted, so copies are cheap. */
typedef struct mgreg_tensor mgreg_tensor;

/* A new tensor of DTYPE and shape DIMS[RANK], zero-filled (strings: empty).  INVALID_ARGUMENT for a
 * negative dimension, a rank above 254 or a size that overflows; RESOURCE_EXHAUSTED. */
int mgreg_tensor_new(mgreg_tensor **out, mgreg_dtype dtype, const int64_t *dims, int rank,
	mgreg_error *err);
/* The same, filled with a copy of SIZE bytes, which must be exactly the tensor's size. */
int mgreg_tensor_new_from(mgreg_tensor **out, mgreg_dtype dtype, const int64_t *dims, int rank,
	const void *data, size_t size, mgreg_error *err);
/* A scalar string tensor holding LEN bytes of TEXT. */
int mgreg_tensor_new_string(mgreg_tensor **out, const char *text, size_t len, mgreg_error *err);
void mgreg_tensor_free(mgreg_tensor *tensor);

mgreg_dtype mgreg_tensor_dtype(const mgreg_tensor *tensor);
int mgreg_tensor_rank(const mgreg_tensor *tensor);
int64_t mgreg_tensor_dim(const mgreg_tensor *tensor, int i);
int64_t mgreg_tensor_count(const mgreg_tensor *tensor);         /* elements */
size_t mgreg_tensor_size(const mgreg_tensor *tensor);           /* bytes; 0 for strings */
/* The elements; NULL for strings and empty tensors.  Write only to a tensor nobody shares. */
void *mgreg_tensor_data(mgreg_tensor *tensor);
const void *mgreg_tensor_bytes(const mgreg_tensor *tensor);
/* Element I of a string tensor; *LEN may be NULL. */
const char *mgreg_tensor_string(const mgreg_tensor *tensor, int64_t i, size_t *len);
/* Sets element I of a string tensor that nobody shares to a copy of LEN bytes. */
int mgreg_tensor_set_string(mgreg_tensor *tensor, int64_t i, const char *text, size_t len,
	mgreg_error *err);

/* What a tensor is written as. */
typedef enum mgreg_tensor_form {
	MGREG_FORM_TEXT,        /* for people: "[[1, 2], [3, 4]]" */
	MGREG_FORM_JSON,        /* nested lists; strings as text; NaN and infinities as strings */
	MGREG_FORM_CSV,         /* a line per row of the last dimension; a vector has one value a line */
	MGREG_FORM_NPY,         /* a .npy file; bfloat16 becomes float32, strings get a fixed width */
	MGREG_FORM_RAW          /* the elements' bytes, little-endian; of a string scalar its bytes */
} mgreg_tensor_form;
/* TENSOR in that form as a block of the caller's (mgreg_free), NUL-terminated behind its *SIZE bytes.  LIMIT: at most so many
 * elements in MGREG_FORM_TEXT, and as a flat list in MGREG_FORM_JSON where there are more; 0: all.  UNIMPLEMENTED: the form cannot hold this type. */
int mgreg_tensor_format(const mgreg_tensor *tensor, mgreg_tensor_form form, int64_t limit, char **out, size_t *size,
	mgreg_error *err);

MGREG_END
#endif
