/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.c - one engine moves elements between strided views; slices, transposes, tiles, paddings, diagonals and
 * concatenations are views.  Plain bytes go in parallel blocks; strings and handles one by one, because each owns something.
 */
#include "runtime/kernels/k_common.h"

void
mg_k_view_begin(mg_k_view *v)
{
	v->rank = 0;
	v->empty = v->too_deep = false;
	v->to_at = v->from_at = 0;
}

void
mg_k_view_add(mg_k_view *v, int64_t dim, int64_t to, int64_t from)
{
	int last = v->rank - 1;

	if (dim == 0)
		v->empty = true;
	if (dim == 1 || v->empty)
		return;
	if (last >= 0 && v->to[last] == to * dim && v->from[last] == from * dim) {
		v->dims[last] *= dim;
		v->to[last] = to;
		v->from[last] = from;
		return;
	}
	if (v->rank == MG_K_DIMS) {
		v->too_deep = true;
		return;
	}
	v->dims[v->rank] = dim;
	v->to[v->rank] = to;
	v->from[v->rank++] = from;
}

static int
copy_element(mg_tensor *to, int64_t to_at, const mg_tensor *from, int64_t from_at, mgreg_error *err)
{
	mg_object **o;
	mg_slice s;

	if (to->dtype == MGREG_STRING) {
		s = mg_tensor_string(from, from_at);
		return mg_tensor_set_string(to, to_at, s.ptr, s.len, err);
	}
	o = MG_DATA(to, mg_object *) + to_at;
	mg_object_unref(*o);
	*o = MG_CDATA(from, mg_object *)[from_at] ? mg_object_ref((mg_object *)MG_CDATA(from, mg_object *)[from_at]) : NULL;
	return 0;
}

int
mg_k_copy_run(mg_tensor *to, int64_t to_at, const mg_tensor *from, int64_t from_at, int64_t n, mgreg_error *err)
{
	size_t size = mg_dtype_size(to->dtype);
	int rc = 0;

	if (n == 0)
		return 0;
	if (size) {
		memcpy((char *)to->data + (size_t)to_at * size, (const char *)from->data + (size_t)from_at * size, (size_t)n * size);
		return 0;
	}
	for (int64_t i = 0; i < n && !rc; i++)
		rc = copy_element(to, to_at + i, from, from_at + i, err);
	return rc;
}

typedef struct block16 { uint64_t a, b; } block16;

#define STRIDED(type) do { \
	type *d = (type *)to; \
	const type *s = (const type *)from; \
	if (to_step == 1 && from_step == 0) { type c = *s; for (int64_t i = 0; i < n; i++) d[i] = c; } \
	else if (to_step == 1) { for (int64_t i = 0; i < n; i++) d[i] = s[i * from_step]; } \
	else { for (int64_t i = 0; i < n; i++) d[i * to_step] = s[i * from_step]; } \
} while (0)

static void
copy_line(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t n, size_t size)
{
	if (to_step == 1 && from_step == 1) {
		memcpy(to, from, (size_t)n * size);
		return;
	}
	switch (size) {
	case 1: STRIDED(uint8_t); break;
	case 2: STRIDED(uint16_t); break;
	case 4: STRIDED(uint32_t); break;
	case 8: STRIDED(uint64_t); break;
	case 16: STRIDED(block16); break;
	default: assert(!"element size");
	}
}

typedef struct job {
	const mg_k_view *v;
	char       *to;
	const char *from;
	size_t      size;
} job;

/* Outer positions [begin, end) of the view without its last dimension. */
static void
copy_outer(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;
	const mg_k_view *v = j->v;
	int outer = v->rank - 1;
	int64_t at[MG_K_DIMS], to = v->to_at, from = v->from_at, rest = begin;

	for (int d = outer; d-- > 0; rest /= v->dims[d]) {
		at[d] = rest % v->dims[d];
		to += at[d] * v->to[d];
		from += at[d] * v->from[d];
	}
	for (int64_t i = begin; i < end; i++) {
		copy_line(j->to + to * (int64_t)j->size, v->to[outer], j->from + from * (int64_t)j->size, v->from[outer],
			v->dims[outer], j->size);
		for (int d = outer; d-- > 0;) {
			to += v->to[d];
			from += v->from[d];
			if (++at[d] < v->dims[d])
				break;
			to -= v->to[d] * v->dims[d];
			from -= v->from[d] * v->dims[d];
			at[d] = 0;
		}
	}
}

static void
copy_single(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;
	const mg_k_view *v = j->v;

	copy_line(j->to + (v->to_at + begin * v->to[0]) * (int64_t)j->size, v->to[0],
		j->from + (v->from_at + begin * v->from[0]) * (int64_t)j->size, v->from[0], end - begin, j->size);
}

static int
copy_owned(mg_tensor *to, const mg_tensor *from, const mg_k_view *v, mgreg_error *err)
{
	int64_t at[MG_K_DIMS] = { 0 }, t = v->to_at, f = v->from_at;
	int d, rc;

	do {
		if ((rc = copy_element(to, t, from, f, err)) != 0)
			return rc;
		for (d = v->rank; d-- > 0;) {
			t += v->to[d];
			f += v->from[d];
			if (++at[d] < v->dims[d])
				break;
			t -= v->to[d] * v->dims[d];
			f -= v->from[d] * v->dims[d];
			at[d] = 0;
		}
	} while (d >= 0);
	return 0;
}

int
mg_k_copy(mg_kernel_ctx *k, mg_tensor *to, const mg_tensor *from, const mg_k_view *v, mgreg_error *err)
{
	size_t size = mg_dtype_size(to->dtype);
	int64_t outer = 1;
	job j = { v, to->data, from->data, size };

	assert(to->dtype == from->dtype || mg_dtype_size(to->dtype) == mg_dtype_size(from->dtype));
	if (v->too_deep)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "more than %d dimensions", MG_K_DIMS);
	if (v->empty)
		return 0;
	if (!size)
		return copy_owned(to, from, v, err);
	if (v->rank == 0) {
		memcpy(j.to + v->to_at * (int64_t)size, j.from + v->from_at * (int64_t)size, size);
		return 0;
	}
	if (v->rank == 1) {
		mg_parallel_for(k, v->dims[0], 65536, copy_single, &j);
		return 0;
	}
	for (int d = 0; d < v->rank - 1; d++)
		outer *= v->dims[d];
	mg_parallel_for(k, outer, mg_k_grain(v->dims[v->rank - 1] / 2), copy_outer, &j);
	return 0;
}

int
mg_k_fill(mg_kernel_ctx *k, mg_tensor *t, const mg_tensor *value, int64_t at, mgreg_error *err)
{
	mg_k_view v;

	if (!value) {
		if (mg_dtype_size(t->dtype) && t->count)
			memset(t->data, 0, (size_t)t->count * mg_dtype_size(t->dtype));
		return 0;       /* strings and handles start empty */
	}
	mg_k_view_begin(&v);
	v.from_at = at;
	mg_k_view_add(&v, t->count, 1, 0);
	return mg_k_copy(k, t, value, &v, err);
}
