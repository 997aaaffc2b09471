/* SPDX-License-Identifier: Apache-2.0 */
/* formats.c - THE TABLE of model formats, and what its rows share: looking at a path, lists of files. */
#include "base/base.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "interop/interop_internal.h"

/* ---- graph files ------------------------------------------------------------------------- */

/* Any regular file that is no table: what is in it is found out by structure. */
static int
probe_graph_file(const mg_model_source *s)
{
	return s->is_file && !s->is_table ? 50 : 0;
}

static int
read_graph_file(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	int rc = mg_model_add_graph(s, m, err);

	if (rc == 0 && !options->no_files)
		rc = mg_model_add_file(m, mg_path_basename(s->path), s->path, err);
	return rc;
}

static const mg_model_format graph_file = { "graph file", probe_graph_file, read_graph_file };

static const mg_model_format *const formats[] = {
	&mg_format_saved_model_dir, &mg_format_session_bundle, &mg_format_checkpoint_dir, &mg_format_checkpoint,
	&graph_file, NULL
};

/* ---- looking at a path ------------------------------------------------------------------- */

/* Tables end with these eight bytes, little-endian. */
#define TABLE_MAGIC 0xdb4775248b80fb57u

bool
mg_model_is_table(const char *path)
{
	uint8_t tail[8];
	mg_file file;
	bool is;

	if (mg_is_dir(path) || mg_file_open(&file, path, NULL) != 0)
		return false;
	is = file.size >= 48 && mg_file_pread(&file, tail, 8, file.size - 8, NULL) == 0 && mg_load64(tail) == TABLE_MAGIC;
	mg_file_close(&file);
	return is;
}

int
mg_source_load(mg_model_source *s, const char *path, mgreg_error *err)
{
	int rc;

	*s = (mg_model_source){ .path = path, .data = MG_STR_INIT };
	s->is_dir = mg_is_dir(path);
	s->is_file = !s->is_dir && mg_file_exists(path);
	s->is_table = s->is_file && mg_model_is_table(path);
	if (!s->is_file || s->is_table)
		return 0;
	if ((rc = mg_file_read(path, 0, &s->data, err)) == 0)
		s->message = mg_model_probe(s->data.ptr, s->data.len, path, &s->text);
	return rc;
}

void
mg_source_clear(mg_model_source *s)
{
	mg_str_clear(&s->data);
}

static const mg_model_format *
choose(const mg_model_source *s)
{
	const mg_model_format *best = NULL;
	int most = 0;

	for (size_t i = 0; formats[i]; i++) {
		int sure = formats[i]->probe(s);

		if (sure > most) {
			most = sure;
			best = formats[i];
		}
	}
	return best;
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const mg_model_file *)a)->name, ((const mg_model_file *)b)->name);
}

int
mg_model_read(const char *path, const mg_model_options *options, mg_model *out, mgreg_error *err)
{
	static const mg_model_options everything;
	const mg_model_format *format;
	mg_model_source s = { .data = MG_STR_INIT };
	int rc = 0;

	*out = (mg_model){ .data = MG_STR_INIT };
	if (!(out->path = mg_arena_strdup(&out->arena, path))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_source_load(&s, path, err));
	if (!(format = choose(&s))) {
		rc = s.is_dir ? mg_fail(err, MGREG_NOT_FOUND, "%s: no model and no checkpoint in this folder", path)
			: mg_fail(err, MGREG_NOT_FOUND, "%s: no such file or checkpoint", path);
		goto out;
	}
	MG_TRY(format->read(&s, options ? options : &everything, out, err));
	if (out->file_count)
		qsort(out->files, out->file_count, sizeof(*out->files), compare_files);
out:
	mg_source_clear(&s);
	if (rc)
		mg_model_clear(out);
	return rc;
}

int
mg_model_read_bytes(const void *data, size_t size, const char *name, mg_model *out, mgreg_error *err)
{
	mg_model_source s = { .path = name, .is_file = true, .data = MG_STR_INIT };
	int rc = 0;

	*out = (mg_model){ .data = MG_STR_INIT };
	mg_str_append(&s.data, data, size);
	MG_TRY(mg_str_check(&s.data, err));
	if (!(out->path = mg_arena_strdup(&out->arena, name))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	s.message = mg_model_probe(s.data.ptr, s.data.len, name, &s.text);
	MG_TRY(mg_model_add_graph(&s, out, err));
	out->graph_path = NULL;
out:
	mg_source_clear(&s);
	if (rc)
		mg_model_clear(out);
	return rc;
}

void
mg_model_clear(mg_model *m)
{
	mg_str_clear(&m->data);
	mg_arena_clear(&m->arena);
	*m = (mg_model){ .data = MG_STR_INIT };
}

/* ---- files ------------------------------------------------------------------------------- */

const char *
mg_model_join(mg_model *m, const char *dir, const char *name)
{
	return *dir ? mg_arena_printf(&m->arena, "%s%s%s", dir, mg_ends_with(dir, "/") ? "" : "/", name)
		: mg_arena_strdup(&m->arena, name);
}

int
mg_model_add_file(mg_model *m, const char *name, const char *path, mgreg_error *err)
{
	mg_model_file *f;
	double mtime;
	uint64_t size;
	int rc = mg_file_mtime(path, &mtime, &size, err);

	if (rc)
		return rc;
	if (m->file_count % 16 == 0) {
		f = mg_arena_zalloc(&m->arena, m->file_count + 16, sizeof(*f));
		if (!f)
			return mg_fail_nomem(err, 0);
		if (m->file_count)
			memcpy(f, m->files, m->file_count * sizeof(*f));
		m->files = f;
	}
	f = &m->files[m->file_count];
	f->name = mg_arena_strdup(&m->arena, name);
	f->path = mg_arena_strdup(&m->arena, path);
	f->size = size;
	if (!f->name || !f->path)
		return mg_fail_nomem(err, 0);
	m->file_count++;
	return 0;
}

int
mg_model_add_tree(mg_model *m, const char *dir, const char *below, mgreg_error *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = 0;

	MG_TRY(mg_dir_list(dir, &names, &n, err));
	for (size_t i = 0; i < n; i++) {
		const char *path = mg_model_join(m, dir, names[i]), *name = mg_model_join(m, below, names[i]);

		if (!path || !name) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		if (mg_is_dir(path))
			MG_TRY(mg_model_add_tree(m, path, name, err));
		else if (mg_file_exists(path))
			MG_TRY(mg_model_add_file(m, name, path, err));
	}
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return rc;
}

int
mg_model_add_checkpoint_files(mg_model *m, const char *prefix, bool no_meta, mgreg_error *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = 0;

	MG_TRY(mg_ckpt_files(prefix, &names, &n, err));
	for (size_t i = 0; i < n; i++)
		if (!no_meta || !mg_ends_with(names[i], ".meta"))
			MG_TRY(mg_model_add_file(m, mg_path_basename(names[i]), names[i], err));
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return rc;
}
