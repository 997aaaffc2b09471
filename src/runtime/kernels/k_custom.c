/* SPDX-License-Identifier: Apache-2.0 */
/* k_custom.c - the kernel of every op that the program registered: calls its function, checks what came out. */
#include "runtime/kernels/k_common.h"
#include "runtime/runtime_internal.h"

/* Output I must have the type that the definition gives it; the tensor is the run's from here on. */
static int
take_output(mg_kernel_ctx *k, int i, mg_tensor *made, mgreg_error *err)
{
	int want = mg_kernel_output_type(k, i);

	if (!made)
		return mg_fail(err, MGREG_INTERNAL, "the kernel of op '%s' made no output %d", mg_kernel_node(k)->op_name, i);
	if ((int)made->dtype != want)
		return mg_fail(err, MGREG_INTERNAL, "the kernel of op '%s' made output %d of type %s, expected %s", mg_kernel_node(k)->op_name, i,
			mg_dtype_name((int)made->dtype), mg_dtype_name(want));
	mg_kernel_take(k, i, made);
	return 0;
}

static int
custom_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_custom *custom = mg_custom_find(mg_kernel_node(k)->op_name);
	int ins = mg_kernel_input_count(k), outs = mg_kernel_output_count(k), rc;
	mg_tensor **made = mg_calloc((size_t)outs + 1, sizeof *made);
	const mg_tensor **in = mg_calloc((size_t)ins + 1, sizeof *in);
	mgreg_kernel_call call = { mg_kernel_node(k), in, made, ins, outs };

	if (!made || !in) {
		rc = mg_fail_nomem(err, (size_t)(ins + outs) * sizeof *made);
		goto out;
	}
	for (int i = 0; i < ins; i++)
		in[i] = mg_kernel_input(k, i);
	if ((rc = custom->op.run(custom->op.ctx, &call, err)) != 0) {
		if (err && (!err->code || !*err->text))
			rc = mg_fail(err, rc > 0 && rc <= MGREG_UNAUTHENTICATED ? (mgreg_code)rc : MGREG_INTERNAL, "the kernel of op '%s' failed",
				mg_kernel_node(k)->op_name);
		goto out;
	}
	for (int i = 0; i < outs; i++)
		MG_TRY(take_output(k, i, made[i], err));
out:
	for (int i = 0; made && i < outs; i++)
		mgreg_tensor_free(made[i]);
	mg_free(made);
	mg_free(in);
	return rc;
}

const mg_kernel mg_kernel_custom = { "", NULL, .run = custom_run, .flags = MG_KERNEL_EXPENSIVE | MG_KERNEL_NO_FOLD };
