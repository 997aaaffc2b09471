/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice_set.c - which stored slices make up a wanted one, and putting it together.
 *
 * Stored slices cover a region if the elements they share with it add up to its count; that two of them overlap
 * is looked at first, otherwise a doubled slice would make up for a missing one.
 */
#include "base/base.h"
#include <stdlib.h>
#include "ckpt/ckpt_internal.h"

static int64_t
count_of(const mg_tslice *s, const mg_shape *full)
{
	int64_t n = 1;

	for (int d = 0; d < s->rank; d++)
		n *= s->length[d] < 0 ? mg_shape_dim(full, d) : s->length[d];
	return n;
}

static int
check_fits(const char *name, const mg_tslice *s, const mg_shape *full, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc = mg_tslice_shape(s, full, &shape, err);

	mg_shape_clear(&shape);
	return rc ? mg_wrap(err, rc, "tensor '%s'", name) : 0;
}

/* The whole of FULL as a slice in ARENA. */
static int
whole_of(const mg_shape *full, mg_tslice *out, mg_arena *arena, mgreg_error *err)
{
	int rank = full->rank;
	int64_t *both = mg_arena_zalloc(arena, (size_t)MG_MAX(rank, 1) * 2, sizeof(*both));

	if (both == NULL)
		return mg_fail_nomem(err, 0);
	for (int d = 0; d < rank; d++)
		both[rank + d] = -1;
	*out = (mg_tslice){ rank, both, both + rank };
	return 0;
}

/* A slice on the axis along which overlaps are looked for. */
typedef struct span { int64_t start, end; int slice; } span;

static int
by_start(const void *a, const void *b)
{
	const span *x = a, *y = b;

	return x->start != y->start ? (x->start < y->start ? -1 : 1) : x->slice - y->slice;
}

static void
span_of(const mg_tslice *s, const mg_shape *full, int d, span *out)
{
	int64_t dim = mg_shape_dim(full, d);

	out->start = s->length[d] < 0 ? 0 : s->start[d];
	out->end = s->length[d] < 0 ? dim : s->start[d] + s->length[d];
}

static bool
do_overlap(const mg_tslice *a, const mg_tslice *b, const mg_shape *full)
{
	for (int d = 0; d < full->rank; d++) {
		span x, y;

		span_of(a, full, d, &x);
		span_of(b, full, d, &y);
		if (MG_MAX(x.start, y.start) >= MG_MIN(x.end, y.end))
			return false;
	}
	return true;
}

/* The dimension with the most different starts: along it few slices have to be compared with each other. */
static int
best_axis(const mg_tslice *slices, span *spans, int n, const mg_shape *full)
{
	int best = 0, most = 0;

	for (int d = 0; d < full->rank; d++) {
		int different = 1;

		for (int i = 0; i < n; i++)
			span_of(&slices[spans[i].slice], full, d, &spans[i]);
		qsort(spans, (size_t)n, sizeof(*spans), by_start);
		for (int i = 1; i < n; i++)
			different += spans[i].start != spans[i - 1].start;
		if (different > most) {
			most = different;
			best = d;
		}
	}
	return best;
}

static int
check_apart(const char *name, const mg_tslice *slices, int count, const mg_shape *full, const bool *used, mg_arena *arena, mgreg_error *err)
{
	span *spans = mg_arena_zalloc(arena, (size_t)MG_MAX(count, 1), sizeof(*spans));
	int n = 0, axis;

	if (spans == NULL)
		return mg_fail_nomem(err, (size_t)count * sizeof(*spans));
	for (int i = 0; i < count; i++)
		if (used[i])
			spans[n++].slice = i;
	if (n < 2)
		return 0;
	if (full->rank > 0) {
		axis = best_axis(slices, spans, n, full);
		for (int i = 0; i < n; i++)
			span_of(&slices[spans[i].slice], full, axis, &spans[i]);
		qsort(spans, (size_t)n, sizeof(*spans), by_start);
	}
	for (int i = 0; i < n; i++)
		for (int j = i + 1; j < n && (full->rank == 0 || spans[j].start < spans[i].end); j++)
			if (do_overlap(&slices[spans[i].slice], &slices[spans[j].slice], full))
				return mg_fail(err, MGREG_INTERNAL, "tensor '%s': two stored slices overlap", name);
	return 0;
}

