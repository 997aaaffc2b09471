/* SPDX-License-Identifier: Apache-2.0 */
/* shape_ctx.c - inputs, constants, attributes and outputs as shape functions see them. */
#include "op/shape_ctx.h"

int
mg_sc_fail(const mg_shape_ctx *c, mgreg_error *err, const char *fmt, ...)
{
	mg_str s = MG_STR_INIT;
	va_list args;
	int rc;

	va_start(args, fmt);
	mg_str_vprintf(&s, fmt, args);
	va_end(args);
	if (c->node && *c->node)
		mg_str_printf(&s, " for '%s'", c->node);
	mg_str_printf(&s, " (op '%s')", c->op->name);
	if (c->input_count > 0)
		mg_str_add(&s, " with input shapes: ");
	for (int i = 0; i < c->input_count; i++) {
		if (i)
			mg_str_add(&s, ", ");
		mg_shape_format(c->inputs[i], &s);
	}
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s", s.ptr);
	mg_str_clear(&s);
	return rc;
}

/* ---- inputs ---- */
void
mg_dims_load(mg_dims *out, const mg_shape *s)
{
	out->rank = s->rank;
	for (int i = 0; i < s->rank; i++)
		out->at[i] = mg_shape_dim(s, i);
}

void
mg_sc_get(const mg_shape_ctx *c, int i, mg_dims *out)
{
	mg_dims_load(out, c->inputs[i]);
}

int64_t
mg_sc_dim(const mg_shape_ctx *c, int i, int k)
{
	const mg_shape *s = c->inputs[i];

	if (s->rank < 0)
		return -1;
	if (k < 0)
		k += s->rank;
	return k < 0 || k >= s->rank ? -1 : mg_shape_dim(s, k);
}

int
mg_sc_rank(const mg_shape_ctx *c, int i, int n, mgreg_error *err)
{
	int rank = c->inputs[i]->rank;

	return rank < 0 || rank == n ? 0 : mg_sc_fail(c, err, "shape of input %d must be rank %d but is rank %d", i, n, rank);
}

int
mg_sc_rank_min(const mg_shape_ctx *c, int i, int n, mgreg_error *err)
{
	int rank = c->inputs[i]->rank;

	return rank < 0 || rank >= n ? 0
		: mg_sc_fail(c, err, "shape of input %d must be at least rank %d but is rank %d", i, n, rank);
}

int
mg_sc_rank_max(const mg_shape_ctx *c, int i, int n, mgreg_error *err)
{
	int rank = c->inputs[i]->rank;

	return rank <= n ? 0 : mg_sc_fail(c, err, "shape of input %d must be at most rank %d but is rank %d", i, n, rank);
}

void
mg_sc_handle(const mg_shape_ctx *c, int i, mg_dims *out)
{
	if (c->handle_shapes && c->handle_shapes[i])
		mg_dims_load(out, c->handle_shapes[i]);
	else
		out->rank = MG_RANK_UNKNOWN;
}

int
mg_sc_handle_type(const mg_shape_ctx *c, int i)
{
	return c->handle_types ? c->handle_types[i] : MGREG_INVALID;
}

/* How many tensors definition input ARG has. */
static int
arg_count(const mg_shape_ctx *c, const mg_op_arg *arg)
{
	const Pb__AttrValue__ListValue *list;
	int64_t n = 1;

	if (arg->type_list_attr)
		return mg_attr_get_list(c->attrs, arg->type_list_attr, &list) ? (int)list->n_type : 0;
	if (arg->number_attr && !mg_attr_get_int(c->attrs, arg->number_attr, &n))
		return 0;
	return (int)n;
}

int
mg_sc_input(const mg_shape_ctx *c, const char *name)
{
	int at = 0;

	for (int i = 0; i < c->op->input_count; i++) {
		if (strcmp(c->op->inputs[i].name, name) == 0)
			return at < c->input_count ? at : -1;
		at += arg_count(c, &c->op->inputs[i]);
	}
	return -1;
}

/* ---- constants ---- */
static const mg_tensor *
constant(mg_shape_ctx *c, int i)
{
	if (c->constants && c->constants[i])
		return c->constants[i];
	c->needs_constants = true;
	return NULL;
}

