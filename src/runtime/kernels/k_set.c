/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_set.c - sets along the last dimension: difference, intersection, union, size; sparse tensors as strings and back.
 *
 * A group is what shares all indices but the last.  The elements of a result are sorted, as in TensorFlow.
 */
#include "runtime/kernels/k_common.h"
#include <stdlib.h>
#include "base/vec.h"
#include "proto/proto.h"

typedef struct source {
	const mg_tensor *indices, *values, *dims;       /* indices NULL: dense */
	int64_t n, rank, at;            /* AT: the next entry (sparse) */
} source;

static int
read_source(mg_kernel_ctx *k, int at, bool sparse, source *s, mgreg_error *err)
{
	bool check = mg_k_attr_bool(mg_kernel_attrs(k), "validate_indices", true);

	if (!sparse) {
		const mg_tensor *t = mg_kernel_input(k, at);

		*s = (source){ NULL, t, NULL, t->count, mg_rank(t), 0 };
		return s->rank >= 2 ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "a set needs rank >= 2, got %d", mg_rank(t));
	}
	*s = (source){ mg_kernel_input(k, at), mg_kernel_input(k, at + 1), mg_kernel_input(k, at + 2), 0, 0, 0 };
	if (mg_rank(s->indices) != 2 || mg_rank(s->values) != 1 || mg_rank(s->dims) != 1 || mg_dim(s->indices, 1) != s->dims->count
	    || mg_dim(s->indices, 0) != s->values->count || s->dims->count < 2 || s->dims->count > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a sparse set needs indices [n, rank], values [n] and shape [rank] with rank >= 2");
	s->n = s->values->count;
	s->rank = s->dims->count;
	for (int64_t i = 0; i < s->n; i++) {
		const int64_t *row = MG_CDATA(s->indices, int64_t) + i * s->rank;
		int order = i ? 0 : -1;

		for (int64_t d = 0; d < s->rank; d++) {
			if (row[d] < 0 || row[d] >= MG_CDATA(s->dims, int64_t)[d])
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] is out of bounds", (long long)i);
			if (order == 0)
				order = row[d - s->rank] < row[d] ? -1 : row[d - s->rank] > row[d];
		}
		if (check && order >= 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] is out of order or repeated", (long long)i);
	}
	return 0;
}

static int64_t
source_dim(const source *s, int64_t d)
{
	return s->indices ? MG_CDATA(s->dims, int64_t)[d] : mg_dim(s->values, (int)d);
}

/* Elements [*FROM, *TO) of group G, groups being asked for in rising order. */
static void
group(source *s, int64_t g, int64_t *from, int64_t *to)
{
	if (!s->indices) {
		int64_t row = mg_dim(s->values, (int)s->rank - 1);

		*from = g * row;
		*to = *from + row;
		return;
	}
	*from = s->at;
	for (; s->at < s->n; s->at++) {
		int64_t own = 0;

		for (int64_t d = 0; d < s->rank - 1; d++)
			own = own * source_dim(s, d) + MG_CDATA(s->indices, int64_t)[s->at * s->rank + d];
		if (own != g)
			break;
	}
	*to = s->at;
}

typedef struct item { const mg_tensor *t; int64_t at; } item;
typedef MG_VEC(item) items;

static int
compare_items(const void *ap, const void *bp)
{
	const item *a = ap, *b = bp;
	int64_t x = 0, y = 0;

	if (a->t->dtype == MGREG_STRING)
		return mg_slice_cmp(mg_tensor_string(a->t, a->at), mg_tensor_string(b->t, b->at));
	mg_tensor_as_i64(a->t, a->at, &x);
	mg_tensor_as_i64(b->t, b->at, &y);
	return x < y ? -1 : x > y;
}

static bool
load(items *out, source *s, int64_t g)
{
	int64_t from, to;
	size_t n = 0;

	out->len = 0;
	group(s, g, &from, &to);
	for (; from < to; from++) {
		item i = { s->values, from };

		if (!mg_vec_push(out, i))
			return false;
	}
	if (out->len)
		qsort(out->at, out->len, sizeof(*out->at), compare_items);
	for (size_t i = 0; i < out->len; i++)
		if (n == 0 || compare_items(&out->at[n - 1], &out->at[i]) != 0)
			out->at[n++] = out->at[i];
	out->len = n;
	return true;
}

