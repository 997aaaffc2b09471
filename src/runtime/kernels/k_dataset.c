/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_dataset.c - the ops of data sets and iterators.
 *
 * Every kind of data set is one row here with the same prepare and run: prepare finds the kind by the op's name, run makes the
 * data set, fetches its function and captured arguments, and lets the kind read the rest.
 */
#include "base/base.h"
#include "runtime/dataset.h"
#include "runtime/kernels/k_common.h"
#include "runtime/runtime_internal.h"

/* ---- data sets ---- */

static const mg_dataset_kind *
find_kind(const char *op)
{
	const mg_dataset_kind *const lists[] = { mg_dataset_sources, mg_dataset_transforms, mg_dataset_functions };

	for (size_t i = 0; i < MG_COUNT(lists); i++)
		for (const mg_dataset_kind *kind = lists[i]; kind->op; kind++)
			if (!strcmp(kind->op, op))
				return kind;
	return NULL;
}

static int
dataset_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	(void)err;
	*state = (void *)find_kind(p->node->op_name);
	assert(*state);
	return 0;
}

static int
take_inputs(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int n = d->kind->inputs < 0 ? mg_kernel_input_count(k) : d->kind->inputs, rc = 0;

	if (!(d->in = mg_calloc((size_t)n + 1, sizeof(*d->in))))
		return mg_fail_nomem(err, 0);
	for (; d->in_count < n && rc == 0; d->in_count += rc == 0)
		if ((rc = mg_dataset_of(mg_kernel_input(k, d->in_count), &d->in[d->in_count], err)) == 0)
			mg_object_ref(&d->in[d->in_count]->object);
	return rc;
}

static int
take_function(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *types;
	int rc;

	if ((rc = mg_function_of_attr(d->session, mg_kernel_attrs(k), d->kind->function, &d->function, err)) != 0)
		return rc;
	if (!mg_attr_get_list(mg_kernel_attrs(k), d->kind->arguments, &types))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the dataset has no %s", d->kind->arguments);
	d->captured = (int)types->n_type;
	if (d->captured > mg_kernel_input_count(k) - d->in_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the dataset lacks captured arguments");
	if (!(d->tensors = mg_calloc((size_t)d->captured + 1, sizeof(*d->tensors))))
		return mg_fail_nomem(err, 0);
	for (; d->tensor_count < d->captured && rc == 0; d->tensor_count += rc == 0) {
		const mg_tensor *t = mg_kernel_input(k, d->in_count + d->tensor_count);

		rc = mg_dtype_is_memcpy(t->dtype) ? mg_tensor_copy(&d->tensors[d->tensor_count], t, err) : mg_tensor_share(&d->tensors[d->tensor_count], t, err);
	}
	return rc;
}

static int
dataset_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_dataset_kind *kind = mg_kernel_state(k);
	mg_tensor t = { 0 };
	mg_dataset *d;
	int rc;

	if ((rc = mg_dataset_new(&d, mg_kernel_session(k), kind, 1, err)) != 0)
		return rc;
	MG_TRY(take_inputs(k, d, err));
	if (kind->function)
		MG_TRY(take_function(k, d, err));
	if (kind->make)
		MG_TRY(kind->make(k, d, err));
	mg_object_ref(&d->object);
	MG_TRY(mg_variant_of(&t, &d->object, err));
	mg_kernel_take(k, 0, &t);
out:
	mg_object_unref(&d->object);
	return rc;
}

static int
identity_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_kernel_share(k, 0, mg_kernel_input(k, 0), err);
}

/* ---- iterators ---- */

static const char kind_iterator[] = "iterator";

typedef struct iterator {
	mg_object object;
	mg_mutex  mutex;                /* one GetNext at a time */
	char     *name;
	mg_walk  *walk;                 /* NULL: not initialized */
	bool      over;
} iterator;

