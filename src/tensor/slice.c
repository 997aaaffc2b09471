/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice.c - rectangular regions of tensors: "10 20 5,5:0,20" is rows 5 to 9 of a 10 x 20 tensor.
 *
 * A whole dimension is start 0, length -1 ("-").  Slices may name each dimension in numbers even when it is whole.
 */
#include "base/base.h"
#include "base/num.h"
#include "tensor/tensor.h"

static int
alloc_slice(mg_tslice *s, int rank, mg_arena *arena, mgreg_error *err)
{
	int64_t *both = mg_arena_zalloc(arena, (size_t)MG_MAX(rank, 1) * 2, sizeof(*both));

	if (both == NULL)
		return mg_fail_nomem(err, (size_t)rank * 2 * sizeof(*both));
	s->rank = rank;
	s->start = both;
	s->length = both + MG_MAX(rank, 1);
	return 0;
}

int
mg_tslice_parse(mg_tslice *out, const char *text, size_t len, mg_arena *arena, mgreg_error *err)
{
	mg_slice rest = { text, len }, part;
	mg_tslice s;
	int rank = 0, rc;

	if (len > 0) {
		rank = 1;
		for (size_t i = 0; i < len; i++)
			rank += text[i] == ':';
	}
	if (rank > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "slice of rank %d, at most %d", rank, MG_MAX_RANK);
	if ((rc = alloc_slice(&s, rank, arena, err)) != 0)
		return rc;
	for (int d = 0; d < rank; d++) {
		const char *comma;

		if (!mg_slice_split(&rest, ':', &part))
			part = (mg_slice){ "", 0 };
		if (mg_slice_eq(part, "-")) {
			s.length[d] = -1;
			continue;
		}
		comma = part.len > 0 ? memchr(part.ptr, ',', part.len) : NULL;
		if (comma == NULL
			|| !mg_parse_i64(part.ptr, (size_t)(comma - part.ptr), &s.start[d])
			|| !mg_parse_i64(comma + 1, (size_t)(part.ptr + part.len - comma - 1), &s.length[d]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "slice '%.*s': expected 'start,length' or '-', not '%.*s'",
				(int)MG_MIN(len, (size_t)200), text, (int)MG_MIN(part.len, (size_t)60), part.ptr);
		if (s.start[d] < 0 || s.length[d] <= 0 || s.start[d] > INT64_MAX - s.length[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "slice '%.*s': expected a start of at least 0 and a length of at least 1",
				(int)MG_MIN(len, (size_t)200), text);
	}
	*out = s;
	return 0;
}

int
mg_tslice_parse_spec(const char *spec, size_t len, mg_shape *full, mg_tslice *slice, bool *has_slice, mg_arena *arena, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];
	int rank = 0, rc;
	size_t from = 0;
	mg_tslice s = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;

	*has_slice = false;
	if (len == 0)
		return 0;
	/* Dimensions, each with a blank behind it, then the slice. */
	for (size_t i = 0; i < len; i++) {
		if (spec[i] != ' ')
			continue;
		if (rank == MG_MAX_RANK || !mg_parse_i64(spec + from, i - from, &dims[rank]) || dims[rank] < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape and slice '%.*s': '%.*s' is not a dimension",
				(int)MG_MIN(len, (size_t)200), spec, (int)MG_MIN(i - from, (size_t)60), spec + from);
		rank++;
		from = i + 1;
	}
	if ((rc = mg_tslice_parse(&s, spec + from, len - from, arena, err)) != 0)
		return rc;
	if ((rc = mg_shape_set(&shape, dims, rank, err)) != 0)
		return rc;
	if (s.rank != rank) {
		mg_shape_clear(&shape);
		return mg_fail(err, MGREG_INTERNAL, "shape and slice '%.*s': %d dimensions, but a slice of %d",
			(int)MG_MIN(len, (size_t)200), spec, rank, s.rank);
	}
	for (int d = 0; d < rank; d++)
		if (s.length[d] >= 0 && (s.start[d] > dims[d] || s.length[d] > dims[d] - s.start[d])) {
			mg_shape_clear(&shape);
			return mg_fail(err, MGREG_INTERNAL, "shape and slice '%.*s': the extent is out of bounds in dimension %d",
				(int)MG_MIN(len, (size_t)200), spec, d);
		}
	mg_shape_clear(full);
	*full = shape;
	*slice = s;
	*has_slice = true;
	return 0;
}

void
mg_tslice_format(const mg_tslice *s, mg_str *out)
{
	for (int d = 0; d < s->rank; d++) {
		if (d > 0)
			mg_str_addc(out, ':');
		if (s->length[d] < 0)
			mg_str_addc(out, '-');
		else
			mg_str_printf(out, "%lld,%lld", (long long)s->start[d], (long long)s->length[d]);
	}
}

bool
mg_tslice_is_full(const mg_tslice *s, const mg_shape *full)
{
	for (int d = 0; d < s->rank; d++)
		if (s->length[d] >= 0 && (s->start[d] != 0 || d >= full->rank || s->length[d] != mg_shape_dim(full, d)))
			return false;
	return true;
}

static int64_t
length_in(const mg_tslice *s, const mg_shape *full, int d)
{
	return s->length[d] < 0 ? mg_shape_dim(full, d) : s->length[d];
}

int
mg_tslice_shape(const mg_tslice *s, const mg_shape *full, mg_shape *out, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];
	char text[256];

	if (s->rank != full->rank)
		return mg_fail(err, MGREG_INTERNAL, "slice of rank %d of a tensor of shape %s", s->rank, mg_shape_text(full, text));
	for (int d = 0; d < s->rank; d++) {
		int64_t dim = mg_shape_dim(full, d);

		dims[d] = length_in(s, full, d);
		if (s->start[d] < 0 || s->start[d] > dim || dims[d] > dim - s->start[d])
			return mg_fail(err, MGREG_INTERNAL, "slice %lld,%lld is out of bounds in dimension %d of shape %s",
				(long long)s->start[d], (long long)dims[d], d, mg_shape_text(full, text));
	}
	return mg_shape_set(out, dims, s->rank, err);
}

