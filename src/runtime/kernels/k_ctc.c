/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_ctc.c - connectionist temporal classification (Graves et al. 2006): loss with gradient, greedy and beam search decoders, edit
 * distance.  Inputs are time-major logits [time, batch, classes]; the last class is the blank.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include <stdlib.h>

static double
log_add(double a, double b)
{
	double top = a > b ? a : b, low = a > b ? b : a;

	return low == -INFINITY ? top : top + log1p(exp(low - top));
}

typedef struct logits {
	const mg_tensor *x, *lengths;
	int64_t times, batch, classes;
} logits;

static int
begin(mg_kernel_ctx *k, int lengths, logits *l, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *n = mg_kernel_input(k, lengths);
	int rc;

	if ((rc = mg_k_rank_is(x, 3, "inputs", err)) != 0 || (rc = mg_k_vector(n, "sequence_length", err)) != 0)
		return rc;
	*l = (logits){ x, n, mg_dim(x, 0), mg_dim(x, 1), mg_dim(x, 2) };
	if (n->count != l->batch)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "len(sequence_length) != batch_size: %lld vs. %lld", (long long)n->count, (long long)l->batch);
	if (l->classes < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "inputs have no classes");
	for (int64_t b = 0; b < l->batch; b++)
		if (mg_k_int(n, b) < 0 || mg_k_int(n, b) > l->times)
			return mg_fail(err, MGREG_FAILED_PRECONDITION, "sequence_length(%lld) = %lld is not within the %lld time steps", (long long)b,
				(long long)mg_k_int(n, b), (long long)l->times);
	return 0;
}

static double
logit(const logits *l, int64_t t, int64_t b, int64_t c)
{
	int64_t at = (t * l->batch + b) * l->classes + c;

	return l->x->dtype == MGREG_FLOAT ? (double)MG_CDATA(l->x, float)[at] : MG_CDATA(l->x, double)[at];
}

static void
set(mg_tensor *t, int64_t at, double v)
{
	if (t->dtype == MGREG_FLOAT)
		MG_DATA(t, float)[at] = (float)v;
	else
		MG_DATA(t, double)[at] = v;
}

/* log softmax of one frame into OUT[classes]. */
static void
log_softmax(const logits *l, int64_t t, int64_t b, double *out)
{
	double top = -INFINITY, sum = 0;

	for (int64_t c = 0; c < l->classes; c++) {
		out[c] = logit(l, t, b, c);
		top = out[c] > top ? out[c] : top;
	}
	for (int64_t c = 0; c < l->classes; c++)
		sum += exp(out[c] - top);
	for (int64_t c = 0; c < l->classes; c++)
		out[c] -= top + log(sum);
}

/* ---- loss ---- */

typedef struct loss_job {
	logits   l;
	bool     collapse, merge;
	int64_t *path;                  /* labels with a blank around each */
	int64_t  size;                  /* its length */
	double  *y, *alpha, *beta;      /* [time][classes], [time][size] */
} loss_job;

/* May the path go on from state FROM to state U?  (0: stays, 1: next, 2: jumps over a blank.) */
static bool
may_step(const loss_job *j, int64_t u, int step)
{
	int64_t blank = j->l.classes - 1;

	if (step == 0)
		return j->merge || j->path[u] == blank;
	if (step == 1)
		return u > 0;
	return u > 1 && j->path[u] != blank && !(j->merge && j->path[u] == j->path[u - 2]);
}