static void
iterator_release(mg_object *o)
{
	iterator *it = (iterator *)o;

	mg_walk_end(it->walk);
	mg_mutex_clear(&it->mutex);
	mg_free(it->name);
	mg_free(it);
}

static int
iterator_make(void *arg, mg_object **out, mgreg_error *err)
{
	iterator *it = mg_calloc(1, sizeof(*it));
	int rc;

	if (!it)
		return mg_fail_nomem(err, sizeof(*it));
	if (!(it->name = mg_strdup(arg)) || (rc = mg_mutex_init(&it->mutex, err)) != 0) {
		rc = it->name ? rc : mg_fail_nomem(err, 0);
		mg_free(it->name);
		mg_free(it);
		return rc;
	}
	atomic_init(&it->object.refs, 1);
	it->object.kind = kind_iterator;
	it->object.release = iterator_release;
	*out = &it->object;
	return 0;
}

static int
iterator_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	const char *container;
	char name[512];

	mg_handle_name(p->node, &container, name, sizeof(name));
	return mg_handle_prepare(p, kind_iterator, iterator_make, name, state, NULL, err);
}

static int
get_iterator(mg_kernel_ctx *k, int i, iterator **out, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_object(k, i, kind_iterator, &o, err);

	if (rc == 0)
		*out = (iterator *)o;
	return rc;
}

/* The iterator starts over with D; its mutex is held. */
static int
start(iterator *it, mg_dataset *d, mgreg_error *err)
{
	mg_walk *walk = NULL;
	int rc = mg_walk_begin(&walk, d, err);

	if (rc)
		return rc;
	mg_walk_end(it->walk);
	it->walk = walk;
	it->over = false;
	return 0;
}

static int
make_iterator_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_dataset *d;
	iterator *it;
	int rc;

	if ((rc = mg_dataset_of(mg_kernel_input(k, 0), &d, err)) != 0 || (rc = get_iterator(k, 1, &it, err)) != 0)
		return rc;
	mg_lock(&it->mutex);
	rc = start(it, d, err);
	mg_unlock(&it->mutex);
	mg_object_unref(&it->object);
	return rc;
}

/* The factory gives the data set when the iterator is first looked at. */
static int
one_shot_run(mg_kernel_ctx *k, mgreg_error *err)
{
	iterator *it = (iterator *)mg_handle_object(mg_kernel_state(k));
	mg_function *factory;
	mg_tensor made = { 0 };
	mg_dataset *d;
	int rc = 0;

	mg_lock(&it->mutex);
	if (!it->walk) {
		MG_TRY(mg_function_of_attr(mg_kernel_session(k), mg_kernel_attrs(k), "dataset_factory", &factory, err));
		if (mg_function_result_count(factory) != 1) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the dataset_factory function must return a single scalar of dtype variant");
			goto out;
		}
		MG_TRY(mg_function_call(factory, k, NULL, 0, &made, err));
		MG_TRY(mg_dataset_of(&made, &d, err));
		MG_TRY(start(it, d, err));
	}
out:
	mg_unlock(&it->mutex);
	mg_tensor_clear(&made);
	return rc ? rc : mg_handle_run(k, err);
}

