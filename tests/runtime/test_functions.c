/* SPDX-License-Identifier: Apache-2.0 */
/* test_functions.c - calls of library functions, functional branches and loops, gradients of functions. */
#include "rt.h"
#include "base/mem.h"

#define ARG(n, t) "input_arg { name: '" n "' type: " t " } "
#define OUT(n, t) "output_arg { name: '" n "' type: " t " } "
#define TYPE(k, t) "attr { key: '" k "' value { type: " t " } } "
#define FUNC(k, f) "attr { key: '" k "' value { func { name: '" f "' } } } "
#define TYPES(k, ...) "attr { key: '" k "' value { list { " __VA_ARGS__ " } } } "
#define FLOAT "type: DT_FLOAT "
#define CONST(n, v) "node_def { name: '" n "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: " v " } } } } "

static const char library[] =
	/* square(x: T) = x * x */
	"library { function { signature { name: 'square' input_arg { name: 'x' type_attr: 'T' } output_arg { name: 'y' type_attr: 'T' } attr { name: 'T' type: 'type' } } "
	"node_def { name: 'm' op: 'Mul' input: 'x' input: 'x' attr { key: 'T' value { placeholder: 'T' } } } ret { key: 'y' value: 'm:z:0' } } "
	/* twice(x) = square(square(x)), by call */
	"function { signature { name: 'twice' " ARG("x", "DT_FLOAT") OUT("y", "DT_FLOAT") "} "
	"node_def { name: 'a' op: 'square' input: 'x' " TYPE("T", "DT_FLOAT") "} "
	"node_def { name: 'b' op: 'square' input: 'a:y:0' " TYPE("T", "DT_FLOAT") "} ret { key: 'y' value: 'b:y:0' } } "
	/* neg, below(i, x) = i < 5, body(i, x) = i + 1, x * 2 */
	"function { signature { name: 'neg' " ARG("x", "DT_FLOAT") OUT("y", "DT_FLOAT") "} "
	"node_def { name: 'n' op: 'Neg' input: 'x' " TYPE("T", "DT_FLOAT") "} ret { key: 'y' value: 'n:y:0' } } "
	"function { signature { name: 'below' " ARG("i", "DT_FLOAT") ARG("x", "DT_FLOAT") OUT("p", "DT_BOOL") "} " CONST("five", "5")
	"node_def { name: 'l' op: 'Less' input: 'i' input: 'five:output:0' " TYPE("T", "DT_FLOAT") "} ret { key: 'p' value: 'l:z:0' } } "
	"function { signature { name: 'body' " ARG("i", "DT_FLOAT") ARG("x", "DT_FLOAT") OUT("j", "DT_FLOAT") OUT("y", "DT_FLOAT") "} " CONST("one", "1") CONST("two", "2")
	"node_def { name: 'a' op: 'Add' input: 'i' input: 'one:output' " TYPE("T", "DT_FLOAT") "} "
	"node_def { name: 'b' op: 'Mul' input: 'x' input: 'two:output:0' " TYPE("T", "DT_FLOAT") "} ret { key: 'j' value: 'a:z:0' } ret { key: 'y' value: 'b:z:0' } } "
	/* step(i: int32, x) = x + float(i) */
	"function { signature { name: 'step' " ARG("i", "DT_INT32") ARG("x", "DT_FLOAT") OUT("y", "DT_FLOAT") "} "
	"node_def { name: 'c' op: 'Cast' input: 'i' " TYPE("SrcT", "DT_INT32") TYPE("DstT", "DT_FLOAT") "} "
	"node_def { name: 'a' op: 'Add' input: 'x' input: 'c:y:0' " TYPE("T", "DT_FLOAT") "} ret { key: 'y' value: 'a:z:0' } } "
	/* forever(x) = forever(x); three(x) = 3 x, whose library gradient is given(x, dy) = 7 dy */
	"function { signature { name: 'forever' " ARG("x", "DT_FLOAT") OUT("y", "DT_FLOAT") "} "
	"node_def { name: 'f' op: 'forever' input: 'x' } ret { key: 'y' value: 'f:y:0' } } "
	"function { signature { name: 'three' " ARG("x", "DT_FLOAT") OUT("y", "DT_FLOAT") "} " CONST("k", "3")
	"node_def { name: 'm' op: 'Mul' input: 'x' input: 'k:output:0' " TYPE("T", "DT_FLOAT") "} ret { key: 'y' value: 'm:z:0' } } "
	"function { signature { name: 'given' " ARG("x", "DT_FLOAT") ARG("dy", "DT_FLOAT") OUT("dx", "DT_FLOAT") "} " CONST("k", "7")
	"node_def { name: 'm' op: 'Mul' input: 'dy' input: 'k:output:0' " TYPE("T", "DT_FLOAT") "} ret { key: 'dx' value: 'm:z:0' } } "
	/* always(x) = true, same(x) = x */
	"function { signature { name: 'always' " ARG("x", "DT_FLOAT") OUT("p", "DT_BOOL") "} node_def { name: 'e' op: 'Equal' input: 'x' input: 'x' " TYPE("T", "DT_FLOAT") "} ret { key: 'p' value: 'e:z:0' } } "
	"function { signature { name: 'same' " ARG("x", "DT_FLOAT") OUT("y", "DT_FLOAT") "} ret { key: 'y' value: 'x' } } "
	"gradient { function_name: 'three' gradient_func: 'given' } } versions { producer: 27 }";

