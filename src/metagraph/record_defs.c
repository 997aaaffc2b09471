/* SPDX-License-Identifier: Apache-2.0 */
/* record_defs.c - VariableDef, QueueRunnerDef and SaverDef <-> the records of the graph layer. */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

/* ---- names ---- */

const char *
mg_namer_apply(mg_namer *n, const char *name)
{
	const char *s;

	if (!name || !n->scope || !n->scope[0])
		return name;
	s = n->import ? mg_name_prepend_scope(name, n->scope, n->arena) : mg_name_strip_scope(name, n->scope, n->arena);
	if (!s)
		n->failed = true;
	return s;
}

char *
mg_namer_field(mg_namer *n, const char *name)
{
	const char *s = name && name[0] ? mg_namer_apply(n, name) : "";

	return (char *)(s ? s : "");
}

const char *
mg_namer_read(mg_namer *n, const char *name)
{
	const char *s;

	if (!name || !name[0])
		return NULL;
	s = mg_namer_apply(n, name);
	if (s == name && !(s = mg_arena_strdup(n->arena, name)))
		n->failed = true;
	return s;
}

int
mg_namer_check(const mg_namer *n, mgreg_error *err)
{
	return n->failed ? mg_fail_nomem(err, 0) : 0;
}

bool
mg_namer_has(const mg_namer *n, const char *name)
{
	return !n->scope || !n->scope[0] || (name && mg_starts_with(name, n->scope));
}

static int
must_have_tensor(const mg_graph *g, const char *what, const char *name, mgreg_error *err)
{
	mg_output o;
	int rc = name ? mg_graph_output(g, name, &o, err) : mg_fail(err, MGREG_INVALID_ARGUMENT, "no name given");

	return rc ? mg_wrap(err, rc, "%s", what) : 0;
}

static int
must_have_node(const mg_graph *g, const char *what, const char *name, mgreg_error *err)
{
	if (!name)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: no name given", what);
	if (!mg_graph_find(g, name))
		return mg_fail(err, MGREG_NOT_FOUND, "%s: '%s': the graph has no such operation", what, name);
	return 0;
}

/* ---- variables ---- */

static bool
ints_copy(mg_arena *arena, int64_t **to, const int64_t *from, size_t n)
{
	*to = mg_arena_memdup(arena, from, n * sizeof(*from));
	if (!*to)
		*to = mg_arena_zalloc(arena, n + 1, sizeof(**to));
	return *to != NULL;
}

static int
slice_to_def(const mg_save_slice *s, mg_namer *n, Pb__SaveSliceInfoDef **out, mgreg_error *err)
{
	Pb__SaveSliceInfoDef *d;

	if (!mg_namer_has(n, s->full_name))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the whole variable '%s' of a slice is not in scope '%s'", s->full_name, n->scope);
	if (!(d = mg_msg_new(n->arena, &pb__save_slice_info_def__descriptor)))
		return mg_fail_nomem(err, 0);
	d->full_name = mg_namer_field(n, s->full_name);
	d->n_full_shape = d->n_var_offset = d->n_var_shape = (size_t)s->rank;
	d->full_shape = s->full_shape;
	d->var_offset = s->var_offset;
	d->var_shape = s->var_shape;
	*out = d;
	return 0;
}

static int
variable_to_def(const mg_variable_record *v, const mg_msg *origin, mg_namer *n, mg_msg **out, mgreg_error *err)
{
	const Pb__VariableDef *was = (const Pb__VariableDef *)origin;
	Pb__VariableDef *d;
	int rc;

	*out = NULL;
	if (!mg_namer_has(n, v->variable_name))
		return 0;
	if (!(d = mg_msg_new(n->arena, &pb__variable_def__descriptor)))
		return mg_fail_nomem(err, 0);
	d->variable_name = mg_namer_field(n, v->variable_name);
	d->initial_value_name = mg_namer_field(n, v->initial_value_name);
	d->initializer_name = mg_namer_field(n, v->initializer_name);
	d->snapshot_name = mg_namer_field(n, v->snapshot_name);
	d->is_resource = v->is_resource;
	d->trainable = v->trainable;
	d->synchronization = (Pb__VariableSynchronization)v->synchronization;
	d->aggregation = (Pb__VariableAggregation)v->aggregation;
	if (v->slice && (rc = slice_to_def(v->slice, n, &d->save_slice_info_def, err)) != 0)
		return rc;
	if (v->slice && was && was->save_slice_info_def) {
		d->save_slice_info_def->base.n_unknown_fields = was->save_slice_info_def->base.n_unknown_fields;
		d->save_slice_info_def->base.unknown_fields = was->save_slice_info_def->base.unknown_fields;
	}
	*out = &d->base;
	return 0;
}

