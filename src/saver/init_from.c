/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init_from.c - init_from_checkpoint and warm start: a variable's initializer becomes a read of a checkpoint.
 *
 *   checkpoint_initializer   RestoreV2 on a CPU, its prefix a constant; then an Assign of its own, as a saver's
 *
 * Everything is found and compared before the first node is made.  The nodes of the first initializer stay, unused.
 */
#include "base/base.h"
#include <stdlib.h>
#include "base/regex.h"
#include "saver/saver_internal.h"

/* One variable and the tensor that it starts from. */
typedef struct start {
	const mg_variable_record *v;
	const char *tensor, *slice;
	mg_output   handle, read;
} start;

typedef struct starts {
	mg_graph   *g;
	mg_ckpt    *ckpt;
	const char *prefix;
	mg_arena   *arena;
	MG_VEC(start) at;
	mgreg_error *err;
} starts;

/* The name that the world knows a variable by: of a part, that of the whole. */
static const char *
name_of(starts *s, const mg_variable_record *v)
{
	if (v->slice)
		return v->slice->full_name;
	return mg_arena_strndup(s->arena, v->variable_name, strcspn(v->variable_name, ":"));
}

static const mg_shape *
shape_of(const mg_variable_record *v, mg_output handle)
{
	return v->is_resource && handle.node->handle_shapes ? &handle.node->handle_shapes[handle.index] : mg_output_shape(handle);
}

static const char *
spec_of(starts *s, const mg_variable_record *v)
{
	mg_str text = MG_STR_INIT;
	const char *out;

	for (int i = 0; v->slice && i < v->slice->rank; i++)
		mg_str_printf(&text, "%lld ", (long long)v->slice->full_shape[i]);
	for (int i = 0; v->slice && i < v->slice->rank; i++)
		mg_str_printf(&text, "%s%lld,%lld", i ? ":" : "", (long long)v->slice->var_offset[i], (long long)v->slice->var_shape[i]);
	out = text.failed ? NULL : mg_arena_strdup(s->arena, text.ptr);
	mg_str_clear(&text);
	return out;
}

static int
check_shape(starts *s, const start *it, const mg_ckpt_entry *entry)
{
	mg_shape full = MG_SHAPE_SCALAR;
	const mg_shape *want = shape_of(it->v, it->handle);
	char a[256], b[256];
	int rc = 0;

	if (it->v->slice) {
		if ((rc = mg_shape_set(&full, it->v->slice->full_shape, it->v->slice->rank, s->err)) != 0)
			return rc;
		want = &full;
	}
	if (!mg_shape_compatible(want, &entry->shape))
		rc = mg_fail(s->err, MGREG_INVALID_ARGUMENT, "shape %s of variable '%s' does not match shape %s of tensor '%s' in '%s'",
			mg_shape_text(want, a), it->v->variable_name, mg_shape_text(&entry->shape, b), it->tensor, s->prefix);
	else if (mg_dtype_base(entry->dtype) != mg_output_type(it->read))
		rc = mg_fail(s->err, MGREG_INVALID_ARGUMENT, "variable '%s' is %s, tensor '%s' in '%s' is %s", it->v->variable_name,
			mg_dtype_name(mg_output_type(it->read)), it->tensor, s->prefix, mg_dtype_name(entry->dtype));
	mg_shape_clear(&full);
	return rc;
}

static int
add_start(starts *s, const mg_variable_record *v, const char *tensor)
{
	start it = { .v = v, .tensor = tensor, .slice = spec_of(s, v) };
	mg_ckpt_entry entry;
	int rc;

	if (!it.slice)
		return mg_fail_nomem(s->err, 0);
	if ((rc = mg_variable_outputs(s->g, v, &it.handle, &it.read, s->err)) != 0)
		return rc;
	if (mg_ckpt_find(s->ckpt, tensor, &entry, NULL) != 0)
		return mg_fail(s->err, MGREG_NOT_FOUND, "tensor '%s' for variable '%s' is not found in checkpoint '%s'", tensor, v->variable_name, s->prefix);
	if ((rc = check_shape(s, &it, &entry)) != 0)
		return rc;
	return mg_vec_push(&s->at, it) ? 0 : mg_fail_nomem(s->err, 0);
}

/* ---- which variables ---- */

static const mg_variable_record *
variable_at(mg_graph *g, const char *key, int i)
{
	const mg_item *item = mg_collection_item(g, key, i);

	return item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE ? item->record : NULL;
}

static bool
is_scope(const char *name)
{
	return mg_ends_with(name, "/");
}

