/* SPDX-License-Identifier: Apache-2.0 */
/*
 * constant.c - values that a graph determines without running: constants, shapes that are known, and the small integer
 * arithmetic by which graphs compute shapes from shapes.
 *
 * One question looks at no more than BUDGET nodes, so that no graph can make it expensive; beyond that the answer is
 * "not known", which is always allowed.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

#define BUDGET 1000
#define ELEMENTS 65536

static bool evaluate(mg_output o, mg_tensor *out, int *budget);

/* ---- integers in and out of tensors ---- */

static bool
is_index_type(int dtype)
{
	return dtype == MGREG_INT32 || dtype == MGREG_INT64;
}

static int64_t
get(const mg_tensor *t, int64_t i)
{
	int64_t v = 0;

	mg_tensor_as_i64(t, i, &v);
	return v;
}

static void
put(mg_tensor *t, int64_t i, int64_t v)
{
	if (t->dtype == MGREG_INT32)
		MG_DATA(t, int32_t)[i] = (int32_t)v;
	else
		MG_DATA(t, int64_t)[i] = v;
}

static bool
new_vector(mg_tensor *out, mg_dtype dtype, int64_t n)
{
	return is_index_type(dtype) && n >= 0 && n <= ELEMENTS && mg_tensor_init_dims(out, dtype, &n, 1, NULL) == 0;
}

static bool
new_scalar(mg_tensor *out, mg_dtype dtype, int64_t v)
{
	if (!is_index_type(dtype) || mg_tensor_init_dims(out, dtype, NULL, 0, NULL) != 0)
		return false;
	put(out, 0, v);
	return true;
}

static mg_dtype
out_type(const mg_node *n, int index)
{
	return mg_dtype_base(n->output_types[index]);
}

static int64_t
attr_int(const mg_node *n, const char *name)
{
	int64_t v = 0;

	mg_attr_get_int(&n->attrs, name, &v);
	return v;
}

/* ---- evaluators; IN holds the values of all inputs unless the row says that it looks at shapes only ---- */

typedef bool evaluator(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out);

static bool
eval_const(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const Pb__TensorProto *p;

	(void)index;
	(void)in;
	return mg_attr_get_tensor(&n->attrs, "value", &p) && mg_tensor_from_proto(out, p, 0, NULL) == 0;
}

static bool
eval_same(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	(void)n;
	(void)index;
	return mg_tensor_share(out, &in[0], NULL) == 0;
}

static bool
eval_shape(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const mg_shape *s = mg_output_shape(n->inputs[index]);

	(void)in;
	if (!mg_shape_is_full(s) || !new_vector(out, out_type(n, index), s->rank))
		return false;
	for (int i = 0; i < s->rank; i++)
		put(out, i, mg_shape_dim(s, i));
	return true;
}

static bool
eval_size(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const mg_shape *s = mg_output_shape(n->inputs[0]);
	int64_t count;

	(void)in;
	return mg_shape_is_full(s) && mg_shape_count(s, &count, NULL) == 0 && new_scalar(out, out_type(n, index), count);
}

static bool
eval_rank(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const mg_shape *s = mg_output_shape(n->inputs[0]);

	(void)in;
	return s->rank >= 0 && new_scalar(out, out_type(n, index), s->rank);
}

static bool
eval_like(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const mg_shape *s = mg_output_shape(n->inputs[0]);
	int64_t fill = strcmp(n->op_name, "OnesLike") == 0, count;

	(void)in;
	if (!is_index_type(out_type(n, index)) || !mg_shape_is_full(s) || mg_shape_count(s, &count, NULL) != 0
		|| count > ELEMENTS || mg_tensor_init(out, out_type(n, index), s, NULL) != 0)
		return false;
	for (int64_t i = 0; i < count; i++)
		put(out, i, fill);
	return true;
}

static bool
eval_pack(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	for (int i = 0; i < n->input_count; i++)
		if (in[i].shape.rank != 0)
			return false;
	if (!new_vector(out, out_type(n, index), n->input_count))
		return false;
	for (int i = 0; i < n->input_count; i++)
		put(out, i, get(&in[i], 0));
	return true;
}

