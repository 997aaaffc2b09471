/* SPDX-License-Identifier: Apache-2.0 */
/* graph_file.c - a file with graphs in it: MetaGraphDef, bare GraphDef, SavedModel; text or binary. */
#include "base/base.h"
#include "base/path.h"
#include "interop/interop_internal.h"

static int
compare_tags(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *
mg_model_tags(char *const *tags, size_t count, mg_arena *arena)
{
	char **sorted = mg_arena_zalloc(arena, count + 1, sizeof(*sorted));
	mg_str joined = MG_STR_INIT;
	char *text = NULL;

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < count; i++)
		sorted[i] = tags[i];
	qsort(sorted, count, sizeof(*sorted), compare_tags);
	for (size_t i = 0; i < count; i++) {
		if (i)
			mg_str_addc(&joined, ',');
		mg_str_add(&joined, sorted[i]);
	}
	if (!joined.failed)
		text = mg_arena_strndup(arena, joined.ptr, joined.len);
	mg_str_clear(&joined);
	return text;
}

/* DEF as a graph of M.  BYTES: as they stand in the file, or {NULL, 0}: to be made. */
static int
add_graph(mg_model *m, Pb__MetaGraphDef *def, mg_slice bytes, mgreg_error *err)
{
	const Pb__MetaGraphDef__MetaInfoDef *info = def->meta_info_def;
	mg_model_graph *grown = mg_arena_zalloc(&m->arena, m->graph_count + 1, sizeof(*grown));
	mg_str encoded = MG_STR_INIT;
	int rc = 0;

	if (!grown)
		return mg_fail_nomem(err, 0);
	if (m->graph_count)
		memcpy(grown, m->graphs, m->graph_count * sizeof(*grown));
	m->graphs = grown;
	grown += m->graph_count;
	grown->def = def;
	grown->tags = info ? mg_model_tags(info->tags, info->n_tags, &m->arena) : "";
	grown->bytes = bytes;
	if (!bytes.ptr) {
		MG_TRY(mg_msg_encode(&def->base, &encoded, err));
		grown->bytes.len = encoded.len;
		grown->bytes.ptr = encoded.len ? mg_arena_memdup(&m->arena, encoded.ptr, encoded.len) : "";
	}
	if (!grown->tags || !grown->bytes.ptr)
		rc = mg_fail_nomem(err, encoded.len);
	else
		m->graph_count++;
out:
	mg_str_clear(&encoded);
	return rc;
}

/* A frozen graph has no variable of any generation. */
static bool
has_variables(const Pb__GraphDef *g)
{
	static const char *const ops[] = { "Variable", "VariableV2", "VarHandleOp", "TemporaryVariable", "AutoReloadVariable" };

	for (size_t i = 0; i < g->n_node; i++)
		for (size_t j = 0; j < MG_COUNT(ops); j++)
			if (strcmp(g->node[i]->op, ops[j]) == 0)
				return true;
	return false;
}

static int
add_graph_def(mg_model *m, Pb__GraphDef *g, mgreg_error *err)
{
	Pb__MetaGraphDef *wrap = mg_msg_new(&m->arena, &pb__meta_graph_def__descriptor);

	if (!wrap)
		return mg_fail_nomem(err, 0);
	wrap->graph_def = g;
	m->kind = MG_MODEL_GRAPH;
	m->format = "graphdef";
	m->store_kind = has_variables(g) ? "metagraph" : "frozen";
	return add_graph(m, wrap, (mg_slice){ NULL, 0 }, err);
}