/* Calls of add_start for the variables that TO means; their tensors begin with FROM where both are scopes. */
static int
add_mapping(starts *s, const char *from, const char *to)
{
	const char *below = strcmp(to, "/") == 0 ? "" : to, *above = strcmp(from, "/") == 0 ? "" : from;
	bool scope = is_scope(to), found = false;
	int rc = 0;

	if (scope != is_scope(from))
		return mg_fail(s->err, MGREG_INVALID_ARGUMENT, "'%s' to '%s': a scope goes with a scope, and both end in \"/\"", from, to);
	for (int i = 0; i < mg_collection_count(s->g, "variables") && rc == 0; i++) {
		const mg_variable_record *v = variable_at(s->g, "variables", i);
		const char *name, *tensor = from;

		if (!v)
			continue;
		if (!(name = name_of(s, v)))
			return mg_fail_nomem(s->err, 0);
		if (scope ? !mg_starts_with(name, below) : strcmp(name, to) != 0 && strncmp(v->variable_name, to, strlen(to) + 1) != 0
				&& !(strncmp(v->variable_name, to, strlen(to)) == 0 && v->variable_name[strlen(to)] == ':'))
			continue;
		found = true;
		if (scope && !(tensor = mg_arena_printf(s->arena, "%s%s", above, name + strlen(below))))
			return mg_fail_nomem(s->err, 0);
		rc = add_start(s, v, tensor);
	}
	if (rc == 0 && !found && !scope)
		rc = mg_fail(s->err, MGREG_NOT_FOUND, "no variable '%s' in the graph, to start from '%s'", to, from);
	return rc;
}

/* ---- the nodes ---- */

/* Every record of the variable, in whatever collection, learns of its initializer. */
static void
set_initializer(mg_graph *g, const mg_variable_record *v, const char *initializer, const char *initial)
{
	for (int k = 0; k < mg_collection_key_count(g); k++) {
		const char *key = mg_collection_key(g, k);

		for (int i = 0; i < mg_collection_count(g, key); i++) {
			mg_variable_record *r = (mg_variable_record *)variable_at(g, key, i);

			if (r && strcmp(r->variable_name, v->variable_name) == 0) {
				r->initializer_name = initializer;
				r->initial_value_name = initial;
			}
		}
	}
}

static int
build_start(starts *s, const start *it)
{
	mg_builder b = MG_BUILDER(s->g, s->err);
	int type = (int)mg_output_type(it->read), rc;
	const char *device = it->handle.node->device, *scope;
	mg_output value = MG_NO_OUTPUT;
	mg_node *assign = NULL;

	if (device[0] && (rc = mg_device_push(s->g, device, s->err)) != 0)
		return rc;
	if ((rc = mg_device_push(s->g, "/device:CPU:0", s->err)) == 0) {
		if ((rc = mg_scope_enter(s->g, "checkpoint_initializer", &scope, s->err)) == 0) {
			mg_output prefix = mg_const_string(&b, "prefix", s->prefix);
			mg_output names = mg_const_strings(&b, "tensor_names", &it->tensor, 1);
			mg_output slices = mg_const_strings(&b, "shape_and_slices", &it->slice, 1);

			mg_scope_leave(s->g);
			value = mg_build(&b, "RestoreV2", scope, "ooo;T:dtypes", prefix, names, slices, &type, 1);
		}
		if (it->v->is_resource) {
			mg_output copy = mg_build(&b, "Identity", NULL, "o", value);

			assign = mg_build_node(&b, "AssignVariableOp", NULL, "oo;t:dtype", it->handle, copy, type);
		} else {
			assign = mg_build_node(&b, "Assign", NULL, "oo;b:use_locking b:validate_shape", it->handle, value, 1,
				(int)mg_shape_is_full(mg_output_shape(it->handle)));
		}
		mg_device_pop(s->g);
	}
	if (device[0])
		mg_device_pop(s->g);
	rc = rc ? rc : b.rc;
	if (rc == 0)
		rc = mg_output_merge_shape(value, shape_of(it->v, it->handle), s->err);
	if (rc == 0) {
		const char *initial = mg_output_name_colon(value, mg_graph_arena(s->g));

		if (!initial)
			return mg_fail_nomem(s->err, 0);
		set_initializer(s->g, it->v, assign->name, initial);
	}
	return rc;
}

static int
build_starts(starts *s)
{
	int rc = mg_controls_push(s->g, NULL, 0, s->err);

	if (rc)
		return rc;
	for (size_t i = 0; i < s->at.len && rc == 0; i++)
		rc = build_start(s, &s->at.at[i]);
	mg_controls_pop(s->g);
	return rc;
}

/* ---- the calls ---- */

