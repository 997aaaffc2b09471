/* SPDX-License-Identifier: Apache-2.0 */
/* tensor.c - dtype, shape and counted bytes; views, copies, string tensors, scalars; the public calls. */
#include "base/base.h"
#include "tensor/tensor.h"

static void
release_strings(mg_buffer *b)
{
	mg_tstr *s = b->data;

	for (size_t i = 0; i < b->size / sizeof(*s); i++)
		mg_free(s[i].ptr);
	mg_free_aligned(b);
}

static void
release_objects(mg_buffer *b)
{
	mg_object **o = b->data;

	for (size_t i = 0; i < b->size / sizeof(*o); i++)
		mg_object_unref(o[i]);
	mg_free_aligned(b);
}

/* Bytes an element takes in memory; mg_dtype_size is that in files. */
static size_t
cell_size(mg_dtype dtype)
{
	if (dtype == MGREG_STRING)
		return sizeof(mg_tstr);
	if (dtype == MGREG_RESOURCE || dtype == MGREG_VARIANT)
		return sizeof(mg_object *);
	return mg_dtype_size(dtype);
}

static int
measure(mg_dtype dtype, const mg_shape *shape, int64_t *count, size_t *size, mgreg_error *err)
{
	char text[256];
	int rc;

	if (!mg_dtype_is_valid((int)dtype) || mg_dtype_is_ref((int)dtype))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no tensor can have dtype %s (%d)", mg_dtype_name((int)dtype), (int)dtype);
	if ((rc = mg_shape_count(shape, count, err)) != 0)
		return rc;
	if (!mg_mul_size((size_t)*count, cell_size(dtype), size) || *size > PTRDIFF_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape %s has too many elements", mg_shape_text(shape, text));
	return 0;
}

int
mg_tensor_init(mg_tensor *t, mg_dtype dtype, const mg_shape *shape, mgreg_error *err)
{
	mg_tensor new = { 0 };
	int rc;

	MG_TRY(measure(dtype, shape, &new.count, &new.size, err));
	MG_TRY(mg_shape_copy(&new.shape, shape, err));
	if (new.size > 0) {
		MG_TRY(mg_buffer_new(&new.buffer, new.size, err));
		new.data = new.buffer->data;
		if (!mg_dtype_is_memcpy((int)dtype)) {
			memset(new.data, 0, new.size);
			new.buffer->release = dtype == MGREG_STRING ? release_strings : release_objects;
		}
	}
	new.dtype = dtype;
	*t = new;
	return 0;
out:
	mg_shape_clear(&new.shape);
	return rc;
}

int
mg_tensor_init_dims(mg_tensor *t, mg_dtype dtype, const int64_t *dims, int rank, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	if ((rc = mg_shape_set(&shape, dims, rank, err)) == 0)
		rc = mg_tensor_init(t, dtype, &shape, err);
	mg_shape_clear(&shape);
	return rc;
}

int
mg_tensor_init_buffer(mg_tensor *t, mg_dtype dtype, const mg_shape *shape, mg_buffer *buffer, void *data, mgreg_error *err)
{
	mg_tensor new = { 0 };
	int rc;

	MG_TRY(measure(dtype, shape, &new.count, &new.size, err));
	assert(new.size == 0 || ((char *)data >= (char *)buffer->data
		&& (size_t)((char *)data - (char *)buffer->data) + new.size <= buffer->size));
	MG_TRY(mg_shape_copy(&new.shape, shape, err));
	if (new.size > 0) {
		new.buffer = mg_buffer_ref(buffer);
		new.data = data;
	}
	new.dtype = dtype;
	*t = new;
out:
	return rc;
}

int
mg_tensor_share(mg_tensor *t, const mg_tensor *from, mgreg_error *err)
{
	return mg_tensor_share_as(t, from, &from->shape, err);
}

int
mg_tensor_share_as(mg_tensor *t, const mg_tensor *from, const mg_shape *shape, mgreg_error *err)
{
	mg_tensor new = *from;
	int64_t count;
	char a[256], b[256];
	int rc;

	if (!mg_tensor_is_set(from)) {
		memset(t, 0, sizeof(*t));
		return 0;
	}
	if (shape != &from->shape) {
		if ((rc = mg_shape_count(shape, &count, err)) != 0)
			return rc;
		if (count != from->count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor of shape %s cannot have shape %s",
				mg_shape_text(&from->shape, a), mg_shape_text(shape, b));
	}
	new.shape = MG_SHAPE_SCALAR;
	if ((rc = mg_shape_copy(&new.shape, shape, err)) != 0)
		return rc;
	mg_buffer_ref(new.buffer);
	*t = new;
	return 0;
}

int
mg_tensor_copy(mg_tensor *t, const mg_tensor *from, mgreg_error *err)
{
	mg_tensor new = { 0 };
	int rc;

	if (!mg_tensor_is_set(from)) {
		memset(t, 0, sizeof(*t));
		return 0;
	}
	MG_TRY(mg_tensor_init(&new, from->dtype, &from->shape, err));
	if (from->dtype == MGREG_STRING)
		for (int64_t i = 0; i < from->count; i++) {
			mg_slice s = mg_tensor_string(from, i);

			MG_TRY(mg_tensor_set_string(&new, i, s.ptr, s.len, err));
		}
	else if (!mg_dtype_is_memcpy((int)from->dtype))
		for (int64_t i = 0; i < from->count; i++)
			MG_DATA(&new, mg_object *)[i] = mg_object_ref(((mg_object **)from->data)[i]);
	else if (new.size > 0)
		memcpy(new.data, from->data, new.size);
	*t = new;
	return 0;
out:
	mg_tensor_clear(&new);
	return rc;
}

void
mg_tensor_move(mg_tensor *t, mg_tensor *from)
{
	*t = *from;
	memset(from, 0, sizeof(*from));
}

void
mg_tensor_clear(mg_tensor *t)
{
	mg_buffer_unref(t->buffer);
	mg_free(t->shape.more);
	memset(t, 0, sizeof(*t));
}

int
mg_tensor_set_string(mg_tensor *t, int64_t i, const char *text, size_t len, mgreg_error *err)
{
	mg_tstr *s = MG_DATA(t, mg_tstr) + i;
	char *copy = NULL;

	assert(t->dtype == MGREG_STRING && i >= 0 && i < t->count);
	if (len > 0 && (copy = mg_strndup(text, len)) == NULL)
		return mg_fail_nomem(err, len);
	mg_free(s->ptr);
	s->ptr = copy;
	s->len = len;
	return 0;
}

/* ---- elements as numbers ---- */

bool
mg_tensor_as_i64(const mg_tensor *t, int64_t i, int64_t *out)
{
	if (i < 0 || i >= t->count)
		return false;
	switch ((int)t->dtype) {
	case MGREG_INT32: case MGREG_QINT32: *out = MG_CDATA(t, int32_t)[i]; return true;
	case MGREG_INT64: *out = MG_CDATA(t, int64_t)[i]; return true;
	case MGREG_UINT8: case MGREG_QUINT8: *out = MG_CDATA(t, uint8_t)[i]; return true;
	case MGREG_BOOL: *out = MG_CDATA(t, uint8_t)[i] != 0; return true;
	case MGREG_INT8: case MGREG_QINT8: *out = MG_CDATA(t, int8_t)[i]; return true;
	case MGREG_INT16: case MGREG_QINT16: *out = MG_CDATA(t, int16_t)[i]; return true;
	case MGREG_UINT16: case MGREG_QUINT16: *out = MG_CDATA(t, uint16_t)[i]; return true;
	case MGREG_UINT32: *out = MG_CDATA(t, uint32_t)[i]; return true;
	case MGREG_UINT64:
		if (MG_CDATA(t, uint64_t)[i] > INT64_MAX)
			return false;
		*out = (int64_t)MG_CDATA(t, uint64_t)[i];
		return true;
	default: return false;
	}
}

bool
mg_tensor_as_double(const mg_tensor *t, int64_t i, double *out)
{
	int64_t v;

	if (i < 0 || i >= t->count)
		return false;
	switch ((int)t->dtype) {
	case MGREG_FLOAT: *out = MG_CDATA(t, float)[i]; return true;
	case MGREG_DOUBLE: *out = MG_CDATA(t, double)[i]; return true;
	case MGREG_HALF: *out = mg_half_to_float(MG_CDATA(t, uint16_t)[i]); return true;
	case MGREG_BFLOAT16: *out = mg_bfloat16_to_float(MG_CDATA(t, uint16_t)[i]); return true;
	case MGREG_UINT64: *out = (double)MG_CDATA(t, uint64_t)[i]; return true;
	default:
		if (!mg_tensor_as_i64(t, i, &v))
			return false;
		*out = (double)v;
		return true;
	}
}

/* The cast of C where it is defined, the nearest end of the range otherwise; NaN is 0. */
static int64_t
clamp_i64(double v, int64_t low, int64_t high)
{
	if (v != v)
		return 0;
	if (v <= (double)low)
		return low;
	if (v >= (double)high)
		return high;
	return (int64_t)v;
}

int
mg_tensor_init_scalar(mg_tensor *t, mg_dtype dtype, double value, mgreg_error *err)
{
	mg_shape scalar = MG_SHAPE_SCALAR;
	mg_tensor new = { 0 };
	int rc;

	if (!mg_dtype_is_memcpy((int)dtype))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a number cannot be of dtype %s", mg_dtype_name((int)dtype));
	if ((rc = mg_tensor_init(&new, dtype, &scalar, err)) != 0)
		return rc;
	switch ((int)dtype) {
	case MGREG_FLOAT: *MG_DATA(&new, float) = (float)value; break;
	case MGREG_DOUBLE: *MG_DATA(&new, double) = value; break;
	case MGREG_HALF: *MG_DATA(&new, uint16_t) = mg_float_to_half((float)value); break;
	case MGREG_BFLOAT16: *MG_DATA(&new, uint16_t) = mg_float_to_bfloat16((float)value); break;
	case MGREG_COMPLEX64: MG_DATA(&new, float)[0] = (float)value; MG_DATA(&new, float)[1] = 0; break;
	case MGREG_COMPLEX128: MG_DATA(&new, double)[0] = value; MG_DATA(&new, double)[1] = 0; break;
	case MGREG_BOOL: *MG_DATA(&new, uint8_t) = value != 0; break;
	case MGREG_INT8: case MGREG_QINT8: *MG_DATA(&new, int8_t) = (int8_t)clamp_i64(value, INT8_MIN, INT8_MAX); break;
	case MGREG_UINT8: case MGREG_QUINT8: *MG_DATA(&new, uint8_t) = (uint8_t)clamp_i64(value, 0, UINT8_MAX); break;
	case MGREG_INT16: case MGREG_QINT16: *MG_DATA(&new, int16_t) = (int16_t)clamp_i64(value, INT16_MIN, INT16_MAX); break;
	case MGREG_UINT16: case MGREG_QUINT16: *MG_DATA(&new, uint16_t) = (uint16_t)clamp_i64(value, 0, UINT16_MAX); break;
	case MGREG_INT32: case MGREG_QINT32: *MG_DATA(&new, int32_t) = (int32_t)clamp_i64(value, INT32_MIN, INT32_MAX); break;
	case MGREG_UINT32: *MG_DATA(&new, uint32_t) = (uint32_t)clamp_i64(value, 0, UINT32_MAX); break;
	case MGREG_INT64: *MG_DATA(&new, int64_t) = clamp_i64(value, INT64_MIN, INT64_MAX); break;
	case MGREG_UINT64:
		*MG_DATA(&new, uint64_t) = value >= 0x1p64 ? UINT64_MAX : value > 0 ? (uint64_t)value : 0;
		break;
	}
	*t = new;
	return 0;
}

int
mg_tensor_init_i64s(mg_tensor *t, mg_dtype dtype, const int64_t *values, int n, mgreg_error *err)
{
	int64_t dim = n;
	int rc;

	if (dtype != MGREG_INT32 && dtype != MGREG_INT64)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a vector of indices cannot be of dtype %s", mg_dtype_name((int)dtype));
	for (int i = 0; dtype == MGREG_INT32 && i < n; i++)
		if (values[i] < INT32_MIN || values[i] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld does not fit int32", (long long)values[i]);
	if ((rc = mg_tensor_init_dims(t, dtype, &dim, 1, err)) != 0)
		return rc;
	for (int i = 0; i < n; i++)
		if (dtype == MGREG_INT32)
			MG_DATA(t, int32_t)[i] = (int32_t)values[i];
		else
			MG_DATA(t, int64_t)[i] = values[i];
	return 0;
}

int
mg_tensor_init_string(mg_tensor *t, const char *text, size_t len, mgreg_error *err)
{
	mg_shape scalar = MG_SHAPE_SCALAR;
	int rc;

	if ((rc = mg_tensor_init(t, MGREG_STRING, &scalar, err)) != 0)
		return rc;
	if ((rc = mg_tensor_set_string(t, 0, text, len, err)) != 0)
		mg_tensor_clear(t);
	return rc;
}

/* ---- public ---- */

int
mgreg_tensor_new(mgreg_tensor **out, mgreg_dtype dtype, const int64_t *dims, int rank, mgreg_error *err)
{
	mg_tensor *t = mg_calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return mg_fail_nomem(err, sizeof(*t));
	if ((rc = mg_tensor_init_dims(t, dtype, dims, rank, err)) != 0) {
		mg_free(t);
		return rc;
	}
	if (t->size > 0)
		memset(t->data, 0, t->size);
	*out = t;
	return 0;
}

int
mgreg_tensor_new_from(mgreg_tensor **out, mgreg_dtype dtype, const int64_t *dims, int rank,
	const void *data, size_t size, mgreg_error *err)
{
	mg_tensor *t = NULL;
	int rc = 0;

	if (mg_dtype_is_valid((int)dtype) && !mg_dtype_is_memcpy((int)dtype))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor of dtype %s is not made from bytes", mg_dtype_name((int)dtype));
	MG_TRY(mgreg_tensor_new(&t, dtype, dims, rank, err));
	if (size != t->size) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%zu bytes for a tensor of %zu", size, t->size);
		goto out;
	}
	if (size > 0)
		memcpy(t->data, data, size);
	*out = t;
	return 0;
out:
	mgreg_tensor_free(t);
	return rc;
}

int
mgreg_tensor_new_string(mgreg_tensor **out, const char *text, size_t len, mgreg_error *err)
{
	mg_tensor *t = mg_calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return mg_fail_nomem(err, sizeof(*t));
	if ((rc = mg_tensor_init_string(t, text, len, err)) != 0)
		mg_free(t);
	else
		*out = t;
	return rc;
}

void
mgreg_tensor_free(mgreg_tensor *tensor)
{
	if (tensor) {
		mg_tensor_clear(tensor);
		mg_free(tensor);
	}
}

mgreg_dtype
mgreg_tensor_dtype(const mgreg_tensor *tensor)
{
	return tensor->dtype;
}

int
mgreg_tensor_rank(const mgreg_tensor *tensor)
{
	return tensor->shape.rank;
}

int64_t
mgreg_tensor_dim(const mgreg_tensor *tensor, int i)
{
	assert(i >= 0 && i < tensor->shape.rank);
	return mg_dim(tensor, i);
}

int64_t
mgreg_tensor_count(const mgreg_tensor *tensor)
{
	return tensor->count;
}

size_t
mgreg_tensor_size(const mgreg_tensor *tensor)
{
	return mg_dtype_is_memcpy((int)tensor->dtype) ? tensor->size : 0;
}

void *
mgreg_tensor_data(mgreg_tensor *tensor)
{
	return mg_dtype_is_memcpy((int)tensor->dtype) ? tensor->data : NULL;
}

const void *
mgreg_tensor_bytes(const mgreg_tensor *tensor)
{
	return mg_dtype_is_memcpy((int)tensor->dtype) ? tensor->data : NULL;
}

const char *
mgreg_tensor_string(const mgreg_tensor *tensor, int64_t i, size_t *len)
{
	mg_slice s;

	assert(tensor->dtype == MGREG_STRING && i >= 0 && i < tensor->count);
	s = mg_tensor_string(tensor, i);
	if (len)
		*len = s.len;
	return s.ptr;
}

int
mgreg_tensor_set_string(mgreg_tensor *tensor, int64_t i, const char *text, size_t len, mgreg_error *err)
{
	if (tensor->dtype != MGREG_STRING)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor of dtype %s, expected string", mg_dtype_name((int)tensor->dtype));
	if (i < 0 || i >= tensor->count)
		return mg_fail(err, MGREG_OUT_OF_RANGE, "element %lld of %lld", (long long)i, (long long)tensor->count);
	return mg_tensor_set_string(tensor, i, text, len, err);
}
