/* SPDX-License-Identifier: Apache-2.0 */
/* formats.c - THE TABLE of model formats, and what its rows share: looking at a path, lists of files. */
#include "base/base.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "pack/pack.h"
#include "interop/interop_internal.h"

/* ---- graph files ------------------------------------------------------------------------- */

/* Any regular file that is no table: what is in it is found out by structure. */
static int
probe_graph_file(const mg_model_source *s)
{
	return s->is_file && !s->is_table && !s->tensors && !s->is_archive && !s->is_events ? 50 : 0;
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


/* ---- event files ------------------------------------------------------------------------- */

/* Does the file begin with an event that tells its version? */
static bool
is_event_file(const char *path)
{
	mg_event_reader *r = NULL;
	mg_arena arena = { 0 };
	uint64_t pending = 0;
	Pb__Event *e;
	bool is = false;

	if (mg_event_open(&r, path, 0, NULL) == 0 && mg_event_next(r, &arena, &e, &pending, NULL) == 0)
		is = e->what_case == PB__EVENT__WHAT_FILE_VERSION && mg_starts_with(e->file_version, "brain.Event:");
	mg_event_close(r);
	mg_arena_clear(&arena);
	return is;
}

static int
probe_events(const mg_model_source *s)
{
	return s->is_events ? 90 : 0;
}

/* The last MetaGraph that the file carries, else the last graph; a record that is not written to its end is not there yet. */
static int
read_events(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	mg_event_reader *r = NULL;
	mg_arena arena = { 0 };
	uint64_t pending = 0;
	bool whole = false;
	Pb__Event *e;
	int rc;

	(void)options;
	MG_TRY(mg_event_open(&r, s->path, 0, err));
	while (mg_arena_clear(&arena), (rc = mg_event_next(r, &arena, &e, &pending, err)) == 0) {
		bool meta = e->what_case == PB__EVENT__WHAT_META_GRAPH_DEF;
		const ProtobufCBinaryData *bytes = meta ? &e->meta_graph_def : &e->graph_def;

		if (!meta && (e->what_case != PB__EVENT__WHAT_GRAPH_DEF || whole))
			continue;
		whole = whole || meta;
		s->message = meta ? &pb__meta_graph_def__descriptor : &pb__graph_def__descriptor;
		mg_str_reset(&s->data);
		mg_str_append(&s->data, bytes->data, bytes->len);
		MG_TRY(mg_str_check(&s->data, err));
	}
	if (rc != MGREG_OUT_OF_RANGE)
		goto out;
	if (!s->message) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: an event file without a graph (mgreg events import takes what it has)", s->path);
		goto out;
	}
	MG_TRY(mg_model_add_graph(s, m, err));
	m->graph_path = NULL;           /* the bytes are the message's, not the file's */
	m->format = "events";
out:
	mg_event_close(r);
	mg_arena_clear(&arena);
	return rc;
}

static const mg_model_format event_file = { "events", probe_events, read_events };