/* Start and length of the part that A and B share in dimension D; false if there is none. */
static bool
overlap(const mg_tslice *a, const mg_tslice *b, const mg_shape *full, int d, int64_t *start, int64_t *length)
{
	int64_t a_end = a->start[d] + length_in(a, full, d), b_end = b->start[d] + length_in(b, full, d);
	int64_t from = MG_MAX(a->start[d], b->start[d]), to = MG_MIN(a_end, b_end);

	*start = from;
	*length = to - from;
	return to > from;
}

bool
mg_tslice_intersect(const mg_tslice *a, const mg_tslice *b, const mg_shape *full, mg_tslice *out, mg_arena *arena)
{
	mg_tslice s;

	if (a->rank != full->rank || b->rank != full->rank || alloc_slice(&s, full->rank, arena, NULL) != 0)
		return false;
	for (int d = 0; d < full->rank; d++)
		if (!overlap(a, b, full, d, &s.start[d], &s.length[d]))
			return false;
	*out = s;
	return true;
}

/* ---- copying ---- */

struct walk {
	int     rank;
	int64_t length[MG_MAX_RANK];    /* of the region that is copied */
	size_t  src_step[MG_MAX_RANK], dst_step[MG_MAX_RANK];   /* bytes from one index to the next */
};

static int
copy_run(const mg_tensor *src, size_t from, mg_tensor *dst, size_t to, size_t size, mgreg_error *err)
{
	int rc;

	if (src->dtype != MGREG_STRING) {
		memcpy((char *)dst->data + to, (const char *)src->data + from, size);
		return 0;
	}
	for (size_t i = 0; i < size / sizeof(mg_tstr); i++) {
		mg_slice s = mg_tensor_string(src, (int64_t)(from / sizeof(mg_tstr) + i));

		if ((rc = mg_tensor_set_string(dst, (int64_t)(to / sizeof(mg_tstr) + i), s.ptr, s.len, err)) != 0)
			return rc;
	}
	return 0;
}

static int
copy_region(const struct walk *w, const mg_tensor *src, size_t from, mg_tensor *dst, size_t to, size_t cell, mgreg_error *err)
{
	int64_t at[MG_MAX_RANK] = { 0 };
	int inner = w->rank - 1, d, rc;

	if (w->rank == 0)
		return copy_run(src, from, dst, to, cell, err);
	for (;;) {
		if ((rc = copy_run(src, from, dst, to, (size_t)w->length[inner] * cell, err)) != 0)
			return rc;
		for (d = inner - 1; d >= 0; d--) {
			from += w->src_step[d];
			to += w->dst_step[d];
			if (++at[d] < w->length[d])
				break;
			from -= w->src_step[d] * (size_t)w->length[d];
			to -= w->dst_step[d] * (size_t)w->length[d];
			at[d] = 0;
		}
		if (d < 0)
			return 0;
	}
}

