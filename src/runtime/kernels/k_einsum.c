/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_einsum.c - Einsum of one or two operands.
 *
 * Each operand is first brought into the order [batch, own, summed]: labels of both and of the output, of it alone and of the output,
 * of both but not of the output.  What only one operand has and the output has not is summed on the way; a label that comes twice
 * takes the diagonal.  Then the products are matrix products, one for each batch, and the result is brought into the output's order.
 */
#include "runtime/kernels/k_common.h"

#define MAX_LABELS 64           /* of an operand, dots counted one by one */

typedef struct term {
	int label[MAX_LABELS];          /* 0 .. 255 letters; 256 + n: dimension n of the dots, from the last */
	int rank;
	bool dots;
} term;

typedef struct axes {
	int     label[2 * MAX_LABELS];
	int64_t size[2 * MAX_LABELS];
	int     count;
} axes;

/* Labels of a part of the equation; RANK of the operand, or -1 (the output: as many dots as DOTS). */
static int
parse_term(const char *text, size_t len, int rank, int dots, term *t, mgreg_error *err)
{
	int letters = 0;

	*t = (term){ .rank = 0 };
	for (size_t i = 0; i < len; i++)
		letters += text[i] != '.' && text[i] != ' ';
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ')
			continue;
		if (text[i] == '.') {
			if (len - i < 3 || text[i + 1] != '.' || text[i + 2] != '.' || t->dots)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "periods in the equation must form one ellipsis '...'");
			t->dots = true;
			if (rank >= 0)
				dots = rank - letters;
			if (dots < 0 || t->rank + dots > MAX_LABELS)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "an operand has rank %d, its subscript at least %d", rank, letters);
			for (int d = 0; d < dots; d++)
				t->label[t->rank++] = 256 + dots - 1 - d;
			i += 2;
		} else {
			if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z')) || t->rank == MAX_LABELS)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "the equation holds the character '%c'", text[i]);
			t->label[t->rank++] = (unsigned char)text[i];
		}
	}
	if (rank >= 0 && t->rank != rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected an input of rank %d, got one of rank %d", t->rank, rank);
	return 0;
}

static int
find_axis(const axes *a, int label)
{
	for (int i = 0; i < a->count; i++)
		if (a->label[i] == label)
			return i;
	return -1;
}

static bool
in_term(const term *t, int label)
{
	for (int i = 0; i < t->rank; i++)
		if (t->label[i] == label)
			return true;
	return false;
}

/* Sizes of all labels; dimensions of dots may be 1 in one operand. */
static int
measure(axes *all, const term *t, const mg_tensor *x, mgreg_error *err)
{
	for (int i = 0; i < t->rank; i++) {
		int at = find_axis(all, t->label[i]);
		int64_t n = mg_dim(x, i);

		if (at < 0) {
			at = all->count++;
			all->label[at] = t->label[i];
			all->size[at] = n;
		} else if (all->size[at] != n && t->label[i] >= 256 && (n == 1 || all->size[at] == 1)) {
			all->size[at] = MG_MAX(all->size[at], n);
			if (n == 0 || all->size[at] == 1)
				all->size[at] = n;
		} else if (all->size[at] != n) {
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "a label of the equation stands for dimensions of %lld and %lld", (long long)all->size[at], (long long)n);
		}
	}
	return 0;
}

/* Stride of label L in operand X (summed over its places: the diagonal); 0 where it is broadcast. */
static int64_t
stride_of(const term *t, const mg_tensor *x, const int64_t *strides, int label)
{
	int64_t s = 0;

	for (int i = 0; i < t->rank; i++)
		if (t->label[i] == label && mg_dim(x, i) != 1)
			s += strides[i];
	return s;
}

typedef struct plan { int label[3][2 * MAX_LABELS], count[3]; int64_t size[3]; } plan;   /* batch, own, summed */

/* TO[i over KEPT] = sum over GONE of FROM. */
typedef struct walk {
	int     kept, gone;
	int64_t dims[2 * MAX_LABELS], from[2 * MAX_LABELS], gone_dims[2 * MAX_LABELS], gone_from[2 * MAX_LABELS], gone_total, total;
} walk;

static int64_t
place(const int64_t *dims, const int64_t *strides, int n, int64_t i)
{
	int64_t at = 0;

	for (int d = n; d-- > 0; i /= dims[d])
		at += i % dims[d] * strides[d];
	return at;
}

