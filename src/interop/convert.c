/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert.c - from files to files.
 *
 * Where both sides have the same format, the bytes are copied.  Elsewhere: tensors go through the checkpoint formats,
 * graphs through their messages.  What the source does not have (a graph, tensors) is not made up.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/path.h"
#include "interop/interop_internal.h"
#include "metagraph/metagraph.h"
#include "mgreg/formats.h"

typedef struct conversion {
	const mgreg_convert_options *o;
	const char     *out;
	mg_model_target to;
	bool            text;
	mg_model        m;
	mg_ckpt        *ckpt;
	const mg_model_graph *graph;    /* NULL: none */
	mg_arena        arena;
} conversion;

/* ---- which formats -------------------------------------------------------------------------- */

/* What the source is, as a target. */
static mg_model_target
target_of(const mg_model *m, const mg_ckpt *ckpt)
{
	switch (m->kind) {
	case MG_MODEL_CHECKPOINT:
		return !strcmp(m->format, "session_bundle") ? MG_TO_NONE : mg_model_target_find(ckpt->ops->format);
	case MG_MODEL_SAVED_MODEL:
		return MG_TO_SAVED_MODEL;
	case MG_MODEL_GRAPH:
		return !strcmp(m->store_kind, "frozen") ? MG_TO_FROZEN : MG_TO_GRAPHDEF;
	default:
		return MG_TO_METAGRAPH;
	}
}

static int
choose_target(conversion *c, mgreg_error *err)
{
	static const struct { const char *ending; mg_model_target to; } endings[] = {
		{ ".safetensors", MG_TO_SAFETENSORS }, { ".npz", MG_TO_NPZ }, { ".meta", MG_TO_METAGRAPH },
		{ ".meta.pbtxt", MG_TO_METAGRAPH }, { ".meta.txt", MG_TO_METAGRAPH }, { ".ckpt", MG_TO_V2 }, { "/", MG_TO_SAVED_MODEL },
	};
	int rc;

	c->text = mg_ends_with(c->out, ".pbtxt") || mg_ends_with(c->out, ".txt") || c->o->as_text;
	if (c->o->to) {
		if ((c->to = mg_model_target_find(c->o->to)) != MG_TO_NONE)
			return 0;
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is no format to convert to", c->o->to);
		for (mg_model_target t = 0; t < MG_TO_NONE; t++)
			mg_error_candidate(err, "%s", mg_model_target_name(t));
		return rc;
	}
	for (size_t i = 0; i < MG_COUNT(endings); i++)
		if (mg_ends_with(c->out, endings[i].ending)) {
			c->to = endings[i].to;
			return 0;
		}
	if (mg_ends_with(c->out, ".pb") || mg_ends_with(c->out, ".pbtxt"))
		c->to = !c->ckpt && c->m.kind != MG_MODEL_GRAPH ? MG_TO_GRAPHDEF : c->ckpt ? MG_TO_FROZEN : target_of(&c->m, NULL);
	else if (mg_is_dir(c->out))
		c->to = MG_TO_SAVED_MODEL;
	else
		c->to = MG_TO_V2;
	return 0;
}

/* ---- copying ----------------------------------------------------------------------------------- */

int
mg_model_copy_file(const char *from, const char *to, mgreg_error *err)
{
	enum { PORTION = 1 << 20 };
	char *buf = mg_alloc(PORTION), *dir = mg_path_dirname(to);
	mg_file file = { .fd = -1 };
	mg_writer w;
	bool open = false;
	int rc;

	if (!buf || !dir) {
		rc = mg_fail_nomem(err, PORTION);
		goto out;
	}
	MG_TRY(mg_file_open(&file, from, err));
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	MG_TRY(mg_writer_open(&w, to, err));
	open = true;
	for (uint64_t at = 0; at < file.size; ) {
		size_t n = (size_t)MG_MIN(file.size - at, (uint64_t)PORTION);

		MG_TRY(mg_file_pread(&file, buf, n, at, err));
		MG_TRY(mg_writer_write(&w, buf, n, err));
		at += n;
	}
	open = false;
	rc = mg_writer_commit(&w, err);
out:
	if (open)
		mg_writer_abandon(&w);
	if (file.fd >= 0)
		mg_file_close(&file);
	mg_free(dir);
	mg_free(buf);
	return rc;
}

