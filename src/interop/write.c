/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - models going out: tensors in any checkpoint format, MetaGraphs as a SavedModel. */
#include "base/base.h"
#include "interop/interop_internal.h"
#include "saver/saver.h"

static const struct { const char *name, *weights; } targets[] = {
	[MG_TO_V2] = { "v2", "v2" }, [MG_TO_V1] = { "v1", "v1" }, [MG_TO_SAFETENSORS] = { "safetensors", "safetensors" },
	[MG_TO_NPZ] = { "npz", "npz" }, [MG_TO_SAVED_MODEL] = { "savedmodel", NULL }, [MG_TO_FROZEN] = { "frozen", NULL },
	[MG_TO_METAGRAPH] = { "metagraph", NULL }, [MG_TO_GRAPHDEF] = { "graphdef", NULL },
};
_Static_assert(MG_COUNT(targets) == MG_TO_NONE, "a row for every target");

mg_model_target
mg_model_target_find(const char *name)
{
	mg_model_target t = 0;

	while (t < MG_TO_NONE && strcmp(targets[t].name, name))
		t++;
	return t;
}

const char *
mg_model_target_name(mg_model_target target)
{
	return target < MG_TO_NONE ? targets[target].name : "";
}

const char *
mg_model_target_weights(mg_model_target target)
{
	return target < MG_TO_NONE ? targets[target].weights : NULL;
}

/* ---- tensors ----------------------------------------------------------------------------- */

static int
copy_tensor(mg_ckpt *from, mg_ckpt *to, const mg_ckpt_entry *e, const mg_tslice *slice, mgreg_error *err)
{
	mg_str raw = MG_STR_INIT;
	mg_tensor t = { 0 };
	int rc;

	if ((e->dtype == MGREG_VARIANT || e->dtype == MGREG_RESOURCE) && !strcmp(from->ops->format, "v2") && !strcmp(to->ops->format, "v2")) {
		MG_TRY(mg_bundle_read_raw(from, e->name, slice, &raw, err));
		rc = mg_bundle_put_raw(to, e->name, e->dtype, &e->shape, slice, (mg_slice){ raw.ptr, raw.len }, err);
		goto out;
	}
	MG_TRY(mg_ckpt_read(from, e->name, slice, &t, err));
	rc = mg_ckpt_put(to, e->name, slice ? &e->shape : NULL, slice, &t, err);
out:
	mg_tensor_clear(&t);
	mg_str_clear(&raw);
	return rc;
}

int
mg_weights_write(mg_ckpt *from, const char *format, const char *path, mgreg_error *err)
{
	bool slices = !strcmp(format, "v1") || !strcmp(format, "v2");
	const char *key, *value;
	mg_ckpt *to = NULL;
	mg_ckpt_entry e;
	int rc;

	MG_TRY(mg_ckpt_create(&to, format, path, err));
	for (size_t i = 0; mg_ckpt_note(from, i, &key, &value); i++)
		MG_TRY(mg_ckpt_annotate(to, key, value, err));
	for (size_t i = 0; (rc = mg_ckpt_entry_at(from, i, &e, err)) == 0; i++) {
		if (e.slice_count == 0 || !slices)
			MG_TRY(copy_tensor(from, to, &e, NULL, err));
		for (int k = 0; slices && k < e.slice_count; k++)
			MG_TRY(copy_tensor(from, to, &e, &e.slices[k], err));
	}
	if (rc == MGREG_OUT_OF_RANGE)
		rc = mg_ckpt_finish(to, err);
out:
	mg_ckpt_close(to);
	return rc;
}

/* ---- SavedModel ---------------------------------------------------------------------------- */

