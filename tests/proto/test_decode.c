/* SPDX-License-Identifier: Apache-2.0 */
/* test_decode.c - what decoding accepts, merges and keeps; what it refuses, and in what time. */
#include <time.h>

#include "proto_test.h"

/* ---- rules ------------------------------------------------------------------------------- */

static const struct { const mg_msg_type *type; const char *hex, *text; } rules[] = {
	/* packed and unpacked, both at once */
	{ &pb__tensor_proto__descriptor, "3A 02 01 02", "int_val: [1, 2]" },
	{ &pb__tensor_proto__descriptor, "38 01 38 02", "int_val: [1, 2]" },
	{ &pb__tensor_proto__descriptor, "38 01 3A 03 02 AC 02 38 04 3A 00", "int_val: [1, 2, 300, 4]" },
	{ &pb__tensor_proto__descriptor, "2D 00 00 80 3F 2A 04 00 00 00 40", "float_val: [1, 2]" },
	{ &pb__version_def__descriptor, "18 05 18 06", "bad_consumers: [5, 6]" },
	{ &pb__attr_value__list_value__descriptor, "28 01 2A 02 00 01", "b: [true, false, true]" },
	/* any order, the last scalar wins, singular messages merge */
	{ &pb__node_def__descriptor, "12 01 6F 0A 01 61 0A 01 62", "name: 'b' op: 'o'" },
	{ &pb__graph_def__descriptor, "22 02 08 01 22 02 10 02 22 02 1A 00 22 02 08 07", "versions { producer: 7 min_consumer: 2 }" },
	/* the last member of a oneof wins, the same message member merges */
	{ &pb__attr_value__descriptor, "18 05 28 01", "b: true" },
	{ &pb__attr_value__descriptor, "28 01 18 05", "i: 5" },
	{ &pb__attr_value__descriptor, "12 01 41 3A 02 18 01", "shape { unknown_rank: true }" },
	{ &pb__attr_value__descriptor, "3A 02 18 01 3A 04 12 02 08 02", "shape { unknown_rank: true dim { size: 2 } }" },
	{ &pb__attr_value__descriptor, "3A 02 18 01 18 00 3A 04 12 02 08 02", "shape { dim { size: 2 } }" },
	/* of map entries with one key the last; an entry without value or key has the default */
	{ &pb__values_def__descriptor, "12 06 0A 01 61 12 01 31  12 06 0A 01 62 12 01 32  12 06 0A 01 61 12 01 33",
		"external_values { key: 'a' value: '3' } external_values { key: 'b' value: '2' }" },
	{ &pb__meta_graph_def__descriptor, "22 03 0A 01 6B", "collection_def { key: 'k' value {} }" },
	{ &pb__meta_graph_def__descriptor, "22 00", "collection_def { key: '' value {} }" },
	/* numbers longer than the field are cut */
	{ &pb__version_def__descriptor, "08 FF FF FF FF FF FF FF FF FF 01", "producer: -1" },
	{ &pb__version_def__descriptor, "08 81 80 80 80 10", "producer: 1" },
	{ &pb__attr_value__descriptor, "28 02", "b: true" },
	{ &pb__structured_value__descriptor, "60 03", "int64_value: -2" },
};

