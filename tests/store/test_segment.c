/* SPDX-License-Identifier: Apache-2.0 */
/* test_segment.c - bytes beside the store: what lies in the files, what stays when they are missing, what is found unchanged. */
#include "store_test.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/json.h"

#define COUNT 5

/* A model of COUNT values of odd and even sizes; SEED decides the bytes. */
static const struct { const char *name, *dtype; size_t size; int width; } parts[COUNT] = {
	{ "a/kernel", "float32", 3 * MG_LEAF_SIZE + 4096, 4 }, { "b/kernel", "float32", 300000, 4 }, { "c/bias", "float32", 400, 4 },
	{ "d/odd", "uint8", 13, 1 }, { "global_step", "int64", 8, 8 },
};

static void
fill_part(uint8_t *p, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(seed >> 24);
	}
}

/* Values of SEED, but that of part CHANGED which is of SEED + 1 (at its end only). */
static uint8_t *
value(int part, uint32_t seed, int changed)
{
	uint8_t *p = mg_alloc(parts[part].size);

	fill_part(p, parts[part].size, seed * 31 + (uint32_t)part);
	if (part == changed)
		p[parts[part].size - 1] ^= 1;
	return p;
}

static int64_t
before_object(mg_store *s, int64_t version, const char *name)
{
	char text[300];

	snprintf(text, sizeof text, "SELECT coalesce((SELECT t.object_id FROM mg_version_tensor v JOIN mg_tensor t USING (tensor_id)"
		" WHERE v.version_id = %lld AND v.name = '%s'), 0)", (long long)version, name);
	return sql_one(s, text);
}

static mg_version_info
save_model(mg_store *s, int64_t step, uint32_t seed, int changed, int64_t before, mgreg_error *err, int *rc)
{
	mg_new_tensor tensors[COUNT];
	mg_new_version v = { .model = "m", .has_step = true, .step = step, .kind = "weights", .tensors = tensors, .tensor_count = COUNT };
	mg_version_info out = { 0 };
	char shapes[COUNT][40];
	mg_save *sv = NULL;

	if ((*rc = mg_save_begin(&sv, s, err)) != 0)
		return out;
	if (before)
		mg_save_follow(sv, before);
	for (int i = 0; i < COUNT; i++) {
		uint8_t *p = value(i, seed, changed);
		mg_blob *blob = NULL;

		*rc = mg_blob_put_value(sv, p, parts[i].size, parts[i].width, before ? before_object(s, before, parts[i].name) : 0, NULL, NULL, &blob, err);
		mg_free(p);
		if (*rc)
			goto out;
		snprintf(shapes[i], sizeof shapes[i], "[%zu]", parts[i].size / (size_t)parts[i].width);
		tensors[i] = (mg_new_tensor){ .name = parts[i].name, .dtype = parts[i].dtype, .shape = shapes[i],
			.elements = (int64_t)(parts[i].size / (size_t)parts[i].width), .blob = blob };
	}
	*rc = mg_version_publish(sv, &v, &out, NULL, err);
out:
	mg_save_free(sv);
	return out;
}

static mg_version_info
must_save(mg_store *s, int64_t step, uint32_t seed, int changed, int64_t before)
{
	mgreg_error err = { 0 };
	mg_version_info v;
	int rc = 0;

	v = save_model(s, step, seed, changed, before, &err, &rc);
	ck_assert_ok(rc, &err);
	return v;
}

static int
read_model(mg_store *s, int64_t version, uint32_t seed, int changed, mgreg_error *err)
{
	for (int i = 0; i < COUNT; i++) {
		uint8_t *want = value(i, seed, changed), *got = mg_calloc(1, parts[i].size);
		int rc = mg_object_read(s, before_object(s, version, parts[i].name), 0, got, parts[i].size, err);

		if (rc == 0)
			ck_assert_msg(memcmp(got, want, parts[i].size) == 0, "part %d of version %lld", i, (long long)version);
		mg_free(want);
		mg_free(got);
		if (rc)
			return rc;
	}
	return 0;
}