static int
gather(const mg_tensor *x, const walk *w, mg_tensor *to, mgreg_error *err)
{
	for (int64_t i = 0; i < w->total; i++) {
		int64_t base = place(w->dims, w->from, w->kept, i);

		switch (x->dtype) {
#define CASE(s, d, _) case d: { \
			w_##s sum = 0; \
			for (int64_t g = 0; g < w->gone_total; g++) \
				sum += (w_##s)ld_##s(MG_CDATA(x, t_##s)[base + place(w->gone_dims, w->gone_from, w->gone, g)]); \
			MG_DATA(to, t_##s)[i] = st_##s((c_##s)sum); \
			break; \
		}
		K_NUMBERS(CASE, 0)
#undef CASE
		default: return mg_k_no_type(x->dtype, err);
		}
	}
	return 0;
}

/* Operand X as [batch, own, summed]. */
static int
arrange(mg_kernel_ctx *k, const mg_tensor *x, const term *t, const axes *all, const plan *p, const int own, mg_tensor *out, mgreg_error *err)
{
	int64_t strides[MAX_LABELS], dims[3] = { p->size[0], p->size[own], p->size[2] };
	mg_shape shape = MG_SHAPE_SCALAR;
	walk w = { .total = 1, .gone_total = 1 };
	const int groups[3] = { 0, own, 2 };
	int rc;

	mg_k_strides(mg_shape_cdims(&x->shape), t->rank, strides);
	for (int g = 0; g < 3; g++)
		for (int i = 0; i < p->count[groups[g]]; i++) {
			int label = p->label[groups[g]][i];

			w.dims[w.kept] = all->size[find_axis(all, label)];
			w.from[w.kept++] = stride_of(t, x, strides, label);
		}
	for (int i = 0; i < t->rank; i++) {
		bool kept = false, seen = false;

		for (int g = 0; g < 3; g++)
			for (int j = 0; j < p->count[groups[g]]; j++)
				kept = kept || p->label[groups[g]][j] == t->label[i];
		for (int j = 0; j < i; j++)
			seen = seen || t->label[j] == t->label[i];
		if (!kept && !seen) {
			w.gone_dims[w.gone] = mg_dim(x, i);
			w.gone_from[w.gone++] = stride_of(t, x, strides, t->label[i]);
			w.gone_total *= mg_dim(x, i);
		}
	}
	MG_TRY(mg_shape_set(&shape, dims, 3, err));
	MG_TRY(mg_kernel_alloc(k, out, x->dtype, &shape, err));
	w.total = out->count;
	rc = gather(x, &w, out, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

/* C[b] = A[b] B[b]^T. */
static int
multiply(mg_kernel_ctx *k, const mg_tensor *a, const mg_tensor *b, mg_tensor *c, mgreg_error *err)
{
	int64_t batch = mg_dim(a, 0), m = mg_dim(a, 1), n = mg_dim(b, 1), kk = mg_dim(a, 2);
	int rc = 0;

	for (int64_t i = 0; i < batch && rc == 0; i++) {
		if (c->count == 0)
			break;
		if (kk == 0)
			return mg_k_fill(k, c, NULL, 0, err);
		if (a->dtype == MGREG_FLOAT) {
			rc = mg_gemm_f32(k, false, true, m, n, kk, 1, MG_CDATA(a, float) + i * m * kk, kk, MG_CDATA(b, float) + i * n * kk, kk, 0, MG_DATA(c, float) + i * m * n, n, err);
			continue;
		}
		if (a->dtype == MGREG_DOUBLE) {
			rc = mg_gemm_f64(k, false, true, m, n, kk, 1, MG_CDATA(a, double) + i * m * kk, kk, MG_CDATA(b, double) + i * n * kk, kk, 0, MG_DATA(c, double) + i * m * n, n, err);
			continue;
		}
		for (int64_t r = 0; r < m; r++)
			for (int64_t q = 0; q < n; q++)
				switch (a->dtype) {
#define CASE(s, d, _) case d: { \
					const t_##s *x = MG_CDATA(a, t_##s) + (i * m + r) * kk, *y = MG_CDATA(b, t_##s) + (i * n + q) * kk; \
					w_##s sum = 0; \
					for (int64_t j = 0; j < kk; j++) \
						sum += (w_##s)ld_##s(x[j]) * (w_##s)ld_##s(y[j]); \
					MG_DATA(c, t_##s)[(i * m + r) * n + q] = st_##s((c_##s)sum); \
					break; \
				}
				K_NUMBERS(CASE, 0)
#undef CASE
				default: return mg_k_no_type(a->dtype, err);
				}
	}
	return rc;
}

/* What each label does.  Group 0 batch, 1 own of A, 2 summed, 3 own of B (kept in OWN_B). */
static void
sort_labels(const axes *all, const term *a, const term *b, const term *out, plan *pa, plan *pb)
{
	*pa = *pb = (plan){ .size = { 1, 1, 1 } };
	for (int i = 0; i < all->count; i++) {
		int label = all->label[i];
		bool in_a = in_term(a, label), in_b = b && in_term(b, label), kept = in_term(out, label);
		int group = in_a && in_b ? (kept ? 0 : 2) : kept ? 1 : -1;

		if (group < 0)
			continue;
		for (int side = 0; side < 2; side++) {
			plan *p = side ? pb : pa;

			if (group == 1 && (side ? !in_b : !in_a))
				continue;
			p->label[group][p->count[group]++] = label;
			p->size[group] *= all->size[i];
		}
	}
}

/* The result [batch, own A, own B] in the order of the output. */
static int
put_result(mg_kernel_ctx *k, const mg_tensor *c, const axes *all, const term *out, const plan *pa, const plan *pb, mgreg_error *err)
{
	int order[3 * MAX_LABELS], n = 0, rc;
	int64_t dims[MAX_LABELS], strides[MAX_LABELS], own[3 * MAX_LABELS], stride = 1;
	mg_k_view v;
	mg_tensor *y;

	for (int i = 0; i < pa->count[0]; i++)
		order[n++] = pa->label[0][i];
	for (int i = 0; i < pa->count[1]; i++)
		order[n++] = pa->label[1][i];
	for (int i = 0; i < pb->count[1]; i++)
		order[n++] = pb->label[1][i];
	for (int i = n; i-- > 0;) {
		own[i] = stride;
		stride *= all->size[find_axis(all, order[i])];
	}
	for (int i = 0; i < out->rank; i++)
		dims[i] = all->size[find_axis(all, out->label[i])];
	if ((rc = mg_k_rank_fits(out->rank, err)) != 0 || (rc = mg_kernel_output_dims(k, 0, dims, out->rank, &y, err)) != 0 || y->count == 0)
		return rc;
	mg_k_strides(dims, out->rank, strides);
	mg_k_view_begin(&v);
	for (int i = 0; i < out->rank; i++)
		for (int j = 0; j < n; j++)
			if (order[j] == out->label[i])
				mg_k_view_add(&v, dims[i], strides[i], own[j]);
	return mg_k_copy(k, y, c, &v, err);
}

static int
check_output(const term *a, const term *b, const term *out, mgreg_error *err)
{
	for (int i = 0; i < out->rank; i++) {
		for (int j = 0; j < i; j++)
			if (out->label[i] == out->label[j])
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "the output of an einsum has label '%c' twice", out->label[i]);
		if (!in_term(a, out->label[i]) && !(b && in_term(b, out->label[i])))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "label '%c' of the output is in no input", out->label[i] < 256 ? out->label[i] : '.');
	}
	return 0;
}

static int
einsum_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x[2] = { mg_kernel_input(k, 0), mg_kernel_input_count(k) > 1 ? mg_kernel_input(k, 1) : NULL };
	int count = mg_kernel_input_count(k), dots = 0, rc = 0;
	mg_slice eq = { "", 0 }, in, rest;
	const char *arrow, *comma;
	mg_tensor side[2] = { { 0 } }, product = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	term t[2], out;
	plan p[2];
	axes all = { .count = 0 };

	mg_attr_get_string(mg_kernel_attrs(k), "equation", &eq);
	if (count > 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected one or two inputs, got %d", count);
	if (!(arrow = memmem(eq.ptr, eq.len, "->", 2)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expecting '->' in the einsum equation");
	in = (mg_slice){ eq.ptr, (size_t)(arrow - eq.ptr) };
	rest = (mg_slice){ arrow + 2, eq.len - in.len - 2 };
	comma = memchr(in.ptr, ',', in.len);
	if ((comma != NULL) != (count == 2) || (comma && memchr(comma + 1, ',', in.len - (size_t)(comma - in.ptr) - 1)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the equation is not one of %d inputs", count);
	MG_TRY(parse_term(in.ptr, comma ? (size_t)(comma - in.ptr) : in.len, mg_rank(x[0]), 0, &t[0], err));
	if (count == 2)
		MG_TRY(parse_term(comma + 1, in.len - (size_t)(comma - in.ptr) - 1, mg_rank(x[1]), 0, &t[1], err));
	for (int s = 0; s < count; s++)
		for (int i = 0; i < t[s].rank; i++)
			dots = MG_MAX(dots, t[s].label[i] - 255);
	MG_TRY(parse_term(rest.ptr, rest.len, -1, dots, &out, err));
	MG_TRY(check_output(&t[0], count == 2 ? &t[1] : NULL, &out, err));
	for (int s = 0; s < count; s++)
		MG_TRY(measure(&all, &t[s], x[s], err));
	sort_labels(&all, &t[0], count == 2 ? &t[1] : NULL, &out, &p[0], &p[1]);
	for (int s = 0; s < count; s++)
		MG_TRY(arrange(k, x[s], &t[s], &all, &p[s], 1, &side[s], err));
	if (count == 1) {
		p[1].count[1] = 0;
		rc = put_result(k, &side[0], &all, &out, &p[0], &p[1], err);
		goto out;
	}
	MG_TRY(mg_shape_set(&shape, (int64_t[]){ p[0].size[0], p[0].size[1], p[1].size[1] }, 3, err));
	MG_TRY(mg_kernel_alloc(k, &product, x[0]->dtype, &shape, err));
	MG_TRY(multiply(k, &side[0], &side[1], &product, err));
	rc = put_result(k, &product, &all, &out, &p[0], &p[1], err);
out:
	mg_tensor_clear(&side[0]);
	mg_tensor_clear(&side[1]);
	mg_tensor_clear(&product);
	mg_shape_clear(&shape);
	return rc;
}

const mg_kernel mg_kernels_einsum[] = {
	{ "Einsum", "T=" K_NUMBERS_TEXT, .run = einsum_run },
	{ .op = NULL }
};
