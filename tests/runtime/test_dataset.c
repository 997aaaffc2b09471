/* SPDX-License-Identifier: Apache-2.0 */
/* test_dataset.c - data sets and iterators, with functions of the library; how functions are called. */
#include "rt.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"
#include "runtime/function.h"

static const char library[] =
	"function { signature { name: 'square' input_arg { name: 'x' type: DT_INT64 } output_arg { name: 'y' type: DT_INT64 } } "
	" node_def { name: 'm' op: 'Mul' input: 'x' input: 'x' attr { key: 'T' value { type: DT_INT64 } } } ret { key: 'y' value: 'm:z:0' } } "
	"function { signature { name: 'plus' input_arg { name: 'x' type_attr: 'T' } input_arg { name: 'c' type_attr: 'T' } "
	" output_arg { name: 'y' type_attr: 'T' } attr { name: 'T' type: 'type' } } "
	" node_def { name: 'm' op: 'Add' input: 'x' input: 'c' attr { key: 'T' value { placeholder: 'T' } } } ret { key: 'y' value: 'm:z:0' } } "
	"function { signature { name: 'odd' input_arg { name: 'x' type: DT_INT64 } output_arg { name: 'y' type: DT_BOOL } } "
	" node_def { name: 'two' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 2 } } } } "
	" node_def { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 1 } } } } "
	" node_def { name: 'mod' op: 'FloorMod' input: 'x' input: 'two:output:0' attr { key: 'T' value { type: DT_INT64 } } } "
	" node_def { name: 'eq' op: 'Equal' input: 'mod:z:0' input: 'one:output:0' attr { key: 'T' value { type: DT_INT64 } } } "
	" ret { key: 'y' value: 'eq:z:0' } } "
	"function { signature { name: 'upto' input_arg { name: 'x' type: DT_INT64 } output_arg { name: 'd' type: DT_VARIANT } } "
	" node_def { name: 'zero' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 0 } } } } "
	" node_def { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 1 } } } } "
	" node_def { name: 'r' op: 'RangeDataset' input: 'zero:output:0' input: 'x' input: 'one:output:0' "
	"  attr { key: 'output_types' value { list { type: DT_INT64 } } } attr { key: 'output_shapes' value { list { shape { } } } } } "
	" ret { key: 'd' value: 'r:handle:0' } } "
	"function { signature { name: 'factory' output_arg { name: 'd' type: DT_VARIANT } } "
	" node_def { name: 'three' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 3 } } } } "
	" node_def { name: 'zero' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 0 } } } } "
	" node_def { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'value' value { tensor { dtype: DT_INT64 "
	"  tensor_shape { } int64_val: 1 } } } } "
	" node_def { name: 'r' op: 'RangeDataset' input: 'zero:output:0' input: 'three:output:0' input: 'one:output:0' "
	"  attr { key: 'output_types' value { list { type: DT_INT64 } } } attr { key: 'output_shapes' value { list { shape { } } } } } "
	" ret { key: 'd' value: 'r:handle:0' } } "
	"function { signature { name: 'for_ever' input_arg { name: 'x' type: DT_INT64 } output_arg { name: 'y' type: DT_INT64 } } "
	" node_def { name: 'c' op: 'for_ever' input: 'x' } ret { key: 'y' value: 'c:y:0' } } ";

static void
begin(rt *t)
{
	mg_arena arena = { 0 };
	mg_msg *m;

	rt_begin(t);
	ck_assert_ok(mg_msg_parse(&pb__function_def_library__descriptor, library, sizeof(library) - 1, &arena, &m, &t->err), &t->err);
	for (size_t i = 0; i < ((Pb__FunctionDefLibrary *)m)->n_function; i++)
		ck_assert_ok(mg_graph_add_function(t->g, ((Pb__FunctionDefLibrary *)m)->function[i], &t->err), &t->err);
	mg_arena_clear(&arena);
}

static mg_output
i64(rt *t, int64_t v)
{
	return mg_const_scalar(&t->b, NULL, MGREG_INT64, (double)v);
}

static const int one_type[] = { MGREG_INT64 };

#define OUT "T:output_types a:output_shapes"
#define OUTS one_type, 1, mg_attr_shapes(mg_graph_arena(t->g), &MG_SHAPE_UNKNOWN, 1)

static mg_output
range(rt *t, int64_t from, int64_t to)
{
	return mg_build(&t->b, "RangeDataset", NULL, "ooo;" OUT, i64(t, from), i64(t, to), i64(t, 1), OUTS);
}

