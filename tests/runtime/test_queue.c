/* SPDX-License-Identifier: Apache-2.0 */
/* test_queue.c - queues of every kind, older and newer ops; waiting, closing, cancelling; readers that take their files from them. */
#include "rt.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"
#include "base/thread.h"

/* A queue of floats; CAPACITY, SHAPE NULL: none given. */
static mg_output
queue(rt *t, const char *op, int64_t capacity, const mg_shape *shape)
{
	mg_arena *a = mg_graph_arena(t->g);
	mg_output q;

	q = mg_build(&t->b, op, "q", ";T:component_types a:shapes i:capacity", (int[]){ MGREG_FLOAT }, 1,
		shape ? mg_attr_shapes(a, shape, 1) : mg_attr_shapes(a, shape, 0), capacity);
	ck_assert_ok(t->b.rc, &t->err);
	return q;
}

static mg_node *
enqueue(rt *t, bool v2, mg_output q, mg_output v)
{
	mg_node *n = mg_build_node(&t->b, v2 ? "QueueEnqueueV2" : "QueueEnqueue", NULL, "oO", q, &v, 1);

	ck_assert_ok(t->b.rc, &t->err);
	return n;
}

static mg_output
dequeue(rt *t, bool v2, mg_output q)
{
	mg_output o = mg_build(&t->b, v2 ? "QueueDequeueV2" : "QueueDequeue", NULL, "o;T:component_types", q, (int[]){ MGREG_FLOAT }, 1);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

static mg_output
dequeue_many(rt *t, const char *op, mg_output q, int n)
{
	mg_output o = mg_build(&t->b, op, NULL, "oo;T:component_types", q, mg_const_scalar(&t->b, NULL, MGREG_INT32, n), (int[]){ MGREG_FLOAT }, 1);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

static mg_node *
closing(rt *t, bool v2, mg_output q, bool cancel)
{
	return mg_build_node(&t->b, v2 ? "QueueCloseV2" : "QueueClose", NULL, "o;b:cancel_pending_enqueues", q, cancel);
}

START_TEST(fifo)
{
	bool v2 = _i;
	mg_output q, size, one;
	mg_node *close;
	rt t;

	rt_begin(&t);
	q = queue(&t, v2 ? "FIFOQueueV2" : "FIFOQueue", 3, NULL);
	size = mg_build(&t.b, v2 ? "QueueSizeV2" : "QueueSize", NULL, "o", q);
	rt_run(&t, enqueue(&t, v2, q, rt_float(&t, "a", 1)));
	rt_run(&t, enqueue(&t, v2, q, rt_float(&t, "b", 2)));
	ck_assert_int_eq((int)rt_fetch_scalar(&t, size), 2);
	one = dequeue(&t, v2, q);
	ck_assert_double_eq(rt_fetch_scalar(&t, one), 1);
	ck_assert_double_eq(rt_fetch_scalar(&t, one), 2);
	rt_fetch_fails(&t, dequeue_many(&t, v2 ? "QueueDequeueManyV2" : "QueueDequeueMany", q, 2), MGREG_INVALID_ARGUMENT);
	rt_run(&t, mg_build_node(&t.b, v2 ? "QueueEnqueueManyV2" : "QueueEnqueueMany", NULL, "oO", q, (mg_output[]){ rt_floats(&t, "c", 2, 5.0, 6.0) }, 1));
	close = closing(&t, v2, q, false);
	rt_run(&t, close);
	rt_run_fails(&t, close, MGREG_CANCELLED);
	rt_run_fails(&t, enqueue(&t, v2, q, rt_float(&t, "d", 9)), MGREG_CANCELLED);
	ck_assert_double_eq(rt_fetch_scalar(&t, one), 5);
	ck_assert_double_eq(rt_fetch_scalar(&t, one), 6);
	rt_fetch_fails(&t, one, MGREG_OUT_OF_RANGE);
	ck_assert_ptr_nonnull(strstr(t.err.text, "q"));
	ck_assert_int_eq((int)rt_fetch_scalar(&t, mg_build(&t.b, v2 ? "QueueIsClosedV2" : "QueueIsClosed", NULL, "o", q)), 1);
	rt_end(&t);
}
END_TEST

START_TEST(many)
{
	mg_shape scalar = MG_SHAPE_SCALAR;
	mg_output q, up_to, all;
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	q = queue(&t, "FIFOQueueV2", -1, &scalar);
	rt_run(&t, mg_build_node(&t.b, "QueueEnqueueManyV2", NULL, "oO", q, (mg_output[]){ rt_floats(&t, "c", 5, 1.0, 2.0, 3.0, 4.0, 5.0) }, 1));
	rt_run_fails(&t, enqueue(&t, true, q, rt_floats(&t, "bad", 2, 1.0, 2.0)), MGREG_INVALID_ARGUMENT);
	all = dequeue_many(&t, "QueueDequeueManyV2", q, 2);
	rt_fetch(&t, all, &out);
	ck_assert_int_eq(out.count, 2);
	ck_assert_float_eq(MG_DATA(&out, float)[1], 2);
	mg_tensor_clear(&out);
	rt_run(&t, closing(&t, true, q, false));
	rt_fetch_fails(&t, dequeue_many(&t, "QueueDequeueManyV2", q, 4), MGREG_OUT_OF_RANGE);
	up_to = dequeue_many(&t, "QueueDequeueUpToV2", q, 4);
	rt_fetch(&t, up_to, &out);
	ck_assert_int_eq(out.count, 3);
	ck_assert_float_eq(MG_DATA(&out, float)[0], 3);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, up_to, MGREG_OUT_OF_RANGE);
	rt_fetch(&t, dequeue_many(&t, "QueueDequeueManyV2", q, 0), &out);
	ck_assert_int_eq(out.count, 0);
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

START_TEST(padding)
{
	mg_shape open = { .rank = 1, .inline_dims = { -1 } };
	mg_tensor out = { 0 };
	mg_output q;
	rt t;

	rt_begin(&t);
	q = queue(&t, "PaddingFIFOQueueV2", 10, &open);
	rt_run(&t, enqueue(&t, true, q, rt_floats(&t, "a", 1, 1.0)));
	rt_run(&t, enqueue(&t, true, q, rt_floats(&t, "b", 3, 2.0, 3.0, 4.0)));
	rt_fetch(&t, dequeue_many(&t, "QueueDequeueManyV2", q, 2), &out);
	ck_assert_int_eq(mg_dim(&out, 1), 3);
	ck_assert_float_eq(MG_DATA(&out, float)[1], 0);
	ck_assert_float_eq(MG_DATA(&out, float)[5], 4);
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

/* The choice is word mod size, the last one moves into the hole: words of seed 87654321, 1. */
START_TEST(shuffling)
{
	static const uint32_t words[] = { 0xab1e98c7, 0xcdf5cfa7, 0xf1867731, 0x4c3f748e };
	double values[] = { 10, 11, 12, 13, 14 };
	mg_output q, one;
	size_t n = 5;
	rt t;

	rt_begin(&t);
	q = mg_build(&t.b, "RandomShuffleQueueV2", "q", ";T:component_types i:capacity i:min_after_dequeue i:seed i:seed2", (int[]){ MGREG_FLOAT }, 1,
		(int64_t)10, (int64_t)1, (int64_t)87654321, (int64_t)1);
	ck_assert_ok(t.b.rc, &t.err);
	rt_run(&t, mg_build_node(&t.b, "QueueEnqueueManyV2", NULL, "oO", q, (mg_output[]){ rt_floats(&t, "c", 5, 10.0, 11.0, 12.0, 13.0, 14.0) }, 1));
	one = dequeue(&t, true, q);
	for (int i = 0; i < 4; i++, n--) {
		size_t at = words[i] % n;

		ck_assert_double_eq(rt_fetch_scalar(&t, one), values[at]);
		values[at] = values[n - 1];
	}
	mg_session_set_deadline(t.s, 0.1);
	rt_fetch_fails(&t, one, MGREG_DEADLINE_EXCEEDED);       /* one must stay */
	mg_session_set_deadline(t.s, 0);
	rt_run(&t, closing(&t, true, q, false));
	ck_assert_double_eq(rt_fetch_scalar(&t, one), values[0]);
	rt_fetch_fails(&t, one, MGREG_OUT_OF_RANGE);
	mg_build(&t.b, "RandomShuffleQueueV2", "bad", ";T:component_types i:capacity i:min_after_dequeue", (int[]){ MGREG_FLOAT }, 1, (int64_t)3, (int64_t)3);
	rt_run_fails(&t, mg_graph_find(t.g, "bad"), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(priorities)
{
	mg_output q, parts[2];
	mg_shape scalar = MG_SHAPE_SCALAR;
	static const int64_t order[] = { 5, 1, 3, 1 };
	mg_tensor out = { 0 };
	mg_node *n;
	rt t;

	rt_begin(&t);
	q = mg_build(&t.b, "PriorityQueueV2", "q", ";T:component_types a:shapes", (int[]){ MGREG_FLOAT }, 1, mg_attr_shapes(mg_graph_arena(t.g), &scalar, 1));
	ck_assert_ok(t.b.rc, &t.err);
	for (int i = 0; i < 4; i++) {
		parts[0] = mg_const_scalar(&t.b, NULL, MGREG_INT64, (double)order[i]);
		parts[1] = mg_const_scalar(&t.b, NULL, MGREG_FLOAT, i);
		rt_run(&t, mg_build_node(&t.b, "QueueEnqueueV2", NULL, "oO", q, parts, 2));
	}
	n = mg_build_node(&t.b, "QueueDequeueManyV2", NULL, "oo;T:component_types", q, mg_const_scalar(&t.b, NULL, MGREG_INT32, 4),
		(int[]){ MGREG_INT64, MGREG_FLOAT }, 2);
	rt_fetch(&t, MG_OUTPUT(n, 1), &out);
	for (int i = 0; i < 4; i++)
		ck_assert_float_eq(MG_DATA(&out, float)[i], ((float[]){ 1, 3, 2, 0 })[i]);
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

typedef struct waiting { rt *t; mg_node *target; mgreg_error err; int rc; } waiting;

static void *
run_target(void *arg)
{
	waiting *w = arg;

	w->rc = mg_session_run(w->t->s, NULL, 0, NULL, 0, &w->target, 1, NULL, &w->err);
	return NULL;
}

START_TEST(waits_end)
{
	mg_output q, one;
	waiting w = { 0 };
	mg_thread thread;
	rt t;

	rt_begin(&t);
	q = queue(&t, "FIFOQueueV2", 1, NULL);
	one = dequeue(&t, true, q);
	w.t = &t;
	w.target = enqueue(&t, true, q, rt_float(&t, "a", 7));
	rt_run(&t, w.target);
	ck_assert_ok(mg_thread_start(&thread, run_target, &w, &t.err), &t.err);         /* full: waits */
	usleep(50000);
	ck_assert_double_eq(rt_fetch_scalar(&t, one), 7);
	mg_thread_join(thread);
	ck_assert_int_eq(w.rc, 0);
	ck_assert_ok(mg_thread_start(&thread, run_target, &w, &t.err), &t.err);
	usleep(50000);
	rt_run(&t, closing(&t, true, q, true));         /* cancels it */
	mg_thread_join(thread);
	ck_assert_int_eq(w.rc, MGREG_CANCELLED);
	ck_assert_double_eq(rt_fetch_scalar(&t, one), 7);
	rt_end(&t);

	rt_begin(&t);
	q = queue(&t, "FIFOQueueV2", 1, NULL);
	w.target = dequeue(&t, true, q).node;
	ck_assert_ok(mg_thread_start(&thread, run_target, &w, &t.err), &t.err);
	usleep(50000);
	mg_session_cancel(t.s);
	mg_thread_join(thread);
	ck_assert_int_eq(w.rc, MGREG_CANCELLED);
	rt_end(&t);
}
END_TEST

START_TEST(sharing)
{
	mg_output a, b;
	rt t;

	rt_begin(&t);
	a = mg_build(&t.b, "FIFOQueueV2", "a", ";T:component_types s:shared_name", (int[]){ MGREG_FLOAT }, 1, "one");
	b = mg_build(&t.b, "FIFOQueueV2", "b", ";T:component_types s:shared_name", (int[]){ MGREG_FLOAT }, 1, "one");
	mg_build(&t.b, "FIFOQueueV2", "c", ";T:component_types s:shared_name", (int[]){ MGREG_INT32 }, 1, "one");
	mg_build(&t.b, "FIFOQueueV2", "d", ";T:component_types s:shared_name", (int[]){ MGREG_FLOAT }, 1, "_one");
	ck_assert_ok(t.b.rc, &t.err);
	rt_run(&t, enqueue(&t, true, a, rt_float(&t, "v", 3)));
	ck_assert_double_eq(rt_fetch_scalar(&t, dequeue(&t, true, b)), 3);
	rt_run_fails(&t, mg_graph_find(t.g, "c"), MGREG_INVALID_ARGUMENT);
	rt_run_fails(&t, mg_graph_find(t.g, "d"), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

/* ---- readers ---- */

static void
expect_record(rt *t, mg_node *read, const char *key_end, const char *value)
{
	mg_tensor results[2] = { { 0 } };
	mg_output both[2] = { MG_OUTPUT(read, 0), MG_OUTPUT(read, 1) };
	mg_slice k, v;

	ck_assert_ok(mg_session_run(t->s, NULL, 0, both, 2, NULL, 0, results, &t->err), &t->err);
	k = mg_tensor_string(&results[0], 0);
	v = mg_tensor_string(&results[1], 0);
	ck_assert_msg(k.len >= strlen(key_end) && !strncmp(k.ptr + k.len - strlen(key_end), key_end, strlen(key_end)), "key %.*s", (int)k.len, k.ptr);
	ck_assert_msg(mg_slice_eq(v, value), "value %.*s, expected %s", (int)v.len, v.ptr, value);
	mg_tensor_clear(&results[0]);
	mg_tensor_clear(&results[1]);
}

static mg_node *
reading(rt *t, const char *op, const char *form_tail, int64_t skip, const char *const *files, int n)
{
	mg_output q = mg_build(&t->b, "FIFOQueueV2", NULL, ";T:component_types", (int[]){ MGREG_STRING }, 1), reader;

	if (form_tail)
		reader = mg_build(&t->b, op, NULL, form_tail, skip);
	else
		reader = mg_build(&t->b, op, NULL, "");
	rt_run(t, mg_build_node(&t->b, "QueueEnqueueManyV2", NULL, "oO", q, (mg_output[]){ mg_const_strings(&t->b, NULL, files, n) }, 1));
	rt_run(t, closing(t, true, q, false));
	return mg_build_node(&t->b, "ReaderReadV2", NULL, "oo", reader, q);
}

START_TEST(readers)
{
	char dir[] = "/tmp/mgreg-readers-XXXXXX", a[64], b[64];
	const char *const roots[] = { dir }, *files[2] = { a, b };
	mg_str records = MG_STR_INIT;
	mg_output up_to[2];
	mg_tensor keys = { 0 };
	mg_node *read;
	rt t;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a.txt", dir);
	snprintf(b, sizeof(b), "%s/b.rec", dir);
	rt_begin_with(&t, &(mg_session_options){ .roots = roots, .root_count = 1 });
	ck_assert_ok(mg_file_write(a, "head\nx\r\nlast", 12, &t.err), &t.err);
	mg_record_frame("one", 3, &records);
	mg_record_frame("second", 6, &records);
	ck_assert_ok(mg_file_write(b, records.ptr, records.len, &t.err), &t.err);

	read = reading(&t, "TextLineReaderV2", ";i:skip_header_lines", 1, files, 1);
	expect_record(&t, read, "a.txt:2", "x");
	expect_record(&t, read, "a.txt:3", "last");
	rt_fetch_fails(&t, MG_OUTPUT(read, 0), MGREG_OUT_OF_RANGE);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, mg_build(&t.b, "ReaderNumRecordsProducedV2", NULL, "o", read->inputs[0])), 2);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, mg_build(&t.b, "ReaderNumWorkUnitsCompletedV2", NULL, "o", read->inputs[0])), 1);

	read = reading(&t, "TFRecordReaderV2", NULL, 0, files + 1, 1);
	expect_record(&t, read, "b.rec:0", "one");
	expect_record(&t, read, "b.rec:19", "second");
	rt_fetch_fails(&t, MG_OUTPUT(read, 0), MGREG_OUT_OF_RANGE);

	read = reading(&t, "TFRecordReaderV2", NULL, 0, files, 1);
	rt_fetch_fails(&t, MG_OUTPUT(read, 0), MGREG_DATA_LOSS);

	read = reading(&t, "FixedLengthRecordReaderV2", ";i:record_bytes", 4, files, 1);
	expect_record(&t, read, "a.txt:0", "head");
	expect_record(&t, read, "a.txt:1", "\nx\r\n");

	read = reading(&t, "WholeFileReaderV2", NULL, 0, files, 1);
	expect_record(&t, read, "a.txt", "head\nx\r\nlast");

	read = reading(&t, "IdentityReaderV2", NULL, 0, files, 2);
	expect_record(&t, read, "a.txt", a);
	rt_fetch(&t, mg_build(&t.b, "ReaderSerializeStateV2", NULL, "o", read->inputs[0]), &keys);
	rt_run(&t, mg_build_node(&t.b, "ReaderRestoreStateV2", NULL, "oo", read->inputs[0], mg_const(&t.b, NULL, &keys)));
	mg_tensor_clear(&keys);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, mg_build(&t.b, "ReaderNumRecordsProducedV2", NULL, "o", read->inputs[0])), 1);
	rt_run(&t, mg_build_node(&t.b, "ReaderResetV2", NULL, "o", read->inputs[0]));

	read = reading(&t, "TextLineReaderV2", ";i:skip_header_lines", 0, files, 1);
	up_to[0] = mg_build(&t.b, "ReaderReadUpToV2", NULL, "ooo", read->inputs[0], read->inputs[1], mg_const_scalar(&t.b, NULL, MGREG_INT64, 10));
	rt_fetch(&t, up_to[0], &keys);
	ck_assert_int_eq(keys.count, 3);
	mg_tensor_clear(&keys);

	files[0] = "/etc/passwd";
	read = reading(&t, "TextLineReaderV2", ";i:skip_header_lines", 0, files, 1);
	rt_fetch_fails(&t, MG_OUTPUT(read, 0), MGREG_PERMISSION_DENIED);
	rt_end(&t);
	mg_str_clear(&records);
	unlink(a);
	unlink(b);
	rmdir(dir);
}
END_TEST

START_TEST(accumulators)
{
	bool resource = _i;
	mg_output a, g, take, count;
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	a = mg_build(&t.b, resource ? "ResourceConditionalAccumulator" : "ConditionalAccumulator", "a", ";t:dtype h:shape", MGREG_FLOAT, &MG_SHAPE_UNKNOWN);
	count = mg_build(&t.b, resource ? "ResourceAccumulatorNumAccumulated" : "AccumulatorNumAccumulated", NULL, "o", a);
	take = mg_build(&t.b, resource ? "ResourceAccumulatorTakeGradient" : "AccumulatorTakeGradient", NULL, "oo;t:dtype", a,
		mg_const_scalar(&t.b, NULL, MGREG_INT32, 2), MGREG_FLOAT);
	ck_assert_ok(t.b.rc, &t.err);
	for (int i = 0; i < 3; i++) {
		g = rt_floats(&t, NULL, 2, 1.0 + i, 10.0 * i);
		rt_run(&t, mg_build_node(&t.b, resource ? "ResourceAccumulatorApplyGradient" : "AccumulatorApplyGradient", NULL, "ooo", a,
			mg_const_scalar(&t.b, NULL, MGREG_INT64, i ? 1 : 0), g));
		if (i == 0) {
			ck_assert_int_eq((int)rt_fetch_scalar(&t, count), 1);
			rt_run(&t, mg_build_node(&t.b, resource ? "ResourceAccumulatorSetGlobalStep" : "AccumulatorSetGlobalStep", NULL, "oo", a,
				mg_const_scalar(&t.b, NULL, MGREG_INT64, 1)));
			rt_run(&t, mg_build_node(&t.b, resource ? "ResourceAccumulatorApplyGradient" : "AccumulatorApplyGradient", NULL, "ooo", a,
				mg_const_scalar(&t.b, NULL, MGREG_INT64, 0), g));       /* stale */
			ck_assert_int_eq((int)rt_fetch_scalar(&t, count), 1);
		}
	}
	rt_fetch(&t, take, &out);
	ck_assert_float_eq(MG_DATA(&out, float)[0], 2);
	ck_assert_float_eq(MG_DATA(&out, float)[1], 10);
	mg_tensor_clear(&out);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, count), 0);
	mg_session_set_deadline(t.s, 0.1);
	rt_fetch_fails(&t, take, MGREG_DEADLINE_EXCEEDED);
	rt_end(&t);
}
END_TEST

