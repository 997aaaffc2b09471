/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_finite.c - every row of the gradient tables against central differences.
 *
 * An op stands in a graph of placeholders; random cotangents go into mg_gradients(), and what comes out is compared with
 * (f(x + h) - f(x - h)) / 2h of f = sum of cotangent * output.  Each case runs twice: with shapes and integer inputs known while
 * the graph is built, and with nothing known.  A row without a case fails the test; so does a case whose kernel is said to be
 * missing and is not.
 */
#include <math.h>
#include "testing.h"
#include "grad/grad_internal.h"
#include "grad/finite.h"
#include "kernels/cases.h"
#include "runtime/runtime.h"

#define ELEMENTS 4096

static uint64_t random_state;

static double
uniform(double low, double high)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return low + (high - low) * ((double)(random_state >> 11) / 9007199254740992.0);
}

/* "double(2,3):@0.5,2" is random within the bounds (default -1, 1); the rest is case_tensor()'s. */
static int
input_value(mg_tensor *out, const char *text, mgreg_error *err)
{
	const char *at = strstr(text, ":@");
	double low = -1, high = 1;
	char zero[64];
	int rc;

	if (!at)
		return case_tensor(out, text, err);
	if (at[2]) {
		char *end;
		low = strtod(at + 2, &end);
		high = strtod(end + 1, NULL);
	}
	snprintf(zero, sizeof zero, "%.*s:0", (int)(at - text), text);
	if ((rc = case_tensor(out, zero, err)) != 0)
		return rc;
	for (int64_t i = 0; i < out->count; i++) {
		double v = uniform(low, high);
		if (out->dtype == MGREG_FLOAT)
			MG_DATA(out, float)[i] = (float)v;
		else
			MG_DATA(out, double)[i] = v;
	}
	return 0;
}

typedef struct probe {
	const grad_case *c;
	mg_str     *why;
	mgreg_error err;
	mg_graph   *g;
	mg_session *s;
	int         count, ny, nx;
	mg_tensor   value[MAX_IN];
	mg_output   in[MAX_IN], ys[MAX_OUT], xs[MAX_IN];
	int         x_of[MAX_IN];           /* input number of xs[i] */
	const char *variable[MAX_IN];       /* node name, where input i is a variable */
	mg_output   seed[MAX_OUT];
	mg_tensor   cotangent[MAX_OUT];
	mg_grad_value grad[MAX_IN];
} probe;

static bool
wrong(probe *f, const char *what)
{
	mg_str_printf(f->why, "%s: %s", what, f->err.text);
	return false;
}

/* Inputs: variables ("ref double...", "handle double..."), constants (known) or placeholders. */
static bool
make_input(probe *f, mg_builder *b, int i, bool known)
{
	const char *text = f->c->in[i];
	bool ref = mg_starts_with(text, "ref "), handle = mg_starts_with(text, "handle ");
	mg_tensor *v = &f->value[i];
	char name[16];

	text += ref ? 4 : handle ? 7 : 0;
	if (input_value(v, text, &f->err))
		return wrong(f, text);
	snprintf(name, sizeof name, "v%d", i);
	if (ref)
		f->in[i] = mg_build(b, "VariableV2", name, ";h:shape t:dtype", &v->shape, (int)v->dtype);
	else if (handle)
		f->in[i] = mg_build(b, "VarHandleOp", name, ";h:shape t:dtype s:shared_name", &v->shape, (int)v->dtype, name);
	else if (!known)
		f->in[i] = mg_build(b, "Placeholder", NULL, ";t:dtype", (int)v->dtype);
	else if (mg_dtype_is_floating(v->dtype))
		f->in[i] = mg_build(b, "Placeholder", NULL, ";t:dtype h:shape", (int)v->dtype, &v->shape);
	else
		f->in[i] = mg_const(b, NULL, v);
	f->variable[i] = ref || handle ? f->in[i].node ? f->in[i].node->name : NULL : NULL;
	return b->rc ? wrong(f, "input") : true;
}

static bool
make_graph(probe *f, bool known)
{
	mg_session_options options = { .threads = 1 };
	mg_builder b;

	if (mg_graph_new(&f->g, &f->err))
		return wrong(f, "graph");
	b = (mg_builder)MG_BUILDER(f->g, &f->err);
	for (f->count = 0; f->count < MAX_IN && f->c->in[f->count]; f->count++)
		if (!make_input(f, &b, f->count, known))
			return false;
	if (f->c->build) {
		f->ny = f->c->build(&b, f->in, f->count, f->ys);
		if (b.rc)
			return wrong(f, "build");
	} else {
		mg_node *n;
		if (case_node(f->g, f->c->op, f->c->attrs, f->in, f->count, &n, &f->err))
			return wrong(f, "node");
		for (int i = 0; i < n->output_count && f->ny < MAX_OUT; i++)
			if (f->c->ys ? f->c->ys >> i & 1 : mg_dtype_is_floating(mg_dtype_base(n->output_types[i])))
				f->ys[f->ny++] = MG_OUTPUT(n, i);
	}
	for (int i = 0; i < f->count; i++)
		if (f->c->xs ? f->c->xs >> i & 1 : mg_dtype_is_floating(f->value[i].dtype)) {
			f->x_of[f->nx] = i;
			f->xs[f->nx++] = f->in[i];
		}
	for (int i = 0; i < f->ny; i++)
		f->seed[i] = mg_build(&b, "Placeholder", NULL, ";t:dtype", (int)mg_output_type(f->ys[i]));
	if (b.rc || mg_session_new(&f->s, f->g, &options, &f->err))
		return wrong(f, "session");
	return true;
}

