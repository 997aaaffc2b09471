/* SPDX-License-Identifier: Apache-2.0 */
/* test_arrays.c - TensorArrays of three generations, stacks of two, TensorLists. */
#include "rt.h"
#include "base/mem.h"
#include "runtime/runtime_internal.h"

typedef struct ta { rt *t; int version; mg_output handle, flow; } ta;

static const char *
op(const ta *a, const char *name)
{
	static char text[4][64];
	static int at;
	static const char *const suffix[] = { "", "", "V2", "V3" };

	at = (at + 1) % 4;
	snprintf(text[at], sizeof(text[at]), "TensorArray%s%s", name, suffix[a->version]);
	return text[at];
}

static mg_output
i32(rt *t, int v)
{
	return mg_const_scalar(&t->b, NULL, MGREG_INT32, v);
}

/* DIMS: the shape of the elements, 0 for not known. */
static ta
array(rt *t, int version, int size, bool dynamic, bool clear, int width)
{
	ta a = { t, version, MG_NO_OUTPUT, MG_NO_OUTPUT };
	mg_shape shape = MG_SHAPE_UNKNOWN;
	int64_t dims[1] = { width };
	mg_output made;

	if (width)
		ck_assert_ok(mg_shape_set(&shape, dims, 1, &t->err), &t->err);
	made = mg_build(&t->b, op(&a, ""), NULL, "o;t:dtype b:dynamic_size b:clear_after_read h:element_shape", i32(t, size), MGREG_FLOAT, dynamic, clear, &shape);
	ck_assert_ok(t->b.rc, &t->err);
	a.handle = made;
	a.flow = version == 3 ? MG_OUTPUT(made.node, 1) : rt_float(t, NULL, 0);
	return a;
}

static void
write(ta *a, int i, mg_output v)
{
	a->flow = mg_build(&a->t->b, op(a, "Write"), NULL, "oooo", a->handle, i32(a->t, i), v, a->flow);
	ck_assert_ok(a->t->b.rc, &a->t->err);
}

static mg_output
read(ta *a, int i)
{
	mg_output o = mg_build(&a->t->b, op(a, "Read"), NULL, "ooo;t:dtype", a->handle, i32(a->t, i), a->flow, MGREG_FLOAT);

	ck_assert_ok(a->t->b.rc, &a->t->err);
	return o;
}

static mg_output
pair(rt *t, double x, double y)
{
	return rt_floats(t, NULL, 2, x, y);
}

static void
expect(rt *t, mg_output o, const char *text)
{
	mg_tensor out = { 0 };
	mg_str s = MG_STR_INIT;

	rt_fetch(t, o, &out);
	mg_tensor_print(&out, 0, &s);
	ck_assert_str_eq(s.ptr, text);
	mg_str_clear(&s);
	mg_tensor_clear(&out);
}

START_TEST(write_then_read)
{
	rt t;
	ta a;
	mg_output size;

	rt_begin(&t);
	a = array(&t, _i, 3, false, true, 0);
	write(&a, 1, pair(&t, 3, 4));
	write(&a, 0, pair(&t, 1, 2));
	expect(&t, mg_build(&t.b, "Add", NULL, "oo", read(&a, 0), read(&a, 1)), "[4, 6]");
	size = mg_build(&t.b, op(&a, "Size"), NULL, "oo", a.handle, a.flow);
	ck_assert_double_eq(rt_fetch_scalar(&t, size), 3);
	expect(&t, read(&a, 0), "[1, 2]");      /* each run has an array of its own */
	rt_end(&t);
}
END_TEST

