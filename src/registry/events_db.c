/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events_db.c - TensorFlow's summary databases: every row becomes the event it came from.
 *
 * A database of several runs puts the run's name before its tags.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/num.h"
#include "registry/events.h"

typedef struct reading {
	mg_intake     *in;
	mg_summary_db *db;
	bool           several;         /* runs */
	mg_str         prefix;
	mg_arena       arena;           /* of one row */
	Pb__GraphDef  *graph;
} reading;

static int
set_prefix(reading *r, const char *run, mgreg_error *err)
{
	mg_str_reset(&r->prefix);
	if (r->several && *run)
		mg_str_printf(&r->prefix, "%s/", run);
	r->in->prefix = r->prefix.ptr;
	return mg_str_check(&r->prefix, err);
}

static int
parse_shape(const char *text, mg_arena *arena, Pb__TensorShapeProto **out, int64_t *count)
{
	Pb__TensorShapeProto *shape = mg_msg_new(arena, &pb__tensor_shape_proto__descriptor);
	mg_slice rest = MG_SLICE(text), field;
	int64_t size;

	if (!shape)
		return MGREG_RESOURCE_EXHAUSTED;
	*count = 1;
	while (*text && mg_slice_split(&rest, ',', &field)) {
		Pb__TensorShapeProto__Dim *dim = mg_msg_new(arena, &pb__tensor_shape_proto__dim__descriptor);

		if (!dim || !mg_msg_append(arena, &shape->dim, &shape->n_dim, dim))
			return MGREG_RESOURCE_EXHAUSTED;
		if (!mg_parse_i64(field.ptr, field.len, &size) || size < 0 || __builtin_mul_overflow(*count, size, count))
			return MGREG_DATA_LOSS;
		dim->size = size;
	}
	*out = shape;
	return 0;
}

typedef struct strings { reading *r; Pb__TensorProto *t; int64_t next; } strings;

static int
add_string(void *ctx, int64_t idx, const void *data, size_t size, mgreg_error *err)
{
	strings *s = ctx;
	Pb__TensorProto *t = s->t;

	if (idx != s->next++ || (size_t)idx >= t->n_string_val)
		return mg_fail(err, MGREG_DATA_LOSS, "its strings are not those of its shape");
	t->string_val[idx].data = size ? mg_arena_memdup(&s->r->arena, data, size) : NULL;
	t->string_val[idx].len = size;
	return size && !t->string_val[idx].data ? mg_fail_nomem(err, size) : 0;
}

static int
fill_strings(reading *r, const mg_summary_tensor *row, Pb__TensorProto *t, int64_t count, mgreg_error *err)
{
	strings s = { r, t, 0 };
	int rc;

	if (count > 1 << 24)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%lld strings", (long long)count);
	t->n_string_val = (size_t)count;
	if (count && !(t->string_val = mg_arena_zalloc(&r->arena, (size_t)count, sizeof(*t->string_val))))
		return mg_fail_nomem(err, 0);
	if (t->tensor_shape->n_dim == 0 && row->data)
		return add_string(&s, 0, row->data, row->size, err);
	if ((rc = mg_summary_db_strings(r->db, row->rowid, add_string, &s, err)) != 0)
		return rc;
	return s.next == count ? 0 : mg_fail(err, MGREG_DATA_LOSS, "its strings are not those of its shape");
}

static int
tensor_of(reading *r, const mg_summary_tensor *row, Pb__TensorProto **out, mgreg_error *err)
{
	Pb__TensorProto *t = mg_msg_new(&r->arena, &pb__tensor_proto__descriptor);
	int64_t count = 0;
	size_t want;
	int rc;

	if (!t)
		return mg_fail_nomem(err, 0);
	if ((rc = parse_shape(row->shape, &r->arena, &t->tensor_shape, &count)) != 0)
		return mg_fail(err, rc, "its shape '%s' cannot be", row->shape);
	t->dtype = (Pb__DataType)row->dtype;
	*out = t;
	if (row->dtype == MGREG_STRING)
		return fill_strings(r, row, t, count, err);
	if (!mg_dtype_size(row->dtype) || !mg_mul_size((size_t)count, mg_dtype_size(row->dtype), &want) || want != row->size)
		return mg_fail(err, MGREG_DATA_LOSS, "%zu bytes are not a tensor of type %d and shape '%s'", row->size, row->dtype, row->shape);
	t->tensor_content.len = row->size;
	t->tensor_content.data = row->size ? mg_arena_memdup(&r->arena, row->data, row->size) : NULL;
	return row->size && !t->tensor_content.data ? mg_fail_nomem(err, row->size) : 0;
}