/* OP over D with one number. */
static mg_output
with(rt *t, const char *op, mg_output d, int64_t n)
{
	mg_output o = mg_build(&t->b, op, NULL, "oo;" OUT, d, i64(t, n), OUTS);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

static mg_output
map(rt *t, const char *op, const char *attr, const char *function, mg_output d)
{
	char form[80];
	mg_output o;

	snprintf(form, sizeof(form), "oO;F:%s " OUT, attr);
	o = mg_build(&t->b, op, NULL, form, d, NULL, 0, function, OUTS);
	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

/* All numbers of data set D. */
static int
all(rt *t, mg_output d, int64_t *out, int max)
{
	mg_output it = mg_build(&t->b, "IteratorV2", NULL, ";s:shared_name s:container " OUT, "", "", OUTS), next;
	mg_tensor v = { 0 };
	int n = 0, rc;

	next = mg_build(&t->b, "IteratorGetNext", NULL, "o;" OUT, it, OUTS);
	ck_assert_ok(t->b.rc, &t->err);
	rt_fetch_fails(t, next, MGREG_FAILED_PRECONDITION);
	rt_run(t, mg_build_node(&t->b, "MakeIterator", NULL, "oo", d, it));
	while ((rc = mg_session_run(t->s, NULL, 0, &next, 1, NULL, 0, &v, &t->err)) == 0) {
		for (int64_t i = 0; i < v.count; i++) {
			ck_assert_int_lt(n, max);
			out[n++] = MG_DATA(&v, int64_t)[i];
		}
		mg_tensor_clear(&v);
	}
	ck_assert_msg(rc == MGREG_OUT_OF_RANGE, "%s", t->err.text);
	return n;
}

#define EXPECT(t, d, ...) do { \
		int64_t want_[] = { __VA_ARGS__ }, got_[64]; \
		int n_ = all(t, d, got_, 64); \
		ck_assert_int_eq(n_, (int)MG_COUNT(want_)); \
		for (int i_ = 0; i_ < n_; i_++) \
			ck_assert_int_eq(got_[i_], want_[i_]); \
	} while (0)

START_TEST(plain)
{
	rt t;
	mg_output r;

	begin(&t);
	r = range(&t, 0, 3);
	EXPECT(&t, r, 0, 1, 2);
	EXPECT(&t, with(&t, "RepeatDataset", r, 2), 0, 1, 2, 0, 1, 2);
	EXPECT(&t, with(&t, "TakeDataset", with(&t, "RepeatDataset", r, -1), 5), 0, 1, 2, 0, 1);
	EXPECT(&t, with(&t, "SkipDataset", r, 2), 2);
	EXPECT(&t, with(&t, "BatchDataset", range(&t, 0, 5), 2), 0, 1, 2, 3, 4);
	EXPECT(&t, with(&t, "PrefetchDataset", r, 2), 0, 1, 2);
	EXPECT(&t, mg_build(&t.b, "BatchDatasetV2", NULL, "ooo;" OUT, range(&t, 0, 5), i64(&t, 2), rt_bool(&t, "drop", true), one_type, 1,
		mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)), 0, 1, 2, 3);
	EXPECT(&t, mg_build(&t.b, "ConcatenateDataset", NULL, "oo;" OUT, r, range(&t, 7, 9), one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)),
		0, 1, 2, 7, 8);
	EXPECT(&t, mg_build(&t.b, "ShardDataset", NULL, "ooo;" OUT, range(&t, 0, 7), i64(&t, 3), i64(&t, 1), one_type, 1,
		mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)), 1, 4);
	EXPECT(&t, mg_build(&t.b, "CacheDataset", NULL, "oo;" OUT, r, rt_string(&t, "file", ""), one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)),
		0, 1, 2);
	rt_fetch_fails(&t, with(&t, "BatchDataset", r, 0), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(functions)
{
	rt t;
	mg_output r, plus;
	mg_attrs attrs = { 0 };
	mg_arena arena = { 0 };
	mg_function *f;
	mg_tensor x = { 0 }, y = { 0 };
	const mg_tensor *two[2] = { &x, &x };

	begin(&t);
	r = range(&t, 0, 5);
	EXPECT(&t, map(&t, "MapDataset", "f", "square", r), 0, 1, 4, 9, 16);
	EXPECT(&t, map(&t, "FilterDataset", "predicate", "odd", r), 1, 3);
	EXPECT(&t, map(&t, "TakeWhileDataset", "predicate", "odd", with(&t, "SkipDataset", r, 1)), 1);
	EXPECT(&t, map(&t, "FlatMapDataset", "f", "upto", r), 0, 0, 1, 0, 1, 2, 0, 1, 2, 3);
	EXPECT(&t, with(&t, "RepeatDataset", with(&t, "BatchDataset", map(&t, "MapDataset", "f", "square", range(&t, 1, 3)), 5), 2), 1, 4, 1, 4);
	EXPECT(&t, mg_build(&t.b, "InterleaveDataset", NULL, "oOoo;F:f " OUT, range(&t, 2, 4), NULL, 0, i64(&t, 2), i64(&t, 1), "upto", one_type, 1,
		mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)), 0, 0, 1, 1, 2);
	rt_fetch_fails(&t, map(&t, "MapDataset", "f", "nothing", r), MGREG_NOT_FOUND);
	plus = map(&t, "MapDataset", "f", "for_ever", r);
	{
		mg_output it = mg_build(&t.b, "IteratorV2", NULL, ";s:shared_name s:container " OUT, "", "", one_type, 1,
			mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1));

		rt_run(&t, mg_build_node(&t.b, "MakeIterator", NULL, "oo", plus, it));
		ck_assert_int_ne(mg_session_run(t.s, NULL, 0, (mg_output[]){ mg_build(&t.b, "IteratorGetNext", NULL, "o;" OUT, it, one_type, 1,
			mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)) }, 1, NULL, 0, &y, &t.err), 0);
	}
	/* attributes fill in the body */
	mg_attr_set(&attrs, "T", mg_attr_type(&arena, MGREG_FLOAT), &arena);
	ck_assert_ok(mg_function_get(t.s, "plus", &attrs, &f, &t.err), &t.err);
	ck_assert_int_eq(mg_function_arg_count(f), 2);
	ck_assert_int_eq(mg_function_result_type(f, 0), MGREG_FLOAT);
	ck_assert_ok(mg_tensor_init_scalar(&x, MGREG_FLOAT, 1.5, &t.err), &t.err);
	ck_assert_ok(mg_function_call(f, NULL, two, 2, &y, &t.err), &t.err);
	ck_assert_float_eq(MG_DATA(&y, float)[0], 3);
	mg_tensor_clear(&y);
	ck_assert_int_eq(mg_function_call(f, NULL, two, 1, &y, &t.err), MGREG_INVALID_ARGUMENT);
	ck_assert_int_eq(mg_function_get(t.s, "plus", NULL, &f, &t.err), MGREG_INVALID_ARGUMENT);
	mg_tensor_clear(&x);
	mg_arena_clear(&arena);
	rt_end(&t);
}
END_TEST