START_TEST(stages)
{
	mg_output v, back, size;
	rt t;

	rt_begin(&t);
	v = rt_float(&t, "v", 7);
	back = mg_build(&t.b, "Unstage", NULL, ";T:dtypes s:shared_name", (int[]){ MGREG_FLOAT }, 1, "s");
	size = mg_build(&t.b, "StageSize", NULL, ";T:dtypes s:shared_name", (int[]){ MGREG_FLOAT }, 1, "s");
	rt_run(&t, mg_build_node(&t.b, "Stage", NULL, "O;s:shared_name", &v, 1, "s"));
	ck_assert_ok(t.b.rc, &t.err);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, size), 1);
	ck_assert_double_eq(rt_fetch_scalar(&t, back), 7);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, size), 0);
	rt_end(&t);
}
END_TEST

/* ---- runners: threads that fill a queue from lines of a file until it ends ---- */

static void
add_runner(rt *t, const char *queue, const char *enqueue, const char *closing_op, const char *cancel)
{
	mg_queue_runner_record *r = mg_arena_zalloc(mg_graph_arena(t->g), 1, sizeof(*r));      /* lives as long as the graph */
	mg_item item = { .kind = MG_ITEM_RECORD, .record_kind = MG_RECORD_QUEUE_RUNNER, .record = r };

	r->queue_name = queue;
	r->close_op_name = closing_op;
	r->cancel_op_name = cancel;
	r->enqueue_op_names = mg_arena_zalloc(mg_graph_arena(t->g), 1, sizeof(*r->enqueue_op_names));
	r->enqueue_op_names[0] = enqueue;
	r->enqueue_count = 1;
	ck_assert_ok(mg_collection_add(t->g, "queue_runners", &item, &t->err), &t->err);
}

