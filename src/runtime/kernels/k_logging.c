/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_logging.c - summaries as serialised messages; assertions, prints and checks.
 *
 * The library is quiet: what Print would write to stderr goes to the log callback.
 */
#include "base/base.h"
#include <float.h>
#include <math.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"
#include "runtime/runtime_internal.h"

/* ---- a tensor in few words: "1 2 3...", inner dimensions in brackets ---- */

static void
put_element(mg_str *out, const mg_tensor *t, int64_t i)
{
	char text[MG_NUM_MAX];
	int64_t whole;
	double real;

	if (t->dtype == MGREG_STRING) {
		mg_str_append(out, mg_tensor_string(t, i).ptr, mg_tensor_string(t, i).len);
	} else if (t->dtype == MGREG_BOOL) {
		mg_str_add(out, MG_CDATA(t, bool)[i] ? "1" : "0");
	} else if (mg_tensor_as_i64(t, i, &whole)) {
		mg_str_printf(out, "%lld", (long long)whole);
	} else if (t->dtype == MGREG_DOUBLE) {
		mg_format_double(text, MG_CDATA(t, double)[i]);
		mg_str_add(out, text);
	} else if (mg_tensor_as_double(t, i, &real)) {
		mg_format_float(text, (float)real);
		mg_str_add(out, text);
	} else {
		mg_str_add(out, "?");
	}
}

/* Prints dimension D; AT walks over the elements and stops at LIMIT. */
static void
put_dim(mg_str *out, const mg_tensor *t, int d, int64_t *at, int64_t limit)
{
	if (d == mg_rank(t)) {
		put_element(out, t, (*at)++);
		return;
	}
	for (int64_t i = 0; i < mg_dim(t, d) && *at < limit; i++) {
		bool inner = d + 1 < mg_rank(t);

		if (i && !inner)
			mg_str_addc(out, ' ');
		if (inner)
			mg_str_addc(out, '[');
		put_dim(out, t, d + 1, at, limit);
		if (inner)
			mg_str_addc(out, ']');
	}
}

static void
put_bracketed(mg_str *out, const mg_tensor *t, int64_t limit)
{
	int64_t at = 0;

	if (limit < 0)
		limit = INT64_MAX;
	mg_str_addc(out, '[');
	if (t->count && limit)
		put_dim(out, t, 0, &at, limit);
	if (at < t->count)
		mg_str_add(out, "...");
	mg_str_addc(out, ']');
}

/* ---- Assert, Print, CheckNumerics ---- */

static int
assert_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *condition = mg_kernel_input(k, 0);
	mg_str text = MG_STR_INIT;
	int64_t limit = 3;
	int rc;

	if (condition->count != 1 || mg_rank(condition) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "in[0] should be a scalar");
	if (MG_CDATA(condition, bool)[0])
		return 0;
	mg_attr_get_int(mg_kernel_attrs(k), "summarize", &limit);
	for (int i = 1; i < mg_kernel_input_count(k); i++) {
		mg_str_addc(&text, ' ');
		put_bracketed(&text, mg_kernel_input(k, i), limit);
	}
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "assertion failed:%.*s", (int)MG_MIN(text.len, (size_t)1200), text.ptr);
	mg_str_clear(&text);
	return rc;
}

typedef struct counter { atomic_int_fast64_t printed; } counter;

static int
print_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	(void)p;
	*state = mg_calloc(1, sizeof(counter));
	return *state ? 0 : mg_fail_nomem(err, sizeof(counter));
}

static int
print_run(mg_kernel_ctx *k, mgreg_error *err)
{
	counter *c = mg_kernel_state(k);
	int64_t first = -1, limit = 3;
	mg_slice message = { "", 0 };
	mg_str text = MG_STR_INIT;

	mg_attr_get_int(mg_kernel_attrs(k), "first_n", &first);
	mg_attr_get_int(mg_kernel_attrs(k), "summarize", &limit);
	mg_attr_get_string(mg_kernel_attrs(k), "message", &message);
	if (first < 0 || atomic_fetch_add(&c->printed, 1) < first) {
		mg_str_append(&text, message.ptr, message.len);
		for (int i = 1; i < mg_kernel_input_count(k); i++)
			put_bracketed(&text, mg_kernel_input(k, i), limit);
		mg_log(MG_LOG_INFO, "%s", text.ptr);
		mg_str_clear(&text);
	}
	return mg_kernel_share(k, 0, mg_kernel_input(k, 0), err);
}

