/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_accumulator.c - ConditionalAccumulator: gradients of several workers, whose mean is taken when enough have come; Stage and Unstage:
 * tuples that wait between two steps.
 *
 * An accumulator has a global step: a gradient computed at an earlier one is dropped without a word.  Taking waits until enough have
 * been applied, gives their mean (or sum), forgets them and raises the step by one.
 */
#include "base/base.h"
#include "runtime/kernels/k_common.h"
#include "runtime/queue.h"
#include "runtime/runtime_internal.h"

static const char kind_accumulator[] = "accumulator";

typedef struct accumulator {
	mg_object object;
	mg_mutex  mutex;
	mg_cond   changed;
	mg_dtype  dtype;
	mg_shape  shape;
	bool      mean;
	mg_tensor sum;
	int64_t   count, step;
} accumulator;

static void
release(mg_object *o)
{
	accumulator *a = (accumulator *)o;

	mg_tensor_clear(&a->sum);
	mg_shape_clear(&a->shape);
	mg_cond_clear(&a->changed);
	mg_mutex_clear(&a->mutex);
	mg_free(a);
}

static int
make(void *arg, mg_object **out, mgreg_error *err)
{
	const accumulator *like = arg;
	accumulator *a = mg_calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return mg_fail_nomem(err, sizeof(*a));
	if ((rc = mg_mutex_init(&a->mutex, err)) != 0) {
		mg_free(a);
		return rc;
	}
	if ((rc = mg_cond_init(&a->changed, err)) != 0) {
		mg_mutex_clear(&a->mutex);
		mg_free(a);
		return rc;
	}
	atomic_init(&a->object.refs, 1);
	a->object.kind = kind_accumulator;
	a->object.release = release;
	a->dtype = like->dtype;
	a->mean = like->mean;
	if ((rc = mg_shape_copy(&a->shape, &like->shape, err)) != 0)
		release(&a->object);
	else
		*out = &a->object;
	return rc;
}

static int
accumulator_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	accumulator like = { .mean = !mg_k_attr_is(p->attrs, "reduction_type", "SUM") };
	mg_object *o;
	int type = 0, rc;

	mg_attr_get_type(p->attrs, "dtype", &type);
	like.dtype = (mg_dtype)type;
	if (!mg_accumulate_knows(MG_ACC_ADD, like.dtype))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "no accumulator for dtype %s", mg_dtype_name(type));
	if (!mg_attr_get_shape(p->attrs, "shape", &like.shape))
		like.shape = MG_SHAPE_UNKNOWN;
	rc = mg_handle_prepare(p, kind_accumulator, make, &like, state, &o, err);
	if (rc == 0 && ((accumulator *)o)->dtype != like.dtype) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a shared accumulator has dtype %s, expected %s", mg_dtype_name(((accumulator *)o)->dtype), mg_dtype_name(type));
		mg_handle_release(*state);
		*state = NULL;
	}
	mg_shape_clear(&like.shape);
	return rc;
}

static int
get(mg_kernel_ctx *k, accumulator **out, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_object(k, 0, kind_accumulator, &o, err);

	if (rc)
		return rc;
	*out = (accumulator *)o;
	mg_lock(&(*out)->mutex);
	return 0;
}

static void
let_go(accumulator *a)
{
	mg_cond_broadcast(&a->changed);
	mg_unlock(&a->mutex);
	mg_object_unref(&a->object);
}

static int
apply_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *g = mg_kernel_input(k, 2);
	char want[256], got[256];
	accumulator *a;
	int64_t step;
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 1), "local_step", &step, err)) != 0 || (rc = get(k, &a, err)) != 0)
		return rc;
	if (g->dtype != a->dtype || !mg_shape_compatible(&g->shape, &a->shape) || (a->count && !mg_shape_equal(&g->shape, &a->sum.shape))) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "shape or dtype mismatch: expected %s of %s, got %s of %s", mg_shape_text(a->count ? &a->sum.shape : &a->shape, want),
			mg_dtype_name(a->dtype), mg_shape_text(&g->shape, got), mg_dtype_name(g->dtype));
		goto out;
	}
	if (step < a->step)
		goto out;               /* stale */
	if (a->count == 0) {
		mg_tensor_clear(&a->sum);
		MG_TRY(mg_tensor_copy(&a->sum, g, err));
	} else {
		mg_accumulate(MG_ACC_ADD, a->dtype, a->sum.data, g->data, g->count, false);
	}
	a->count++;
out:
	let_go(a);
	return rc;
}

/* SUM / COUNT in the type. */
static int
divide(mg_tensor *sum, int64_t count, mgreg_error *err)
{
	mg_tensor by = { 0 };
	int rc = mg_tensor_init_scalar(&by, sum->dtype, (double)count, err);

	if (rc == 0)
		mg_accumulate(MG_ACC_DIV, sum->dtype, sum->data, by.data, sum->count, true);
	mg_tensor_clear(&by);
	return rc;
}

