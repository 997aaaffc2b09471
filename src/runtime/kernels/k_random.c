/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_random.c - random numbers: TensorFlow's own for the same seeds.
 *
 * A run of N elements starts at the node's counter and moves it on by 256 N blocks, whatever it used.  Uniform and
 * normal values take consecutive blocks, truncated normals a fresh place for each group.  The parts of an output are
 * therefore independent of each other and computed by the pool.
 */
#include "base/base.h"
#include <math.h>
#include "runtime/runtime_internal.h"

#define RESERVED 256
#define GRAIN 4096      /* elements: a multiple of every group size */

/* ---- from words to numbers ---- */

static float
unit_float(uint32_t x)
{
	uint32_t bits = UINT32_C(127) << 23 | (x & 0x7fffff);
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f - 1.0f;
}

static double
unit_double(uint32_t high, uint32_t low)
{
	uint64_t bits = UINT64_C(1023) << 52 | (uint64_t)(high & 0xfffff) << 32 | low;
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d - 1.0;
}

static uint16_t
unit_half(uint32_t x)
{
	return mg_float_to_half(mg_half_to_float((uint16_t)(15 << 10 | (x & 0x3ff))) - 1.0f);
}

static uint16_t
unit_bfloat16(uint32_t x)
{
	return mg_float_to_bfloat16(mg_bfloat16_to_float((uint16_t)(127 << 7 | (x & 0x7f))) - 1.0f);
}

/* Two normal values of two words (floats) or four (doubles); sine first. */
static void
box_muller_float(uint32_t x0, uint32_t x1, float out[2])
{
	const float epsilon = 1.0e-7f;
	float u1 = unit_float(x0), v1, u2;

	if (u1 < epsilon)
		u1 = epsilon;
	v1 = (float)(2.0 * M_PI * (double)unit_float(x1));
	u2 = sqrtf(-2.0f * logf(u1));
	out[0] = sinf(v1) * u2;
	out[1] = cosf(v1) * u2;
}

static void
box_muller_double(const uint32_t x[4], double out[2])
{
	const double epsilon = 1.0e-7;
	double u1 = unit_double(x[0], x[1]), v1, u2;

	if (u1 < epsilon)
		u1 = epsilon;
	v1 = 2 * M_PI * unit_double(x[2], x[3]);
	u2 = sqrt(-2.0 * log(u1));
	out[0] = sin(v1) * u2;
	out[1] = cos(v1) * u2;
}

/* ---- filling ---- */

typedef struct filler filler;
struct filler {
	mg_philox   start;
	mg_dtype    dtype;
	int         per_block;          /* elements a block gives */
	void       *out;
	uint64_t    range;              /* integers */
	int64_t     low;
	void      (*put)(const filler *f, const uint32_t x[4], int64_t at, int n);
};

static void
put_uniform(const filler *f, const uint32_t x[4], int64_t at, int n)
{
	for (int i = 0; i < n; i++)
		switch (f->dtype) {
		case MGREG_FLOAT: ((float *)f->out)[at + i] = unit_float(x[i]); break;
		case MGREG_DOUBLE: ((double *)f->out)[at + i] = unit_double(x[2 * i], x[2 * i + 1]); break;
		case MGREG_HALF: ((uint16_t *)f->out)[at + i] = unit_half(x[i]); break;
		default: ((uint16_t *)f->out)[at + i] = unit_bfloat16(x[i]); break;
		}
}

static void
put_int(const filler *f, const uint32_t x[4], int64_t at, int n)
{
	for (int i = 0; i < n; i++)
		if (f->dtype == MGREG_INT32)
			((int32_t *)f->out)[at + i] = (int32_t)((uint32_t)f->low + x[i] % (uint32_t)f->range);
		else
			((int64_t *)f->out)[at + i] = (int64_t)((uint64_t)f->low + ((uint64_t)x[2 * i + 1] << 32 | x[2 * i]) % f->range);
}

static void
put_normal(const filler *f, const uint32_t x[4], int64_t at, int n)
{
	float v[4];
	double d[2];

	if (f->dtype == MGREG_DOUBLE) {
		box_muller_double(x, d);
		memcpy((double *)f->out + at, d, (size_t)n * sizeof(*d));
		return;
	}
	box_muller_float(x[0], x[1], v);
	box_muller_float(x[2], x[3], v + 2);
	for (int i = 0; i < n; i++)
		if (f->dtype == MGREG_FLOAT)
			((float *)f->out)[at + i] = v[i];
		else
			((uint16_t *)f->out)[at + i] = f->dtype == MGREG_HALF ? mg_float_to_half(v[i]) : mg_float_to_bfloat16(v[i]);
}