static int
print_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 0);
	mg_slice where = { "stderr", 6 };

	mg_attr_get_string(mg_kernel_attrs(k), "output_stream", &where);
	if (t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must be a scalar string");
	if (where.len >= 7 && !memcmp(where.ptr, "file://", 7))
		return mg_fail(err, MGREG_PERMISSION_DENIED, "printing into file '%.*s'", (int)where.len - 7, where.ptr + 7);
	mg_log(mg_slice_eq(where, "log(error)") || mg_slice_eq(where, "log(warning)") ? MG_LOG_WARNING : MG_LOG_INFO, "%.*s",
		(int)MG_MIN(mg_tensor_string(t, 0).len, (size_t)INT_MAX), mg_tensor_string(t, 0).ptr);
	return 0;
}

/* Which of the two T has, told by the bits. */
static void
find_bad(const mg_tensor *t, bool *has_nan, bool *has_inf)
{
	for (int64_t i = 0; i < t->count; i++) {
		double v = 0;

		if (t->dtype == MGREG_FLOAT)
			v = MG_CDATA(t, float)[i];
		else if (t->dtype == MGREG_DOUBLE)
			v = MG_CDATA(t, double)[i];
		else
			mg_tensor_as_double(t, i, &v);
		*has_nan |= isnan(v) != 0;
		*has_inf |= isinf(v) != 0;
	}
}

static int
check_numerics_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 0);
	mg_slice message = { "", 0 };
	bool nans = false, infs = false;

	find_bad(t, &nans, &infs);
	if (!nans && !infs)
		return mg_kernel_share(k, 0, t, err);
	mg_attr_get_string(mg_kernel_attrs(k), "message", &message);
	return mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_NUMERIC, "%.*s : Tensor had %s values", (int)message.len, message.ptr,
		nans && infs ? "Inf and NaN" : nans ? "NaN" : "Inf");
}

static int
timestamp_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	int rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err);

	if (rc == 0)
		*MG_DATA(out, double) = (double)mg_now_ms() / 1000.0;
	return rc;
}

/* ---- summaries ---- */

/* Adds a value with TAG to SUMMARY; NULL when memory is short. */
static Pb__Summary__Value *
add_value(mg_arena *arena, Pb__Summary *summary, mg_slice tag)
{
	Pb__Summary__Value *v = mg_msg_new(arena, &pb__summary__value__descriptor);

	if (!v || !(v->tag = mg_arena_strndup(arena, tag.ptr, tag.len)) || !mg_msg_append(arena, &summary->value, &summary->n_value, v))
		return NULL;
	return v;
}

static int
put_summary(mg_kernel_ctx *k, const Pb__Summary *summary, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	mg_tensor t = { 0 };
	int rc;

	if ((rc = mg_msg_encode(&summary->base, &bytes, err)) == 0 && (rc = mg_tensor_init_string(&t, bytes.ptr, bytes.len, err)) == 0)
		mg_kernel_take(k, 0, &t);
	mg_str_clear(&bytes);
	return rc;
}

static int
scalar_summary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *tags = mg_kernel_input(k, 0), *values = mg_kernel_input(k, 1);
	mg_arena arena = { 0 };
	Pb__Summary *summary;
	char a[256], b[256];
	int rc = 0;

	if (!mg_shape_equal(&tags->shape, &values->shape) && !(tags->count == 1 && values->count == 1)) {
		mg_slice tag = tags->count == 1 ? mg_tensor_string(tags, 0) : (mg_slice){ "", 0 };

		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tags and values not the same shape: %s != %s%s%.*s%s", mg_shape_text(&tags->shape, a),
			mg_shape_text(&values->shape, b), tag.len ? " (tag '" : "", (int)tag.len, tag.ptr, tag.len ? "')" : "");
	}
	summary = mg_msg_new(&arena, &pb__summary__descriptor);
	for (int64_t i = 0; summary && i < values->count; i++) {
		Pb__Summary__Value *v = add_value(&arena, summary, mg_tensor_string(tags, i));
		double real = 0;

		if (!v) {
			summary = NULL;
			break;
		}
		mg_tensor_as_double(values, i, &real);
		v->value_case = PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
		v->simple_value = (float)real;
	}
	rc = summary ? put_summary(k, summary, err) : mg_fail_nomem(err, 0);
	mg_arena_clear(&arena);
	return rc;
}