START_TEST(gather_scatter_split_concat)
{
	rt t;
	ta a, b;
	mg_output all, value, lengths, cat;
	mg_tensor v = { 0 };
	int64_t dims[2] = { 3, 2 };

	rt_begin(&t);
	ck_assert_ok(mg_tensor_init_dims(&v, MGREG_FLOAT, dims, 2, &t.err), &t.err);
	for (int i = 0; i < 6; i++)
		MG_DATA(&v, float)[i] = (float)i;
	value = mg_const(&t.b, NULL, &v);
	mg_tensor_clear(&v);
	a = array(&t, _i, 3, false, false, 2);
	if (_i == 1)
		a.flow = mg_build(&t.b, "TensorArrayUnpack", NULL, "ooo", a.handle, value, a.flow);
	else
		a.flow = mg_build(&t.b, op(&a, "Scatter"), NULL, "oooo", a.handle, rt_ints(&t, NULL, 3, 0, 1, 2), value, a.flow);
	all = mg_build(&t.b, op(&a, "Gather"), NULL, "ooo;t:dtype", a.handle, rt_ints(&t, NULL, 2, 2, 0), a.flow, MGREG_FLOAT);
	expect(&t, all, "[[4, 5], [0, 1]]");
	if (_i == 1)
		expect(&t, mg_build(&t.b, "TensorArrayPack", NULL, "oo;t:dtype", a.handle, a.flow, MGREG_FLOAT), "[[0, 1], [2, 3], [4, 5]]");
	all = mg_build(&t.b, op(&a, "Gather"), NULL, "ooo;t:dtype", a.handle, rt_ints(&t, NULL, 0), a.flow, MGREG_FLOAT);
	expect(&t, mg_build(&t.b, "Shape", NULL, "o", all), "[0, 2]");
	b = array(&t, _i, 2, false, true, 0);
	lengths = mg_build(&t.b, "Cast", NULL, "o;t:DstT", rt_ints(&t, NULL, 2, 1, 2), MGREG_INT64);
	b.flow = mg_build(&t.b, op(&b, "Split"), NULL, "oooo", b.handle, value, lengths, b.flow);
	cat = mg_build(&t.b, op(&b, "Concat"), NULL, "oo;t:dtype", b.handle, b.flow, MGREG_FLOAT);
	ck_assert_ok(t.b.rc, &t.err);
	expect(&t, cat, "[[0, 1], [2, 3], [4, 5]]");
	expect(&t, MG_OUTPUT(cat.node, 1), "[1, 2]");
	expect(&t, read(&b, 1), "[[2, 3], [4, 5]]");
	rt_end(&t);
}
END_TEST

START_TEST(array_rules)
{
	rt t;
	ta a;
	mg_output first;

	rt_begin(&t);
	a = array(&t, 3, 2, false, true, 0);
	rt_fetch_fails(&t, read(&a, 2), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, read(&a, 0), MGREG_INVALID_ARGUMENT);                /* not written, no shape */
	write(&a, 0, pair(&t, 1, 2));
	first = read(&a, 0);
	a.flow = mg_build(&t.b, "Identity", NULL, "oc", a.flow, first.node);
	rt_fetch_fails(&t, read(&a, 0), MGREG_INVALID_ARGUMENT);                /* cleared by the first read */
	ck_assert_ptr_nonnull(strstr(t.err.text, "clear_after_read"));
	write(&a, 0, pair(&t, 1, 2));
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);                     /* written after it was read */
	a = array(&t, 3, 2, false, true, 0);
	write(&a, 1, pair(&t, 1, 2));
	write(&a, 1, pair(&t, 1, 2));
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);                     /* twice */
	a = array(&t, 3, 2, false, true, 0);
	write(&a, 2, pair(&t, 1, 2));
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);                     /* outside */
	a = array(&t, 3, 2, true, true, 0);
	write(&a, 4, pair(&t, 1, 2));
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "TensorArraySizeV3", NULL, "oo", a.handle, a.flow)), 5);
	a = array(&t, 3, 2, false, true, 3);
	write(&a, 0, pair(&t, 1, 2));
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);                     /* another shape */
	a = array(&t, 3, 2, false, true, 3);
	expect(&t, read(&a, 0), "[0, 0, 0]");                                   /* not written, but the shape is known */
	a = array(&t, 3, 2, false, true, 0);
	write(&a, 0, i32(&t, 1));
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);                     /* another type */
	a = array(&t, 3, 0, false, true, 0);
	rt_fetch_fails(&t, mg_build(&t.b, "TensorArrayGatherV3", NULL, "ooo;t:dtype", a.handle, rt_ints(&t, NULL, 0), a.flow, MGREG_FLOAT), MGREG_UNIMPLEMENTED);
	a = array(&t, 3, -1, false, true, 0);
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);
	a = array(&t, 3, 2, false, true, 0);
	first.node = mg_build_node(&t.b, "TensorArrayCloseV3", NULL, "o", a.handle);
	a.flow = mg_build(&t.b, "Identity", NULL, "oc", a.flow, first.node);
	write(&a, 0, pair(&t, 1, 2));
	rt_fetch_fails(&t, a.flow, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "closed"));
	rt_end(&t);
}
END_TEST