/* ---- the operations ---- */

enum operation { A_MINUS_B, B_MINUS_A, INTERSECTION, UNION };

static bool
combine(const items *a, const items *b, enum operation op, items *out)
{
	size_t i = 0, j = 0;

	while (i < a->len || j < b->len) {
		int c = i == a->len ? 1 : j == b->len ? -1 : compare_items(&a->at[i], &b->at[j]);
		bool keep = op == UNION || (op == INTERSECTION && c == 0) || (op == A_MINUS_B && c < 0) || (op == B_MINUS_A && c > 0);

		if (keep && !mg_vec_push(out, c <= 0 ? a->at[i] : b->at[j]))
			return false;
		i += c <= 0;
		j += c >= 0;
	}
	return true;
}

static int
which(mg_kernel_ctx *k, enum operation *op, mgreg_error *err)
{
	static const char *const names[] = { "a-b", "b-a", "intersection", "union" };

	for (size_t i = 0; i < MG_COUNT(names); i++)
		if (mg_k_attr_is(mg_kernel_attrs(k), "set_operation", names[i])) {
			*op = (enum operation)i;
			return 0;
		}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "set_operation must be a-b, b-a, intersection or union");
}

static int
operate(mg_kernel_ctx *k, bool sparse_a, bool sparse_b, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK], groups = 1, longest = 0, n = 0, at = 0;
	mg_tensor *indices, *values, *shape;
	MG_VEC(int64_t) counts = { 0 };
	items a = { 0 }, b = { 0 }, all = { 0 };
	enum operation op = UNION;
	source x, y;
	int rc;

	if ((rc = which(k, &op, err)) != 0 || (rc = read_source(k, 0, sparse_a, &x, err)) != 0 || (rc = read_source(k, sparse_a ? 3 : 1, sparse_b, &y, err)) != 0)
		return rc;
	if (x.rank != y.rank || x.rank > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "mismatched ranks of the sets: %lld vs %lld", (long long)x.rank, (long long)y.rank);
	for (int64_t d = 0; d < x.rank - 1; d++) {
		dims[d] = source_dim(&x, d);
		if (dims[d] != source_dim(&y, d) || __builtin_mul_overflow(groups, dims[d], &groups) || groups > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "mismatched group shapes of the sets");
	}
	for (int64_t g = 0; g < groups; g++) {
		size_t before = all.len;
		int64_t got;

		if (!load(&a, &x, g) || !load(&b, &y, g) || !combine(&a, &b, op, &all)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		got = (int64_t)(all.len - before);
		longest = MG_MAX(longest, got);
		if (!mg_vec_push(&counts, got)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	n = (int64_t)all.len;
	dims[x.rank - 1] = longest;
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ n, x.rank }, 2, &indices, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &n, 1, &values, err));
	MG_TRY(mg_kernel_output_dims(k, 2, &x.rank, 1, &shape, err));
	memcpy(shape->data, dims, (size_t)x.rank * sizeof(*dims));
	for (int64_t g = 0; g < groups; g++)
		for (int64_t i = 0; i < counts.at[g]; i++, at++) {
			int64_t rest = g, *row = MG_DATA(indices, int64_t) + at * x.rank;

			row[x.rank - 1] = i;
			for (int64_t d = x.rank - 1; d-- > 0; rest /= dims[d])
				row[d] = rest % dims[d];
			MG_TRY(mg_k_copy_run(values, at, all.at[at].t, all.at[at].at, 1, err));
		}
out:
	mg_vec_clear(&a);
	mg_vec_clear(&b);
	mg_vec_clear(&all);
	mg_vec_clear(&counts);
	return rc;
}

static int dense_dense_run(mg_kernel_ctx *k, mgreg_error *err) { return operate(k, false, false, err); }
static int dense_sparse_run(mg_kernel_ctx *k, mgreg_error *err) { return operate(k, false, true, err); }
static int sparse_sparse_run(mg_kernel_ctx *k, mgreg_error *err) { return operate(k, true, true, err); }

