/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tensor_proto.c - TensorProto <-> tensor.
 *
 * A message holds its elements in tensor_content (raw little-endian bytes; strings: all lengths as varints, then all
 * bytes) or in the typed field of its dtype.  Of a typed field the last value stands for all that are missing, no
 * value at all for zeros, and values beyond the shape are ignored, as TensorFlow's reader does.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "tensor/tensor.h"

/* The typed field of each dtype: where it lies in the message, how wide one value is there. */
enum field { F_NONE, F_FLOAT, F_DOUBLE, F_INT, F_STRING, F_SCOMPLEX, F_INT64, F_BOOL, F_DCOMPLEX, F_HALF, F_UINT32, F_UINT64 };

static const struct {
	unsigned char field;
	bool python_content;    /* Python's constant builder uses tensor_content for more than one element */
} forms[MG_DTYPE_MAX] = {
	[MGREG_FLOAT] = { F_FLOAT, true }, [MGREG_DOUBLE] = { F_DOUBLE, true },
	[MGREG_INT32] = { F_INT, true }, [MGREG_UINT8] = { F_INT, true }, [MGREG_INT16] = { F_INT, true },
	[MGREG_INT8] = { F_INT, true }, [MGREG_STRING] = { F_STRING, false }, [MGREG_COMPLEX64] = { F_SCOMPLEX, false },
	[MGREG_INT64] = { F_INT64, true }, [MGREG_BOOL] = { F_BOOL, false }, [MGREG_QINT8] = { F_INT, true },
	[MGREG_QUINT8] = { F_INT, true }, [MGREG_QINT32] = { F_INT, true }, [MGREG_BFLOAT16] = { F_HALF, false },
	[MGREG_QINT16] = { F_INT, true }, [MGREG_QUINT16] = { F_INT, true }, [MGREG_UINT16] = { F_INT, false },
	[MGREG_COMPLEX128] = { F_DCOMPLEX, false }, [MGREG_HALF] = { F_HALF, false },
	[MGREG_UINT32] = { F_UINT32, true }, [MGREG_UINT64] = { F_UINT64, true },
};

static const struct { size_t items, count, width, per_element; } fields[] = {
#define ROW(e, name, type, per) [e] = { offsetof(Pb__TensorProto, name), offsetof(Pb__TensorProto, n_##name), sizeof(type), per },
	ROW(F_FLOAT, float_val, float, 1)
	ROW(F_DOUBLE, double_val, double, 1)
	ROW(F_INT, int_val, int32_t, 1)
	ROW(F_STRING, string_val, ProtobufCBinaryData, 1)
	ROW(F_SCOMPLEX, scomplex_val, float, 2)
	ROW(F_INT64, int64_val, int64_t, 1)
	ROW(F_BOOL, bool_val, protobuf_c_boolean, 1)
	ROW(F_DCOMPLEX, dcomplex_val, double, 2)
	ROW(F_HALF, half_val, int32_t, 1)
	ROW(F_UINT32, uint32_val, uint32_t, 1)
	ROW(F_UINT64, uint64_val, uint64_t, 1)
#undef ROW
};

static void **
items_of(const Pb__TensorProto *p, int field)
{
	return (void **)((char *)p + fields[field].items);
}

static size_t *
count_of(const Pb__TensorProto *p, int field)
{
	return (size_t *)((char *)p + fields[field].count);
}

/* ---- message -> tensor ---- */

static int
read_string_content(mg_tensor *t, const Pb__TensorProto *p, mgreg_error *err)
{
	const uint8_t *at = p->tensor_content.data, *end = at + p->tensor_content.len;
	uint64_t left, len;
	const uint8_t *lengths = at;
	size_t n;
	int rc;

	for (int64_t i = 0; i < t->count; i++, at += n)
		if ((n = mg_varint_get(at, end, &len)) == 0)
			goto bad;
	left = (uint64_t)(end - at);
	for (int64_t i = 0; i < t->count; i++) {
		lengths += mg_varint_get(lengths, end, &len);
		if (len > left)
			goto bad;
		if ((rc = mg_tensor_set_string(t, i, (const char *)at, (size_t)len, err)) != 0)
			return rc;
		at += len;
		left -= len;
	}
	if (left == 0)
		return 0;
bad:
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor_content of %zu bytes does not hold %lld strings",
		p->tensor_content.len, (long long)t->count);
}