int
mg_slice_cover(const char *name, const mg_tslice *slices, int count, const mg_shape *full, const mg_tslice *want,
	bool *used, mg_arena *arena, mgreg_error *err)
{
	mg_tslice whole, both;
	int64_t total = 0, checked, wanted;
	int rc;

	if ((rc = mg_shape_count(full, &checked, err)) != 0)    /* no product below overflows */
		return mg_wrap(err, rc, "tensor '%s'", name);
	if (want == NULL) {
		if ((rc = whole_of(full, &whole, arena, err)) != 0)
			return rc;
		want = &whole;
	}
	if ((rc = check_fits(name, want, full, err)) != 0)
		return rc;
	wanted = count_of(want, full);
	for (int i = 0; i < count; i++) {
		if ((rc = check_fits(name, &slices[i], full, err)) != 0)
			return rc;
		used[i] = do_overlap(&slices[i], want, full) && mg_tslice_intersect(&slices[i], want, full, &both, arena);
		if (used[i])
			total = MG_MIN(total, INT64_MAX - count_of(&both, full)) + count_of(&both, full);
	}
	if ((rc = check_apart(name, slices, count, full, used, arena, err)) != 0)
		return rc;
	if (total != wanted) {
		mg_str text = MG_STR_INIT;

		mg_tslice_format(want, &text);
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s': the stored slices do not cover the requested slice %.200s", name, text.ptr);
		mg_str_clear(&text);
	}
	return rc;
}

/* Whether slice S, a part of region WANT, is one run of bytes in it: after the first dimension longer than 1 all are whole. */
static bool
is_run(const mg_tslice *s, const mg_tslice *want, const mg_shape *full, int64_t *before)
{
	bool started = false;
	int64_t offset = 0;

	for (int d = 0; d < full->rank; d++) {
		int64_t dim = mg_shape_dim(full, d);
		int64_t want_start = want->length[d] < 0 ? 0 : want->start[d], want_len = want->length[d] < 0 ? dim : want->length[d];
		int64_t start = s->length[d] < 0 ? 0 : s->start[d], len = s->length[d] < 0 ? dim : s->length[d];

		if (start < want_start || start + len > want_start + want_len || (started && len != want_len))
			return false;
		started |= len != 1;
		offset = offset * want_len + (start - want_start);
	}
	*before = offset;
	return true;
}

int
mg_slice_assemble(const char *name, int dtype, const mg_tslice *slices, int count, const mg_shape *full,
	const mg_tslice *want, mg_slice_read_fn *read, mg_slice_fill_fn *fill, void *ctx, mg_tensor *out, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_tensor t = { 0 }, piece = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tslice whole;
	bool *used = mg_arena_zalloc(&arena, (size_t)MG_MAX(count, 1), sizeof(*used));
	int rc;

	if (used == NULL)
		return mg_fail_nomem(err, (size_t)count);
	MG_TRY(mg_slice_cover(name, slices, count, full, want, used, &arena, err));
	if (want == NULL) {
		MG_TRY(whole_of(full, &whole, &arena, err));
		want = &whole;
	}
	MG_TRY(mg_tslice_shape(want, full, &shape, err));
	MG_TRY(mg_tensor_init(&t, (mg_dtype)dtype, &shape, err));
	for (int i = 0; i < count; i++) {
		int64_t before;

		if (!used[i])
			continue;
		if (fill && t.buffer && mg_dtype_is_memcpy(dtype) && is_run(&slices[i], want, full, &before)) {
			MG_TRY(mg_tslice_shape(&slices[i], full, &shape, err));
			MG_TRY(mg_tensor_init_buffer(&piece, (mg_dtype)dtype, &shape, t.buffer,
				(char *)t.data + (size_t)before * mg_dtype_size(dtype), err));
			MG_TRY(fill(ctx, i, &piece, err));
		} else {
			MG_TRY(read(ctx, i, &piece, err));
			MG_TRY(mg_tslice_copy(&slices[i], &piece, want, &t, full, err));
		}
		mg_tensor_clear(&piece);
	}
	mg_tensor_move(out, &t);
out:
	mg_tensor_clear(&piece);
	mg_tensor_clear(&t);
	mg_shape_clear(&shape);
	mg_arena_clear(&arena);
	return rc;
}
