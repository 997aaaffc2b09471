/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - MetaGraphs of the public interface: files, a look inside, objects in collections. */
#include "base/base.h"
#include "base/file.h"
#include "metagraph/metagraph_internal.h"

int
mg_metagraph_take(mg_metagraph **out, mg_arena *arena, Pb__MetaGraphDef *def, mgreg_error *err)
{
	mg_metagraph *m = mg_calloc(1, sizeof(*m));

	if (!m) {
		mg_arena_clear(arena);
		return mg_fail_nomem(err, sizeof(*m));
	}
	m->arena = *arena;
	m->def = def;
	atomic_init(&m->holders, 1);
	*arena = (mg_arena){ 0 };
	*out = m;
	return 0;
}

int
mgreg_metagraph_read(mgreg_metagraph **out, const char *path, mgreg_error *err)
{
	mg_arena arena = { 0 };
	Pb__MetaGraphDef *def;
	int rc = mg_metagraph_read(path, &arena, &def, err);

	if (rc) {
		mg_arena_clear(&arena);
		return rc;
	}
	return mg_metagraph_take(out, &arena, def, err);
}

int
mgreg_metagraph_parse(mgreg_metagraph **out, const void *data, size_t size, const char *what, mgreg_error *err)
{
	mg_arena arena = { 0 };
	Pb__MetaGraphDef *def;
	int rc = mg_metagraph_parse(data, size, what ? what : "metagraph", &arena, &def, err);

	if (rc) {
		mg_arena_clear(&arena);
		return rc;
	}
	return mg_metagraph_take(out, &arena, def, err);
}

int
mgreg_metagraph_write(const mgreg_metagraph *m, const char *path, int as_text, mgreg_error *err)
{
	return mg_metagraph_write(path, m->def, as_text, err);
}

int
mgreg_metagraph_format(const mgreg_metagraph *m, int as_text, char **out, size_t *size, mgreg_error *err)
{
	mg_str s = MG_STR_INIT;
	char *bytes;
	size_t len;
	int rc;

	MG_TRY(as_text ? mg_msg_print(&m->def->base, &s, err) : mg_msg_encode(&m->def->base, &s, err));
	MG_TRY(mg_str_check(&s, err));
	if (!(bytes = mg_str_take(&s, &len))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	*out = bytes;
	if (size)
		*size = len;
out:
	mg_str_clear(&s);
	return rc;
}

void
mg_metagraph_unref(void *p)
{
	mg_metagraph *m = p;

	if (atomic_fetch_sub_explicit(&m->holders, 1, memory_order_acq_rel) > 1)
		return;
	mg_arena_clear(&m->arena);
	mg_free(m);
}

void
mgreg_metagraph_free(mgreg_metagraph *m)
{
	if (m)
		mg_metagraph_unref(m);
}

int
mgreg_graph_set_source(mgreg_graph *graph, const char *file, int line, const char *func, const char *code, mgreg_error *err)
{
	return mg_graph_set_source(graph, file, line, func, code, err);
}

int
mgreg_graph_debug_info_write(const mgreg_graph *graph, const char *metagraph_path, int as_text, mgreg_error *err)
{
	const char *slash = strrchr(metagraph_path, '/'), *dot = strrchr(metagraph_path, '.');
	size_t stem = dot && (!slash || dot > slash + 1) && dot != metagraph_path ? (size_t)(dot - metagraph_path) : strlen(metagraph_path);
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT, path = MG_STR_INIT;
	Pb__GraphDebugInfo *d;
	int rc;

	mg_str_printf(&path, "%.*s.debug", (int)stem, metagraph_path);
	MG_TRY(mg_str_check(&path, err));
	MG_TRY(mg_graph_debug_info(graph, &arena, &d, err));
	MG_TRY(as_text ? mg_msg_print(&d->base, &bytes, err) : mg_msg_encode(&d->base, &bytes, err));
	MG_TRY(mg_str_check(&bytes, err));
	MG_TRY(mg_file_write(path.ptr, bytes.ptr, bytes.len, err));
out:
	mg_str_clear(&path);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- a look inside ---- */

int
mgreg_metagraph_node_count(const mgreg_metagraph *m)
{
	return m->def->graph_def ? (int)m->def->graph_def->n_node : 0;
}

int
mgreg_metagraph_has_saver(const mgreg_metagraph *m)
{
	return m->def->saver_def != NULL;
}

const char *
mgreg_metagraph_tensorflow_version(const mgreg_metagraph *m)
{
	return m->def->meta_info_def ? m->def->meta_info_def->tensorflow_version : "";
}

int
mgreg_metagraph_collection_count(const mgreg_metagraph *m)
{
	return (int)m->def->n_collection_def;
}

const char *
mgreg_metagraph_collection_key(const mgreg_metagraph *m, int i)
{
	return i >= 0 && (size_t)i < m->def->n_collection_def ? m->def->collection_def[i]->key : NULL;
}

int
mgreg_metagraph_hparams(const mgreg_metagraph *m, char **json, mgreg_error *err)
{
	json_t *object;
	mg_str s = MG_STR_INIT;
	char *text;
	int rc = mg_metagraph_hparams(m->def, &object, err);

	if (rc)
		return rc;
	MG_TRY(mg_json_format(object, &s, err));
	MG_TRY(mg_str_check(&s, err));
	if ((text = mg_str_take(&s, NULL)) != NULL)
		*json = text;
	else
		rc = mg_fail_nomem(err, 0);
out:
	json_decref(object);
	mg_str_clear(&s);
	return rc;
}

int
mgreg_metagraph_dtype(const mgreg_metagraph *m, const char *name, mgreg_dtype *out, mgreg_error *err)
{
	return mg_metagraph_dtype(m->def, name, out, err);
}

struct listener {
	int  (*each)(void *ctx, const char *line);
	void  *ctx;
	int    count;
};

static int
hear(void *ctx, const char *line)
{
	struct listener *l = ctx;

	l->count++;
	return l->each ? l->each(l->ctx, line) : 1;
}

int
mgreg_metagraph_equal(const mgreg_metagraph *a, const mgreg_metagraph *b, int (*each)(void *ctx, const char *line), void *ctx)
{
	struct listener l = { each, ctx, 0 };

	if (mg_msg_equal(&a->def->base, &b->def->base, NULL, NULL))
		return 1;
	if (each)
		mg_metagraph_diff(a->def, b->def, hear, &l, NULL);
	return 0;
}

/* ---- objects ---- */

int
mgreg_register_proto_function(const char *key, const mgreg_proto_functions *functions, mgreg_error *err)
{
	mgreg_proto_functions *copy = mg_memdup(functions, sizeof(*functions));
	mg_proto_functions f = { .type_name = functions->type_name, .user = copy };
	int rc = copy ? mg_register_proto_function(key, &f, err) : mg_fail_nomem(err, 0);

	if (rc)
		mg_free(copy);
	return rc;
}

int
mgreg_collection_add_object(mgreg_graph *graph, const char *key, void *object, mgreg_error *err)
{
	mg_item item = { .kind = MG_ITEM_USER, .user = object };

	return mg_collection_add(graph, key, &item, err);
}

int
mgreg_collection_object(const mgreg_graph *graph, const char *key, int i, void **out, mgreg_error *err)
{
	const mg_item *item;

	if (i < 0 || i >= mg_collection_count(graph, key))
		return mg_fail(err, MGREG_NOT_FOUND, "collection '%s' has no item %d", key, i);
	item = mg_collection_item(graph, key, i);
	if (item->kind != MG_ITEM_USER)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %d of collection '%s' is not an object", i, key);
	*out = item->user;
	return 0;
}