START_TEST(runners)
{
	bool counts = _i;
	mgreg_coordinator *c;
	mg_output q, one, v, counter = MG_NO_OUTPUT;
	double sum = 0;
	int started, n = 0;
	mg_tensor out = { 0 };
	mgreg_error err = { 0 };
	rt t;

	rt_begin(&t);
	q = queue(&t, "FIFOQueueV2", 2, NULL);
	if (counts) {                   /* ends by itself */
		counter = mg_build(&t.b, "VariableV2", "epochs", ";h:shape t:dtype", &MG_SHAPE_SCALAR, MGREG_INT64);
		rt_run(&t, mg_build_node(&t.b, "Assign", NULL, "oo", counter, mg_const_scalar(&t.b, NULL, MGREG_INT64, 0)));
		v = mg_build(&t.b, "Cast", NULL, "o;t:DstT", mg_build(&t.b, "CountUpTo", NULL, "o;i:limit", counter, (int64_t)5), MGREG_FLOAT);
	} else {
		v = rt_float(&t, "v", 1);
	}
	mg_build_node(&t.b, "QueueEnqueueV2", "fill", "oO", q, &v, 1);
	mg_build_node(&t.b, "QueueCloseV2", "q_Close", "o", q);
	ck_assert_ok(t.b.rc, &t.err);
	add_runner(&t, "q", "fill", "q_Close", counts ? "" : NULL);
	one = dequeue(&t, true, q);
	ck_assert_ok(mgreg_coordinator_new(&c, &t.err), &t.err);
	ck_assert_ok(mgreg_session_start_queue_runners(t.s, c, NULL, &started, &t.err), &t.err);
	ck_assert_int_eq(started, 1);
	while (n < 5 && mg_session_run(t.s, NULL, 0, &one, 1, NULL, 0, &out, &err) == 0) {
		sum += (double)MG_DATA(&out, float)[0];
		mg_tensor_clear(&out);
		n++;
	}
	ck_assert_double_eq(sum, counts ? 0 + 1 + 2 + 3 + 4 : 5);
	if (counts) {
		rt_fetch_fails(&t, one, MGREG_OUT_OF_RANGE);
		ck_assert_ok(mgreg_coordinator_join(c, &t.err), &t.err);
	} else {
		ck_assert(!mgreg_coordinator_should_stop(c));
		ck_assert(!mgreg_coordinator_wait(c, 0.01));
		mgreg_coordinator_request_stop(c, NULL);        /* the thread waits at a full queue */
		ck_assert_ok(mgreg_coordinator_join(c, &t.err), &t.err);
	}
	mgreg_coordinator_free(c);
	rt_end(&t);
}
END_TEST