/* Forward and backward variables; returns log p(labels | inputs).  BETA leaves out the frame's own probability. */
static double
forward_backward(const loss_job *j, int64_t times)
{
	int64_t n = j->size, classes = j->l.classes;

	for (int64_t t = 0; t < times; t++)
		for (int64_t u = 0; u < n; u++) {
			double sum = t == 0 && u < 2 ? 0 : -INFINITY;
			for (int step = 0; t && step < 3; step++)
				if (may_step(j, u, step))
					sum = log_add(sum, j->alpha[(t - 1) * n + u - step]);
			j->alpha[t * n + u] = sum + j->y[t * classes + j->path[u]];
		}
	for (int64_t t = times; t-- > 0;)
		for (int64_t u = 0; u < n; u++) {
			double sum = t == times - 1 && u >= n - 2 ? 0 : -INFINITY;
			for (int step = 0; t < times - 1 && step < 3; step++)
				if (u + step < n && may_step(j, u + step, step))
					sum = log_add(sum, j->beta[(t + 1) * n + u + step] + j->y[(t + 1) * classes + j->path[u + step]]);
			j->beta[t * n + u] = sum;
		}
	return log_add(j->alpha[(times - 1) * n + n - 1], n > 1 ? j->alpha[(times - 1) * n + n - 2] : -INFINITY);
}

static int
one_loss(loss_job *j, int64_t b, const int64_t *labels, int64_t count, bool ignore_longer, mg_tensor *loss, mg_tensor *gradient, mgreg_error *err)
{
	int64_t times = mg_k_int(j->l.lengths, b), blank = j->l.classes - 1, n = 0, batch = j->l.batch, classes = j->l.classes;
	double p, *row;

	j->path[0] = blank;
	for (int64_t i = 0; i < count; i++) {
		if (labels[i] < 0 || labels[i] >= blank)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "saw a label of batch entry %lld that is not in [0, num_classes - 1): %lld", (long long)b,
				(long long)labels[i]);
		if (j->collapse && i && labels[i] == labels[i - 1])
			continue;
		j->path[2 * n + 1] = labels[i];
		j->path[2 * n + 2] = blank;
		n++;
	}
	j->size = 2 * n + 1;
	if (!times)
		return 0;
	if (n > times) {
		if (ignore_longer)
			return 0;
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "not enough time for target transition sequence of batch entry %lld (required: %lld, available: "
			"%lld); ignore_longer_outputs_than_inputs passes over it", (long long)b, (long long)n, (long long)times);
	}
	for (int64_t t = 0; t < times; t++)
		log_softmax(&j->l, t, b, j->y + t * classes);
	p = forward_backward(j, times);
	set(loss, b, -p);
	if (p == -INFINITY)             /* no path: nothing to learn from */
		return 0;
	for (int64_t t = 0; t < times; t++) {
		row = j->y + t * classes;
		for (int64_t c = 0; c < classes; c++)
			set(gradient, (t * batch + b) * classes + c, exp(row[c]));
		for (int64_t u = 0; u < j->size; u++) {
			int64_t at = (t * batch + b) * classes + j->path[u];
			double share = exp(j->alpha[t * j->size + u] + j->beta[t * j->size + u] - p);
			if (gradient->dtype == MGREG_FLOAT)
				MG_DATA(gradient, float)[at] -= (float)share;
			else
				MG_DATA(gradient, double)[at] -= share;
		}
	}
	return 0;
}

