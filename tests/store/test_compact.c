/* SPDX-License-Identifier: Apache-2.0 */
/* test_compact.c - a history made small: chains of differences, other codecs and places, what gc takes and what it must leave, du. */
#include "store_test.h"
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"

enum { VERSIONS = 12, FLOATS = 400000, SMALL_FLOATS = 3000 };

/* Weights that wander a little from version to version; half of them never change. */
static float *
weights(int version, size_t n)
{
	float *p = mg_alloc(n * sizeof(float));
	uint32_t seed = 7;

	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (float)((int32_t)seed) * 0x1p-31f;
		if (i % 2)
			p[i] += (float)version * 1e-5f * (float)((int)(seed >> 8 & 255) - 128);
	}
	return p;
}

static mg_blob *
put(mg_save *sv, int version, size_t n)
{
	float *p = weights(version, n);
	mg_blob *blob = NULL;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_blob_put_value(sv, p, n * sizeof(float), 4, 0, NULL, NULL, &blob, &err), &err);
	mg_free(p);
	return blob;
}

static int64_t
save_version(mg_store *s, int version)
{
	mg_new_tensor t[2] = { { .name = "big", .dtype = "float32", .shape = "[400000]", .elements = FLOATS },
		{ .name = "small", .dtype = "float32", .shape = "[3000]", .elements = SMALL_FLOATS } };
	mg_new_version v = { .model = "m", .has_step = true, .step = version, .kind = "weights", .tensors = t, .tensor_count = 2 };
	mg_version_info out = { 0 };
	mgreg_error err = { 0 };
	mg_save *sv = NULL;

	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	t[0].blob = put(sv, version, FLOATS);
	t[1].blob = put(sv, version, SMALL_FLOATS);
	ck_assert_ok(mg_version_publish(sv, &v, &out, NULL, &err), &err);
	mg_save_free(sv);
	return out.id;
}

static void
expect_value(mg_store *s, int version, const char *name, size_t n)
{
	float *want = weights(version, n), *got = mg_calloc(n, sizeof(float));
	mgreg_error err = { 0 };
	char text[300];
	int64_t object;

	snprintf(text, sizeof text, "SELECT t.object_id FROM mg_version v JOIN mg_version_tensor x USING (version_id) JOIN mg_tensor t USING (tensor_id)"
		" WHERE v.global_step = %d AND x.name = '%s'", version, name);
	object = sql_one(s, text);
	ck_assert_ok(mg_object_read(s, object, 0, got, n * sizeof(float), &err), &err);
	ck_assert_msg(memcmp(got, want, n * sizeof(float)) == 0, "version %d, %s", version, name);
	mg_free(want);
	mg_free(got);
}

static void
expect_version(mg_store *s, int version)
{
	expect_value(s, version, "big", FLOATS);
	expect_value(s, version, "small", SMALL_FLOATS);
}

static mg_gc_result
compact(mg_store *s)
{
	mgreg_error err = { 0 };
	mg_gc_result r = { 0 };

	ck_assert_ok(mg_store_gc(s, &(mg_gc_options){ .compact = true }, &r, &err), &err);
	return r;
}

static void
set(mg_store *s, const char *key, const char *value)
{
	mgreg_error err = { 0 };

	ck_assert_ok(mg_setting_set(s, key, value, &err), &err);
}

static int64_t
stored(mg_store *s)
{
	return sql_one(s, "SELECT sum(stored) FROM mg_chunk");
}

static const struct { const char *placement, *depth; } ways[] = {
	{ "inline", "1" }, { "inline", "2" }, { "inline", "4" }, { "inline", "8" }, { "segments", "4" }, { "segments", "8" },
};