static const mg_model_format *const formats[] = {
	&mg_format_saved_model_dir, &mg_format_session_bundle, &mg_format_checkpoint_dir, &mg_format_checkpoint,
	&mg_format_state_file, &mg_format_tensors, &event_file, &graph_file, NULL
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

/* Is the zip PATH one of arrays? */
static bool
holds_arrays(const char *path)
{
	mg_pack_entry e;
	mg_pack *p;
	bool arrays;

	if (mg_pack_open(&p, path, NULL) != 0)
		return mg_ends_with(path, ".npz");
	arrays = mg_pack_next(p, &e, NULL) == 0 ? mg_ends_with(e.name, ".npy") : mg_ends_with(path, ".npz");
	mg_pack_close(p);
	return arrays;
}

/* A single file that is a checkpoint by its bytes, and no table of TensorFlow's. */
static const char *
tensor_format(const char *path)
{
	const char *format = mg_ckpt_probe(path);

	if (!format || !strcmp(format, "v2") || !strcmp(format, "v1"))
		return NULL;
	return strcmp(format, "npz") || holds_arrays(path) ? format : NULL;
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
	s->tensors = tensor_format(path);
	s->is_archive = !s->tensors && mg_pack_is_archive(path);
	s->is_events = !s->tensors && !s->is_archive && is_event_file(path);
	if (s->tensors || s->is_archive || s->is_events)
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

static int read_path(const char *path, const mg_model_options *options, mg_model *out, mgreg_error *err);

/* The archive FILE in a spool folder, and what lies at INSIDE ("": what there is) in it. */
static int
read_archive(const char *file, const char *inside, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	const char *found = NULL;
	int rc;

	if (!(m->archive = mg_arena_strdup(&m->arena, file)))
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_spool_make(&m->spool, &m->spool_lock, err));
	MG_TRY(mg_spool_fill(m->spool, file, err));
	if (*inside)
		found = mg_model_join(m, m->spool, inside);
	else
		MG_TRY(mg_model_find_in(m->spool, &m->arena, &found, err));
	rc = found ? read_path(found, options, m, err) : mg_fail_nomem(err, 0);
out:
	return rc;
}

/* "ARCHIVE/NAME": the length of what is an archive's path; 0 if no part of it is. */
static size_t
archive_part(const char *path)
{
	for (const char *at = strchr(path + 1, '/'); *path && at; at = strchr(at + 1, '/')) {
		char *file = mg_strndup(path, (size_t)(at - path));
		bool is = file && mg_file_exists(file) && !mg_is_dir(file) && mg_pack_is_archive(file);

		mg_free(file);
		if (is)
			return (size_t)(at - path);
	}
	return 0;
}

/* --from decides what is not told by bytes: which message a graph file holds. */
static int
read_as(mg_model_source *s, const char *from, mgreg_error *err)
{
	static const struct { const char *name; const mg_msg_type *type; } messages[] = {
		{ "metagraph", &pb__meta_graph_def__descriptor }, { "graphdef", &pb__graph_def__descriptor },
		{ "frozen", &pb__graph_def__descriptor }, { "savedmodel", &pb__saved_model__descriptor },
	};

	if (mg_model_target_find(from) == MG_TO_NONE)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is no format to read", from);
	for (size_t i = 0; i < MG_COUNT(messages); i++)
		if (!strcmp(messages[i].name, from) && s->is_file && !s->is_table)
			s->message = messages[i].type;
	return 0;
}

static int
check_from(const mg_model *m, const char *from, mgreg_error *err)
{
	const char *is = m->prefix && m->kind == MG_MODEL_CHECKPOINT ? mg_ckpt_probe(m->prefix)
		: m->kind == MG_MODEL_SAVED_MODEL ? "savedmodel" : m->kind == MG_MODEL_GRAPH ? "graphdef" : "metagraph";

	if (is && (!strcmp(is, from) || (!strcmp(from, "frozen") && !strcmp(is, "graphdef"))))
		return 0;
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: not %s but %s", m->path, from, is ? is : m->format);
}

static int
read_path(const char *path, const mg_model_options *options, mg_model *out, mgreg_error *err)
{
	const mg_model_format *format;
	mg_model_source s = { .data = MG_STR_INIT };
	char *file = NULL;
	size_t len;
	int rc = 0;

	MG_TRY(mg_source_load(&s, path, err));
	if (options->from)
		MG_TRY(read_as(&s, options->from, err));
	if ((format = choose(&s)) != NULL) {
		MG_TRY(format->read(&s, options, out, err));
		if (options->from)
			MG_TRY(check_from(out, options->from, err));
	} else if (s.is_archive && out->spool) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: an archive inside an archive is not opened", path);
	} else if (s.is_archive) {
		rc = read_archive(path, "", options, out, err);
	} else if (!out->spool && !s.is_dir && (len = archive_part(path)) != 0) {
		file = mg_strndup(path, len);
		rc = file ? read_archive(file, path + len + 1, options, out, err) : mg_fail_nomem(err, len);
	} else {
		rc = s.is_dir ? mg_fail(err, MGREG_NOT_FOUND, "%s: no model and no checkpoint in this folder", path)
			: mg_fail(err, MGREG_NOT_FOUND, "%s: no such file or checkpoint", path);
	}
out:
	mg_free(file);
	mg_source_clear(&s);
	return rc;
}

int
mg_model_read(const char *path, const mg_model_options *options, mg_model *out, mgreg_error *err)
{
	static const mg_model_options everything;
	mgreg_error own = { 0 };
	int rc;

	*out = (mg_model){ .data = MG_STR_INIT, .spool_lock = -1 };
	if (!(out->path = mg_arena_strdup(&out->arena, path)))
		rc = mg_fail_nomem(&own, 0);
	else
		rc = read_path(path, options ? options : &everything, out, &own);
	if (rc == 0 && out->file_count)
		qsort(out->files, out->file_count, sizeof(*out->files), compare_files);
	if (rc) {
		mg_model_error(out, rc, &own);
		mg_model_clear(out);
		if (err)
			*err = own;
	}
	return rc;
}