static int
loss_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *indices = mg_kernel_input(k, 1), *values = mg_kernel_input(k, 2);
	bool ignore_longer = mg_k_attr_bool(attrs, "ignore_longer_outputs_than_inputs", false);
	loss_job j = { .collapse = mg_k_attr_bool(attrs, "preprocess_collapse_repeated", false), .merge = mg_k_attr_bool(attrs, "ctc_merge_repeated", true) };
	mg_tensor *loss, *gradient;
	int64_t longest = 0, run = 0;
	void *labels, *path, *y, *ab;
	int rc;

	if ((rc = begin(k, 3, &j.l, err)) != 0 || (rc = mg_k_rank_is(indices, 2, "labels_indices", err)) != 0
			|| (rc = mg_k_vector(values, "labels_values", err)) != 0)
		return rc;
	if (mg_dim(indices, 1) != 2 || mg_dim(indices, 0) != values->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "labels_indices must be [%lld, 2]", (long long)values->count);
	for (int64_t i = 0; i < values->count; i++) {
		const int64_t *at = MG_CDATA(indices, int64_t) + 2 * i;
		if (at[0] < 0 || at[0] >= j.l.batch || (i && at[0] < at[-2]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "labels_indices(%lld, 0) = %lld is out of order or of range [0, %lld)", (long long)i,
				(long long)at[0], (long long)j.l.batch);
		run = i && at[0] == at[-2] ? run + 1 : 1;
		longest = run > longest ? run : longest;
	}
	if (longest > INT32_MAX || j.l.times > INT64_MAX / 64 / (2 * longest + 1))
		return mg_fail_nomem(err, SIZE_MAX);
	if ((rc = mg_kernel_output_dims(k, 0, &j.l.batch, 1, &loss, err)) != 0 || (rc = mg_kernel_output(k, 1, &j.l.x->shape, &gradient, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(longest + 1) * sizeof(int64_t), &labels, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(2 * longest + 1) * sizeof(int64_t), &path, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(j.l.times * j.l.classes) * sizeof(double), &y, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(j.l.times * (2 * longest + 1)) * 2 * sizeof(double), &ab, err)) != 0)
		return rc;
	j.path = path;
	j.y = y;
	j.alpha = ab;
	j.beta = j.alpha + j.l.times * (2 * longest + 1);
	if (loss->size)
		memset(loss->data, 0, loss->size);
	if (gradient->size)
		memset(gradient->data, 0, gradient->size);
	for (int64_t b = 0, i = 0; b < j.l.batch && !rc; b++) {
		int64_t n = 0;
		for (; i < values->count && MG_CDATA(indices, int64_t)[2 * i] == b; i++)
			((int64_t *)labels)[n++] = mg_k_int(values, i);
		rc = one_loss(&j, b, labels, n, ignore_longer, loss, gradient, err);
	}
	return rc;
}

/* ---- decoders ---- */

/* Decoded labels of every batch entry, one after the other. */
typedef struct decoded {
	int64_t *at, *counts;           /* labels; per batch entry how many */
	int64_t  total, longest;
} decoded;

/* Sparse output: indices to FIRST, values to FIRST + STEP, shape to FIRST + 2 STEP. */
static int
sparse(mg_kernel_ctx *k, int first, int step, const decoded *d, int64_t batch, mgreg_error *err)
{
	mg_tensor *indices, *values, *shape;
	int rc;

	if ((rc = mg_kernel_output_dims(k, first, (int64_t[]){ d->total, 2 }, 2, &indices, err)) != 0
			|| (rc = mg_kernel_output_dims(k, first + step, &d->total, 1, &values, err)) != 0
			|| (rc = mg_kernel_output_dims(k, first + 2 * step, (int64_t[]){ 2 }, 1, &shape, err)) != 0)
		return rc;
	for (int64_t b = 0, i = 0; b < batch; b++)
		for (int64_t n = 0; n < d->counts[b]; n++, i++) {
			MG_DATA(indices, int64_t)[2 * i] = b;
			MG_DATA(indices, int64_t)[2 * i + 1] = n;
			MG_DATA(values, int64_t)[i] = d->at[i];
		}
	MG_DATA(shape, int64_t)[0] = batch;
	MG_DATA(shape, int64_t)[1] = d->longest;
	return 0;
}

static void
end_entry(decoded *d, int64_t b, int64_t count)
{
	d->counts[b] = count;
	d->total += count;
	d->longest = count > d->longest ? count : d->longest;
}

static int
greedy_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool merge = mg_k_attr_bool(mg_kernel_attrs(k), "merge_repeated", false);
	decoded d = { 0 };
	mg_tensor *score;
	logits l;
	void *at, *counts;
	int rc;

	if ((rc = begin(k, 1, &l, err)) != 0 || (rc = mg_kernel_scratch(k, (size_t)(l.times * l.batch) * sizeof(int64_t), &at, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)l.batch * sizeof(int64_t), &counts, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 3, (int64_t[]){ l.batch, 1 }, 2, &score, err)) != 0)
		return rc;
	d.at = at;
	d.counts = counts;
	for (int64_t b = 0; b < l.batch; b++) {
		int64_t last = -1, n = 0;
		double sum = 0;
		for (int64_t t = 0; t < mg_k_int(l.lengths, b); t++) {
			int64_t best = 0;
			for (int64_t c = 1; c < l.classes; c++)
				best = logit(&l, t, b, c) > logit(&l, t, b, best) ? c : best;
			sum -= logit(&l, t, b, best);
			if (best != l.classes - 1 && !(merge && best == last))
				d.at[d.total + n++] = best;
			last = best;
		}
		end_entry(&d, b, n);
		set(score, b, sum);
	}
	return sparse(k, 0, 1, &d, l.batch, err);
}