/* DEF with the tag that a loader looks for first. */
static int
tagged(const Pb__MetaGraphDef *def, mg_arena *arena, const Pb__MetaGraphDef **out, mgreg_error *err)
{
	Pb__MetaGraphDef *copy = mg_arena_memdup(arena, def, sizeof(*def));
	Pb__MetaGraphDef__MetaInfoDef *info = NULL;
	char **tags = mg_arena_zalloc(arena, 1, sizeof(*tags));

	if (copy && def->meta_info_def)
		info = mg_arena_memdup(arena, def->meta_info_def, sizeof(*info));
	else if (copy)
		info = mg_msg_new(arena, &pb__meta_graph_def__meta_info_def__descriptor);
	if (!copy || !info || !tags || !(tags[0] = mg_arena_strdup(arena, "serve")))
		return mg_fail_nomem(err, 0);
	info->tags = tags;
	info->n_tags = 1;
	copy->meta_info_def = info;
	*out = copy;
	return 0;
}

int
mg_saved_model_encode(const mg_model_graph *graphs, size_t count, bool as_text, mg_str *out, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	Pb__SavedModel *saved = mg_msg_new(&arena, &pb__saved_model__descriptor);
	int rc = 0;

	if (!saved) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	saved->saved_model_schema_version = 1;
	if (!as_text)
		mg_wire_put_varint(out, 1, 1);
	for (size_t i = 0; i < count; i++) {
		const Pb__MetaGraphDef *def = graphs[i].def;
		mg_slice as_is = graphs[i].bytes;

		if (!def->meta_info_def || !def->meta_info_def->n_tags) {
			MG_TRY(tagged(def, &arena, &def, err));
			as_is = (mg_slice){ NULL, 0 };
		}
		if (as_text) {
			if (!mg_msg_append(&arena, &saved->meta_graphs, &saved->n_meta_graphs, (void *)(uintptr_t)def))
				MG_TRY(mg_fail_nomem(err, 0));
			continue;
		}
		mg_str_reset(&bytes);
		if (!as_is.ptr) {
			MG_TRY(mg_msg_encode(&def->base, &bytes, err));
			as_is = (mg_slice){ bytes.ptr, bytes.len };
		}
		mg_wire_put_bytes(out, 2, as_is.ptr, as_is.len);
	}
	rc = as_text ? mg_msg_print(&saved->base, out, err) : mg_str_check(out, err);
	if (rc == 0 && !as_text && out->len > MG_PROTO_MAX_SIZE)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the graphs have %zu bytes: no saved_model.pb is read beyond 2 GiB", out->len);
out:
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- a saver where there is none -------------------------------------------------------------- */

static bool
has_collection(const Pb__MetaGraphDef *def, const char *key)
{
	for (size_t i = 0; i < def->n_collection_def; i++)
		if (!strcmp(def->collection_def[i]->key, key))
			return true;
	return false;
}

int
mg_metagraph_with_saver(const Pb__MetaGraphDef *def, mg_arena *arena, const Pb__MetaGraphDef **out, mgreg_error *err)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_export_options ex = MG_METAGRAPH_EXPORT_INIT;
	mg_saver_options how = MG_SAVER_INIT;
	mg_metagraph_imported imported;
	Pb__MetaGraphDef *made;
	mg_str bytes = MG_STR_INIT;
	mg_graph *g = NULL;
	mg_saver *saver = NULL;
	mg_msg *copy;
	int rc;

	*out = def;
	if (def->saver_def || !has_collection(def, "variables"))
		return 0;
	in.allow_unknown_ops = true;
	in.skip_bad_collections = true;
	MG_TRY(mg_graph_new(&g, err));
	MG_TRY(mg_metagraph_import(g, def, &in, &imported, err));
	MG_TRY(mg_saver_new(&saver, g, &how, err));
	ex.base = def;
	ex.meta_info = def->meta_info_def;
	ex.saver = mg_saver_record_of(saver);
	MG_TRY(mg_metagraph_export(g, &ex, arena, &made, err));
	MG_TRY(mg_msg_encode(&made->base, &bytes, err));        /* MADE points into the graph */
	MG_TRY(mg_msg_decode(&pb__meta_graph_def__descriptor, mg_arena_memdup(arena, bytes.ptr, bytes.len + 1), bytes.len, arena, &copy, err));
	*out = (Pb__MetaGraphDef *)copy;
out:
	mg_saver_free(saver);
	mg_graph_free(g);
	mg_str_clear(&bytes);
	return rc;
}
