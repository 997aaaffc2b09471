/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpacking.c - a package -> versions under the uids they had.
 *
 * The whole archive is spooled and checked against its manifest before anything goes in.  A uid that is here already is
 * left alone, so that unpacking twice, or packages that overlap, do no harm; a step that the run has already under another uid
 * is kept beside it.
 */
#include "base/base.h"
#include <math.h>
#include "base/file.h"
#include "pack/pack.h"
#include "registry/events.h"
#include "registry/package.h"

const char *
mg_json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t
mg_json_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(object, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

/* ---- the manifest ----------------------------------------------------------------------------------- */

static bool
is_version(const json_t *v)
{
	static const char *const texts[] = { "uid", "model", "run", "kind", "folder", "read" };
	const char *folder = mg_json_text(v, "folder"), *read = mg_json_text(v, "read");

	for (size_t i = 0; i < MG_COUNT(texts); i++)
		if (!mg_json_text(v, texts[i]))
			return false;
	return mg_path_is_safe(folder) && mg_path_is_safe(read) && mg_starts_with(read, folder) && json_is_array(json_object_get(v, "files"));
}

int
mg_package_manifest(const char *dir, const char *name, json_t **out, mgreg_error *err)
{
	char *path = mg_path_join(dir, MG_PACKAGE_MANIFEST);
	mg_str text = MG_STR_INIT;
	json_t *doc = NULL, *versions, *v;
	int64_t format;
	size_t i;
	int rc;

	if (!path)
		return mg_fail_nomem(err, 0);
	if (!mg_file_exists(path)) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: no package: it has no %s", name, MG_PACKAGE_MANIFEST);
		goto out;
	}
	MG_TRY(mg_file_read(path, 0, &text, err));
	if (mg_json_parse(text.ptr, text.len, &doc, err) != 0) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: its manifest is no JSON", name);
		goto out;
	}
	format = mg_json_int(doc, "mgreg_pack", 0);
	if (format > MG_PACKAGE_VERSION)
		MG_TRY(mg_fail(err, MGREG_UNIMPLEMENTED, "%s: a package of version %lld; this mgreg reads %d", name, (long long)format,
			MG_PACKAGE_VERSION));
	versions = json_object_get(doc, "versions");
	if (format < 1 || !json_is_array(versions))
		MG_TRY(mg_fail(err, MGREG_DATA_LOSS, "%s: its manifest names no versions", name));
	json_array_foreach(versions, i, v)
		if (!is_version(v))
			MG_TRY(mg_fail(err, MGREG_DATA_LOSS, "%s: its manifest does not describe version %zu", name, i + 1));
	*out = doc;
	doc = NULL;
out:
	json_decref(doc);
	mg_str_clear(&text);
	mg_free(path);
	return rc;
}

/* ---- the files ------------------------------------------------------------------------------------------ */

typedef struct checking {
	const char *dir;
	mg_map      named;
	int       (*each)(void *ctx, const mgreg_verified *item);
	void       *ctx;
	int        *wrong, *differs;
} checking;

static int
tell(checking *c, const char *name, const char *state, const char *text, int64_t bytes)
{
	mgreg_verified item = { name, state, text, bytes };

	if (!strcmp(state, "differs"))
		++*c->differs;
	else if (strcmp(state, "ok"))
		++*c->wrong;
	return c->each ? c->each(c->ctx, &item) : 0;
}