static int
read_strings(mg_tensor *t, const Pb__TensorProto *p, mgreg_error *err)
{
	size_t n = p->n_string_val;
	int rc;

	for (int64_t i = 0; n > 0 && i < t->count; i++) {
		const ProtobufCBinaryData *s = &p->string_val[MG_MIN((size_t)i, n - 1)];

		if ((rc = mg_tensor_set_string(t, i, (const char *)s->data, s->len, err)) != 0)
			return rc;
	}
	return 0;
}

/* N values of WIDTH bytes as elements of SIZE bytes; the elements' low bytes are the values' (little-endian). */
static void
narrow(void *to, size_t size, const void *from, size_t width, size_t n)
{
	if (size == width) {
		memcpy(to, from, n * size);
		return;
	}
	for (size_t i = 0; i < n; i++)
		memcpy((char *)to + i * size, (const char *)from + i * width, size);
}

static void
read_numbers(mg_tensor *t, const Pb__TensorProto *p, int field)
{
	size_t size = mg_dtype_size((int)t->dtype), per = fields[field].per_element;
	size_t have = *count_of(p, field) / per, n = MG_MIN(have, (size_t)t->count);
	const char *items = *items_of(p, field);

	if (have == 0) {
		memset(t->data, 0, t->size);
		return;
	}
	narrow(t->data, size / per, items, fields[field].width, n * per);
	if (field == F_BOOL)
		for (size_t i = 0; i < n; i++)
			MG_DATA(t, uint8_t)[i] = ((const protobuf_c_boolean *)(const void *)items)[i] != 0;
	for (size_t i = n; i < (size_t)t->count; i++)
		memcpy(MG_DATA(t, char) + i * size, MG_DATA(t, char) + (n - 1) * size, size);
}

int
mg_tensor_from_proto(mg_tensor *out, const Pb__TensorProto *p, size_t limit, mgreg_error *err)
{
	mg_tensor t = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	int64_t count;
	size_t size;
	int rc = 0, field;

	if (!mg_dtype_is_valid((int)p->dtype) || mg_dtype_is_ref((int)p->dtype)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor message has dtype %s (%d)", mg_dtype_name((int)p->dtype), (int)p->dtype);
		goto out;
	}
	if ((field = forms[p->dtype].field) == F_NONE) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "a tensor of dtype %s cannot be made from a message", mg_dtype_name((int)p->dtype));
		goto out;
	}
	/* A message without a shape is a scalar. */
	if (p->tensor_shape)
		MG_TRY(mg_shape_from_proto(&shape, p->tensor_shape, err));
	MG_TRY(mg_shape_count(&shape, &count, err));
	if (!mg_mul_size((size_t)count, field == F_STRING ? sizeof(mg_tstr) : mg_dtype_size((int)p->dtype), &size)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor message claims %lld elements", (long long)count);
		goto out;
	}
	if (limit > 0 && size > limit) {
		rc = mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "a tensor message claims %zu bytes, at most %zu are allowed", size, limit);
		goto out;
	}
	if (p->tensor_content.len > 0 && (field == F_STRING ? p->tensor_content.len < (size_t)count : p->tensor_content.len != size)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor_content has %zu bytes, its shape and dtype %s need %zu",
			p->tensor_content.len, mg_dtype_name((int)p->dtype), field == F_STRING ? (size_t)count : size);
		goto out;
	}
	MG_TRY(mg_tensor_init(&t, (mg_dtype)p->dtype, &shape, err));
	if (field == F_STRING)
		MG_TRY(p->tensor_content.len > 0 ? read_string_content(&t, p, err) : read_strings(&t, p, err));
	else if (p->tensor_content.len > 0)
		memcpy(t.data, p->tensor_content.data, size);
	else if (size > 0)
		read_numbers(&t, p, field);
	mg_tensor_move(out, &t);
out:
	mg_tensor_clear(&t);
	mg_shape_clear(&shape);
	return rc;
}

/* ---- tensor -> message ---- */

