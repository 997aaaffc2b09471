/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_sampler.c - candidate samplers: ids drawn by uniform, log-uniform, given or learned frequencies, with their expected counts.
 *
 * The words of the generator are used as TensorFlow uses them (2048 are reserved per sample), so that the same seeds draw the same
 * ids.  A unique sample is drawn until it holds different ids; its expected count follows from the number of tries.
 */
#include "runtime/kernels/k_common.h"
#include "base/file.h"
#include "runtime/runtime_internal.h"
#include "runtime/source.h"
#include <math.h>
#include <stdlib.h>

typedef struct words { mg_philox p; uint32_t at[4]; int used; } words;

static uint32_t
word(words *w)
{
	if (w->used == 4) {
		mg_philox_next(&w->p, w->at);
		w->used = 0;
	}
	return w->at[w->used++];
}

static uint64_t word64(words *w) { uint64_t low = word(w); return low | (uint64_t)word(w) << 32; }

/* Below N without bias: what lies below the remainder is drawn again. */
static uint64_t
uniform64(words *w, uint64_t n)
{
	uint64_t reject = UINT64_MAX % n + 1, v;

	if ((n & (n - 1)) == 0)
		return word64(w) & (n - 1);
	do
		v = word64(w);
	while (v < reject);
	return v % n;
}

static uint32_t
uniform32(words *w, uint32_t n)
{
	uint32_t reject = UINT32_MAX % n + 1, v;

	if ((n & (n - 1)) == 0)
		return word(w) & (n - 1);
	do
		v = word(w);
	while (v < reject);
	return v % n;
}

static double
unit_double(words *w)
{
	uint32_t high = word(w), low = word(w);
	uint64_t bits = UINT64_C(1023) << 52 | (uint64_t)(high & 0xfffff) << 32 | low;
	double d;

	memcpy(&d, &bits, sizeof d);
	return d - 1.0;
}

static float
unit_float(words *w)
{
	uint32_t bits = UINT32_C(127) << 23 | (word(w) & 0x7fffff);
	float f;

	memcpy(&f, &bits, sizeof f);
	return f - 1.0f;
}

/* What prepare leaves: the distribution, which the learned one changes as it runs. */
typedef struct sampler {
	enum { UNIFORM, LOG_UNIFORM, ALL, GIVEN, LEARNED } kind;
	int64_t  range, true_count, samples;
	bool     unique;
	/* GIVEN: Walker's alias method over weights[range] */
	float   *weights, *cut;
	int32_t *alias;
	double   total;
	/* LEARNED: counts[range] and their sums in a Fenwick tree, 1-based */
	mg_mutex lock;
	int32_t *counts, *tree;
	int64_t  learned;
} sampler;

static void
release(void *state)
{
	sampler *s = state;

	if (!s)
		return;
	mg_free(s->weights);
	mg_free(s->cut);
	mg_free(s->alias);
	mg_free(s->counts);
	mg_free(s->tree);
	mg_mutex_clear(&s->lock);
	mg_free(s);
}

static void
learn(sampler *s, int64_t id)
{
	s->counts[id]++;
	s->learned++;
	for (int64_t i = id + 1; i <= s->range; i += i & -i)
		s->tree[i]++;
}

/* The id in whose share of the counts position AT lies. */
static int64_t
find(const sampler *s, int64_t at)
{
	int64_t pos = 0, step = 1;

	while (step * 2 <= s->range)
		step *= 2;
	for (; step; step /= 2)
		if (pos + step <= s->range && s->tree[pos + step] <= at) {
			pos += step;
			at -= s->tree[pos];
		}
	return MG_MIN(pos, s->range - 1);
}

static int64_t
draw(const sampler *s, words *w)
{
	int64_t i;

	switch (s->kind) {
	case UNIFORM:
		return (int64_t)uniform64(w, (uint64_t)s->range);
	case LOG_UNIFORM:
		return ((int64_t)exp(unit_double(w) * log1p((double)s->range)) - 1) % s->range;
	case GIVEN:
		i = uniform32(w, (uint32_t)s->range);
		return unit_float(w) < s->cut[i] ? i : s->alias[i];
	case LEARNED:
		return find(s, uniform32(w, (uint32_t)s->learned));
	default:
		return 0;
	}
}

static float
probability(const sampler *s, int64_t id)
{
	switch (s->kind) {
	case UNIFORM: return 1.0f / (float)s->range;
	case LOG_UNIFORM: return (float)(log((double)(id + 2) / (double)(id + 1)) / log1p((double)s->range));
	case GIVEN: return id < 0 || id >= s->range ? 0 : (float)((double)s->weights[id] / s->total);
	case LEARNED: return id < 0 || id >= s->range ? 0 : (float)s->counts[id] / (float)s->learned;
	default: return 1;
	}
}