static int
check_file(checking *c, const json_t *f, mgreg_error *err)
{
	const char *name = mg_json_text(f, "path"), *want = mg_json_text(f, "sha256");
	char *path = NULL, hex[65], text[160];
	uint64_t size;
	int rc = 0;

	if (!name || !want || !mg_path_is_safe(name))
		return tell(c, name ? name : "?", "damaged", "the manifest does not describe it", -1);
	if (!mg_map_set(&c->named, name, c) || !(path = mg_path_join(c->dir, name)))
		return mg_fail_nomem(err, 0);
	if (!mg_file_exists(path) || mg_is_dir(path)) {
		rc = tell(c, name, "missing", "the manifest names it, and it is not there", -1);
		goto out;
	}
	MG_TRY(mg_package_hash(path, hex, &size, err));
	if (strcmp(hex, want)) {
		snprintf(text, sizeof(text), "%llu bytes, SHA-256 %.16s..., the manifest says %lld and %.16s...", (unsigned long long)size, hex,
			(long long)mg_json_int(f, "size", -1), want);
		rc = tell(c, name, "differs", text, (int64_t)size);
	} else {
		rc = tell(c, name, "ok", "", (int64_t)size);
	}
out:
	mg_free(path);
	return rc;
}

/* Files that nobody named. */
static int
check_extra(checking *c, const char *below, mgreg_error *err)
{
	char *dir = mg_path_join(c->dir, below), **names = NULL;
	size_t n = 0;
	int rc = 0;

	if (!dir)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_dir_list(dir, &names, &n, err));
	for (size_t i = 0; i < n && rc == 0; i++) {
		char *name = *below ? mg_path_join(below, names[i]) : mg_strdup(names[i]), *path = name ? mg_path_join(c->dir, name) : NULL;

		if (!path)
			rc = mg_fail_nomem(err, 0);
		else if (mg_is_dir(path))
			rc = check_extra(c, name, err);
		else if (!mg_map_has(&c->named, name) && strcmp(name, MG_PACKAGE_MANIFEST))
			rc = tell(c, name, "extra", "the manifest does not name it", -1);
		mg_free(path);
		mg_free(name);
	}
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_free(dir);
	return rc;
}

int
mg_package_check(const char *dir, const json_t *manifest, int (*each)(void *ctx, const mgreg_verified *item), void *ctx, int *wrong,
	int *differs, mgreg_error *err)
{
	checking c = { .dir = dir, .each = each, .ctx = ctx, .wrong = wrong, .differs = differs };
	const json_t *lists[2] = { json_object_get(manifest, "versions"), json_object_get(manifest, "runs") };
	json_t *v, *f;
	size_t i, k;
	int rc = 0;

	*wrong = *differs = 0;
	for (size_t l = 0; l < MG_COUNT(lists) && rc == 0; l++)
		json_array_foreach(lists[l], i, v)
			json_array_foreach(json_object_get(v, "files"), k, f)
				MG_TRY(check_file(&c, f, err));
	rc = check_extra(&c, "", err);
out:
	mg_map_clear(&c.named);
	return rc;
}

/* ---- one version -------------------------------------------------------------------------------------------- */

typedef struct unpacking {
	mg_store   *store;
	const mgreg_unpack_options *o;
	const char *path;
	char       *dir;
	int         lock;
	json_t     *manifest;
	mg_map      fresh;              /* runs that had no versions when the package came: the pointer moves in them */
	mg_map      known;              /* runs that were looked at */
	mg_arena    arena;
	int       (*done)(void *ctx, const mgreg_version_info *version, int skipped);
	void       *ctx;
} unpacking;

static int
warn(const unpacking *u, const char *fmt, ...) MG_PRINTF(2, 3);
static int
warn(const unpacking *u, const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return u->o->warn ? u->o->warn(u->o->ctx, line) : 0;
}

static int
count_version(void *ctx, const mg_version_info *v)
{
	(void)v;
	++*(int *)ctx;
	return 1;
}

