/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c - JSON text -> tensor: nested lists of numbers, strings or booleans.
 *
 * Without a wanted dtype the content chooses, as in Python: all whole numbers int32 (int64 where one does not fit), any
 * fraction float, strings string, booleans bool.  Non-finite numbers are the strings "NaN", "Infinity", "-Infinity".
 * A complex element is a pair [re, im] or a plain number; an innermost list of two is a pair.
 */
#include "base/base.h"
#include <math.h>
#include "base/json.h"
#include "tensor/tensor.h"

static bool
word_number(const json_t *v, double *out)
{
	static const struct { const char *word; double value; } words[] = {
		{ "NaN", NAN }, { "Infinity", INFINITY }, { "-Infinity", -INFINITY },
	};

	for (size_t i = 0; json_is_string(v) && i < MG_COUNT(words); i++)
		if (strcmp(json_string_value(v), words[i].word) == 0) {
			*out = words[i].value;
			return true;
		}
	return false;
}

/* Shape by the first of everything; fill() finds out whether the rest agrees. */
static int
shape_of(const json_t *v, bool pairs, int64_t *dims, int *rank, mgreg_error *err)
{
	*rank = 0;
	while (json_is_array(v)) {
		if (*rank == MG_MAX_RANK)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "lists nested deeper than %d", MG_MAX_RANK);
		if (pairs && json_array_size(v) == 2 && !json_is_array(json_array_get(v, 0)))
			break;
		dims[(*rank)++] = (int64_t)json_array_size(v);
		v = json_array_get(v, 0);
	}
	return 0;
}

static int
dtype_of(const json_t *v, int depth, int *seen, mgreg_error *err)
{
	enum { WHOLE = 1, LARGE = 2, FRACTION = 4, TEXT = 8, TRUTH = 16 };
	int rc;

	if (json_is_array(v) && depth < MG_MAX_RANK) {
		for (size_t i = 0; i < json_array_size(v); i++)
			if ((rc = dtype_of(json_array_get(v, i), depth + 1, seen, err)) != 0)
				return rc;
		return 0;
	}
	if (json_is_integer(v))
		*seen |= json_integer_value(v) >= INT32_MIN && json_integer_value(v) <= INT32_MAX ? WHOLE : LARGE;
	else if (json_is_real(v))
		*seen |= FRACTION;
	else if (json_is_string(v))
		*seen |= TEXT;
	else if (json_is_boolean(v))
		*seen |= TRUTH;
	else
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor holds numbers, strings or booleans");
	return 0;
}

static mg_dtype
choose(int seen)
{
	if (seen == 16)
		return MGREG_BOOL;
	if (seen == 8)
		return MGREG_STRING;
	if (seen == 1)
		return MGREG_INT32;
	if ((seen & ~3) == 0 && seen != 0)
		return MGREG_INT64;
	return (seen & ~7) == 0 ? MGREG_FLOAT : MGREG_INVALID;
}

static const struct { mg_dtype dtype; int64_t low, high; } ranges[] = {
	{ MGREG_INT8, INT8_MIN, INT8_MAX }, { MGREG_QINT8, INT8_MIN, INT8_MAX },
	{ MGREG_UINT8, 0, UINT8_MAX }, { MGREG_QUINT8, 0, UINT8_MAX },
	{ MGREG_INT16, INT16_MIN, INT16_MAX }, { MGREG_QINT16, INT16_MIN, INT16_MAX },
	{ MGREG_UINT16, 0, UINT16_MAX }, { MGREG_QUINT16, 0, UINT16_MAX },
	{ MGREG_INT32, INT32_MIN, INT32_MAX }, { MGREG_QINT32, INT32_MIN, INT32_MAX },
	{ MGREG_UINT32, 0, UINT32_MAX }, { MGREG_INT64, INT64_MIN, INT64_MAX }, { MGREG_UINT64, 0, INT64_MAX },
};

static int
put_integer(mg_tensor *t, int64_t i, const json_t *v, mgreg_error *err)
{
	size_t size = mg_dtype_size((int)t->dtype);
	int64_t whole;

	if (json_is_integer(v))
		whole = json_integer_value(v);
	else if (json_is_real(v) && json_real_value(v) == floor(json_real_value(v)) && fabs(json_real_value(v)) < 0x1p63)
		whole = (int64_t)json_real_value(v);
	else
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "an element is not a whole number, expected dtype %s", mg_dtype_name((int)t->dtype));
	for (size_t k = 0; k < MG_COUNT(ranges); k++)
		if (ranges[k].dtype == t->dtype && (whole < ranges[k].low || whole > ranges[k].high))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld does not fit dtype %s", (long long)whole, mg_dtype_name((int)t->dtype));
	memcpy((char *)t->data + (size_t)i * size, &whole, size);       /* little-endian: the low bytes */
	return 0;
}