/* The bucket limits: -DBL_MAX, powers of 1.1 from both sides to 0, DBL_MAX. */
#define POWERS 774
#define LIMITS (2 * POWERS + 3)
static double limits[LIMITS];
static mg_once limits_once = MG_ONCE_INIT;

static void
make_limits(void)
{
	double v = 1.0e-12;
	int n = 0;

	limits[POWERS + 1] = 0;
	for (; v < 1.0e20 && n < POWERS; v *= 1.1, n++) {
		limits[POWERS + 2 + n] = v;
		limits[POWERS - n] = -v;
	}
	limits[0] = -DBL_MAX;
	limits[LIMITS - 1] = DBL_MAX;
}

static int
first_above(double v)
{
	int a = 0, b = LIMITS - 1;

	while (a < b) {
		int mid = (a + b) / 2;

		if (limits[mid] > v)
			b = mid;
		else
			a = mid + 1;
	}
	return a;
}

/* Runs of empty buckets become one entry at the run's last limit. */
static bool
put_buckets(mg_arena *arena, Pb__HistogramProto *h, const double *counts)
{
	h->bucket = mg_arena_zalloc(arena, LIMITS, sizeof(double));
	h->bucket_limit = mg_arena_zalloc(arena, LIMITS, sizeof(double));
	if (!h->bucket || !h->bucket_limit)
		return false;
	for (int i = 0; i < LIMITS; ) {
		double end = limits[i], count = counts[i];

		i++;
		if (count <= 0)
			while (i < LIMITS && counts[i] <= 0)
				end = limits[i++];
		h->bucket_limit[h->n_bucket_limit++] = end;
		h->bucket[h->n_bucket++] = count;
	}
	return true;
}

static Pb__HistogramProto *
histogram(mg_arena *arena, const mg_tensor *values)
{
	Pb__HistogramProto *h = mg_msg_new(arena, &pb__histogram_proto__descriptor);
	double *counts = mg_arena_zalloc(arena, LIMITS, sizeof(*counts));

	if (!h || !counts)
		return NULL;
	pthread_once(&limits_once, make_limits);
	h->min = DBL_MAX;
	h->max = -DBL_MAX;
	for (int64_t i = 0; i < values->count; i++) {
		double v = 0;

		mg_tensor_as_double(values, i, &v);
		counts[first_above(v)]++;
		h->min = MG_MIN(h->min, v);
		h->max = MG_MAX(h->max, v);
		h->num++;
		h->sum += v;
		h->sum_squares += v * v;
	}
	return put_buckets(arena, h, counts) ? h : NULL;
}

static int
histogram_summary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *tag = mg_kernel_input(k, 0), *values = mg_kernel_input(k, 1);
	mg_arena arena = { 0 };
	Pb__Summary *summary;
	Pb__Summary__Value *v;
	bool nans = false, infs = false;
	int rc;

	if (tag->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tag must be a scalar");
	if (mg_dtype_is_floating(values->dtype))
		find_bad(values, &nans, &infs);
	if (nans || infs)
		return mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_NUMERIC, "%s in summary histogram for: %s", nans ? "NaN" : "Infinity",
			mg_kernel_node(k)->name);
	summary = mg_msg_new(&arena, &pb__summary__descriptor);
	v = summary ? add_value(&arena, summary, mg_tensor_string(tag, 0)) : NULL;
	if (v) {
		v->value_case = PB__SUMMARY__VALUE__VALUE_HISTO;
		v->histo = histogram(&arena, values);
	}
	rc = v && v->histo ? put_summary(k, summary, err) : mg_fail_nomem(err, 0);
	mg_arena_clear(&arena);
	return rc;
}