bool
mg_sc_int(mg_shape_ctx *c, int i, int64_t *out)
{
	const mg_tensor *t = constant(c, i);

	return t && t->count == 1 && mg_tensor_as_i64(t, 0, out);
}

bool
mg_sc_ints(mg_shape_ctx *c, int i, int64_t *out, int max, int *n)
{
	const mg_tensor *t = constant(c, i);

	if (!t || mg_rank(t) > 1 || t->count > max)
		return false;
	for (int64_t k = 0; k < t->count; k++)
		if (!mg_tensor_as_i64(t, k, &out[k]))
			return false;
	*n = (int)t->count;
	return true;
}

int
mg_sc_shape_value(mg_shape_ctx *c, int i, mg_dims *out, mgreg_error *err)
{
	int64_t length;
	int rc;

	if ((rc = mg_sc_rank_max(c, i, 1, err)) != 0)
		return rc;
	if (mg_sc_ints(c, i, out->at, MG_MAX_RANK, &out->rank)) {
		if (mg_rank(c->constants[i]) == 0) {            /* a scalar is a shape only as -1: unknown rank */
			if (out->at[0] != -1)
				return mg_sc_fail(c, err, "input %d must be a vector, or the scalar -1 for a shape of unknown rank", i);
			out->rank = MG_RANK_UNKNOWN;
			return 0;
		}
		for (int k = 0; k < out->rank; k++)
			if (out->at[k] < -1)
				return mg_sc_fail(c, err, "shape has a negative length %lld", (long long)out->at[k]);
		return 0;
	}
	if (c->constants_as_shapes && c->constants_as_shapes[i] && c->constants_as_shapes[i]->rank >= 0) {
		mg_dims_load(out, c->constants_as_shapes[i]);
		return 0;
	}
	length = mg_sc_dim(c, i, 0);
	if (length > MG_MAX_RANK)
		return mg_sc_fail(c, err, "a shape of %lld dimensions is too long", (long long)length);
	mg_dims_unknown(out, (int)length);
	return 0;
}

/* ---- lengths and shapes ---- */
void
mg_dims_unknown(mg_dims *d, int rank)
{
	d->rank = rank;
	for (int i = 0; i < rank; i++)
		d->at[i] = -1;
}

void
mg_dims_set(mg_dims *d, int rank, const int64_t *dims)
{
	d->rank = rank;
	memcpy(d->at, dims, (size_t)rank * sizeof(*dims));
}

void
mg_dims_remove(mg_dims *d, int k)
{
	d->rank--;
	memmove(&d->at[k], &d->at[k + 1], (size_t)(d->rank - k) * sizeof(d->at[0]));
}

void
mg_dims_insert(mg_dims *d, int k, int64_t length)
{
	assert(d->rank <= MG_MAX_RANK);
	memmove(&d->at[k + 1], &d->at[k], (size_t)(d->rank - k) * sizeof(d->at[0]));
	d->at[k] = length;
	d->rank++;
}

bool
mg_dims_append(mg_dims *d, const mg_dims *from, int begin, int end)
{
	if (begin > end)
		begin = end;
	if (d->rank + (end - begin) > MG_MAX_RANK)
		return false;
	for (int i = begin; i < end; i++)
		d->at[d->rank++] = from->at[i];
	return true;
}

int
mg_sc_merge_dim(const mg_shape_ctx *c, int64_t a, int64_t b, int64_t *out, mgreg_error *err)
{
	if (a >= 0 && b >= 0 && a != b)
		return mg_sc_fail(c, err, "dimensions must be equal, but are %lld and %lld", (long long)a, (long long)b);
	*out = a >= 0 ? a : b;
	return 0;
}

static void
dims_format(const mg_dims *d, mg_str *out)
{
	mg_str_addc(out, '[');
	for (int i = 0; i < d->rank; i++) {
		if (i)
			mg_str_addc(out, ',');
		if (d->at[i] < 0)
			mg_str_addc(out, '?');
		else
			mg_str_printf(out, "%lld", (long long)d->at[i]);
	}
	mg_str_addc(out, ']');
}

static int
fail_both(const mg_shape_ctx *c, const mg_dims *a, const mg_dims *b, const char *how, mgreg_error *err)
{
	mg_str x = MG_STR_INIT, y = MG_STR_INIT;
	int rc;

	dims_format(a, &x);
	dims_format(b, &y);
	rc = mg_sc_fail(c, err, "shapes %s and %s %s", x.ptr, y.ptr, how);
	mg_str_clear(&x);
	mg_str_clear(&y);
	return rc;
}