static void
fill_range(void *arg, int64_t begin, int64_t end)
{
	const filler *f = arg;
	mg_philox p = f->start;
	uint32_t x[4];

	mg_philox_skip(&p, (uint64_t)(begin / f->per_block));
	for (int64_t at = begin; at < end; at += f->per_block) {
		mg_philox_next(&p, x);
		f->put(f, x, at, (int)MG_MIN((int64_t)f->per_block, end - at));
	}
}

/* Words one by one out of consecutive blocks. */
typedef struct words {
	mg_philox p;
	uint32_t  x[4];
	int       used;
} words;

static uint32_t
next_word(words *w)
{
	if (w->used == 4) {
		mg_philox_next(&w->p, w->x);
		w->used = 0;
	}
	return w->x[w->used++];
}

static void
truncated_group(const filler *f, words *w, int64_t at, int n)
{
	int kept = 0;

	if (f->dtype == MGREG_DOUBLE) {
		while (kept < 2) {
			uint32_t x[4];
			double d[2];

			for (int i = 0; i < 4; i++)
				x[i] = next_word(w);
			box_muller_double(x, d);
			for (int i = 0; i < 2 && kept < 2; i++)
				if (fabs(d[i]) < 2.0) {
					if (kept < n)
						((double *)f->out)[at + kept] = d[i];
					kept++;
				}
		}
		return;
	}
	while (kept < 4) {
		uint32_t x0 = next_word(w), x1 = next_word(w);
		float v[2];

		box_muller_float(x0, x1, v);
		for (int i = 0; i < 2 && kept < 4; i++)
			if (fabsf(v[i]) < 2.0f) {
				if (kept < n && f->dtype == MGREG_FLOAT)
					((float *)f->out)[at + kept] = v[i];
				else if (kept < n)
					((uint16_t *)f->out)[at + kept] = f->dtype == MGREG_HALF ? mg_float_to_half(v[i]) : mg_float_to_bfloat16(v[i]);
				kept++;
			}
	}
}

/* A group of 4 (doubles: 2) starts 256 (128) blocks after the one before. */
static void
truncated_range(void *arg, int64_t begin, int64_t end)
{
	const filler *f = arg;
	int group = f->dtype == MGREG_DOUBLE ? 2 : 4;

	for (int64_t at = begin; at < end; at += group) {
		words w = { .p = f->start, .used = 4 };

		mg_philox_skip(&w.p, (uint64_t)(at / group) * (group == 2 ? 128 : 256));
		truncated_group(f, &w, at, (int)MG_MIN((int64_t)group, end - at));
	}
}

/* ---- the ops ---- */

/* Output 0 of the shape that input 0 lists. */
static int
shaped_output(mg_kernel_ctx *k, mg_tensor **out, mgreg_error *err)
{
	const mg_tensor *list = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK];

	if (mg_rank(list) != 1 || list->count > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape must be a vector of at most %d numbers", MG_MAX_RANK);
	for (int64_t i = 0; i < list->count; i++)
		if (!mg_tensor_as_i64(list, i, &dims[i]) || dims[i] < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dimension %lld must be >= 0", (long long)i);
	return mg_kernel_output_dims(k, 0, dims, (int)list->count, out, err);
}

static int
fill(mg_kernel_ctx *k, filler *f, mg_tensor *out, mg_range_fn *body, mgreg_error *err)
{
	int rc;

	f->dtype = out->dtype;
	f->out = out->data;
	f->per_block = mg_dtype_size(out->dtype) == 8 ? 2 : 4;
	if ((rc = mg_kernel_random(k, (uint64_t)out->count * RESERVED, &f->start, err)) == 0)
		mg_parallel_for(k, out->count, GRAIN, body, f);
	return rc;
}

static int
uniform_run(mg_kernel_ctx *k, mgreg_error *err)
{
	filler f = { .put = put_uniform };
	mg_tensor *out;
	int rc = shaped_output(k, &out, err);

	return rc ? rc : fill(k, &f, out, fill_range, err);
}

static int
normal_run(mg_kernel_ctx *k, mgreg_error *err)
{
	filler f = { .put = put_normal };
	mg_tensor *out;
	int rc = shaped_output(k, &out, err);

	return rc ? rc : fill(k, &f, out, fill_range, err);
}

static int
truncated_run(mg_kernel_ctx *k, mgreg_error *err)
{
	filler f = { 0 };
	mg_tensor *out;
	int rc = shaped_output(k, &out, err);

	return rc ? rc : fill(k, &f, out, truncated_range, err);
}

static int
uniform_int_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *lo = mg_kernel_input(k, 1), *hi = mg_kernel_input(k, 2);
	filler f = { .put = put_int };
	int64_t low, high;
	mg_tensor *out;
	int rc;

	if (lo->count != 1 || hi->count != 1 || !mg_tensor_as_i64(lo, 0, &low) || !mg_tensor_as_i64(hi, 0, &high))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "minval and maxval must be scalars");
	if ((rc = shaped_output(k, &out, err)) != 0)
		return rc;
	if (out->count == 0)
		return 0;
	if (low >= high)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "need minval < maxval, got %lld >= %lld", (long long)low, (long long)high);
	f.low = low;
	f.range = (uint64_t)high - (uint64_t)low;
	return fill(k, &f, out, fill_range, err);
}