static float
expected(float p, int64_t samples, int64_t tries)
{
	if (tries == samples)
		return p * (float)samples;
	return (float)-expm1((double)tries * log1p(-(double)p));
}

/* ---- preparing ---- */

static int
common(mg_kernel_prep *p, int kind, sampler **out, mgreg_error *err)
{
	sampler *s = mg_calloc(1, sizeof *s);
	int rc;

	if (!s)
		return mg_fail_nomem(err, sizeof *s);
	if ((rc = mg_mutex_init(&s->lock, err)) != 0) {
		mg_free(s);
		return rc;
	}
	s->kind = kind;
	s->true_count = mg_k_attr_int(p->attrs, "num_true", 1);
	s->samples = mg_k_attr_int(p->attrs, "num_sampled", 1);
	s->range = kind == ALL ? s->samples : mg_k_attr_int(p->attrs, "range_max", 1);
	s->unique = mg_k_attr_bool(p->attrs, "unique", false) && kind != ALL;
	*out = s;
	if (s->samples < 1 || s->samples > INT64_C(1) << 40 || s->true_count < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_sampled and num_true must be positive");
	if (s->range < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "range_max must be positive");
	if (s->unique && s->samples > s->range)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_sampled (%lld) cannot exceed range_max (%lld) when unique is set", (long long)s->samples,
			(long long)s->range);
	return 0;
}

static int
prepare(mg_kernel_prep *p, int kind, void **state, mgreg_error *err)
{
	sampler *s = NULL;
	int rc;

	MG_TRY(common(p, kind, &s, err));
	if (kind == LEARNED) {
		if (s->range > INT32_MAX / 2) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "range_max %lld is too large for learned counts", (long long)s->range);
			goto out;
		}
		s->counts = mg_calloc((size_t)s->range, sizeof *s->counts);
		s->tree = mg_calloc((size_t)s->range + 1, sizeof *s->tree);
		if (!s->counts || !s->tree) {
			rc = mg_fail_nomem(err, (size_t)s->range * sizeof *s->counts);
			goto out;
		}
		for (int64_t i = 0; i < s->range; i++)
			learn(s, i);
	}
	*state = s;
	s = NULL;
out:
	release(s);
	return rc;
}

#define PREPARE(name, kind) \
	static int name##_prepare(mg_kernel_prep *p, void **state, mgreg_error *err) { return prepare(p, kind, state, err); }
PREPARE(uniform, UNIFORM)
PREPARE(log_uniform, LOG_UNIFORM)
PREPARE(all, ALL)
PREPARE(learned, LEARNED)

/* Walker's tables: every place holds one id with probability CUT and its alias otherwise. */
static int
alias_tables(sampler *s, mgreg_error *err)
{
	int64_t n = s->range, low_count = 0, high_count = 0;
	double *p = mg_calloc((size_t)n, sizeof *p);
	int32_t *low = mg_calloc((size_t)n, sizeof *low), *high = mg_calloc((size_t)n, sizeof *high);
	int rc = 0;

	s->cut = mg_calloc((size_t)n, sizeof *s->cut);
	s->alias = mg_calloc((size_t)n, sizeof *s->alias);
	if (!p || !low || !high || !s->cut || !s->alias) {
		rc = mg_fail_nomem(err, (size_t)n * sizeof *p);
		goto out;
	}
	for (int64_t i = 0; i < n; i++)
		s->total += (double)s->weights[i];
	if (!(s->total > 0) || !isfinite(s->total)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the frequencies of the candidates add up to %g", s->total);
		goto out;
	}
	for (int64_t i = 0; i < n; i++) {
		p[i] = (double)s->weights[i] * (double)n / s->total;
		if (p[i] < 1)
			low[low_count++] = (int32_t)i;
		else
			high[high_count++] = (int32_t)i;
	}
	while (high_count && low_count) {
		int32_t l = low[--low_count], h = high[--high_count];
		s->alias[l] = h;
		p[h] -= 1 - p[l];
		if (p[h] < 1)
			low[low_count++] = h;
		else
			high[high_count++] = h;
	}
	for (int64_t i = 0; i < n; i++)
		s->cut[i] = (float)p[i];
	while (high_count || low_count) {       /* what rounding left over stands for itself */
		int32_t i = high_count ? high[--high_count] : low[--low_count];
		s->cut[i] = 1;
		s->alias[i] = i;
	}
out:
	mg_free(p);
	mg_free(low);
	mg_free(high);
	return rc;
}