int
mg_sc_merge(const mg_shape_ctx *c, mg_dims *into, const mg_dims *with, mgreg_error *err)
{
	if (with->rank < 0)
		return 0;
	if (into->rank < 0) {
		mg_dims_set(into, with->rank, with->at);
		return 0;
	}
	if (into->rank != with->rank)
		return fail_both(c, into, with, "must have equal rank", err);
	for (int i = 0; i < into->rank; i++) {
		if (into->at[i] >= 0 && with->at[i] >= 0 && into->at[i] != with->at[i])
			return fail_both(c, into, with, "must be equal", err);
		if (into->at[i] < 0)
			into->at[i] = with->at[i];
	}
	return 0;
}

/* From the last axis: equal lengths, or one of them 1.  A length above 1 wins over an unknown one. */
int
mg_sc_broadcast(const mg_shape_ctx *c, const mg_dims *a, const mg_dims *b, mg_dims *out, mgreg_error *err)
{
	int rank = MG_MAX(a->rank, b->rank);

	if (a->rank < 0 || b->rank < 0) {
		out->rank = MG_RANK_UNKNOWN;
		return 0;
	}
	out->rank = rank;
	for (int i = 1; i <= rank; i++) {
		int64_t x = i <= a->rank ? a->at[a->rank - i] : 1;
		int64_t y = i <= b->rank ? b->at[b->rank - i] : 1;
		int64_t *z = &out->at[rank - i];

		if (x < 0 || y < 0) {
			int64_t known = MG_MAX(x, y);

			*z = known > 1 ? known : -1;
		} else if (x == 1 || x == y) {
			*z = y;
		} else if (y == 1) {
			*z = x;
		} else {
			return fail_both(c, a, b, "cannot be broadcast to one shape", err);
		}
	}
	return 0;
}

int
mg_sc_axis(const mg_shape_ctx *c, int64_t axis, int rank, int *out, mgreg_error *err)
{
	if (rank >= 0) {
		if (axis < -rank || axis >= rank)
			return mg_sc_fail(c, err, "axis %lld must be in the range [%d, %d)", (long long)axis, -rank, rank);
		if (axis < 0)
			axis += rank;
	} else if (axis < -MG_MAX_RANK || axis >= MG_MAX_RANK) {
		return mg_sc_fail(c, err, "axis %lld is out of range", (long long)axis);
	}
	*out = (int)axis;
	return 0;
}

/* ---- outputs ---- */
int
mg_sc_put_list(mg_shape_ctx *c, int o, int rank, const int64_t *dims, mgreg_error *err)
{
	int rc;

	assert(o < c->output_count);
	mg_shape_clear(&c->outputs[o]);
	if (rank < 0) {
		c->outputs[o] = MG_SHAPE_UNKNOWN;
		return 0;
	}
	rc = mg_shape_set(&c->outputs[o], dims, rank, err);
	return rc == MGREG_INVALID_ARGUMENT ? mg_sc_fail(c, err, "output of rank %d is too large", rank) : rc;
}

int
mg_sc_put(mg_shape_ctx *c, int o, const mg_dims *d, mgreg_error *err)
{
	return mg_sc_put_list(c, o, d->rank, d->at, err);
}

int
mg_sc_put_scalar(mg_shape_ctx *c, int o, mgreg_error *err)
{
	return mg_sc_put_list(c, o, 0, NULL, err);
}

int
mg_sc_put_vector(mg_shape_ctx *c, int o, int64_t length, mgreg_error *err)
{
	return mg_sc_put_list(c, o, 1, &length, err);
}

int
mg_sc_put_matrix(mg_shape_ctx *c, int o, int64_t rows, int64_t cols, mgreg_error *err)
{
	int64_t dims[2] = { rows, cols };

	return mg_sc_put_list(c, o, 2, dims, err);
}