/* Does the run that a version goes to have versions of its own? */
static int
look_at_run(unpacking *u, const char *as, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	mg_version_filter filter = { .model = model, .run = run, .all_states = true, .limit = 1 };
	int count = 0, rc;

	if (mg_map_has(&u->known, as))
		return 0;
	MG_TRY(mg_ref_split(as, model, run, err));
	rc = mg_version_each(u->store, &filter, count_version, &count, NULL);
	rc = 0;                         /* a model or run that is not there has none */
	if (!mg_map_set(&u->known, as, u) || (count == 0 && !mg_map_set(&u->fresh, as, u)))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

static bool
point_of(const json_t *row, mg_new_metric *out)
{
	const json_t *value = json_object_get(row, "value");
	const char *name = mg_json_text(row, "name"), *text = json_string_value(value);

	if (!name || !value || json_is_null(value))
		return false;
	*out = (mg_new_metric){ .name = name, .wall_time = mg_json_int(row, "wall_time", 0) };
	out->value = !text ? json_number_value(value) : !strcmp(text, "Infinity") ? HUGE_VAL : !strcmp(text, "-Infinity") ? -HUGE_VAL : NAN;
	out->has_step = json_is_integer(json_object_get(row, "step"));
	out->step = mg_json_int(row, "step", 0);
	return true;
}

/* What the version carries, borrowed from the manifest. */
typedef struct carried {
	MG_VEC(mgreg_pair)    tags;
	MG_VEC(const char *)  aliases;
	MG_VEC(mg_new_metric) metrics;
	MG_VEC(mg_new_parent) parents;
} carried;

static void
carried_clear(carried *c)
{
	mg_vec_clear(&c->tags);
	mg_vec_clear(&c->aliases);
	mg_vec_clear(&c->metrics);
	mg_vec_clear(&c->parents);
}

static int
carry(unpacking *u, const json_t *v, const char *model, carried *c, mgreg_error *err)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(v, "tags"), i, row)
		if (mg_json_text(row, "key")) {
			mgreg_pair pair = { mg_json_text(row, "key"), mg_json_text(row, "value") };

			if (!mg_vec_push(&c->tags, pair))
				return mg_fail_nomem(err, 0);
		}
	json_array_foreach(json_object_get(v, "aliases"), i, row) {
		const char *alias = mg_json_text(row, "alias");
		char ref[2 * MG_NAME_LIMIT + 2];
		mg_version_info other;

		snprintf(ref, sizeof(ref), "%s:%s", model, alias ? alias : "");
		if (!alias || mg_ref_resolve(u->store, ref, &other, NULL) == 0) {
			if (alias && warn(u, "alias %s stays on %s", ref, other.ref) != 0)
				return mg_fail_because(err, MGREG_CANCELLED, MGREG_REASON_FAILED, "stopped");
		} else if (!mg_vec_push(&c->aliases, alias)) {
			return mg_fail_nomem(err, 0);
		}
	}
	json_array_foreach(json_object_get(v, "metrics"), i, row) {
		mg_new_metric m;

		if (point_of(row, &m) && !mg_vec_push(&c->metrics, m))
			return mg_fail_nomem(err, 0);
	}
	json_array_foreach(json_object_get(v, "parents"), i, row) {
		const char *uid = mg_json_text(row, "uid"), *relation = mg_json_text(row, "relation");
		char ref[40];
		mg_version_info parent;

		snprintf(ref, sizeof(ref), "uid:%.32s", uid ? uid : "");
		if (uid && relation && mg_ref_resolve(u->store, ref, &parent, NULL) == 0) {
			mg_new_parent p = { parent.id, relation };

			if (!mg_vec_push(&c->parents, p))
				return mg_fail_nomem(err, 0);
		}
	}
	return 0;
}

