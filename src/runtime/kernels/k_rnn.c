/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_rnn.c - whole recurrent cells as one op: LSTMBlockCell, BlockLSTM (the cell over a sequence), GRUBlockCell, and their gradients.
 *
 * Gates lie in the order i, ci, f, o along the columns of one [inputs + cells, 4 cells] matrix (GRU: r, u).  half is computed in float.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

/* ---- operands in float ---- */

static int
operand(mg_kernel_ctx *k, int i, const char *what, int rank, const int64_t *dims, const float **out, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, i);
	char text[256];
	void *wide;
	int rc;

	if ((rc = mg_k_rank_is(x, rank, what, err)) != 0)
		return rc;
	for (int d = 0; d < rank; d++)
		if (mg_dim(x, d) != dims[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s has shape %s: dimension %d should be %lld", what, mg_shape_text(&x->shape, text), d,
				(long long)dims[d]);
	if (x->dtype == MGREG_FLOAT) {
		*out = x->data;
		return 0;
	}
	if ((rc = mg_kernel_scratch(k, (size_t)x->count * sizeof(float) + 1, &wide, err)) != 0)
		return rc;
	for (int64_t n = 0; n < x->count; n++)
		((float *)wide)[n] = mg_half_to_float(MG_CDATA(x, uint16_t)[n]);
	*out = wide;
	return 0;
}

/* An output and where it is computed: itself, or floats that end_results() rounds. */
typedef struct result { mg_tensor *t; float *at; } result;

static int
results(mg_kernel_ctx *k, int first, int count, const int64_t *dims, int rank, result *out, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < count && !rc; i++) {
		result *r = &out[first + i];
		void *wide;
		if ((rc = mg_kernel_output_dims(k, first + i, dims, rank, &r->t, err)) != 0)
			break;
		r->at = r->t->data;
		if (r->t->dtype != MGREG_FLOAT && (rc = mg_kernel_scratch(k, (size_t)r->t->count * sizeof(float) + 1, &wide, err)) == 0)
			r->at = wide;
		if (!rc && r->t->count)
			memset(r->at, 0, (size_t)r->t->count * sizeof(float));
	}
	return rc;
}

static void
end_results(const result *r, int count)
{
	for (int i = 0; i < count; i++)
		for (int64_t n = 0; r[i].t->dtype != MGREG_FLOAT && n < r[i].t->count; n++)
			MG_DATA(r[i].t, uint16_t)[n] = mg_float_to_half(r[i].at[n]);
}

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

static int
floats(mg_kernel_ctx *k, int64_t count, float **out, mgreg_error *err)
{
	void *memory;
	int rc = mg_kernel_scratch(k, (size_t)count * sizeof(float) + 1, &memory, err);

	*out = memory;
	return rc;
}

/* [a | b] side by side: ROWS of N and M columns. */
static void
side_by_side(int64_t rows, const float *a, int64_t n, const float *b, int64_t m, float *out)
{
	for (int64_t r = 0; r < rows; r++) {
		memcpy(out + r * (n + m), a + r * n, (size_t)n * sizeof *a);
		memcpy(out + r * (n + m) + n, b + r * m, (size_t)m * sizeof *b);
	}
}

static void
split(int64_t rows, const float *from, float *a, int64_t n, float *b, int64_t m)
{
	for (int64_t r = 0; r < rows; r++) {
		memcpy(a + r * n, from + r * (n + m), (size_t)n * sizeof *a);
		memcpy(b + r * m, from + r * (n + m) + n, (size_t)m * sizeof *b);
	}
}

/* ---- LSTM ---- */

enum { IG, CS, F, O, CI, CO, H, GATES };

typedef struct lstm {
	int64_t      times, steps, batch, inputs, cells;
	const float *x, *cs_prev, *h_prev, *w, *wci, *wcf, *wco, *b;
	float        forget_bias, clip;
	bool         peephole;
	float       *xh, *gates;        /* [batch, inputs + cells], [batch, 4 cells] */
} lstm;

