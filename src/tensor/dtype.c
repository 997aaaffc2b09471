/* SPDX-License-Identifier: Apache-2.0 */
/* dtype.c - element types: names, sizes, families; made from dtype.def. */
#include "base/base.h"
#include "tensor/tensor.h"

enum kind { NONE, FLOAT, INT, COMPLEX, QUANT, BOOL, STRING, OBJECT };

static const struct row {
	const char *op_name, *name, *enum_name;         /* of the type */
	const char *op_ref, *ref, *enum_ref;            /* of a reference to it */
	unsigned char size, kind;
} rows[] = {
	[MGREG_INVALID] = { "invalid", "invalid", "DT_INVALID", "invalid", "invalid", "DT_INVALID", 0, NONE },
#define X(e, number, op, py, dt, c, size, kind) \
	[MGREG_##e] = { op, py, dt, op "_ref", py "_ref", dt "_REF", size, kind },
#include "tensor/dtype.def"
#undef X
};
_Static_assert(MG_COUNT(rows) == MG_DTYPE_MAX, "dtype.def and MG_DTYPE_MAX");
#define X(e, number, op, py, dt, c, size, kind) _Static_assert(MGREG_##e == number, "number of " op);
#include "tensor/dtype.def"
#undef X

bool
mg_dtype_is_valid(int dtype)
{
	int base = dtype > MG_REF_OFFSET ? dtype - MG_REF_OFFSET : dtype;

	return base > 0 && base < MG_DTYPE_MAX;
}

static const struct row *
row_of(int dtype)
{
	return &rows[mg_dtype_is_valid(dtype) ? mg_dtype_base(dtype) : MGREG_INVALID];
}

bool
mg_dtype_is_floating(int dtype)
{
	return row_of(dtype)->kind == FLOAT;
}

bool
mg_dtype_is_integer(int dtype)
{
	return row_of(dtype)->kind == INT;
}

bool
mg_dtype_is_complex(int dtype)
{
	return row_of(dtype)->kind == COMPLEX;
}

bool
mg_dtype_is_quantized(int dtype)
{
	return row_of(dtype)->kind == QUANT;
}

bool
mg_dtype_is_memcpy(int dtype)
{
	return row_of(dtype)->size != 0;
}

size_t
mg_dtype_size(int dtype)
{
	return row_of(dtype)->size;
}

const char *
mg_dtype_name(int dtype)
{
	return mg_dtype_is_ref(dtype) ? row_of(dtype)->ref : row_of(dtype)->name;
}

const char *
mg_dtype_op_name(int dtype)
{
	return mg_dtype_is_ref(dtype) ? row_of(dtype)->op_ref : row_of(dtype)->op_name;
}

const char *
mg_dtype_enum_name(int dtype)
{
	return mg_dtype_is_ref(dtype) ? row_of(dtype)->enum_ref : row_of(dtype)->enum_name;
}

mg_dtype
mg_dtype_find(const char *name, size_t len)
{
	mg_slice s = { name, len };

	for (int i = 1; i < MG_DTYPE_MAX; i++) {
		const struct row *r = &rows[i];

		if (mg_slice_eq(s, r->op_name) || mg_slice_eq(s, r->name) || mg_slice_eq(s, r->enum_name))
			return (mg_dtype)i;
		if (mg_slice_eq(s, r->op_ref) || mg_slice_eq(s, r->ref) || mg_slice_eq(s, r->enum_ref))
			return (mg_dtype)(i + MG_REF_OFFSET);
	}
	return MGREG_INVALID;
}

const char *
mgreg_dtype_name(mgreg_dtype dtype)
{
	return mg_dtype_name((int)dtype);
}

size_t
mgreg_dtype_size(mgreg_dtype dtype)
{
	return mg_dtype_size((int)dtype);
}