/* Data before the index, the index before the graph. */
static int
rank_of(const char *name)
{
	return mg_ends_with(name, ".index") ? 1 : mg_ends_with(name, ".meta") || !strncmp(name, "saved_model.", 12) ? 2 : 0;
}

/* Where file NAME of the source goes. */
static const char *
place_of(conversion *c, const char *name)
{
	char *meta;
	const char *place = NULL, *base;
	size_t len;

	if (c->m.kind == MG_MODEL_SAVED_MODEL && mg_is_dir(c->m.path))
		return mg_arena_printf(&c->arena, "%s/%s", c->out, name);
	if (!c->m.prefix || !mg_model_target_weights(c->to))
		return mg_arena_strdup(&c->arena, c->out);
	if (c->to == MG_TO_SAFETENSORS || c->to == MG_TO_NPZ)
		return mg_ends_with(name, ".meta") ? "" : mg_arena_strdup(&c->arena, c->out);
	meta = mg_ckpt_meta_name(c->m.prefix);
	base = meta ? mg_path_basename(meta) : NULL;
	len = base ? strlen(base) - strlen(".meta") : 0;
	if (base && !strncmp(name, base, len))
		place = mg_arena_printf(&c->arena, "%s%s", c->out, name + len);
	mg_free(meta);
	return place;
}

static int
copy_files(conversion *c, mgreg_error *err)
{
	int rc = 0;

	for (int rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < c->m.file_count; i++) {
			const mg_model_file *f = &c->m.files[i];
			const char *place;

			if (rank_of(f->name) != rank)
				continue;
			if (!(place = place_of(c, f->name)))
				return mg_fail_nomem(err, 0);
			if (*place)
				MG_TRY(mg_model_copy_file(f->path, place, err));
		}
out:
	return rc;
}

/* ---- the targets --------------------------------------------------------------------------------- */

static int
needs(const conversion *c, const char *what, mgreg_error *err)
{
	return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no %s: it cannot become %s", c->m.path, what, mg_model_target_name(c->to));
}

static int
write_graph(conversion *c, const char *path, mgreg_error *err)
{
	char *dir = mg_path_dirname(path);
	int rc = 0;

	if (!dir)
		return mg_fail_nomem(err, 0);
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	rc = c->text ? mg_metagraph_write(path, c->graph->def, true, err)
		: mg_file_write(path, c->graph->bytes.ptr, c->graph->bytes.len, err);
out:
	mg_free(dir);
	return rc;
}

static int
write_weights(conversion *c, mgreg_error *err)
{
	const char *meta = mg_arena_printf(&c->arena, "%s.meta", c->out);
	int rc;

	if (!c->ckpt)
		return needs(c, "tensors", err);
	if (!meta)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_weights_write(c->ckpt, mg_model_target_weights(c->to), c->out, err));
	if (c->graph && (c->to == MG_TO_V2 || c->to == MG_TO_V1))
		rc = write_graph(c, meta, err);
out:
	return rc;
}

static int
write_message(const mg_msg *msg, const char *path, bool text, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	char *dir = mg_path_dirname(path);
	int rc;

	if (!dir)
		return mg_fail_nomem(err, 0);
	MG_TRY(text ? mg_msg_print(msg, &bytes, err) : mg_msg_encode(msg, &bytes, err));
	if (bytes.len > MG_PROTO_MAX_SIZE)
		MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "%s would have %zu bytes: no message is read beyond 2 GiB", path, bytes.len));
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	rc = mg_file_write(path, bytes.ptr, bytes.len, err);
out:
	mg_free(dir);
	mg_str_clear(&bytes);
	return rc;
}