static int
size_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];
	items list = { 0 };
	mg_tensor *y;
	source s;
	int rc;

	if ((rc = read_source(k, 0, true, &s, err)) != 0)
		return rc;
	for (int64_t d = 0; d < s.rank - 1; d++)
		dims[d] = source_dim(&s, d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, (int)s.rank - 1, &y, err)) != 0)
		return rc;
	for (int64_t g = 0; g < y->count && rc == 0; g++) {
		if (!load(&list, &s, g))
			rc = mg_fail_nomem(err, 0);
		else
			MG_DATA(y, int32_t)[g] = (int32_t)list.len;
	}
	mg_vec_clear(&list);
	return rc;
}

/* ---- sparse tensors as three strings: messages of indices, values and shape ---- */

static int
put_message(mg_tensor *out, int64_t i, const mg_tensor *t, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	Pb__TensorProto *p;
	int rc;

	MG_TRY(mg_tensor_to_proto(t, true, &arena, &p, err));
	MG_TRY(mg_msg_encode((const mg_msg *)p, &text, err));
	MG_TRY(mg_tensor_set_string(out, i, text.ptr, text.len, err));
out:
	mg_str_clear(&text);
	mg_arena_clear(&arena);
	return rc;
}

static int
check_three(mg_kernel_ctx *k, int64_t least, mgreg_error *err)
{
	const mg_tensor *i = mg_kernel_input(k, 0), *v = mg_kernel_input(k, 1), *s = mg_kernel_input(k, 2);

	if (mg_rank(i) != 2 || mg_rank(v) != 1 || mg_rank(s) != 1 || mg_dim(i, 0) != v->count || mg_dim(i, 1) != s->count || s->count < least)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a sparse tensor needs indices [n, rank], values [n] and shape [rank], rank at least %lld", (long long)least);
	return 0;
}

static int
serialize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *y;
	int rc;

	if ((rc = check_three(k, 0, err)) != 0 || (rc = mg_kernel_output_dims(k, 0, (int64_t[]){ 3 }, 1, &y, err)) != 0)
		return rc;
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = put_message(y, i, mg_kernel_input(k, i), err);
	return rc;
}

/* Row by row of the first dimension. */
static int
serialize_many_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *in = mg_kernel_input(k, 0), *v = mg_kernel_input(k, 1), *s = mg_kernel_input(k, 2);
	int64_t rank, rows, at = 0;
	mg_tensor parts[3] = { { 0 } }, *y;
	int rc;

	if ((rc = check_three(k, 2, err)) != 0)
		return rc;
	rank = s->count;
	rows = MG_CDATA(s, int64_t)[0];
	if (rows < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a sparse tensor of %lld rows", (long long)rows);
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ rows, 3 }, 2, &y, err)) != 0)
		return rc;
	for (int64_t r = 0; r < rows; r++) {
		int64_t end = at;

		while (end < v->count && MG_CDATA(in, int64_t)[end * rank] == r)
			end++;
		MG_TRY(mg_tensor_init_dims(&parts[0], MGREG_INT64, (int64_t[]){ end - at, rank - 1 }, 2, err));
		MG_TRY(mg_tensor_init_dims(&parts[1], v->dtype, (int64_t[]){ end - at }, 1, err));
		MG_TRY(mg_tensor_init_dims(&parts[2], MGREG_INT64, (int64_t[]){ rank - 1 }, 1, err));
		for (int64_t i = at; i < end; i++)
			MG_TRY(mg_k_copy_run(&parts[0], (i - at) * (rank - 1), in, i * rank + 1, rank - 1, err));
		MG_TRY(mg_k_copy_run(&parts[1], 0, v, at, end - at, err));
		MG_TRY(mg_k_copy_run(&parts[2], 0, s, 1, rank - 1, err));
		for (int i = 0; i < 3; i++) {
			MG_TRY(put_message(y, 3 * r + i, &parts[i], err));
			mg_tensor_clear(&parts[i]);
		}
		at = end;
	}
	if (at != v->count)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the indices are out of order or out of bounds in the first dimension");
out:
	for (int i = 0; i < 3; i++)
		mg_tensor_clear(&parts[i]);
	return rc;
}

