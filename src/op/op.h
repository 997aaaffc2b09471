/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op.h - what TensorFlow 1.x's operations are: inputs, outputs, attributes, shapes.  No kernels here.
 *
 * Attribute values are protobuf's own AttrValue (nothing is lost that way), kept in arenas.
 */
#ifndef MG_OP_H
#define MG_OP_H

#include "tensor/tensor.h"
#include "mgreg/custom.h"

typedef Pb__AttrValue mg_attr_value;

typedef struct mg_attr {                /* a named attribute of a node */
	const char    *name;
	mg_attr_value *value;
} mg_attr;

typedef struct mg_attrs {               /* a node's attributes, in order of first setting */
	mg_attr *at;
	int      count;
} mg_attrs;

enum mg_attr_kind { MG_ATTR_INT, MG_ATTR_FLOAT, MG_ATTR_BOOL, MG_ATTR_STRING, MG_ATTR_TYPE, MG_ATTR_SHAPE, MG_ATTR_TENSOR, MG_ATTR_FUNC };

enum mg_op_flags {
	MG_OP_STATEFUL = 1 << 0,
	MG_OP_COMMUTATIVE = 1 << 1,
	MG_OP_AGGREGATE = 1 << 2,
	MG_OP_ALLOWS_UNINITIALIZED = 1 << 3,
};

typedef struct mg_op_arg {              /* one input or output of the definition */
	const char *name;
	mg_dtype    type;               /* fixed type, or MGREG_INVALID */
	const char *type_attr;          /* attr of kind type */
	const char *number_attr;        /* "N" of N*T */
	const char *type_list_attr;     /* attr of kind list(type) */
	bool        is_ref;
} mg_op_arg;

typedef struct mg_op_attr {
	const char        *name;
	enum mg_attr_kind  kind;
	bool               is_list;
	bool               has_minimum;
	int64_t            minimum;
	uint64_t           allowed_types;       /* bit per DataType, 0: any */
	const int         *allowed_order;       /* the same types as TensorFlow lists them */
	int                allowed_count;
	const char *const *allowed_strings;     /* NULL-terminated, or NULL */
	const mg_attr_value *default_value;     /* NULL: required */
} mg_op_attr;

struct mg_shape_ctx;
typedef int mg_shape_fn(struct mg_shape_ctx *c, mgreg_error *err);

typedef struct mg_op_def {
	const char       *name;
	const mg_op_arg  *inputs, *outputs;
	int               input_count, output_count;
	const mg_op_attr *attrs;
	int               attr_count;
	unsigned          flags;                /* enum mg_op_flags */
	int               deprecated_at;        /* GraphDef version, 0: not deprecated */
	const char       *deprecation;          /* explanation, or NULL */
	mg_shape_fn      *shape;                /* NULL: none (outputs of unknown shape) */
} mg_op_def;

/* The op, or NULL.  The table is built on first use, from any thread, and lives for ever. */
const mg_op_def *mg_op_find(const char *name);
size_t mg_op_count(void);
const mg_op_def *mg_op_at(size_t i);                                    /* sorted by name */
const mg_op_attr *mg_op_attr_find(const mg_op_def *op, const char *name);
const char *mg_op_tier(const mg_op_def *op);                            /* "P0" .. "P3" */

/* ---- ops that the program registered (custom.c) ---- */
typedef struct mg_custom {
	mg_op_def       def;                    /* first: a node's op points at it */
	mgreg_custom_op op;
	mg_arena        arena;                  /* of the definition */
} mg_custom;
const mg_custom *mg_custom_find(const char *name);                      /* NULL: none of these */
const mg_custom *mg_custom_at(int i);                                   /* in order of registration; NULL after the last */

/* ---- attributes ---- */
const mg_attr_value *mg_attr_find(const mg_attrs *attrs, const char *name);     /* NULL if absent */
/* Adds or replaces; arrays in ARENA; false when memory is short. */
bool mg_attr_set(mg_attrs *attrs, const char *name, const mg_attr_value *value, mg_arena *arena);
bool mg_attr_remove(mg_attrs *attrs, const char *name);
/* Values made in ARENA; NULL when memory is short. */
mg_attr_value *mg_attr_int(mg_arena *a, int64_t v);
mg_attr_value *mg_attr_float(mg_arena *a, float v);
mg_attr_value *mg_attr_bool(mg_arena *a, bool v);
mg_attr_value *mg_attr_string(mg_arena *a, const char *v, size_t len);
mg_attr_value *mg_attr_type(mg_arena *a, int dtype);
mg_attr_value *mg_attr_shape(mg_arena *a, const mg_shape *v);
mg_attr_value *mg_attr_tensor(mg_arena *a, const mg_tensor *v);
mg_attr_value *mg_attr_func(mg_arena *a, const char *name);
mg_attr_value *mg_attr_ints(mg_arena *a, const int64_t *v, int n);
mg_attr_value *mg_attr_floats(mg_arena *a, const float *v, int n);
mg_attr_value *mg_attr_bools(mg_arena *a, const bool *v, int n);
mg_attr_value *mg_attr_strings(mg_arena *a, const char *const *v, int n);
mg_attr_value *mg_attr_types(mg_arena *a, const int *v, int n);
mg_attr_value *mg_attr_shapes(mg_arena *a, const mg_shape *v, int n);
/* Getters: false if absent or of another kind. */
bool mg_attr_get_int(const mg_attrs *attrs, const char *name, int64_t *out);
bool mg_attr_get_float(const mg_attrs *attrs, const char *name, float *out);
bool mg_attr_get_bool(const mg_attrs *attrs, const char *name, bool *out);
bool mg_attr_get_string(const mg_attrs *attrs, const char *name, mg_slice *out);
bool mg_attr_get_type(const mg_attrs *attrs, const char *name, int *out);
bool mg_attr_get_shape(const mg_attrs *attrs, const char *name, mg_shape *out);         /* caller clears */
bool mg_attr_get_tensor(const mg_attrs *attrs, const char *name, const Pb__TensorProto **out);
bool mg_attr_get_func(const mg_attrs *attrs, const char *name, const Pb__NameAttrList **out);
/* Lists: the message; an unset list is an empty one. */
bool mg_attr_get_list(const mg_attrs *attrs, const char *name, const Pb__AttrValue__ListValue **out);
bool mg_attr_equal(const mg_attr_value *a, const mg_attr_value *b);

