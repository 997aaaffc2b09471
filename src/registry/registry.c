/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - opening and closing a registry: the store behind the public handle. */
#include "base/base.h"
#include "base/num.h"
#include "mgreg/history.h"
#include "registry/registry.h"

static mg_store_options
translate(const mgreg_store_options *o)
{
	mg_store_options s = MG_STORE_OPTIONS_INIT;

	if (!o)
		return s;
	assert(o->size == sizeof(*o));
	s.read_only = o->read_only;
	s.stranger = o->stranger;
	s.timeout = o->timeout;
	s.actor = o->actor;
	s.journal = o->journal;
	s.placement = o->placement;
	s.page_size = o->page_size;
	return s;
}

int
mgreg_store_create(mgreg_store **out, const char *path, const mgreg_store_options *options, mgreg_error *err)
{
	mg_store_options s = translate(options);

	return mg_store_create(out, path, &s, err);
}

int
mgreg_store_open(mgreg_store **out, const char *path, const mgreg_store_options *options, mgreg_error *err)
{
	mg_store_options s = translate(options);

	return mg_store_open(out, path, &s, err);
}

void
mgreg_store_close(mgreg_store *store)
{
	mg_store_close(store);
}

int
mgreg_store_info(mgreg_store *store, mgreg_pair_fn *each, void *ctx, mgreg_error *err)
{
	return mg_store_info(store, each, ctx, err);
}

int
mgreg_store_settings_each(mgreg_store *store, mgreg_pair_fn *each, void *ctx, mgreg_error *err)
{
	return mg_setting_each(store, each, ctx, err);
}

int
mgreg_store_setting_set(mgreg_store *store, const char *key, const char *value, mgreg_error *err)
{
	return mg_setting_set(store, key, value, err);
}

/* ---- checks and upkeep ---- */

/* Every MetaGraph decoded, every graph well-formed: names unique, inputs there. */
static int
check_graph(mg_store *store, int64_t object_id, mgreg_error *err)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported imported;
	mg_report report = { 0 };
	mg_str bytes = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_graph *g = NULL;
	Pb__MetaGraphDef *m;
	int rc;

	in.allow_unknown_ops = true;
	in.skip_bad_collections = true;
	in.report = &report;
	MG_TRY(mg_object_read_all(store, object_id, 0, &bytes, err));
	MG_TRY(mg_metagraph_parse(bytes.ptr, bytes.len, "MetaGraph", &arena, &m, err));
	if (!m->graph_def)
		goto out;
	MG_TRY(mg_graph_new(&g, err));
	MG_TRY(mg_metagraph_import(g, m, &in, &imported, err));
out:
	mg_graph_free(g);
	mg_report_clear(&report);
	mg_arena_clear(&arena);
	mg_str_clear(&bytes);
	return rc;
}

static int
check_graphs(mg_store *store, mgreg_pair_fn *each, void *ctx, int64_t *problems, mgreg_error *err)
{
	mg_ids ids = { 0 };
	char line[400];
	int rc;

	MG_TRY(mg_metagraph_ids(store, &ids, err));
	for (size_t i = 0; i < ids.len; i++) {
		mgreg_error why = { 0 };

		rc = check_graph(store, ids.at[i], &why);
		if (rc == MGREG_RESOURCE_EXHAUSTED) {
			if (err)
				*err = why;
			goto out;
		}
		if (rc) {
			snprintf(line, sizeof(line), "MetaGraph %lld: %.300s", (long long)ids.at[i], why.text);
			++*problems;
			if (each)
				MG_TRY(each(ctx, "graph", line));
		}
		rc = 0;
	}
out:
	mg_vec_clear(&ids);
	return rc;
}