/* Types and shapes that the node announces. */
static int
check_element(mg_kernel_ctx *k, const mg_tensor *parts, int n, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *types, *shapes;
	char a[256], b[256];
	int rc = 0;

	if (!mg_attr_get_list(mg_kernel_attrs(k), "output_types", &types) || !mg_attr_get_list(mg_kernel_attrs(k), "output_shapes", &shapes))
		return 0;
	if ((int)types->n_type != n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "number of components does not match: expected %zu types but got %d", types->n_type, n);
	for (int i = 0; i < n && rc == 0; i++) {
		mg_shape want = MG_SHAPE_UNKNOWN;

		if (parts[i].dtype != mg_dtype_base((int)types->type[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "data type mismatch at component %d: expected %s but got %s", i, mg_dtype_name((int)types->type[i]),
				mg_dtype_name(parts[i].dtype));
		if ((size_t)i < shapes->n_shape && (rc = mg_shape_from_proto(&want, shapes->shape[i], err)) == 0 && !mg_shape_compatible(&parts[i].shape, &want))
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "incompatible shapes at component %d: expected %s but got %s", i, mg_shape_text(&want, a),
				mg_shape_text(&parts[i].shape, b));
		mg_shape_clear(&want);
	}
	return rc;
}

/* The next element into PARTS (*N of them, on the heap), or *END. */
static int
advance(mg_kernel_ctx *k, iterator *it, mg_tensor **parts, int *n, bool *end, mgreg_error *err)
{
	int rc;

	mg_lock(&it->mutex);
	*parts = NULL;
	*end = it->over;
	if (!it->walk) {
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "GetNext() failed because the iterator '%s' has not been initialized: run its initializer first", it->name);
	} else {
		*n = it->walk->d->parts;
		*parts = mg_calloc((size_t)*n + 1, sizeof(**parts));
		rc = !*parts ? mg_fail_nomem(err, 0) : it->over ? 0 : mg_walk_next(it->walk, k, *parts, end, err);
		it->over = rc == 0 && *end;
	}
	mg_unlock(&it->mutex);
	if (rc) {
		mg_free(*parts);
		*parts = NULL;
	}
	return rc;
}

static int
get_next_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *parts = NULL;
	iterator *it;
	bool end;
	int n = 0, rc;

	if ((rc = get_iterator(k, 0, &it, err)) != 0)
		return rc;
	MG_TRY(advance(k, it, &parts, &n, &end, err));
	if (end) {
		rc = mg_fail(err, MGREG_OUT_OF_RANGE, "end of sequence");
		goto out;
	}
	if (n != mg_kernel_output_count(k)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "number of components does not match: expected %d types but got %d", mg_kernel_output_count(k), n);
		goto out;
	}
	MG_TRY(check_element(k, parts, n, err));
	for (int i = 0; i < n; i++)
		mg_kernel_take(k, i, &parts[i]);
out:
	mg_drop_parts(parts, n);
	mg_free(parts);
	mg_object_unref(&it->object);
	return rc;
}

static int
to_string_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor t = { 0 };
	iterator *it;
	int rc = get_iterator(k, 0, &it, err);

	if (rc)
		return rc;
	if ((rc = mg_tensor_init_string(&t, it->name, strlen(it->name), err)) == 0)
		mg_kernel_take(k, 0, &t);
	mg_object_unref(&it->object);
	return rc;
}

static int
from_string_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *text = mg_kernel_input(k, 0);
	mg_tensor t = { 0 };
	iterator *it;
	int rc;

	if (mg_rank(text))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "string_handle must be a scalar");
	if ((rc = get_iterator(k, 0, &it, err)) != 0)
		return rc;
	if ((rc = mg_tensor_init_dims(&t, MGREG_RESOURCE, NULL, 0, err)) != 0) {
		mg_object_unref(&it->object);
		return rc;
	}
	MG_DATA(&t, mg_object *)[0] = &it->object;
	mg_kernel_take(k, 0, &t);
	return 0;
}

/* An iterator of nobody's: it lives as long as its handle. */
static int
anonymous_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor t = { 0 };
	mg_object *o;
	char name[] = "anonymous";
	int rc = iterator_make(name, &o, err);

	if (rc)
		return rc;
	if ((rc = mg_tensor_init_dims(&t, MGREG_RESOURCE, NULL, 0, err)) != 0) {
		mg_object_unref(o);
		return rc;
	}
	MG_DATA(&t, mg_object *)[0] = o;
	mg_kernel_take(k, 0, &t);
	if (mg_kernel_output_count(k) < 2)
		return 0;
	if ((rc = mg_variant_of(&t, mg_object_ref(o), err)) == 0)
		mg_kernel_take(k, 1, &t);
	return rc;
}