static int
slice_from_def(const Pb__SaveSliceInfoDef *d, mg_namer *n, mg_save_slice **out, mgreg_error *err)
{
	mg_save_slice *s = mg_arena_zalloc(n->arena, 1, sizeof(*s));

	if (!s)
		return mg_fail_nomem(err, 0);
	if (d->n_full_shape != d->n_var_offset || d->n_full_shape != d->n_var_shape || d->n_full_shape > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the slice of '%s' has shapes of different ranks", d->full_name);
	s->full_name = mg_namer_read(n, d->full_name);
	s->rank = (int)d->n_full_shape;
	if (!ints_copy(n->arena, &s->full_shape, d->full_shape, d->n_full_shape)
		|| !ints_copy(n->arena, &s->var_offset, d->var_offset, d->n_var_offset)
		|| !ints_copy(n->arena, &s->var_shape, d->var_shape, d->n_var_shape))
		return mg_fail_nomem(err, 0);
	*out = s;
	return 0;
}

/* A resource variable may leave out what it is read by; TensorFlow then takes the usual place. */
static const char *
default_snapshot(const mg_graph *g, const mg_variable_record *v, mg_arena *arena)
{
	size_t n = strcspn(v->variable_name, ":");
	const char *name = mg_arena_printf(arena, "%.*s/Read/ReadVariableOp:0", (int)n, v->variable_name);
	mg_output o;

	return name && mg_graph_output(g, name, &o, NULL) == 0 ? name : NULL;
}

static int
variable_from_def(const Pb__VariableDef *d, mg_graph *g, mg_namer *n, void **out, mgreg_error *err)
{
	mg_variable_record *v = mg_arena_zalloc(n->arena, 1, sizeof(*v));
	int rc;

	if (!v)
		return mg_fail_nomem(err, 0);
	v->variable_name = mg_namer_read(n, d->variable_name);
	v->initial_value_name = mg_namer_read(n, d->initial_value_name);
	v->initializer_name = mg_namer_read(n, d->initializer_name);
	v->snapshot_name = mg_namer_read(n, d->snapshot_name);
	v->is_resource = d->is_resource;
	v->trainable = d->trainable;
	v->synchronization = (int)d->synchronization;
	v->aggregation = (int)d->aggregation;
	if ((rc = mg_namer_check(n, err)) != 0
		|| (d->save_slice_info_def && (rc = slice_from_def(d->save_slice_info_def, n, &v->slice, err)) != 0)
		|| (rc = must_have_tensor(g, "variable_name", v->variable_name, err)) != 0)
		return rc;
	if (v->is_resource && !v->snapshot_name)
		v->snapshot_name = default_snapshot(g, v, n->arena);
	if ((rc = must_have_node(g, "initializer_name", v->initializer_name, err)) != 0
		|| (rc = must_have_tensor(g, "snapshot_name", v->snapshot_name, err)) != 0
		|| (v->initial_value_name && (rc = must_have_tensor(g, "initial_value_name", v->initial_value_name, err)) != 0))
		return mg_wrap(err, rc, "variable '%s'", v->variable_name);
	*out = v;
	return 0;
}

/* ---- queue runners ---- */

static int
runner_to_def(const mg_queue_runner_record *r, const mg_msg *origin, mg_namer *n, mg_msg **out, mgreg_error *err)
{
	const Pb__QueueRunnerDef *was = (const Pb__QueueRunnerDef *)origin;
	Pb__QueueRunnerDef *d;
	bool unsaid = was && was->n_queue_closed_exception_types == 0 && r->closed_count == 1 && r->closed_codes[0] == MGREG_OUT_OF_RANGE;

	*out = NULL;
	if (!mg_namer_has(n, r->queue_name))
		return 0;
	if (!(d = mg_msg_new(n->arena, &pb__queue_runner_def__descriptor)))
		return mg_fail_nomem(err, 0);
	d->queue_name = mg_namer_field(n, r->queue_name);
	d->close_op_name = mg_namer_field(n, r->close_op_name);
	d->cancel_op_name = mg_namer_field(n, r->cancel_op_name);
	d->n_enqueue_op_name = (size_t)r->enqueue_count;
	d->enqueue_op_name = mg_arena_zalloc(n->arena, d->n_enqueue_op_name + 1, sizeof(*d->enqueue_op_name));
	/* What the message left to the default stays left to it. */
	d->n_queue_closed_exception_types = unsaid ? 0 : (size_t)r->closed_count;
	d->queue_closed_exception_types = mg_arena_zalloc(n->arena, (size_t)r->closed_count + 1, sizeof(*d->queue_closed_exception_types));
	if (!d->enqueue_op_name || !d->queue_closed_exception_types)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < r->enqueue_count; i++)
		d->enqueue_op_name[i] = mg_namer_field(n, r->enqueue_op_names[i]);
	for (int i = 0; i < r->closed_count; i++)
		d->queue_closed_exception_types[i] = (PbError__Code)r->closed_codes[i];
	*out = &d->base;
	return 0;
}