/* A line of the vocabulary ends in its frequency, behind the last comma. */
static int
read_vocabulary(mg_kernel_prep *p, mg_slice name, float **out, int64_t *count, mgreg_error *err)
{
	mg_str path = MG_STR_INIT, text = MG_STR_INIT;
	int64_t n = 0, cap = 0;
	float *v = NULL, *more;
	int rc;

	mg_str_append(&path, name.ptr, name.len);
	MG_TRY(mg_str_check(&path, err));
	MG_TRY(mg_session_check_path(p->session, path.ptr, err));
	MG_TRY(mg_file_read(path.ptr, 1 << 30, &text, err));
	for (const char *line = text.ptr, *end; line && *line; line = *end ? end + 1 : end) {
		const char *comma = NULL;
		end = line + strcspn(line, "\n");
		for (const char *c = line; c < end; c++)
			comma = *c == ',' ? c : comma;
		if (end == line)
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 1024;
			if (!(more = mg_resize(v, (size_t)cap, sizeof *v))) {
				rc = mg_fail_nomem(err, (size_t)cap * sizeof *v);
				goto out;
			}
			v = more;
		}
		v[n++] = strtof(comma ? comma + 1 : line, NULL);
	}
	*out = v;
	*count = n;
	v = NULL;
out:
	mg_free(v);
	mg_str_clear(&path);
	mg_str_clear(&text);
	return rc;
}

static int
given_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	int64_t reserved = mg_k_attr_int(p->attrs, "num_reserved_ids", 0), shards = mg_k_attr_int(p->attrs, "num_shards", 1);
	int64_t shard = mg_k_attr_int(p->attrs, "shard", 0), count = 0, n = 0;
	double distortion = (double)mg_k_attr_float(p->attrs, "distortion", 1);
	const Pb__AttrValue__ListValue *list = NULL;
	const float *from = NULL;
	float *read = NULL;
	mg_slice file = { "", 0 };
	sampler *s = NULL;
	int rc;

	MG_TRY(common(p, GIVEN, &s, err));
	mg_attr_get_string(p->attrs, "vocab_file", &file);
	if (mg_attr_get_list(p->attrs, "unigrams", &list)) {
		from = list->f;
		count = (int64_t)list->n_f;
	}
	if ((file.len != 0) == (count != 0)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "must provide either vocab_file or unigrams");
		goto out;
	}
	if (reserved < 0 || shards < 1 || shard < 0 || shard >= shards) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "num_reserved_ids, num_shards and shard do not fit");
		goto out;
	}
	if (file.len) {
		MG_TRY(read_vocabulary(p, file, &read, &count, err));
		from = read;
	}
	if (count > INT32_MAX / 2 || reserved > INT32_MAX / 2 || !(s->weights = mg_calloc((size_t)(count + reserved) + 1, sizeof *s->weights))) {
		rc = mg_fail_nomem(err, (size_t)count * sizeof *s->weights);
		goto out;
	}
	for (int64_t i = 0; i < reserved + count; i++)          /* this shard's ids */
		if (i % shards == shard)
			s->weights[n++] = i < reserved ? 0 : (float)pow((double)from[i - reserved], distortion);
	if (n != s->range) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "range_max is %lld, but there are frequencies for %lld ids", (long long)s->range, (long long)n);
		goto out;
	}
	MG_TRY(alias_tables(s, err));
	*state = s;
	s = NULL;
out:
	release(s);
	mg_free(read);
	return rc;
}

/* ---- running ---- */

static int
by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* An open hash of the ids that are in already. */
static bool
insert(int64_t *set, int64_t mask, int64_t id)
{
	for (uint64_t at = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 20;; at++) {
		int64_t *place = &set[at & (uint64_t)mask];
		if (*place == id)
			return false;
		if (*place < 0) {
			*place = id;
			return true;
		}
	}
}

static int
sample(mg_kernel_ctx *k, sampler *s, int64_t *out, int64_t *tries, mgreg_error *err)
{
	words w = { .used = 4 };
	int64_t mask = 1;
	void *set;
	int rc;

	*tries = s->samples;
	for (int64_t i = 0; s->kind == ALL && i < s->samples; i++)
		out[i] = i;
	if (s->kind == ALL)
		return 0;
	if ((rc = mg_kernel_random(k, (uint64_t)(2048 * s->samples + 3) / 4, &w.p, err)) != 0)
		return rc;
	for (int64_t i = 0; !s->unique && i < s->samples; i++)
		out[i] = draw(s, &w);
	if (!s->unique)
		return 0;
	while (mask < 2 * s->samples)
		mask *= 2;
	if ((rc = mg_kernel_scratch(k, (size_t)mask * sizeof(int64_t), &set, err)) != 0)
		return rc;
	memset(set, 0xff, (size_t)mask * sizeof(int64_t));
	*tries = 0;
	for (int64_t n = 0; n < s->samples;) {
		int64_t id = draw(s, &w);
		if (++*tries == INT32_MAX || (*tries % 65536 == 0 && mg_kernel_cancelled(k)))
			return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%lld different ids are too many for these frequencies", (long long)s->samples);
		if (insert(set, mask - 1, id))
			out[n++] = id;
	}
	return 0;
}

