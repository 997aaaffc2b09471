/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - full and partial shapes: set, merge, compare, count, text, message. */
#include "base/base.h"
#include "tensor/tensor.h"

void
mg_shape_clear(mg_shape *s)
{
	mg_free(s->more);
	*s = MG_SHAPE_SCALAR;
}

int
mg_shape_set(mg_shape *s, const int64_t *dims, int rank, mgreg_error *err)
{
	int64_t *more = NULL, *to;

	if (rank < MG_RANK_UNKNOWN || rank > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape of rank %d, at most %d", rank, MG_MAX_RANK);
	for (int i = 0; dims && i < rank; i++)
		if (dims[i] < MG_DIM_UNKNOWN)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dimension %d of a shape is %lld", i, (long long)dims[i]);
	if (rank > MG_SHAPE_INLINE && (more = mg_calloc((size_t)rank, sizeof(*more))) == NULL)
		return mg_fail_nomem(err, (size_t)rank * sizeof(*more));
	/* DIMS may be those of S itself: the old block goes last. */
	to = more ? more : s->inline_dims;
	for (int i = 0; i < rank; i++)
		to[i] = dims ? dims[i] : MG_DIM_UNKNOWN;
	mg_free(s->more);
	s->more = more;
	s->rank = rank;
	return 0;
}

int
mg_shape_copy(mg_shape *to, const mg_shape *from, mgreg_error *err)
{
	return to == from ? 0 : mg_shape_set(to, mg_shape_cdims(from), from->rank, err);
}

bool
mg_shape_is_full(const mg_shape *s)
{
	const int64_t *d = mg_shape_cdims(s);

	if (s->rank < 0)
		return false;
	for (int i = 0; i < s->rank; i++)
		if (d[i] < 0)
			return false;
	return true;
}

bool
mg_shape_equal(const mg_shape *a, const mg_shape *b)
{
	return a->rank == b->rank && (a->rank <= 0
		|| memcmp(mg_shape_cdims(a), mg_shape_cdims(b), (size_t)a->rank * sizeof(int64_t)) == 0);
}

bool
mg_shape_compatible(const mg_shape *a, const mg_shape *b)
{
	const int64_t *x = mg_shape_cdims(a), *y = mg_shape_cdims(b);

	if (a->rank < 0 || b->rank < 0)
		return true;
	if (a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++)
		if (x[i] >= 0 && y[i] >= 0 && x[i] != y[i])
			return false;
	return true;
}

int
mg_shape_merge(mg_shape *out, const mg_shape *a, const mg_shape *b, mgreg_error *err)
{
	char at[256], bt[256];
	mg_shape m = MG_SHAPE_SCALAR;
	int rc;

	if (!mg_shape_compatible(a, b))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shapes %s and %s contradict each other",
			mg_shape_text(a, at), mg_shape_text(b, bt));
	if ((rc = mg_shape_copy(&m, a->rank >= 0 ? a : b, err)) != 0)
		return rc;
	if (a->rank >= 0 && b->rank >= 0)
		for (int i = 0; i < m.rank; i++)
			if (mg_shape_dims(&m)[i] < 0)
				mg_shape_dims(&m)[i] = mg_shape_dim(b, i);
	mg_free(out->more);
	*out = m;
	return 0;
}

int
mg_shape_count(const mg_shape *s, int64_t *out, mgreg_error *err)
{
	const int64_t *d = mg_shape_cdims(s);
	int64_t product = 1;
	bool empty = false;
	char text[256];

	if (!mg_shape_is_full(s))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape %s is not fully known", mg_shape_text(s, text));
	for (int i = 0; i < s->rank; i++) {
		if (d[i] == 0)
			empty = true;
		else if (__builtin_mul_overflow(product, d[i], &product))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape %s has too many elements", mg_shape_text(s, text));
	}
	*out = empty ? 0 : product;
	return 0;
}

void
mg_shape_format(const mg_shape *s, mg_str *out)
{
	if (s->rank < 0) {
		mg_str_add(out, "<unknown>");
		return;
	}
	mg_str_addc(out, '[');
	for (int i = 0; i < s->rank; i++) {
		if (i > 0)
			mg_str_addc(out, ',');
		if (mg_shape_dim(s, i) < 0)
			mg_str_addc(out, '?');
		else
			mg_str_printf(out, "%lld", (long long)mg_shape_dim(s, i));
	}
	mg_str_addc(out, ']');
}

const char *
mg_shape_text(const mg_shape *s, char buf[256])
{
	mg_str text = MG_STR_INIT;
	size_t n;

	mg_shape_format(s, &text);
	n = MG_MIN(text.len, (size_t)255);
	memcpy(buf, text.ptr, n);
	buf[n] = '\0';
	if (text.len > n)
		memcpy(buf + n - 3, "...", 3);
	mg_str_clear(&text);
	return buf;
}

int
mg_shape_from_proto(mg_shape *out, const Pb__TensorShapeProto *p, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];

	if (p == NULL || p->unknown_rank) {
		if (p && p->n_dim > 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape of unknown rank with dimensions");
		return mg_shape_set(out, NULL, MG_RANK_UNKNOWN, err);
	}
	if (p->n_dim > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape of rank %zu, at most %d", p->n_dim, MG_MAX_RANK);
	for (size_t i = 0; i < p->n_dim; i++)
		dims[i] = p->dim[i]->size;
	return mg_shape_set(out, dims, (int)p->n_dim, err);
}

Pb__TensorShapeProto *
mg_shape_to_proto(const mg_shape *s, mg_arena *arena)
{
	Pb__TensorShapeProto *p = mg_msg_new(arena, &pb__tensor_shape_proto__descriptor);

	if (p == NULL)
		return NULL;
	if (s->rank < 0) {
		p->unknown_rank = 1;
		return p;
	}
	if (s->rank > 0 && (p->dim = mg_arena_zalloc(arena, (size_t)s->rank, sizeof(*p->dim))) == NULL)
		return NULL;
	for (int i = 0; i < s->rank; i++) {
		if ((p->dim[i] = mg_msg_new(arena, &pb__tensor_shape_proto__dim__descriptor)) == NULL)
			return NULL;
		p->dim[i]->size = mg_shape_dim(s, i);
	}
	p->n_dim = (size_t)s->rank;
	return p;
}