START_TEST(history)
{
	mg_store *s = fresh_store();
	int bound = ways[_i].depth[0] - '0';
	int64_t before, after;
	mg_gc_result r;

	set(s, "placement", ways[_i].placement);
	set(s, "depth", ways[_i].depth);
	for (int v = 0; v < VERSIONS; v++)
		save_version(s, v);
	before = stored(s);
	r = compact(s);
	after = stored(s);
	ck_assert(r.finished);
	ck_assert_int_gt(r.recoded, VERSIONS);
	ck_assert_int_eq(r.recoded_before - r.recoded_after, before - after);
	ck_assert_msg(after < before * (bound == 1 ? 85 : 75) / 100, "%lld of %lld bytes", (long long)after, (long long)before);
	ck_assert_int_eq(sql_one(s, "SELECT max(depth) FROM mg_chunk"), bound);
	/* the newest is whole, raw */
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_version v JOIN mg_version_tensor x USING (version_id) JOIN mg_tensor t USING (tensor_id)"
		" JOIN mg_object_chunk l USING (object_id) JOIN mg_chunk c USING (chunk_id) WHERE v.global_step = 11 AND c.codec <> 0"), 0);
	for (int v = 0; v < VERSIONS; v++)
		expect_version(s, v);
	ck_assert_int_eq(problems(s, false), 0);
	/* once more there is nothing to do but to try what did not pay */
	r = compact(s);
	ck_assert_int_eq(r.recoded, 0);
	/* and it goes on with new versions, in another process */
	s = reopen(s);
	save_version(s, VERSIONS);
	save_version(s, VERSIONS + 1);
	r = compact(s);
	ck_assert_int_gt(r.recoded, 0);
	ck_assert_int_le(sql_one(s, "SELECT max(depth) FROM mg_chunk"), bound);
	for (int v = 0; v < VERSIONS + 2; v++)
		expect_version(s, v);
	ck_assert_int_eq(problems(s, false), 0);
	mg_store_close(s);
}
END_TEST

/* Whatever is configured, what is stored follows, there and back. */
START_TEST(there_and_back)
{
	static const struct { const char *placement, *codec, *wrong; } steps[] = {
		{ "segments", "zstd", "codec NOT IN (0, 2) OR segment_id IS NULL" }, { "inline", "zstd", "codec NOT IN (0, 2) OR segment_id IS NOT NULL" },
		{ "segments", "raw", "codec <> 0 OR segment_id IS NULL" }, { "segments", "auto", "segment_id IS NULL" },
		{ "inline", "auto", "segment_id IS NOT NULL" }, { "inline", "raw", "codec <> 0 OR segment_id IS NOT NULL" },
	};
	mg_store *s = fresh_store();
	char text[200], folder[1200], **names;
	mgreg_error err = { 0 };
	size_t count;

	for (int v = 0; v < 4; v++)
		save_version(s, v);
	for (size_t i = 0; i < MG_COUNT(steps); i++) {
		set(s, "placement", steps[i].placement);
		set(s, "codec", steps[i].codec);
		compact(s);
		snprintf(text, sizeof text, "SELECT count(*) FROM mg_chunk WHERE %s", steps[i].wrong);
		ck_assert_msg(sql_one(s, text) == 0, "step %zu", i);
		for (int v = 0; v < 4; v++)
			expect_version(s, v);
		ck_assert_int_eq(problems(s, false), 0);
	}
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_segment"), 0);
	snprintf(folder, sizeof folder, "%s.d", mg_store_path(s));
	ck_assert_ok(mg_dir_list(folder, &names, &count, &err), &err);
	ck_assert_uint_eq(count, 0);
	mg_free(names);
	mg_store_close(s);
}
END_TEST

static int64_t
id_of(mg_store *s, int version)
{
	char text[100];

	snprintf(text, sizeof text, "SELECT version_id FROM mg_version WHERE global_step = %d", version);
	return sql_one(s, text);
}