/* Inputs from AT on: x, cs_prev, h_prev, w, wci, wcf, wco, b; SEQUENCE: x has a time dimension in front. */
static int
lstm_begin(mg_kernel_ctx *k, int at, bool sequence, lstm *l, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, at), *cs = mg_kernel_input(k, at + 1);
	int rc;

	if ((rc = mg_k_rank_is(x, sequence ? 3 : 2, "x", err)) != 0 || (rc = mg_k_rank_is(cs, 2, "cs_prev", err)) != 0)
		return rc;
	*l = (lstm){ .times = sequence ? mg_dim(x, 0) : 1, .batch = mg_dim(x, sequence), .inputs = mg_dim(x, sequence + 1), .cells = mg_dim(cs, 1) };
	l->steps = l->times;
	if (sequence) {
		if ((rc = mg_k_scalar(mg_kernel_input(k, 0), "seq_len_max", &l->steps, err)) != 0)
			return rc;
		if (l->steps < 0 || l->steps > l->times)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "seq_len_max %lld is not within the %lld time steps", (long long)l->steps, (long long)l->times);
	}
	l->forget_bias = mg_k_attr_float(attrs, "forget_bias", 1);
	l->clip = mg_k_attr_float(attrs, "cell_clip", 3);
	l->peephole = mg_k_attr_bool(attrs, "use_peephole", false);
	if ((rc = operand(k, at, "x", sequence ? 3 : 2, sequence ? (int64_t[]){ l->times, l->batch, l->inputs } : (int64_t[]){ l->batch, l->inputs },
			&l->x, err)) != 0
			|| (rc = operand(k, at + 1, "cs_prev", 2, (int64_t[]){ l->batch, l->cells }, &l->cs_prev, err)) != 0
			|| (rc = operand(k, at + 2, "h_prev", 2, (int64_t[]){ l->batch, l->cells }, &l->h_prev, err)) != 0
			|| (rc = operand(k, at + 3, "w", 2, (int64_t[]){ l->inputs + l->cells, 4 * l->cells }, &l->w, err)) != 0
			|| (rc = operand(k, at + 4, "wci", 1, &l->cells, &l->wci, err)) != 0
			|| (rc = operand(k, at + 5, "wcf", 1, &l->cells, &l->wcf, err)) != 0
			|| (rc = operand(k, at + 6, "wco", 1, &l->cells, &l->wco, err)) != 0
			|| (rc = operand(k, at + 7, "b", 1, (int64_t[]){ 4 * l->cells }, &l->b, err)) != 0
			|| (rc = floats(k, l->batch * (l->inputs + l->cells), &l->xh, err)) != 0
			|| (rc = floats(k, l->batch * 4 * l->cells, &l->gates, err)) != 0)
		return rc;
	return 0;
}

/* One step: the seven outputs at OUT[gate] from x, the cell state and the output before. */
static int
lstm_step(mg_kernel_ctx *k, const lstm *l, const float *x, const float *cs_prev, const float *h_prev, float *const *out, mgreg_error *err)
{
	int64_t c = l->cells, rows = l->inputs + c;
	int rc;

	side_by_side(l->batch, x, l->inputs, h_prev, c, l->xh);
	if ((rc = mg_gemm_f32(k, false, false, l->batch, 4 * c, rows, 1, l->xh, rows, l->w, 4 * c, 0, l->gates, 4 * c, err)) != 0)
		return rc;
	for (int64_t b = 0; b < l->batch; b++) {
		const float *g = l->gates + b * 4 * c;
		for (int64_t j = 0; j < c; j++) {
			int64_t at = b * c + j;
			float before = cs_prev[at], cs;
			float i = sigmoid(g[j] + l->b[j] + (l->peephole ? before * l->wci[j] : 0));
			float ci = tanhf(g[c + j] + l->b[c + j]);
			float f = sigmoid(g[2 * c + j] + l->b[2 * c + j] + l->forget_bias + (l->peephole ? before * l->wcf[j] : 0));
			cs = ci * i + before * f;
			if (l->clip > 0)
				cs = cs > l->clip ? l->clip : cs < -l->clip ? -l->clip : cs;
			out[IG][at] = i;
			out[CI][at] = ci;
			out[F][at] = f;
			out[CS][at] = cs;
			out[O][at] = sigmoid(g[3 * c + j] + l->b[3 * c + j] + (l->peephole ? cs * l->wco[j] : 0));
			out[CO][at] = tanhf(cs);
			out[H][at] = out[CO][at] * out[O][at];
		}
	}
	return 0;
}