/* A prefix: its last label and the prefix before it; the log probability of ending in a blank, in its label. */
typedef struct beam {
	int64_t node;                   /* into the tree of prefixes; 0 is the empty one */
	double  blank, label, total;
	double  was_blank, was_label, was_total;
} beam;
typedef struct tree {
	int64_t *parent, *label;
	int64_t  count;
} tree;

static int
by_total(const void *ap, const void *bp)
{
	const beam *a = ap, *b = bp;

	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* One frame: the beams go on, and grow by every label; the WIDTH best stay.  NEXT has room for all. */
static int64_t
beam_step(beam *beams, int64_t n, beam *next, tree *tr, const double *y, int64_t classes, int64_t width, char *taken)
{
	int64_t blank = classes - 1, all = 0, kept;

	for (int64_t i = 0; i < n; i++) {
		beam *b = &beams[i];
		b->was_blank = b->blank;
		b->was_label = b->label;
		b->was_total = b->total;
	}
	for (int64_t i = 0; i < n; i++) {
		beam b = beams[i];
		int64_t label = tr->label[b.node];
		b.label = -INFINITY;
		if (b.node) {
			b.label = b.was_label;
			for (int64_t p = 0; p < n; p++) /* what its prefix, still a beam itself, adds to it */
				if (beams[p].node == tr->parent[b.node])
					b.label = log_add(b.label, label == tr->label[beams[p].node] ? beams[p].was_blank : beams[p].was_total);
			b.label += y[label];
		}
		b.blank = b.was_total + y[blank];
		b.total = log_add(b.blank, b.label);
		next[all++] = b;
	}
	for (int64_t i = 0; i < n; i++) {
		memset(taken, 0, (size_t)classes);
		for (int64_t c = 0; c < n; c++)
			if (beams[c].node && tr->parent[beams[c].node] == beams[i].node)
				taken[tr->label[beams[c].node]] = 1;
		for (int64_t c = 0; c < blank; c++) {
			double before = beams[i].node && tr->label[beams[i].node] == c ? beams[i].was_blank : beams[i].was_total;
			if (taken[c] || before + y[c] == -INFINITY)
				continue;
			next[all] = (beam){ .node = -1 - (i * classes + c), .blank = -INFINITY, .label = before + y[c], .total = before + y[c] };
			all++;
		}
	}
	qsort(next, (size_t)all, sizeof *next, by_total);
	kept = all < width ? all : width;
	for (int64_t i = 0; i < kept; i++)
		if (next[i].node < 0) {         /* only what stays becomes a node of the tree */
			int64_t id = -1 - next[i].node;
			tr->parent[tr->count] = beams[id / classes].node;
			tr->label[tr->count] = id % classes;
			next[i].node = tr->count++;
		}
	memcpy(beams, next, (size_t)kept * sizeof *beams);
	return kept;
}

/* Labels of prefix NODE into OUT, in order; MERGE: equal neighbours once. */
static int64_t
spell(const tree *tr, int64_t node, bool merge, int64_t *out)
{
	int64_t n = 0;

	for (int64_t last = -1; node; node = tr->parent[node]) {
		if (!merge || tr->label[node] != last)
			out[n++] = tr->label[node];
		last = tr->label[node];
	}
	for (int64_t i = 0; i < n / 2; i++) {
		int64_t t = out[i];
		out[i] = out[n - 1 - i];
		out[n - 1 - i] = t;
	}
	return n;
}

static int
beam_search_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int64_t width = mg_k_attr_int(attrs, "beam_width", 1), paths = mg_k_attr_int(attrs, "top_paths", 1), room;
	bool merge = mg_k_attr_bool(attrs, "merge_repeated", true);
	void *beams, *next, *parents, *labels, *y, *taken, *at, *counts;
	mg_tensor *score;
	decoded *d;
	logits l;
	int rc;

	if ((rc = begin(k, 1, &l, err)) != 0)
		return rc;
	if (paths > width)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "requested more paths than the beam width: %lld > %lld", (long long)paths, (long long)width);
	if (width > INT64_MAX / 128 / (l.classes + 1) || l.times > (INT64_MAX / 128 - 2) / width || paths > INT64_MAX / 64 / MG_MAX(l.times * l.batch, 1))
		return mg_fail_nomem(err, SIZE_MAX);
	room = width * (l.classes + 1);
	if ((rc = mg_kernel_scratch(k, (size_t)width * sizeof(beam), &beams, err)) != 0 || (rc = mg_kernel_scratch(k, (size_t)room * sizeof(beam), &next, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(l.times * width + 1) * sizeof(int64_t), &parents, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(l.times * width + 1) * sizeof(int64_t), &labels, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)l.classes * sizeof(double), &y, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)l.classes, &taken, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(paths * l.times * l.batch) * sizeof(int64_t), &at, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(paths * l.batch) * sizeof(int64_t) + (size_t)paths * sizeof *d, &counts, err)) != 0
			|| (rc = mg_kernel_output_dims(k, (int)(3 * paths), (int64_t[]){ l.batch, paths }, 2, &score, err)) != 0)
		return rc;
	d = (decoded *)((int64_t *)counts + paths * l.batch);
	for (int64_t p = 0; p < paths; p++)
		d[p] = (decoded){ .at = (int64_t *)at + p * l.times * l.batch, .counts = (int64_t *)counts + p * l.batch };
	for (int64_t b = 0; b < l.batch; b++) {
		tree tr = { parents, labels, 1 };
		int64_t n = 1;
		tr.parent[0] = tr.label[0] = -1;
		((beam *)beams)[0] = (beam){ .label = -INFINITY };
		for (int64_t t = 0; t < mg_k_int(l.lengths, b); t++) {
			log_softmax(&l, t, b, y);
			n = beam_step(beams, n, next, &tr, y, l.classes, width, taken);
		}
		if (n < paths)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "less leaves in the beam search than requested: %lld < %lld", (long long)n, (long long)paths);
		for (int64_t p = 0; p < paths; p++) {
			end_entry(&d[p], b, spell(&tr, ((beam *)beams)[p].node, merge, d[p].at + d[p].total));
			set(score, b * paths + p, ((beam *)beams)[p].total);
		}
	}
	for (int64_t p = 0; p < paths && !rc; p++)
		rc = sparse(k, (int)p, (int)paths, &d[p], l.batch, err);
	return rc;
}

