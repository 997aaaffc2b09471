/* SPDX-License-Identifier: Apache-2.0 */
/* test_tables.c - lookup tables; Example messages; tensors as strings. */
#include "rt.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"

static mg_output
strings(rt *t, int n, const char *const *text)
{
	mg_output o = mg_const_strings(&t->b, NULL, text, n);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

static mg_output
i64(rt *t, double v)
{
	return mg_const_scalar(&t->b, NULL, MGREG_INT64, v);
}

static mg_output
i64s(rt *t, int n, const int64_t *v)
{
	mg_tensor x = { 0 };
	mg_output o;

	ck_assert_ok(mg_tensor_init_i64s(&x, MGREG_INT64, v, n, &t->err), &t->err);
	o = mg_const(&t->b, NULL, &x);
	mg_tensor_clear(&x);
	return o;
}

static void
expect_i64s(rt *t, mg_output o, int n, const int64_t *want)
{
	mg_tensor out = { 0 };

	rt_fetch(t, o, &out);
	ck_assert_int_eq(out.count, n);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(MG_DATA(&out, int64_t)[i], want[i]);
	mg_tensor_clear(&out);
}

START_TEST(hash_table)
{
	static const char *const words[] = { "a", "b" }, *const asked[] = { "b", "x", "a" }, *const twice[] = { "a", "a" };
	bool v2 = _i;
	mg_output table, other, found;
	mg_node *init;
	rt t;

	rt_begin(&t);
	table = mg_build(&t.b, v2 ? "HashTableV2" : "HashTable", "t", ";t:key_dtype t:value_dtype", MGREG_STRING, MGREG_INT64);
	other = mg_build(&t.b, v2 ? "HashTableV2" : "HashTable", "u", ";t:key_dtype t:value_dtype", MGREG_STRING, MGREG_INT64);
	found = mg_build(&t.b, v2 ? "LookupTableFindV2" : "LookupTableFind", NULL, "ooo", table, strings(&t, 3, asked), i64(&t, -1));
	ck_assert_ok(t.b.rc, &t.err);
	rt_fetch_fails(&t, found, MGREG_FAILED_PRECONDITION);
	init = mg_build_node(&t.b, v2 ? "InitializeTableV2" : "InitializeTable", NULL, "ooo", table, strings(&t, 2, words), i64s(&t, 2, (int64_t[]){ 10, 20 }));
	rt_run(&t, init);
	rt_run(&t, init);               /* again: the same */
	expect_i64s(&t, found, 3, (int64_t[]){ 20, -1, 10 });
	ck_assert_int_eq((int)rt_fetch_scalar(&t, mg_build(&t.b, v2 ? "LookupTableSizeV2" : "LookupTableSize", NULL, "o", table)), 2);
	rt_run_fails(&t, mg_build_node(&t.b, v2 ? "InitializeTableV2" : "InitializeTable", NULL, "ooo", table, strings(&t, 1, words), i64s(&t, 1, (int64_t[]){ 1 })),
		MGREG_FAILED_PRECONDITION);
	rt_run_fails(&t, mg_build_node(&t.b, v2 ? "InitializeTableV2" : "InitializeTable", NULL, "ooo", other, strings(&t, 2, twice), i64s(&t, 2, (int64_t[]){ 1, 2 })),
		MGREG_FAILED_PRECONDITION);
	rt_run_fails(&t, mg_build_node(&t.b, v2 ? "LookupTableInsertV2" : "LookupTableInsert", NULL, "ooo", table, strings(&t, 1, words), i64s(&t, 1, (int64_t[]){ 1 })),
		MGREG_UNIMPLEMENTED);
	rt_end(&t);
}
END_TEST

START_TEST(mutable_table)
{
	static const char *const words[] = { "one", "two" };
	mg_output table, keys, size;
	mg_node *list;
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	table = mg_build(&t.b, "MutableHashTableV2", "t", ";t:key_dtype t:value_dtype", MGREG_INT64, MGREG_STRING);
	size = mg_build(&t.b, "LookupTableSizeV2", NULL, "o", table);
	rt_run(&t, mg_build_node(&t.b, "LookupTableInsertV2", NULL, "ooo", table, i64s(&t, 2, (int64_t[]){ 1, 2 }), strings(&t, 2, words)));
	ck_assert_int_eq((int)rt_fetch_scalar(&t, size), 2);
	keys = i64s(&t, 3, (int64_t[]){ 2, 5, 1 });
	rt_fetch(&t, mg_build(&t.b, "LookupTableFindV2", NULL, "ooo", table, keys, rt_string(&t, "none", "?")), &out);
	ck_assert(mg_slice_eq(mg_tensor_string(&out, 0), "two") && mg_slice_eq(mg_tensor_string(&out, 1), "?"));
	mg_tensor_clear(&out);
	list = mg_build_node(&t.b, "LookupTableExportV2", NULL, "o;t:Tkeys t:Tvalues", table, MGREG_INT64, MGREG_STRING);
	expect_i64s(&t, MG_OUTPUT(list, 0), 2, (int64_t[]){ 1, 2 });
	rt_run(&t, mg_build_node(&t.b, "LookupTableRemoveV2", NULL, "oo", table, i64s(&t, 1, (int64_t[]){ 1 })));
	expect_i64s(&t, MG_OUTPUT(list, 0), 1, (int64_t[]){ 2 });
	rt_run(&t, mg_build_node(&t.b, "LookupTableImportV2", NULL, "ooo", table, i64s(&t, 1, (int64_t[]){ 9 }), strings(&t, 1, words)));
	expect_i64s(&t, MG_OUTPUT(list, 0), 1, (int64_t[]){ 9 });
	rt_run_fails(&t, mg_build_node(&t.b, "LookupTableInsertV2", NULL, "ooo", table, i64s(&t, 1, (int64_t[]){ 9 }), strings(&t, 2, words)), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(dense_table)
{
	mg_shape pair = { .rank = 1, .inline_dims = { 2 } };
	mg_output table;
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	table = mg_build(&t.b, "MutableDenseHashTableV2", "t", "oo;t:value_dtype h:value_shape", i64(&t, 0), i64(&t, -1), MGREG_FLOAT, &pair);
	ck_assert_ok(t.b.rc, &t.err);
	rt_run(&t, mg_build_node(&t.b, "LookupTableInsertV2", NULL, "ooo", table, i64s(&t, 1, (int64_t[]){ 7 }), mg_build(&t.b, "Reshape", NULL, "oo",
		rt_floats(&t, "v", 2, 1.0, 2.0), rt_ints(&t, "s", 2, 1, 2))));
	rt_fetch(&t, mg_build(&t.b, "LookupTableFindV2", NULL, "ooo", table, i64s(&t, 2, (int64_t[]){ 3, 7 }), rt_floats(&t, "d", 2, -1.0, -2.0)), &out);
	ck_assert_int_eq(mg_dim(&out, 1), 2);
	ck_assert_float_eq(MG_DATA(&out, float)[1], -2);
	ck_assert_float_eq(MG_DATA(&out, float)[3], 2);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, mg_build(&t.b, "LookupTableFindV2", NULL, "ooo", table, i64s(&t, 1, (int64_t[]){ 0 }), rt_floats(&t, "d2", 2, -1.0, -2.0)), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(vocabulary)
{
	char dir[] = "/tmp/mgreg-vocab-XXXXXX", path[64];
	const char *const roots[] = { dir }, *const asked[] = { "pear", "fig" };
	mg_output table;
	mg_node *init;
	rt t;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/v.txt", dir);
	rt_begin_with(&t, &(mg_session_options){ .roots = roots, .root_count = 1 });
	ck_assert_ok(mg_file_write(path, "apple\t5\npear\t6\n", 15, &t.err), &t.err);
	for (int columns = 0; columns < 2; columns++) {
		table = mg_build(&t.b, "HashTableV2", NULL, ";t:key_dtype t:value_dtype", MGREG_STRING, MGREG_INT64);
		init = mg_build_node(&t.b, "InitializeTableFromTextFileV2", NULL, "oo;i:key_index i:value_index s:delimiter", table, rt_string(&t, NULL, path),
			(int64_t)0, columns ? (int64_t)1 : (int64_t)-2, "\t");
		ck_assert_ok(t.b.rc, &t.err);
		rt_run(&t, init);
		expect_i64s(&t, mg_build(&t.b, "LookupTableFindV2", NULL, "ooo", table, strings(&t, 2, asked), i64(&t, -1)), 2, (int64_t[]){ columns ? 6 : 1, -1 });
	}
	table = mg_build(&t.b, "HashTableV2", NULL, ";t:key_dtype t:value_dtype", MGREG_STRING, MGREG_INT64);
	rt_run_fails(&t, mg_build_node(&t.b, "InitializeTableFromTextFileV2", NULL, "oo;i:key_index i:value_index i:vocab_size", table, rt_string(&t, NULL, path),
		(int64_t)-1, (int64_t)-2, (int64_t)5), MGREG_INVALID_ARGUMENT);
	rt_run_fails(&t, mg_build_node(&t.b, "InitializeTableFromTextFileV2", NULL, "oo;i:key_index i:value_index s:delimiter", table, rt_string(&t, NULL, path),
		(int64_t)0, (int64_t)3, "\t"), MGREG_INVALID_ARGUMENT);
	rt_run_fails(&t, mg_build_node(&t.b, "InitializeTableFromTextFileV2", NULL, "oo;i:key_index i:value_index", table, rt_string(&t, NULL, "/etc/passwd"),
		(int64_t)-1, (int64_t)-2), MGREG_PERMISSION_DENIED);
	rt_end(&t);
	unlink(path);
	rmdir(dir);
}
END_TEST

/* ---- examples ---- */

static mg_output
example(rt *t, const char *type, int n, const char *const *texts)
{
	mg_tensor v = { 0 };
	mg_arena arena = { 0 };
	mg_output o;

	ck_assert_ok(mg_tensor_init_dims(&v, MGREG_STRING, (int64_t[]){ n }, n > 0, &t->err), &t->err);
	for (int i = 0; i < MG_MAX(n, 1); i++) {
		mg_str bytes = MG_STR_INIT;
		mg_msg *m;

		ck_assert_ok(mg_msg_parse(mg_msg_type_find(type), texts[i], strlen(texts[i]), &arena, &m, &t->err), &t->err);
		ck_assert_ok(mg_msg_encode(m, &bytes, &t->err), &t->err);
		ck_assert_ok(mg_tensor_set_string(&v, i, bytes.ptr, bytes.len, &t->err), &t->err);
		mg_str_clear(&bytes);
	}
	o = mg_const(&t->b, NULL, &v);
	mg_tensor_clear(&v);
	mg_arena_clear(&arena);
	return o;
}

#define INTS(name, values) "feature { key: '" name "' value { int64_list { " values " } } }"
#define FLOATS(name, values) "feature { key: '" name "' value { float_list { " values " } } }"

static const char *const texts[] = {
	"features { " INTS("ids", "value: 3 value: 4") FLOATS("x", "value: 1.5 value: 2.5") " }",
	"features { " FLOATS("x", "value: 5 value: 6") " }",
	"features { " INTS("ids", "value: -9") FLOATS("x", "value: 7 value: 8") " }",
};

static mg_node *
parse(rt *t, mg_output serialized, const char *dense, int64_t width, mg_output fallback)
{
	mg_shape shape = { .rank = 1, .inline_dims = { width } };
	mg_output sparse = rt_string(t, NULL, "ids"), key = rt_string(t, NULL, dense);
	mg_node *n = mg_build_node(&t->b, "ParseExample", NULL, "ooOOO;T:sparse_types a:dense_shapes i:Nsparse i:Ndense", serialized, mg_const_strings(&t->b, NULL, NULL, 0),
		&sparse, 1, &key, 1, &fallback, 1, (int[]){ MGREG_INT64 }, 1, mg_attr_shapes(mg_graph_arena(t->g), &shape, 1), (int64_t)1, (int64_t)1);

	ck_assert_ok(t->b.rc, &t->err);
	return n;
}

START_TEST(examples)
{
	mg_tensor out = { 0 };
	mg_output empty, batch;
	mg_node *n;
	rt t;

	rt_begin(&t);
	empty = rt_floats(&t, "empty", 0);
	batch = example(&t, "tensorflow.Example", 3, texts);
	n = parse(&t, batch, "x", 2, empty);
	expect_i64s(&t, MG_OUTPUT(n, 0), 6, (int64_t[]){ 0, 0, 0, 1, 2, 0 });
	expect_i64s(&t, MG_OUTPUT(n, 1), 3, (int64_t[]){ 3, 4, -9 });
	expect_i64s(&t, MG_OUTPUT(n, 2), 2, (int64_t[]){ 3, 2 });
	rt_fetch(&t, MG_OUTPUT(n, 3), &out);
	ck_assert_int_eq(mg_dim(&out, 0), 3);
	ck_assert_float_eq(MG_DATA(&out, float)[3], 6);
	mg_tensor_clear(&out);
	n = parse(&t, batch, "x", -1, rt_floats(&t, "pad", 1, -1.0));
	rt_fetch(&t, MG_OUTPUT(n, 3), &out);
	ck_assert_int_eq(mg_dim(&out, 1), 2);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, MG_OUTPUT(parse(&t, batch, "x", 3, empty), 3), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, MG_OUTPUT(parse(&t, batch, "y", 2, empty), 3), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, MG_OUTPUT(parse(&t, batch, "ids", 2, empty), 3), MGREG_INVALID_ARGUMENT);
	rt_fetch(&t, MG_OUTPUT(parse(&t, batch, "y", 2, rt_floats(&t, "default", 2, 8.0, 9.0)), 3), &out);
	ck_assert_float_eq(MG_DATA(&out, float)[5], 9);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, MG_OUTPUT(parse(&t, strings(&t, 1, (const char *const[]){ "\x0a\xff junk" }), "x", 2, empty), 3), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(single_example)
{
	mg_shape shape = { .rank = 1, .inline_dims = { 2 } };
	mg_output empty;
	mg_node *n;
	rt t;

	rt_begin(&t);
	empty = rt_floats(&t, "empty", 0);
	n = mg_build_node(&t.b, "ParseSingleExample", NULL, "oO;i:num_sparse S:sparse_keys S:dense_keys T:sparse_types a:dense_shapes",
		example(&t, "tensorflow.Example", 0, texts), &empty, 1, (int64_t)1, (const char *const[]){ "ids" }, 1, (const char *const[]){ "x" }, 1,
		(int[]){ MGREG_INT64 }, 1, mg_attr_shapes(mg_graph_arena(t.g), &shape, 1));
	ck_assert_ok(t.b.rc, &t.err);
	expect_i64s(&t, MG_OUTPUT(n, 0), 2, (int64_t[]){ 0, 1 });
	expect_i64s(&t, MG_OUTPUT(n, 2), 1, (int64_t[]){ 2 });
	rt_end(&t);
}
END_TEST

#define STEP(values) "feature { int64_list { " values " } }"
START_TEST(sequences)
{
	static const char *const text[] = { "context { feature { key: 'n' value { int64_list { value: 2 } } } } "
		"feature_lists { feature_list { key: 's' value { " STEP("value: 1 value: 2") STEP("value: 3") " } } "
		"feature_list { key: 'd' value { " STEP("value: 5") STEP("value: 6") " } } }" };
	mg_output inputs[4], one;
	mg_shape scalar = MG_SHAPE_SCALAR;
	mg_node *n;
	rt t;

	rt_begin(&t);
	one = mg_const_strings(&t.b, NULL, NULL, 0);
	inputs[0] = rt_string(&t, NULL, "n");
	inputs[1] = rt_string(&t, NULL, "s");
	inputs[2] = rt_string(&t, NULL, "d");
	n = mg_build_node(&t.b, "ParseSingleSequenceExample", NULL,
		"ooOOOOOo;T:context_sparse_types T:feature_list_sparse_types T:feature_list_dense_types a:feature_list_dense_shapes "
		"i:Ncontext_sparse i:Ncontext_dense i:Nfeature_list_sparse i:Nfeature_list_dense",
		example(&t, "tensorflow.SequenceExample", 0, text), one, &inputs[0], 1, NULL, 0, &inputs[1], 1, &inputs[2], 1, NULL, 0, rt_string(&t, NULL, "it"),
		(int[]){ MGREG_INT64 }, 1, (int[]){ MGREG_INT64 }, 1, (int[]){ MGREG_INT64 }, 1, mg_attr_shapes(mg_graph_arena(t.g), &scalar, 1),
		(int64_t)1, (int64_t)0, (int64_t)1, (int64_t)1);
	ck_assert_ok(t.b.rc, &t.err);
	expect_i64s(&t, MG_OUTPUT(n, 1), 1, (int64_t[]){ 2 });
	expect_i64s(&t, MG_OUTPUT(n, 3), 6, (int64_t[]){ 0, 0, 0, 1, 1, 0 });
	expect_i64s(&t, MG_OUTPUT(n, 4), 3, (int64_t[]){ 1, 2, 3 });
	expect_i64s(&t, MG_OUTPUT(n, 5), 2, (int64_t[]){ 2, 2 });
	expect_i64s(&t, MG_OUTPUT(n, 6), 2, (int64_t[]){ 5, 6 });
	rt_end(&t);
}
END_TEST

START_TEST(tensors_as_strings)
{
	mg_output text;
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	text = mg_build(&t.b, "SerializeTensor", NULL, "o", rt_floats(&t, "v", 3, 1.0, 2.0, 3.0));
	rt_fetch(&t, mg_build(&t.b, "ParseTensor", NULL, "o;t:out_type", text, MGREG_FLOAT), &out);
	ck_assert_int_eq(out.count, 3);
	ck_assert_float_eq(MG_DATA(&out, float)[2], 3);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, mg_build(&t.b, "ParseTensor", NULL, "o;t:out_type", text, MGREG_INT32), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, mg_build(&t.b, "ParseTensor", NULL, "o;t:out_type", rt_string(&t, NULL, "junk"), MGREG_INT32), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

/* Three columns of one feature each; the hash is the one TensorFlow's own tests expect. */
START_TEST(crosses)
{
	static const char *const words[] = { "batch1-FC1-F1", "batch1-FC2-F1", "batch1-FC3-F1" };
	mg_output indices[3], values[3], shapes[3];
	mg_tensor out = { 0 };
	mg_node *n;
	rt t;

	rt_begin(&t);
	for (int i = 0; i < 3; i++) {
		indices[i] = mg_build(&t.b, "Reshape", NULL, "oo", i64s(&t, 2, (int64_t[]){ 0, 0 }), rt_ints(&t, NULL, 2, 1, 2));
		values[i] = strings(&t, 1, words + i);
		shapes[i] = i64s(&t, 2, (int64_t[]){ 1, 1 });
	}
	for (int hashed = 0; hashed < 3; hashed++) {
		n = mg_build_node(&t.b, "SparseCross", NULL, "OOOO;b:hashed_output i:num_buckets i:hash_key t:out_type t:internal_type", indices, 3, values, 3, shapes, 3,
			NULL, 0, hashed > 0, (int64_t)(hashed == 1 ? 100 : 0), (int64_t)956888297470, hashed ? MGREG_INT64 : MGREG_STRING, MGREG_STRING);
		ck_assert_ok(t.b.rc, &t.err);
		rt_fetch(&t, MG_OUTPUT(n, 1), &out);
		ck_assert_int_eq(out.count, 1);
		if (hashed)
			ck_assert_int_eq(MG_DATA(&out, int64_t)[0], hashed == 1 ? 83 : 1971693436396284976);
		else
			ck_assert(mg_slice_eq(mg_tensor_string(&out, 0), "batch1-FC1-F1_X_batch1-FC2-F1_X_batch1-FC3-F1"));
		mg_tensor_clear(&out);
	}
	rt_end(&t);
}
END_TEST

START_TEST(sparse_as_strings)
{
	mg_output parts[3], text;
	mg_node *back;
	rt t;

	rt_begin(&t);
	parts[0] = mg_build(&t.b, "Reshape", NULL, "oo", i64s(&t, 6, (int64_t[]){ 0, 1, 2, 0, 2, 3 }), rt_ints(&t, NULL, 2, 3, 2));
	parts[1] = i64s(&t, 3, (int64_t[]){ 7, 8, 9 });
	parts[2] = i64s(&t, 2, (int64_t[]){ 3, 4 });
	for (int many = 0; many < 2; many++) {
		text = mg_build(&t.b, many ? "SerializeManySparse" : "SerializeSparse", NULL, "ooo", parts[0], parts[1], parts[2]);
		back = mg_build_node(&t.b, many ? "DeserializeManySparse" : "DeserializeSparse", NULL, "o;t:dtype", text, MGREG_INT64);
		ck_assert_ok(t.b.rc, &t.err);
		expect_i64s(&t, MG_OUTPUT(back, 0), 6, (int64_t[]){ 0, 1, 2, 0, 2, 3 });
		expect_i64s(&t, MG_OUTPUT(back, 1), 3, (int64_t[]){ 7, 8, 9 });
		expect_i64s(&t, MG_OUTPUT(back, 2), 2, (int64_t[]){ 3, 4 });
	}
	rt_fetch_fails(&t, MG_OUTPUT(mg_build_node(&t.b, "DeserializeSparse", NULL, "o;t:dtype", text, MGREG_FLOAT), 0), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

Suite *
test_tables(void)
{
	TCase *t;
	Suite *s = mg_suite("tables", &t);

	tcase_add_loop_test(t, hash_table, 0, 2);
	tcase_add_test(t, mutable_table);
	tcase_add_test(t, dense_table);
	tcase_add_test(t, vocabulary);
	tcase_add_test(t, examples);
	tcase_add_test(t, single_example);
	tcase_add_test(t, sequences);
	tcase_add_test(t, tensors_as_strings);
	tcase_add_test(t, crosses);
	tcase_add_test(t, sparse_as_strings);
	return s;
}
