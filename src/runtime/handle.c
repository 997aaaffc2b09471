/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle.c - handles of named things: queues, readers, tables, iterators and their like.
 *
 * The newer op of a pair gives a resource, whose element is the thing itself.  The older one gives a reference to a
 * string vector of container and name, by which the thing is found in the session.
 */
#include "base/base.h"
#include "base/map.h"
#include "runtime/runtime_internal.h"

typedef struct handle {
	mg_object   *object;
	mg_variable *ref;               /* older ops */
	mg_tensor    value;             /* newer ones */
} handle;

static void
handle_free(handle *h)
{
	if (h->ref)
		mg_object_unref(&h->ref->object);
	mg_tensor_clear(&h->value);
	mg_object_unref(h->object);
	mg_free(h);
}

void
mg_handle_name(const mg_node *node, const char **container, char *name, size_t size)
{
	mg_slice s;

	*container = "";
	if (mg_attr_get_string(&node->attrs, "shared_name", &s) && s.len)
		snprintf(name, size, "%.*s", (int)MG_MIN(s.len, size - 1), s.ptr);
	else
		snprintf(name, size, "%s", node->name);
}

static int
make_ref(handle *h, const char *name, mgreg_error *err)
{
	mg_tensor *t;
	int rc;

	if ((rc = mg_variable_make(&h->ref, name, MGREG_STRING, err)) != 0)
		return rc;
	h->ref->object.kind = mg_kind_ref_variable;
	t = &h->ref->value;
	if ((rc = mg_tensor_init_dims(t, MGREG_STRING, (int64_t[]){ 2 }, 1, err)) != 0)
		return rc;
	return mg_tensor_set_string(t, 1, name, strlen(name), err);
}

int
mg_handle_prepare(mg_kernel_prep *p, const char *kind, int (*make)(void *arg, mg_object **out, mgreg_error *err), void *arg, void **state,
	mg_object **object, mgreg_error *err)
{
	handle *h = mg_calloc(1, sizeof(*h));
	const char *container;
	char name[512];
	int rc = 0;

	if (!h)
		return mg_fail_nomem(err, sizeof(*h));
	mg_handle_name(p->node, &container, name, sizeof(name));
	MG_TRY(mg_session_resource(p->session, container, name, kind, make, arg, &h->object, err));
	if (mg_dtype_base(p->node->output_types[0]) == MGREG_RESOURCE) {
		MG_TRY(mg_tensor_init_dims(&h->value, MGREG_RESOURCE, NULL, 0, err));
		MG_DATA(&h->value, mg_object *)[0] = mg_object_ref(h->object);
	} else {
		MG_TRY(make_ref(h, name, err));
	}
	*state = h;
	if (object)
		*object = h->object;
out:
	if (rc)
		handle_free(h);
	return rc;
}

void
mg_handle_release(void *state)
{
	if (state)
		handle_free(state);
}

int
mg_handle_run(mg_kernel_ctx *k, mgreg_error *err)
{
	handle *h = mg_kernel_state(k);

	if (!h->ref)
		return mg_kernel_share(k, 0, &h->value, err);
	mg_kernel_set_ref(k, 0, h->ref);
	return 0;
}

mg_object *
mg_handle_object(void *state)
{
	return ((handle *)state)->object;
}

mg_object *
mg_session_find_resource(mg_session *s, const char *container, const char *name, const char *kind)
{
	mg_str key = MG_STR_INIT;
	mg_object *found = NULL;

	s = s->top;
	mg_str_printf(&key, "%s\1%s\1%s", kind, container ? container : "", name);
	if (!key.failed) {
		mg_lock(&s->mutex);
		found = mg_map_find(&s->resources, key.ptr);
		if (found)
			mg_object_ref(found);
		mg_unlock(&s->mutex);
	}
	mg_str_clear(&key);
	return found;
}

/* By container and name, or by name alone. */
static int
by_name(mg_session *s, const mg_tensor *t, const char *kind, mg_object **out, mgreg_error *err)
{
	mg_slice container = { "", 0 }, name;
	char c[256], n[512];

	if (t->dtype != MGREG_STRING || t->count < 1 || t->count > 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a handle is a string vector of container and name");
	if (t->count == 2)
		container = mg_tensor_string(t, 0);
	name = mg_tensor_string(t, t->count - 1);
	snprintf(c, sizeof(c), "%.*s", (int)MG_MIN(container.len, sizeof(c) - 1), container.ptr);
	snprintf(n, sizeof(n), "%.*s", (int)MG_MIN(name.len, sizeof(n) - 1), name.ptr);
	*out = mg_session_find_resource(s, c, n, kind);
	return *out ? 0 : mg_fail(err, MGREG_NOT_FOUND, "resource %s/%s (a %s) does not exist", *c ? c : "localhost", n, kind);
}

int
mg_kernel_object(const mg_kernel_ctx *k, int i, const char *kind, mg_object **out, mgreg_error *err)
{
	const mg_tensor *t;
	mg_variable *v;
	mg_object *o;
	int rc;

	if (mg_dtype_is_ref(k->step->node->input_types[i])) {
		if (!(v = mg_kernel_ref(k, i)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is not a handle", i);
		mg_lock(&v->mutex);
		rc = by_name(k->session, &v->value, kind, out, err);
		mg_unlock(&v->mutex);
		return rc;
	}
	t = mg_kernel_input(k, i);
	if (t->dtype == MGREG_STRING)
		return by_name(k->session, t, kind, out, err);
	o = t->dtype == MGREG_RESOURCE && t->count == 1 ? ((mg_object *const *)t->data)[0] : NULL;
	if (!o)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is not a resource handle", i);
	if (strcmp(o->kind, kind))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is the handle of a %s, expected that of a %s", i, o->kind, kind);
	*out = mg_object_ref(o);
	return 0;
}

int
mg_kernel_stopped(const mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_run *r = k->run;

	if (atomic_load_explicit(&k->session->top->epoch, memory_order_relaxed) != r->epoch)
		return mg_fail(err, MGREG_CANCELLED, "the run was cancelled");
	if (r->deadline > 0 && mg_monotonic() > r->deadline)
		return mg_fail_because(err, MGREG_DEADLINE_EXCEEDED, MGREG_REASON_FAILED, "the run took longer than it may");
	return 0;
}
