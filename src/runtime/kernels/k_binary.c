/* SPDX-License-Identifier: Apache-2.0 */
/* k_binary.c - element-wise functions of two inputs that broadcast: arithmetic, comparisons, logic. */
#include "runtime/kernels/k_bcast.h"
#include "runtime/kernels/k_special.h"
#include <tgmath.h>

#define RUN(name, cost) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return mg_k_pair(k, &name##_pairs, true, cost, err); }

/* ---- arithmetic ---- */
#define NUMBER_OP(name, expr) \
	K_FLOATS(K_PAIR, name, expr(a, b)) K_INTS(K_PAIR, name, expr(wa, wb)) K_COMPLEXES(K_PAIR, name, expr(a, b)) \
	static const k_pairs name##_pairs = { { K_NUMBERS(K_PAIR_ENTRY, name) } };
#define PLUS(x, y) (x) + (y)
#define MINUS(x, y) (x) - (y)
#define TIMES(x, y) (x) * (y)
NUMBER_OP(add, PLUS)
NUMBER_OP(sub, MINUS)
NUMBER_OP(mul, TIMES)
RUN(sub, 1)
RUN(mul, 1)
RUN(add, 1)

#define SQUARED(x, y) ((x) - (y)) * ((x) - (y))
K_FLOATS(K_PAIR, squared_difference, SQUARED(a, b))
K_INTS(K_PAIR, squared_difference, SQUARED(wa, wb))
K_COMPLEXES(K_PAIR, squared_difference, (a - b) * conj(a - b))
static const k_pairs squared_difference_pairs = { { K_NUMBERS(K_PAIR_ENTRY, squared_difference) } };
RUN(squared_difference, 1)

/* x when the comparison does not say otherwise, so the first operand for NaN. */
K_REALS(K_PAIR, maximum, a < b ? b : a)
static const k_pairs maximum_pairs = { { K_REALS(K_PAIR_ENTRY, maximum) } };
RUN(maximum, 1)
K_REALS(K_PAIR, minimum, b < a ? b : a)
static const k_pairs minimum_pairs = { { K_REALS(K_PAIR_ENTRY, minimum) } };
RUN(minimum, 1)

/* ---- division: integers are checked for zero before, and x / -1 wraps ---- */
static int
zero_at(const mg_tensor *y, int64_t i)
{
	switch (mg_dtype_size(y->dtype)) {
	case 1: return MG_CDATA(y, uint8_t)[i] == 0;
	case 2: return MG_CDATA(y, uint16_t)[i] == 0;
	case 4: return MG_CDATA(y, uint32_t)[i] == 0;
	default: return MG_CDATA(y, uint64_t)[i] == 0;
	}
}

static int
check_divisor(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *y = mg_kernel_input(k, 1);

	if (!mg_dtype_is_integer(y->dtype) || mg_kernel_input(k, 0)->count == 0)
		return 0;
	for (int64_t i = 0; i < y->count; i++)
		if (zero_at(y, i))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "integer division by zero");
	return 0;
}

