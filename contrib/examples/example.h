/* SPDX-License-Identifier: Apache-2.0 */
/* example.h - what the example programs share: a folder to work in, and one line for each thing that went as it should. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* nftw, mkdtemp */
#endif

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mgreg.h"

static int example_count;

/* Reports a failure of the library and ends the program. */
#define TRY(call) do { \
	if ((call) != 0) { \
		printf("not ok %d - %s: %s\n1..%d\n", example_count + 1, #call, err.text, example_count + 1); \
		exit(1); \
	} \
} while (0)

/* Says that something came out right, or ends the program. */
#define EXPECT(condition, what) do { \
	if (!(condition)) { \
		printf("not ok %d - %s\n1..%d\n", example_count + 1, what, example_count + 1); \
		exit(1); \
	} \
	printf("ok %d - %s\n", ++example_count, what); \
} while (0)

static inline int
example_end(void)
{
	printf("1..%d\n", example_count);
	return 0;
}

static char example_folder[256];

static inline int
example_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
example_clean_up(void)
{
	nftw(example_folder, example_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* FOLDER/NAME; the folder is new and goes when the program ends. */
static inline const char *
example_path(const char *name)
{
	static char paths[8][512];
	static int next;
	char *path = paths[next++ % 8];

	if (!example_folder[0]) {
		const char *tmp = getenv("TMPDIR");

		snprintf(example_folder, sizeof(example_folder), "%s/mgreg-example-XXXXXX", tmp ? tmp : "/tmp");
		if (!mkdtemp(example_folder)) {
			perror(example_folder);
			exit(1);
		}
		atexit(example_clean_up);
	}
	snprintf(path, sizeof(paths[0]), "%s/%s", example_folder, name);
	return path;
}

static inline int
example_file_exists(const char *path)
{
	return access(path, R_OK) == 0;
}

/* Runs one node for what it does. */
static inline int
example_run(mgreg_session *session, const char *node, mgreg_error *err)
{
	return mgreg_session_run_named(session, NULL, NULL, 0, NULL, 0, &node, 1, NULL, err);
}

/* The value of a scalar tensor. */
static inline int
example_scalar(mgreg_session *session, const char *name, double *out, mgreg_error *err)
{
	mgreg_tensor *t;
	int rc = mgreg_session_run_named(session, NULL, NULL, 0, &name, 1, NULL, 0, &t, err);

	if (rc)
		return rc;
	*out = NAN;
	if (mgreg_tensor_dtype(t) == MGREG_FLOAT)
		*out = (double)*(const float *)mgreg_tensor_bytes(t);
	else if (mgreg_tensor_dtype(t) == MGREG_INT64)
		*out = (double)*(const int64_t *)mgreg_tensor_bytes(t);
	else if (mgreg_tensor_dtype(t) == MGREG_INT32)
		*out = (double)*(const int32_t *)mgreg_tensor_bytes(t);
	mgreg_tensor_free(t);
	return 0;
}

/* A line through three points, found by gradient descent: loss, train_op, global_step, init.  Small enough for any example. */
static inline int
example_line(mgreg_graph *graph, mgreg_error *err)
{
	static const float xs[] = { 0, 1, 2 }, ys[] = { 1, 3, 5 };
	static const int64_t dims[] = { 3 };
	mgreg_builder b = MGREG_BUILDER(graph, err);
	mgreg_output x = mgreg_op_floats(&b, xs, dims, 1, "x"), y = mgreg_op_floats(&b, ys, dims, 1, "y");
	mgreg_variable w = mgreg_op_variable(&b, mgreg_op_scalar(&b, MGREG_FLOAT, 0.0, "zero"), 0, "w");
	mgreg_variable c = mgreg_op_variable(&b, mgreg_op_scalar(&b, MGREG_FLOAT, 0.0, "zero"), 0, "c");
	mgreg_output line = mgreg_op_add(&b, mgreg_op_mul(&b, w.value, x, NULL), c.value, "line");
	mgreg_output loss = mgreg_op_reduce_mean(&b, mgreg_op_square(&b, mgreg_op_sub(&b, line, y, NULL), NULL), NULL, -1, 0, "loss");
	int rc = b.rc;

	if (rc == 0)
		rc = mgreg_collection_add_output(graph, "losses", loss, err);
	if (rc == 0)
		rc = mgreg_minimize(graph, loss, "sgd:learning_rate=0.1", 1, NULL, err);
	if (rc == 0) {
		mgreg_op_initializer(&b, "init");
		rc = b.rc;
	}
	return rc;
}

/* The first node of collection train_op, which runs one step. */
static inline int
example_train_op(mgreg_graph *graph, mgreg_node **out, mgreg_error *err)
{
	return mgreg_collection_node(graph, "train_op", 0, out, err);
}

static inline int
example_train(mgreg_session *session, mgreg_node *train_op, int steps, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < steps; i++)
		rc = mgreg_session_run(session, NULL, 0, NULL, 0, &train_op, 1, NULL, err);
	return rc;
}
#endif