/* Every FROM of TEXT becomes TO, as far as SIZE bytes hold it. */
static void
replace_text(char *text, size_t size, const char *from, const char *to)
{
	mg_str s = MG_STR_INIT;
	const char *at = text, *hit;

	while ((hit = strstr(at, from)) != NULL) {
		mg_str_append(&s, at, (size_t)(hit - at));
		mg_str_add(&s, to);
		at = hit + strlen(from);
	}
	mg_str_add(&s, at);
	if (at != text && !s.failed)
		snprintf(text, size, "%s", s.ptr);
	mg_str_clear(&s);
}

int
mg_model_error(const mg_model *m, int rc, mgreg_error *err)
{
	if (rc && err && m->spool && m->archive) {
		replace_text(err->text, sizeof(err->text), m->spool, m->archive);
		replace_text(err->candidates, sizeof(err->candidates), m->spool, m->archive);
	}
	return rc;
}

/* What comes as a stream and is no message: a file in a spool folder stands for it.  *IS false: OUT is untouched. */
static int
read_spooled(const void *data, size_t size, const char *name, mg_model *out, bool *is, mgreg_error *err)
{
	static const mg_model_options everything;
	mg_model_source s = { .data = MG_STR_INIT };
	char *dir = NULL, *path = NULL;
	int lock = -1, rc;

	*is = false;
	MG_TRY(mg_spool_make(&dir, &lock, err));
	if (!(path = mg_path_join(dir, "stream")) || !(out->archive = mg_arena_strdup(&out->arena, name))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_file_write(path, data, size, err));
	MG_TRY(mg_source_load(&s, path, err));
	if (!s.is_table && !s.tensors && !s.is_archive)
		goto out;
	*is = true;
	if (!s.is_archive) {            /* the tensors are read from it later */
		out->spool = dir;
		out->spool_lock = lock;
		dir = NULL;
	}
	rc = read_path(path, &everything, out, err);
	if (rc == 0 && !s.is_archive)
		out->file_count = 0;    /* it has no name to be kept under */
out:
	mg_source_clear(&s);
	mg_spool_remove(dir, lock);
	mg_free(path);
	return rc;
}

/* Could these bytes be anything but a message or a text? */
static bool
is_container(const uint8_t *p, size_t size)
{
	static const uint8_t firsts[] = { 0x1f, 'B', 0xfd, 0x28, 0x04, 'P' };

	return (size >= 512 && !memcmp(p + 257, "ustar", 5)) || (size >= 9 && p[8] == '{') || (size && memchr(firsts, p[0], sizeof(firsts)))
		|| (size >= 48 && mg_load64(p + size - 8) == TABLE_MAGIC);
}

int
mg_model_read_bytes(const void *data, size_t size, const char *name, mg_model *out, mgreg_error *err)
{
	mg_model_source s = { .path = name, .is_file = true, .data = MG_STR_INIT };
	bool is = false;
	int rc = 0;

	*out = (mg_model){ .data = MG_STR_INIT, .spool_lock = -1 };
	if (!(out->path = mg_arena_strdup(&out->arena, name))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (is_container(data, size)) {
		MG_TRY(read_spooled(data, size, name, out, &is, err));
		if (is)
			goto out;
	}
	mg_str_append(&s.data, data, size);
	MG_TRY(mg_str_check(&s.data, err));
	s.message = mg_model_probe(s.data.ptr, s.data.len, name, &s.text);
	MG_TRY(mg_model_add_graph(&s, out, err));
	out->graph_path = NULL;
out:
	mg_source_clear(&s);
	if (rc) {
		mg_model_error(out, rc, err);
		mg_model_clear(out);
	}
	return rc;
}

void
mg_model_clear(mg_model *m)
{
	mg_spool_remove(m->spool, m->spool_lock);
	mg_str_clear(&m->data);
	mg_arena_clear(&m->arena);
	*m = (mg_model){ .data = MG_STR_INIT, .spool_lock = -1 };
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
mg_model_add_tree_files(mg_model *m, const char *dir, mgreg_error *err)
{
	m->files = NULL;                /* grown anew: an arena's block may be full */
	m->file_count = 0;
	return mg_model_add_tree(m, dir, "", err);
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
