/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c - event files into a run: which files, how far each was read, following those that grow.
 *
 * A file is known to the store by its name below the folder that was given.  mg_input keeps how many of its bytes are in; a file
 * that is shorter than that, or another one under the same name, is read from its beginning, and what is there already is not
 * added again.
 */
#include "base/base.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "base/clock.h"
#include "base/file.h"
#include "registry/events.h"

enum { MAX_DEPTH = 16 };

typedef struct source {
	char    *path, *name, *prefix;
	bool     database;
	uint64_t offset;                /* read so far by this call */
	ino_t    inode;
	bool     known;                 /* offset and inode are set */
	bool     broken;                /* damaged: not looked at again */
} source;

typedef struct importer {
	mg_intake in;
	const mgreg_events_import_options *o;
	MG_VEC(source) sources;
	mg_map    paths;                /* of sources */
	mgreg_error first;              /* damage that was met first */
	int       damage;               /* its code */
} importer;

static bool
stopped(const importer *m)
{
	return m->o->stop && *m->o->stop;
}

/* ---- which files ---- */

static int
add_source(importer *m, const char *path, const char *name, const char *prefix, mgreg_error *err)
{
	source s = { .database = mg_summary_db_is(path) };
	bool fine;

	if (mg_map_has(&m->paths, path))
		return 0;
	s.path = mg_strdup(path);
	s.name = mg_strdup(name);
	s.prefix = mg_strdup(prefix);
	fine = s.path && s.name && s.prefix && mg_map_set(&m->paths, path, m) && mg_vec_push(&m->sources, s);
	if (fine)
		return 0;
	mg_free(s.path);
	mg_free(s.name);
	mg_free(s.prefix);
	return mg_fail_nomem(err, 0);
}

/* Files of DIR in order of names, which begin with the time, then its folders; BELOW is DIR as seen from the one that was given:
 * "" or "eval/". */
static int
add_dir(importer *m, const char *dir, const char *below, int depth, mgreg_error *err)
{
	char **names = NULL, *path = NULL;
	mg_str inner = MG_STR_INIT;
	size_t count = 0;
	int rc;

	MG_TRY(mg_dir_list(dir, &names, &count, err));
	for (int folders = 0; folders < 2; folders++)
		for (size_t i = 0; i < count; i++) {
			mg_free(path);
			if (!(path = mg_path_join(dir, names[i]))) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
			mg_str_reset(&inner);
			mg_str_printf(&inner, "%s%s", below, names[i]);
			if (mg_is_dir(path) != (folders == 1) || (folders && depth >= MAX_DEPTH))
				continue;
			if (folders) {
				mg_str_addc(&inner, '/');
				MG_TRY(mg_str_check(&inner, err));
				MG_TRY(add_dir(m, path, inner.ptr, depth + 1, err));
			} else if (mg_event_is_file_name(names[i])) {
				MG_TRY(mg_str_check(&inner, err));
				MG_TRY(add_source(m, path, inner.ptr, below, err));
			}
		}
out:
	for (size_t i = 0; i < count; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_free(path);
	mg_str_clear(&inner);
	return rc;
}

static int
find_sources(importer *m, const char *const *paths, int count, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < count; i++) {
		if (mg_is_dir(paths[i]))
			MG_TRY(add_dir(m, paths[i], "", 0, err));
		else if (!mg_file_exists(paths[i])) {
			rc = mg_fail(err, MGREG_NOT_FOUND, "%s: no such file or folder", paths[i]);
			goto out;
		} else
			MG_TRY(add_source(m, paths[i], mg_path_basename(paths[i]), "", err));
	}
	if (m->sources.len == 0 && !m->o->follow)
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: no event files", paths[0]);
out:
	return rc;
}

/* ---- one file ---- */

static int
tell(importer *m, const source *s, uint64_t pending, mgreg_error *err)
{
	mg_intake *in = &m->in;
	mgreg_events_file f = {
		.path = s->path, .kind = s->database ? "sqlite" : "events", .events = in->read, .points = in->added_points,
		.others = in->added_events, .versions = in->versions, .sessions = in->sessions, .offset = (int64_t)s->offset,
		.pending = (int64_t)pending, .problem = in->problem.len ? in->problem.ptr : NULL,
	};

	if (!m->o->file || m->o->file(m->o->ctx, &f) == 0)
		return 0;
	return mg_fail(err, MGREG_CANCELLED, "stopped");
}

static void
remember_damage(importer *m, source *s, int rc, const mgreg_error *why)
{
	mg_intake_note(&m->in, why);
	s->broken = true;
	if (!m->damage) {
		m->damage = rc;
		m->first = *why;
	}
}

/* Where to begin: where this call or an earlier one ended. */
static int
find_place(importer *m, source *s, bool *resumed, mgreg_error *err)
{
	struct stat st = { 0 };
	int64_t read = 0;
	bool found = false;
	int rc = 0;

	(void)stat(s->path, &st);
	if (!s->known && !m->in.dry_run)
		MG_TRY(mg_input_size(m->in.store, m->in.run_id, "events", s->name, &read, &found, err));
	if (!s->known)
		s->offset = found && read > 0 ? (uint64_t)read : 0;
	else if (st.st_ino != s->inode)
		s->offset = 0;
	if ((uint64_t)st.st_size < s->offset)
		s->offset = 0;
	s->inode = st.st_ino;
	s->known = true;
	*resumed = s->offset > 0;
out:
	return rc;
}