/* Words of seed 87654321, 1; a buffer of three: fill, choose word mod 3, the first takes the chosen one's place. */
START_TEST(shuffled)
{
	static const uint32_t words[] = { 0xab1e98c7, 0xcdf5cfa7, 0xf1867731, 0x4c3f748e, 0x00eaf265 };
	int64_t slots[3] = { 0, 1, 2 }, want[5], got[8];
	int64_t start = 0, end = 3;
	rt t;

	for (int i = 0; i < 5; i++) {
		int64_t at = start + words[i] % (end - start);

		want[i] = slots[at % 3];
		slots[at % 3] = slots[start % 3];
		start++;
		if (end < 5)
			slots[end % 3] = end, end++;
	}
	begin(&t);
	ck_assert_int_eq(all(&t, mg_build(&t.b, "ShuffleDataset", NULL, "oooo;b:reshuffle_each_iteration " OUT, range(&t, 0, 5), i64(&t, 3), i64(&t, 87654321), i64(&t, 1),
		false, one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)), got, 8), 5);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(got[i], want[i]);
	ck_assert_int_eq(all(&t, mg_build(&t.b, "ShuffleAndRepeatDataset", NULL, "ooooo;" OUT, range(&t, 0, 2), i64(&t, 10), i64(&t, 1), i64(&t, 1), i64(&t, 3),
		one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)), got, 8), 6);
	for (int i = 0; i < 6; i += 2)
		ck_assert_int_eq(got[i] + got[i + 1], 1);       /* each epoch before the next */
	rt_end(&t);
}
END_TEST

