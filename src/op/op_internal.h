/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_internal.h - the row of an op, and helpers for shape functions.
 *
 * A row is TensorFlow's own notation, parsed when the op is first asked for (spec.c):
 *
 *   signature   "a: T, rest: N * T, more: Tlist, v: Ref(T) -> out: float".  A type is that of the argument, an
 *               attribute of kind type, one of kind list(type) (as many tensors as the list has), or N times a type.
 *   attributes  "T: {float, double} = float; N: int >= 1; mode: {'SAME', 'VALID'}; s: list(int) >= 4 = [1, 1]".
 *               numbertype, realnumbertype, quantizedtype name sets of types.  Defaults: shapes "?" (unknown rank),
 *               "[]", "[2, ?]"; strings in single quotes; tensors as a type and a list of integers.
 */
#ifndef MG_OP_INTERNAL_H
#define MG_OP_INTERNAL_H

#include "base/base.h"
#include "op/op.h"

typedef struct mg_op {
	const char  *name, *signature, *attrs;
	unsigned     flags;             /* enum mg_op_flags */
	mg_shape_fn *shape;             /* NULL: outputs of unknown shape */
	int          tier;              /* 0 the MetaGraph guide .. 3 rare */
	int          deprecated_at;     /* GraphDef version, 0: not deprecated */
	const char  *deprecation;
} mg_op;

/* The families (op_table.c lists them). */
#define MG_OP_FAMILIES(X) \
	X(array) X(candidate) X(control) X(data_flow) X(dataset) X(dataset_more) X(estimator) X(functional) X(image) X(io) \
	X(linalg) X(list) X(logging) X(lookup) X(math) X(misc) X(nn) X(parsing) X(ragged) X(random) X(resource) X(rnn) \
	X(sparse) X(special) X(state) X(string) X(training)
#define X(family) extern const mg_op mg_ops_##family[];
MG_OP_FAMILIES(X)
#undef X

/* Room for parsed definitions; a static block, so lookups never fail for want of memory (spec.c). */
typedef struct mg_spec_pool {
	char  *block;
	size_t size, used;
} mg_spec_pool;
/* The row as a structure in POOL; asserts that the row is well formed and that POOL is large enough. */
const mg_op_def *mg_spec_parse(mg_spec_pool *pool, const mg_op *row);

/* "type", "list(int)"; in BUF or static. */
const char *mg_op_attr_kind_name(const mg_op_attr *a, char buf[32]);
#endif