/* The low SIZE bytes of an integer element as the 32 bit value that carries it. */
static int32_t
widen(const void *from, int dtype)
{
	switch (dtype) {
	case MGREG_INT8: case MGREG_QINT8: return *(const int8_t *)from;
	case MGREG_UINT8: case MGREG_QUINT8: return *(const uint8_t *)from;
	case MGREG_INT16: case MGREG_QINT16: { int16_t v; memcpy(&v, from, 2); return v; }
	case MGREG_UINT16: case MGREG_QUINT16: case MGREG_HALF: case MGREG_BFLOAT16: return mg_load16(from);
	default: return (int32_t)mg_load32(from);
	}
}

static int
write_fields(const mg_tensor *t, mg_arena *arena, Pb__TensorProto *p, mgreg_error *err)
{
	int field = forms[t->dtype].field;
	size_t size = mg_dtype_size((int)t->dtype), n = (size_t)t->count * fields[field].per_element;
	void *items;

	if (t->count == 0)
		return 0;
	if ((items = mg_arena_zalloc(arena, n, fields[field].width)) == NULL)
		return mg_fail_nomem(err, n * fields[field].width);
	if (field == F_STRING) {
		ProtobufCBinaryData *strings = items;

		for (size_t i = 0; i < n; i++) {
			mg_slice s = mg_tensor_string(t, (int64_t)i);

			strings[i].len = s.len;
			if (s.len > 0 && (strings[i].data = mg_arena_memdup(arena, s.ptr, s.len)) == NULL)
				return mg_fail_nomem(err, s.len);
		}
	} else if (field == F_BOOL) {
		for (size_t i = 0; i < n; i++)
			((protobuf_c_boolean *)items)[i] = MG_CDATA(t, uint8_t)[i] != 0;
	} else if (field == F_INT || field == F_HALF) {
		for (size_t i = 0; i < n; i++)
			((int32_t *)items)[i] = widen(MG_CDATA(t, char) + i * size, (int)t->dtype);
	} else {
		memcpy(items, t->data, t->size);
	}
	*items_of(p, field) = items;
	*count_of(p, field) = n;
	return 0;
}

enum how { FIELDS, CONTENT, PYTHON };

static int
write_proto(const mg_tensor *t, enum how how, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err)
{
	Pb__TensorProto *p;
	bool content;
	int rc;

	if (!mg_tensor_is_set(t) || forms[t->dtype].field == F_NONE)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "a tensor of dtype %s cannot become a message", mg_dtype_name((int)t->dtype));
	if ((p = mg_msg_new(arena, &pb__tensor_proto__descriptor)) == NULL)
		return mg_fail_nomem(err, sizeof(*p));
	p->dtype = (Pb__DataType)t->dtype;
	if ((p->tensor_shape = mg_shape_to_proto(&t->shape, arena)) == NULL)
		return mg_fail_nomem(err, 0);
	content = t->count > 0 && mg_dtype_is_memcpy((int)t->dtype)
		&& (how == CONTENT || (how == PYTHON && t->count > 1 && forms[t->dtype].python_content));
	if (!content) {
		if ((rc = write_fields(t, arena, p, err)) != 0)
			return rc;
		*out = p;
		return 0;
	}
	if (t->size > MG_PROTO_MAX_SIZE)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor of %zu bytes does not fit a message", t->size);
	if ((p->tensor_content.data = mg_arena_memdup(arena, t->data, t->size)) == NULL)
		return mg_fail_nomem(err, t->size);
	p->tensor_content.len = t->size;
	*out = p;
	return 0;
}

int
mg_tensor_to_proto(const mg_tensor *t, bool content, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err)
{
	return write_proto(t, content ? CONTENT : PYTHON, arena, out, err);
}

int
mg_tensor_to_proto_fields(const mg_tensor *t, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err)
{
	return write_proto(t, FIELDS, arena, out, err);
}

int
mg_tensor_to_proto_filled(const mg_tensor *value, const mg_shape *shape, mg_arena *arena, Pb__TensorProto **out, mgreg_error *err)
{
	Pb__TensorProto *p;
	int rc;

	if (value->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "one value can stand for a shape, %lld cannot", (long long)value->count);
	if ((rc = write_proto(value, FIELDS, arena, &p, err)) != 0)
		return rc;
	if ((p->tensor_shape = mg_shape_to_proto(shape, arena)) == NULL)
		return mg_fail_nomem(err, 0);
	*out = p;
	return 0;
}
