/* SPDX-License-Identifier: Apache-2.0 */
/* bcast.c - the shape two operands broadcast to. */
#include "base/base.h"
#include "runtime/runtime_internal.h"

int
mg_bcast_shape(const mg_shape *a, const mg_shape *b, mg_shape *out, mgreg_error *err)
{
	const int64_t *da = mg_shape_cdims(a), *db = mg_shape_cdims(b);
	int64_t dims[MG_MAX_RANK];
	int rank = MG_MAX(a->rank, b->rank);

	for (int i = 1; i <= rank; i++) {       /* aligned at the last axis */
		int64_t x = i <= a->rank ? da[a->rank - i] : 1, y = i <= b->rank ? db[b->rank - i] : 1;
		char ta[256], tb[256];

		if (x != y && x != 1 && y != 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "incompatible shapes: %s vs. %s", mg_shape_text(a, ta), mg_shape_text(b, tb));
		dims[rank - i] = x == 1 ? y : x;
	}
	return mg_shape_set(out, dims, rank, err);
}