/* Sets STEP of a tensor's shape; returns the bytes before index FIRST - START of each dimension. */
static size_t
place(const mg_shape *shape, size_t cell, const int64_t *first, const int64_t *start, size_t *step)
{
	size_t size = cell, before = 0;

	for (int d = shape->rank - 1; d >= 0; d--) {
		step[d] = size;
		before += (size_t)(first[d] - start[d]) * size;
		size *= (size_t)mg_shape_dim(shape, d);
	}
	return before;
}

int
mg_tslice_copy(const mg_tslice *src_slice, const mg_tensor *src, const mg_tslice *dst_slice, mg_tensor *dst,
	const mg_shape *full, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	struct walk w;
	int64_t first[MG_MAX_RANK];
	size_t cell, from, to;
	char a[256], b[256];
	int rc = 0;

	if (src->dtype != dst->dtype || !(mg_dtype_is_memcpy((int)src->dtype) || src->dtype == MGREG_STRING))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a slice of dtype %s cannot be copied to one of dtype %s",
			mg_dtype_name((int)src->dtype), mg_dtype_name((int)dst->dtype));
	for (int i = 0; i < 2; i++) {
		const mg_tensor *t = i ? dst : src;

		MG_TRY(mg_tslice_shape(i ? dst_slice : src_slice, full, &shape, err));
		if (!mg_shape_equal(&shape, &t->shape)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor of shape %s for a slice of shape %s",
				mg_shape_text(&t->shape, a), mg_shape_text(&shape, b));
			goto out;
		}
	}
	w.rank = full->rank;
	for (int d = 0; d < w.rank; d++)
		if (!overlap(src_slice, dst_slice, full, d, &first[d], &w.length[d]))
			goto out;
	cell = src->dtype == MGREG_STRING ? sizeof(mg_tstr) : mg_dtype_size((int)src->dtype);
	from = place(&src->shape, cell, first, src_slice->start, w.src_step);
	to = place(&dst->shape, cell, first, dst_slice->start, w.dst_step);
	/* A dimension that is whole on both sides runs on into the one before it. */
	while (w.rank > 1 && w.length[w.rank - 1] == mg_dim(src, w.rank - 1) && w.length[w.rank - 1] == mg_dim(dst, w.rank - 1)) {
		cell *= (size_t)w.length[w.rank - 1];
		w.rank--;
	}
	MG_TRY(copy_region(&w, src, from, dst, to, cell, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- messages ---- */

int
mg_tslice_from_proto(mg_tslice *out, const Pb__TensorSliceProto *p, mg_arena *arena, mgreg_error *err)
{
	mg_tslice s;
	int rc;

	if (p->n_extent > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "slice of rank %zu, at most %d", p->n_extent, MG_MAX_RANK);
	if ((rc = alloc_slice(&s, (int)p->n_extent, arena, err)) != 0)
		return rc;
	for (int d = 0; d < s.rank; d++) {
		const Pb__TensorSliceProto__Extent *e = p->extent[d];
		bool has = e->has_length_case == PB__TENSOR_SLICE_PROTO__EXTENT__HAS_LENGTH_LENGTH;

		s.start[d] = e->start;
		s.length[d] = has ? e->length : -1;
		if (e->start < 0 || (has ? e->length < 0 || e->start > INT64_MAX - e->length : e->start != 0))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "slice with start %lld and length %lld in dimension %d",
				(long long)e->start, (long long)s.length[d], d);
	}
	*out = s;
	return 0;
}

Pb__TensorSliceProto *
mg_tslice_to_proto(const mg_tslice *s, const mg_shape *full, mg_arena *arena)
{
	int rank = s ? s->rank : full->rank;
	Pb__TensorSliceProto *p = mg_msg_new(arena, &pb__tensor_slice_proto__descriptor);

	if (p == NULL || (rank > 0 && (p->extent = mg_arena_zalloc(arena, (size_t)rank, sizeof(*p->extent))) == NULL))
		return NULL;
	for (int d = 0; d < rank; d++) {
		Pb__TensorSliceProto__Extent *e = mg_msg_new(arena, &pb__tensor_slice_proto__extent__descriptor);

		if (e == NULL)
			return NULL;
		if (s && s->length[d] >= 0) {
			e->start = s->start[d];
			e->has_length_case = PB__TENSOR_SLICE_PROTO__EXTENT__HAS_LENGTH_LENGTH;
			e->length = s->length[d];
		}
		p->extent[d] = e;
	}
	p->n_extent = (size_t)rank;
	return p;
}
