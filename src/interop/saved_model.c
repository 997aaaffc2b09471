/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saved_model.c - the folder of a SavedModel, and that of the session bundle before it.
 *
 *      DIR/saved_model.pb (or .pbtxt)          DIR/export.meta
 *      DIR/variables/variables.{index,data-*}  DIR/export-?????-of-????? (V1, sharded) or export.{index,data-*}
 *      DIR/assets/...  assets.extra/...        DIR/assets/...
 *
 * A SavedModel without variables/ is whole: it has none.
 */
#include "base/base.h"
#include "base/file.h"
#include "interop/interop_internal.h"

static bool
holds(const char *dir, const char *name)
{
	mg_str path = MG_STR_INIT;
	bool found;

	mg_str_printf(&path, "%s/%s", dir, name);
	found = !path.failed && mg_file_exists(path.ptr);
	mg_str_clear(&path);
	return found;
}

/* Reads the graph file NAME of the folder, its checkpoint below it if there, and lists all files. */
static int
read_folder(mg_model *m, const char *dir, const char *name, const char *prefix, const mg_model_options *options,
	mgreg_error *err)
{
	const char *path = mg_model_join(m, dir, name), *variables = mg_model_join(m, dir, prefix);
	mg_model_source file = { .data = MG_STR_INIT };
	int rc = 0;

	if (!path || !variables)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_source_load(&file, path, err));
	MG_TRY(mg_model_add_graph(&file, m, err));
	if (mg_ckpt_exists(variables))
		m->prefix = variables;
	if (!options->no_files)
		MG_TRY(mg_model_add_tree(m, dir, "", err));
out:
	mg_source_clear(&file);
	return rc;
}

static int
probe_saved_model(const mg_model_source *s)
{
	return s->is_dir && (holds(s->path, "saved_model.pb") || holds(s->path, "saved_model.pbtxt")) ? 100 : 0;
}

static int
read_saved_model(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	const char *name = holds(s->path, "saved_model.pb") ? "saved_model.pb" : "saved_model.pbtxt";
	int rc = read_folder(m, s->path, name, "variables/variables", options, err);

	if (rc == 0 && m->kind != MG_MODEL_SAVED_MODEL)
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: holds a %s, not a saved model", m->graph_path, m->format);
	return rc;
}

static int
probe_bundle(const mg_model_source *s)
{
	return s->is_dir && holds(s->path, "export.meta") ? 90 : 0;
}

static int
read_bundle(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	int rc = read_folder(m, s->path, "export.meta", "export", options, err);

	if (rc)
		return rc;
	if (m->kind != MG_MODEL_METAGRAPH)
		return mg_fail(err, MGREG_DATA_LOSS, "%s: holds a %s, not a MetaGraph", m->graph_path, m->format);
	m->format = "session_bundle";
	if (m->prefix) {
		m->kind = MG_MODEL_CHECKPOINT;
		m->store_kind = "checkpoint";
	}
	return 0;
}

const mg_model_format mg_format_saved_model_dir = { "saved_model", probe_saved_model, read_saved_model };
const mg_model_format mg_format_session_bundle = { "session_bundle", probe_bundle, read_bundle };
