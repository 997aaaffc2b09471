/* SPDX-License-Identifier: Apache-2.0 */
/* content_views.c - what a file or a version holds, as rows for callbacks. */
#include "base/base.h"
#include "registry/content.h"

static void
count_files(mg_content *c, mgreg_content_info *out, mgreg_error *err, int *rc)
{
	mg_file_rows rows = { 0 };

	out->files = (int64_t)c->model.file_count;
	if (c->store && (*rc = mg_version_files(c->store, c->version.id, &c->arena, &rows, err)) == 0)
		out->files = (int64_t)rows.len;
	mg_vec_clear(&rows);
}

static void
describe_metagraph(const mg_content *c, mgreg_content_info *out)
{
	const Pb__MetaGraphDef *m = c->def;
	const Pb__MetaGraphDef__MetaInfoDef *info = m->meta_info_def;
	const Pb__GraphDef *g = m->graph_def;

	out->tags = c->tags;
	out->meta_graph_version = info ? info->meta_graph_version : "";
	out->tensorflow_version = info ? info->tensorflow_version : "";
	out->tensorflow_git_version = info ? info->tensorflow_git_version : "";
	out->stripped_default_attrs = info && info->stripped_default_attrs;
	out->stripped_ops = info && info->stripped_op_list ? (int64_t)info->stripped_op_list->n_op : 0;
	out->metagraph_bytes = (int64_t)c->bytes.len;
	out->nodes = g ? (int64_t)g->n_node : 0;
	out->functions = g && g->library ? (int64_t)g->library->n_function : 0;
	out->producer = g && g->versions ? g->versions->producer : g ? g->version : 0;
	out->min_consumer = g && g->versions ? g->versions->min_consumer : 0;
	out->collections = (int64_t)m->n_collection_def;
	out->signatures = (int64_t)m->n_signature_def;
	out->assets = (int64_t)m->n_asset_file_def;
	out->has_saver = m->saver_def != NULL;
}

int
mgreg_content_get_info(mgreg_content *c, mgreg_content_info *out, mgreg_error *err)
{
	mgreg_content_info info = {
		.kind = c->store ? c->version.kind : c->model.store_kind, .format = c->store ? "store" : c->model.format,
		.path = mg_content_name(c), .prefix = c->store ? NULL : c->model.prefix,
		.weights_format = c->ckpt ? c->ckpt->ops->format : NULL, .metagraphs = c->metagraphs, .is_text = c->model.text,
		.metagraph_bytes = -1, .producer = -1, .min_consumer = -1, .nodes = -1, .functions = -1, .stripped_ops = -1,
		.collections = -1, .signatures = -1, .assets = -1, .tensors = -1, .tensor_bytes = -1,
	};
	int rc = 0;

	if (info.prefix && c->model.spool && mg_starts_with(info.prefix, c->model.spool)
			&& !(info.prefix = mg_arena_printf(&c->arena, "%s%s", c->model.archive, info.prefix + strlen(c->model.spool))))
		return mg_fail_nomem(err, 0);
	if (c->def)
		describe_metagraph(c, &info);
	count_files(c, &info, err, &rc);
	if (rc == 0 && c->ckpt && (rc = mg_content_need_tensors(c, false, err)) == 0) {
		info.tensors = info.tensor_bytes = 0;
		for (size_t i = 0; i < c->tensor_count; i++) {
			info.tensors += i == 0 || strcmp(c->tensors[i].tensor, c->tensors[i - 1].tensor) != 0;
			info.tensor_bytes += MG_MAX(c->tensors[i].bytes, (int64_t)0);
		}
	}
	if (rc == 0)
		*out = info;
	return rc;
}

int
mgreg_content_metagraph(mgreg_content *c, int as_text, char **out, size_t *size, mgreg_error *err)
{
	mg_str s = MG_STR_INIT;
	int rc = 0;

	if (!c->def)
		return mg_fail(err, MGREG_NOT_FOUND, "%s has no MetaGraph", mg_content_name(c));
	if (as_text)
		MG_TRY(mg_msg_print(&c->def->base, &s, err));
	else
		mg_str_append(&s, c->bytes.ptr, c->bytes.len);
	MG_TRY(mg_str_check(&s, err));
	if (!(*out = mg_str_take(&s, size)))
		rc = mg_fail_nomem(err, 0);
out:
	mg_str_clear(&s);
	return rc;
}