int
mg_sc_put_handle(mg_shape_ctx *c, int o, const mg_dims *d, int dtype, mgreg_error *err)
{
	if (c->out_handle_types)
		c->out_handle_types[o] = dtype;
	if (!c->out_handle_shapes)
		return 0;
	mg_shape_clear(&c->out_handle_shapes[o]);
	if (d->rank < 0) {
		c->out_handle_shapes[o] = MG_SHAPE_UNKNOWN;
		return 0;
	}
	return mg_shape_set(&c->out_handle_shapes[o], d->at, d->rank, err);
}

int
mg_sc_put_like(mg_shape_ctx *c, int o, int i, mgreg_error *err)
{
	mg_dims d;
	int rc;

	mg_sc_get(c, i, &d);
	if ((rc = mg_sc_put(c, o, &d, err)) != 0)
		return rc;
	mg_sc_handle(c, i, &d);
	return mg_sc_put_handle(c, o, &d, mg_sc_handle_type(c, i), err);
}

/* ---- attributes ---- */
int64_t
mg_sc_attr_int(const mg_shape_ctx *c, const char *name, int64_t otherwise)
{
	int64_t v;

	return mg_attr_get_int(c->attrs, name, &v) ? v : otherwise;
}

bool
mg_sc_attr_bool(const mg_shape_ctx *c, const char *name, bool otherwise)
{
	bool v;

	return mg_attr_get_bool(c->attrs, name, &v) ? v : otherwise;
}

int
mg_sc_attr_type(const mg_shape_ctx *c, const char *name)
{
	int v;

	return mg_attr_get_type(c->attrs, name, &v) ? v : MGREG_INVALID;
}

bool
mg_sc_attr_is(const mg_shape_ctx *c, const char *name, const char *text)
{
	mg_slice v;

	return mg_attr_get_string(c->attrs, name, &v) && mg_slice_eq(v, text);
}

int
mg_sc_attr_ints(const mg_shape_ctx *c, const char *name, int64_t *out, int max)
{
	const Pb__AttrValue__ListValue *l;

	if (!mg_attr_get_list(c->attrs, name, &l) || l->n_i > (size_t)max)
		return -1;
	for (size_t i = 0; i < l->n_i; i++)
		out[i] = l->i[i];
	return (int)l->n_i;
}

static bool
load_proto(mg_dims *out, const Pb__TensorShapeProto *p)
{
	if (!p || p->unknown_rank) {
		out->rank = MG_RANK_UNKNOWN;
		return true;
	}
	if (p->n_dim > MG_MAX_RANK)
		return false;
	out->rank = (int)p->n_dim;
	for (size_t i = 0; i < p->n_dim; i++) {
		out->at[i] = p->dim[i]->size;
		if (out->at[i] < -1)
			return false;
	}
	return true;
}

bool
mg_sc_attr_shape(const mg_shape_ctx *c, const char *name, mg_dims *out)
{
	const mg_attr_value *v = mg_attr_find(c->attrs, name);

	return v && v->value_case == PB__ATTR_VALUE__VALUE_SHAPE && load_proto(out, v->shape);
}

bool
mg_sc_attr_shape_at(const mg_shape_ctx *c, const char *name, int k, mg_dims *out)
{
	const Pb__AttrValue__ListValue *l;

	return mg_attr_get_list(c->attrs, name, &l) && (size_t)k < l->n_shape && load_proto(out, l->shape[k]);
}

/* ---- windows ---- */
int
mg_sc_window(const mg_shape_ctx *c, int64_t in, int64_t size, int64_t dilation, int64_t stride, char pad, int64_t before_after,
	int64_t *out, mgreg_error *err)
{
	int64_t eff;

	if (stride <= 0)
		return mg_sc_fail(c, err, "stride must be > 0, but got %lld", (long long)stride);
	if (dilation < 1)
		return mg_sc_fail(c, err, "dilation must be >= 1, but got %lld", (long long)dilation);
	*out = -1;
	if (in < 0)
		return 0;
	if (pad == 'S') {
		*out = in / stride + (in % stride != 0);
		return 0;
	}
	if (size < 0 || __builtin_mul_overflow(size - 1, dilation, &eff) || eff > INT32_MAX || in > INT64_MAX / 2)
		return 0;
	eff++;
	if (pad == 'E')
		in += before_after;
	if (in < eff)
		return mg_sc_fail(c, err, "negative dimension size caused by subtracting %lld from %lld", (long long)eff, (long long)in);
	*out = (in - eff) / stride + 1;
	return 0;
}