static int
lstm_forward(mg_kernel_ctx *k, bool sequence, mgreg_error *err)
{
	result r[GATES];
	lstm l;
	int64_t step;
	int rc;

	if ((rc = lstm_begin(k, sequence, sequence, &l, err)) != 0
			|| (rc = results(k, 0, GATES, sequence ? (int64_t[]){ l.times, l.batch, l.cells } : (int64_t[]){ l.batch, l.cells }, sequence ? 3 : 2, r, err)) != 0)
		return rc;
	step = l.batch * l.cells;
	for (int64_t t = 0; t < l.steps && step; t++) {
		float *out[GATES];
		for (int g = 0; g < GATES; g++)
			out[g] = r[g].at + t * step;
		if ((rc = lstm_step(k, &l, l.x + t * l.batch * l.inputs, t ? out[CS] - step : l.cs_prev, t ? out[H] - step : l.h_prev, out, err)) != 0)
			return rc;
	}
	end_results(r, GATES);
	return 0;
}

static int lstm_cell_run(mg_kernel_ctx *k, mgreg_error *err) { return lstm_forward(k, false, err); }
static int lstm_block_run(mg_kernel_ctx *k, mgreg_error *err) { return lstm_forward(k, true, err); }

/* The gradients of one step's gates into D[batch, 4 cells]; of the state before into CS_PREV; peepholes are added to PEEP[3][cells]. */
static void
lstm_step_back(const lstm *l, const float *const *v, const float *cs_prev, const float *cs_grad, const float *h_grad, float *d, float *cs_prev_grad,
	float *const *peep)
{
	int64_t c = l->cells;

	for (int64_t b = 0; b < l->batch; b++)
		for (int64_t j = 0; j < c; j++) {
			int64_t at = b * c + j;
			float i = v[IG][at], f = v[F][at], o = v[O][at], ci = v[CI][at], co = v[CO][at], before = cs_prev[at];
			float go = o * (1 - o) * h_grad[at] * co;
			float gcs = (1 - co * co) * h_grad[at] * o + cs_grad[at] + (l->peephole ? go * l->wco[j] : 0);
			float gci = (1 - ci * ci) * gcs * i, gf = f * (1 - f) * gcs * before, gi = i * (1 - i) * gcs * ci;
			float *row = d + b * 4 * c;
			row[j] = gi;
			row[c + j] = gci;
			row[2 * c + j] = gf;
			row[3 * c + j] = go;
			cs_prev_grad[at] = gcs * f + (l->peephole ? gi * l->wci[j] + gf * l->wcf[j] : 0);
			if (l->peephole) {
				peep[0][j] += gi * before;
				peep[1][j] += gf * before;
				peep[2][j] += go * v[CS][at];
			}
		}
}