static int
unpack_version(unpacking *u, const json_t *v, mgreg_error *err)
{
	const char *uid = mg_json_text(v, "uid"), *model = u->o->as ? u->o->as : mg_json_text(v, "model");
	const char *as = mg_arena_printf(&u->arena, "%s/%s", model, mg_json_text(v, "run"));
	const char *path = mg_arena_printf(&u->arena, "%s/%s", u->dir, mg_json_text(v, "read"));
	const char *folder = mg_arena_printf(&u->arena, "%s/%s", u->dir, mg_json_text(v, "folder"));
	mgreg_store_export_options o = MGREG_STORE_EXPORT_INIT;
	mg_packed packed = { .uid = uid, .kind = mg_json_text(v, "kind"), .resume = mg_json_text(v, "resume"),
		.saved_at = mg_json_int(v, "saved_at", 0), .kept = json_is_true(json_object_get(v, "kept")), .folder = folder };
	mg_version_info info;
	carried c = { 0 };
	char ref[40];
	int rc;

	if (!as || !path || !folder)
		return mg_fail_nomem(err, 0);
	snprintf(ref, sizeof(ref), "uid:%.32s", uid);
	if (mg_ref_resolve(u->store, ref, &info, NULL) == 0)
		return u->done ? u->done(u->ctx, &info, 1) : 0;
	MG_TRY(look_at_run(u, as, err));
	MG_TRY(carry(u, v, model, &c, err));
	o.as = as;
	o.has_step = json_is_integer(json_object_get(v, "step"));
	o.step = mg_json_int(v, "step", 0);
	o.note = mg_json_text(v, "note");
	o.hparams_json = mg_json_text(v, "given_hparams");
	o.tags = c.tags.at;
	o.tag_count = (int)c.tags.len;
	o.aliases = c.aliases.at;
	o.alias_count = (int)c.aliases.len;
	o.same_step = MGREG_SAME_KEEP_BOTH;
	o.no_latest = !u->o->latest && !mg_map_has(&u->fresh, as);
	o.dry_run = u->o->dry_run;
	packed.metrics = c.metrics.at;
	packed.metric_count = c.metrics.len;
	packed.parents = c.parents.at;
	packed.parent_count = c.parents.len;
	MG_TRY(mg_put_packed(u->store, &o, path, &packed, &info, err));
	rc = u->done ? u->done(u->ctx, &info, 0) : 0;
out:
	carried_clear(&c);
	return rc;
}

/* ---- what came along ------------------------------------------------------------------------------------------ */

/* The event file of a run.  Its graph stays out: the versions have theirs.  The store remembers that it was read. */
static int
read_events(mg_intake *in, const char *path, mgreg_error *err)
{
	mg_event_reader *r = NULL;
	mg_arena arena = { 0 };
	uint64_t pending = 0, offset = 0;
	Pb__Event *e;
	int rc;

	MG_TRY(mg_event_open(&r, path, 0, err));
	for (;;) {
		offset = mg_event_offset(r);
		mg_arena_clear(&arena);
		if ((rc = mg_event_next(r, &arena, &e, &pending, err)) != 0)
			break;
		if (e->what_case != PB__EVENT__WHAT_GRAPH_DEF && e->what_case != PB__EVENT__WHAT_META_GRAPH_DEF)
			MG_TRY(mg_intake_event_add(in, e, offset, err));
	}
	if (rc == MGREG_OUT_OF_RANGE)
		rc = mg_intake_flush(in, offset, err);
out:
	mg_event_close(r);
	mg_arena_clear(&arena);
	return rc;
}

static int
unpack_events(unpacking *u, const char *model, const char *run, int64_t run_id, const char *file, mgreg_error *err)
{
	mg_intake in = { .store = u->store, .run_id = run_id, .graph = MG_STR_INIT, .problem = MG_STR_INIT };
	const char *name = mg_arena_printf(&u->arena, "package/%s", mg_path_basename(file));
	const char *path = mg_arena_printf(&u->arena, "%s/%s", u->dir, file);
	mg_run_info info;
	int64_t read;
	bool found;
	int rc;

	if (!name || !path)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_input_size(u->store, run_id, "events", name, &read, &found, err));
	if (found)
		goto out;
	MG_TRY(mg_run_get(u->store, run_id, &info, err));
	memcpy(in.run_uid, info.uid, sizeof(in.run_uid));
	snprintf(in.model, sizeof(in.model), "%s", model);
	snprintf(in.run, sizeof(in.run), "%s", run);
	mg_intake_begin(&in, name, u->path, "");
	rc = read_events(&in, path, err);
