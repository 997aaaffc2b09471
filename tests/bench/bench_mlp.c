/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_mlp.c - one training step of the MetaGraph guide's net (28-128-32-10, batch 100, gradient descent) against
 * torch, both in this one run and interleaved.
 *
 *   bench_mlp [PAIRS] [STEPS] [TRACE]
 *
 * Input and labels are fed at each step.  The peer (torch_mlp.py) picks its own best setting first.  Without
 * python3-torch only our own time is printed.  TRACE gets 100 steps as Chrome trace JSON.
 */
#include "bench.h"
#include "base/file.h"
#include "train/train.h"
#include "runtime/runtime.h"

#include <unistd.h>
#include <sys/wait.h>

#define BATCH 100

typedef struct net {
	mg_graph   *g;
	mg_session *s;
	mg_output   x, labels, loss;
	mg_node    *train;
	mg_tensor   xs, ys;
} net;

static mg_output
ints(mg_builder *b, int64_t first, int64_t second)
{
	return mg_const_i32s(b, NULL, (int64_t[]){ first, second }, 2);
}

/* act(in w + b) with truncated normal weights. */
static mg_output
layer(net *n, mg_builder *b, const char *scope, mg_output in, int from, int to, bool relu)
{
	const mg_variable_record *v;
	mg_output init, handle, w, bias;
	mgreg_error err;

	bench_die(mg_scope_enter(n->g, scope, NULL, &err), &err);
	init = mg_build(b, "TruncatedNormal", NULL, "o; t:dtype i:seed i:seed2", ints(b, from, to), MGREG_FLOAT, (int64_t)1, (int64_t)to);
	init = mg_build(b, "Mul", NULL, "oo", init, mg_const_scalar(b, NULL, MGREG_FLOAT, 0.1));
	bench_die(mg_variable_new(n->g, "weights", init, 0, &v, &err), &err);
	bench_die(mg_variable_outputs(n->g, v, &handle, &w, &err), &err);
	init = mg_build(b, "Fill", NULL, "oo", mg_const_i32s(b, NULL, (int64_t[]){ to }, 1), mg_const_scalar(b, NULL, MGREG_FLOAT, 0));
	bench_die(mg_variable_new(n->g, "biases", init, 0, &v, &err), &err);
	bench_die(mg_variable_outputs(n->g, v, &handle, &bias, &err), &err);
	in = mg_build(b, "Add", NULL, "oo", mg_build(b, "MatMul", NULL, "oo", in, w), bias);
	if (relu)
		in = mg_build(b, "Relu", NULL, "o", in);
	mg_scope_leave(n->g);
	bench_die(b->rc, b->err);
	return in;
}

static void
make(net *n, int threads)
{
	mg_session_options options = { .threads = threads };
	mg_optimizer_config config;
	mg_shape x = { .rank = 2, .inline_dims = { BATCH, 28 } }, y = { .rank = 2, .inline_dims = { BATCH, 10 } };
	mgreg_error err;
	mg_builder b;
	mg_output h, l;
	mg_node *init;

	bench_die(mg_graph_new(&n->g, &err), &err);
	b = (mg_builder)MG_BUILDER(n->g, &err);
	n->x = mg_build(&b, "Placeholder", "x", "; t:dtype h:shape", MGREG_FLOAT, &x);
	n->labels = mg_build(&b, "Placeholder", "labels", "; t:dtype h:shape", MGREG_FLOAT, &y);
	h = layer(n, &b, "hidden1", n->x, 28, 128, true);
	h = layer(n, &b, "hidden2", h, 128, 32, true);
	h = layer(n, &b, "softmax_linear", h, 32, 10, false);
	l = mg_build(&b, "SoftmaxCrossEntropyWithLogits", "xentropy", "oo", h, n->labels);
	n->loss = mg_build(&b, "Mean", "loss", "oo", l, mg_const_i32s(&b, NULL, (int64_t[]){ 0 }, 1));
	bench_die(b.rc, &err);
	bench_die(mg_optimizer_parse("sgd:learning_rate=0.01", mg_graph_arena(n->g), &config, &err), &err);
	bench_die(mg_minimize(n->g, n->loss, &config, &(mg_minimize_options){ 0 }, &n->train, &err), &err);
	bench_die(mg_variables_initializer(n->g, "variables", "init", &init, &err), &err);
	bench_die(mg_session_new(&n->s, n->g, &options, &err), &err);
	bench_die(mg_session_run(n->s, NULL, 0, NULL, 0, &init, 1, NULL, &err), &err);
	bench_die(mg_tensor_init(&n->xs, MGREG_FLOAT, &x, &err), &err);
	bench_die(mg_tensor_init(&n->ys, MGREG_FLOAT, &y, &err), &err);
	for (int i = 0; i < BATCH * 28; i++)
		MG_DATA(&n->xs, float)[i] = (float)((i * 7919) % 1000) / 1000;
	memset(n->ys.data, 0, n->ys.size);
	for (int i = 0; i < BATCH; i++)
		MG_DATA(&n->ys, float)[i * 10 + i * 7 % 10] = 1;
}