/* ---- a node against its definition ---- */
/* Fills missing attributes that have a default (as import does). */
int mg_op_fill_defaults(const mg_op_def *op, mg_attrs *attrs, mg_arena *arena, mgreg_error *err);
/* Checks kinds, allowed values, minima, unknown and missing attributes; names starting with "_" are always allowed.
 * Errors name attribute and op.  Attributes that a newer producer added with their default value may be removed first
 * by mg_op_drop_producer_defaults(). */
int mg_op_check_attrs(const mg_op_def *op, const mg_attrs *attrs, mgreg_error *err);
int mg_op_drop_producer_defaults(const mg_op_def *op, const Pb__OpDef *producer, mg_attrs *attrs, mgreg_error *err);
/* Number and types of inputs and outputs of a node with these attributes; arrays in ARENA; reference types are
 * base + MG_REF_OFFSET. */
int mg_op_input_types(const mg_op_def *op, const mg_attrs *attrs, mg_arena *arena, int **types, int *count, mgreg_error *err);
int mg_op_output_types(const mg_op_def *op, const mg_attrs *attrs, mg_arena *arena, int **types, int *count, mgreg_error *err);
/* Deduces type and number attributes from the given input types (per definition input: how many tensors, their
 * types), as the builder does; adds them to ATTRS. */
int mg_op_infer_attrs(const mg_op_def *op, const int *arg_counts, const int *types, mg_attrs *attrs, mg_arena *arena, mgreg_error *err);
/* For name-based output lookup in function bodies: range of flat outputs of output arg NAME. */
int mg_op_output_range(const mg_op_def *op, const mg_attrs *attrs, const char *arg, int *first, int *count, mgreg_error *err);

/* OpDef without documentation (stripped op list). */
int mg_op_to_proto(const mg_op_def *op, mg_arena *arena, Pb__OpDef **out, mgreg_error *err);

/* ---- versions (compat.c) ---- */
#define MG_GRAPH_DEF_VERSION 134                /* our producer: that of 1.15.0 */
#define MG_GRAPH_DEF_MIN_CONSUMER 0
int mg_op_check_versions(const Pb__VersionDef *v, mgreg_error *err);                    /* NULL: version 0 */
int mg_op_check_deprecation(const mg_op_def *op, int producer, mgreg_error *err);       /* UNIMPLEMENTED */
/* An attribute that patch releases after our rows' added: kept and allowed where it is written, never filled in. */
bool mg_op_is_later_attr(const mg_op_def *op, const char *attr);
/* Release that first (last) registered OP; NULL: not known (it was never dropped).  Static. */
const char *mg_op_since(const char *op);
const char *mg_op_until(const char *op);
/* Calls EACH for every change of OP's signature, oldest first; stops at non-zero, which it returns. */
int mg_op_changes(const char *op, int (*each)(void *ctx, const char *release, const char *what), void *ctx);
/* The first release whose GraphDef version is at least VERSION, "1.4.0"; NULL if none is known. */
const char *mg_release_of_version(int version);

/* ---- shape functions ---- */
typedef struct mg_shape_ctx {
	const mg_op_def *op;
	const char      *node;                  /* name, for messages */
	const mg_attrs  *attrs;
	int              input_count;
	const mg_shape *const *inputs;          /* partial shapes, never NULL */
	const mg_tensor *const *constants;      /* value of input i where known, else NULL */
	/* Shape inputs whose value is only partly known: what is known of it AS a shape (rank -1: nothing). */
	const mg_shape *const *constants_as_shapes;
	/* Resource handles: what lies behind input i. */
	const mg_shape *const *handle_shapes;   /* NULL entries: not known */
	const int       *handle_types;
	int              output_count;
	mg_shape        *outputs;               /* to be filled; start as unknown */
	mg_shape        *out_handle_shapes;     /* to be filled for handle outputs; start as unknown */
	int             *out_handle_types;      /* start as MGREG_INVALID */
	bool             needs_constants;       /* a shape function sets it when it would use a missing constant */
	int              producer;              /* GraphDef version of the graph */
} mg_shape_ctx;
#endif