static int
sampler_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *truth = mg_kernel_input(k, 0);
	sampler *s = mg_kernel_state(k);
	mg_tensor *ids, *true_count, *sampled_count;
	int64_t tries;
	int rc;

	if ((rc = mg_k_rank_is(truth, 2, "true_classes", err)) != 0)
		return rc;
	if (mg_dim(truth, 1) != s->true_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "true_classes must have num_true columns, expected: %lld was: %lld", (long long)s->true_count,
			(long long)mg_dim(truth, 1));
	if ((rc = mg_kernel_output_dims(k, 0, &s->samples, 1, &ids, err)) != 0 || (rc = mg_kernel_output(k, 1, &truth->shape, &true_count, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 2, &s->samples, 1, &sampled_count, err)) != 0)
		return rc;
	mg_lock(&s->lock);
	rc = sample(k, s, ids->data, &tries, err);
	for (int64_t i = 0; !rc && i < s->samples; i++)
		MG_DATA(sampled_count, float)[i] = s->kind == ALL ? 1 : expected(probability(s, MG_DATA(ids, int64_t)[i]), s->samples, tries);
	for (int64_t i = 0; !rc && i < truth->count; i++)
		MG_DATA(true_count, float)[i] = s->kind == ALL ? 1 : expected(probability(s, MG_CDATA(truth, int64_t)[i]), s->samples, tries);
	for (int64_t i = 0; !rc && s->kind == LEARNED && i < truth->count; i++) {
		int64_t id = MG_CDATA(truth, int64_t)[i];
		if (id >= 0 && id < s->range && s->learned < INT32_MAX)
			learn(s, id);
	}
	mg_unlock(&s->lock);
	return rc;
}

/* Every (row, position) at which a sampled id is one of the row's true ids. */
static int
accidental_hits_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *truth = mg_kernel_input(k, 0), *sampled = mg_kernel_input(k, 1);
	int64_t columns = mg_k_attr_int(mg_kernel_attrs(k), "num_true", 1), n = 0, *sorted;
	mg_tensor *rows, *ids, *weights;
	void *memory;
	int rc;

	if ((rc = mg_k_rank_is(truth, 2, "true_classes", err)) != 0 || (rc = mg_k_vector(sampled, "sampled_candidates", err)) != 0)
		return rc;
	if (mg_dim(truth, 1) != columns)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "true_classes must have num_true columns");
	if ((rc = mg_kernel_scratch(k, (size_t)(sampled->count + 1) * 2 * sizeof(int64_t), &memory, err)) != 0)
		return rc;
	sorted = memory;
	for (int64_t i = 0; i < sampled->count; i++) {
		sorted[2 * i] = MG_CDATA(sampled, int64_t)[i];
		sorted[2 * i + 1] = i;
	}
	qsort(sorted, (size_t)sampled->count, 2 * sizeof(int64_t), by_id);
	for (int pass = 0; pass < 2; pass++) {
		if (pass && ((rc = mg_kernel_output_dims(k, 0, &n, 1, &rows, err)) != 0 || (rc = mg_kernel_output_dims(k, 1, &n, 1, &ids, err)) != 0
				|| (rc = mg_kernel_output_dims(k, 2, &n, 1, &weights, err)) != 0))
			return rc;
		n = 0;
		for (int64_t i = 0; i < truth->count; i++) {
			int64_t id = MG_CDATA(truth, int64_t)[i], low = 0, high = sampled->count;
			while (low < high) {
				int64_t mid = low + (high - low) / 2;
				if (sorted[2 * mid] < id)
					low = mid + 1;
				else
					high = mid;
			}
			for (; low < sampled->count && sorted[2 * low] == id; low++, n++) {
				if (!pass)
					continue;
				MG_DATA(rows, int32_t)[n] = (int32_t)(i / columns);
				MG_DATA(ids, int64_t)[n] = sorted[2 * low + 1];
				MG_DATA(weights, float)[n] = -3.40282347e38f;
			}
		}
	}
	return 0;
}

#define ROW(op, name) { op, NULL, 0, name##_prepare, sampler_run, release, MG_KERNEL_NO_FOLD }
const mg_kernel mg_kernels_sampler[] = {
	ROW("UniformCandidateSampler", uniform),
	ROW("LogUniformCandidateSampler", log_uniform),
	ROW("AllCandidateSampler", all),
	ROW("FixedUnigramCandidateSampler", given),
	ROW("LearnedUnigramCandidateSampler", learned),
	ROW("ThreadUnsafeUnigramCandidateSampler", learned),
	{ "ComputeAccidentalHits", NULL, .run = accidental_hits_run },
	{ .op = NULL }
};