#define CHECKED_RUN(name, cost) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) \
	{ \
		int rc = check_divisor(k, err); \
		return rc ? rc : mg_k_pair(k, &name##_pairs, true, cost, err); \
	}
#define MINUS_ONE(s, b) ((c_##s)-1 < 0 && (b) == (c_##s)-1)
#define PAIR_DIV(s, dtype, name) K_PAIR(s, dtype, name, (t_##s)(MINUS_ONE(s, b) ? 0 - wa : (w_##s)(a / b)))
#define PAIR_FLOOR_DIV(s, dtype, name) \
	K_PAIR(s, dtype, name, (t_##s)(MINUS_ONE(s, b) ? 0 - wa : (w_##s)(a / b - (a % b != 0 && (a < 0) != (b < 0)))))
#define PAIR_MOD(s, dtype, name) K_PAIR(s, dtype, name, (t_##s)(MINUS_ONE(s, b) ? 0 : a % b))
#define PAIR_FLOOR_MOD(s, dtype, name) \
	K_PAIR(s, dtype, name, (t_##s)(MINUS_ONE(s, b) ? 0 : a % b != 0 && (a < 0) != (b < 0) ? a % b + b : a % b))

K_FLOATS(K_PAIR, div, a / b)
K_COMPLEXES(K_PAIR, div, a / b)
K_INTS(PAIR_DIV, div)
static const k_pairs div_pairs = { { K_NUMBERS(K_PAIR_ENTRY, div) } };
CHECKED_RUN(div, 1)

K_FLOATS(K_PAIR, floor_div, floor(a / b))
K_INTS(PAIR_FLOOR_DIV, floor_div)
static const k_pairs floor_div_pairs = { { K_REALS(K_PAIR_ENTRY, floor_div) } };
CHECKED_RUN(floor_div, 2)

K_FLOATS(K_PAIR, mod, fmod(a, b))
K_INTS(PAIR_MOD, mod)
static const k_pairs mod_pairs = { { K_REALS(K_PAIR_ENTRY, mod) } };
CHECKED_RUN(mod, 8)

#define FMOD_FLOOR(s, dtype, name) \
	static inline c_##s name##_one_##s(c_##s a, c_##s b) \
	{ \
		c_##s m = fmod(a, b); \
		return m != 0 && (m < 0) != (b < 0) ? m + b : m; \
	} \
	K_PAIR(s, dtype, name, name##_one_##s(a, b))
K_FLOATS(FMOD_FLOOR, floor_mod)
K_INTS(PAIR_FLOOR_MOD, floor_mod)
static const k_pairs floor_mod_pairs = { { K_REALS(K_PAIR_ENTRY, floor_mod) } };
CHECKED_RUN(floor_mod, 8)

#define FLOAT_COMPLEX_OP(name, cost, expr) \
	K_FLOATS(K_PAIR, name, expr) K_COMPLEXES(K_PAIR, name, expr) \
	static const k_pairs name##_pairs = { { K_FLOATS(K_PAIR_ENTRY, name) K_COMPLEXES(K_PAIR_ENTRY, name) } }; \
	RUN(name, cost)
FLOAT_COMPLEX_OP(div_no_nan, 1, b == 0 ? 0 : a / b)
FLOAT_COMPLEX_OP(mul_no_nan, 1, b == 0 ? 0 : a * b)
FLOAT_COMPLEX_OP(xdivy, 1, a == 0 ? 0 : a / b)
FLOAT_COMPLEX_OP(xlogy, 8, a == 0 ? 0 : a * log(b))

/* ---- powers and special functions ---- */
#define INT_POWER(s, dtype, name) \
	static inline t_##s name##_one_##s(w_##s base, c_##s e) \
	{ \
		w_##s r = 1; \
		for (; e > 0; e = (c_##s)(e / 2), base *= base) \
			if (e % 2) \
				r *= base; \
		return (t_##s)r; \
	} \
	K_PAIR(s, dtype, name, name##_one_##s(wa, b))
K_FLOATS(K_PAIR, pow, pow(a, b))
K_COMPLEXES(K_PAIR, pow, a == 0 && b == 0 ? 1 : pow(a, b))
K_INTS(INT_POWER, pow)
static const k_pairs pow_pairs = { { K_NUMBERS(K_PAIR_ENTRY, pow) } };

static int
pow_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *y = mg_kernel_input(k, 1);
	int64_t e;

	if (mg_dtype_is_integer(y->dtype) && mg_kernel_input(k, 0)->count)
		for (int64_t i = 0; i < y->count; i++)
			if (mg_tensor_as_i64(y, i, &e) && e < 0)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "integers to negative integer powers are not allowed");
	return mg_k_pair(k, &pow_pairs, true, 24, err);
}

#define FLOAT_OP(name, cost, expr) \
	K_FLOATS(K_PAIR, name, expr) \
	static const k_pairs name##_pairs = { { K_FLOATS(K_PAIR_ENTRY, name) } }; \
	RUN(name, cost)
FLOAT_OP(atan2, 24, atan2(a, b))
FLOAT_OP(next_after, 4, nextafter(a, b))
FLOAT_OP(igamma, 64, mg_igamma((double)a, (double)b))
FLOAT_OP(igammac, 64, mg_igammac((double)a, (double)b))
FLOAT_OP(zeta, 64, mg_zeta((double)a, (double)b))
FLOAT_OP(polygamma, 64, mg_polygamma((double)a, (double)b))

/* ---- bits ---- */
#define BIT_OP(name, expr) \
	K_INTS(K_PAIR, name, expr) \
	static const k_pairs name##_pairs = { { K_INTS(K_PAIR_ENTRY, name) } }; \
	RUN(name, 1)
BIT_OP(bitwise_and, wa & wb)
BIT_OP(bitwise_or, wa | wb)
BIT_OP(bitwise_xor, wa ^ wb)
/* A shift count outside the type's width is cut to the nearest count inside it. */
#define SHIFT_OP(s, dtype, name, shift) \
	static inline t_##s name##_one_##s(c_##s a, w_##s wa MG_UNUSED, c_##s b) \
	{ \
		int n = b < 0 ? 0 : b > (c_##s)(sizeof(t_##s) * 8 - 1) ? (int)sizeof(t_##s) * 8 - 1 : (int)b; \
		(void)a; \
		return (t_##s)(shift); \
	} \
	K_PAIR(s, dtype, name, name##_one_##s(a, wa, b))
K_INTS(SHIFT_OP, left_shift, wa << n)
static const k_pairs left_shift_pairs = { { K_INTS(K_PAIR_ENTRY, left_shift) } };
RUN(left_shift, 1)
K_INTS(SHIFT_OP, right_shift, a >> n)
static const k_pairs right_shift_pairs = { { K_INTS(K_PAIR_ENTRY, right_shift) } };
RUN(right_shift, 1)

/* ---- comparisons ---- */
#define COMPARE(name, op) \
	K_REALS(K_PAIR_BOOL, name, a op b) \
	static const k_pairs name##_pairs = { { K_REALS(K_PAIR_ENTRY, name) } }; \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return mg_k_pair(k, &name##_pairs, false, 1, err); }
COMPARE(less, <)
COMPARE(less_equal, <=)
COMPARE(greater, >)
COMPARE(greater_equal, >=)

static bool
string_equal(const mg_tstr *a, const mg_tstr *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

#define EQUALITY(name, op) \
	K_NUMBERS(K_PAIR_BOOL, name, a op b) \
	K_PAIR_BOOL(truth, MGREG_BOOL, name, !a op !b) \
	static void \
	name##_string(void *zp, const void *xp, const void *yp, int64_t n, int sx, int sy) \
	{ \
		const mg_tstr *x = xp, *y = yp; \
		for (int64_t i = 0; i < n; i++) \
			((uint8_t *)zp)[i] = string_equal(x + i * sx, y + i * sy) op true; \
	} \
	static const k_pairs name##_pairs = { { K_NUMBERS(K_PAIR_ENTRY, name) [MGREG_BOOL] = name##_truth, \
		[MGREG_QINT8] = name##_int8, [MGREG_QUINT8] = name##_uint8, [MGREG_QINT32] = name##_int32, \
		[MGREG_STRING] = name##_string } };
EQUALITY(equal, ==)
EQUALITY(not_equal, !=)

/* incompatible_shape_error = false (1.15.2 on): shapes that do not broadcast are simply not equal. */
static int
equality(mg_kernel_ctx *k, const k_pairs *pairs, bool differ, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1);
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *z;
	int rc;

	if (!mg_k_attr_bool(mg_kernel_attrs(k), "incompatible_shape_error", true)
			&& mg_bcast_shape(&x->shape, &y->shape, &shape, NULL) != 0) {
		if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &z, err)) == 0)
			*MG_DATA(z, uint8_t) = differ;
		return rc;
	}
	mg_shape_clear(&shape);
	return mg_k_pair(k, pairs, false, 1, err);
}

static int equal_run(mg_kernel_ctx *k, mgreg_error *err) { return equality(k, &equal_pairs, false, err); }
static int not_equal_run(mg_kernel_ctx *k, mgreg_error *err) { return equality(k, &not_equal_pairs, true, err); }

#define LOGIC(name, op) \
	K_PAIR_BOOL(truth, MGREG_BOOL, name, a op b) \
	static const k_pairs name##_pairs = { { [MGREG_BOOL] = name##_truth } }; \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return mg_k_pair(k, &name##_pairs, true, 1, err); }
LOGIC(logical_and, &&)
LOGIC(logical_or, ||)

#define NEAR(s, dtype, name) \
	static int64_t name##_##s(const mg_tensor *x, const mg_tensor *y, mg_tensor *z, float tolerance) \
	{ \
		for (int64_t i = 0; i < x->count; i++) { \
			c_##s a = ld_##s(MG_CDATA(x, t_##s)[i]), b = ld_##s(MG_CDATA(y, t_##s)[i]); \
			MG_DATA(z, uint8_t)[i] = (a > b ? (double)(a - b) : (double)(b - a)) < (double)tolerance; \
		} \
		return x->count; \
	}
K_FLOATS(NEAR, near)
static int
approximate_equal_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1);
	float tolerance = mg_k_attr_float(mg_kernel_attrs(k), "tolerance", 1e-5f);
	mg_tensor *z;
	double a = 0, b = 0;
	int rc;

	if ((rc = mg_k_same_shape(x, y, err)) != 0 || (rc = mg_kernel_output(k, 0, &x->shape, &z, err)) != 0)
		return rc;
	switch (x->dtype) {
#define NEAR_CASE(s, d, name) case d: name##_##s(x, y, z, tolerance); break;
	K_FLOATS(NEAR_CASE, near)
	default:
		for (int64_t i = 0; i < x->count; i++) {
			if (!mg_tensor_as_double(x, i, &a) || !mg_tensor_as_double(y, i, &b))
				return mg_k_no_type(x->dtype, err);
			MG_DATA(z, uint8_t)[i] = fabs(a - b) < (double)tolerance;
		}
	}
	return 0;
}

/* ---- strings: Add joins ---- */
static int
add_strings_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1);
	mg_tensor *z, bx = { 0 }, by = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_str text = MG_STR_INIT;
	int rc;

	MG_TRY(mg_bcast_shape(&x->shape, &y->shape, &shape, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &z, err));
	MG_TRY(mg_kernel_alloc(k, &bx, MGREG_STRING, &shape, err));
	MG_TRY(mg_kernel_alloc(k, &by, MGREG_STRING, &shape, err));
	MG_TRY(mg_k_broadcast(k, x, &bx, err));
	MG_TRY(mg_k_broadcast(k, y, &by, err));
	for (int64_t i = 0; i < z->count; i++) {
		mg_slice a = mg_tensor_string(&bx, i), b = mg_tensor_string(&by, i);
		mg_str_reset(&text);
		mg_str_append(&text, a.ptr, a.len);
		mg_str_append(&text, b.ptr, b.len);
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(z, i, text.ptr, text.len, err));
	}
out:
	mg_str_clear(&text);
	mg_tensor_clear(&bx);
	mg_tensor_clear(&by);
	mg_shape_clear(&shape);
	return rc;
}

/* Complex(real, imag). */
#define JOIN(s, dtype, out) \
	static void complex_##s(void *zp, const void *xp, const void *yp, int64_t n, int sx, int sy) \
	{ \
		const t_##s *x = xp, *y = yp; \
		t_##s *z = zp; \
		for (int64_t i = 0; i < n; i++) { \
			z[2 * i] = x[i * sx]; \
			z[2 * i + 1] = y[i * sy]; \
		} \
	}
JOIN(float, MGREG_FLOAT, 0)
JOIN(double, MGREG_DOUBLE, 0)
static const k_pairs complex_pairs = { { [MGREG_FLOAT] = complex_float, [MGREG_DOUBLE] = complex_double } };
static int complex_run(mg_kernel_ctx *k, mgreg_error *err) { return mg_k_pair(k, &complex_pairs, false, 1, err); }

/* Betainc(a, b, x): equal shapes, scalars fit everything. */
static int
betainc_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *in[3];
	mg_tensor *z;
	int widest = 0, rc;

	for (int i = 0; i < 3; i++) {
		in[i] = mg_kernel_input(k, i);
		if (mg_rank(in[i]) > 0)
			widest = i;
	}
	for (int i = 0; i < 3; i++)
		if (mg_rank(in[i]) > 0 && (rc = mg_k_same_shape(in[i], in[widest], err)) != 0)
			return rc;
	if ((rc = mg_kernel_output(k, 0, &in[widest]->shape, &z, err)) != 0)
		return rc;
	for (int64_t i = 0; i < z->count; i++) {
		double v[3];
		for (int j = 0; j < 3; j++)
			if (!mg_tensor_as_double(in[j], mg_rank(in[j]) ? i : 0, &v[j]))
				return mg_k_no_type(in[j]->dtype, err);
		if (z->dtype == MGREG_FLOAT)
			MG_DATA(z, float)[i] = (float)mg_betainc(v[0], v[1], v[2]);
		else
			MG_DATA(z, double)[i] = mg_betainc(v[0], v[1], v[2]);
	}
	return 0;
}

#define FLOATS "T=" K_FLOATS_TEXT
#define FLOATS_COMPLEXES "T=" K_FLOATS_TEXT "|" K_COMPLEXES_TEXT
#define REALS "T=" K_REALS_TEXT
#define NUMBERS "T=" K_NUMBERS_TEXT
#define ROW(op, types, name) { op, types, 0, NULL, name##_run, NULL, MG_KERNEL_INPLACE }
#define TEST(op, types, name) { op, types, 0, NULL, name##_run, NULL, 0 }
const mg_kernel mg_kernels_binary[] = {
	ROW("Add", NUMBERS, add),
	TEST("Add", "T=string", add_strings),
	ROW("AddV2", NUMBERS, add),
	ROW("Sub", NUMBERS, sub),
	ROW("Mul", NUMBERS, mul),
	ROW("Div", NUMBERS, div),
	ROW("RealDiv", NUMBERS, div),
	ROW("TruncateDiv", NUMBERS, div),
	ROW("FloorDiv", REALS, floor_div),
	ROW("Mod", REALS, mod),
	ROW("TruncateMod", REALS, mod),
	ROW("FloorMod", REALS, floor_mod),
	ROW("DivNoNan", FLOATS_COMPLEXES, div_no_nan),
	ROW("MulNoNan", FLOATS_COMPLEXES, mul_no_nan),
	ROW("Xdivy", FLOATS_COMPLEXES, xdivy),
	ROW("Xlogy", FLOATS_COMPLEXES, xlogy),
	ROW("Pow", NUMBERS, pow),
	ROW("SquaredDifference", NUMBERS, squared_difference),
	ROW("Maximum", REALS, maximum),
	ROW("Minimum", REALS, minimum),
	ROW("Atan2", FLOATS, atan2),
	ROW("NextAfter", "T=float|double", next_after),
	ROW("Igamma", "T=float|double", igamma),
	ROW("Igammac", "T=float|double", igammac),
	ROW("Zeta", "T=float|double", zeta),
	ROW("Polygamma", "T=float|double", polygamma),
	TEST("Betainc", "T=float|double", betainc),
	ROW("BitwiseAnd", "T=" K_INTS_TEXT, bitwise_and),
	ROW("BitwiseOr", "T=" K_INTS_TEXT, bitwise_or),
	ROW("BitwiseXor", "T=" K_INTS_TEXT, bitwise_xor),
	ROW("LeftShift", "T=" K_INTS_TEXT, left_shift),
	ROW("RightShift", "T=" K_INTS_TEXT, right_shift),
	TEST("Less", REALS, less),
	TEST("LessEqual", REALS, less_equal),
	TEST("Greater", REALS, greater),
	TEST("GreaterEqual", REALS, greater_equal),
	TEST("Equal", NULL, equal),
	TEST("NotEqual", NULL, not_equal),
	TEST("ApproximateEqual", NULL, approximate_equal),
	ROW("LogicalAnd", NULL, logical_and),
	ROW("LogicalOr", NULL, logical_or),
	TEST("Complex", "T=float|double", complex),
	{ .op = NULL }
};