static bool
concat_vectors(const mg_tensor *in, int count, mg_dtype dtype, mg_tensor *out)
{
	int64_t total = 0, at = 0;

	for (int i = 0; i < count; i++) {
		if (in[i].shape.rank != 1)
			return false;
		total += in[i].count;
	}
	if (!new_vector(out, dtype, total))
		return false;
	for (int i = 0; i < count; i++)
		for (int64_t k = 0; k < in[i].count; k++)
			put(out, at++, get(&in[i], k));
	return true;
}

static bool
eval_concat(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	return concat_vectors(in + 1, n->input_count - 1, out_type(n, index), out);
}

static bool
eval_concat_v2(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	return concat_vectors(in, n->input_count - 1, out_type(n, index), out);
}

static bool
eval_cast(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	mg_dtype to = out_type(n, index);
	double d;
	int64_t v;

	if (in[0].dtype == to)
		return mg_tensor_share(out, &in[0], NULL) == 0;
	if (!is_index_type(to) || in[0].count > ELEMENTS || mg_tensor_init(out, to, &in[0].shape, NULL) != 0)
		return false;
	for (int64_t i = 0; i < in[0].count; i++) {
		if (mg_tensor_as_i64(&in[0], i, &v))
			put(out, i, v);
		else if (mg_tensor_as_double(&in[0], i, &d) && d >= -9e18 && d <= 9e18)
			put(out, i, (int64_t)d);
		else
			return false;
	}
	return true;
}

static bool
eval_reshape(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	int64_t dims[MG_SHAPE_INLINE], known = 1, open = -1;
	mg_shape s = MG_SHAPE_SCALAR;

	(void)n;
	(void)index;
	if (in[1].count > MG_SHAPE_INLINE)
		return false;
	for (int64_t i = 0; i < in[1].count; i++) {
		dims[i] = get(&in[1], i);
		if (dims[i] < 0 && open >= 0)
			return false;
		if (dims[i] < 0)
			open = i;
		else if (__builtin_mul_overflow(known, dims[i], &known))
			return false;
	}
	if (open >= 0) {
		if (known == 0 || in[0].count % known != 0)
			return false;
		dims[open] = in[0].count / known;
	} else if (known != in[0].count) {
		return false;
	}
	return mg_shape_set(&s, dims, (int)in[1].count, NULL) == 0 && mg_tensor_share_as(out, &in[0], &s, NULL) == 0;
}

/* ExpandDims and Squeeze give the elements another shape; the inferred one. */
static bool
eval_reshaped(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const mg_shape *s = &n->shapes[index];
	int64_t count;

	return mg_shape_is_full(s) && mg_shape_count(s, &count, NULL) == 0 && count == in[0].count
		&& mg_tensor_share_as(out, &in[0], s, NULL) == 0;
}

static bool
eval_fill(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	if (in[0].count > 1 || in[1].count != 1 || !is_index_type(in[1].dtype))
		return false;
	if (in[0].count == 0)
		return mg_tensor_share(out, &in[1], NULL) == 0;
	if (!new_vector(out, out_type(n, index), get(&in[0], 0)))
		return false;
	for (int64_t i = 0; i < out->count; i++)
		put(out, i, get(&in[1], 0));
	return true;
}

static bool
eval_range(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	int64_t start, limit, delta, count;

	if (in[0].count != 1 || in[1].count != 1 || in[2].count != 1 || !is_index_type(in[0].dtype))
		return false;
	start = get(&in[0], 0);
	limit = get(&in[1], 0);
	delta = get(&in[2], 0);
	if (delta == 0 || start > INT32_MAX || start < INT32_MIN || limit > INT32_MAX || limit < INT32_MIN
		|| delta > INT32_MAX || delta < INT32_MIN)
		return false;
	count = delta > 0 ? (limit - start + delta - 1) / delta : (start - limit - delta - 1) / -delta;
	if (!new_vector(out, out_type(n, index), MG_MAX(count, 0)))
		return false;
	for (int64_t i = 0; i < out->count; i++)
		put(out, i, start + i * delta);
	return true;
}

