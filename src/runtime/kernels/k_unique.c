/* SPDX-License-Identifier: Apache-2.0 */
/* k_unique.c - which and where: Where, Unique, UniqueWithCounts, ListDiff; the hash table of elements they share. */
#include "runtime/kernels/k_common.h"

/* ---- a table of the elements seen, by position ---- */
typedef struct seen {
	const mg_tensor *x;
	int64_t *slots;                 /* position + 1, or 0 */
	uint64_t mask;
} seen;

static int
seen_begin(mg_kernel_ctx *k, seen *s, const mg_tensor *x, mgreg_error *err)
{
	uint64_t n = 16;
	void *memory;
	int rc;

	while (n < 2 * (uint64_t)x->count)
		n *= 2;
	if ((rc = mg_kernel_scratch(k, n * sizeof *s->slots, &memory, err)) != 0)
		return rc;
	memset(memory, 0, n * sizeof *s->slots);
	*s = (seen){ .x = x, .slots = memory, .mask = n - 1 };
	return 0;
}

static uint64_t
mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15u;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	return h ^ h >> 32;
}

static uint64_t
hash_element(const mg_tensor *x, int64_t i)
{
	size_t size = mg_dtype_size(x->dtype);
	uint64_t h = 0;

	if (x->dtype == MGREG_STRING) {
		mg_slice s = mg_tensor_string(x, i);
		h = s.len;
		for (size_t j = 0; j < s.len; j += 8) {
			uint64_t v = 0;
			memcpy(&v, s.ptr + j, MG_MIN(8, s.len - j));
			h = mix(h ^ v);
		}
		return h;
	}
	for (size_t j = 0; j < size; j += 8) {
		uint64_t v = 0;
		memcpy(&v, (const char *)x->data + (size_t)i * size + j, MG_MIN(8, size - j));
		h = mix(h ^ v);
	}
	return h;
}

static bool
same_element(const mg_tensor *a, int64_t i, const mg_tensor *b, int64_t j)
{
	size_t size = mg_dtype_size(a->dtype);

	if (a->dtype == MGREG_STRING) {
		mg_slice s = mg_tensor_string(a, i), t = mg_tensor_string(b, j);
		return s.len == t.len && memcmp(s.ptr, t.ptr, s.len) == 0;
	}
	return memcmp((const char *)a->data + (size_t)i * size, (const char *)b->data + (size_t)j * size, size) == 0;
}

/* -0 and 0 are one value: hashed and compared as 0, so the elements are looked at through a copy where that matters. */
static int
plain_zeros(mg_kernel_ctx *k, const mg_tensor *x, mg_tensor *own, const mg_tensor **out, mgreg_error *err)
{
	int rc;

	*out = x;
	if (!mg_dtype_is_floating(x->dtype))
		return 0;
	if ((rc = mg_kernel_alloc(k, own, x->dtype, &x->shape, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++)
		switch (x->dtype) {
		case MGREG_FLOAT: MG_DATA(own, float)[i] = MG_CDATA(x, float)[i] + 0.0f; break;
		case MGREG_DOUBLE: MG_DATA(own, double)[i] = MG_CDATA(x, double)[i] + 0.0; break;
		default: MG_DATA(own, uint16_t)[i] = MG_CDATA(x, uint16_t)[i] == 0x8000 ? 0 : MG_CDATA(x, uint16_t)[i];
		}
	*out = own;
	return 0;
}

/* Position in S of the element equal to X[I], or -1; with ADD (X is S's own tensor) it is entered then. */
static int64_t
seen_find(seen *s, const mg_tensor *x, int64_t i, bool add)
{
	for (uint64_t at = hash_element(x, i) & s->mask;; at = (at + 1) & s->mask) {
		if (s->slots[at] == 0) {
			if (add)
				s->slots[at] = i + 1;
			return -1;
		}
		if (same_element(s->x, s->slots[at] - 1, x, i))
			return s->slots[at] - 1;
	}
}

/* ---- Unique ---- */
static int
unique(mg_kernel_ctx *k, bool counts, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *look;
	mg_tensor own = { 0 }, *y, *idx, *count = NULL;
	int64_t n = 0, *first, *rank_of;
	void *memory;
	seen s;
	int rc;

	if (mg_rank(x) != 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "unique expects a 1D vector");
		goto out;
	}
	MG_TRY(mg_kernel_output(k, 1, &x->shape, &idx, err));
	if (idx->dtype == MGREG_INT32 && x->count > INT32_MAX) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "unique does not support input tensors larger than %d elements", INT32_MAX);
		goto out;
	}
	MG_TRY(plain_zeros(k, x, &own, &look, err));
	MG_TRY(seen_begin(k, &s, look, err));
	MG_TRY(mg_kernel_scratch(k, (size_t)x->count * 16 + 16, &memory, err));
	first = memory;                         /* input position of each unique value */
	rank_of = first + x->count;             /* and back */
	for (int64_t i = 0; i < x->count; i++) {
		int64_t at = seen_find(&s, look, i, true);
		if (at < 0) {
			first[n] = i;
			rank_of[i] = n++;
		}
		mg_k_set_int(idx, i, rank_of[at < 0 ? i : at]);
	}
	MG_TRY(mg_kernel_output_dims(k, 0, &n, 1, &y, err));
	for (int64_t i = 0; i < n; i++)
		MG_TRY(mg_k_copy_run(y, i, x, first[i], 1, err));
	if (counts) {
		MG_TRY(mg_kernel_output_dims(k, 2, &n, 1, &count, err));
		MG_TRY(mg_k_fill(k, count, NULL, 0, err));
		for (int64_t i = 0; i < x->count; i++) {
			int64_t u = mg_k_int(idx, i);
			mg_k_set_int(count, u, mg_k_int(count, u) + 1);
		}
	}