START_TEST(gradient_arrays_add)
{
	rt t;
	ta a, g, again;
	mg_output made;

	rt_begin(&t);
	a = array(&t, _i, 2, false, true, 0);
	write(&a, 0, pair(&t, 1, 2));
	write(&a, 1, pair(&t, 3, 4));
	made = mg_build(&t.b, op(&a, "Grad"), NULL, "oo;s:source", a.handle, a.flow, "gradients");
	ck_assert_ok(t.b.rc, &t.err);
	g = (ta){ &t, _i, made, _i == 3 ? MG_OUTPUT(made.node, 1) : a.flow };
	made = mg_build(&t.b, op(&a, "Grad"), NULL, "oo;s:source", a.handle, a.flow, "gradients");
	again = (ta){ &t, _i, made, _i == 3 ? MG_OUTPUT(made.node, 1) : a.flow };
	write(&g, 0, pair(&t, 10, 20));
	write(&g, 0, pair(&t, 1, 2));
	again.flow = mg_build(&t.b, "Identity", NULL, "oc", again.flow, g.flow.node);
	write(&again, 0, pair(&t, 0.5, 0.5));
	g.flow = again.flow;
	expect(&t, read(&g, 0), "[11.5, 22.5]");
	expect(&t, read(&g, 1), "[0, 0]");
	made = mg_build(&t.b, op(&a, "Grad"), NULL, "oo;s:source", a.handle, a.flow, "gradients_1");
	g = (ta){ &t, _i, made, _i == 3 ? MG_OUTPUT(made.node, 1) : a.flow };
	g.flow = mg_build(&t.b, "Identity", NULL, "oc", g.flow, again.flow.node);
	expect(&t, read(&g, 0), "[0, 0]");
	rt_end(&t);
}
END_TEST

/* A map over a vector as Python builds it: unpack, a loop that reads and writes, pack. */
START_TEST(map_in_a_loop)
{
	rt t;
	ta in, out;
	rt_loop l;
	mg_output h_in, h_out, flow_in, x, y, i1;

	rt_begin(&t);
	in = array(&t, 3, 4, false, true, 0);
	in.flow = mg_build(&t.b, "TensorArrayScatterV3", NULL, "oooo", in.handle, rt_ints(&t, NULL, 4, 0, 1, 2, 3), rt_floats(&t, NULL, 4, 1.0, 2.0, 3.0, 4.0), in.flow);
	out = array(&t, 3, 4, false, true, 0);
	rt_loop_begin(&l, &t, "while", 10, 2, i32(&t, 0), out.flow);
	h_in = rt_loop_invariant(&l, in.handle);
	flow_in = rt_loop_invariant(&l, in.flow);
	h_out = rt_loop_invariant(&l, out.handle);
	rt_loop_cond(&l, mg_build(&t.b, "Less", NULL, "oo", l.merge[0], rt_loop_invariant(&l, i32(&t, 4))));
	x = mg_build(&t.b, "TensorArrayReadV3", NULL, "ooo;t:dtype", h_in, l.body[0], flow_in, MGREG_FLOAT);
	y = mg_build(&t.b, "Square", NULL, "o", x);
	i1 = mg_build(&t.b, "Add", NULL, "oo", l.body[0], rt_int_after(&t, 1, l.body[0]));
	rt_loop_end(&l, i1, mg_build(&t.b, "TensorArrayWriteV3", NULL, "oooo", h_out, l.body[0], y, l.body[1]));
	x = mg_build(&t.b, "TensorArrayGatherV3", NULL, "ooo;t:dtype", out.handle, rt_ints(&t, NULL, 4, 0, 1, 2, 3), l.exit[1], MGREG_FLOAT);
	for (int again = 0; again < 3; again++)
		expect(&t, x, "[1, 4, 9, 16]");
	rt_end(&t);
}
END_TEST