/* Reductions of a vector to one number. */
static bool
eval_reduce(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	char kind = n->op_name[1];      /* pRod, sUm, mAx, mIn */
	bool keep = false;
	uint64_t acc = kind == 'r';
	int64_t v;

	mg_attr_get_bool(&n->attrs, "keep_dims", &keep);
	if (!is_index_type(in[0].dtype) || in[0].shape.rank > 1 || keep || in[1].count != in[0].shape.rank)
		return false;
	if ((kind == 'a' || kind == 'i') && in[0].count == 0)
		return false;
	for (int64_t i = 0; i < in[0].count; i++) {
		v = get(&in[0], i);
		if (kind == 'r')
			acc *= (uint64_t)v;
		else if (kind == 'u')
			acc += (uint64_t)v;
		else if (i == 0 || (kind == 'a' ? v > (int64_t)acc : v < (int64_t)acc))
			acc = (uint64_t)v;
	}
	return new_scalar(out, out_type(n, index), (int64_t)acc);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q * b != a && (a < 0) != (b < 0) ? q - 1 : q;
}

static bool
binary(const char *op, int64_t a, int64_t b, int64_t *out)
{
	if (strcmp(op, "Add") == 0 || strcmp(op, "AddV2") == 0)
		*out = (int64_t)((uint64_t)a + (uint64_t)b);
	else if (strcmp(op, "Sub") == 0)
		*out = (int64_t)((uint64_t)a - (uint64_t)b);
	else if (strcmp(op, "Mul") == 0)
		*out = (int64_t)((uint64_t)a * (uint64_t)b);
	else if (strcmp(op, "Maximum") == 0)
		*out = MG_MAX(a, b);
	else if (strcmp(op, "Minimum") == 0)
		*out = MG_MIN(a, b);
	else if (b == 0 || (a == INT64_MIN && b == -1))
		return false;
	else if (strcmp(op, "FloorDiv") == 0)
		*out = floor_div(a, b);
	else if (strcmp(op, "Div") == 0 || strcmp(op, "TruncateDiv") == 0)
		*out = a / b;
	else if (strcmp(op, "FloorMod") == 0)
		*out = a - floor_div(a, b) * b;
	else if (strcmp(op, "Mod") == 0 || strcmp(op, "TruncateMod") == 0)
		*out = a % b;
	else
		return false;
	return true;
}

static bool
eval_binary(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	const mg_tensor *shaped = in[0].shape.rank >= in[1].shape.rank ? &in[0] : &in[1];
	int64_t v;

	if (!is_index_type(in[0].dtype) || in[0].shape.rank > 1 || in[1].shape.rank > 1)
		return false;
	if (in[0].shape.rank == in[1].shape.rank && in[0].count != in[1].count) {
		if (in[0].count != 1 && in[1].count != 1)
			return false;
		shaped = in[0].count == 1 ? &in[1] : &in[0];
	}
	if (shaped->count > ELEMENTS || mg_tensor_init(out, out_type(n, index), &shaped->shape, NULL) != 0)
		return false;
	for (int64_t i = 0; i < shaped->count; i++) {
		if (!binary(n->op_name, get(&in[0], in[0].count == 1 ? 0 : i), get(&in[1], in[1].count == 1 ? 0 : i), &v))
			return false;
		put(out, i, v);
	}
	return true;
}

static bool
eval_neg(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	if (!is_index_type(in[0].dtype) || mg_tensor_init(out, out_type(n, index), &in[0].shape, NULL) != 0)
		return false;
	for (int64_t i = 0; i < in[0].count; i++)
		put(out, i, (int64_t)(0 - (uint64_t)get(&in[0], i)));
	return true;
}