/* ---- edit distance ---- */

/* A sparse tensor whose last dimension runs along the sequences. */
typedef struct sequences {
	const mg_tensor *indices, *values, *shape;
	int64_t          at;            /* first element of the next sequence */
} sequences;

static int
sequences_begin(mg_kernel_ctx *k, int i, const char *what, sequences *s, mgreg_error *err)
{
	int rc;

	*s = (sequences){ mg_kernel_input(k, i), mg_kernel_input(k, i + 1), mg_kernel_input(k, i + 2), 0 };
	if ((rc = mg_k_rank_is(s->indices, 2, what, err)) != 0 || (rc = mg_k_rank_is(s->values, 1, what, err)) != 0
			|| (rc = mg_k_vector(s->shape, what, err)) != 0)
		return rc;
	if (mg_dim(s->indices, 0) != s->values->count || mg_dim(s->indices, 1) != s->shape->count || s->shape->count < 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: indices, values and shape do not fit together (rank at least 2)", what);
	return 0;
}

/* Where the sequence that begins at s->at lies among those of DIMS[RANK - 1]; -1 behind the last one.  *N: its length. */
static int
sequence_next(const sequences *s, const int64_t *dims, int64_t *group, int64_t *n, mgreg_error *err)
{
	int rank = (int)s->shape->count;

	*group = -1;
	*n = 0;
	for (int64_t i = s->at; i < s->values->count; i++, ++*n) {
		const int64_t *at = MG_CDATA(s->indices, int64_t) + i * rank;
		int64_t g = 0;
		for (int d = 0; d < rank - 1; d++) {
			if (at[d] < 0 || at[d] >= dims[d])
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "index %lld of element %lld is out of the shape", (long long)at[d], (long long)i);
			g = g * dims[d] + at[d];
		}
		if (*n && g < *group)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the indices are not in order at element %lld", (long long)i);
		if (*n && g != *group)
			break;
		*group = g;
	}
	return 0;
}

