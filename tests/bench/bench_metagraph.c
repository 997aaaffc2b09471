/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_metagraph.c - opening a .meta and importing it into a live graph, against protobuf-c unpacking the same bytes.
 *
 *   bench_metagraph [NODES] [PAIRS] [FILE.meta]
 *
 * Without a file the graph is a chain of trained layers of about NODES nodes: variables, gradients, updates, a saver.  Own time
 * begins with the file's name, the peer's with its bytes in memory; neither frees what it made within its time.
 */
#include "bench.h"
#include "base/file.h"
#include "metagraph/metagraph.h"
#include "mgreg/metagraph.h"
#include "mgreg/saver.h"

#include <malloc.h>
#include <unistd.h>

static mgreg_output
layer(mgreg_builder *b, mgreg_output x, const char *scope)
{
	mgreg_output y;
	mgreg_variable w, bias;

	bench_die(mgreg_scope_enter(b->graph, scope, b->err), b->err);
	w = mgreg_op_variable(b, mgreg_op_random_normal(b, MGREG_FLOAT, (const int64_t[]){ 8, 8 }, 2, 0, 0.1, 0, NULL), 0, "kernel");
	bias = mgreg_op_variable(b, mgreg_op_zeros(b, MGREG_FLOAT, (const int64_t[]){ 8 }, 1, NULL), 0, "bias");
	y = mgreg_op_relu(b, mgreg_op_bias_add(b, mgreg_op_matmul(b, x, w.value, NULL), bias.value, NULL), NULL);
	mgreg_scope_leave(b->graph);
	return y;
}

/* Layers until there are nodes enough; the gradients about double what the layers have. */
static void
make(const char *path, int nodes)
{
	mgreg_error err;
	mgreg_graph *g;
	mgreg_metagraph *m;
	mgreg_node *train;
	mgreg_saver *saver;
	mgreg_export_options o = MGREG_EXPORT_INIT;
	mgreg_output x;

	bench_die(mgreg_graph_new(&g, &err), &err);
	mgreg_builder b = MGREG_BUILDER(g, &err);
	x = mgreg_op_placeholder(&b, MGREG_FLOAT, (const int64_t[]){ -1, 8 }, 2, "x");
	for (int i = 0; mgreg_graph_node_count(g) < nodes * 2 / 5; i++) {
		char name[32];

		snprintf(name, sizeof(name), "layer%d", i);
		x = layer(&b, x, name);
	}
	x = mgreg_op_reduce_mean(&b, mgreg_op_square(&b, x, NULL), NULL, 0, 0, "loss");
	bench_die(b.rc, &err);
	bench_die(mgreg_minimize(g, x, "momentum:learning_rate=0.1,momentum=0.9", 1, &train, &err), &err);
	bench_die(mgreg_saver_new(&saver, g, NULL, &err), &err);
	o.saver = saver;
	bench_die(mgreg_metagraph_export(&m, g, &o, &err), &err);
	bench_die(mgreg_metagraph_write(m, path, 0, &err), &err);
	mgreg_metagraph_free(m);
	mgreg_saver_free(saver);
	mgreg_graph_free(g);
}

static double
own(const char *path, int *nodes, double *opened)
{
	mgreg_import_options o = MGREG_IMPORT_INIT;
	mgreg_metagraph *m;
	mgreg_graph *g;
	mgreg_error err;
	double begin = mg_monotonic(), end;

	bench_die(mgreg_metagraph_read(&m, path, &err), &err);
	*opened = mg_monotonic() - begin;
	bench_die(mgreg_graph_new(&g, &err), &err);
	o.allow_unknown_ops = 1;
	bench_die(mgreg_metagraph_import(g, m, &o, NULL, &err), &err);
	end = mg_monotonic();
	*nodes = mgreg_graph_node_count(g);
	mgreg_graph_free(g);
	mgreg_metagraph_free(m);
	malloc_trim(0);
	return end - begin;
}

static double
peer(const mg_str *bytes)
{
	double begin = mg_monotonic(), end;
	Pb__MetaGraphDef *m = (Pb__MetaGraphDef *)protobuf_c_message_unpack(&pb__meta_graph_def__descriptor, NULL, bytes->len,
		(const uint8_t *)bytes->ptr);

	end = mg_monotonic();
	if (!m) {
		fprintf(stderr, "bench: protobuf-c does not read the file\n");
		exit(1);
	}
	protobuf_c_message_free_unpacked(&m->base, NULL);
	malloc_trim(0);         /* the heap is left to the other as it was found */
	return end - begin;
}

int
main(int argc, char **argv)
{
	int want = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 15000, pairs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9, nodes = 0;
	const char *path = argc > 3 ? argv[3] : "bench.meta";
	double ratio[1000], opening[1000];
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;

	pairs = MG_MIN(MG_MAX(pairs, 1), 1000);
	if (argc <= 3)
		make(path, want);
	bench_die(mg_file_read(path, 0, &bytes, &err), &err);
	for (int i = -1; i < pairs; i++) {              /* the first pair only warms up */
		double open, p = peer(&bytes), o = own(path, &nodes, &open);

		if (i < 0)
			continue;
		bench_pair("open and import", i, o, p, ratio);
		opening[i] = open / p;
	}
	printf("# %d nodes, %zu bytes; opening alone: %.3f\n", nodes, bytes.len, bench_median(opening, pairs));
	printf("metagraph_import ratio %.3f (median of %d pairs; goal at most 2)\n", bench_median(ratio, pairs), pairs);
	mg_str_clear(&bytes);
	if (argc <= 3)
		unlink(path);
	return 0;
}