/* What du says is what gc then frees, byte for byte; what stays can be read, whatever hung on what went. */
START_TEST(du_and_gc_agree)
{
	static const struct { int from, to, step; } gone[] = { { 3, 4, 1 }, { 0, 11, 1 }, { 5, 11, 1 }, { 0, 11, 2 }, { 10, 11, 1 }, { 0, 1, 1 } };
	mg_store *s = fresh_store();
	bool went[VERSIONS] = { false };
	int64_t ids[VERSIONS];
	mgreg_error err = { 0 };
	mg_gc_result dry, r;
	mg_usage u;
	size_t n = 0;

	set(s, "placement", _i & 1 ? "segments" : "inline");
	for (int v = 0; v < VERSIONS; v++)
		save_version(s, v);
	compact(s);
	for (int v = gone[_i].from; v < gone[_i].to; v += gone[_i].step) {
		ids[n++] = id_of(s, v);
		went[v] = true;
	}
	ck_assert_ok(mg_store_usage(s, ids, n, &u, &err), &err);
	ck_assert_int_eq(u.versions, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		ck_assert_ok(mg_version_expire(s, ids[i], false, &err), &err);
	ck_assert_ok(gc_now(s, 0, true, &dry, &err), &err);
	ck_assert_int_eq(dry.bytes, u.frees);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_version WHERE state = 'purged'"), 0);
	ck_assert_ok(gc_now(s, 0, false, &r, &err), &err);
	ck_assert_int_eq(r.bytes, dry.bytes);
	ck_assert_int_eq(r.versions, (int64_t)n);
	for (int v = 0; v < VERSIONS; v++)
		if (!went[v])
			expect_version(s, v);
	ck_assert_int_eq(problems(s, false), 0);
	/* bases that nobody lists go when what hangs on them has been taken off */
	compact(s);
	for (int v = 0; v < VERSIONS; v++)
		if (!went[v])
			expect_version(s, v);
	ck_assert_int_eq(problems(s, false), 0);
	mg_store_close(s);
}
END_TEST

/* In small portions, each of which leaves the store whole. */
START_TEST(in_portions)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mg_gc_result r = { 0 };
	int rounds = 0;

	for (int v = 0; v < VERSIONS; v++)
		save_version(s, v);
	for (; !r.finished && rounds < 2000; rounds++) {
		ck_assert_ok(mg_store_gc(s, &(mg_gc_options){ .compact = true, .max_time = 0.03, .vacuum = MG_VACUUM_NONE }, &r, &err), &err);
		ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_save"), 0);
		if (rounds < 5)
			ck_assert_int_eq(problems(s, false), 0);
	}
	ck_assert(r.finished);
	for (int v = 0; v < VERSIONS; v++)
		expect_version(s, v);
	ck_assert_ok(mg_store_gc(s, &(mg_gc_options){ .vacuum = MG_VACUUM_FULL }, &r, &err), &err);
	ck_assert_int_eq(problems(s, false), 0);
	mg_store_close(s);
}
END_TEST

/* The file really shrinks; without vacuum it does not. */
START_TEST(file_shrinks)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mg_gc_result r;
	mg_usage u;
	int64_t ids[6];

	for (int v = 0; v < 7; v++)
		save_version(s, v);
	for (int v = 0; v < 6; v++) {
		ids[v] = id_of(s, v);
	}
	ck_assert_ok(mg_store_gc(s, &(mg_gc_options){ .grace_ms = 1000 }, &r, &err), &err);     /* the log goes into the file */
	ck_assert_ok(mg_store_usage(s, ids, 6, &u, &err), &err);
	for (int v = 0; v < 6; v++)
		ck_assert_ok(mg_version_expire(s, ids[v], false, &err), &err);
	ck_assert_ok(mg_store_gc(s, &(mg_gc_options){ .vacuum = MG_VACUUM_NONE }, &r, &err), &err);
	ck_assert_int_eq(r.bytes, u.frees);
	ck_assert_int_ge(r.file_after, r.file_before);
	ck_assert_ok(gc_now(s, 0, false, &r, &err), &err);
	/* a chunk lies on pages of 16 KiB: what it does not fill goes too */
	ck_assert_int_ge(r.file_before - r.file_after, u.frees);
	ck_assert_int_le(r.file_before - r.file_after, u.frees + u.frees / 16 + 40 * 16384);
	mg_store_close(s);
}
END_TEST

START_TEST(backup)
{
	mg_store *s = fresh_store(), *copy = NULL;
	char dest[1100], folder[1200];
	mgreg_error err = { 0 };
	int64_t rows;

	set(s, "placement", _i & 1 ? "segments" : "inline");
	if (_i & 2) {
		set(s, "journal", "rollback");
		s = reopen(s);
	}
	for (int v = 0; v < 4; v++)
		save_version(s, v);
	compact(s);
	snprintf(dest, sizeof dest, "%s/copy%d.mgreg", mg_test_tempdir(), _i);
	snprintf(folder, sizeof folder, "%s.d", dest);
	ck_assert_ok(mg_store_backup(s, dest, &err), &err);
	ck_assert_fails(mg_store_backup(s, dest, &err), MGREG_ALREADY_EXISTS, &err);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_save"), 0);
	rows = sql_one(s, "SELECT count(*) FROM mg_chunk");
	save_version(s, 9);             /* the original goes on, the copy stays */
	ck_assert_ok(mg_store_open(&copy, dest, NULL, &err), &err);
	ck_assert_int_eq(mg_is_dir(folder), _i & 1);
	ck_assert_int_eq(sql_one(copy, "SELECT count(*) FROM mg_chunk"), rows);
	for (int v = 0; v < 4; v++)
		expect_version(copy, v);
	ck_assert_int_eq(problems(copy, false), 0);
	save_version(copy, 5);
	expect_version(copy, 5);
	mg_store_close(copy);
	snprintf(dest, sizeof dest, "%s/nowhere/copy.mgreg", mg_test_tempdir());
	ck_assert_fails(mg_store_backup(s, dest, &err), MGREG_NOT_FOUND, &err);
	mg_store_close(s);
}
END_TEST

