/* SPDX-License-Identifier: Apache-2.0 */
/* op_info.c - what the library knows about each op: its definition, a gradient, a kernel. */
#include "base/base.h"
#include "grad/grad.h"
#include "op/op.h"
#include "runtime/runtime.h"

static void
fill(mgreg_op_info *out, const mg_op_def *op)
{
	*out = (mgreg_op_info){
		.op = op->name, .tier = mg_op_tier(op), .since = mg_op_since(op->name), .until = mg_op_until(op->name),
		.deprecated_at = op->deprecated_at, .deprecation = op->deprecation,
		.can_run = mg_runtime_knows_op(op->name),
		.has_gradient = mg_grad_known(op->name) && !mg_grad_not_differentiable(op->name),
		.has_shape = op->shape != NULL,
		.is_stateful = (op->flags & MG_OP_STATEFUL) != 0,
	};
}

int
mgreg_op_each(int (*each)(void *ctx, const mgreg_op_info *op), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; i < mg_op_count() && rc == 0; i++) {
		mgreg_op_info info;

		fill(&info, mg_op_at(i));
		rc = each(ctx, &info);
	}
	for (int i = 0; mg_custom_at(i) && rc == 0; i++) {
		mgreg_op_info info;

		fill(&info, &mg_custom_at(i)->def);
		rc = each(ctx, &info);
	}
	return rc;
}

int
mgreg_op_describe(const char *op, mgreg_op_info *out, mgreg_error *err)
{
	const mg_op_def *def = mg_op_find(op);

	if (!def)
		return mg_fail(err, MGREG_NOT_FOUND, "op type '%s' is not known", op);
	fill(out, def);
	return 0;
}