int
mgreg_content_nodes_each(mgreg_content *c, int (*each)(void *ctx, const mgreg_node_info *node), void *ctx, mgreg_error *err)
{
	int rc = c->def ? mg_content_need_facts(c, err) : 0;

	for (size_t i = 0; rc == 0 && c->def && i < c->facts->node_count; i++) {
		const mg_node_fact *n = &c->facts->nodes[i];
		mgreg_node_info info = { .node_no = (int64_t)i, .node = n->name, .op = n->op, .device = n->device, .inputs = n->inputs };

		for (int k = 0; k < 32; k++)
			snprintf(info.attrs + 2 * k, 3, "%02x", n->attr_digest[k]);
		rc = each(ctx, &info);
	}
	return rc;
}

/* ---- collections ------------------------------------------------------------------------- */

static int
compare_items(const void *a, const void *b)
{
	const mg_item_fact *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->idx > y->idx) - (x->idx < y->idx);
}

static int
no_collection(mg_content *c, const char *name, mgreg_error *err)
{
	int rc = mg_fail(err, MGREG_NOT_FOUND, "%s has no collection '%s'", mg_content_name(c), name);

	for (size_t i = 0; i < c->def->n_collection_def; i++)
		if (mg_edit_distance(name, c->def->collection_def[i]->key) <= 3 || strstr(c->def->collection_def[i]->key, name))
			mg_error_candidate(err, "%s", c->def->collection_def[i]->key);
	return rc;
}

static bool
has_collection(const Pb__MetaGraphDef *m, const char *name)
{
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, name) == 0)
			return true;
	return false;
}

int
mgreg_content_collections_each(mgreg_content *c, const char *name,
	int (*each)(void *ctx, const mgreg_collection_item *item), void *ctx, mgreg_error *err)
{
	mg_item_fact *items;
	int rc;

	if (!c->def)
		return name ? mg_fail(err, MGREG_NOT_FOUND, "%s has no MetaGraph", mg_content_name(c)) : 0;
	if (name && !has_collection(c->def, name))
		return no_collection(c, name, err);
	if ((rc = mg_content_need_facts(c, err)) != 0)
		return rc;
	items = mg_calloc(c->facts->item_count + 1, sizeof(*items));
	if (!items)
		return mg_fail_nomem(err, 0);
	if (c->facts->item_count)
		memcpy(items, c->facts->items, c->facts->item_count * sizeof(*items));
	qsort(items, c->facts->item_count, sizeof(*items), compare_items);
	for (size_t i = 0; rc == 0 && i < c->facts->item_count; i++) {
		const mg_item_fact *f = &items[i];
		mgreg_collection_item item = { .collection = f->name, .idx = f->idx, .kind = f->kind, .node = f->node,
			.int_value = f->int_value, .real_value = f->real_value, .bytes = f->bytes, .bytes_size = f->bytes_size,
			.type_url = f->type_url, .summary = f->summary };

		if (!name || strcmp(name, f->name) == 0)
			rc = each(ctx, &item);
	}
	mg_free(items);
	return rc;
}

/* ---- the rest ---------------------------------------------------------------------------- */

static int
compare_signatures(const void *a, const void *b)
{
	const mg_signature_fact *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = strcmp(x->side, y->side);
	return order ? order : strcmp(x->key, y->key);
}

int
mgreg_content_signatures_each(mgreg_content *c, int (*each)(void *ctx, const mgreg_signature_entry *entry), void *ctx,
	mgreg_error *err)
{
	mg_signature_fact *facts;
	int rc = c->def ? mg_content_need_facts(c, err) : 0;

	if (rc || !c->def || !c->facts->signature_count)
		return rc;
	facts = mg_memdup(c->facts->signatures, c->facts->signature_count * sizeof(*facts));
	if (!facts)
		return mg_fail_nomem(err, 0);
	qsort(facts, c->facts->signature_count, sizeof(*facts), compare_signatures);
	for (size_t i = 0; rc == 0 && i < c->facts->signature_count; i++) {
		mgreg_signature_entry e = { facts[i].name, facts[i].side, facts[i].key, facts[i].tensor, facts[i].dtype, facts[i].shape,
			facts[i].method };

		rc = each(ctx, &e);
	}
	mg_free(facts);
	return rc;
}