static int
get_message(const mg_tensor *from, int64_t i, mg_dtype want, mg_tensor *out, mgreg_error *err)
{
	mg_slice s = mg_tensor_string(from, i);
	mg_arena arena = { 0 };
	mg_msg *m;
	int rc;

	rc = mg_msg_decode(&pb__tensor_proto__descriptor, s.ptr, s.len, &arena, &m, err);
	if (rc || mg_tensor_from_proto(out, (const Pb__TensorProto *)m, 0, err) != 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "could not parse serialized sparse tensor %lld", (long long)(i / 3));
	else if (out->dtype != want)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "serialized sparse tensor %lld has dtype %s, expected %s", (long long)(i / 3), mg_dtype_name(out->dtype), mg_dtype_name(want));
	mg_arena_clear(&arena);
	return rc;
}

/* ROWS sparse tensors of one rank become one, whose first dimensions (LEAD of them, of FROM's shape) count them. */
static int
deserialize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *from = mg_kernel_input(k, 0);
	int lead = mg_rank(from) - 1, rc = 0;
	int64_t rows, rank = -1, total = 0, at = 0, dims[MG_MAX_RANK] = { 0 };
	mg_dtype dtype = mg_dtype_base(mg_kernel_output_type(k, 1));
	mg_tensor *parts, *indices, *values, *shape;

	if (from->dtype != MGREG_STRING || lead < 0 || mg_dim(from, lead) != 3 || from->count == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "serialized sparse tensors should have 3 as the last dimension, and be at least one");
	rows = from->count / 3;
	if (!(parts = mg_calloc((size_t)from->count, sizeof(*parts))))
		return mg_fail_nomem(err, 0);
	for (int64_t r = 0; r < rows; r++) {
		mg_tensor *p = &parts[3 * r];

		for (int i = 0; i < 3; i++)
			MG_TRY(get_message(from, 3 * r + i, i == 1 ? dtype : MGREG_INT64, &p[i], err));
		if (mg_rank(&p[0]) != 2 || mg_rank(&p[1]) != 1 || mg_rank(&p[2]) != 1 || mg_dim(&p[0], 0) != p[1].count || mg_dim(&p[0], 1) != p[2].count
		    || (rank >= 0 && p[2].count != rank) || p[2].count + lead > MG_MAX_RANK) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "serialized sparse tensor %lld does not fit together, or its rank is not that of the others", (long long)r);
			goto out;
		}
		rank = p[2].count;
		total += p[1].count;
		for (int64_t d = 0; d < rank; d++)
			dims[lead + d] = MG_MAX(dims[lead + d], MG_CDATA(&p[2], int64_t)[d]);
	}
	for (int d = 0; d < lead; d++)
		dims[d] = mg_dim(from, d);
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ total, lead + rank }, 2, &indices, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &total, 1, &values, err));
	MG_TRY(mg_kernel_output_dims(k, 2, (int64_t[]){ lead + rank }, 1, &shape, err));
	memcpy(shape->data, dims, (size_t)(lead + rank) * sizeof(*dims));
	for (int64_t r = 0; r < rows; r++)
		for (int64_t i = 0; i < parts[3 * r + 1].count; i++, at++) {
			int64_t *row = MG_DATA(indices, int64_t) + at * (lead + rank), rest = r;

			for (int d = lead; d-- > 0; rest /= dims[d])
				row[d] = rest % dims[d];
			if (rank)
				memcpy(row + lead, MG_CDATA(&parts[3 * r], int64_t) + i * rank, (size_t)rank * sizeof(*row));
			MG_TRY(mg_k_copy_run(values, at, &parts[3 * r + 1], i, 1, err));
		}
out:
	for (int64_t i = 0; i < from->count; i++)
		mg_tensor_clear(&parts[i]);
	mg_free(parts);
	return rc;
}

const mg_kernel mg_kernels_set[] = {
	{ "DenseToDenseSetOperation", .run = dense_dense_run }, { "DenseToSparseSetOperation", .run = dense_sparse_run },
	{ "SparseToSparseSetOperation", .run = sparse_sparse_run }, { "SetSize", .run = size_run },
	{ "SerializeSparse", "out_type=string", .run = serialize_run }, { "SerializeManySparse", "out_type=string", .run = serialize_many_run },
	{ "DeserializeManySparse", .run = deserialize_run }, { "DeserializeSparse", "Tserialized=string", .run = deserialize_run },
	{ .op = NULL }
};