/* All values in order; a tag must not come twice. */
static int
merge_summary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_map tags = { 0 };
	Pb__Summary *all = mg_msg_new(&arena, &pb__summary__descriptor);
	int rc = all ? 0 : mg_fail_nomem(err, 0);

	for (int i = 0; rc == 0 && i < mg_kernel_input_count(k); i++) {
		const mg_tensor *t = mg_kernel_input(k, i);

		for (int64_t j = 0; rc == 0 && j < t->count; j++) {
			mg_slice bytes = mg_tensor_string(t, j);
			mg_msg *msg;
			Pb__Summary *one;

			if (mg_msg_decode(&pb__summary__descriptor, bytes.ptr, bytes.len, &arena, &msg, NULL) != 0) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "could not parse one of the summary inputs");
				break;
			}
			one = (Pb__Summary *)msg;
			for (size_t v = 0; rc == 0 && v < one->n_value; v++) {
				const char *tag = one->value[v]->tag;

				if (tag && *tag && mg_map_has(&tags, tag))
					rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "duplicate tag %s found in summary inputs", tag);
				else if ((tag && *tag && !mg_map_set(&tags, tag, all)) || !mg_msg_append(&arena, &all->value, &all->n_value, one->value[v]))
					rc = mg_fail_nomem(err, 0);
			}
		}
	}
	if (rc == 0)
		rc = put_summary(k, all, err);
	mg_map_clear(&tags);
	mg_arena_clear(&arena);
	return rc;
}

static int
tensor_summary(mg_kernel_ctx *k, mg_slice tag, const mg_tensor *t, const mg_tensor *metadata, mgreg_error *err)
{
	mg_arena arena = { 0 };
	Pb__Summary *summary = mg_msg_new(&arena, &pb__summary__descriptor);
	Pb__Summary__Value *v = summary ? add_value(&arena, summary, tag) : NULL;
	int rc = 0;

	if (!v) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (metadata) {
		mg_msg *msg;

		MG_TRY(mg_msg_decode(&pb__summary_metadata__descriptor, mg_tensor_string(metadata, 0).ptr, mg_tensor_string(metadata, 0).len, &arena, &msg, err));
		v->metadata = (Pb__SummaryMetadata *)msg;
	}
	v->value_case = PB__SUMMARY__VALUE__VALUE_TENSOR;
	MG_TRY(mg_tensor_to_proto(t, true, &arena, &v->tensor, err));
	MG_TRY(put_summary(k, summary, err));
out:
	mg_arena_clear(&arena);
	return rc;
}

static int
tensor_summary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return tensor_summary(k, (mg_slice){ "", 0 }, mg_kernel_input(k, 0), NULL, err);
}

static int
tensor_summary_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *tag = mg_kernel_input(k, 0), *metadata = mg_kernel_input(k, 2);

	if (tag->count != 1 || metadata->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tag and metadata must be scalars");
	return tensor_summary(k, mg_tensor_string(tag, 0), mg_kernel_input(k, 1), metadata, err);
}

#define FLAGS MG_KERNEL_NO_FOLD

const mg_kernel mg_kernels_logging[] = {
	{ "Assert", .run = assert_run, .flags = FLAGS },
	{ "Print", NULL, 0, print_prepare, print_run, mg_free, FLAGS },
	{ "PrintV2", .run = print_v2_run, .flags = FLAGS },
	{ "CheckNumerics", "T=float|double|half|bfloat16", .run = check_numerics_run, .flags = FLAGS },
	{ "Timestamp", .run = timestamp_run, .flags = FLAGS },
	{ "ScalarSummary", .run = scalar_summary_run },
	{ "HistogramSummary", .run = histogram_summary_run },
	{ "MergeSummary", .run = merge_summary_run },
	{ "TensorSummary", .run = tensor_summary_run },
	{ "TensorSummaryV2", .run = tensor_summary_v2_run },
	{ .op = NULL }
};