static int
lstm_cell_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	static const int order[] = { IG, CS, F, O, CI, CO };
	const float *v[GATES] = { NULL }, *cs_grad = NULL, *h_grad = NULL;
	int64_t state[2];
	result r[5];
	lstm l;
	int rc;

	if ((rc = lstm_begin(k, 0, false, &l, err)) != 0)
		return rc;
	state[0] = l.batch;
	state[1] = l.cells;
	for (int i = 0; i < 6; i++)
		if ((rc = operand(k, 8 + i, "gate", 2, state, &v[order[i]], err)) != 0)
			return rc;
	if ((rc = operand(k, 14, "cs_grad", 2, state, &cs_grad, err)) != 0 || (rc = operand(k, 15, "h_grad", 2, state, &h_grad, err)) != 0
			|| (rc = results(k, 0, 1, state, 2, r, err)) != 0 || (rc = results(k, 1, 1, (int64_t[]){ l.batch, 4 * l.cells }, 2, r, err)) != 0
			|| (rc = results(k, 2, 3, &l.cells, 1, r, err)) != 0)
		return rc;
	lstm_step_back(&l, v, l.cs_prev, cs_grad, h_grad, r[1].at, r[0].at, (float *const[]){ r[2].at, r[3].at, r[4].at });
	end_results(r, 5);
	return 0;
}

/* Outputs: x, cs_prev, h_prev, w, wci, wcf, wco, b. */
static int
lstm_block_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	static const int order[] = { IG, CS, F, O, CI, CO, H };
	const float *v[GATES], *cs_grads = NULL, *h_grads = NULL;
	float *cs_grad = NULL, *h_grad = NULL, *next = NULL, *xh_grad = NULL;
	int64_t box[3], step, rows;
	result r[8];
	lstm l;
	int rc;

	if ((rc = lstm_begin(k, 1, true, &l, err)) != 0)
		return rc;
	box[0] = l.times;
	box[1] = l.batch;
	box[2] = l.cells;
	rows = l.inputs + l.cells;
	step = l.batch * l.cells;
	for (int i = 0; i < GATES; i++)
		if ((rc = operand(k, 9 + i, "gate", 3, box, &v[order[i]], err)) != 0)
			return rc;
	if ((rc = operand(k, 16, "cs_grad", 3, box, &cs_grads, err)) != 0 || (rc = operand(k, 17, "h_grad", 3, box, &h_grads, err)) != 0
			|| (rc = results(k, 0, 1, (int64_t[]){ l.times, l.batch, l.inputs }, 3, r, err)) != 0
			|| (rc = results(k, 1, 2, box + 1, 2, r, err)) != 0 || (rc = results(k, 3, 1, (int64_t[]){ rows, 4 * l.cells }, 2, r, err)) != 0
			|| (rc = results(k, 4, 3, &l.cells, 1, r, err)) != 0 || (rc = results(k, 7, 1, (int64_t[]){ 4 * l.cells }, 1, r, err)) != 0
			|| (rc = floats(k, step, &cs_grad, err)) != 0 || (rc = floats(k, step, &h_grad, err)) != 0 || (rc = floats(k, step, &next, err)) != 0
			|| (rc = floats(k, l.batch * rows, &xh_grad, err)) != 0)
		return rc;
	memset(cs_grad, 0, (size_t)step * sizeof(float));
	memset(h_grad, 0, (size_t)step * sizeof(float));
	for (int64_t t = l.steps; t-- > 0 && step;) {
		const float *at[GATES], *cs_prev = t ? v[CS] + (t - 1) * step : l.cs_prev, *h_prev = t ? v[H] + (t - 1) * step : l.h_prev;
		for (int g = 0; g < GATES; g++)
			at[g] = v[g] + t * step;
		for (int64_t i = 0; i < step; i++) {
			cs_grad[i] += cs_grads[t * step + i];
			h_grad[i] += h_grads[t * step + i];
		}
		lstm_step_back(&l, at, cs_prev, cs_grad, h_grad, l.gates, next, (float *const[]){ r[4].at, r[5].at, r[6].at });
		memcpy(cs_grad, next, (size_t)step * sizeof(float));
		side_by_side(l.batch, l.x + t * l.batch * l.inputs, l.inputs, h_prev, l.cells, l.xh);
		if ((rc = mg_gemm_f32(k, false, true, l.batch, rows, 4 * l.cells, 1, l.gates, 4 * l.cells, l.w, 4 * l.cells, 0, xh_grad, rows, err)) != 0
				|| (rc = mg_gemm_f32(k, true, false, rows, 4 * l.cells, l.batch, 1, l.xh, rows, l.gates, 4 * l.cells, 1, r[3].at, 4 * l.cells, err)) != 0)
			return rc;
		split(l.batch, xh_grad, r[0].at + t * l.batch * l.inputs, l.inputs, h_grad, l.cells);
		for (int64_t i = 0; i < l.batch * 4 * l.cells; i++)
			r[7].at[i % (4 * l.cells)] += l.gates[i];
	}
	if (step) {
		memcpy(r[1].at, cs_grad, (size_t)step * sizeof(float));
		memcpy(r[2].at, h_grad, (size_t)step * sizeof(float));
	}
	end_results(r, 8);
	return 0;
}