/* Median of STEPS steps, in microseconds. */
static double
own(net *n, int steps, double *times)
{
	mg_feed feeds[2] = { { n->x, &n->xs }, { n->labels, &n->ys } };
	mgreg_error err;

	for (int i = 0; i < steps; i++) {
		double begin = mg_monotonic();

		bench_die(mg_session_run(n->s, feeds, 2, NULL, 0, &n->train, 1, NULL, &err), &err);
		times[i] = mg_monotonic() - begin;
	}
	return bench_median(times, steps) * 1e6;
}

static void
trace(net *n, const char *path, double *times)
{
	mg_str json = MG_STR_INIT;
	mgreg_error err;

	bench_die(mg_session_trace_begin(n->s, &err), &err);
	own(n, 100, times);
	bench_die(mg_session_trace_take(n->s, &json, &err), &err);
	bench_die(mg_file_write(path, json.ptr, json.len, &err), &err);
	mg_str_clear(&json);
}

/* ---- the peer ---- */

typedef struct peer { FILE *to, *from; pid_t pid; } peer;

static bool
start(peer *p)
{
	const char *python = getenv("PYTHON3"), *script = getenv("BENCH_TORCH");
	int to[2], from[2];
	char line[200];

	if (!script || pipe(to) || pipe(from))
		return false;
	p->pid = fork();
	if (p->pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		close(from[0]);
		execlp(python ? python : "python3", "python3", script, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	p->to = fdopen(to[1], "w");
	p->from = fdopen(from[0], "r");
	if (!p->to || !p->from || !fgets(line, sizeof(line), p->from))
		return false;
	printf("peer: %s", line);
	return true;
}

static double
ask(peer *p, int steps)
{
	char line[100];

	fprintf(p->to, "%d\n", steps);
	fflush(p->to);
	return fgets(line, sizeof(line), p->from) ? strtod(line, NULL) : 0;
}

int
main(int argc, char **argv)
{
	int pairs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 9, steps = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1000;
	double *times = mg_calloc((size_t)steps, sizeof(*times)), a[99], b[99], ratio[99], best = 0;
	int threads = 1;
	peer p = { 0 };
	net n[2] = { { 0 } };
	bool has_peer;

	if (!times || pairs < 1 || pairs > 99 || steps < 1)
		return 2;
	for (int i = 0; i < 2; i++) {
		double t;

		make(&n[i], i + 1);
		own(&n[i], steps, times);
		t = own(&n[i], steps, times);
		if (i == 0 || t < best) {
			best = t;
			threads = i + 1;
		}
	}
	printf("own: %d thread(s)\n", threads);
	if (argc > 3 && steps >= 100)
		trace(&n[0], argv[3], times);
	has_peer = start(&p);
	for (int i = 0; i < pairs; i++) {
		a[i] = own(&n[threads - 1], steps, times);
		b[i] = has_peer ? ask(&p, steps / 4 + 1) : 0;
		ratio[i] = b[i] / a[i];
		printf("guide-mlp step: own %.1f us", a[i]);
		if (has_peer)
			printf(", torch %.1f us, torch/own %.2f", b[i], ratio[i]);
		printf("\n");
	}
	printf("guide-mlp step: median own %.1f us", bench_median(a, pairs));
	if (has_peer)
		printf(", torch %.1f us, torch/own %.2f", bench_median(b, pairs), bench_median(ratio, pairs));
	else
		printf("; no python3-torch to compare with");
	printf("\n");
	if (has_peer) {
		fclose(p.to);
		fclose(p.from);
		waitpid(p.pid, NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		mg_tensor_clear(&n[i].xs);
		mg_tensor_clear(&n[i].ys);
		mg_session_free(n[i].s);
		mg_graph_free(n[i].g);
	}
	mg_free(times);
	return 0;
}