static int
run(probe *f, const mg_output *fetch, int n, mg_tensor *out)
{
	mg_feed feeds[MAX_IN + MAX_OUT];
	int count = 0;

	for (int i = 0; i < f->count; i++) {
		if (f->variable[i]) {
			int rc = mg_session_variable_set(f->s, f->variable[i], &f->value[i], &f->err);
			if (rc)
				return rc;
		} else if (strcmp(f->in[i].node->op_name, "Placeholder") == 0) {
			feeds[count++] = (mg_feed){ f->in[i], &f->value[i] };
		}
	}
	for (int i = 0; i < f->ny; i++)
		if (mg_tensor_is_set(&f->cotangent[i]))
			feeds[count++] = (mg_feed){ f->seed[i], &f->cotangent[i] };
	return mg_session_run(f->s, feeds, count, fetch, n, NULL, 0, out, &f->err);
}

static double
element(const mg_tensor *t, int64_t i)
{
	return t->dtype == MGREG_FLOAT ? (double)MG_CDATA(t, float)[i] : MG_CDATA(t, double)[i];
}

/* Sum of cotangent * output; the first call draws the cotangents. */
static bool
evaluate(probe *f, double *sum)
{
	mg_tensor y[MAX_OUT] = { { 0 } };

	*sum = 0;
	if (run(f, f->ys, f->ny, y))
		return wrong(f, "forward");
	for (int i = 0; i < f->ny; i++) {
		if (!mg_tensor_is_set(&f->cotangent[i])) {
			if (mg_tensor_copy(&f->cotangent[i], &y[i], &f->err))
				return wrong(f, "cotangent");
			for (int64_t j = 0; j < y[i].count; j++) {
				double v = uniform(-1, 1);
				if (y[i].dtype == MGREG_FLOAT)
					MG_DATA(&f->cotangent[i], float)[j] = (float)v;
				else
					MG_DATA(&f->cotangent[i], double)[j] = v;
			}
		}
		for (int64_t j = 0; j < y[i].count; j++)
			*sum += element(&f->cotangent[i], j) * element(&y[i], j);
		mg_tensor_clear(&y[i]);
	}
	return true;
}

/* The gradient of xs[I] as plain numbers; IndexedSlices are added up. */
static bool
analytic(probe *f, int i, double *out)
{
	const mg_tensor *x = &f->value[f->x_of[i]];
	mg_grad_value *g = &f->grad[i];
	mg_tensor t[2] = { { 0 } };
	int64_t width;
	bool ok = true;

	memset(out, 0, (size_t)x->count * sizeof *out);
	if (!g->values.node) {
		if (run(f, &g->dense, 1, t))
			return wrong(f, "backward");
		if (!mg_shape_equal(&t[0].shape, &x->shape)) {
			char a[256], b[256];
			mg_str_printf(f->why, "gradient of input %d has shape %s, expected %s", f->x_of[i], mg_shape_text(&t[0].shape, a),
				mg_shape_text(&x->shape, b));
			ok = false;
		}
		for (int64_t j = 0; j < x->count && ok; j++)
			out[j] = element(&t[0], j);
	} else {
		if (run(f, (mg_output[]){ g->values, g->indices }, 2, t))
			return wrong(f, "backward");
		width = t[1].count ? t[0].count / t[1].count : 0;
		for (int64_t j = 0; j < t[0].count; j++) {
			int64_t row;
			mg_tensor_as_i64(&t[1], j / width, &row);
			out[row * width + j % width] += element(&t[0], j);
		}
	}
	mg_tensor_clear(&t[0]);
	mg_tensor_clear(&t[1]);
	return ok;
}

static bool
compare_input(probe *f, int i)
{
	static double grad[ELEMENTS];
	mg_tensor *x = &f->value[f->x_of[i]];
	bool single = x->dtype == MGREG_FLOAT || f->c->single;
	double tolerance = f->c->tolerance > 0 ? f->c->tolerance : single ? 1e-2 : 1e-6;

	ck_assert_int_le(x->count, ELEMENTS);
	if (!analytic(f, i, grad))
		return false;
	for (int64_t j = 0; j < x->count; j++) {
		double v = element(x, j), h = (single ? 1e-2 : 1e-6) * fmax(1, fabs(v)), up, down, slope;
		for (int side = 0; side < 2; side++) {
			if (x->dtype == MGREG_FLOAT)
				MG_DATA(x, float)[j] = (float)(side ? v - h : v + h);
			else
				MG_DATA(x, double)[j] = side ? v - h : v + h;
			if (!evaluate(f, side ? &down : &up))
				return false;
		}
		if (x->dtype == MGREG_FLOAT)
			MG_DATA(x, float)[j] = (float)v;
		else
			MG_DATA(x, double)[j] = v;
		slope = (up - down) / (2 * h);
		if (!(fabs(slope - grad[j]) <= tolerance * fmax(1, fabs(slope)))) {
			mg_str_printf(f->why, "input %d element %lld (%g): gradient %.12g, difference quotient %.12g", f->x_of[i], (long long)j,
				v, grad[j], slope);
			return false;
		}
	}
	return true;
}