out:
	mg_tensor_clear(&own);
	return rc;
}

static int unique_run(mg_kernel_ctx *k, mgreg_error *err) { return unique(k, false, err); }
static int unique_with_counts_run(mg_kernel_ctx *k, mgreg_error *err) { return unique(k, true, err); }

/* Values of x that are not in y, in x's order, duplicates kept; and where they were. */
static int
list_diff_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1), *lx, *ly;
	mg_tensor own[2] = { { 0 } }, *out, *idx;
	int64_t n = 0, *kept;
	void *memory;
	seen s;
	int rc;

	if (mg_rank(x) != 1 || mg_rank(y) != 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "x and y should be 1D vectors");
		goto out;
	}
	MG_TRY(plain_zeros(k, x, &own[0], &lx, err));
	MG_TRY(plain_zeros(k, y, &own[1], &ly, err));
	MG_TRY(seen_begin(k, &s, ly, err));
	MG_TRY(mg_kernel_scratch(k, (size_t)x->count * 8 + 8, &memory, err));
	kept = memory;
	for (int64_t i = 0; i < y->count; i++)
		seen_find(&s, ly, i, true);
	for (int64_t i = 0; i < x->count; i++)
		if (seen_find(&s, lx, i, false) < 0)
			kept[n++] = i;
	MG_TRY(mg_kernel_output_dims(k, 0, &n, 1, &out, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &n, 1, &idx, err));
	for (int64_t i = 0; i < n; i++) {
		MG_TRY(mg_k_copy_run(out, i, x, kept[i], 1, err));
		mg_k_set_int(idx, i, kept[i]);
	}
out:
	mg_tensor_clear(&own[0]);
	mg_tensor_clear(&own[1]);
	return rc;
}

/* ---- Where: coordinates of what is not zero (NaN is not) ---- */
static bool
is_true(const mg_tensor *x, int64_t i)
{
	switch (x->dtype) {
#define CASE(s, d, _) case d: return ld_##s(MG_CDATA(x, t_##s)[i]) != 0;
	K_NUMBERS(CASE, 0)
	CASE(truth, MGREG_BOOL, 0)
#undef CASE
	default: return false;
	}
}

static int
where_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t n = 0, at[MG_MAX_RANK] = { 0 }, *to;
	int rank = mg_rank(x), rc;
	mg_tensor *y;

	for (int64_t i = 0; i < x->count; i++)
		n += is_true(x, i);
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ n, rank }, 2, &y, err)) != 0)
		return rc;
	to = y->data;
	for (int64_t i = 0; i < x->count && rank; i++) {
		if (is_true(x, i)) {
			memcpy(to, at, (size_t)rank * sizeof *to);
			to += rank;
		}
		for (int d = rank; d-- > 0;) {
			if (++at[d] < mg_dim(x, d))
				break;
			at[d] = 0;
		}
	}
	return 0;
}

const mg_kernel mg_kernels_unique[] = {
	{ "Where", "T=" K_NUMBERS_TEXT "|bool", .run = where_run },
	{ "Unique", NULL, .run = unique_run },
	{ "UniqueWithCounts", NULL, .run = unique_with_counts_run },
	{ "ListDiff", NULL, .run = list_diff_run },
	{ .op = NULL }
};
