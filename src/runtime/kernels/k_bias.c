/* SPDX-License-Identifier: Apache-2.0 */
/* k_bias.c - BiasAdd and its gradient; the channel is the last dimension, or dimension 1 in NCHW. */
#include "runtime/kernels/k_common.h"

typedef struct job {
	const void *x, *bias;
	void   *y;
	int64_t outer, channels, inner;
} job;

/* Lines of [outer, channels], each INNER long. */
#define ADD(s, dtype, _) \
	K_HOT(s) static void add_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const job *j = arg; \
		const t_##s *b = j->bias; \
		if (j->inner == 1) { \
			for (int64_t o = begin; o < end; o++) { \
				const t_##s *x = (const t_##s *)j->x + o * j->channels; \
				t_##s *y = (t_##s *)j->y + o * j->channels; \
				for (int64_t c = 0; c < j->channels; c++) \
					y[c] = st_##s((c_##s)((w_##s)ld_##s(x[c]) + (w_##s)ld_##s(b[c]))); \
			} \
			return; \
		} \
		for (int64_t o = begin; o < end; o++) \
			for (int64_t c = 0; c < j->channels; c++) { \
				const t_##s *x = (const t_##s *)j->x + (o * j->channels + c) * j->inner; \
				t_##s *y = (t_##s *)j->y + (o * j->channels + c) * j->inner; \
				w_##s v = (w_##s)ld_##s(b[c]); \
				for (int64_t i = 0; i < j->inner; i++) \
					y[i] = st_##s((c_##s)((w_##s)ld_##s(x[i]) + v)); \
			} \
	}
K_NUMBERS(ADD, 0)
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const add_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, add) };

static int
channel_axis(mg_kernel_ctx *k, const mg_tensor *x, int *axis, mgreg_error *err)
{
	bool first = mg_k_attr_is(mg_kernel_attrs(k), "data_format", "NCHW");
	char text[256];

	if (mg_rank(x) < 2 || (first && mg_rank(x) < 3))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input tensor must be at least %s, not of shape %s",
			first ? "3D for NCHW" : "2D", mg_shape_text(&x->shape, text));
	*axis = first ? 1 : mg_rank(x) - 1;
	return 0;
}

static int
bias_add_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *bias = mg_kernel_input(k, 1);
	char text[256], text2[256];
	mg_tensor *y;
	job j = { .x = x->data, .bias = bias->data };
	int axis = 0, rc;

	if (!add_of[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if ((rc = channel_axis(k, x, &axis, err)) != 0 || (rc = mg_k_rank_is(bias, 1, "biases", err)) != 0)
		return rc;
	if (mg_dim(bias, 0) != mg_dim(x, axis))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "must provide as many biases as the channel dimension of the input: %s vs. %s",
			mg_shape_text(&bias->shape, text), mg_shape_text(&x->shape, text2));
	if ((rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0 || x->count == 0)
		return rc;
	j.y = y->data;
	j.outer = mg_k_product(x, 0, axis);
	j.channels = mg_dim(x, axis);
	j.inner = mg_k_product(x, axis + 1, mg_rank(x));
	mg_parallel_for(k, j.outer, mg_k_grain(j.channels * j.inner), add_of[x->dtype], &j);
	return 0;
}

/* ---- the gradient: sums over everything else, in blocks of OUTER that shape alone decides ---- */
typedef struct sum_job {
	const void *x;
	void   *acc, *y;
	int64_t outer, channels, inner, block, blocks;
} sum_job;

#define SUM(s, dtype, _) \
	K_HOT(s) static void sum_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const sum_job *j = arg; \
		for (int64_t b = begin; b < end; b++) { \
			w_##s *acc = (w_##s *)j->acc + b * j->channels; \
			int64_t to = MG_MIN(j->outer, (b + 1) * j->block); \
			for (int64_t c = 0; c < j->channels; c++) \
				acc[c] = 0; \
			for (int64_t o = b * j->block; o < to; o++) { \
				const t_##s *x = (const t_##s *)j->x + o * j->channels * j->inner; \
				if (j->inner == 1) { \
					for (int64_t c = 0; c < j->channels; c++) \
						acc[c] += (w_##s)ld_##s(x[c]); \
					continue; \
				} \
				for (int64_t c = 0; c < j->channels; c++, x += j->inner) { \
					w_##s lane[8] = { 0 }; \
					int64_t i = 0; \
					for (; i + 8 <= j->inner; i += 8) \
						for (int l = 0; l < 8; l++) \
							lane[l] += (w_##s)ld_##s(x[i + l]); \
					for (; i < j->inner; i++) \
						lane[0] += (w_##s)ld_##s(x[i]); \
					acc[c] += ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])); \
				} \
			} \
		} \
	} \
	static void join_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const sum_job *j = arg; \
		for (int64_t c = begin; c < end; c++) { \
			w_##s r = 0; \
			for (int64_t b = 0; b < j->blocks; b++) \
				r += ((w_##s *)j->acc)[b * j->channels + c]; \
			((t_##s *)j->y)[c] = st_##s((c_##s)r); \
		} \
	}
K_NUMBERS(SUM, 0)
static mg_range_fn *const sum_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, sum) };
static mg_range_fn *const join_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, join) };

static int
bias_add_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y;
	sum_job j = { .x = x->data };
	int axis = 0, rc;

	if (!sum_of[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if ((rc = channel_axis(k, x, &axis, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 0, (int64_t[]){ mg_dim(x, axis) }, 1, &y, err)) != 0)
		return rc;
	if (x->count == 0)
		return mg_k_fill(k, y, NULL, 0, err);
	j.y = y->data;
	j.outer = mg_k_product(x, 0, axis);
	j.channels = mg_dim(x, axis);
	j.inner = mg_k_product(x, axis + 1, mg_rank(x));
	j.block = MG_MAX(1, MG_MAX(64 / j.inner, 65536 / (j.channels * j.inner)));
	j.blocks = (j.outer + j.block - 1) / j.block;
	if ((rc = mg_kernel_scratch(k, (size_t)(j.blocks * j.channels) * 16, &j.acc, err)) != 0)
		return rc;
	mg_parallel_for(k, j.blocks, 1, sum_of[x->dtype], &j);
	mg_parallel_for(k, j.channels, mg_k_grain(j.blocks), join_of[x->dtype], &j);
	return 0;
}

const mg_kernel mg_kernels_bias[] = {
	{ "BiasAdd", "T=" K_NUMBERS_TEXT, 0, NULL, bias_add_run, NULL, MG_KERNEL_INPLACE },
	{ "BiasAddV1", "T=" K_NUMBERS_TEXT, 0, NULL, bias_add_run, NULL, MG_KERNEL_INPLACE },
	{ "BiasAddGrad", "T=" K_NUMBERS_TEXT, .run = bias_add_grad_run },
	{ .op = NULL }
};
