/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variable.c - variables: reference and resource ones are the same thing under two kinds of names.
 *
 * A reference variable is written in place: whoever read it in the same run may see the new value, as in TensorFlow.
 * A resource variable is copied before a write while somebody else holds its bytes (mg_variable_own).
 */
#include "base/base.h"
#include "base/map.h"
#include "base/str.h"
#include "runtime/runtime_internal.h"

const char mg_kind_variable[] = "variable";
const char mg_kind_ref_variable[] = "ref variable";

static void
release(mg_object *o)
{
	mg_variable *v = (mg_variable *)o;

	mg_tensor_clear(&v->value);
	mg_shape_clear(&v->declared);
	mg_mutex_clear(&v->mutex);
	mg_free(v->name);
	mg_free(v);
}

int
mg_variable_make(mg_variable **out, const char *name, mg_dtype dtype, mgreg_error *err)
{
	mg_variable *v = mg_calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return mg_fail_nomem(err, sizeof(*v));
	v->name = mg_strdup(name);
	rc = v->name ? mg_mutex_init(&v->mutex, err) : mg_fail_nomem(err, strlen(name));
	if (rc) {
		mg_free(v->name);
		mg_free(v);
		return rc;
	}
	atomic_init(&v->object.refs, 1);
	v->object.release = release;
	v->dtype = dtype;
	v->declared = MG_SHAPE_UNKNOWN;
	*out = v;
	return 0;
}

typedef struct wanted {
	const char *name, *kind;
	mg_dtype    dtype;
} wanted;

static int
make(void *arg, mg_object **out, mgreg_error *err)
{
	const wanted *w = arg;
	mg_variable *v;
	int rc = mg_variable_make(&v, w->name, w->dtype, err);

	if (rc == 0) {
		v->object.kind = w->kind;
		*out = &v->object;
	}
	return rc;
}

static int
find_or_make(mg_session *s, const char *kind, const char *container, const char *name, mg_dtype dtype, mg_variable **out, mgreg_error *err)
{
	wanted w = { name, kind, dtype };
	mg_object *o;
	mg_variable *v;
	int rc = mg_session_resource(s, container, name, kind, make, &w, &o, err);

	if (rc)
		return rc;
	v = (mg_variable *)o;
	if (v->dtype != dtype) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, is also used with dtype %s", name,
			mg_dtype_name(v->dtype), mg_dtype_name(dtype));
		mg_object_unref(o);
		return rc;
	}
	*out = v;
	return 0;
}

int
mg_session_ref_variable(mg_session *s, const char *container, const char *name, mg_dtype dtype, mg_variable **out, mgreg_error *err)
{
	return find_or_make(s, mg_kind_ref_variable, container, name, dtype, out, err);
}

int
mg_session_resource_variable(mg_session *s, const char *container, const char *name, mg_dtype dtype, mg_variable **out, mgreg_error *err)
{
	return find_or_make(s, mg_kind_variable, container, name, dtype, out, err);
}

int
mg_fail_uninitialized(mgreg_error *err, const char *name)
{
	return mg_fail(err, MGREG_FAILED_PRECONDITION, "attempting to use uninitialized value %s", name);
}

int
mg_variable_own(mg_variable *v, mgreg_error *err)
{
	mg_tensor copy = { 0 };
	int rc;

	if (!v->value.buffer || !mg_buffer_is_shared(v->value.buffer))
		return 0;
	if ((rc = mg_tensor_copy(&copy, &v->value, err)) != 0)
		return rc;
	mg_tensor_clear(&v->value);
	mg_tensor_move(&v->value, &copy);
	return 0;
}

int
mg_kernel_resource_variable(const mg_kernel_ctx *k, int i, mg_variable **out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, i);
	mg_object *o = t->dtype == MGREG_RESOURCE && t->count == 1 ? ((mg_object *const *)t->data)[0] : NULL;

	if (!o)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is not a resource handle", i);
	if (o->kind != mg_kind_variable)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is the handle of a %s, expected that of a variable", i, o->kind);
	*out = (mg_variable *)o;
	return 0;
}

/* ---- by name, for the outside ---- */

static bool
is_variable_op(const char *op, const char **kind)
{
	if (!strcmp(op, "Variable") || !strcmp(op, "VariableV2"))
		*kind = mg_kind_ref_variable;
	else if (!strcmp(op, "VarHandleOp"))
		*kind = mg_kind_variable;
	else
		return false;
	return true;
}