static int
nothing_run(mg_kernel_ctx *k, mgreg_error *err)
{
	(void)k, (void)err;
	return 0;
}

/* ---- without an iterator: the one element; a fold over all ---- */

static int
single_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *parts = NULL, *more = NULL;
	mg_walk *w = NULL;
	mg_dataset *d;
	bool end;
	int rc;

	if ((rc = mg_dataset_of(mg_kernel_input(k, 0), &d, err)) != 0)
		return rc;
	parts = mg_calloc((size_t)d->parts + 1, sizeof(*parts));
	more = mg_calloc((size_t)d->parts + 1, sizeof(*more));
	if (!parts || !more) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_walk_begin(&w, d, err));
	MG_TRY(mg_walk_next(w, k, parts, &end, err));
	if (end) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "dataset was empty");
		goto out;
	}
	MG_TRY(mg_walk_next(w, k, more, &end, err));
	if (!end || d->parts != mg_kernel_output_count(k)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, end ? "the dataset's element has another number of parts" : "dataset had more than one element");
		goto out;
	}
	MG_TRY(check_element(k, parts, d->parts, err));
	for (int i = 0; i < d->parts; i++)
		mg_kernel_take(k, i, &parts[i]);
out:
	mg_drop_parts(parts, d->parts);
	mg_drop_parts(more, d->parts);
	mg_free(parts);
	mg_free(more);
	mg_walk_end(w);
	return rc;
}

static int
reduce_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int states = mg_kernel_output_count(k), captured = mg_kernel_input_count(k) - 1 - states, rc;
	mg_tensor *values = NULL, *results = NULL;
	const mg_tensor **args = NULL;
	mg_function *f;
	mg_walk *w = NULL;
	mg_dataset *d;
	bool end = false;

	if ((rc = mg_dataset_of(mg_kernel_input(k, 0), &d, err)) != 0 || (rc = mg_function_of_attr(mg_kernel_session(k), mg_kernel_attrs(k), "f", &f, err)) != 0)
		return rc;
	if (captured < 0 || mg_function_result_count(f) != states)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the function of a reduction must give the %d parts of its state", states);
	values = mg_calloc((size_t)(states + d->parts) + 1, sizeof(*values));
	results = mg_calloc((size_t)states + 1, sizeof(*results));
	args = mg_calloc((size_t)(states + d->parts + captured) + 1, sizeof(*args));
	if (!values || !results || !args) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < states + d->parts + captured; i++)
		args[i] = i < states + d->parts ? &values[i] : mg_kernel_input(k, 1 + states + (i - states - d->parts));
	for (int i = 0; i < states; i++)
		MG_TRY(mg_tensor_share(&values[i], mg_kernel_input(k, 1 + i), err));
	MG_TRY(mg_walk_begin(&w, d, err));
	for (;;) {
		MG_TRY(mg_walk_next(w, k, values + states, &end, err));
		if (end)
			break;
		MG_TRY(mg_function_call(f, k, args, states + d->parts + captured, results, err));
		mg_drop_parts(values, states + d->parts);
		for (int i = 0; i < states; i++)
			mg_tensor_move(&values[i], &results[i]);
	}
	for (int i = 0; i < states; i++)
		mg_kernel_take(k, i, &values[i]);
out:
	mg_drop_parts(values, values ? states + d->parts : 0);
	mg_drop_parts(results, results ? states : 0);
	mg_free(values);
	mg_free(results);
	mg_free(args);
	mg_walk_end(w);
	return rc;
}

/* ---- optionals: perhaps an element ---- */

static const char kind_optional[] = "optional";

typedef struct optional {
	mg_object  object;
	mg_tensor *parts;               /* NULL: none */
	int        n;
} optional;

static void
optional_release(mg_object *o)
{
	optional *v = (optional *)o;

	mg_drop_parts(v->parts, v->n);
	mg_free(v->parts);
	mg_free(v);
}