/* The library above and these NODES; "x" is the constant 3. */
static void
begin(rt *t, const char *nodes)
{
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	mg_graphdef_import import = { 0 };
	mg_msg *msg;

	rt_begin(t);
	mg_str_printf(&text, "%s node { name: 'x' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 3 } } } } "
		"node { name: 'p' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } } } %s", library, nodes);
	ck_assert_ok(mg_msg_parse(&pb__graph_def__descriptor, text.ptr, text.len, &arena, &msg, &t->err), &t->err);
	ck_assert_ok(mg_graph_import_def(t->g, (Pb__GraphDef *)msg, &import, &t->err), &t->err);
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}

static mg_output
node(rt *t, const char *name)
{
	mg_output o;

	ck_assert_ok(mg_graph_output(t->g, name, &o, &t->err), &t->err);
	return o;
}

/* The value of NAME with p = P. */
static double
with(rt *t, const char *name, int p)
{
	mg_tensor v = { 0 }, out = { 0 };
	mg_feed feed = { node(t, "p"), &v };
	mg_output o = node(t, name);
	double d;

	ck_assert_ok(mg_tensor_init_scalar(&v, MGREG_INT32, p, &t->err), &t->err);
	ck_assert_ok(mg_session_run(t->s, &feed, 1, &o, 1, NULL, 0, &out, &t->err), &t->err);
	ck_assert(mg_tensor_as_double(&out, 0, &d));
	mg_tensor_clear(&v);
	mg_tensor_clear(&out);
	return d;
}

START_TEST(calls)
{
	rt t;

	begin(&t, "node { name: 'a' op: 'twice' input: 'x' } "
		"node { name: 'b' op: 'PartitionedCall' input: 'x' " TYPES("Tin", FLOAT) TYPES("Tout", FLOAT) FUNC("f", "twice") "} "
		"node { name: 'c' op: 'StatefulPartitionedCall' input: 'x' " TYPES("Tin", FLOAT) TYPES("Tout", FLOAT)
		"attr { key: 'f' value { func { name: 'square' attr { key: 'T' value { type: DT_FLOAT } } } } } } "
		"node { name: 'd' op: 'PartitionedCall' input: 'x' " TYPES("Tin", FLOAT) TYPES("Tout", FLOAT) FUNC("f", "nowhere") "} "
		"node { name: 'e' op: 'forever' input: 'x' } "
		"node { name: 'r' op: 'RemoteCall' input: 'name' input: 'x' " TYPES("Tin", FLOAT) TYPES("Tout", FLOAT) FUNC("f", "twice") "} "
		"node { name: 'name' op: 'Const' attr { key: 'dtype' value { type: DT_STRING } } attr { key: 'value' value { tensor { dtype: DT_STRING tensor_shape { } string_val: 'x' } } } } ");
	for (int again = 0; again < 2; again++) {
		ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "a")), 81);
		ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "b")), 81);
		ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "c")), 9);
	}
	rt_fetch_fails(&t, node(&t, "d"), MGREG_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(t.err.text, "nowhere"));
	rt_fetch_fails(&t, node(&t, "e"), MGREG_RESOURCE_EXHAUSTED);
	rt_fetch_fails(&t, node(&t, "r"), MGREG_UNIMPLEMENTED);
	ck_assert_ptr_nonnull(strstr(t.err.text, "RemoteCall"));
	ck_assert(mg_runtime_has_kernel(node(&t, "a").node));
	rt_end(&t);
}
END_TEST