/* One bad tensor does not hide the others. */
static int
take_tensor(void *ctx, const mg_summary_tensor *row, mgreg_error *err)
{
	Pb__SummaryMetadata__PluginData plugin = PB__SUMMARY_METADATA__PLUGIN_DATA__INIT;
	Pb__SummaryMetadata metadata = PB__SUMMARY_METADATA__INIT;
	Pb__Summary__Value value = PB__SUMMARY__VALUE__INIT, *values[1] = { &value };
	Pb__Summary summary = PB__SUMMARY__INIT;
	Pb__Event e = PB__EVENT__INIT;
	reading *r = ctx;
	mgreg_error why = { 0 };
	int rc;

	mg_arena_clear(&r->arena);
	if ((rc = set_prefix(r, row->run, err)) != 0)
		return rc;
	if ((rc = tensor_of(r, row, &value.tensor, &why)) != 0) {
		mg_wrap(&why, rc, "tag '%s' at step %lld", row->tag, (long long)row->step);
		mg_intake_note(r->in, &why);
		return 0;
	}
	plugin.plugin_name = (char *)(uintptr_t)row->plugin;
	plugin.content = (ProtobufCBinaryData){ row->plugin_size, (uint8_t *)(uintptr_t)row->plugin_data };
	metadata.plugin_data = &plugin;
	metadata.display_name = (char *)(uintptr_t)row->display;
	value.tag = (char *)(uintptr_t)row->tag;
	value.metadata = *row->plugin || *row->display ? &metadata : NULL;
	value.value_case = PB__SUMMARY__VALUE__VALUE_TENSOR;
	summary.n_value = 1;
	summary.value = values;
	e.wall_time = row->wall_time;
	e.step = row->step;
	e.what_case = PB__EVENT__WHAT_SUMMARY;
	e.summary = &summary;
	return mg_intake_event_add(r->in, &e, 0, err);
}

/* ---- graphs: a GraphDef in pieces ---- */

static int
take_node(void *ctx, const mg_summary_node *n, mgreg_error *err)
{
	reading *r = ctx;
	mg_msg *m;
	Pb__NodeDef *node;
	int rc = mg_msg_decode(&pb__node_def__descriptor, n->rest, n->rest_size, &r->arena, &m, err);

	if (rc)
		return rc;
	node = (Pb__NodeDef *)m;
	node->n_input = 0;
	/* a name may stay in the message to save an index entry */
	if (*n->name)
		node->name = mg_arena_strdup(&r->arena, n->name);
	if (*n->op)
		node->op = mg_arena_strdup(&r->arena, n->op);
	if (*n->device)
		node->device = mg_arena_strdup(&r->arena, n->device);
	if (!node->name || !node->op || !node->device || !mg_msg_append(&r->arena, &r->graph->node, &r->graph->n_node, node))
		return mg_fail_nomem(err, 0);
	return 0;
}

static int
take_input(void *ctx, const char *text, mgreg_error *err)
{
	reading *r = ctx;
	Pb__NodeDef *node = r->graph->node[r->graph->n_node - 1];
	char *copy = mg_arena_strdup(&r->arena, text);

	return copy && mg_msg_append(&r->arena, &node->input, &node->n_input, copy) ? 0 : mg_fail_nomem(err, 0);
}

static int
take_graph(void *ctx, const mg_summary_graph *g, mgreg_error *err)
{
	reading *r = ctx;
	mg_str bytes = MG_STR_INIT;
	mgreg_error why = { 0 };
	mg_msg *m;
	int rc;

	mg_arena_clear(&r->arena);
	rc = mg_msg_decode(&pb__graph_def__descriptor, g->rest, g->rest_size, &r->arena, &m, &why);
	if (rc == 0) {
		r->graph = (Pb__GraphDef *)m;
		r->graph->n_node = 0;
		rc = mg_summary_db_nodes(r->db, g->graph_id, take_node, take_input, r, &why);
	}
	if (rc == 0)
		rc = mg_msg_encode(&r->graph->base, &bytes, &why);
	if (rc) {
		mg_wrap(&why, rc, "graph %lld", (long long)g->graph_id);
		mg_intake_note(r->in, &why);
		rc = 0;
	} else {
		r->in->read++;
		rc = mg_intake_graph(r->in, bytes.ptr, bytes.len, err);
	}
	mg_str_clear(&bytes);
	return rc;
}

int
mg_intake_summary_db(mg_intake *in, const char *path, mgreg_error *err)
{
	reading r = { .in = in, .prefix = MG_STR_INIT };
	const char *prefix = in->prefix;
	int64_t runs;
	int rc;

	in->version = 2;
	MG_TRY(mg_summary_db_open(&r.db, path, err));
	MG_TRY(mg_summary_db_runs(r.db, &runs, err));
	r.several = runs > 1;
	MG_TRY(mg_summary_db_graphs(r.db, take_graph, &r, err));
	MG_TRY(mg_summary_db_tensors(r.db, take_tensor, &r, err));
	MG_TRY(mg_intake_flush(in, 0, err));
out:
	in->prefix = prefix;
	mg_summary_db_close(r.db);
	mg_str_clear(&r.prefix);
	mg_arena_clear(&r.arena);
	return rc;
}