/* Takes PARTS (may be NULL). */
static int
put_optional(mg_kernel_ctx *k, mg_tensor *parts, int n, mgreg_error *err)
{
	optional *v = mg_calloc(1, sizeof(*v));
	mg_tensor t = { 0 };
	int rc;

	if (!v) {
		mg_drop_parts(parts, n);
		mg_free(parts);
		return mg_fail_nomem(err, sizeof(*v));
	}
	atomic_init(&v->object.refs, 1);
	v->object.kind = kind_optional;
	v->object.release = optional_release;
	v->parts = parts;
	v->n = parts ? n : 0;
	if ((rc = mg_variant_of(&t, &v->object, err)) == 0)
		mg_kernel_take(k, 0, &t);
	return rc;
}

static int
get_optional(mg_kernel_ctx *k, optional **out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 0);
	mg_object *o = t->count == 1 ? ((mg_object *const *)t->data)[0] : NULL;

	if (!o || strcmp(o->kind, kind_optional))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the input is not an optional");
	*out = (optional *)o;
	return 0;
}

static int
next_optional_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *parts = NULL;
	iterator *it;
	bool end;
	int n = 0, rc;

	if ((rc = get_iterator(k, 0, &it, err)) != 0)
		return rc;
	rc = advance(k, it, &parts, &n, &end, err);
	mg_object_unref(&it->object);
	if (rc)
		return rc;
	if (end) {
		mg_free(parts);
		parts = NULL;
	}
	return put_optional(k, parts, n, err);
}

static int
from_value_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int n = mg_kernel_input_count(k), rc = 0;
	mg_tensor *parts = mg_calloc((size_t)n + 1, sizeof(*parts));

	if (!parts)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n && rc == 0; i++)
		rc = mg_tensor_share(&parts[i], mg_kernel_input(k, i), err);
	if (rc == 0)
		return put_optional(k, parts, n, err);
	mg_drop_parts(parts, n);
	mg_free(parts);
	return rc;
}

static int none_run(mg_kernel_ctx *k, mgreg_error *err) { return put_optional(k, NULL, 0, err); }

static int
has_value_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	optional *v = NULL;
	int rc = get_optional(k, &v, err);

	if (rc == 0 && (rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, bool) = v->parts != NULL;
	return rc;
}

static int
get_value_run(mg_kernel_ctx *k, mgreg_error *err)
{
	optional *v = NULL;
	int rc = get_optional(k, &v, err);

	if (rc)
		return rc;
	if (!v->parts || v->n != mg_kernel_output_count(k))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the given optional does not have a value of these parts");
	if ((rc = check_element(k, v->parts, v->n, err)) != 0)
		return rc;
	for (int i = 0; i < v->n && rc == 0; i++)
		rc = mg_kernel_share(k, i, &v->parts[i], err);
	return rc;
}