#define IF(name, op) "node { name: '" name "' op: '" op "' input: 'p' input: 'x' " TYPE("Tcond", "DT_INT32") TYPES("Tin", FLOAT) TYPES("Tout", FLOAT) FUNC("then_branch", "twice") FUNC("else_branch", "neg") "} "

START_TEST(branches)
{
	rt t;

	begin(&t, IF("a", "If") IF("b", "StatelessIf")
		"node { name: 'c' op: 'Case' input: 'p' input: 'x' " TYPES("Tin", FLOAT) TYPES("Tout", FLOAT)
		"attr { key: 'branches' value { list { func { name: 'twice' } func { name: 'neg' } func { name: 'same' } } } } } ");
	ck_assert_double_eq(with(&t, "a", 2), 81);
	ck_assert_double_eq(with(&t, "a", 0), -3);
	ck_assert_double_eq(with(&t, "b", 1), 81);
	ck_assert_double_eq(with(&t, "c", 0), 81);
	ck_assert_double_eq(with(&t, "c", 1), -3);
	ck_assert_double_eq(with(&t, "c", 2), 3);
	ck_assert_double_eq(with(&t, "c", 9), 3);
	ck_assert_double_eq(with(&t, "c", -1), 3);
	rt_end(&t);
}
END_TEST

START_TEST(loops)
{
	rt t;

	begin(&t, "node { name: 'zero' op: 'ZerosLike' input: 'x' " TYPE("T", "DT_FLOAT") "} "
		"node { name: 'a' op: 'While' input: 'zero' input: 'x' " TYPES("T", FLOAT FLOAT) FUNC("cond", "below") FUNC("body", "body") "} "
		"node { name: 'f' op: 'For' input: 'p' input: 'ten' input: 'one' input: 'x' " TYPES("T", FLOAT) FUNC("body", "step") "} "
		"node { name: 'ten' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 10 } } } } "
		"node { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 1 } } } } "
		"node { name: 'e' op: 'StatelessWhile' input: 'x' " TYPES("T", FLOAT) FUNC("cond", "always") FUNC("body", "same") "} ");
	ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "a:1")), 96);
	ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "a")), 5);
	ck_assert_double_eq(with(&t, "f", 6), 3 + 6 + 7 + 8 + 9);
	ck_assert_double_eq(with(&t, "f", 10), 3);
	mg_session_set_deadline(t.s, 0.05);
	rt_fetch_fails(&t, node(&t, "e"), MGREG_DEADLINE_EXCEEDED);
	rt_end(&t);
}
END_TEST

#define GRAD(name, f) "node { name: '" name "' op: 'SymbolicGradient' input: 'x' input: 'x' " TYPES("Tin", FLOAT FLOAT) TYPES("Tout", FLOAT) FUNC("f", f) "} "

START_TEST(symbolic_gradients)
{
	rt t;

	begin(&t, GRAD("a", "twice") GRAD("b", "three"));
	ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "a")), 4 * 27 * 3);
	ck_assert_double_eq(rt_fetch_scalar(&t, node(&t, "b")), 7 * 3);
	rt_end(&t);
}
END_TEST

Suite *
test_functions(void)
{
	Suite *s = suite_create("functions");
	TCase *t = tcase_create("functions");

	suite_add_tcase(s, t);
	tcase_add_test(t, calls);
	tcase_add_test(t, branches);
	tcase_add_test(t, loops);
	tcase_add_test(t, symbolic_gradients);
	return s;
}