static int
count_notes(void *ctx, const char *check, const char *text)
{
	(void)text;
	*(int *)ctx += !strcmp(check, "note");
	return 0;
}

/* A segment of a save whose process died, and a file that belongs to nothing. */
START_TEST(leftovers)
{
	mg_store *s = fresh_store();
	char path[1300], stray[1300];
	mgreg_error err = { 0 };
	mg_gc_result r;
	int notes = 0;

	set(s, "placement", "segments");
	save_version(s, 1);
	snprintf(path, sizeof path, "%s.d/0123456789abcdef0123456789abcdef.seg", mg_store_path(s));
	snprintf(stray, sizeof stray, "%s.d/fedcba9876543210fedcba9876543210.seg", mg_store_path(s));
	ck_assert_ok(sql(s, "INSERT INTO mg_save (save_uid, host, pid, started_at, heartbeat_at) VALUES ('0123456789abcdef0123456789abcdef', 'elsewhere', 1, 0, 0);"
		"INSERT INTO mg_segment (uid, size, state, added_at) VALUES ('0123456789abcdef0123456789abcdef', 0, 'writing', 0)", &err), &err);
	ck_assert_ok(mg_file_write(path, "x", 1, &err), &err);
	ck_assert_ok(mg_file_write(stray, "y", 1, &err), &err);
	ck_assert_int_eq(problems(s, true), 0); /* no damage, but told */
	ck_assert_ok(mg_store_fsck(s, NULL, count_notes, &notes, NULL, &err), &err);
	ck_assert_int_eq(notes, 1);
	ck_assert_ok(gc_now(s, 60000, false, &r, &err), &err);
	ck_assert(!mg_file_exists(path));
	ck_assert(mg_file_exists(stray));       /* not old enough: its save may be at work */
	ck_assert_int_eq(r.segments, 1);
	usleep(20000);
	ck_assert_ok(gc_now(s, 0, false, &r, &err), &err);
	ck_assert(!mg_file_exists(stray));
	ck_assert_int_eq(r.strays, 1);
	expect_version(s, 1);
	ck_assert_int_eq(problems(s, false), 0);
	mg_store_close(s);
}
END_TEST

/* A mapped value stays what it is, also when its version and its file go. */
START_TEST(mapped)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mgreg_mapped *m = NULL;
	mg_gc_result r;
	float *want = weights(1, FLOATS);
	int64_t object;

	object = save_version(s, 0);
	ck_assert_fails(mg_object_map(&m, s, sql_one(s, "SELECT object_id FROM mg_tensor WHERE elements = 400000"), &err), MGREG_FAILED_PRECONDITION, &err);
	set(s, "placement", "segments");
	save_version(s, 1);
	save_version(s, 2);
	object = sql_one(s, "SELECT t.object_id FROM mg_version v JOIN mg_version_tensor x USING (version_id) JOIN mg_tensor t USING (tensor_id)"
		" WHERE v.global_step = 1 AND x.name = 'big'");
	ck_assert_ok(mg_object_map(&m, s, object, &err), &err);
	ck_assert_uint_eq(mgreg_mapped_size(m), FLOATS * sizeof(float));
	ck_assert_int_eq(memcmp(mgreg_mapped_data(m), want, FLOATS * sizeof(float)), 0);
	ck_assert_int_eq((int)((uintptr_t)mgreg_mapped_data(m) % 64), 0);
	ck_assert_ok(mg_version_expire(s, id_of(s, 1), false, &err), &err);
	ck_assert_ok(gc_now(s, 0, false, &r, &err), &err);
	ck_assert_int_eq(memcmp(mgreg_mapped_data(m), want, FLOATS * sizeof(float)), 0);
	mgreg_mapped_free(m);
	mg_free(want);
	mg_store_close(s);
}
END_TEST

Suite *
test_compact(void)
{
	TCase *t;
	Suite *s = mg_suite("compact", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, history, 0, MG_COUNT(ways));
	tcase_add_test(t, there_and_back);
	tcase_add_loop_test(t, du_and_gc_agree, 0, 6);
	tcase_add_test(t, in_portions);
	tcase_add_test(t, file_shrinks);
	tcase_add_loop_test(t, backup, 0, 4);
	tcase_add_test(t, leftovers);
	tcase_add_test(t, mapped);
	return s;
}