static bool
eval_slice(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	int64_t begin, size;

	if (in[0].shape.rank != 1 || in[1].count != 1 || in[2].count != 1)
		return false;
	begin = get(&in[1], 0);
	size = get(&in[2], 0);
	if (begin < 0 || begin > in[0].count)
		return false;
	if (size == -1)
		size = in[0].count - begin;
	if (size < 0 || size > in[0].count - begin || !new_vector(out, out_type(n, index), size))
		return false;
	for (int64_t i = 0; i < size; i++)
		put(out, i, get(&in[0], begin + i));
	return true;
}

/* A strided slice of a vector of LENGTH elements, taken apart. */
typedef struct stride {
	int64_t begin, step, count;
	bool    scalar;
} stride;

static bool
stride_of(const mg_node *n, const mg_tensor *begin, const mg_tensor *end, const mg_tensor *step, int64_t length, stride *s)
{
	int64_t b, e, lo, hi, mask_begin = attr_int(n, "begin_mask"), mask_end = attr_int(n, "end_mask");

	if (begin->count != 1 || end->count != 1 || step->count != 1
		|| attr_int(n, "ellipsis_mask") || attr_int(n, "new_axis_mask"))
		return false;
	b = get(begin, 0);
	e = get(end, 0);
	s->step = get(step, 0);
	s->scalar = attr_int(n, "shrink_axis_mask") & 1;
	if (s->step == 0 || s->step == INT64_MIN)
		return false;
	if (s->scalar) {
		b = b < 0 ? b + length : b;
		if (b < 0 || b >= length)
			return false;
		s->begin = b;
		s->count = 1;
		return true;
	}
	lo = s->step > 0 ? 0 : -1;
	hi = s->step > 0 ? length : length - 1;
	b = b < 0 ? b + length : b;
	e = e < 0 ? e + length : e;
	b = mask_begin & 1 ? (s->step > 0 ? lo : hi) : MG_MAX(lo, MG_MIN(hi, b));
	e = mask_end & 1 ? (s->step > 0 ? hi : lo) : MG_MAX(lo, MG_MIN(hi, e));
	s->begin = b;
	if (s->step > 0)
		s->count = e > b ? (e - b + s->step - 1) / s->step : 0;
	else
		s->count = b > e ? (b - e + -s->step - 1) / -s->step : 0;
	return true;
}

static bool
eval_strided_slice(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	stride s;

	if (in[0].shape.rank != 1 || !stride_of(n, &in[1], &in[2], &in[3], in[0].count, &s))
		return false;
	if (s.scalar)
		return new_scalar(out, out_type(n, index), get(&in[0], s.begin));
	if (!new_vector(out, out_type(n, index), s.count))
		return false;
	for (int64_t i = 0; i < s.count; i++)
		put(out, i, get(&in[0], s.begin + i * s.step));
	return true;
}

static bool
eval_gather(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	if (!is_index_type(in[0].dtype) || in[0].shape.rank != 1 || in[1].count > ELEMENTS
		|| mg_tensor_init(out, out_type(n, index), &in[1].shape, NULL) != 0)
		return false;
	for (int64_t i = 0; i < in[1].count; i++) {
		int64_t at = get(&in[1], i);

		if (at < 0 || at >= in[0].count)
			return false;
		put(out, i, get(&in[0], at));
	}
	return true;
}

static bool
eval_stitch(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	int half = n->input_count / 2;
	int64_t top = -1;

	for (int k = 0; k < half; k++) {
		if (in[k].count != in[half + k].count || in[k].shape.rank != in[half + k].shape.rank)
			return false;
		for (int64_t i = 0; i < in[k].count; i++) {
			int64_t at = get(&in[k], i);

			if (at < 0)
				return false;
			top = MG_MAX(top, at);
		}
	}
	if (!new_vector(out, out_type(n, index), top + 1))
		return false;
	for (int64_t i = 0; i <= top; i++)
		put(out, i, 0);
	for (int k = 0; k < half; k++)
		for (int64_t i = 0; i < in[k].count; i++)
			put(out, get(&in[k], i), get(&in[half + k], i));
	return true;
}

