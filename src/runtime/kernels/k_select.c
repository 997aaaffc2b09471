/* SPDX-License-Identifier: Apache-2.0 */
/* k_select.c - Select in both forms, ClipByValue, AddN and AccumulateNV2, Bucketize, Cross. */
#include "runtime/kernels/k_bcast.h"

/* ---- Select: condition of the same shape, a scalar, or a vector that picks rows ---- */
typedef struct select_job {
	const uint8_t *c;
	const char *t, *e;
	char   *y;
	size_t  size;           /* bytes that one condition decides over */
} select_job;

#define CHOOSE(type) do { \
	const type *t = (const type *)j->t, *e = (const type *)j->e; \
	type *y = (type *)j->y; \
	for (int64_t i = begin; i < end; i++) \
		y[i] = j->c[i] ? t[i] : e[i]; \
} while (0)

static void
select_items(void *arg, int64_t begin, int64_t end)
{
	const select_job *j = arg;

	switch (j->size) {
	case 1: CHOOSE(uint8_t); return;
	case 2: CHOOSE(uint16_t); return;
	case 4: CHOOSE(uint32_t); return;
	case 8: CHOOSE(uint64_t); return;
	default:
		for (int64_t i = begin; i < end; i++)
			memcpy(j->y + (size_t)i * j->size, (j->c[i] ? j->t : j->e) + (size_t)i * j->size, j->size);
	}
}

/* COND[i] decides over items i of SLICE elements. */
static int
select_into(mg_kernel_ctx *k, const mg_tensor *c, const mg_tensor *t, const mg_tensor *e, int64_t slice, mg_tensor *y, mgreg_error *err)
{
	size_t item = mg_dtype_size(t->dtype);
	select_job j = { .c = c->data, .t = t->data, .e = e->data, .y = y->data, .size = item * (size_t)slice };
	int rc = 0;

	if (y->count == 0)
		return 0;
	if (item) {
		mg_parallel_for(k, c->count, mg_k_grain(slice), select_items, &j);
		return 0;
	}
	for (int64_t i = 0; i < c->count && !rc; i++)
		rc = mg_k_copy_run(y, i * slice, j.c[i] ? t : e, i * slice, slice, err);
	return rc;
}

static int
select_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *c = mg_kernel_input(k, 0), *t = mg_kernel_input(k, 1), *e = mg_kernel_input(k, 2);
	char a[256], b[256];
	mg_tensor *y;
	int rc;

	if (!mg_shape_equal(&t->shape, &e->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'then' and 'else' must have the same size, but received: %s and %s",
			mg_shape_text(&t->shape, a), mg_shape_text(&e->shape, b));
	if (mg_rank(c) == 0)
		return mg_kernel_share(k, 0, *MG_CDATA(c, uint8_t) ? t : e, err);
	if (!mg_shape_equal(&c->shape, &t->shape)
			&& !(mg_rank(c) == 1 && mg_rank(t) >= 1 && mg_dim(c, 0) == mg_dim(t, 0)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "condition of shape %s must be a scalar, have the shape %s, or be a vector of its first dimension",
			mg_shape_text(&c->shape, a), mg_shape_text(&t->shape, b));
	if ((rc = mg_kernel_output(k, 0, &t->shape, &y, err)) != 0)
		return rc;
	return select_into(k, c, t, e, c->count ? t->count / c->count : 0, y, err);
}

/* Full broadcasting: what is not of the final shape is copied out first. */
static int
select_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *in[3];
	mg_shape part = MG_SHAPE_SCALAR, shape = MG_SHAPE_SCALAR;
	mg_tensor wide[3] = { { 0 } }, *y;
	int rc;

	for (int i = 0; i < 3; i++)
		in[i] = mg_kernel_input(k, i);
	MG_TRY(mg_bcast_shape(&in[1]->shape, &in[2]->shape, &part, err));
	MG_TRY(mg_bcast_shape(&in[0]->shape, &part, &shape, err));
	for (int i = 0; i < 3; i++)
		if (!mg_shape_equal(&in[i]->shape, &shape)) {
			MG_TRY(mg_kernel_alloc(k, &wide[i], in[i]->dtype, &shape, err));
			MG_TRY(mg_k_broadcast(k, in[i], &wide[i], err));
			in[i] = &wide[i];
		}
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	MG_TRY(select_into(k, in[0], in[1], in[2], 1, y, err));
out:
	for (int i = 0; i < 3; i++)
		mg_tensor_clear(&wide[i]);
	mg_shape_clear(&part);
	mg_shape_clear(&shape);
	return rc;
}

/* ---- ClipByValue: min(max(t, lo), hi) ---- */
typedef struct clip_job {
	const void *x, *low, *high;
	void   *y;
	int64_t low_step, high_step;
} clip_job;

#define CLIP(s, dtype, _) \
	static void clip_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const clip_job *j = arg; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s v = ld_##s(((const t_##s *)j->x)[i]), low = ld_##s(((const t_##s *)j->low)[i * j->low_step]); \
			c_##s high = ld_##s(((const t_##s *)j->high)[i * j->high_step]); \
			v = v < low ? low : v; \
			((t_##s *)j->y)[i] = st_##s(high < v ? high : v); \
		} \
	}
K_REALS(CLIP, 0)
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const clip_of[MG_DTYPE_MAX] = { K_REALS(ENTRY, clip) };

