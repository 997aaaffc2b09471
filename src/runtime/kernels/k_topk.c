/* SPDX-License-Identifier: Apache-2.0 */
/* k_topk.c - TopK in both spellings, NthElement, InTopK. */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include <stdlib.h>

/* One row as sortable entries: value in double (or, for 64-bit integers, exactly), then index. */
typedef struct entry {
	double  v;
	int64_t exact;
	int64_t at;
} entry;

static void
read_row(const mg_tensor *x, int64_t from, int64_t n, entry *out)
{
	for (int64_t i = 0; i < n; i++) {
		out[i] = (entry){ .at = i };
		switch (x->dtype) {
#define CASE(s, d, _) case d: { c_##s v = ld_##s(MG_CDATA(x, t_##s)[from + i]); out[i].v = (double)v; break; }
		K_FLOATS(CASE, 0)
#undef CASE
#define CASE(s, d, _) case d: { c_##s v = MG_CDATA(x, t_##s)[from + i]; out[i].v = (double)v; out[i].exact = (c_##s)-1 > 0 ? (int64_t)((uint64_t)v ^ UINT64_C(1) << 63) : (int64_t)v; break; }
		K_INTS(CASE, 0)
#undef CASE
		default: break;
		}
	}
}

/* Falling values; equal ones by index.  NaN after everything. */
static int
by_value(const void *ap, const void *bp)
{
	const entry *a = ap, *b = bp;

	if (a->v != b->v && !(isnan(a->v) && isnan(b->v))) {
		if (isnan(a->v) || isnan(b->v))
			return isnan(a->v) ? 1 : -1;
		return a->v > b->v ? -1 : 1;
	}
	if (a->exact != b->exact)       /* 64-bit integers that one double stands for; unsigned ones were kept with a bit turned */
		return a->exact > b->exact ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* The K first of N entries in front, in order: a heap of K whose root is the last among them. */
static void
keep_first(entry *e, int64_t n, int64_t k)
{
	if (k < n / 4) {
		for (int64_t i = k / 2; i-- > 0;)
			for (int64_t p = i, c; (c = 2 * p + 1) < k; p = c) {
				entry t = e[p];
				c += c + 1 < k && by_value(&e[c + 1], &e[c]) > 0;
				if (by_value(&e[c], &t) <= 0)
					break;
				e[p] = e[c];
				e[c] = t;
			}
		for (int64_t i = k; i < n && k; i++) {
			if (by_value(&e[i], &e[0]) >= 0)
				continue;
			e[0] = e[i];
			for (int64_t p = 0, c; (c = 2 * p + 1) < k; p = c) {
				entry t = e[p];
				c += c + 1 < k && by_value(&e[c + 1], &e[c]) > 0;
				if (by_value(&e[c], &t) <= 0)
					break;
				e[p] = e[c];
				e[c] = t;
			}
		}
		n = k;
	}
	qsort(e, (size_t)n, sizeof *e, by_value);
}

static int
top(mg_kernel_ctx *k, int64_t count, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *values, *indices;
	int64_t n, rows;
	void *memory;
	entry *e;
	int rc;

	if ((rc = mg_k_rank_at_least(x, 1, "input", err)) != 0)
		return rc;
	n = mg_dim(x, mg_rank(x) - 1);
	if (count < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "need k >= 0, got %lld", (long long)count);
	if (n < count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must have at least k columns: %lld < %lld", (long long)n, (long long)count);
	if ((rc = mg_k_output_axis(k, 0, x, mg_rank(x) - 1, count, &values, err)) != 0
			|| (rc = mg_k_output_axis(k, 1, x, mg_rank(x) - 1, count, &indices, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)n * sizeof *e + 1, &memory, err)) != 0)
		return rc;
	e = memory;
	rows = mg_k_product(x, 0, mg_rank(x) - 1);
	for (int64_t r = 0; r < rows && count; r++) {
		read_row(x, r * n, n, e);
		keep_first(e, n, count);
		for (int64_t i = 0; i < count; i++) {
			MG_DATA(indices, int32_t)[r * count + i] = (int32_t)e[i].at;
			if ((rc = mg_k_copy_run(values, r * count + i, x, r * n + e[i].at, 1, err)) != 0)
				return rc;
		}
	}
	return 0;
}

static int top_k_run(mg_kernel_ctx *k, mgreg_error *err) { return top(k, mg_k_attr_int(mg_kernel_attrs(k), "k", 0), err); }

static int
top_k_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t count;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "k", &count, err);

	return rc ? rc : top(k, count, err);
}