START_TEST(stacks)
{
	rt t;
	mg_output s, a, b, p, q;
	const char *push = _i ? "StackPushV2" : "StackPush", *pop = _i ? "StackPopV2" : "StackPop";

	rt_begin(&t);
	if (_i)
		s = mg_build(&t.b, "StackV2", NULL, "o;t:elem_type", i32(&t, 2), MGREG_FLOAT);
	else
		s = mg_build(&t.b, "Stack", NULL, ";t:elem_type", MGREG_FLOAT);
	a = mg_build(&t.b, push, NULL, "oo", s, rt_float(&t, NULL, 1));
	b = mg_build(&t.b, push, NULL, "ooc", s, rt_float(&t, NULL, 2), a.node);
	p = mg_build(&t.b, pop, NULL, "oc;t:elem_type", s, b.node, MGREG_FLOAT);
	q = mg_build(&t.b, pop, NULL, "oc;t:elem_type", s, p.node, MGREG_FLOAT);
	ck_assert_ok(t.b.rc, &t.err);
	ck_assert_double_eq(rt_fetch_scalar(&t, q), 1);
	ck_assert_double_eq(rt_fetch_scalar(&t, p), 2);
	p = mg_build(&t.b, pop, NULL, "oc;t:elem_type", s, q.node, MGREG_FLOAT);
	rt_fetch_fails(&t, p, MGREG_INVALID_ARGUMENT);
	if (_i) {
		a = mg_build(&t.b, push, NULL, "ooc", s, rt_float(&t, NULL, 3), b.node);
		rt_fetch_fails(&t, a, MGREG_INVALID_ARGUMENT);
	}
	a = mg_build(&t.b, push, NULL, "oo", s, i32(&t, 3));
	rt_fetch_fails(&t, a, MGREG_INVALID_ARGUMENT);
	p.node = mg_build_node(&t.b, _i ? "StackCloseV2" : "StackClose", NULL, "o", s);
	a = mg_build(&t.b, push, NULL, "ooc", s, rt_float(&t, NULL, 3), p.node);
	rt_fetch_fails(&t, a, MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

/* ---- lists ---- */

static mg_output
list_push(rt *t, mg_output l, mg_output x)
{
	return mg_build(&t->b, "TensorListPushBack", NULL, "oo", l, x);
}

static mg_output
list_stack(rt *t, mg_output l, mg_output shape)
{
	mg_output o = mg_build(&t->b, "TensorListStack", NULL, "oo;t:element_dtype", l, shape, MGREG_FLOAT);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

START_TEST(lists_grow_and_shrink)
{
	rt t;
	mg_output any, two, e, a, b, pop, x;

	rt_begin(&t);
	any = i32(&t, -1);
	two = rt_ints(&t, NULL, 1, 2);
	e = mg_build(&t.b, "EmptyTensorList", NULL, "oo;t:element_dtype", two, any, MGREG_FLOAT);
	a = list_push(&t, e, pair(&t, 1, 2));
	b = list_push(&t, a, pair(&t, 3, 4));
	expect(&t, list_stack(&t, b, any), "[[1, 2], [3, 4]]");
	expect(&t, list_stack(&t, a, any), "[[1, 2]]");
	/* a list is a value: both follow from A */
	x = mg_build(&t.b, "Sub", NULL, "oo", list_stack(&t, list_push(&t, a, pair(&t, 7, 7)), any), list_stack(&t, list_push(&t, a, pair(&t, 5, 6)), any));
	expect(&t, x, "[[0, 0], [2, 1]]");
	pop = mg_build(&t.b, "TensorListPopBack", NULL, "oo;t:element_dtype", b, any, MGREG_FLOAT);
	expect(&t, MG_OUTPUT(pop.node, 1), "[3, 4]");
	expect(&t, list_stack(&t, pop, any), "[[1, 2]]");
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "TensorListLength", NULL, "o", b)), 2);
	pop = mg_build(&t.b, "TensorListPopBack", NULL, "oo;t:element_dtype", e, any, MGREG_FLOAT);
	rt_fetch_fails(&t, pop, MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, list_push(&t, e, rt_float(&t, NULL, 1)), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, list_push(&t, e, any), MGREG_INVALID_ARGUMENT);
	e = mg_build(&t.b, "EmptyTensorList", NULL, "oo;t:element_dtype", any, i32(&t, 1), MGREG_FLOAT);
	rt_fetch_fails(&t, list_push(&t, list_push(&t, e, any), any), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, list_stack(&t, e, any), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(lists_by_index)
{
	rt t;
	mg_output any, two, r, s, g, cat, l;

	rt_begin(&t);
	any = i32(&t, -1);
	two = rt_ints(&t, NULL, 1, 2);
	r = mg_build(&t.b, "TensorListReserve", NULL, "oo;t:element_dtype", two, i32(&t, 3), MGREG_FLOAT);
	s = mg_build(&t.b, "TensorListSetItem", NULL, "ooo", r, i32(&t, 1), pair(&t, 5, 6));
	expect(&t, list_stack(&t, s, any), "[[0, 0], [5, 6], [0, 0]]");
	g = mg_build(&t.b, "TensorListGetItem", NULL, "ooo;t:element_dtype", s, i32(&t, 1), any, MGREG_FLOAT);
	expect(&t, g, "[5, 6]");
	g = mg_build(&t.b, "TensorListGetItem", NULL, "ooo;t:element_dtype", s, i32(&t, 3), any, MGREG_FLOAT);
	rt_fetch_fails(&t, g, MGREG_INVALID_ARGUMENT);
	g = mg_build(&t.b, "TensorListGather", NULL, "ooo;t:element_dtype", s, rt_ints(&t, NULL, 2, 1, 0), any, MGREG_FLOAT);
	expect(&t, g, "[[5, 6], [0, 0]]");
	expect(&t, mg_build(&t.b, "TensorListElementShape", NULL, "o;t:shape_type", s, MGREG_INT32), "[2]");
	l = mg_build(&t.b, "TensorListResize", NULL, "oo", s, i32(&t, 2));
	expect(&t, list_stack(&t, l, any), "[[0, 0], [5, 6]]");
	l = mg_build(&t.b, "TensorListScatter", NULL, "ooo", list_stack(&t, l, any), rt_ints(&t, NULL, 2, 2, 0), two);
	expect(&t, list_stack(&t, l, any), "[[5, 6], [0, 0], [0, 0]]");
	l = mg_build(&t.b, "TensorListFromTensor", NULL, "oo", list_stack(&t, l, any), two);
	expect(&t, list_stack(&t, mg_build(&t.b, "AddN", NULL, "O", ((mg_output[]){ l, l }), 2), any), "[[10, 12], [0, 0], [0, 0]]");
	expect(&t, list_stack(&t, mg_build(&t.b, "ZerosLike", NULL, "o", l), any), "[[0, 0], [0, 0], [0, 0]]");
	l = mg_build(&t.b, "TensorListSplit", NULL, "ooo", pair(&t, 8, 9), any,
		mg_build(&t.b, "Cast", NULL, "o;t:DstT", rt_ints(&t, NULL, 3, 1, 0, 1), MGREG_INT64));
	cat = mg_build(&t.b, "TensorListConcat", NULL, "o;t:element_dtype", l, MGREG_FLOAT);
	expect(&t, cat, "[8, 9]");
	expect(&t, MG_OUTPUT(cat.node, 1), "[1, 0, 1]");
	rt_end(&t);
}
END_TEST

/* A list that is carried through a loop is changed in place: elements are not copied, the loop is not quadratic. */
START_TEST(list_in_a_loop)
{
	rt t;
	rt_loop l;
	mg_output any, e, sum, i1;

	rt_begin(&t);
	any = i32(&t, -1);
	e = mg_build(&t.b, "EmptyTensorList", NULL, "oo;t:element_dtype", any, any, MGREG_FLOAT);
	rt_loop_begin(&l, &t, "while", 1, 2, i32(&t, 0), e);
	rt_loop_cond(&l, mg_build(&t.b, "Less", NULL, "oo", l.merge[0], rt_loop_invariant(&l, i32(&t, 20000))));
	i1 = mg_build(&t.b, "Add", NULL, "oo", l.body[0], rt_int_after(&t, 1, l.body[0]));
	rt_loop_end(&l, i1, list_push(&t, l.body[1], mg_build(&t.b, "Cast", NULL, "o;t:DstT", l.body[0], MGREG_FLOAT)));
	sum = mg_build(&t.b, "Max", NULL, "oo", list_stack(&t, l.exit[1], any), i32(&t, 0));
	ck_assert_double_eq(rt_fetch_scalar(&t, sum), 19999);
	rt_end(&t);
}
END_TEST

Suite *
test_arrays(void)
{
	Suite *s = suite_create("arrays");
	TCase *t = tcase_create("arrays");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, write_then_read, 1, 4);
	tcase_add_loop_test(t, gather_scatter_split_concat, 1, 4);
	tcase_add_test(t, array_rules);
	tcase_add_loop_test(t, gradient_arrays_add, 1, 4);
	tcase_add_test(t, map_in_a_loop);
	tcase_add_loop_test(t, stacks, 0, 2);
	tcase_add_test(t, lists_grow_and_shrink);
	tcase_add_test(t, lists_by_index);
	tcase_add_test(t, list_in_a_loop);
	suite_add_tcase(s, t);
	return s;
}