/* The gradient of xs[I] is the cotangent itself. */
static bool
goes_straight(probe *f, int i)
{
	static double grad[ELEMENTS];
	double sum;

	if (!evaluate(f, &sum) || !analytic(f, i, grad))
		return false;
	for (int64_t j = 0; j < f->cotangent[0].count; j++)
		if (grad[j] != element(&f->cotangent[0], j)) {
			mg_str_printf(f->why, "element %lld: gradient %g, expected %g", (long long)j, grad[j], element(&f->cotangent[0], j));
			return false;
		}
	return true;
}

static bool
run_case(probe *f, bool known)
{
	mg_grad_options o = { .grad_ys = f->seed, .colocate = true };
	double sum;
	int rc;

	if (f->c->kind == NO_KERNEL) {
		if (!mg_runtime_knows_op(f->c->op))
			return true;
		mg_str_add(f->why, "there is a kernel, but no numeric case");
		return false;
	}
	if (!make_graph(f, known))
		return false;
	if ((f->c->kind == NUMERIC || f->c->kind == RANDOM) && !evaluate(f, &sum))
		return false;
	rc = mg_gradients(f->g, f->ys, f->ny, f->xs, f->nx, &o, f->grad, &f->err);
	if (f->c->kind == REFUSED) {
		if (!rc)
			mg_str_add(f->why, "expected to be refused");
		return rc != 0;
	}
	if (rc)
		return wrong(f, "gradients");
	for (int i = 0; i < f->nx; i++) {
		bool none = mg_grad_is_none(&f->grad[i]);
		if (none != (f->c->kind == NONE)) {
			mg_str_printf(f->why, "gradient of input %d is %s", f->x_of[i], none ? "none" : "there, expected none");
			return false;
		}
		if (f->c->kind == RANDOM)       /* every run draws anew: there is nothing to compare with */
			continue;
		if (!none && !(f->c->kind == STRAIGHT ? goes_straight(f, i) : compare_input(f, i)))
			return false;
	}
	return true;
}

static bool
case_agrees(const grad_case *c, bool known, mg_str *why)
{
	probe f = { .c = c, .why = why };
	bool ok;

	random_state = 42;
	ok = run_case(&f, known);
	mg_session_free(f.s);
	mg_graph_free(f.g);
	for (int i = 0; i < MAX_IN; i++)
		mg_tensor_clear(&f.value[i]);
	for (int i = 0; i < MAX_OUT; i++)
		mg_tensor_clear(&f.cotangent[i]);
	return ok;
}

static const grad_case *const tables[] = { finite_math, finite_decomp, finite_array, finite_nn, finite_flow };

START_TEST(gradients_agree_with_differences)
{
	mg_str why = MG_STR_INIT;
	int bad = 0;

	for (const grad_case *c = tables[_i]; c->op; c++)
		for (int known = 0; known < 2; known++) {
			mg_str one = MG_STR_INIT;
			if ((c->known_only && !known) || case_agrees(c, known, &one))
				continue;
			mg_str_printf(&why, "\n  %s {%s}%s: %s", c->op, c->attrs ? c->attrs : "", known ? "" : " (nothing known)", one.ptr);
			mg_str_clear(&one);
			bad++;
		}
	ck_assert_msg(bad == 0, "%d cases:%s", bad, why.ptr);
	mg_str_clear(&why);
}
END_TEST

START_TEST(every_row_has_a_case)
{
	mg_str missing = MG_STR_INIT;

	for (size_t i = 0; mg_grad_at(i); i++) {
		bool found = mg_grad_at(i)->fn == NULL;
		for (size_t t = 0; t < MG_COUNT(tables) && !found; t++)
			for (const grad_case *c = tables[t]; c->op && !found; c++)
				found = strcmp(c->op, mg_grad_at(i)->op) == 0;
		if (!found)
			mg_str_printf(&missing, " %s", mg_grad_at(i)->op);
	}
	ck_assert_msg(missing.len == 0, "rows without a case:%s", missing.ptr);
	mg_str_clear(&missing);
}
END_TEST

Suite *
test_finite(void)
{
	TCase *t;
	Suite *s = mg_suite("finite", &t);

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, gradients_agree_with_differences, 0, MG_COUNT(tables));
	tcase_add_test(t, every_row_has_a_case);
	return s;
}