/* Fisher and Yates from the front, one word a swap. */
static int
shuffle_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t rows = mg_rank(x) > 0 ? mg_dim(x, 0) : 1;
	words w = { .used = 4 };
	mg_tensor copy = { 0 };
	size_t row;
	char *swap;
	int rc;

	if (x->count <= 1 || rows <= 1)
		return mg_kernel_share(k, 0, x, err);
	row = x->size / (size_t)rows;
	if ((rc = mg_kernel_random(k, (uint64_t)(rows - 1 + 3) / 4, &w.p, err)) != 0
	    || (rc = mg_kernel_scratch(k, row, (void **)&swap, err)) != 0 || (rc = mg_tensor_copy(&copy, x, err)) != 0)
		return rc;
	for (int64_t i = 0; i < rows - 1; i++) {
		int64_t j = i + (int64_t)(next_word(&w) % (uint64_t)(rows - i));
		char *a = MG_DATA(&copy, char) + (size_t)i * row, *b = MG_DATA(&copy, char) + (size_t)j * row;

		if (a != b) {
			memcpy(swap, a, row);
			memcpy(a, b, row);
			memcpy(b, swap, row);
		}
	}
	mg_kernel_take(k, 0, &copy);
	return 0;
}

/* ---- stateless: key and counter are made of the seed, input AT ---- */

static int
stateless_start(mg_kernel_ctx *k, int at, mg_philox *out, mgreg_error *err)
{
	const mg_tensor *seed = mg_kernel_input(k, at);
	mg_philox p = { { 0x3ec8f720, 0x02461e29 }, { 0 } };
	uint32_t mix[4];
	int64_t s[2];

	if (mg_rank(seed) != 1 || seed->count != 2 || !mg_tensor_as_i64(seed, 0, &s[0]) || !mg_tensor_as_i64(seed, 1, &s[1]))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "seed must have shape [2]");
	p.ctr[0] = (uint32_t)s[0];
	p.ctr[1] = (uint32_t)((uint64_t)s[0] >> 32);
	p.ctr[2] = (uint32_t)s[1];
	p.ctr[3] = (uint32_t)((uint64_t)s[1] >> 32);
	mg_philox_next(&p, mix);
	*out = (mg_philox){ { mix[0], mix[1] }, { 0, 0, mix[2], mix[3] } };
	return 0;
}

static int
stateless(mg_kernel_ctx *k, filler *f, mg_range_fn *body, mgreg_error *err)
{
	mg_tensor *out;
	int rc;

	if ((rc = shaped_output(k, &out, err)) != 0 || (rc = stateless_start(k, 1, &f->start, err)) != 0)
		return rc;
	f->dtype = out->dtype;
	f->out = out->data;
	f->per_block = mg_dtype_size(out->dtype) == 8 ? 2 : 4;
	mg_parallel_for(k, out->count, GRAIN, body, f);
	return 0;
}

static int
stateless_uniform_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return stateless(k, &(filler){ .put = put_uniform }, fill_range, err);
}

static int
stateless_normal_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return stateless(k, &(filler){ .put = put_normal }, fill_range, err);
}

static int
stateless_truncated_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return stateless(k, &(filler){ 0 }, truncated_range, err);
}

static int
stateless_int_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *lo = mg_kernel_input(k, 2), *hi = mg_kernel_input(k, 3);
	filler f = { .put = put_int };
	int64_t low, high;

	if (lo->count != 1 || hi->count != 1 || !mg_tensor_as_i64(lo, 0, &low) || !mg_tensor_as_i64(hi, 0, &high) || low >= high)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "need scalars minval < maxval");
	f.low = low;
	f.range = (uint64_t)high - (uint64_t)low;
	return stateless(k, &f, fill_range, err);
}

static void
put_full(const filler *f, const uint32_t x[4], int64_t at, int n)
{
	for (int i = 0; i < n; i++)
		if (f->per_block == 4)
			((uint32_t *)f->out)[at + i] = x[i];
		else
			((uint64_t *)f->out)[at + i] = (uint64_t)x[2 * i + 1] << 32 | x[2 * i];
}