static int
runner_from_def(const Pb__QueueRunnerDef *d, mg_graph *g, mg_namer *n, void **out, mgreg_error *err)
{
	mg_queue_runner_record *r = mg_arena_zalloc(n->arena, 1, sizeof(*r));
	size_t closed = d->n_queue_closed_exception_types;
	int rc;

	if (!r)
		return mg_fail_nomem(err, 0);
	r->queue_name = mg_namer_read(n, d->queue_name);
	r->close_op_name = mg_namer_read(n, d->close_op_name);
	r->cancel_op_name = mg_namer_read(n, d->cancel_op_name);
	r->enqueue_op_names = mg_arena_zalloc(n->arena, d->n_enqueue_op_name + 1, sizeof(*r->enqueue_op_names));
	r->closed_codes = mg_arena_zalloc(n->arena, closed + 1, sizeof(*r->closed_codes));
	if (!r->enqueue_op_names || !r->closed_codes)
		return mg_fail_nomem(err, 0);
	r->enqueue_count = (int)d->n_enqueue_op_name;
	for (int i = 0; i < r->enqueue_count; i++)
		r->enqueue_op_names[i] = mg_namer_read(n, d->enqueue_op_name[i]);
	r->closed_count = closed ? (int)closed : 1;
	r->closed_codes[0] = MGREG_OUT_OF_RANGE;
	for (size_t i = 0; i < closed; i++)
		r->closed_codes[i] = (int)d->queue_closed_exception_types[i];
	if ((rc = mg_namer_check(n, err)) != 0 || (rc = must_have_node(g, "queue_name", r->queue_name, err)) != 0)
		return rc;
	for (int i = 0; i < r->enqueue_count; i++)
		if ((rc = must_have_node(g, "enqueue_op_name", r->enqueue_op_names[i], err)) != 0)
			return mg_wrap(err, rc, "queue runner '%s'", r->queue_name);
	if ((rc = must_have_node(g, "close_op_name", r->close_op_name, err)) != 0
		|| (rc = must_have_node(g, "cancel_op_name", r->cancel_op_name, err)) != 0)
		return mg_wrap(err, rc, "queue runner '%s'", r->queue_name);
	*out = r;
	return 0;
}

/* ---- savers ---- */