START_TEST(a_runner_fails)
{
	mgreg_coordinator *c;
	mg_output q, v;
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	q = queue(&t, "FIFOQueueV2", 2, NULL);
	v = mg_build(&t.b, "CheckNumerics", NULL, "o;s:message", mg_build(&t.b, "Log", NULL, "o", rt_float(&t, "x", -1)), "broken");
	mg_build_node(&t.b, "QueueEnqueueV2", "fill", "oO", q, &v, 1);
	mg_build_node(&t.b, "QueueCloseV2", "q_Close_1", "o;b:cancel_pending_enqueues", q, true);
	ck_assert_ok(t.b.rc, &t.err);
	add_runner(&t, "q", "fill", "", "q_Close_1");
	{
		mg_output one = dequeue(&t, true, q);
		int rc;

		ck_assert_ok(mg_input_begin(t.s, &one.node, 1, &c, &t.err), &t.err);
		ck_assert_ptr_nonnull(c);
		rc = mg_session_run(t.s, NULL, 0, &one, 1, NULL, 0, &out, &t.err);
		rc = mg_input_end(c, rc, &t.err);
		ck_assert_int_eq(rc, MGREG_INVALID_ARGUMENT);
		ck_assert_ptr_nonnull(strstr(t.err.text, "broken"));
	}
	add_runner(&t, "q", "nowhere", "", "");
	ck_assert_ok(mgreg_coordinator_new(&c, &t.err), &t.err);
	ck_assert_int_eq(mgreg_session_start_queue_runners(t.s, c, NULL, NULL, &t.err), MGREG_NOT_FOUND);
	mgreg_coordinator_free(c);
	rt_end(&t);
}
END_TEST

Suite *
test_queue(void)
{
	TCase *t;
	Suite *s = mg_suite("queue", &t);

	tcase_add_loop_test(t, fifo, 0, 2);
	tcase_add_test(t, many);
	tcase_add_test(t, padding);
	tcase_add_test(t, shuffling);
	tcase_add_test(t, priorities);
	tcase_add_test(t, waits_end);
	tcase_add_test(t, sharing);
	tcase_add_test(t, readers);
	tcase_add_loop_test(t, accumulators, 0, 2);
	tcase_add_test(t, stages);
	tcase_add_loop_test(t, runners, 0, 2);
	tcase_add_test(t, a_runner_fails);
	return s;
}