START_TEST(follows_the_rules)
{
	mg_arena arena = { 0 };
	uint8_t bytes[128];
	size_t n = from_hex(rules[_i].hex, bytes);
	mg_msg *want = parse(rules[_i].type, rules[_i].text, &arena);

	ck_assert(mg_msg_equal(decode(rules[_i].type, bytes, n, &arena), want, NULL, NULL));
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(entries_have_values)
{
	mg_arena arena = { 0 };
	const Pb__MetaGraphDef *m = (Pb__MetaGraphDef *)decode(&pb__meta_graph_def__descriptor, "\x22\x00", 2, &arena);

	ck_assert_uint_eq(m->n_collection_def, 1);
	ck_assert_ptr_nonnull(m->collection_def[0]->value);
	ck_assert_str_eq(m->collection_def[0]->key, "");
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(many_duplicate_keys)
{
	enum { N = 20000 };
	mg_arena arena = { 0 };
	mg_str s = MG_STR_INIT, entry = MG_STR_INIT;
	const Pb__ValuesDef *v;

	for (int i = 0; i < N; i++) {
		char key[16], value[16];

		snprintf(key, sizeof(key), "k%d", i % 100);
		snprintf(value, sizeof(value), "%d", i);
		mg_str_reset(&entry);
		mg_wire_put_bytes(&entry, 1, key, strlen(key));
		mg_wire_put_bytes(&entry, 2, value, strlen(value));
		mg_wire_put_bytes(&s, 2, entry.ptr, entry.len);
	}
	v = (Pb__ValuesDef *)decode(&pb__values_def__descriptor, s.ptr, s.len, &arena);
	ck_assert_uint_eq(v->n_external_values, 100);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(strtol(v->external_values[i]->value, NULL, 10), N - 100 + i);
	mg_str_clear(&s);
	mg_str_clear(&entry);
	mg_arena_clear(&arena);
}
END_TEST

/* ---- refusals ---------------------------------------------------------------------------- */

static const struct { const mg_msg_type *type; const char *hex, *place; } refused[] = {
	{ &pb__node_def__descriptor, "0A 02 C3 28", "tensorflow.NodeDef.name at byte 2" },
	{ &pb__node_def__descriptor, "0A 03 61 00 62", "tensorflow.NodeDef.name at byte 3" },
	{ &pb__graph_def__descriptor, "0A 04 0A 02 ED A0", "tensorflow.NodeDef.name at byte 4" },
	{ &pb__node_def__descriptor, "0A 05 61", "tensorflow.NodeDef at byte 0" },
	{ &pb__graph_def__descriptor, "0A 03 0A 05 61", "tensorflow.NodeDef at byte 2" },
	{ &pb__tensor_proto__descriptor, "2A 03 00 00 00", "tensorflow.TensorProto.float_val at byte 2" },
	{ &pb__tensor_proto__descriptor, "3A 02 01 80", "tensorflow.TensorProto.int_val" },
	{ &pb__tensor_proto__descriptor, "3A 01 80", "tensorflow.TensorProto.int_val" },
	{ &pb__tensor_proto__descriptor, "00 00", "tensorflow.TensorProto at byte 0" },
};

START_TEST(refuses_and_says_where)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	uint8_t bytes[64];
	size_t n = from_hex(refused[_i].hex, bytes);
	mg_msg *msg = NULL;

	ck_assert_fails(mg_msg_decode(refused[_i].type, bytes, n, &arena, &msg, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_null(msg);
	ck_assert_msg(strstr(err.text, refused[_i].place) != NULL, "%s", err.text);
	mg_arena_clear(&arena);
}
END_TEST

/* LEVELS nested control flow contexts as bytes. */
static void
nest(mg_str *out, int levels)
{
	mg_str next = MG_STR_INIT, inner = MG_STR_INIT;

	for (int i = 0; i < levels / 2; i++) {
		mg_str_reset(&next);
		mg_str_reset(&inner);
		mg_wire_put_bytes(&inner, 6, out->ptr, out->len);
		mg_wire_put_bytes(&next, 1, inner.ptr, inner.len);
		mg_str_reset(out);
		mg_str_append(out, next.ptr, next.len);
	}
	mg_str_clear(&next);
	mg_str_clear(&inner);
}

START_TEST(depth_is_bounded)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str s = MG_STR_INIT;
	mg_msg *msg;

	nest(&s, 100);
	decode(&pb__control_flow_context_def__descriptor, s.ptr, s.len, &arena);
	nest(&s, 2);
	ck_assert_fails(mg_msg_decode(&pb__control_flow_context_def__descriptor, s.ptr, s.len, &arena, &msg, &err),
		MGREG_DATA_LOSS, &err);
	mg_str_clear(&s);
	mg_arena_clear(&arena);
}
END_TEST

/* A million levels: written from the inside out, the lengths in a fixed width. */
START_TEST(a_million_levels)
{
	enum { N = 1000000, WIDTH = 6 };
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	uint8_t *bytes = malloc((size_t)N * WIDTH);
	mg_msg *msg;

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < N; i++) {
		uint8_t *at = bytes + i * WIDTH;
		uint64_t left = (N - 1 - i) * (uint64_t)WIDTH;

		at[0] = i % 2 ? 0x32 : 0x0a;            /* cond_ctxt, nested_contexts */
		for (int j = 0; j < 4; j++)
			at[1 + j] = (uint8_t)((left >> (7 * j) & 0x7f) | 0x80);
		at[5] = (uint8_t)(left >> 28);
	}
	ck_assert_fails(mg_msg_decode(&pb__control_flow_context_def__descriptor, bytes, (size_t)N * WIDTH, &arena,
		&msg, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "too deeply"));
	free(bytes);
	mg_arena_clear(&arena);
}
END_TEST

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Time for N times the singular field `versions` (with a repeated field in it) and `library` (with a map below). */
static double
merge(size_t n)
{
	static const uint8_t versions[] = { 0x22, 0x04, 0x18, 0x01, 0x18, 0x02 };
	static const uint8_t library[] = { 0x12, 0x0b, 0x0a, 0x09, 0x22, 0x07, 0x0a, 0x01, 'a', 0x12, 0x02, 'b', 'c' };
	mg_arena arena = { 0 };
	mg_str s = MG_STR_INIT;
	const Pb__GraphDef *g;
	double start;

	for (size_t i = 0; i < n; i++) {
		mg_str_append(&s, versions, sizeof(versions));
		mg_str_append(&s, library, sizeof(library));
	}
	start = seconds();
	g = (Pb__GraphDef *)decode(&pb__graph_def__descriptor, s.ptr, s.len, &arena);
	start = seconds() - start;
	ck_assert_uint_eq(g->versions->n_bad_consumers, 2 * n);
	ck_assert_uint_eq(g->library->n_function, n);
	mg_str_clear(&s);
	mg_arena_clear(&arena);
	return start;
}

START_TEST(merging_is_linear)
{
	double few = merge(20000), many = merge(160000);

	/* eight times the input: quadratic would be 64 times the time */
	ck_assert_msg(many < 30 * few + 0.1, "%.4f s for 20000, %.4f s for 160000", few, many);
}
END_TEST

/* A map in a singular message that is merged again and again. */
START_TEST(merged_maps_are_unique)
{
	mg_arena arena = { 0 };
	uint8_t bytes[64];
	size_t n = from_hex("2A 08 12 06 0A 01 61 12 01 31  2A 08 12 06 0A 01 61 12 01 32", bytes);
	const Pb__CondContextDef *c = (Pb__CondContextDef *)decode(&pb__cond_context_def__descriptor, bytes, n, &arena);
	ck_assert_uint_eq(c->values_def->n_external_values, 1);
	ck_assert_str_eq(c->values_def->external_values[0]->value, "2");
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(memory_is_bounded)
{
	enum { N = 8 << 20 };
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	uint8_t *bytes = malloc(N);
	mg_msg *msg;

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < N; i += 2) {     /* empty nodes: two bytes become a hundred */
		bytes[i] = 0x0a;
		bytes[i + 1] = 0;
	}
	ck_assert_fails(mg_msg_decode(&pb__graph_def__descriptor, bytes, N, &arena, &msg, &err),
		MGREG_RESOURCE_EXHAUSTED, &err);
	ck_assert_uint_le(arena.used, (size_t)33 * N + ((size_t)64 << 20));
	ck_assert_uint_eq(arena.limit, 0);
	mg_arena_clear(&arena);
	arena.limit = 100000;                   /* the caller's own limit */
	ck_assert_fails(mg_msg_decode(&pb__graph_def__descriptor, bytes, 4000, &arena, &msg, &err),
		MGREG_RESOURCE_EXHAUSTED, &err);
	ck_assert_uint_eq(arena.limit, 100000);
	free(bytes);
	mg_arena_clear(&arena);
}
END_TEST

/* Every prefix of a message either fails or is a message; nothing reads beyond it. */
START_TEST(every_prefix)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	mg_msg *msg = parse(&pb__meta_graph_def__descriptor, "meta_info_def { meta_graph_version: 'v' tags: 'serve' }"
		" graph_def { node { name: 'a' op: 'Const' attr { key: 'value' value { tensor { dtype: DT_FLOAT"
		" tensor_shape { dim { size: 2 } } float_val: [1, 2] } } } } versions { producer: 21 } }"
		" collection_def { key: 'x' value { int64_list { value: [1, 300] } } }", &arena);
	int refusals = 0;

	ck_assert_ok(mg_msg_encode(msg, &bytes, &err), &err);
	for (size_t n = 0; n < bytes.len; n++) {
		uint8_t *copy = malloc(n + !n);         /* the sanitizer watches its end */
		int rc;

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, bytes.ptr, n);
		rc = mg_msg_decode(&pb__meta_graph_def__descriptor, copy, n, &arena, &msg, &err);
		ck_assert(rc == 0 || rc == MGREG_DATA_LOSS);
		refusals += rc != 0;
		free(copy);
	}
	ck_assert_int_gt(refusals, 50);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
}
END_TEST

