/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tensor.h - element types, shapes, tensors, tensor slices.
 *
 * A shape may be partial: rank -1 is an unknown rank, a dimension -1 an unknown length.  A tensor's own shape
 * never is.  Elements lie in row-major order in a counted buffer; strings as an array of mg_tstr, resources and
 * variants as an array of mg_object pointers that the buffer owns.
 */
#ifndef MG_TENSOR_H
#define MG_TENSOR_H

#include <stdatomic.h>
#include "base/arena.h"
#include "base/half.h"
#include "base/str.h"
#include "proto/proto.h"

typedef mgreg_dtype mg_dtype;
typedef struct mgreg_tensor mg_tensor;

/* ---- element types ---- */
#define MG_REF_OFFSET 100                       /* DataType of a reference is that of its base plus 100 */
#define MG_DTYPE_MAX 24
static inline bool mg_dtype_is_ref(int dtype) { return dtype > MG_REF_OFFSET; }
static inline mg_dtype mg_dtype_base(int dtype) { return (mg_dtype)(dtype > MG_REF_OFFSET ? dtype - MG_REF_OFFSET : dtype); }
bool mg_dtype_is_valid(int dtype);              /* one of ours, reference or not */
bool mg_dtype_is_floating(int dtype);           /* half, bfloat16, float, double */
bool mg_dtype_is_integer(int dtype);            /* plain (not quantized) integers */
bool mg_dtype_is_complex(int dtype);
bool mg_dtype_is_quantized(int dtype);
bool mg_dtype_is_memcpy(int dtype);             /* elements are plain bytes */
size_t mg_dtype_size(int dtype);                /* 0 for string, resource, variant */
const char *mg_dtype_name(int dtype);           /* "float32"; references "float32_ref" */
const char *mg_dtype_op_name(int dtype);        /* as in op signatures: "float", "half", "string" */
const char *mg_dtype_enum_name(int dtype);      /* "DT_FLOAT", "DT_FLOAT_REF" */
mg_dtype mg_dtype_find(const char *name, size_t len);   /* any of the three spellings; MGREG_INVALID if none */

/* ---- shapes ---- */
#define MG_MAX_RANK 254
#define MG_SHAPE_INLINE 8
#define MG_DIM_UNKNOWN (-1)
#define MG_RANK_UNKNOWN (-1)

typedef struct mg_shape {
	int      rank;                          /* -1: unknown */
	int64_t  inline_dims[MG_SHAPE_INLINE];
	int64_t *more;                          /* heap, used instead when rank > MG_SHAPE_INLINE */
} mg_shape;

#define MG_SHAPE_UNKNOWN ((mg_shape){ .rank = MG_RANK_UNKNOWN })
#define MG_SHAPE_SCALAR ((mg_shape){ .rank = 0 })
static inline int64_t *mg_shape_dims(mg_shape *s) { return s->more ? s->more : s->inline_dims; }
static inline const int64_t *mg_shape_cdims(const mg_shape *s) { return s->more ? s->more : s->inline_dims; }
static inline int64_t mg_shape_dim(const mg_shape *s, int i) { return mg_shape_cdims(s)[i]; }

/* DIMS may be NULL (all unknown).  INVALID_ARGUMENT for rank > 254 or a dimension below -1. */
int mg_shape_set(mg_shape *s, const int64_t *dims, int rank, mgreg_error *err);
int mg_shape_copy(mg_shape *to, const mg_shape *from, mgreg_error *err);      /* TO is initialised or zero */
void mg_shape_clear(mg_shape *s);                                             /* becomes a scalar */
bool mg_shape_is_full(const mg_shape *s);                                     /* everything known */
bool mg_shape_equal(const mg_shape *a, const mg_shape *b);                    /* unknown equals unknown */
bool mg_shape_compatible(const mg_shape *a, const mg_shape *b);
/* The more precise of both; INVALID_ARGUMENT if they contradict each other. */
int mg_shape_merge(mg_shape *out, const mg_shape *a, const mg_shape *b, mgreg_error *err);
/* Product with overflow check; the shape must be full.  INVALID_ARGUMENT on overflow (zero does not excuse it). */
int mg_shape_count(const mg_shape *s, int64_t *out, mgreg_error *err);
/* "[2,?,3]", "[]", "<unknown>"; into a caller's string. */
void mg_shape_format(const mg_shape *s, mg_str *out);
const char *mg_shape_text(const mg_shape *s, char buf[256]);                  /* the same for messages, cut if long */
int mg_shape_from_proto(mg_shape *out, const Pb__TensorShapeProto *p, mgreg_error *err);    /* NULL: unknown rank */
Pb__TensorShapeProto *mg_shape_to_proto(const mg_shape *s, mg_arena *arena);                /* NULL if memory is short */

/* ---- buffers ---- */
typedef struct mg_buffer {
	atomic_int refs;
	void      *data;
	size_t     size;
	void     (*release)(struct mg_buffer *);        /* frees data and the struct */
	void      *owner;                               /* for release */
} mg_buffer;