static bool
same_value(const mg_tensor *a, int64_t i, const mg_tensor *b, int64_t j)
{
	size_t size = mg_dtype_size(a->dtype);
	mg_slice x, y;

	if (size)
		return memcmp((const char *)a->data + (size_t)i * size, (const char *)b->data + (size_t)j * size, size) == 0;
	x = mg_tensor_string(a, i);
	y = mg_tensor_string(b, j);
	return x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0;
}

/* Levenshtein's distance; ROW has room for m + 1. */
static int64_t
distance(const sequences *h, int64_t n, const sequences *t, int64_t m, int64_t *row)
{
	for (int64_t j = 0; j <= m; j++)
		row[j] = j;
	for (int64_t i = 1; i <= n; i++) {
		int64_t corner = row[0], left;
		row[0] = i;
		for (int64_t j = 1; j <= m; j++) {
			int64_t change = corner + !same_value(h->values, h->at + i - 1, t->values, t->at + j - 1);
			corner = row[j];
			left = MG_MIN(row[j], row[j - 1]) + 1;
			row[j] = MG_MIN(change, left);
		}
	}
	return row[m];
}

static int
edit_distance_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool normalize = mg_k_attr_bool(mg_kernel_attrs(k), "normalize", true);
	int64_t dims[MG_K_DIMS], gh, gt, n, m;
	sequences h, t;
	mg_tensor *y;
	int rank, rc;
	void *row;

	if ((rc = sequences_begin(k, 0, "hypothesis", &h, err)) != 0 || (rc = sequences_begin(k, 3, "truth", &t, err)) != 0)
		return rc;
	rank = (int)h.shape->count;
	if (t.shape->count != rank || rank > MG_K_DIMS)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "hypothesis and truth must have one rank, of at most %d", MG_K_DIMS);
	for (int d = 0; d < rank - 1; d++)
		dims[d] = MG_MAX(mg_k_int(h.shape, d), mg_k_int(t.shape, d));
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank - 1, &y, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(t.values->count + 1) * sizeof(int64_t), &row, err)) != 0)
		return rc;
	if (y->size)
		memset(y->data, 0, y->size);
	for (;; h.at += n, t.at += m) {
		float v;
		if ((rc = sequence_next(&h, dims, &gh, &n, err)) != 0 || (rc = sequence_next(&t, dims, &gt, &m, err)) != 0)
			return rc;
		if (gh < 0 && gt < 0)
			return 0;
		if (gt < 0 || (gh >= 0 && gh < gt)) {           /* no truth */
			v = normalize ? INFINITY : (float)n;
			m = 0;
		} else if (gh < 0 || gt < gh) {                 /* no hypothesis */
			v = normalize ? 1 : (float)m;
			n = 0;
		} else {
			v = (float)distance(&h, n, &t, m, row) / (normalize ? (float)m : 1);
		}
		MG_DATA(y, float)[n ? gh : gt] = v;
	}
}

const mg_kernel mg_kernels_ctc[] = {
	{ "CTCLoss", "T=float|double", .run = loss_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "CTCGreedyDecoder", "T=float|double", .run = greedy_run },
	{ "CTCBeamSearchDecoder", "T=float|double", .run = beam_search_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "EditDistance", NULL, .run = edit_distance_run },
	{ .op = NULL }
};