Pb__SaverDef *
mg_saver_to_def(const mg_saver_record *s, mg_namer *n)
{
	Pb__SaverDef *d = mg_msg_new(n->arena, &pb__saver_def__descriptor);

	if (!d) {
		n->failed = true;
		return NULL;
	}
	d->filename_tensor_name = mg_namer_field(n, s->filename_tensor_name);
	d->save_tensor_name = mg_namer_field(n, s->save_tensor_name);
	d->restore_op_name = mg_namer_field(n, s->restore_op_name);
	d->max_to_keep = s->max_to_keep;
	d->sharded = s->sharded;
	d->keep_checkpoint_every_n_hours = s->keep_hours;
	d->version = (Pb__SaverDef__CheckpointFormatVersion)s->version;
	return d;
}

static int
saver_from_def(const Pb__SaverDef *d, mg_namer *n, void **out, mgreg_error *err)
{
	mg_saver_record *s = mg_arena_zalloc(n->arena, 1, sizeof(*s));

	if (!s)
		return mg_fail_nomem(err, 0);
	s->filename_tensor_name = mg_namer_read(n, d->filename_tensor_name);
	s->save_tensor_name = mg_namer_read(n, d->save_tensor_name);
	s->restore_op_name = mg_namer_read(n, d->restore_op_name);
	s->max_to_keep = d->max_to_keep;
	s->sharded = d->sharded;
	s->keep_hours = d->keep_checkpoint_every_n_hours;
	s->version = (int)d->version;
	if (!s->save_tensor_name || !s->restore_op_name)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the saver has no %s", s->save_tensor_name ? "restore_op_name" : "save_tensor_name");
	*out = s;
	return mg_namer_check(n, err);
}

/* ---- by kind ---- */

const mg_msg_type *
mg_record_type(enum mg_record_kind kind)
{
	switch (kind) {
	case MG_RECORD_VARIABLE:
		return &pb__variable_def__descriptor;
	case MG_RECORD_QUEUE_RUNNER:
		return &pb__queue_runner_def__descriptor;
	case MG_RECORD_COND:
		return &pb__cond_context_def__descriptor;
	case MG_RECORD_WHILE:
		return &pb__while_context_def__descriptor;
	case MG_RECORD_SAVER:
		return &pb__saver_def__descriptor;
	}
	return NULL;
}

int
mg_record_to_def(enum mg_record_kind kind, const void *record, const mg_msg *origin, mg_namer *n, mg_msg **out, mgreg_error *err)
{
	const mg_saver_record *s = record;
	Pb__SaverDef *d;
	int rc = 0;

	*out = NULL;
	switch (kind) {
	case MG_RECORD_VARIABLE:
		rc = variable_to_def(record, origin, n, out, err);
		break;
	case MG_RECORD_QUEUE_RUNNER:
		rc = runner_to_def(record, origin, n, out, err);
		break;
	case MG_RECORD_COND:
	case MG_RECORD_WHILE:
		rc = mg_context_to_def(record, origin, n, out, err);
		break;
	case MG_RECORD_SAVER:
		if (mg_namer_has(n, s->filename_tensor_name) && mg_namer_has(n, s->save_tensor_name) && mg_namer_has(n, s->restore_op_name)
			&& (d = mg_saver_to_def(s, n)) != NULL)
			*out = &d->base;
		break;
	}
	if (rc == 0 && *out && origin && origin->descriptor == (*out)->descriptor) {
		(*out)->n_unknown_fields = origin->n_unknown_fields;
		(*out)->unknown_fields = origin->unknown_fields;
	}
	return rc ? rc : mg_namer_check(n, err);
}

int
mg_record_from_def(enum mg_record_kind kind, const mg_msg *def, mg_graph *g, mg_namer *n, void **record, mgreg_error *err)
{
	switch (kind) {
	case MG_RECORD_VARIABLE:
		return variable_from_def((const Pb__VariableDef *)def, g, n, record, err);
	case MG_RECORD_QUEUE_RUNNER:
		return runner_from_def((const Pb__QueueRunnerDef *)def, g, n, record, err);
	case MG_RECORD_COND:
	case MG_RECORD_WHILE:
		return mg_context_from_def(def, kind == MG_RECORD_WHILE, g, n, record, err);
	case MG_RECORD_SAVER:
		return saver_from_def((const Pb__SaverDef *)def, n, record, err);
	}
	return mg_fail(err, MGREG_INTERNAL, "a record of no kind");
}