static mg_store *
new_store(const char *placement, const char *codec)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };

	ck_assert_ok(mg_setting_set(s, "placement", placement, &err), &err);
	ck_assert_ok(mg_setting_set(s, "codec", codec, &err), &err);
	return s;
}

static const char *
folder_of(mg_store *s)
{
	static char name[1200];

	snprintf(name, sizeof name, "%s.d", mg_store_path(s));
	return name;
}

static size_t
files_in(const char *folder, char *first, size_t size)
{
	char **names = NULL;
	size_t n = 0;
	mgreg_error err = { 0 };

	if (!mg_is_dir(folder))
		return 0;
	ck_assert_ok(mg_dir_list(folder, &names, &n, &err), &err);
	if (n && first)
		snprintf(first, size, "%s/%s", folder, names[0]);
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return n;
}

static const struct { const char *placement, *codec, *verify; } ways[] = {
	{ "inline", "raw", "off" }, { "inline", "zstd", "full" }, { "segments", "raw", "off" }, { "segments", "zstd", "full" },
	{ "segments", "auto", "sample" }, { "inline", "auto", "sample" },
};

START_TEST(round_trip)
{
	mg_store *s = new_store(ways[_i].placement, ways[_i].codec);
	mg_version_info a, b, c;
	mgreg_error err = { 0 };
	int64_t bytes;

	ck_assert_ok(mg_setting_set(s, "verify-on-save", ways[_i].verify, &err), &err);
	a = must_save(s, 1, 7, -1, 0);
	ck_assert_ok(read_model(s, a.id, 7, -1, &err), &err);
	/* one leaf of four, and the last 4 KiB, are new */
	bytes = sql_one(s, "SELECT sum(size) FROM mg_chunk");
	b = must_save(s, 2, 7, 0, a.id);
	ck_assert_int_le(sql_one(s, "SELECT sum(size) FROM mg_chunk") - bytes, 2 * 65536);
	ck_assert_ok(read_model(s, b.id, 7, 0, &err), &err);
	/* the same once more adds nothing, whether the predecessor is named or not */
	bytes = sql_one(s, "SELECT count(*) FROM mg_chunk");
	c = must_save(s, 3, 7, 0, b.id);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_chunk"), bytes);
	c = must_save(s, 4, 7, 0, 0);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_chunk"), bytes);
	ck_assert_int_eq(memcmp(c.weights, b.weights, 32), 0);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_claim") + sql_one(s, "SELECT count(*) FROM mg_save"), 0);
	s = reopen(s);
	ck_assert_ok(read_model(s, a.id, 7, -1, &err), &err);
	ck_assert_ok(read_model(s, c.id, 7, 0, &err), &err);
	ck_assert_int_eq(problems(s, false), 0);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) > 0 FROM mg_chunk WHERE segment_id IS NOT NULL"), !strcmp(ways[_i].placement, "segments"));
	mg_store_close(s);
}
END_TEST

/* A raw segment is a safetensors file: a whole tensor under its name, no holes, data at a multiple of 64. */
START_TEST(safetensors)
{
	mg_store *s = new_store("segments", "raw");
	char path[1300] = "";
	mg_str bytes = MG_STR_INIT;
	mgreg_error err = { 0 };
	json_t *root = NULL, *entry;
	uint64_t n = 0;
	const char *key;
	size_t covered = 0;

	must_save(s, 1, 3, -1, 0);
	ck_assert_uint_eq(files_in(folder_of(s), path, sizeof path), 1);
	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	memcpy(&n, bytes.ptr, 8);
	ck_assert_uint_eq((8 + n) % 64, 0);
	ck_assert_uint_lt(n, 8192);
	ck_assert_ok(mg_json_parse(bytes.ptr + 8, (size_t)n, &root, &err), &err);
	for (int i = 0; i < COUNT; i++) {
		json_int_t from, to;
		uint8_t *want = value(i, 3, -1);

		entry = json_object_get(root, parts[i].name);
		ck_assert_msg(entry != NULL, "no entry '%s'", parts[i].name);
		from = json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 0));
		to = json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 1));
		ck_assert_uint_eq((size_t)(to - from), parts[i].size);
		ck_assert_int_eq((int)((size_t)from % (size_t)parts[i].width), 0);
		ck_assert_int_eq(memcmp(bytes.ptr + 8 + n + from, want, parts[i].size), 0);
		mg_free(want);
	}
	json_object_foreach(root, key, entry)
		if (strcmp(key, "__metadata__"))
			covered += (size_t)(json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 1))
				- json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 0)));
	ck_assert_uint_eq(covered, bytes.len - 8 - (size_t)n);
	json_decref(root);
	mg_str_clear(&bytes);
	mg_store_close(s);
}
END_TEST