/* ---- GRU ---- */

typedef struct gru {
	int64_t      batch, inputs, cells;
	const float *x, *h_prev, *w_ru, *w_c, *b_ru, *b_c;
} gru;

static int
gru_begin(mg_kernel_ctx *k, gru *g, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *h = mg_kernel_input(k, 1);
	int64_t rows;
	int rc;

	if ((rc = mg_k_rank_is(x, 2, "x", err)) != 0 || (rc = mg_k_rank_is(h, 2, "h_prev", err)) != 0)
		return rc;
	*g = (gru){ .batch = mg_dim(x, 0), .inputs = mg_dim(x, 1), .cells = mg_dim(h, 1) };
	rows = g->inputs + g->cells;
	if ((rc = operand(k, 0, "x", 2, (int64_t[]){ g->batch, g->inputs }, &g->x, err)) != 0
			|| (rc = operand(k, 1, "h_prev", 2, (int64_t[]){ g->batch, g->cells }, &g->h_prev, err)) != 0
			|| (rc = operand(k, 2, "w_ru", 2, (int64_t[]){ rows, 2 * g->cells }, &g->w_ru, err)) != 0
			|| (rc = operand(k, 3, "w_c", 2, (int64_t[]){ rows, g->cells }, &g->w_c, err)) != 0
			|| (rc = operand(k, 4, "b_ru", 1, (int64_t[]){ 2 * g->cells }, &g->b_ru, err)) != 0
			|| (rc = operand(k, 5, "b_c", 1, &g->cells, &g->b_c, err)) != 0)
		return rc;
	return 0;
}

/* h = u h_prev + (1 - u) c, c = tanh([x, r h_prev] w_c + b_c). */
static int
gru_run(mg_kernel_ctx *k, mgreg_error *err)
{
	enum { R, U, C, OUT };
	float *xh, *ru, *reset;
	int64_t rows, n;
	result r[4];
	gru g;
	int rc;

	if ((rc = gru_begin(k, &g, err)) != 0)
		return rc;
	rows = g.inputs + g.cells;
	n = g.cells;
	if ((rc = results(k, 0, 4, (int64_t[]){ g.batch, n }, 2, r, err)) != 0 || (rc = floats(k, g.batch * rows, &xh, err)) != 0
			|| (rc = floats(k, g.batch * 2 * n, &ru, err)) != 0 || (rc = floats(k, g.batch * n, &reset, err)) != 0)
		return rc;
	side_by_side(g.batch, g.x, g.inputs, g.h_prev, n, xh);
	if ((rc = mg_gemm_f32(k, false, false, g.batch, 2 * n, rows, 1, xh, rows, g.w_ru, 2 * n, 0, ru, 2 * n, err)) != 0)
		return rc;
	for (int64_t i = 0; i < g.batch * n; i++) {
		const float *row = ru + i / n * 2 * n;
		r[R].at[i] = sigmoid(row[i % n] + g.b_ru[i % n]);
		r[U].at[i] = sigmoid(row[n + i % n] + g.b_ru[n + i % n]);
		reset[i] = r[R].at[i] * g.h_prev[i];
	}
	side_by_side(g.batch, g.x, g.inputs, reset, n, xh);
	if ((rc = mg_gemm_f32(k, false, false, g.batch, n, rows, 1, xh, rows, g.w_c, n, 0, r[C].at, n, err)) != 0)
		return rc;
	for (int64_t i = 0; i < g.batch * n; i++) {
		r[C].at[i] = tanhf(r[C].at[i] + g.b_c[i % n]);
		r[OUT].at[i] = r[U].at[i] * g.h_prev[i] + (1 - r[U].at[i]) * r[C].at[i];
	}
	end_results(r, 4);
	return 0;
}