int
mgreg_store_fsck(mgreg_store *store, const mgreg_fsck_options *options, mgreg_pair_fn *each, void *ctx, int64_t *problems,
	mgreg_error *err)
{
	static const mgreg_fsck_options defaults = MGREG_FSCK_INIT;
	const mgreg_fsck_options *o = options ? options : &defaults;
	mg_fsck_options s = { .level = (mg_fsck_level)o->level, .repair_index = o->repair_index != 0, .rate = o->rate };
	mgreg_rebuild_result rebuilt;
	int64_t n = 0;
	int rc;

	assert(o->size == sizeof(*o));
	if (o->repair_index)
		MG_TRY(mgreg_store_rebuild(store, NULL, NULL, &rebuilt, err));
	MG_TRY(mg_store_fsck(store, &s, each, ctx, &n, err));
	if (o->level == MGREG_FSCK_FULL && n == 0)
		MG_TRY(check_graphs(store, each, ctx, &n, err));
	if (problems)
		*problems = n;
out:
	return rc;
}

int
mgreg_store_gc(mgreg_store *store, const mgreg_gc_options *options, mgreg_gc_result *out, mgreg_error *err)
{
	static const mgreg_gc_options defaults = MGREG_GC_INIT;
	const mgreg_gc_options *o = options ? options : &defaults;
	mg_gc_options s = { .dry_run = o->dry_run != 0, .compact = o->compact != 0, .max_time = o->max_time,
		.vacuum = (mg_vacuum)o->vacuum, .stop = o->stop };
	mg_str text = MG_STR_INIT;
	double grace = o->grace;
	mg_gc_result r;
	int rc;

	assert(o->size == sizeof(*o));
	if (grace < 0) {
		MG_TRY(mg_setting_get(store, "grace", &text, err));
		if (!mg_parse_duration(text.ptr, &grace)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "setting grace is '%s'", text.ptr);
			goto out;
		}
	}
	s.grace_ms = (int64_t)(grace * 1000);
	MG_TRY(mg_store_gc(store, &s, &r, err));
	if (out)
		*out = (mgreg_gc_result){ r.versions, r.objects, r.chunks, r.bytes, r.segments, r.strays, r.recoded, r.recoded_before,
			r.recoded_after, r.moved, r.file_before, r.file_after, r.finished };
out:
	mg_str_clear(&text);
	return rc;
}

int
mgreg_store_usage(mgreg_store *store, const int64_t *versions, int count, mgreg_usage *out, mgreg_error *err)
{
	mg_usage u;
	int rc = mg_store_usage(store, versions, (size_t)count, &u, err);

	if (rc == 0)
		*out = (mgreg_usage){ u.versions, u.logical, u.stored, u.frees };
	return rc;
}

static int
first_problem(void *ctx, const char *check, const char *text)
{
	mg_str *first = ctx;

	(void)check;
	if (strcmp(check, "note") && first->len == 0)
		mg_str_add(first, text);
	return 0;
}

int
mgreg_store_backup(mgreg_store *store, const char *dest, int verify, mgreg_error *err)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	mg_str first = MG_STR_INIT;
	mg_store *copy = NULL;
	int64_t problems;
	int rc;

	MG_TRY(mg_store_backup(store, dest, err));
	if (!verify)
		goto out;
	o.read_only = true;
	MG_TRY(mg_store_open(&copy, dest, &o, err));
	MG_TRY(mg_store_fsck(copy, NULL, first_problem, &first, &problems, err));
	if (problems)
		rc = mg_fail(err, MGREG_DATA_LOSS, "the copy '%s' has %lld problem%s: %s", dest, (long long)problems, problems == 1 ? "" : "s", first.ptr);
out:
	mg_store_close(copy);
	mg_str_clear(&first);
	return rc;
}

int
mgreg_store_map_tensor(mgreg_mapped **out, mgreg_store *store, int64_t version_id, const char *name, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_tensor_rows rows = { 0 };
	const mg_tensor_row *row = NULL;
	mg_version_info v;
	int rc;

	MG_TRY(mg_version_get(store, version_id, &v, err));
	MG_TRY(mg_version_tensors(store, version_id, &arena, &rows, err));
	for (size_t i = 0; i < rows.len && !row; i++)
		if (strcmp(rows.at[i].name, name) == 0)
			row = &rows.at[i];
	if (!row)
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s has no tensor '%s'", v.ref, name);
	else if (*row->slice)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "tensor '%s' is stored in slices", name);
	else
		rc = mg_wrap(err, mg_object_map(out, store, row->object_id, err), "tensor '%s'", name);
out:
	mg_vec_clear(&rows);
	mg_arena_clear(&arena);
	return rc;
}