static int
take_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor average = { 0 };
	accumulator *a;
	int64_t wanted;
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 1), "num_required", &wanted, err)) != 0)
		return rc;
	if (wanted <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "argument num_required must be positive, got %lld", (long long)wanted);
	if ((rc = get(k, &a, err)) != 0)
		return rc;
	if (mg_dtype_base(mg_kernel_output_type(k, 0)) != a->dtype) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the accumulator has dtype %s", mg_dtype_name(a->dtype));
		goto out;
	}
	while (a->count < wanted) {
		mg_cond_wait_for(&a->changed, &a->mutex, 0.02);
		MG_TRY(mg_kernel_stopped(k, err));
	}
	mg_tensor_move(&average, &a->sum);
	if (a->mean)
		MG_TRY(divide(&average, a->count, err));
	a->count = 0;
	a->step++;
	mg_kernel_take(k, 0, &average);
out:
	mg_tensor_clear(&average);
	let_go(a);
	return rc;
}

static int
count_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	accumulator *a;
	int rc;

	if ((rc = get(k, &a, err)) != 0)
		return rc;
	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, int32_t) = (int32_t)a->count;
	let_go(a);
	return rc;
}

static int
set_step_run(mg_kernel_ctx *k, mgreg_error *err)
{
	accumulator *a;
	int64_t step;
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 1), "new_global_step", &step, err)) != 0 || (rc = get(k, &a, err)) != 0)
		return rc;
	a->step = step;
	let_go(a);
	return 0;
}

/* ---- Stage, Unstage: a queue that every node of one name shares ---- */

static int
make_stage(void *arg, mg_object **out, mgreg_error *err)
{
	return mg_queue_new(out, arg, err);
}

static int
stage_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	mg_queue_spec spec = { .kind = MG_QUEUE_FIFO };
	const Pb__AttrValue__ListValue *types;
	const char *container;
	char name[512];
	mg_object *o;
	int64_t capacity = mg_k_attr_int(p->attrs, "capacity", 0);
	int rc;

	if (!mg_attr_get_list(p->attrs, "dtypes", &types) || types->n_type > MG_QUEUE_PARTS || types->n_type == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a stage holds 1 to %d tensors", MG_QUEUE_PARTS);
	mg_handle_name(p->node, &container, name, sizeof(name));
	spec.name = name;
	spec.capacity = capacity > 0 ? capacity : -1;
	spec.parts = (int)types->n_type;
	for (int i = 0; i < spec.parts; i++) {
		spec.types[i] = mg_dtype_base((int)types->type[i]);
		spec.shapes[i] = MG_SHAPE_UNKNOWN;
	}
	if ((rc = mg_session_resource(p->session, container, name, "stage", make_stage, &spec, &o, err)) != 0)
		return rc;
	if ((rc = mg_queue_fits((mg_queue *)o, &spec, err)) != 0)
		mg_object_unref(o);
	else
		*state = o;
	return rc;
}

static void
stage_release(void *state)
{
	if (state)
		mg_object_unref(state);
}

static int
stage_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_queue *q = mg_kernel_state(k);
	mg_tensor parts[MG_QUEUE_PARTS] = { { 0 } };
	int n = mg_kernel_input_count(k), rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = mg_kernel_steal(k, i, &parts[i], err);
	if (rc == 0)
		return mg_queue_put(q, k, parts, err);
	for (int i = 0; i < n; i++)
		mg_tensor_clear(&parts[i]);
	return rc;
}

static int
unstage_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor parts[MG_QUEUE_PARTS] = { { 0 } };
	int rc = mg_queue_take(mg_kernel_state(k), k, parts, err);

	for (int i = 0; i < mg_kernel_output_count(k) && rc == 0; i++)
		mg_kernel_take(k, i, &parts[i]);
	return rc;
}

static int
stage_size_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	int rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err);

	if (rc == 0)
		*MG_DATA(out, int32_t) = (int32_t)mg_queue_size(mg_kernel_state(k));
	return rc;
}

#define MAKER(op) { op, NULL, 0, accumulator_prepare, mg_handle_run, mg_handle_release, MG_KERNEL_NO_FOLD }
#define USER(op, run_) { op, .run = run_, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS }
#define STAGE(op, run_) { op, NULL, 0, stage_prepare, run_, stage_release, MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS }
const mg_kernel mg_kernels_accumulator[] = {
	MAKER("ConditionalAccumulator"), MAKER("ResourceConditionalAccumulator"),
	USER("AccumulatorApplyGradient", apply_run), USER("ResourceAccumulatorApplyGradient", apply_run),
	USER("AccumulatorTakeGradient", take_run), USER("ResourceAccumulatorTakeGradient", take_run),
	USER("AccumulatorNumAccumulated", count_run), USER("ResourceAccumulatorNumAccumulated", count_run),
	USER("AccumulatorSetGlobalStep", set_step_run), USER("ResourceAccumulatorSetGlobalStep", set_step_run),
	STAGE("Stage", stage_run), STAGE("Unstage", unstage_run), STAGE("StageSize", stage_size_run),
	{ .op = NULL }
};