#define DATASET(op) { op, NULL, 0, dataset_prepare, dataset_run, NULL, MG_KERNEL_NO_FOLD }
#define ITERATOR(op, run_) { op, NULL, 0, iterator_prepare, run_, mg_handle_release, MG_KERNEL_NO_FOLD }
#define USER(op, run_) { op, .run = run_, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS }
const mg_kernel mg_kernels_dataset[] = {
	DATASET("TensorDataset"), DATASET("TensorSliceDataset"), DATASET("SparseTensorSliceDataset"), DATASET("RangeDataset"), DATASET("RandomDataset"),
	DATASET("ExperimentalRandomDataset"), DATASET("TFRecordDataset"), DATASET("TextLineDataset"), DATASET("FixedLengthRecordDataset"),
	DATASET("FixedLengthRecordDatasetV2"), DATASET("RepeatDataset"), DATASET("SkipDataset"), DATASET("TakeDataset"), DATASET("ShardDataset"),
	DATASET("ConcatenateDataset"), DATASET("ZipDataset"), DATASET("ShuffleDataset"), DATASET("ShuffleAndRepeatDataset"), DATASET("BatchDataset"),
	DATASET("BatchDatasetV2"), DATASET("PaddedBatchDataset"), DATASET("PaddedBatchDatasetV2"), DATASET("UnbatchDataset"),
	DATASET("ExperimentalUnbatchDataset"), DATASET("CacheDataset"), DATASET("WindowDataset"), DATASET("SlidingWindowDataset"),
	DATASET("ExperimentalSlidingWindowDataset"), DATASET("SlideDataset"), DATASET("IgnoreErrorsDataset"), DATASET("ExperimentalIgnoreErrorsDataset"),
	DATASET("PrefetchDataset"), DATASET("OptimizeDataset"), DATASET("OptimizeDatasetV2"), DATASET("ModelDataset"), DATASET("OptionsDataset"),
	DATASET("FinalizeDataset"), DATASET("AssertNextDataset"), DATASET("ExperimentalAssertNextDataset"), DATASET("NonSerializableDataset"),
	DATASET("ExperimentalNonSerializableDataset"), DATASET("MaxIntraOpParallelismDataset"), DATASET("ExperimentalMaxIntraOpParallelismDataset"),
	DATASET("PrivateThreadPoolDataset"), DATASET("ExperimentalPrivateThreadPoolDataset"), DATASET("LatencyStatsDataset"),
	DATASET("ExperimentalLatencyStatsDataset"), DATASET("BytesProducedStatsDataset"), DATASET("ExperimentalBytesProducedStatsDataset"),
	DATASET("MapDataset"), DATASET("ParallelMapDataset"), DATASET("ParallelMapDatasetV2"), DATASET("ExperimentalMapDataset"),
	DATASET("MapAndBatchDataset"), DATASET("MapAndBatchDatasetV2"), DATASET("ExperimentalMapAndBatchDataset"),
	DATASET("ExperimentalNumaMapAndBatchDataset"), DATASET("FilterDataset"), DATASET("TakeWhileDataset"), DATASET("ExperimentalTakeWhileDataset"),
	DATASET("FilterByLastComponentDataset"), DATASET("FlatMapDataset"), DATASET("InterleaveDataset"), DATASET("ParallelInterleaveDataset"),
	DATASET("ExperimentalParallelInterleaveDataset"), DATASET("ParallelInterleaveDatasetV2"), DATASET("ParallelInterleaveDatasetV3"),
	DATASET("ParallelInterleaveDatasetV4"), DATASET("LegacyParallelInterleaveDatasetV2"), DATASET("SloppyInterleaveDataset"), DATASET("ScanDataset"),
	DATASET("ExperimentalScanDataset"), DATASET("GroupByWindowDataset"), DATASET("ExperimentalGroupByWindowDataset"),
	{ "WrapDatasetVariant", .run = identity_run, .flags = MG_KERNEL_NO_FOLD }, { "UnwrapDatasetVariant", .run = identity_run, .flags = MG_KERNEL_NO_FOLD },
	ITERATOR("Iterator", mg_handle_run), ITERATOR("IteratorV2", mg_handle_run), ITERATOR("OneShotIterator", one_shot_run),
	USER("MakeIterator", make_iterator_run), USER("IteratorGetNext", get_next_run), USER("IteratorGetNextSync", get_next_run),
	USER("IteratorGetNextAsOptional", next_optional_run), USER("IteratorToStringHandle", to_string_run),
	USER("IteratorFromStringHandle", from_string_run), USER("IteratorFromStringHandleV2", from_string_run),
	USER("AnonymousIterator", anonymous_run), USER("AnonymousIteratorV2", anonymous_run), USER("DeleteIterator", nothing_run),
	USER("DatasetToSingleElement", single_run), USER("ReduceDataset", reduce_run),
	USER("OptionalFromValue", from_value_run), USER("OptionalNone", none_run), USER("OptionalHasValue", has_value_run),
	USER("OptionalGetValue", get_value_run),
	{ .op = NULL }
};
