/* SPDX-License-Identifier: Apache-2.0 */
/* dataset.c - the life of data sets and of iterators over them. */
#include "base/base.h"
#include "runtime/dataset.h"
#include "runtime/kernels/k_common.h"
#include "runtime/runtime_internal.h"

const char mg_kind_dataset[] = "dataset";

void
mg_drop_parts(mg_tensor *parts, int n)
{
	for (int i = 0; parts && i < n; i++)
		mg_tensor_clear(&parts[i]);
}

static void
release(mg_object *o)
{
	mg_dataset *d = (mg_dataset *)o;

	for (int i = 0; i < d->in_count; i++)
		if (d->in[i])
			mg_object_unref(&d->in[i]->object);
	mg_drop_parts(d->tensors, d->tensor_count);
	if (d->memory) {
		mg_drop_parts(d->memory->elements, (int)d->memory->len);
		mg_free(d->memory->elements);
		mg_free(d->memory);
	}
	mg_free(d->in);
	mg_free(d->tensors);
	mg_mutex_clear(&d->mutex);
	mg_free(d);
}

int
mg_dataset_new(mg_dataset **out, mg_session *s, const mg_dataset_kind *kind, int parts, mgreg_error *err)
{
	mg_dataset *d = mg_calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return mg_fail_nomem(err, sizeof(*d));
	if ((rc = mg_mutex_init(&d->mutex, err)) != 0) {
		mg_free(d);
		return rc;
	}
	atomic_init(&d->object.refs, 1);
	d->object.kind = mg_kind_dataset;
	d->object.release = release;
	d->kind = kind;
	d->session = s;
	d->parts = parts;
	d->used = 4;
	*out = d;
	return 0;
}

int
mg_variant_of(mg_tensor *out, mg_object *o, mgreg_error *err)
{
	int rc = mg_tensor_init_dims(out, MGREG_VARIANT, NULL, 0, err);

	if (rc)
		mg_object_unref(o);
	else
		MG_DATA(out, mg_object *)[0] = o;
	return rc;
}

int
mg_dataset_of(const mg_tensor *t, mg_dataset **out, mgreg_error *err)
{
	mg_object *o = t->dtype == MGREG_VARIANT && t->count == 1 && mg_rank(t) == 0 ? ((mg_object *const *)t->data)[0] : NULL;

	if (!o || strcmp(o->kind, mg_kind_dataset))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a dataset is a scalar variant that holds one");
	*out = (mg_dataset *)o;
	return 0;
}

uint32_t
mg_words_next(mg_philox *p, uint32_t words[4], int *used)
{
	if (*used == 4) {
		mg_philox_next(p, words);
		*used = 0;
	}
	return words[(*used)++];
}

/* ---- iterators ---- */

int
mg_walk_begin(mg_walk **out, mg_dataset *d, mgreg_error *err)
{
	mg_walk *w = mg_calloc(1, sizeof(*w));
	int rc = 0;

	if (!w)
		return mg_fail_nomem(err, sizeof(*w));
	w->d = d;
	mg_object_ref(&d->object);
	if (!(w->in = mg_calloc((size_t)d->in_count + 1, sizeof(*w->in)))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < d->in_count; i++)
		MG_TRY(mg_walk_begin(&w->in[i], d->in[i], err));
	if (d->kind->begin)
		MG_TRY(d->kind->begin(w, err));
out:
	if (rc)
		mg_walk_end(w);
	else
		*out = w;
	return rc;
}

int
mg_walk_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int rc;

	*end = false;
	if (k && (rc = mg_kernel_stopped(k, err)) != 0)
		return rc;
	rc = w->d->kind->next(w, k, out, end, err);
	if (rc || *end)
		mg_drop_parts(out, w->d->parts);
	return rc;
}

void
mg_walk_end(mg_walk *w)
{
	if (!w)
		return;
	if (w->d->kind->end)
		w->d->kind->end(w);
	for (int i = 0; w->in && i < w->d->in_count; i++)
		mg_walk_end(w->in[i]);
	mg_free(w->in);
	mg_object_unref(&w->d->object);
	mg_free(w);
}

/* ---- elements into a batch ---- */

int
mg_stack_elements(const mg_tensor *elements, int64_t count, int parts, mg_tensor *out, mgreg_error *err)
{
	char a[256], b[256];
	int rc = 0;

	for (int p = 0; p < parts && rc == 0; p++) {
		const mg_tensor *first = &elements[p];
		int64_t dims[MG_MAX_RANK + 1] = { count };

		if (mg_rank(first) >= MG_MAX_RANK)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "too many dimensions");
		for (int d = 0; d < mg_rank(first); d++)
			dims[d + 1] = mg_dim(first, d);
		rc = mg_tensor_init_dims(&out[p], first->dtype, dims, mg_rank(first) + 1, err);
		for (int64_t i = 0; i < count && rc == 0; i++) {
			const mg_tensor *e = &elements[i * parts + p];

			if (!mg_shape_equal(&e->shape, &first->shape) || e->dtype != first->dtype)
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT,
					"cannot batch tensors with different shapes in component %d: first element had shape %s and element %lld had shape %s", p,
					mg_shape_text(&first->shape, a), (long long)i, mg_shape_text(&e->shape, b));
			else if (e->dtype == MGREG_VARIANT || e->dtype == MGREG_RESOURCE)
				for (int64_t j = 0; j < e->count; j++)
					MG_DATA(&out[p], mg_object *)[i * e->count + j] = mg_object_ref(((mg_object *const *)e->data)[j]);
			else
				rc = mg_k_copy_run(&out[p], i * first->count, e, 0, e->count, err);
		}
	}
	return rc;
}
