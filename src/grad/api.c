/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - gradients for the public header: dense ones. */
#include "base/base.h"
#include "grad/grad_internal.h"

int
mgreg_gradients(mgreg_graph *graph, const mgreg_output *ys, int y_count, const mgreg_output *xs, int x_count, mgreg_output *out,
	mgreg_error *err)
{
	mg_builder b = MG_BUILDER(graph, err);
	mg_grad_value *values = NULL;
	mg_output *dense = NULL;
	int rc = 0;

	if (x_count <= 0 || y_count <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "gradients need at least one y and one x");
	values = mg_calloc((size_t)x_count, sizeof(*values));
	dense = mg_calloc((size_t)x_count, sizeof(*dense));
	if (!values || !dense) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_gradients(graph, ys, y_count, xs, x_count, NULL, values, err));
	for (int i = 0; i < x_count; i++)
		dense[i] = mg_grad_is_none(&values[i]) ? MG_NO_OUTPUT : values[i].dense.node ? values[i].dense : mg_grad_densify(&b, &values[i]);
	MG_TRY(b.rc);
	memcpy(out, dense, (size_t)x_count * sizeof(*dense));
out:
	mg_free(values);
	mg_free(dense);
	return rc;
}