static int
decode_once(void *arg, mgreg_error *err)
{
	mg_arena arena = { 0 };
	const mg_str *bytes = arg;
	mg_msg *msg;
	int rc = mg_msg_decode(&pb__graph_def__descriptor, bytes->ptr, bytes->len, &arena, &msg, err);

	mg_arena_clear(&arena);
	return rc;
}

START_TEST(short_memory)
{
	mg_str bytes = MG_STR_INIT;

	for (int i = 0; i < 2000; i++)
		mg_wire_put_bytes(&bytes, 1, "\x0a\x01" "a\x12\x01" "b\x9a\x06\x01" "c", 10);
	mg_test_each_allocation(decode_once, &bytes);
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_decode(void)
{
	TCase *t;
	Suite *s = mg_suite("decode", &t);

	tcase_add_loop_test(t, follows_the_rules, 0, MG_COUNT(rules));
	tcase_add_test(t, entries_have_values);
	tcase_add_test(t, many_duplicate_keys);
	tcase_add_loop_test(t, refuses_and_says_where, 0, MG_COUNT(refused));
	tcase_add_test(t, depth_is_bounded);
	tcase_add_test(t, a_million_levels);
	tcase_add_test(t, merging_is_linear);
	tcase_add_test(t, merged_maps_are_unique);
	tcase_add_test(t, memory_is_bounded);
	tcase_add_test(t, every_prefix);
	tcase_add_test(t, short_memory);
	return s;
}
