/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step.c - handles of things that live as long as a run.
 *
 * The newest ops pass the object itself around (resource).  Before, a handle was two strings, container and name; the run
 * that a session began keeps those objects under their names, as TemporaryVariable's, and drops them at its end.
 */
#include "base/base.h"
#include "base/map.h"
#include "base/str.h"
#include "runtime/runtime_internal.h"

#define CONTAINER "_step_container"

static mg_run *
outermost(mg_run *r)
{
	while (r->parent)
		r = r->parent;
	return r;
}

/* The run keeps O (its reference is taken) under PREFIX and NAME. */
static int
keep(mg_run *r, char prefix, const char *name, mg_object *o, mgreg_error *err)
{
	char key[64];

	snprintf(key, sizeof(key), "\1%c%s", prefix, name);
	if (mg_map_set(&r->temporaries, key, o))
		return 0;
	mg_object_unref(o);
	return mg_fail_nomem(err, sizeof(key));
}

static int
name_pair(mg_tensor *t, const char *name, mgreg_error *err)
{
	int64_t two[1] = { 2 };
	int rc = mg_tensor_init_dims(t, MGREG_STRING, two, 1, err);

	if (rc == 0)
		rc = mg_tensor_set_string(t, 0, CONTAINER, strlen(CONTAINER), err);
	if (rc == 0)
		rc = mg_tensor_set_string(t, 1, name, strlen(name), err);
	if (rc)
		mg_tensor_clear(t);
	return rc;
}

static int
put_reference(mg_kernel_ctx *k, int i, mg_run *r, const char *name, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_variable_make(&v, name, MGREG_STRING, err);

	if (rc)
		return rc;
	v->object.kind = "handle";
	if ((rc = name_pair(&v->value, name, err)) != 0) {
		mg_object_unref(&v->object);
		return rc;
	}
	if ((rc = keep(r, 'v', name, &v->object, err)) == 0)
		mg_kernel_set_ref(k, i, v);
	return rc;
}

int
mg_kernel_handle_put(mg_kernel_ctx *k, int i, mg_object *o, mgreg_error *err)
{
	int type = mg_kernel_output_type(k, i), rc;
	mg_run *r = outermost(k->run);
	mg_tensor t = { 0 };
	char name[48];

	if (type == MGREG_RESOURCE) {
		if ((rc = mg_tensor_init_dims(&t, MGREG_RESOURCE, NULL, 0, err)) != 0) {
			mg_object_unref(o);
			return rc;
		}
		MG_DATA(&t, mg_object *)[0] = o;
		mg_kernel_take(k, i, &t);
		return 0;
	}
	snprintf(name, sizeof(name), "%.16s_%llu", o->kind, (unsigned long long)r->temporaries.len);
	if ((rc = keep(r, 'o', name, o, err)) != 0)
		return rc;
	if (mg_dtype_is_ref(type))
		return put_reference(k, i, r, name, err);
	if ((rc = name_pair(&t, name, err)) == 0)
		mg_kernel_take(k, i, &t);
	return rc;
}

int
mg_kernel_handle_get(mg_kernel_ctx *k, int i, const char *kind, mg_object **out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, i);
	mg_object *o = NULL;

	if (t->dtype == MGREG_RESOURCE && t->count == 1) {
		o = ((mg_object *const *)t->data)[0];
	} else if (t->dtype == MGREG_STRING && t->count == 2) {
		mg_slice name = mg_tensor_string(t, 1);
		char key[64];

		snprintf(key, sizeof(key), "\1o%.*s", (int)MG_MIN(name.len, 56), name.ptr);
		o = mg_map_find(&outermost(k->run)->temporaries, key);
		if (!o)
			return mg_fail(err, MGREG_NOT_FOUND, "there is no %s of the name '%.*s' in this run", kind, (int)name.len, name.ptr);
	}
	if (!o)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is not the handle of a %s", i, kind);
	if (o->kind != kind)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is the handle of a %s, expected that of a %s", i, o->kind, kind);
	*out = o;
	return 0;
}