/* Outputs: d_x, d_h_prev, d_c_bar, d_r_bar_u_bar. */
static int
gru_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const float *v[4];
	float *xh, *dx, *reset;
	int64_t rows, n, state[2];
	result o[4];
	gru g;
	int rc;

	if ((rc = gru_begin(k, &g, err)) != 0)
		return rc;
	rows = g.inputs + g.cells;
	n = g.cells;
	state[0] = g.batch;
	state[1] = n;
	for (int i = 0; i < 4; i++)
		if ((rc = operand(k, 6 + i, i == 3 ? "d_h" : "gate", 2, state, &v[i], err)) != 0)
			return rc;
	if ((rc = results(k, 0, 1, (int64_t[]){ g.batch, g.inputs }, 2, o, err)) != 0 || (rc = results(k, 1, 2, state, 2, o, err)) != 0
			|| (rc = results(k, 3, 1, (int64_t[]){ g.batch, 2 * n }, 2, o, err)) != 0 || (rc = floats(k, g.batch * rows, &xh, err)) != 0
			|| (rc = floats(k, g.batch * g.inputs, &dx, err)) != 0 || (rc = floats(k, g.batch * n, &reset, err)) != 0)
		return rc;
	for (int64_t i = 0; i < g.batch * n; i++)
		o[2].at[i] = v[3][i] * (1 - v[1][i]) * (1 - v[2][i] * v[2][i]);
	if ((rc = mg_gemm_f32(k, false, true, g.batch, rows, n, 1, o[2].at, n, g.w_c, n, 0, xh, rows, err)) != 0)
		return rc;
	split(g.batch, xh, dx, g.inputs, reset, n);
	for (int64_t i = 0; i < g.batch * n; i++) {
		float *row = o[3].at + i / n * 2 * n;
		row[i % n] = reset[i] * g.h_prev[i] * v[0][i] * (1 - v[0][i]);
		row[n + i % n] = v[3][i] * (g.h_prev[i] - v[2][i]) * v[1][i] * (1 - v[1][i]);
	}
	if ((rc = mg_gemm_f32(k, false, true, g.batch, rows, 2 * n, 1, o[3].at, 2 * n, g.w_ru, 2 * n, 0, xh, rows, err)) != 0)
		return rc;
	split(g.batch, xh, o[0].at, g.inputs, o[1].at, n);
	for (int64_t i = 0; i < g.batch * g.inputs; i++)
		o[0].at[i] += dx[i];
	for (int64_t i = 0; i < g.batch * n; i++)
		o[1].at[i] += reset[i] * v[0][i] + v[3][i] * v[1][i];
	end_results(o, 4);
	return 0;
}

#define ROW(op, name) { op, "T=half|float", 0, NULL, name##_run, NULL, MG_KERNEL_EXPENSIVE }
const mg_kernel mg_kernels_rnn[] = {
	ROW("LSTMBlockCell", lstm_cell), ROW("LSTMBlockCellGrad", lstm_cell_grad),
	ROW("BlockLSTM", lstm_block), ROW("BlockLSTMGrad", lstm_block_grad),
	ROW("GRUBlockCell", gru), ROW("GRUBlockCellGrad", gru_grad),
	{ .op = NULL }
};