typedef struct pair { const char *from, *to; } pair;

static int
by_from(const void *a, const void *b)
{
	const pair *x = a, *y = b;
	int d = strcmp(x->from, y->from);

	return d ? d : strcmp(x->to, y->to);
}

static int
starts_open(starts *s, const char *path, char **prefix)
{
	int rc = mgreg_checkpoint_path(path, prefix, s->err);

	if (rc == 0)
		rc = mg_ckpt_open(&s->ckpt, *prefix, s->err);
	s->prefix = *prefix;
	return rc;
}

int
mgreg_init_from_checkpoint(mgreg_graph *graph, const char *path, const char *const *from, const char *const *to, int count, mgreg_error *err)
{
	mg_arena arena = { 0 };
	starts s = { .g = graph, .arena = &arena, .err = err };
	pair *pairs = mg_calloc((size_t)count + 1, sizeof *pairs);
	char *prefix = NULL;
	int rc;

	if (!pairs)
		return mg_fail_nomem(err, 0);
	MG_TRY(starts_open(&s, path, &prefix));
	for (int i = 0; i < count; i++)
		pairs[i] = (pair){ from[i], to[i] };
	qsort(pairs, (size_t)count, sizeof *pairs, by_from);
	for (int i = 0; i < count; i++)
		MG_TRY(add_mapping(&s, pairs[i].from, pairs[i].to));
	rc = build_starts(&s);
out:
	mg_free(pairs);
	mg_vec_clear(&s.at);
	mg_ckpt_close(s.ckpt);
	mg_free(prefix);
	mg_arena_clear(&arena);
	return rc;
}

/* The checkpoint's name for variable NAME; *USED counts how often each is asked for. */
static const char *
previous_name(const mgreg_warm_start_options *o, const char *name, int *used)
{
	for (int i = 0; i < o->name_count; i++)
		if (strcmp(o->names[i], name) == 0) {
			used[i]++;
			return o->previous[i];
		}
	return name;
}

static int
add_warm(starts *s, const mgreg_warm_start_options *o, const mg_regex *pattern, int *used)
{
	static const char *const keys[] = { "trainable_variables", "trainable_resource_variables" };
	mg_map seen = { 0 };
	int rc = 0;

	for (size_t k = 0; k < MG_COUNT(keys) && rc == 0; k++)
		for (int i = 0; i < mg_collection_count(s->g, keys[k]) && rc == 0; i++) {
			const mg_variable_record *v = variable_at(s->g, keys[k], i);
			const char *name;

			if (!v || mg_map_has(&seen, v->variable_name))
				continue;
			if (!(name = name_of(s, v)) || !mg_map_set(&seen, v->variable_name, (void *)v))
				rc = mg_fail_nomem(s->err, 0);
			else if (mg_regex_match(pattern, name, strlen(name)))
				rc = add_start(s, v, previous_name(o, name, used));
		}
	mg_map_clear(&seen);
	return rc;
}

static int
check_used(const mgreg_warm_start_options *o, const int *used, mgreg_error *err)
{
	int first = -1, n = 0, rc;

	for (int i = 0; i < o->name_count; i++)
		if (!used[i])
			first = n++ ? first : i;
	if (n == 0)
		return 0;
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%d previous names go with no variable that is warm-started, '%s' first", n, o->names[first]);
	for (int i = 0; i < o->name_count; i++)
		if (!used[i])
			mg_error_item(err, "%s", o->names[i]);
	return rc;
}

int
mgreg_warm_start(mgreg_graph *graph, const char *path, const mgreg_warm_start_options *options, mgreg_error *err)
{
	static const mgreg_warm_start_options usual = MGREG_WARM_START_INIT;
	const mgreg_warm_start_options *o = options ? options : &usual;
	const char *text = o->variables ? o->variables : ".*";
	mg_arena arena = { 0 };
	starts s = { .g = graph, .arena = &arena, .err = err };
	mg_regex *pattern = NULL;
	char *prefix = NULL;
	int *used = NULL, rc;

	assert(o->size == sizeof *o);
	MG_TRY(mg_regex_new(&pattern, text, strlen(text), err));
	if (!(used = mg_calloc((size_t)o->name_count + 1, sizeof *used))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(starts_open(&s, path, &prefix));
	MG_TRY(add_warm(&s, o, pattern, used));
	MG_TRY(check_used(o, used, err));
	rc = build_starts(&s);
out:
	mg_free(used);
	mg_regex_free(pattern);
	mg_vec_clear(&s.at);
	mg_ckpt_close(s.ckpt);
	mg_free(prefix);
	mg_arena_clear(&arena);
	return rc;
}