static int
clip_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *low = mg_kernel_input(k, 1), *high = mg_kernel_input(k, 2);
	clip_job j = { .x = x->data, .low = low->data, .high = high->data, .low_step = mg_rank(low) != 0, .high_step = mg_rank(high) != 0 };
	mg_tensor *y;
	int rc;

	if (!clip_of[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if ((j.low_step && (rc = mg_k_same_shape(x, low, err)) != 0) || (j.high_step && (rc = mg_k_same_shape(x, high, err)) != 0))
		return rc;
	if ((rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0)
		return rc;
	j.y = y->data;
	mg_parallel_for(k, x->count, mg_k_grain(1), clip_of[x->dtype], &j);
	return 0;
}

/* ---- AddN: left to right ---- */
typedef struct add_job {
	mg_kernel_ctx *k;
	int   n;
	void *y;
} add_job;

#define ADD_CHUNK 2048  /* accumulators of one pass stay in the nearest cache */
#define ADD(s, dtype, _) \
	static void add_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const add_job *j = arg; \
		t_##s *y = j->y; \
		w_##s acc[ADD_CHUNK]; \
		for (int64_t from = begin; from < end; from += ADD_CHUNK) { \
			int64_t n = MG_MIN(ADD_CHUNK, end - from); \
			const t_##s *x = MG_CDATA(mg_kernel_input(j->k, 0), t_##s) + from; \
			for (int64_t i = 0; i < n; i++) \
				acc[i] = (w_##s)ld_##s(x[i]); \
			for (int a = 1; a < j->n; a++) { \
				x = MG_CDATA(mg_kernel_input(j->k, a), t_##s) + from; \
				for (int64_t i = 0; i < n; i++) \
					acc[i] += (w_##s)ld_##s(x[i]); \
			} \
			for (int64_t i = 0; i < n; i++) \
				y[from + i] = st_##s((c_##s)acc[i]); \
		} \
	}
K_NUMBERS(ADD, 0)
static mg_range_fn *const add_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, add) };

static int
add_n_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	add_job j = { .k = k, .n = mg_kernel_input_count(k) };
	char a[256], b[256];
	mg_tensor *y;
	int rc;

	if (j.n == 1)
		return mg_kernel_share(k, 0, x, err);
	if (!add_of[x->dtype])
		return mg_k_no_type(x->dtype, err);
	for (int i = 1; i < j.n; i++)
		if (!mg_shape_equal(&mg_kernel_input(k, i)->shape, &x->shape))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "inputs to operation must have the same size and shape. Input 0: %s != input %d: %s",
				mg_shape_text(&x->shape, a), i, mg_shape_text(&mg_kernel_input(k, i)->shape, b));
	if ((rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0)
		return rc;
	j.y = y->data;
	mg_parallel_for(k, x->count, mg_k_grain(j.n), add_of[x->dtype], &j);
	return 0;
}

/* ---- Bucketize: how many boundaries are <= x ---- */
static int
bucketize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	const Pb__AttrValue__ListValue *list;
	mg_tensor *y;
	int rc;

	if (!mg_attr_get_list(mg_kernel_attrs(k), "boundaries", &list))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr 'boundaries' is missing");
	for (size_t i = 1; i < list->n_f; i++)
		if (!(list->f[i - 1] <= list->f[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected sorted boundaries");
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++) {
		size_t low = 0, high = list->n_f;
		double v;
		if (!mg_tensor_as_double(x, i, &v))
			return mg_k_no_type(x->dtype, err);
		while (low < high) {
			size_t mid = (low + high) / 2;
			if ((double)list->f[mid] <= v)
				low = mid + 1;
			else
				high = mid;
		}
		MG_DATA(y, int32_t)[i] = (int32_t)low;
	}
	return 0;
}

/* ---- Cross: products of vectors of three ---- */
#define CROSS(s, dtype, _) \
	static void cross_##s(const mg_tensor *x, const mg_tensor *x2, mg_tensor *y) \
	{ \
		for (int64_t i = 0; i + 2 < x->count; i += 3) { \
			w_##s a[3], b[3]; \
			for (int d = 0; d < 3; d++) { \
				a[d] = (w_##s)ld_##s(MG_CDATA(x, t_##s)[i + d]); \
				b[d] = (w_##s)ld_##s(MG_CDATA(x2, t_##s)[i + d]); \
			} \
			for (int d = 0; d < 3; d++) \
				MG_DATA(y, t_##s)[i + d] = st_##s((c_##s)(a[(d + 1) % 3] * b[(d + 2) % 3] - a[(d + 2) % 3] * b[(d + 1) % 3])); \
		} \
	}
K_REALS(CROSS, 0)

static int
cross_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *x2 = mg_kernel_input(k, 1);
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_same_shape(x, x2, err)) != 0 || (rc = mg_k_rank_at_least(x, 1, "input 0", err)) != 0)
		return rc;
	if (mg_dim(x, mg_rank(x) - 1) != 3)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "cross-products are only defined for 3-element vectors");
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	switch (x->dtype) {
#define CASE(s, d, _) case d: cross_##s(x, x2, y); return 0;
	K_REALS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(x->dtype, err);
	}
}

const mg_kernel mg_kernels_select[] = {
	{ "Select", NULL, .run = select_run, .flags = MG_KERNEL_SHARES },
	{ "SelectV2", NULL, .run = select_v2_run },
	{ "ClipByValue", "T=" K_REALS_TEXT, .run = clip_run, .flags = MG_KERNEL_INPLACE },
	{ "AddN", "T=" K_NUMBERS_TEXT, .run = add_n_run, .flags = MG_KERNEL_INPLACE },
	{ "AccumulateNV2", "T=" K_NUMBERS_TEXT, .run = add_n_run, .flags = MG_KERNEL_INPLACE },
	{ "Bucketize", NULL, .run = bucketize_run },
	{ "Cross", "T=" K_REALS_TEXT, .run = cross_run },
	{ .op = NULL }
};