static int
put_floating(mg_tensor *t, int64_t i, const json_t *v, mgreg_error *err)
{
	double re = 0, im = 0;
	const json_t *part = v;

	if (mg_dtype_is_complex((int)t->dtype) && json_is_array(v) && json_array_size(v) == 2) {
		part = json_array_get(v, 0);
		if (json_is_number(json_array_get(v, 1)))
			im = json_number_value(json_array_get(v, 1));
		else if (!word_number(json_array_get(v, 1), &im))
			part = NULL;
	}
	if (part && json_is_number(part))
		re = json_number_value(part);
	else if (!part || !word_number(part, &re))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "an element is not a number, expected dtype %s", mg_dtype_name((int)t->dtype));
	switch ((int)t->dtype) {
	case MGREG_FLOAT: MG_DATA(t, float)[i] = (float)re; break;
	case MGREG_DOUBLE: MG_DATA(t, double)[i] = re; break;
	case MGREG_HALF: MG_DATA(t, uint16_t)[i] = mg_float_to_half((float)re); break;
	case MGREG_BFLOAT16: MG_DATA(t, uint16_t)[i] = mg_float_to_bfloat16((float)re); break;
	case MGREG_COMPLEX64: MG_DATA(t, float)[2 * i] = (float)re; MG_DATA(t, float)[2 * i + 1] = (float)im; break;
	case MGREG_COMPLEX128: MG_DATA(t, double)[2 * i] = re; MG_DATA(t, double)[2 * i + 1] = im; break;
	}
	return 0;
}

static int
put_element(mg_tensor *t, int64_t i, const json_t *v, mgreg_error *err)
{
	if (t->dtype == MGREG_STRING) {
		if (!json_is_string(v))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "an element is not a string");
		return mg_tensor_set_string(t, i, json_string_value(v), json_string_length(v), err);
	}
	if (t->dtype == MGREG_BOOL) {
		if (!json_is_boolean(v))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "an element is not true or false");
		MG_DATA(t, uint8_t)[i] = json_is_true(v);
		return 0;
	}
	if (mg_dtype_is_floating((int)t->dtype) || mg_dtype_is_complex((int)t->dtype))
		return put_floating(t, i, v, err);
	return put_integer(t, i, v, err);
}

static int
fill(mg_tensor *t, const json_t *v, int d, int64_t *at, mgreg_error *err)
{
	int rc;

	if (d == mg_rank(t))
		return put_element(t, (*at)++, v, err);
	if (!json_is_array(v) || (int64_t)json_array_size(v) != mg_dim(t, d))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the lists of dimension %d differ in length", d);
	for (size_t i = 0; i < json_array_size(v); i++)
		if ((rc = fill(t, json_array_get(v, i), d + 1, at, err)) != 0)
			return rc;
	return 0;
}

int
mg_tensor_parse_json(mg_tensor *out, const char *text, size_t len, mg_dtype dtype, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK], at = 0;
	json_t *root = NULL;
	mg_tensor t = { 0 };
	int rc, rank, seen = 0;

	MG_TRY(mg_json_parse(text, len, &root, err));
	if (dtype == MGREG_INVALID) {
		MG_TRY(dtype_of(root, 0, &seen, err));
		if ((dtype = seen ? choose(seen) : MGREG_FLOAT) == MGREG_INVALID) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the elements are of different kinds");
			goto out;
		}
	}
	if (!mg_dtype_is_memcpy((int)dtype) && dtype != MGREG_STRING) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor of dtype %s cannot be made from JSON", mg_dtype_name((int)dtype));
		goto out;
	}
	MG_TRY(shape_of(root, mg_dtype_is_complex((int)dtype), dims, &rank, err));
	MG_TRY(mg_tensor_init_dims(&t, dtype, dims, rank, err));
	if (t.count > 0)
		MG_TRY(fill(&t, root, 0, &at, err));
	mg_tensor_move(out, &t);
out:
	mg_tensor_clear(&t);
	if (root)
		json_decref(root);
	return rc;
}