static int
write_frozen(conversion *c, mgreg_error *err)
{
	mg_freeze_options how = { .outputs = c->o->outputs, .output_count = c->o->output_count };
	mg_freeze_result r;
	int rc;

	if (!c->graph)
		return needs(c, "graph", err);
	MG_TRY(mg_freeze(c->graph->def, c->ckpt, &how, &c->arena, &r, err));
	rc = write_message(&r.graph->base, c->out, c->text, err);
out:
	return rc;
}

static int
write_saved_model(conversion *c, mgreg_error *err)
{
	const char *pb = mg_model_join(&c->m, c->out, c->text ? "saved_model.pbtxt" : "saved_model.pb");
	const char *variables = mg_model_join(&c->m, c->out, "variables/variables");
	mg_str bytes = MG_STR_INIT;
	mg_model_graph *graphs;
	const Pb__MetaGraphDef *def;
	int rc;

	if (!c->graph)
		return needs(c, "graph", err);
	graphs = mg_arena_memdup(&c->arena, c->m.graphs, c->m.graph_count * sizeof(*graphs));
	if (!graphs || !pb || !variables)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_dir_create(c->out, true, err));
	for (size_t i = 0; i < c->m.graph_count; i++) {
		MG_TRY(mg_metagraph_with_saver(graphs[i].def, &c->arena, &def, err));
		if (def != graphs[i].def)
			graphs[i] = (mg_model_graph){ .tags = graphs[i].tags, .def = (Pb__MetaGraphDef *)(uintptr_t)def };
	}
	if (c->ckpt)
		MG_TRY(mg_weights_write(c->ckpt, "v2", variables, err));
	for (size_t i = 0; i < c->m.file_count; i++)
		if (mg_starts_with(c->m.files[i].name, "assets")) {
			const char *place = mg_model_join(&c->m, c->out, c->m.files[i].name);

			MG_TRY(place ? mg_model_copy_file(c->m.files[i].path, place, err) : mg_fail_nomem(err, 0));
		}
	MG_TRY(mg_saved_model_encode(graphs, c->m.graph_count, c->text, &bytes, err));
	rc = mg_file_write(pb, bytes.ptr, bytes.len, err);
out:
	mg_str_clear(&bytes);
	return rc;
}

static int
write_target(conversion *c, mgreg_error *err)
{
	switch (c->to) {
	case MG_TO_SAVED_MODEL:
		return write_saved_model(c, err);
	case MG_TO_FROZEN:
		return write_frozen(c, err);
	case MG_TO_METAGRAPH:
		return c->graph ? write_graph(c, c->out, err) : needs(c, "graph", err);
	case MG_TO_GRAPHDEF:
		if (!c->graph || !c->graph->def->graph_def)
			return needs(c, "graph", err);
		return write_message(&c->graph->def->graph_def->base, c->out, c->text, err);
	default:
		return write_weights(c, err);
	}
}

int
mgreg_convert(const char *in, const char *out, const mgreg_convert_options *options, mgreg_error *err)
{
	static const mgreg_convert_options defaults = MGREG_CONVERT_INIT;
	conversion c = { .o = options ? options : &defaults, .out = out };
	mg_model_options how = { .from = c.o->from };
	mg_model_target came;
	int rc;

	assert(c.o->size == sizeof(*c.o));
	MG_TRY(mg_model_read(in, &how, &c.m, err));
	if (c.m.prefix)
		MG_TRY(mg_ckpt_open(&c.ckpt, c.m.prefix, err));
	MG_TRY(choose_target(&c, err));
	if (c.m.graph_count)
		MG_TRY(mg_model_pick(&c.m, c.o->tags, &c.graph, err));
	came = target_of(&c.m, c.ckpt);
	if (came == c.to && c.text == c.m.text && !c.o->tags && !(c.o->outputs && c.to == MG_TO_FROZEN) && c.m.file_count)
		rc = copy_files(&c, err);
	else
		rc = write_target(&c, err);
out:
	mg_model_error(&c.m, rc, err);
	mg_ckpt_close(c.ckpt);
	mg_model_clear(&c.m);
	mg_arena_clear(&c.arena);
	return rc;
}
