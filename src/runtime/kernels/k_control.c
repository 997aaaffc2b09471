/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_control.c - constants, placeholders, what passes its input on, and branches.
 *
 * Switch and Merge only choose; that a dead value stops what follows is the executor's work.
 */
#include "base/base.h"
#include "runtime/runtime_internal.h"

/* ---- Const ---- */

static int
const_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	const Pb__TensorProto *proto;
	int dtype = MGREG_INVALID, rc;
	mg_tensor *t;

	if (!mg_attr_get_tensor(p->attrs, "value", &proto))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "constant '%s' has no value", p->node->name);
	t = mg_calloc(1, sizeof(*t));
	if (!t)
		return mg_fail_nomem(err, sizeof(*t));
	rc = mg_tensor_from_proto(t, proto, 0, err);
	if (rc == 0 && mg_attr_get_type(p->attrs, "dtype", &dtype) && dtype != (int)t->dtype) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "constant '%s', dtype %s, has a value of dtype %s", p->node->name,
			mg_dtype_name(dtype), mg_dtype_name(t->dtype));
		mg_tensor_clear(t);
	}
	if (rc)
		mg_free(t);
	else
		*state = t;
	return rc;
}

static void
const_release(void *state)
{
	mg_tensor_clear(state);
	mg_free(state);
}

static int
const_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_kernel_share(k, 0, mg_kernel_state(k), err);
}

/* ---- placeholders ---- */

static int
placeholder_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_node *n = mg_kernel_node(k);
	mg_shape shape = MG_SHAPE_UNKNOWN;
	char text[256];
	int rc;

	if (!mg_attr_get_shape(&n->attrs, "shape", &shape) || shape.rank <= 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "you must feed a value for placeholder tensor '%s' with dtype %s", n->name,
			mg_dtype_op_name(n->output_types[0]));
	else
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "you must feed a value for placeholder tensor '%s' with dtype %s and shape %s", n->name,
			mg_dtype_op_name(n->output_types[0]), mg_shape_text(&shape, text));
	mg_shape_clear(&shape);
	return rc;
}

/* ---- identities ---- */

static int
identity_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_kernel_share(k, 0, mg_kernel_input(k, 0), err);
}

static int
identity_n_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < mg_kernel_input_count(k); i++)
		rc = mg_kernel_share(k, i, mg_kernel_input(k, i), err);
	return rc;
}

static int
deep_copy_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor copy = { 0 };
	int rc = mg_tensor_copy(&copy, mg_kernel_input(k, 0), err);

	if (rc == 0)
		mg_kernel_take(k, 0, &copy);
	return rc;
}

static int
ref_identity_run(mg_kernel_ctx *k, mgreg_error *err)
{
	(void)err;
	mg_kernel_set_ref(k, 0, mg_kernel_ref(k, 0));
	return 0;
}

static int
noop_run(mg_kernel_ctx *k, mgreg_error *err)
{
	(void)k, (void)err;
	return 0;
}

/* ---- branches ---- */

static int
read_pred(mg_kernel_ctx *k, bool *out, mgreg_error *err)
{
	const mg_tensor *pred = mg_kernel_input(k, 1);
	char text[256];

	if (mg_rank(pred) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the pred input must be a scalar, but has shape %s", mg_shape_text(&pred->shape, text));
	*out = *MG_CDATA(pred, bool);
	return 0;
}

static int
switch_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool pred;
	int rc = read_pred(k, &pred, err);

	if (rc)
		return rc;
	mg_kernel_dead(k, pred ? 0 : 1);
	return mg_kernel_share(k, pred ? 1 : 0, mg_kernel_input(k, 0), err);
}

static int
ref_switch_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool pred;
	int rc = read_pred(k, &pred, err);

	if (rc)
		return rc;
	mg_kernel_dead(k, pred ? 0 : 1);
	mg_kernel_set_ref(k, pred ? 1 : 0, mg_kernel_ref(k, 0));
	return 0;
}

static int
merge_index(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t none[1] = { 0 };
	mg_tensor *index;
	int rc = mg_kernel_output_dims(k, 1, none, 0, &index, err);

	if (rc == 0)
		*MG_DATA(index, int32_t) = k->live_input;
	return rc;
}

static int
merge_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int rc = mg_kernel_share(k, 0, mg_kernel_input(k, k->live_input), err);

	return rc ? rc : merge_index(k, err);
}

static int
ref_merge_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_kernel_set_ref(k, 0, mg_kernel_ref(k, k->live_input));
	return merge_index(k, err);
}

static int
ref_select_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t index;

	if (!mg_tensor_as_i64(mg_kernel_input(k, 0), 0, &index) || index < 0 || index >= mg_kernel_input_count(k) - 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "index must lie in [0, %d)", mg_kernel_input_count(k) - 1);
	mg_kernel_set_ref(k, 0, mg_kernel_ref(k, 1 + (int)index));
	return 0;
}

static int
abort_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_slice text = { "", 0 };
	bool quiet = false;

	mg_attr_get_bool(mg_kernel_attrs(k), "exit_without_error", &quiet);
	mg_attr_get_string(mg_kernel_attrs(k), "error_msg", &text);
	return quiet ? 0 : mg_fail(err, MGREG_ABORTED, "the graph asked to abort: %.*s", (int)text.len, text.ptr);
}

#define REFS (MG_KERNEL_NO_FOLD | MG_KERNEL_ALLOWS_UNINITIALIZED)

const mg_kernel mg_kernels_control[] = {
	{ "Const", NULL, 0, const_prepare, const_run, const_release, MG_KERNEL_SHARES },
	{ "Placeholder", .run = placeholder_run, .flags = MG_KERNEL_NO_FOLD },
	{ "PlaceholderV2", .run = placeholder_run, .flags = MG_KERNEL_NO_FOLD },
	{ "PlaceholderWithDefault", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "Identity", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "Snapshot", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "StopGradient", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "PreventGradient", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "LoopCond", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "IdentityN", .run = identity_n_run, .flags = MG_KERNEL_SHARES },
	{ "DeepCopy", .run = deep_copy_run, .flags = MG_KERNEL_NO_FOLD },
	{ "RefIdentity", .run = ref_identity_run, .flags = REFS },
	{ "NoOp", .run = noop_run, .flags = MG_KERNEL_NO_FOLD },
	{ "ControlTrigger", .run = noop_run, .flags = MG_KERNEL_NO_FOLD },
	{ "Switch", .run = switch_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "RefSwitch", .run = ref_switch_run, .flags = REFS },
	{ "Merge", .run = merge_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "RefMerge", .run = ref_merge_run, .flags = REFS },
	{ "RefSelect", .run = ref_select_run, .flags = REFS },
	/* these six only carry: the executor does it (flow.c), the rows bind types */
	{ "Enter", .run = identity_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "RefEnter", .run = ref_identity_run, .flags = REFS },
	{ "Exit", .run = identity_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "RefExit", .run = ref_identity_run, .flags = REFS },
	{ "NextIteration", .run = identity_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "RefNextIteration", .run = ref_identity_run, .flags = REFS },
	{ "Abort", .run = abort_run, .flags = MG_KERNEL_NO_FOLD },
	{ .op = NULL }
};