static int
read_events(importer *m, source *s, mg_event_reader *r, uint64_t *pending, mgreg_error *err)
{
	mg_arena arena = { 0 };
	int rc = 0;

	while (!stopped(m)) {
		mgreg_error why = { 0 };
		Pb__Event *e;

		s->offset = mg_event_offset(r);
		mg_arena_clear(&arena);
		rc = mg_event_next(r, &arena, &e, pending, &why);
		if (rc == MGREG_OUT_OF_RANGE) {
			rc = 0;
			break;
		}
		if (rc && mg_event_offset(r) > s->offset) {     /* the record is whole, its message is not */
			mg_intake_note(&m->in, &why);
			continue;
		}
		if (rc) {
			remember_damage(m, s, rc, &why);
			rc = 0;
			break;
		}
		MG_TRY(mg_intake_event_add(&m->in, e, s->offset, err));
	}
	rc = mg_intake_flush(&m->in, s->offset, err);
out:
	mg_arena_clear(&arena);
	return rc;
}

static int
read_source(importer *m, source *s, mgreg_error *err)
{
	mg_event_reader *r = NULL;
	uint64_t pending = 0;
	bool resumed = false;
	mgreg_error why = { 0 };
	int rc;

	mg_intake_begin(&m->in, s->name, s->path, s->prefix);
	if (s->database) {
		MG_TRY(mg_intake_summary_db(&m->in, s->path, err));
		s->broken = true;               /* once */
		rc = tell(m, s, 0, err);
		goto out;
	}
	MG_TRY(find_place(m, s, &resumed, err));
	if (resumed)
		MG_TRY(mg_intake_resume(&m->in, err));
	if ((rc = mg_event_open(&r, s->path, s->offset, &why)) != 0) {
		remember_damage(m, s, rc, &why);
		rc = tell(m, s, 0, err);
		goto out;
	}
	MG_TRY(read_events(m, s, r, &pending, err));
	if (m->in.read || m->in.problem.len || (pending && !m->o->follow) || !m->o->follow)
		rc = tell(m, s, pending, err);
out:
	mg_event_close(r);
	return rc;
}

static bool
has_grown(const source *s)
{
	struct stat st;

	return !s->broken && (!s->known || (stat(s->path, &st) == 0 && (st.st_ino != s->inode || (uint64_t)st.st_size != s->offset)));
}

static int
read_all(importer *m, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < m->sources.len && !stopped(m); i++)
		if (has_grown(&m->sources.at[i]))
			MG_TRY(read_source(m, &m->sources.at[i], err));
out:
	return rc;
}

static void
wait_a_little(const importer *m)
{
	double until = mg_monotonic() + (m->o->poll > 0 ? m->o->poll : 1);

	while (!stopped(m) && mg_monotonic() < until) {
		struct timespec pause = { 0, 20 * 1000000 };

		nanosleep(&pause, NULL);
	}
}

/* ---- the run ---- */

static int
find_run(importer *m, mgreg_error *err)
{
	mg_new_run status = { .status = "imported" };
	mg_intake *in = &m->in;
	mg_run_info info;
	int64_t model_id;
	int rc;

	MG_TRY(mg_ref_split(m->o->as, in->model, in->run, err));
	if (in->dry_run)
		goto out;
	MG_TRY(mg_txn_begin(in->store, err));
	rc = mg_model_create(in->store, in->model, &model_id, err);
	if (rc == 0)
		rc = mg_run_create(in->store, model_id, in->run, &status, &in->run_id, NULL, err);
	if (rc == 0)
		rc = mg_audit_add(in->store, "events-import", m->o->as, NULL, err);
	MG_TRY(mg_txn_end(in->store, rc, err));
	MG_TRY(mg_run_get(in->store, in->run_id, &info, err));
	memcpy(in->run_uid, info.uid, sizeof(in->run_uid));
out:
	return rc;
}

int
mgreg_events_import(mgreg_store *store, const char *const *paths, int count, const mgreg_events_import_options *options, mgreg_error *err)
{
	importer m = { .in = { .store = store, .dry_run = options->dry_run, .graph = MG_STR_INIT, .problem = MG_STR_INIT }, .o = options };
	int rc;

	if (count < 1 || !options->as)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s", count < 1 ? "no event files are named" : "no run is named to take them");
	MG_TRY(find_sources(&m, paths, count, err));
	for (size_t i = 0; options->follow && i < m.sources.len; i++)
		if (m.sources.at[i].database) {
			rc = mg_fail(err, MGREG_UNIMPLEMENTED, "%s: a database cannot be followed; import it again instead", m.sources.at[i].path);
			goto out;
		}
	MG_TRY(find_run(&m, err));
	MG_TRY(read_all(&m, err));
	while (options->follow && !stopped(&m)) {
		wait_a_little(&m);
		if (!stopped(&m)) {
			MG_TRY(find_sources(&m, paths, count, err));
			MG_TRY(read_all(&m, err));
		}
	}
	if (m.damage) {
		if (err)
			*err = m.first;
		rc = m.damage;
	}
out:
	for (size_t i = 0; i < m.sources.len; i++) {
		mg_free(m.sources.at[i].path);
		mg_free(m.sources.at[i].name);
		mg_free(m.sources.at[i].prefix);
	}
	mg_vec_clear(&m.sources);
	mg_map_clear(&m.paths);
	mg_intake_clear(&m.in);
	return rc;
}