static int
add_saved_model(mg_model *m, const Pb__SavedModel *saved, mgreg_error *err)
{
	mg_wire w = { (const uint8_t *)m->source.ptr, (const uint8_t *)m->source.ptr + m->source.len };
	mg_wire_field f;
	size_t i = 0;
	int rc;

	m->kind = MG_MODEL_SAVED_MODEL;
	m->format = "saved_model";
	m->store_kind = "saved_model";
	for (; !m->text && i < saved->n_meta_graphs && mg_wire_next(&w, &f) > 0; )
		if (f.number == 2 && f.type == MG_WIRE_LEN
				&& (rc = add_graph(m, saved->meta_graphs[i++], (mg_slice){ f.value ? (const char *)f.data : "",
					(size_t)f.value }, err)) != 0)
			return rc;
	for (; i < saved->n_meta_graphs; i++)
		if ((rc = add_graph(m, saved->meta_graphs[i], (mg_slice){ NULL, 0 }, err)) != 0)
			return rc;
	return 0;
}

int
mg_model_add_graph(mg_model_source *s, mg_model *m, mgreg_error *err)
{
	mg_msg *msg;
	int rc = 0;

	m->data = s->data;
	mg_str_init(&s->data);
	m->source = (mg_slice){ m->data.ptr, m->data.len };
	m->text = s->text;
	if (!(m->graph_path = mg_arena_strdup(&m->arena, s->path)))
		return mg_fail_nomem(err, 0);
	if (!s->message)
		return mg_fail(err, MGREG_DATA_LOSS, "%s: neither a MetaGraph, a graph, a saved model nor a checkpoint", s->path);
	if (s->text)
		MG_TRY(mg_msg_parse(s->message, m->data.ptr, m->data.len, &m->arena, &msg, err));
	else
		MG_TRY(mg_msg_decode(s->message, m->data.ptr, m->data.len, &m->arena, &msg, err));
	if (s->message == &pb__saved_model__descriptor) {
		rc = add_saved_model(m, (Pb__SavedModel *)msg, err);
	} else if (s->message == &pb__graph_def__descriptor) {
		rc = add_graph_def(m, (Pb__GraphDef *)msg, err);
	} else {
		m->kind = MG_MODEL_METAGRAPH;
		m->format = "metagraph";
		m->store_kind = "metagraph";
		rc = add_graph(m, (Pb__MetaGraphDef *)msg, m->text ? (mg_slice){ NULL, 0 } : m->source, err);
	}
out:
	if (rc == MGREG_INVALID_ARGUMENT && err)        /* the file's structure is wrong, not the caller's call */
		err->reason = MGREG_REASON_DAMAGED;
	return rc ? mg_wrap(err, rc, "%s", s->path) : 0;
}

const char *
mg_model_tags_parse(const char *text, mg_arena *arena)
{
	mg_slice rest = MG_SLICE(text), field;
	char **list = mg_arena_zalloc(arena, rest.len + 1, sizeof(*list));
	size_t n = 0;

	while (list && mg_slice_split(&rest, ',', &field))
		if (!(list[n++] = mg_arena_strndup(arena, field.ptr, field.len)))
			return NULL;
	return list ? mg_model_tags(list, n, arena) : NULL;
}

int
mg_model_pick(const mg_model *m, const char *tags, const mg_model_graph **out, mgreg_error *err)
{
	mg_arena scratch = { 0 };
	const char *wanted;
	int rc;

	if (!m->graph_count)
		return mg_fail(err, MGREG_NOT_FOUND, "%s has no graph", m->path);
	*out = NULL;
	if (!tags) {
		*out = &m->graphs[0];
		return 0;
	}
	wanted = mg_model_tags_parse(tags, &scratch);
	for (size_t i = 0; wanted && i < m->graph_count && !*out; i++)
		if (strcmp(m->graphs[i].tags, wanted) == 0)
			*out = &m->graphs[i];
	if (!wanted)
		rc = mg_fail_nomem(err, 0);
	else if (*out)
		rc = 0;
	else {
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s has no graph with tags %s", m->path, tags);
		for (size_t i = 0; i < m->graph_count; i++)
			mg_error_candidate(err, "%s", m->graphs[i].tags);
	}
	mg_arena_clear(&scratch);
	return rc;
}