/* Without its folder a store opens, tells, and says what is missing when bytes are asked for. */
START_TEST(folder_missing)
{
	mg_store *s = new_store("segments", "auto");
	mg_version_info v = must_save(s, 1, 3, -1, 0), latest;
	char folder[1200], moved[1300];
	mgreg_error err = { 0 };

	snprintf(folder, sizeof folder, "%s", folder_of(s));
	snprintf(moved, sizeof moved, "%s.away", folder);
	s = reopen(s);
	ck_assert_int_eq(rename(folder, moved), 0);
	ck_assert_ok(mg_version_latest(s, "m", NULL, &latest, &err), &err);
	ck_assert_fails(read_model(s, v.id, 3, -1, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, ".d"));
	ck_assert_int_eq(problems(s, true), 1);
	ck_assert_int_gt(problems(s, false), 0);
	ck_assert_int_eq(rename(moved, folder), 0);
	ck_assert_ok(read_model(s, v.id, 3, -1, &err), &err);
	mg_store_close(s);
}
END_TEST

/* One flipped bit in a file is found by who reads it. */
START_TEST(damage)
{
	mg_store *s = new_store("segments", "raw");
	mg_version_info v = must_save(s, 1, 3, -1, 0);
	char path[1300];
	mgreg_error err = { 0 };
	FILE *f;

	files_in(folder_of(s), path, sizeof path);
	s = reopen(s);
	f = fopen(path, "r+");
	ck_assert_ptr_nonnull(f);
	fseek(f, -100, SEEK_END);
	fputc(fgetc(f) ^ 1, (fseek(f, -100, SEEK_END), f));
	fclose(f);
	ck_assert_fails(read_model(s, v.id, 3, -1, &err), MGREG_DATA_LOSS, &err);
	ck_assert_int_eq(problems(s, true), 0);
	ck_assert_int_eq(problems(s, false), 1);
	ck_assert_int_eq(truncate(path, 100000), 0);
	s = reopen(s);
	ck_assert_fails(read_model(s, v.id, 3, -1, &err), MGREG_DATA_LOSS, &err);
	mg_store_close(s);
}
END_TEST

/* A save that is given up leaves neither file nor row. */
START_TEST(abandoned)
{
	mg_store *s = new_store("segments", "raw");
	uint8_t *p = mg_calloc(1, 5 * MG_LEAF_SIZE);
	mgreg_error err = { 0 };
	mg_save *sv = NULL;
	mg_blob *blob;

	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	ck_assert_ok(mg_blob_put(sv, p, 5 * MG_LEAF_SIZE, NULL, NULL, &blob, &err), &err);
	ck_assert_uint_eq(files_in(folder_of(s), NULL, 0), 1);
	mg_save_free(sv);
	ck_assert_uint_eq(files_in(folder_of(s), NULL, 0), 0);
	ck_assert_int_eq(sql_one(s, "SELECT (SELECT count(*) FROM mg_segment) + (SELECT count(*) FROM mg_save) + (SELECT count(*) FROM mg_chunk)"), 0);
	mg_store_close(s);
	mg_free(p);
}
END_TEST

Suite *
test_segment(void)
{
	TCase *t;
	Suite *s = mg_suite("segment", &t);

	tcase_add_loop_test(t, round_trip, 0, MG_COUNT(ways));
	tcase_add_test(t, safetensors);
	tcase_add_test(t, folder_missing);
	tcase_add_test(t, damage);
	tcase_add_test(t, abandoned);
	return s;
}