int mg_buffer_new(mg_buffer **out, size_t size, mgreg_error *err);            /* 64-byte aligned, not cleared */
/* Over memory of somebody else's; RELEASE (may be NULL) is called with OWNER when the last user is gone. */
int mg_buffer_wrap(mg_buffer **out, void *data, size_t size, void (*release)(void *owner), void *owner, mgreg_error *err);
mg_buffer *mg_buffer_ref(mg_buffer *b);
void mg_buffer_unref(mg_buffer *b);                                           /* NULL does nothing */
static inline bool mg_buffer_is_shared(const mg_buffer *b) { return atomic_load_explicit(&((mg_buffer *)b)->refs, memory_order_acquire) != 1; }

/* ---- tensors ---- */
typedef struct mg_tstr {        /* an element of a string tensor; ptr is NULL for the empty string */
	char  *ptr;             /* mg_alloc'ed, owned by the tensor's buffer */
	size_t len;
} mg_tstr;

typedef struct mg_object {      /* an element of a resource or variant tensor: something counted */
	atomic_int refs;
	const char *kind;       /* static name of what it is */
	void (*release)(struct mg_object *);
} mg_object;
mg_object *mg_object_ref(mg_object *o);
void mg_object_unref(mg_object *o);

struct mgreg_tensor {           /* { 0 } is "no tensor" (dtype MGREG_INVALID); may be embedded */
	mg_dtype   dtype;
	mg_shape   shape;
	int64_t    count;
	size_t     size;        /* bytes of the elements: count * element size (strings: of the mg_tstr array) */
	void      *data;        /* first element; inside buffer */
	mg_buffer *buffer;      /* NULL when count is 0 */
};

#define MG_DATA(tensor, type) ((type *)(tensor)->data)
#define MG_CDATA(tensor, type) ((const type *)(tensor)->data)
static inline int64_t mg_dim(const mg_tensor *t, int i) { return mg_shape_dim(&t->shape, i); }
static inline int mg_rank(const mg_tensor *t) { return t->shape.rank; }

/* These fill a caller's struct that is zero or cleared; on failure it stays cleared. */
int mg_tensor_init(mg_tensor *t, mg_dtype dtype, const mg_shape *shape, mgreg_error *err);      /* not cleared bytes; strings empty */
int mg_tensor_init_dims(mg_tensor *t, mg_dtype dtype, const int64_t *dims, int rank, mgreg_error *err);
int mg_tensor_init_buffer(mg_tensor *t, mg_dtype dtype, const mg_shape *shape, mg_buffer *buffer, void *data, mgreg_error *err); /* takes a new reference */
int mg_tensor_share(mg_tensor *t, const mg_tensor *from, mgreg_error *err);                     /* same bytes, one more user */
int mg_tensor_share_as(mg_tensor *t, const mg_tensor *from, const mg_shape *shape, mgreg_error *err);    /* another shape, same count */
int mg_tensor_copy(mg_tensor *t, const mg_tensor *from, mgreg_error *err);                      /* bytes of its own */
void mg_tensor_move(mg_tensor *t, mg_tensor *from);                                             /* FROM is cleared */
void mg_tensor_clear(mg_tensor *t);
static inline bool mg_tensor_is_set(const mg_tensor *t) { return t->dtype != MGREG_INVALID; }
int mg_tensor_set_string(mg_tensor *t, int64_t i, const char *text, size_t len, mgreg_error *err);
static inline mg_slice mg_tensor_string(const mg_tensor *t, int64_t i) { const mg_tstr *s = (const mg_tstr *)t->data + i; return (mg_slice){ s->ptr ? s->ptr : "", s->len }; }
/* Scalars: of any integer (or floating) type as int64 (double); false for others or more than one element. */
bool mg_tensor_as_i64(const mg_tensor *t, int64_t i, int64_t *out);             /* element I */
bool mg_tensor_as_double(const mg_tensor *t, int64_t i, double *out);
int mg_tensor_init_scalar(mg_tensor *t, mg_dtype dtype, double value, mgreg_error *err);    /* integers: value is cast */
int mg_tensor_init_i64s(mg_tensor *t, mg_dtype dtype, const int64_t *values, int n, mgreg_error *err);  /* int32 or int64 vector */
int mg_tensor_init_string(mg_tensor *t, const char *text, size_t len, mgreg_error *err);    /* scalar */

/* TensorProto, every form.  LIMIT (0: none) bounds the bytes of the result. */
int mg_tensor_from_proto(mg_tensor *out, const Pb__TensorProto *p, size_t limit, mgreg_error *err);
/* CONTENT true: plain bytes go to tensor_content, as a constant folder writes them.  CONTENT false: as Python's constant
 * builder does: tensor_content for its numeric types when there is more than one element, otherwise typed fields. */
int mg_tensor_to_proto(const mg_tensor *t, bool content, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err);
/* Typed fields only, whatever the type (checkpoint V1 wants these). */
int mg_tensor_to_proto_fields(const mg_tensor *t, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err);
/* One value standing for a whole SHAPE: the message of the scalar VALUE with another shape. */
int mg_tensor_to_proto_filled(const mg_tensor *value, const mg_shape *shape, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err);