static int
stateless_full_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return stateless(k, &(filler){ .put = put_full }, fill_range, err);
}

/* ---- Multinomial ---- */

/* One row of logits: SAMPLES draws by inverting the sum of exp(logit - largest). */
static void
multinomial_row(const mg_tensor *logits, int64_t row, int64_t classes, int64_t samples, double *sums, words *w, mg_tensor *out)
{
	double largest = -INFINITY, total = 0;

	for (int64_t c = 0; c < classes; c++) {
		double v = 0;

		mg_tensor_as_double(logits, row * classes + c, &v);
		if (isfinite(v))
			largest = MG_MAX(largest, v);
	}
	for (int64_t c = 0; c < classes; c++) {
		double v = 0;

		mg_tensor_as_double(logits, row * classes + c, &v);
		if (isfinite(v))
			total += exp(v - largest);
		sums[c] = total;
	}
	for (int64_t s = 0; s < samples; s++) {
		uint32_t high = next_word(w), low = next_word(w);
		double at = unit_double(high, low) * total;
		int64_t a = 0, b = classes;

		while (a < b) {         /* the first sum above AT */
			int64_t mid = a + (b - a) / 2;

			if (sums[mid] > at)
				b = mid;
			else
				a = mid + 1;
		}
		if (out->dtype == MGREG_INT32)
			MG_DATA(out, int32_t)[row * samples + s] = (int32_t)a;
		else
			MG_DATA(out, int64_t)[row * samples + s] = a;
	}
}

static int
multinomial(mg_kernel_ctx *k, bool seeded, mgreg_error *err)
{
	const mg_tensor *logits = mg_kernel_input(k, 0), *number = mg_kernel_input(k, 1);
	words w = { .used = 4 };
	int64_t samples, rows, classes;
	double *sums;
	mg_tensor *out;
	char text[256];
	int rc;

	if (mg_rank(logits) != 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "logits should be a matrix, got shape %s", mg_shape_text(&logits->shape, text));
	if (number->count != 1 || !mg_tensor_as_i64(number, 0, &samples) || samples < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_samples should be a scalar >= 0");
	rows = mg_dim(logits, 0);
	classes = mg_dim(logits, 1);
	if (classes < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_classes should be positive");
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ rows, samples }, 2, &out, err)) != 0 || out->count == 0)
		return rc;
	if ((rc = mg_kernel_scratch(k, (size_t)classes * sizeof(*sums), (void **)&sums, err)) != 0
	    || (rc = seeded ? stateless_start(k, 2, &w.p, err) : mg_kernel_random(k, (uint64_t)((samples + 3) / 4 * 4) * (uint64_t)rows * 2, &w.p, err)) != 0)
		return rc;
	for (int64_t r = 0; r < rows; r++)
		multinomial_row(logits, r, classes, samples, sums, &w, out);
	return 0;
}

static int multinomial_run(mg_kernel_ctx *k, mgreg_error *err) { return multinomial(k, false, err); }
static int stateless_multinomial_run(mg_kernel_ctx *k, mgreg_error *err) { return multinomial(k, true, err); }

const mg_kernel mg_kernels_random[] = {
	{ "RandomUniform", "dtype=float|double|half|bfloat16", .run = uniform_run, .flags = MG_KERNEL_NO_FOLD },
	{ "RandomUniformInt", "Tout=int32|int64", .run = uniform_int_run, .flags = MG_KERNEL_NO_FOLD },
	{ "RandomStandardNormal", "dtype=float|double|half|bfloat16", .run = normal_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TruncatedNormal", "dtype=float|double|half|bfloat16", .run = truncated_run, .flags = MG_KERNEL_NO_FOLD },
	{ "RandomShuffle", .run = shuffle_run, .flags = MG_KERNEL_NO_FOLD },
	{ "Multinomial", .run = multinomial_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StatelessRandomUniform", "dtype=float|double|half|bfloat16", .run = stateless_uniform_run },
	{ "StatelessRandomNormal", "dtype=float|double|half|bfloat16", .run = stateless_normal_run },
	{ "StatelessTruncatedNormal", "dtype=float|double|half|bfloat16", .run = stateless_truncated_run },
	{ "StatelessRandomUniformInt", "dtype=int32|int64", .run = stateless_int_run },
	{ "StatelessRandomUniformFullInt", "dtype=int32|int64|uint32|uint64", .run = stateless_full_run },
	{ "StatelessMultinomial", .run = stateless_multinomial_run },
	{ .op = NULL }
};