/* The shape a node declares.  The old Variable writes a scalar where it means "not known". */
static void
declare(mg_variable *v, const mg_node *n)
{
	mg_shape shape = MG_SHAPE_UNKNOWN;

	if (!mg_attr_get_shape(&n->attrs, "shape", &shape) || (shape.rank == 0 && !strcmp(n->op_name, "Variable")))
		return;
	mg_lock(&v->mutex);
	if (v->declared.rank == MG_RANK_UNKNOWN)
		mg_shape_copy(&v->declared, &shape, NULL);
	mg_unlock(&v->mutex);
	mg_shape_clear(&shape);
}

/* The variable that node N stands for, made if it is not there yet. */
static int
of_node(mg_session *s, const mg_node *n, const char *kind, mg_variable **out, mgreg_error *err)
{
	mg_slice shared = { "", 0 }, container = { "", 0 };
	char *name, *box;
	int dtype = MGREG_INVALID, rc;

	mg_attr_get_string(&n->attrs, "shared_name", &shared);
	mg_attr_get_string(&n->attrs, "container", &container);
	mg_attr_get_type(&n->attrs, "dtype", &dtype);
	name = shared.len ? mg_strndup(shared.ptr, shared.len) : mg_strdup(n->name);
	box = mg_strndup(container.ptr, container.len);
	rc = name && box ? find_or_make(s, kind, box, name, (mg_dtype)dtype, out, err) : mg_fail_nomem(err, 0);
	if (rc == 0)
		declare(*out, n);
	mg_free(name);
	mg_free(box);
	return rc;
}

int
mg_node_variable(mg_session *s, const mg_node *node, mg_variable **out, mgreg_error *err)
{
	const char *kind;

	if (!is_variable_op(node->op_name, &kind))
		return mg_fail(err, MGREG_INTERNAL, "node '%s' is not a variable", node->name);
	return of_node(s, node, kind, out, err);
}

/* The variable NAME as a node of the graph, or as the shared name of one that has been used. */
static int
by_name(mg_session *s, const char *name, mg_variable **out, mgreg_error *err)
{
	mg_node *n = mg_graph_find(s->graph, name);
	const char *kind;
	mg_variable *v = NULL;
	mg_map_item item;

	if (n && is_variable_op(n->op_name, &kind))
		return of_node(s, n, kind, out, err);
	mg_lock(&s->mutex);
	for (void *it = NULL; !v && (it = mg_map_next(&s->resources, it, &item)); ) {
		mg_object *o = item.value;

		if ((o->kind == mg_kind_variable || o->kind == mg_kind_ref_variable) && !strcmp(((mg_variable *)o)->name, name))
			v = (mg_variable *)mg_object_ref(o);
	}
	mg_unlock(&s->mutex);
	if (!v)
		return mg_fail(err, MGREG_NOT_FOUND, "there is no variable '%s'", name);
	*out = v;
	return 0;
}

int
mg_session_variable_get(mg_session *s, const char *name, mg_tensor *out, mgreg_error *err)
{
	mg_variable *v;
	int rc = by_name(s, name, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	rc = mg_tensor_is_set(&v->value) ? mg_tensor_copy(out, &v->value, err) : mg_fail_uninitialized(err, name);
	mg_unlock(&v->mutex);
	mg_object_unref(&v->object);
	return rc;
}

int
mg_session_variable_set(mg_session *s, const char *name, const mg_tensor *value, mgreg_error *err)
{
	mg_variable *v;
	mg_tensor copy = { 0 };
	int rc = by_name(s, name, &v, err);

	if (rc)
		return rc;
	if (value->dtype != v->dtype)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, cannot take a value of dtype %s", name,
			mg_dtype_name(v->dtype), mg_dtype_name(value->dtype));
	else
		rc = mg_tensor_copy(&copy, value, err);
	if (rc == 0) {
		mg_lock(&v->mutex);
		mg_tensor_clear(&v->value);
		mg_tensor_move(&v->value, &copy);
		mg_unlock(&v->mutex);
	}
	mg_object_unref(&v->object);
	return rc;
}

bool
mg_session_variable_is_set(mg_session *s, const char *name)
{
	mg_variable *v;
	bool set;

	if (by_name(s, name, &v, NULL) != 0)
		return false;
	mg_lock(&v->mutex);
	set = mg_tensor_is_set(&v->value);
	mg_unlock(&v->mutex);
	mg_object_unref(&v->object);
	return set;
}
