/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_shapes_any.c - every shape function on input that nobody would write.
 *
 * Shapes, constants and attributes are drawn at random (the same ones every time).  Nothing may crash, and the answer is
 * shapes or INVALID_ARGUMENT.  What is known about inputs may be taken away: the answer then may not contradict the one
 * that was given with more knowledge.
 */
#include "testing.h"
#include "op/op.h"


static uint64_t state = 88172645463325252u;

static uint32_t
draw(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static int64_t
draw_length(void)
{
	static const int64_t odd[] = { -1, 0, 1, 1, 2, 2, 3, 3, 4, 5, 8, 1000000, INT64_MAX / 2, INT64_MAX };

	return odd[draw(draw(4) ? 11 : MG_COUNT(odd))];
}

static void
draw_shape(mg_shape *s)
{
	int64_t dims[9];
	int rank = (int)draw(7) - 1;
	mgreg_error err;

	if (rank < 0) {
		*s = MG_SHAPE_UNKNOWN;
		return;
	}
	if (draw(40) == 0)
		rank = 9;
	for (int i = 0; i < rank; i++)
		dims[i] = draw_length();
	*s = (mg_shape){ 0 };
	ck_assert_ok(mg_shape_set(s, dims, rank, &err), &err);
}

typedef struct scene {
	mg_shape inputs[64], handles[64];
	const mg_shape *input_at[64], *handle_at[64];
	mg_tensor values[64];
	const mg_tensor *value_at[64];
	int handle_types[64];
	mg_shape *outputs, *out_handles;
	int *out_handle_types, input_count, output_count;
	mg_attrs attrs;
} scene;

static void
draw_value(scene *s, int i, int type)
{
	int64_t dims[2] = { draw(6), 2 }, v[12];
	int rank = (int)draw(8) ? 1 : (int)draw(3);
	mgreg_error err;

	if (type == MGREG_STRING) {
		ck_assert_ok(mg_tensor_init_string(&s->values[i], "4 5 0,2:-", 9, &err), &err);
	} else if (type == MGREG_INT32 || type == MGREG_INT64) {
		ck_assert_ok(mg_tensor_init_dims(&s->values[i], (mg_dtype)type, dims, rank, &err), &err);
		for (int k = 0; k < 12; k++)
			v[k] = draw(12) ? (int64_t)draw(9) - 3 : draw(2) ? INT64_MIN : INT64_MAX;
		for (int k = 0; k < s->values[i].count; k++)
			if (type == MGREG_INT32)
				MG_DATA(&s->values[i], int32_t)[k] = (int32_t)v[k];
			else
				MG_DATA(&s->values[i], int64_t)[k] = v[k];
	} else {
		ck_assert_ok(mg_tensor_init_scalar(&s->values[i], MGREG_FLOAT, (double)draw(5) - 1, &err), &err);
	}
	ck_assert_ok(mg_shape_copy(&s->inputs[i], &s->values[i].shape, &err), &err);
	s->value_at[i] = &s->values[i];
}

static mg_attr_value *
draw_attr(const mg_op_attr *a, mg_arena *arena)
{
	int64_t ints[6];
	float floats[4] = { 0 };
	bool bools[4] = { 0 };
	int types[4], n = (int)(a->has_minimum && a->is_list ? a->minimum : 0) + (int)draw(3);
	mg_shape shapes[4];
	mg_attr_value *v = NULL;
	mg_tensor t = { 0 };
	mgreg_error err;

	n = n > 4 ? (int)draw(2) + 4 : n;
	for (int i = 0; i < 6; i++)
		ints[i] = draw(10) ? (int64_t)draw(5) - 1 : draw_length();
	for (int i = 0; i < 4; i++)
		types[i] = a->allowed_count ? a->allowed_order[draw((uint32_t)a->allowed_count)] : MGREG_FLOAT;
	if (a->is_list && a->kind != MG_ATTR_INT)
		n = MG_MIN(n, 4);
	switch (a->kind) {
	case MG_ATTR_INT:
		return a->is_list ? mg_attr_ints(arena, ints, n)
			: mg_attr_int(arena, a->has_minimum ? MG_MAX(a->minimum, 0) + draw(3) : draw(6) ? (int64_t)draw(6) - 2 : draw_length());
	case MG_ATTR_FLOAT: return a->is_list ? mg_attr_floats(arena, floats, n) : mg_attr_float(arena, 0.5f);
	case MG_ATTR_BOOL: return a->is_list ? mg_attr_bools(arena, bools, n) : mg_attr_bool(arena, draw(2));
	case MG_ATTR_STRING: {
		const char *words[4] = { "x", "x", "x", "x" };

		for (int i = 0; i < 4 && a->allowed_strings; i++) {
			uint32_t k = 0;

			while (a->allowed_strings[k])
				k++;
			words[i] = a->allowed_strings[draw(k)];
		}
		return a->is_list ? mg_attr_strings(arena, words, n) : mg_attr_string(arena, words[0], strlen(words[0]));
	}
	case MG_ATTR_TYPE: return a->is_list ? mg_attr_types(arena, types, n) : mg_attr_type(arena, types[0]);
	case MG_ATTR_SHAPE:
		for (int i = 0; i < n || i == 0; i++)
			draw_shape(&shapes[i]);
		v = a->is_list ? mg_attr_shapes(arena, shapes, n) : mg_attr_shape(arena, &shapes[0]);
		for (int i = 0; i < n || i == 0; i++)
			mg_shape_clear(&shapes[i]);
		return v;
	case MG_ATTR_TENSOR:
		ck_assert_ok(mg_tensor_init_scalar(&t, MGREG_FLOAT, 1, &err), &err);
		v = mg_attr_tensor(arena, &t);
		mg_tensor_clear(&t);
		return v;
	case MG_ATTR_FUNC: return mg_attr_func(arena, "f");
	}
	return v;
}

static bool
draw_scene(scene *s, const mg_op_def *op, mg_arena *arena)
{
	int *types;
	mgreg_error err;

	*s = (scene){ 0 };
	for (int i = 0; i < op->attr_count; i++)
		if (!op->attrs[i].default_value || draw(3) == 0)
			ck_assert(mg_attr_set(&s->attrs, op->attrs[i].name, draw_attr(&op->attrs[i], arena), arena));
	ck_assert_ok(mg_op_fill_defaults(op, &s->attrs, arena, &err), &err);
	if (mg_op_check_attrs(op, &s->attrs, &err) != 0 || mg_op_input_types(op, &s->attrs, arena, &types, &s->input_count, &err) != 0
	    || s->input_count > 64)
		return false;
	for (int i = 0; i < s->input_count; i++) {
		s->input_at[i] = &s->inputs[i];
		if (draw(2))
			draw_shape(&s->inputs[i]);
		else
			draw_value(s, i, mg_dtype_base(types[i]));
		if (mg_dtype_base(types[i]) == MGREG_RESOURCE && draw(2)) {
			draw_shape(&s->handles[i]);
			s->handle_at[i] = &s->handles[i];
			s->handle_types[i] = MGREG_FLOAT;
		}
	}
	ck_assert_ok(mg_op_output_types(op, &s->attrs, arena, &types, &s->output_count, &err), &err);
	s->outputs = mg_arena_zalloc(arena, (size_t)s->output_count + 1, sizeof(*s->outputs));
	s->out_handles = mg_arena_zalloc(arena, (size_t)s->output_count + 1, sizeof(*s->out_handles));
	s->out_handle_types = mg_arena_zalloc(arena, (size_t)s->output_count + 1, sizeof(int));
	return true;
}

static int
infer(scene *s, const mg_op_def *op, mgreg_error *err)
{
	mg_shape_ctx c = {
		.op = op, .node = "n", .attrs = &s->attrs, .input_count = s->input_count, .inputs = s->input_at, .constants = s->value_at,
		.handle_shapes = s->handle_at, .handle_types = s->handle_types, .output_count = s->output_count, .outputs = s->outputs,
		.out_handle_shapes = s->out_handles, .out_handle_types = s->out_handle_types, .producer = MG_GRAPH_DEF_VERSION,
	};

	for (int o = 0; o < s->output_count; o++) {
		mg_shape_clear(&s->outputs[o]);
		mg_shape_clear(&s->out_handles[o]);
		s->outputs[o] = s->out_handles[o] = MG_SHAPE_UNKNOWN;
	}
	return op->shape(&c, err);
}

static void
clear_scene(scene *s)
{
	for (int i = 0; i < 64; i++) {
		mg_shape_clear(&s->inputs[i]);
		mg_shape_clear(&s->handles[i]);
		mg_tensor_clear(&s->values[i]);
	}
	for (int o = 0; o < s->output_count; o++) {
		mg_shape_clear(&s->outputs[o]);
		mg_shape_clear(&s->out_handles[o]);
	}
}

/* Keeps the answer in FULL, forgets something, asks again. */
static void
forget_and_compare(scene *s, const mg_op_def *op)
{
	mg_shape full[64];
	mgreg_error err = { 0 };
	int n = MG_MIN(s->output_count, 64), i = s->input_count ? (int)draw((uint32_t)s->input_count) : -1;
	char a[256], b[256];

	if (i < 0)
		return;
	for (int o = 0; o < n; o++) {
		full[o] = (mg_shape){ 0 };
		ck_assert_ok(mg_shape_copy(&full[o], &s->outputs[o], &err), &err);
	}
	s->value_at[i] = NULL;
	if (draw(2)) {
		mg_shape_clear(&s->inputs[i]);
		s->inputs[i] = MG_SHAPE_UNKNOWN;
	}
	ck_assert_msg(infer(s, op, &err) == 0, "%s: knowing less is a mistake: %s", op->name, err.text);
	for (int o = 0; o < n; o++) {
		ck_assert_msg(mg_shape_compatible(&full[o], &s->outputs[o]), "%s: output %d is %s, with less knowledge %s", op->name, o,
			mg_shape_text(&full[o], a), mg_shape_text(&s->outputs[o], b));
		mg_shape_clear(&full[o]);
	}
}

START_TEST(any_input)
{
	int64_t good = 0, bad = 0;

	for (size_t i = 0; i < mg_op_count(); i++) {
		const mg_op_def *op = mg_op_at(i);

		for (int k = 0; op->shape && k < 60; k++) {
			static scene s;
			mg_arena arena = { 0 };
			mgreg_error err = { 0 };
			int rc;

			if (draw_scene(&s, op, &arena)) {
				rc = infer(&s, op, &err);
				ck_assert_msg(rc == 0 || rc == MGREG_INVALID_ARGUMENT, "%s: %d %s", op->name, rc, err.text);
				ck_assert_msg(rc == 0 || err.text[0], "%s fails without a word", op->name);
				good += rc == 0;
				bad += rc != 0;
				if (rc == 0)
					forget_and_compare(&s, op);
			}
			clear_scene(&s);
			mg_arena_clear(&arena);
		}
	}
	ck_assert_int_gt(good, 10000);
	ck_assert_int_gt(bad, 5000);
}
END_TEST

Suite *
test_shapes_any(void)
{
	TCase *t;
	Suite *s = mg_suite("shapes_any", &t);

	tcase_set_timeout(t, 120);
	tcase_add_test(t, any_input);
	return s;
}