/* Comparison.  equal: dtype, shape and bits.  close: |a - b| <= abs + rel * |b|, NaN equals NaN; *FIRST gets the flat
 * index of the first difference. */
bool mg_tensor_equal(const mg_tensor *a, const mg_tensor *b);
bool mg_tensor_close(const mg_tensor *a, const mg_tensor *b, double abs, double rel, int64_t *first);
/* Human form: "[[1, 2], [3, 4]]", at most LIMIT elements (0: all). */
void mg_tensor_print(const mg_tensor *t, int64_t limit, mg_str *out);
/* Element I as it stands there (strings quoted). */
void mg_tensor_print_element(const mg_tensor *t, int64_t i, mg_str *out);
/* The same text, JSON, CSV, a .npy file, or the bare bytes (format.c); appended to OUT. */
int mg_tensor_format(const mg_tensor *t, mgreg_tensor_form form, int64_t limit, mg_str *out, mgreg_error *err);
/* JSON (nested lists; strings as text; non-finite as the three words). */
void mg_tensor_print_json(const mg_tensor *t, mg_str *out);
/* JSON text -> tensor of DTYPE (MGREG_INVALID: int32/float/string/bool by content, as tf.constant does). */
int mg_tensor_parse_json(mg_tensor *out, const char *text, size_t len, mg_dtype dtype, mgreg_error *err);

/* ---- npy.c: NumPy's array files ---- */
/* Bytes of a .npy -> tensor of its own.  Either byte order and element order, numbers, booleans, fixed-width bytes (S) and text (U, as UTF-8) are
 * read; objects and records are UNIMPLEMENTED, damage is DATA_LOSS. */
int mg_npy_decode(const void *data, size_t size, mg_tensor *out, mgreg_error *err);
int mg_npy_read(const char *path, mg_tensor *out, mgreg_error *err);
/* As numpy.save writes it.  Quantized types as their integers, bfloat16 as float, strings as S of the longest. */
int mg_npy_encode(const mg_tensor *t, mg_str *out, mgreg_error *err);
int mg_npy_write(const char *path, const mg_tensor *t, mgreg_error *err);

/* ---- tensor slices ("start,len:-:start,len") ---- */
typedef struct mg_tslice {
	int      rank;
	int64_t *start;         /* arena or heap of whoever made it */
	int64_t *length;        /* -1: the whole dimension */
} mg_tslice;
/* Parses the part after the shape; allocated in ARENA. */
int mg_tslice_parse(mg_tslice *out, const char *text, size_t len, mg_arena *arena, mgreg_error *err);
/* "d0 d1 start,len:start,len" -> full shape and slice; "" -> *has_slice false. */
int mg_tslice_parse_spec(const char *spec, size_t len, mg_shape *full, mg_tslice *slice, bool *has_slice, mg_arena *arena, mgreg_error *err);
void mg_tslice_format(const mg_tslice *s, mg_str *out);
bool mg_tslice_is_full(const mg_tslice *s, const mg_shape *full);
/* Shape of the slice of FULL; INVALID_ARGUMENT/INTERNAL if it does not fit. */
int mg_tslice_shape(const mg_tslice *s, const mg_shape *full, mg_shape *out, mgreg_error *err);
/* Intersection of two slices of FULL into OUT (arrays in ARENA); false if empty. */
bool mg_tslice_intersect(const mg_tslice *a, const mg_tslice *b, const mg_shape *full, mg_tslice *out, mg_arena *arena);
/* Copies the intersection of stored SRC (region SRC_SLICE) into DST (region DST_SLICE) of the tensor FULL. */
int mg_tslice_copy(const mg_tslice *src_slice, const mg_tensor *src, const mg_tslice *dst_slice, mg_tensor *dst, const mg_shape *full, mgreg_error *err);
int mg_tslice_from_proto(mg_tslice *out, const Pb__TensorSliceProto *p, mg_arena *arena, mgreg_error *err);
/* S NULL: the whole of FULL. */
Pb__TensorSliceProto *mg_tslice_to_proto(const mg_tslice *s, const mg_shape *full, mg_arena *arena);

/* ---- statistics, in the pass that hashes (schema.md) ---- */
typedef struct mg_stats {
	bool   has;             /* false for string, complex, resource, variant */
	double min, max, mean, std, l2;         /* over finite values; NaN where there is none */
	int64_t zeros, nans, infs, finite;
	double sum, sum2, m2;                   /* running; joined in leaf order; m2: squares around the mean */
} mg_stats;
void mg_stats_begin(mg_stats *s, mg_dtype dtype);
void mg_stats_add(mg_stats *s, mg_dtype dtype, const void *data, size_t size);  /* one leaf */
/* LEAF holds one leaf alone: the same bits as if it had been added here. */
void mg_stats_join(mg_stats *s, const mg_stats *leaf);
void mg_stats_end(mg_stats *s);
#endif
