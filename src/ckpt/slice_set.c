/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice_set.c - which stored slices make up a wanted one, and putting it together.
 *
 * Stored slices cover a region if the elements they share with it add up to its count; that two of them overlap
 * is looked at first, otherwise a doubled slice would make up for a missing one.
 */
#include "base/base.h"
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

int
mg_slice_cover(const char *name, const mg_tslice *slices, int count, const mg_shape *full, const mg_tslice *want,
	bool *used, mg_arena *arena, mgreg_error *err)
{
	mg_tslice whole, both;
	int64_t total = 0, checked;
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
	for (int i = 0; i < count; i++) {
		if ((rc = check_fits(name, &slices[i], full, err)) != 0)
			return rc;
		used[i] = mg_tslice_intersect(&slices[i], want, full, &both, arena);
		if (!used[i])
			continue;
		total += count_of(&both, full);
		for (int j = 0; j < i; j++)
			if (used[j] && mg_tslice_intersect(&slices[i], &slices[j], full, &both, arena))
				return mg_fail(err, MGREG_INTERNAL, "tensor '%s': two stored slices overlap", name);
	}
	if (total != count_of(want, full)) {
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