out:
	mg_intake_clear(&in);
	return rc;
}

static int
unpack_run(unpacking *u, const json_t *run, mgreg_error *err)
{
	const char *model = u->o->as ? u->o->as : mg_json_text(run, "model"), *name = mg_json_text(run, "run"),
		*events = mg_json_text(run, "events");
	MG_VEC(mg_point) points = { 0 };
	int64_t model_id, run_id;
	mg_new_metric m;
	json_t *row;
	size_t i;
	int rc;

	if (!model || !name)
		return 0;
	MG_TRY(mg_model_find(u->store, model, &model_id, err));
	MG_TRY(mg_run_find(u->store, model_id, name, &run_id, err));
	if (events && mg_path_is_safe(events)) {        /* has every point, too */
		rc = unpack_events(u, model, name, run_id, events, err);
		goto out;
	}
	json_array_foreach(json_object_get(run, "metrics"), i, row) {
		mg_point p;

		if (!point_of(row, &m))
			continue;
		p = (mg_point){ .name = m.name, .has_step = m.has_step, .step = m.step, .value = m.value, .wall_time = m.wall_time };
		if (!mg_vec_push(&points, p))
			MG_TRY(mg_fail_nomem(err, 0));
	}
	if (points.len)
		rc = mg_metric_add(u->store, run_id, points.at, points.len, err);
out:
	mg_vec_clear(&points);
	return rc;
}

static int
check_package(unpacking *u, mgreg_error *err)
{
	int wrong, differs, rc;

	MG_TRY(mg_package_check(u->dir, u->manifest, NULL, NULL, &wrong, &differs, err));
	if (wrong || differs)
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: %d of its files are damaged or missing, or are not those of the manifest; `mgreg verify' "
			"names them", u->path, wrong + differs);
out:
	return rc;
}

static int
check_as(const unpacking *u, mgreg_error *err)
{
	const json_t *versions = json_object_get(u->manifest, "versions");
	const char *first = mg_json_text(json_array_get(versions, 0), "model");
	json_t *v;
	size_t i;

	if (!u->o->as)
		return 0;
	if (!mg_name_is_valid(u->o->as, strlen(u->o->as)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a model's name", u->o->as);
	json_array_foreach(versions, i, v)
		if (strcmp(mg_json_text(v, "model"), first))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s holds versions of several models (%s, %s): they cannot all be %s", u->path,
				first, mg_json_text(v, "model"), u->o->as);
	return 0;
}

int
mgreg_unpack(mgreg_store *store, const char *path, const mgreg_unpack_options *options,
	int (*done)(void *ctx, const mgreg_version_info *version, int skipped), void *ctx, mgreg_error *err)
{
	static const mgreg_unpack_options defaults = MGREG_UNPACK_INIT;
	unpacking u = { .store = store, .o = options ? options : &defaults, .path = path, .lock = -1, .done = done, .ctx = ctx };
	json_t *v;
	size_t i;
	int rc;

	assert(u.o->size == sizeof(*u.o));
	MG_TRY(mg_spool_make(&u.dir, &u.lock, err));
	MG_TRY(mg_spool_fill(u.dir, path, err));
	MG_TRY(mg_package_manifest(u.dir, path, &u.manifest, err));
	MG_TRY(check_as(&u, err));
	MG_TRY(check_package(&u, err));
	json_array_foreach(json_object_get(u.manifest, "versions"), i, v)
		MG_TRY(unpack_version(&u, v, err));
	if (!u.o->dry_run)
		json_array_foreach(json_object_get(u.manifest, "runs"), i, v)
			MG_TRY(unpack_run(&u, v, err));
out:
	mg_spool_remove(u.dir, u.lock);
	json_decref(u.manifest);
	mg_map_clear(&u.fresh);
	mg_map_clear(&u.known);
	mg_arena_clear(&u.arena);
	return rc;
}