/* The axes that each side must be summed over, see BroadcastGradientArgs. */
static bool
eval_gradient_args(const mg_node *n, int index, const mg_tensor *in, mg_tensor *out)
{
	int64_t rank = MG_MAX(in[0].count, in[1].count), list[MG_MAX_RANK], count = 0;
	bool same = in[0].count == in[1].count;

	if (rank > MG_MAX_RANK)
		return false;
	for (int64_t i = 0; same && i < rank; i++)
		same = get(&in[0], i) == get(&in[1], i);
	for (int64_t i = 0; !same && i < rank; i++) {
		int64_t side[2];

		for (int k = 0; k < 2; k++) {
			int64_t at = i - (rank - in[k].count);
			side[k] = at < 0 ? 1 : get(&in[k], at);
		}
		if (side[0] != side[1] && side[0] != 1 && side[1] != 1)
			return false;
		if (side[index] == 1)
			list[count++] = i;
	}
	if (!new_vector(out, out_type(n, index), count))
		return false;
	for (int64_t i = 0; i < count; i++)
		put(out, i, list[i]);
	return true;
}

/* LOOKS_AT_SHAPES: the values of the inputs are not asked for.  INPUTS: how many there must be, -1 any number. */
static const struct evaluator_row {
	const char *op;
	evaluator  *run;
	int         inputs;
	bool        looks_at_shapes;
} evaluators[] = {
	{ "Const", eval_const, 0, true },
	{ "Identity", eval_same, 1, false },
	{ "StopGradient", eval_same, 1, false },
	{ "PreventGradient", eval_same, 1, false },
	{ "Shape", eval_shape, 1, true },
	{ "ShapeN", eval_shape, -1, true },
	{ "Size", eval_size, 1, true },
	{ "Rank", eval_rank, 1, true },
	{ "ZerosLike", eval_like, 1, true },
	{ "OnesLike", eval_like, 1, true },
	{ "Pack", eval_pack, -1, false },
	{ "Concat", eval_concat, -1, false },
	{ "ConcatV2", eval_concat_v2, -1, false },
	{ "Cast", eval_cast, 1, false },
	{ "Reshape", eval_reshape, 2, false },
	{ "ExpandDims", eval_reshaped, 2, false },
	{ "Squeeze", eval_reshaped, 1, false },
	{ "Fill", eval_fill, 2, false },
	{ "Range", eval_range, 3, false },
	{ "Prod", eval_reduce, 2, false },
	{ "Sum", eval_reduce, 2, false },
	{ "Max", eval_reduce, 2, false },
	{ "Min", eval_reduce, 2, false },
	{ "Add", eval_binary, 2, false },
	{ "AddV2", eval_binary, 2, false },
	{ "Sub", eval_binary, 2, false },
	{ "Mul", eval_binary, 2, false },
	{ "Div", eval_binary, 2, false },
	{ "FloorDiv", eval_binary, 2, false },
	{ "TruncateDiv", eval_binary, 2, false },
	{ "Mod", eval_binary, 2, false },
	{ "FloorMod", eval_binary, 2, false },
	{ "TruncateMod", eval_binary, 2, false },
	{ "Maximum", eval_binary, 2, false },
	{ "Minimum", eval_binary, 2, false },
	{ "Neg", eval_neg, 1, false },
	{ "Slice", eval_slice, 3, false },
	{ "StridedSlice", eval_strided_slice, 4, false },
	{ "Gather", eval_gather, 2, false },
	{ "GatherV2", eval_gather, 3, false },
	{ "DynamicStitch", eval_stitch, -1, false },
	{ "BroadcastGradientArgs", eval_gradient_args, 2, false },
};

static bool partial_shape(mg_output o, mg_shape *out, int *budget);

