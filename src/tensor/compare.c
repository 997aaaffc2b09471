/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c - equal by bits, close by tolerance. */
#include "base/base.h"
#include <math.h>
#include "tensor/tensor.h"

bool
mg_tensor_equal(const mg_tensor *a, const mg_tensor *b)
{
	if (a->dtype != b->dtype || !mg_shape_equal(&a->shape, &b->shape))
		return false;
	if (a->dtype == MGREG_STRING) {
		for (int64_t i = 0; i < a->count; i++) {
			mg_slice x = mg_tensor_string(a, i), y = mg_tensor_string(b, i);

			if (x.len != y.len || memcmp(x.ptr, y.ptr, x.len) != 0)
				return false;
		}
		return true;
	}
	return a->size == 0 || a->data == b->data || memcmp(a->data, b->data, a->size) == 0;
}

/* long double holds every int64, uint64 and double exactly. */
static long double
number(const mg_tensor *t, int64_t i)
{
	int64_t whole = 0;
	double d = 0;

	if (t->dtype == MGREG_UINT64)
		return MG_CDATA(t, uint64_t)[i];
	if (mg_tensor_as_i64(t, i, &whole))
		return whole;
	mg_tensor_as_double(t, i, &d);
	return d;
}

static bool
close_numbers(long double a, long double b, double abs, double rel)
{
	if (a == b || (isnan(a) && isnan(b)))
		return true;
	if (!isfinite(a) || !isfinite(b))
		return false;
	return fabsl(a - b) <= (long double)abs + (long double)rel * fabsl(b);
}

static bool
close_element(const mg_tensor *a, const mg_tensor *b, int64_t i, double abs, double rel)
{
	mg_slice x, y;

	switch ((int)a->dtype) {
	case MGREG_COMPLEX64:
		return close_numbers(MG_CDATA(a, float)[2 * i], MG_CDATA(b, float)[2 * i], abs, rel)
			&& close_numbers(MG_CDATA(a, float)[2 * i + 1], MG_CDATA(b, float)[2 * i + 1], abs, rel);
	case MGREG_COMPLEX128:
		return close_numbers(MG_CDATA(a, double)[2 * i], MG_CDATA(b, double)[2 * i], abs, rel)
			&& close_numbers(MG_CDATA(a, double)[2 * i + 1], MG_CDATA(b, double)[2 * i + 1], abs, rel);
	case MGREG_STRING:
		x = mg_tensor_string(a, i);
		y = mg_tensor_string(b, i);
		return x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0;
	case MGREG_RESOURCE: case MGREG_VARIANT:
		return MG_CDATA(a, void *)[i] == MG_CDATA(b, void *)[i];
	default:
		return close_numbers(number(a, i), number(b, i), abs, rel);
	}
}

bool
mg_tensor_close(const mg_tensor *a, const mg_tensor *b, double abs, double rel, int64_t *first)
{
	if (first)
		*first = 0;
	if (a->dtype != b->dtype || !mg_shape_equal(&a->shape, &b->shape))
		return false;
	for (int64_t i = 0; i < a->count; i++)
		if (!close_element(a, b, i, abs, rel)) {
			if (first)
				*first = i;
			return false;
		}
	return true;
}
