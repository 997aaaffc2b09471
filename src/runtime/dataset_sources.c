/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_sources.c - data sets that begin something: tensors, rows of tensors, ranges, files, random numbers. */
#include "base/base.h"
#include "base/clock.h"
#include "runtime/dataset.h"
#include "runtime/kernels/k_common.h"
#include "runtime/source.h"

static int
keep_inputs(mg_kernel_ctx *k, mg_dataset *d, int n, mgreg_error *err)
{
	int rc = 0;

	if (!(d->tensors = mg_calloc((size_t)n + 1, sizeof(*d->tensors))))
		return mg_fail_nomem(err, 0);
	for (; d->tensor_count < n && rc == 0; d->tensor_count += rc == 0)
		rc = mg_tensor_copy(&d->tensors[d->tensor_count], mg_kernel_input(k, d->tensor_count), err);
	return rc;
}

static int
scalar_input(mg_kernel_ctx *k, int i, const char *what, int64_t *out, mgreg_error *err)
{
	return mg_k_scalar(mg_kernel_input(k, i), what, out, err);
}

/* ---- tensors ---- */

static int
tensors_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	d->parts = mg_kernel_input_count(k);
	return keep_inputs(k, d, d->parts, err);
}

static int
tensors_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int rc = 0;

	(void)k;
	if ((*end = w->count++ > 0))
		return 0;
	for (int i = 0; i < w->d->parts && rc == 0; i++)
		rc = mg_tensor_share(&out[i], &w->d->tensors[i], err);
	return rc;
}

static int
slices_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int rc = tensors_make(k, d, err);

	for (int i = 0; i < d->parts && rc == 0; i++)
		if (mg_rank(&d->tensors[i]) < 1 || mg_dim(&d->tensors[i], 0) != mg_dim(&d->tensors[0], 0))
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "all components must have rank 1 or more and the same 0th dimension");
	if (rc == 0)
		d->number[0] = mg_dim(&d->tensors[0], 0);
	return rc;
}

static int
row_of(const mg_tensor *t, int64_t i, mg_tensor *out, mgreg_error *err)
{
	int rc = mg_tensor_init_dims(out, t->dtype, mg_shape_cdims(&t->shape) + 1, mg_rank(t) - 1, err);

	return rc ? rc : mg_k_copy_run(out, 0, t, i * out->count, out->count, err);
}

static int
slices_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int64_t at = w->count;
	int rc = 0;

	(void)k;
	if ((*end = at >= w->d->number[0]))
		return 0;
	w->count++;
	for (int i = 0; i < w->d->parts && rc == 0; i++)
		rc = row_of(&w->d->tensors[i], at, &out[i], err);
	return rc;
}

/* ---- slices of a sparse tensor: indices, values, shape without the first dimension ---- */

static int
sparse_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	const mg_tensor *indices, *shape;
	int rc;

	if ((rc = keep_inputs(k, d, 3, err)) != 0)
		return rc;
	indices = &d->tensors[0];
	shape = &d->tensors[2];
	if (mg_rank(indices) != 2 || mg_rank(shape) != 1 || mg_dim(indices, 1) != shape->count || shape->count < 1 || mg_rank(&d->tensors[1]) != 1
	    || d->tensors[1].count != mg_dim(indices, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices must be [n, rank], values [n], dense_shape [rank] with a rank of at least 1");
	for (int64_t i = 1; i < mg_dim(indices, 0); i++)
		if (MG_CDATA(indices, int64_t)[i * shape->count] < MG_CDATA(indices, int64_t)[(i - 1) * shape->count])
			return mg_fail(err, MGREG_UNIMPLEMENTED, "the SparseTensor must be ordered in the batch dimension");
	d->parts = 3;
	d->number[0] = MG_CDATA(shape, int64_t)[0];
	return 0;
}

static int
sparse_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	const mg_tensor *indices = &w->d->tensors[0], *values = &w->d->tensors[1], *shape = &w->d->tensors[2];
	int64_t from = w->number[0], to = from, rank = shape->count;
	int rc = 0;

	(void)k;
	if ((*end = w->count >= w->d->number[0]))
		return 0;
	while (to < values->count && MG_CDATA(indices, int64_t)[to * rank] == w->count)
		to++;
	MG_TRY(mg_tensor_init_dims(&out[0], MGREG_INT64, (int64_t[]){ to - from, rank - 1 }, 2, err));
	MG_TRY(mg_tensor_init_dims(&out[1], values->dtype, (int64_t[]){ to - from }, 1, err));
	MG_TRY(mg_tensor_init_dims(&out[2], MGREG_INT64, (int64_t[]){ rank - 1 }, 1, err));
	for (int64_t i = from; i < to; i++)
		MG_TRY(mg_k_copy_run(&out[0], (i - from) * (rank - 1), indices, i * rank + 1, rank - 1, err));
	MG_TRY(mg_k_copy_run(&out[1], 0, values, from, to - from, err));
	MG_TRY(mg_k_copy_run(&out[2], 0, shape, 1, rank - 1, err));
	w->number[0] = to;
	w->count++;
out:
	return rc;
}

/* ---- ranges ---- */

static int
range_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	static const char *const names[] = { "start", "stop", "step" };
	int rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++)
		rc = scalar_input(k, i, names[i], &d->number[i], err);
	if (rc == 0 && d->number[2] == 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "step must be a non-zero integer");
	return rc;
}

static int
range_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	const int64_t *n = w->d->number;
	int64_t v = w->count == 0 ? n[0] : w->number[0];
	int rc;

	(void)k;
	if ((*end = w->number[1] || (n[2] > 0 ? v >= n[1] : v <= n[1])))
		return 0;
	w->count = 1;
	w->number[1] = __builtin_add_overflow(v, n[2], &w->number[0]);
	if ((rc = mg_tensor_init_dims(&out[0], MGREG_INT64, NULL, 0, err)) == 0)
		*MG_DATA(&out[0], int64_t) = v;
	return rc;
}