/* The n-th smallest (reverse: largest) of each row. */
static int
nth_element_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t nth, n, rows;
	void *memory;
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_rank_at_least(x, 1, "input", err)) != 0 || (rc = mg_k_scalar(mg_kernel_input(k, 1), "n", &nth, err)) != 0)
		return rc;
	n = mg_dim(x, mg_rank(x) - 1);
	if (nth < 0 || nth >= n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "n must be in [0, %lld), got %lld", (long long)n, (long long)nth);
	if (!mg_k_attr_bool(mg_kernel_attrs(k), "reverse", false))
		nth = n - 1 - nth;
	if ((rc = mg_kernel_output_dims(k, 0, mg_shape_cdims(&x->shape), mg_rank(x) - 1, &y, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)n * sizeof(entry), &memory, err)) != 0)
		return rc;
	rows = y->count;
	for (int64_t r = 0; r < rows && !rc; r++) {
		entry *e = memory;
		read_row(x, r * n, n, e);
		qsort(e, (size_t)n, sizeof *e, by_value);
		rc = mg_k_copy_run(y, r, x, r * n + e[nth].at, 1, err);
	}
	return rc;
}

/* Is the target among the K best?  Ties count as in; anything that is not finite does not. */
static int
in_top(mg_kernel_ctx *k, int64_t count, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *targets = mg_kernel_input(k, 1);
	int64_t n;
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_rank_is(x, 2, "predictions", err)) != 0 || (rc = mg_k_vector(targets, "targets", err)) != 0)
		return rc;
	if (mg_dim(x, 0) != mg_dim(targets, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "first dimension of predictions %lld must match length of targets %lld",
			(long long)mg_dim(x, 0), (long long)mg_dim(targets, 0));
	if ((rc = mg_kernel_output(k, 0, &targets->shape, &y, err)) != 0)
		return rc;
	n = mg_dim(x, 1);
	for (int64_t r = 0; r < targets->count; r++) {
		const float *p = MG_CDATA(x, float) + r * n;
		int64_t target = mg_k_int(targets, r), larger = 0;
		bool wrong = target < 0 || target >= n || !isfinite(p[target]);
		for (int64_t c = 0; c < n && !wrong && larger <= count; c++) {
			wrong = !isfinite(p[c]);
			larger += p[c] > p[target];
		}
		MG_DATA(y, uint8_t)[r] = !wrong && larger < count;
	}
	return 0;
}

static int in_top_k_run(mg_kernel_ctx *k, mgreg_error *err) { return in_top(k, mg_k_attr_int(mg_kernel_attrs(k), "k", 0), err); }

static int
in_top_k_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t count;
	int rc = mg_k_scalar(mg_kernel_input(k, 2), "k", &count, err);

	return rc ? rc : in_top(k, count, err);
}

const mg_kernel mg_kernels_topk[] = {
	{ "TopK", "T=" K_REALS_TEXT, .run = top_k_run },
	{ "TopKV2", "T=" K_REALS_TEXT, .run = top_k_v2_run },
	{ "NthElement", "T=" K_REALS_TEXT, .run = nth_element_run },
	{ "InTopK", NULL, .run = in_top_k_run },
	{ "InTopKV2", NULL, .run = in_top_k_v2_run },
	{ .op = NULL }
};