/* One element of a shape of which not all is known: shape(x)[i]. */
static bool
eval_known_dim(const mg_node *n, mg_tensor *out, int *budget)
{
	mg_tensor in[4] = { 0 };
	mg_shape s = MG_SHAPE_UNKNOWN;
	stride st;
	bool ok;

	if (strcmp(n->op_name, "StridedSlice") != 0 || !(attr_int(n, "shrink_axis_mask") & 1) || n->input_count != 4)
		return false;
	ok = evaluate(n->inputs[1], &in[1], budget) && evaluate(n->inputs[2], &in[2], budget)
		&& evaluate(n->inputs[3], &in[3], budget) && partial_shape(n->inputs[0], &s, budget)
		&& s.rank >= 0 && stride_of(n, &in[1], &in[2], &in[3], s.rank, &st)
		&& mg_shape_dim(&s, (int)st.begin) >= 0 && new_scalar(out, out_type(n, 0), mg_shape_dim(&s, (int)st.begin));
	for (int i = 1; i < 4; i++)
		mg_tensor_clear(&in[i]);
	mg_shape_clear(&s);
	return ok;
}

static bool
evaluate(mg_output o, mg_tensor *out, int *budget)
{
	const struct evaluator_row *row = NULL;
	const mg_node *n = o.node;
	mg_tensor *in = NULL;
	bool ok = false;

	*out = (mg_tensor){ 0 };
	if (!n || !n->op || --*budget < 0)
		return false;
	for (size_t i = 0; i < MG_COUNT(evaluators) && !row; i++)
		if (strcmp(evaluators[i].op, n->op_name) == 0)
			row = &evaluators[i];
	if (!row || (row->inputs >= 0 && row->inputs != n->input_count))
		return false;
	if (!row->looks_at_shapes) {
		if (n->input_count == 0 || !(in = mg_calloc((size_t)n->input_count, sizeof(*in))))
			return false;
		for (int i = 0; i < n->input_count; i++)
			if (!evaluate(n->inputs[i], &in[i], budget))
				goto out;
	}
	ok = row->run(n, o.index, in, out);
out:
	for (int i = 0; in && i < n->input_count; i++)
		mg_tensor_clear(&in[i]);
	mg_free(in);
	if (!ok) {
		mg_tensor_clear(out);
		ok = eval_known_dim(n, out, budget);
		if (!ok)
			mg_tensor_clear(out);
	}
	return ok;
}

bool
mg_graph_constant(mg_output o, mg_tensor *value)
{
	int budget = BUDGET;

	return evaluate(o, value, &budget);
}

/* ---- what is known of a vector, seen as a shape ---- */

static bool
shape_from_tensor(const mg_tensor *t, mg_shape *out)
{
	int64_t dims[MG_MAX_RANK];

	if (t->shape.rank != 1 || t->count > MG_MAX_RANK)
		return false;
	for (int64_t i = 0; i < t->count; i++)
		dims[i] = MG_MAX(get(t, i), MG_DIM_UNKNOWN);
	return mg_shape_set(out, dims, (int)t->count, NULL) == 0;
}

static bool
partial_pack(const mg_node *n, mg_shape *out, int *budget)
{
	int64_t dims[MG_MAX_RANK];

	if (n->input_count > MG_MAX_RANK || attr_int(n, "axis") != 0)
		return false;
	for (int i = 0; i < n->input_count; i++) {
		const mg_shape *s = mg_output_shape(n->inputs[i]);
		mg_tensor v;

		dims[i] = MG_DIM_UNKNOWN;
		if (s->rank != 0 && s->rank != MG_RANK_UNKNOWN)
			return false;
		if (evaluate(n->inputs[i], &v, budget) && v.count == 1)
			dims[i] = MG_MAX(get(&v, 0), MG_DIM_UNKNOWN);
		mg_tensor_clear(&v);
	}
	return mg_shape_set(out, dims, n->input_count, NULL) == 0;
}