int
mgreg_content_saver(mgreg_content *c, mgreg_saver_info *out, mgreg_error *err)
{
	const Pb__SaverDef *s = c->def ? c->def->saver_def : NULL;
	const ProtobufCEnumValue *version;

	if (!s)
		return mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "%s has no saver", mg_content_name(c));
	version = protobuf_c_enum_descriptor_get_value(&pb__saver_def__checkpoint_format_version__descriptor, (int)s->version);
	*out = (mgreg_saver_info){ s->filename_tensor_name, s->save_tensor_name, s->restore_op_name, s->max_to_keep, s->sharded,
		(double)s->keep_checkpoint_every_n_hours, version ? version->name : mg_arena_printf(&c->arena, "%d", (int)s->version) };
	return out->version ? 0 : mg_fail_nomem(err, 0);
}

static int
tell_hparams(const mg_hparam_fact *items, size_t count, int (*each)(void *ctx, const mgreg_hparam *hparam), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		mgreg_hparam h = { items[i].name, items[i].type, items[i].text, items[i].number, items[i].has_number };

		rc = each(ctx, &h);
	}
	return rc;
}

int
mgreg_content_hparams_each(mgreg_content *c, int (*each)(void *ctx, const mgreg_hparam *hparam), void *ctx, mgreg_error *err)
{
	mg_hparam_fact *items;
	size_t count;
	int rc = mg_content_hparams(c, &items, &count, err);

	return rc ? rc : tell_hparams(items, count, each, ctx);
}

int
mgreg_store_hparams_each(mgreg_store *store, int64_t version_id, int (*each)(void *ctx, const mgreg_hparam *hparam),
	void *ctx, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_hparam_fact *items;
	size_t count;
	int rc = mg_version_hparams(store, version_id, &arena, &items, &count, err);

	if (rc == 0)
		rc = tell_hparams(items, count, each, ctx);
	mg_arena_clear(&arena);
	return rc;
}

int
mgreg_content_notes_each(mgreg_content *c, int (*each)(void *ctx, const char *key, const char *value), void *ctx, mgreg_error *err)
{
	const char *key, *value;
	int rc = 0;

	(void)err;
	for (size_t i = 0; rc == 0 && c->ckpt && mg_ckpt_note(c->ckpt, i, &key, &value); i++)
		rc = each(ctx, key, value);
	return rc;
}

int
mgreg_content_files_each(mgreg_content *c, int (*each)(void *ctx, const mgreg_file_info *file), void *ctx, mgreg_error *err)
{
	mg_file_rows rows = { 0 };
	int rc = 0;

	for (size_t i = 0; !c->store && rc == 0 && i < c->model.file_count; i++) {
		mgreg_file_info f = { c->model.files[i].name, (int64_t)c->model.files[i].size, NULL };

		rc = each(ctx, &f);
	}
	if (c->store)
		rc = mg_version_files(c->store, c->version.id, &c->arena, &rows, err);
	for (size_t i = 0; rc == 0 && i < rows.len; i++) {
		mgreg_file_info f = { rows.at[i].path, (int64_t)rows.at[i].size, mg_content_hex(c, rows.at[i].digest) };

		rc = f.digest ? each(ctx, &f) : mg_fail_nomem(err, 0);
	}
	mg_vec_clear(&rows);
	return rc;
}

int
mgreg_content_tensors_each(mgreg_content *c, const char *glob, int stats,
	int (*each)(void *ctx, const mgreg_tensor_info *tensor), void *ctx, mgreg_error *err)
{
	int rc = mg_content_need_tensors(c, stats != 0, err);

	for (size_t i = 0; rc == 0 && i < c->tensor_count; i++)
		if (!glob || mg_glob(glob, c->tensors[i].tensor))
			rc = each(ctx, &c->tensors[i]);
	return rc;
}