static int
seeds_of(mg_kernel_ctx *k, mg_dataset *d, int at, mgreg_error *err)
{
	int64_t seed[2];
	int rc;

	if ((rc = scalar_input(k, at, "seed", &seed[0], err)) != 0 || (rc = scalar_input(k, at + 1, "seed2", &seed[1], err)) != 0)
		return rc;
	if (seed[0] == 0 && seed[1] == 0 && (rc = mg_random_bytes(seed, sizeof(seed), err)) != 0)
		return rc;
	d->number[4] = seed[0];
	d->number[5] = seed[1];
	mg_philox_init(&d->philox, (uint64_t)seed[0], (uint64_t)seed[1]);
	return 0;
}

static int
random_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	return seeds_of(k, d, 0, err);
}

typedef struct generator {
	mg_philox p;
	uint32_t  words[4];
	int       used;
} generator;

static int
random_begin(mg_walk *w, mgreg_error *err)
{
	generator *g = mg_calloc(1, sizeof(*g));

	if (!(w->state = g))
		return mg_fail_nomem(err, sizeof(*g));
	g->p = w->d->philox;
	g->used = 4;
	return 0;
}

static int
random_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	generator *g = w->state;
	int rc = mg_tensor_init_dims(&out[0], MGREG_INT64, NULL, 0, err);

	(void)k, (void)end;
	if (rc == 0)
		*MG_DATA(&out[0], int64_t) = mg_words_next(&g->p, g->words, &g->used);
	return rc;
}

static void
free_state(mg_walk *w)
{
	mg_free(w->state);
}

/* ---- files: tensor 0 holds their names ---- */

static int
files_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 0);
	bool fixed = mg_starts_with(d->kind->op, "Fixed");
	int compression = fixed ? 5 : 1, rc;
	mg_slice s;

	if (mg_rank(t) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "`filenames` must be a scalar or a vector");
	if ((rc = keep_inputs(k, d, 1, err)) != 0)
		return rc;
	for (int i = 0; fixed && i < 3; i++)
		if ((rc = scalar_input(k, 1 + i, "record length", &d->number[i], err)) != 0)
			return rc;
	if (fixed && (d->number[0] < 0 || d->number[1] <= 0 || d->number[2] < 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "`record_bytes` must be > 0, `header_bytes` and `footer_bytes` >= 0");
	if (mg_kernel_input_count(k) > compression && mg_kernel_input(k, compression)->dtype == MGREG_STRING) {
		if (mg_kernel_input(k, compression)->count != 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "`compression_type` must be a scalar");
		s = mg_tensor_string(mg_kernel_input(k, compression), 0);
		snprintf(d->text, sizeof(d->text), "%.*s", (int)MG_MIN(s.len, sizeof(d->text) - 1), s.ptr);
	}
	return 0;
}

static int
open_next(mg_walk *w, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	mg_source_spec spec = { .kind = mg_starts_with(d->kind->op, "TFRecord") ? MG_SOURCE_TFRECORD : mg_starts_with(d->kind->op, "Text") ? MG_SOURCE_LINES
		: MG_SOURCE_FIXED, .compression = d->text, .header = d->number[0], .record = d->number[1], .footer = d->number[2] };
	mg_slice s = mg_tensor_string(&d->tensors[0], w->count);
	char *path = mg_strndup(s.ptr, s.len);
	mg_source *src = NULL;
	int rc;

	if (!path)
		return mg_fail_nomem(err, s.len);
	if ((rc = mg_source_open(&src, d->session, &spec, path, err)) == 0)
		w->state = src;
	w->count++;
	mg_free(path);
	return rc;
}

static int
files_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	mg_slice record;
	int rc;

	(void)k;
	for (;;) {
		bool over;

		if (!w->state) {
			if ((*end = w->count >= w->d->tensors[0].count))
				return 0;
			if ((rc = open_next(w, err)) != 0)
				return rc;
		}
		if ((rc = mg_source_next(w->state, &record, NULL, &over, err)) != 0)
			return rc;
		if (!over)
			return mg_tensor_init_string(&out[0], record.ptr, record.len, err);
		mg_source_close(w->state);
		w->state = NULL;
	}
}

static void
files_end(mg_walk *w)
{
	mg_source_close(w->state);
}

const mg_dataset_kind mg_dataset_sources[] = {
	{ "TensorDataset", tensors_make, NULL, tensors_next, NULL, 0, NULL, NULL },
	{ "TensorSliceDataset", slices_make, NULL, slices_next, NULL, 0, NULL, NULL },
	{ "SparseTensorSliceDataset", sparse_make, NULL, sparse_next, NULL, 0, NULL, NULL },
	{ "RangeDataset", range_make, NULL, range_next, NULL, 0, NULL, NULL },
	{ "RandomDataset", random_make, random_begin, random_next, free_state, 0, NULL, NULL },
	{ "ExperimentalRandomDataset", random_make, random_begin, random_next, free_state, 0, NULL, NULL },
	{ "TFRecordDataset", files_make, NULL, files_next, files_end, 0, NULL, NULL },
	{ "TextLineDataset", files_make, NULL, files_next, files_end, 0, NULL, NULL },
	{ "FixedLengthRecordDataset", files_make, NULL, files_next, files_end, 0, NULL, NULL },
	{ "FixedLengthRecordDatasetV2", files_make, NULL, files_next, files_end, 0, NULL, NULL },
	{ .op = NULL }
};