static bool
partial_concat(const mg_node *n, int first, int count, mg_shape *out, int *budget)
{
	int64_t dims[MG_MAX_RANK];
	int rank = 0;

	for (int i = first; i < first + count; i++) {
		mg_shape s = MG_SHAPE_UNKNOWN;

		if (!partial_shape(n->inputs[i], &s, budget) || s.rank < 0 || rank + s.rank > MG_MAX_RANK) {
			mg_shape_clear(&s);
			return false;
		}
		for (int k = 0; k < s.rank; k++)
			dims[rank++] = mg_shape_dim(&s, k);
		mg_shape_clear(&s);
	}
	return mg_shape_set(out, dims, rank, NULL) == 0;
}

static bool
partial_slice(const mg_node *n, mg_shape *out, int *budget)
{
	bool strided = n->input_count == 4, ok;
	mg_tensor in[4] = { 0 };
	mg_shape s = MG_SHAPE_UNKNOWN;
	int64_t dims[MG_MAX_RANK];
	stride st = { .step = 1 };

	ok = evaluate(n->inputs[1], &in[1], budget) && evaluate(n->inputs[2], &in[2], budget)
		&& (!strided || evaluate(n->inputs[3], &in[3], budget))
		&& partial_shape(n->inputs[0], &s, budget) && s.rank >= 0;
	if (ok && strided) {
		ok = stride_of(n, &in[1], &in[2], &in[3], s.rank, &st) && !st.scalar;
	} else if (ok) {
		ok = in[1].count == 1 && in[2].count == 1;
		if (ok) {
			st.begin = get(&in[1], 0);
			st.count = get(&in[2], 0);
			if (st.count == -1)
				st.count = s.rank - st.begin;
			ok = st.begin >= 0 && st.count >= 0 && st.begin <= s.rank && st.count <= s.rank - st.begin;
		}
	}
	for (int64_t i = 0; ok && i < st.count; i++)
		dims[i] = mg_shape_dim(&s, (int)(st.begin + i * st.step));
	if (ok)
		ok = mg_shape_set(out, dims, (int)st.count, NULL) == 0;
	for (int i = 1; i < 4; i++)
		mg_tensor_clear(&in[i]);
	mg_shape_clear(&s);
	return ok;
}

static bool
partial_shape(mg_output o, mg_shape *out, int *budget)
{
	const mg_node *n = o.node;
	const mg_shape *own;
	mg_tensor value;
	bool ok = false;

	if (!n || --*budget < 0)
		return false;
	if (evaluate(o, &value, budget))
		ok = shape_from_tensor(&value, out);
	mg_tensor_clear(&value);
	if (ok)
		return true;
	if (strcmp(n->op_name, "Shape") == 0 || strcmp(n->op_name, "ShapeN") == 0) {
		const mg_shape *s = mg_output_shape(n->inputs[o.index]);
		return s->rank >= 0 && mg_shape_copy(out, s, NULL) == 0;
	}
	if (strcmp(n->op_name, "Pack") == 0 && partial_pack(n, out, budget))
		return true;
	if (strcmp(n->op_name, "ConcatV2") == 0 && partial_concat(n, 0, n->input_count - 1, out, budget))
		return true;
	if (strcmp(n->op_name, "Concat") == 0 && partial_concat(n, 1, n->input_count - 1, out, budget))
		return true;
	if ((strcmp(n->op_name, "StridedSlice") == 0 || strcmp(n->op_name, "Slice") == 0) && partial_slice(n, out, budget))
		return true;
	if (strcmp(n->op_name, "Identity") == 0 || strcmp(n->op_name, "Cast") == 0)
		return partial_shape(n->inputs[0], out, budget);
	/* A vector of known length is at least a known rank. */
	own = mg_output_shape(o);
	return own->rank == 1 && mg_shape_dim(own, 0) >= 0 && mg_shape_dim(own, 0) <= MG_MAX_RANK
		&& mg_shape_set(out, NULL, (int)mg_shape_dim(own, 0), NULL) == 0;
}

bool
mg_graph_constant_as_shape(mg_output o, mg_shape *out)
{
	int budget = BUDGET;

	return partial_shape(o, out, &budget);
}