START_TEST(one_shot)
{
	mg_output it, next, text;
	mg_tensor out = { 0 };
	rt t;

	begin(&t);
	it = mg_build(&t.b, "OneShotIterator", "it", ";F:dataset_factory " OUT, "factory", one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1));
	next = mg_build(&t.b, "IteratorGetNext", NULL, "o;" OUT, it, one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1));
	ck_assert_ok(t.b.rc, &t.err);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq((int)rt_fetch_scalar(&t, next), i);
	text = mg_build(&t.b, "IteratorToStringHandle", NULL, "o", it);
	rt_fetch(&t, text, &out);
	next = mg_build(&t.b, "IteratorGetNext", NULL, "o;" OUT, mg_build(&t.b, "IteratorFromStringHandleV2", NULL, "o", mg_const(&t.b, NULL, &out)), one_type, 1,
		mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1));
	mg_tensor_clear(&out);
	ck_assert_int_eq((int)rt_fetch_scalar(&t, next), 2);
	rt_fetch_fails(&t, next, MGREG_OUT_OF_RANGE);
	rt_end(&t);
}
END_TEST

START_TEST(padded)
{
	mg_output slices;
	mg_tensor rows = { 0 };
	rt t;

	begin(&t);
	ck_assert_ok(mg_tensor_init_i64s(&rows, MGREG_INT64, (int64_t[]){ 4, 5, 6 }, 3, &t.err), &t.err);
	slices = mg_build(&t.b, "TensorSliceDataset", NULL, "O;a:output_shapes", (mg_output[]){ mg_const(&t.b, NULL, &rows) }, 1,
		mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_SCALAR, 1));
	ck_assert_ok(t.b.rc, &t.err);
	EXPECT(&t, slices, 4, 5, 6);
	{
		mg_output one = with(&t, "BatchDataset", range(&t, 1, 2), 1), two = with(&t, "BatchDataset", range(&t, 8, 10), 2), shape, value;
		mg_output both = mg_build(&t.b, "ConcatenateDataset", NULL, "oo;" OUT, one, two, one_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1));

		mg_tensor_clear(&rows);
		ck_assert_ok(mg_tensor_init_i64s(&rows, MGREG_INT64, (int64_t[]){ -1 }, 1, &t.err), &t.err);
		shape = mg_const(&t.b, NULL, &rows);
		value = i64(&t, 77);
		EXPECT(&t, mg_build(&t.b, "PaddedBatchDataset", NULL, "ooOO;a:output_shapes", both, i64(&t, 2), &shape, 1, &value, 1,
			mg_attr_shapes(mg_graph_arena(t.g), &MG_SHAPE_UNKNOWN, 1)), 1, 77, 8, 9);
	}
	mg_tensor_clear(&rows);
	rt_end(&t);
}
END_TEST

START_TEST(files)
{
	char dir[] = "/tmp/mgreg-dataset-XXXXXX", path[64];
	const char *const roots[] = { dir };
	mg_output d, it, next;
	mg_tensor out = { 0 };
	mg_shape scalar = MG_SHAPE_SCALAR;
	int text_type[] = { MGREG_STRING };
	rt t;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.txt", dir);
	rt_begin_with(&t, &(mg_session_options){ .roots = roots, .root_count = 1 });
	ck_assert_ok(mg_file_write(path, "one\ntwo\n", 8, &t.err), &t.err);
	for (int i = 0; i < 2; i++) {
		d = mg_build(&t.b, "TextLineDataset", NULL, "ooo", rt_string(&t, NULL, i ? "/etc/passwd" : path), rt_string(&t, NULL, ""), i64(&t, 0));
		it = mg_build(&t.b, "IteratorV2", NULL, ";s:shared_name s:container " OUT, "", "", text_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &scalar, 1));
		next = mg_build(&t.b, "IteratorGetNext", NULL, "o;" OUT, it, text_type, 1, mg_attr_shapes(mg_graph_arena(t.g), &scalar, 1));
		ck_assert_ok(t.b.rc, &t.err);
		rt_run(&t, mg_build_node(&t.b, "MakeIterator", NULL, "oo", d, it));
		if (i) {
			rt_fetch_fails(&t, next, MGREG_PERMISSION_DENIED);
			continue;
		}
		rt_fetch(&t, next, &out);
		ck_assert(mg_slice_eq(mg_tensor_string(&out, 0), "one"));
		mg_tensor_clear(&out);
		rt_fetch(&t, next, &out);
		mg_tensor_clear(&out);
		rt_fetch_fails(&t, next, MGREG_OUT_OF_RANGE);
	}
	rt_end(&t);
	unlink(path);
	rmdir(dir);
}
END_TEST

Suite *
test_dataset(void)
{
	TCase *t;
	Suite *s = mg_suite("dataset", &t);

	tcase_add_test(t, plain);
	tcase_add_test(t, functions);
	tcase_add_test(t, shuffled);
	tcase_add_test(t, one_shot);
	tcase_add_test(t, padded);
	tcase_add_test(t, files);
	return s;
}
