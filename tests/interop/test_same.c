/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_same.c - one model in every format and every cut: what is read back is the same, bit for bit, from the files, through a store,
 * and through the store into another format.
 */
#include "testing.h"

#include "base/file.h"
#include "base/path.h"
#include "ckpt/ckpt.h"
#include "interop/interop.h"
#include "mgreg/formats.h"
#include "mgreg/registry.h"
#include "mgreg/store.h"
#include "registry/registry.h"

/* ---- the model ------------------------------------------------------------------------------- */

static const struct { const char *name; mgreg_dtype dtype; int rank; int64_t dims[2]; } model[] = {
	{ "a/weights", MGREG_FLOAT, 2, { 12, 700 } }, { "b", MGREG_DOUBLE, 0, { 0 } }, { "c", MGREG_INT32, 1, { 17 } },
	{ "d", MGREG_INT64, 2, { 4, 3 } }, { "e", MGREG_BOOL, 1, { 9 } }, { "f", MGREG_UINT8, 1, { 5000 } },
	{ "g/empty", MGREG_FLOAT, 2, { 0, 4 } }, { "h", MGREG_HALF, 1, { 8 } }, { "z/Adam", MGREG_FLOAT, 2, { 12, 700 } },
};
enum { COUNT = (int)MG_COUNT(model) };

static void
make(int i, mg_tensor *t)
{
	mgreg_error err = { 0 };
	uint32_t seed = 17u * (uint32_t)i + 1;

	ck_assert_ok(mg_tensor_init_dims(t, model[i].dtype, model[i].dims, model[i].rank, &err), &err);
	for (size_t k = 0; k < t->size; k++) {
		seed = seed * 1664525u + 1013904223u;
		((uint8_t *)t->data)[k] = (uint8_t)(model[i].dtype == MGREG_BOOL ? seed >> 31 : seed >> 24);
	}
}

/* All bits there are, NaNs too: that is the point.  (NaN payloads of half and float must survive.) */
static void
check(mg_ckpt *c, const char *what)
{
	mgreg_error err = { 0 };
	mg_ckpt_entry e;

	for (int i = 0; i < COUNT; i++) {
		mg_tensor want = { 0 }, got = { 0 };

		make(i, &want);
		ck_assert_msg(mg_ckpt_read(c, model[i].name, NULL, &got, &err) == 0, "%s: %s", what, err.text);
		ck_assert_msg(mg_tensor_equal(&want, &got), "%s: tensor %s differs", what, model[i].name);
		mg_tensor_clear(&want);
		mg_tensor_clear(&got);
	}
	ck_assert_int_eq(mg_ckpt_entry_at(c, COUNT, &e, NULL), MGREG_OUT_OF_RANGE);
}

/* ---- writing it ------------------------------------------------------------------------------------- */

static void
put(mg_ckpt *c, int i, int parts)
{
	mgreg_error err = { 0 };
	mg_tensor t = { 0 };

	make(i, &t);
	if (parts < 2 || model[i].rank < 2 || model[i].dims[0] < parts) {
		ck_assert_ok(mg_ckpt_put(c, model[i].name, NULL, NULL, &t, &err), &err);
	} else {
		for (int k = 0; k < parts; k++) {
			int64_t start[2] = { model[i].dims[0] / parts * k, 0 }, length[2] = { model[i].dims[0] / parts, model[i].dims[1] };
			mg_tslice slice = { 2, start, length };
			mg_tensor piece = { 0 };

			ck_assert_ok(mg_tensor_init_dims(&piece, t.dtype, length, 2, &err), &err);
			memcpy(piece.data, (char *)t.data + piece.size * (size_t)k, piece.size);
			ck_assert_ok(mg_ckpt_put(c, model[i].name, &t.shape, &slice, &piece, &err), &err);
			mg_tensor_clear(&piece);
		}
	}
	mg_tensor_clear(&t);
}

static void
write_model(const char *format, const char *path, int parts, int first, int step)
{
	mgreg_error err = { 0 };
	mg_ckpt *c;

	ck_assert_ok(mg_ckpt_create(&c, format, path, &err), &err);
	for (int i = first; i < COUNT; i += step)
		put(c, i, parts);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
}

/* Three shards, as the sharded saver's save ops and MergeV2Checkpoints leave them. */
static void
write_shards(const char *path)
{
	const char *parts[3];
	char names[3][300];
	mgreg_error err = { 0 };

	for (int s = 0; s < 3; s++) {
		snprintf(names[s], sizeof(names[s]), "%s_temp/part-%05d-of-00003", path, s);
		write_model("v2", names[s], 4, s, 3);
		parts[s] = names[s];
	}
	ck_assert_ok(mg_bundle_merge(parts, 3, path, true, &err), &err);
}

static void
write_v1_shards(const char *path)
{
	char name[300];

	for (int s = 0; s < 3; s++) {
		snprintf(name, sizeof(name), "%s-%05d-of-00003", path, s);
		write_model("v1", name, 1, s, 3);
	}
}

static const char *
write_kind(int kind, const char *dir)
{
	static const char *const names[] = { "v2", "v1", "shards", "slices", "slices-v1", "shards-v1", "m.safetensors", "m.npz" };
	const char *path = mg_test_path(dir, names[kind]);

	switch (kind) {
	case 0: write_model("v2", path, 1, 0, 1); break;
	case 1: write_model("v1", path, 1, 0, 1); break;
	case 2: write_shards(path); break;
	case 3: write_model("v2", path, 4, 0, 1); break;
	case 4: write_model("v1", path, 4, 0, 1); break;
	case 5: write_v1_shards(path); break;
	case 6: write_model("safetensors", path, 1, 0, 1); break;
	default: write_model("npz", path, 1, 0, 1); break;
	}
	return path;
}

/* ---- reading it --------------------------------------------------------------------------------------- */

static int
remember(void *ctx, const mgreg_version_info *v, int skipped)
{
	(void)skipped;
	*(mgreg_version_info *)ctx = *v;
	return 0;
}

static void
compare_files(const char *a, const char *b)
{
	mg_str x = MG_STR_INIT, y = MG_STR_INIT;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_file_read(a, 0, &x, &err), &err);
	ck_assert_ok(mg_file_read(b, 0, &y, &err), &err);
	ck_assert_msg(x.len == y.len && !memcmp(x.ptr, y.ptr, x.len), "%s and %s differ", a, b);
	mg_str_clear(&x);
	mg_str_clear(&y);
}

START_TEST(every_format)
{
	char dir[200], out[220], direct[220];   /* longer lived than what mg_test_path() lends */
	mgreg_store_export_options o = MGREG_STORE_EXPORT_INIT;
	mgreg_checkout_options how = MGREG_CHECKOUT_INIT;
	mgreg_error err = { 0 };
	mgreg_version_info v;
	const char *path;
	char path_copy[256];
	mgreg_store *store;
	char *prefix;
	mg_ckpt *c;

	if (_i == 7 && !mg_ckpt_can_create("npz")) {
		mg_test_skip("npz cannot be written");
		return;
	}
	snprintf(dir, sizeof(dir), "%s/same", mg_test_tempdir());
	snprintf(out, sizeof(out), "%s/out", dir);
	snprintf(direct, sizeof(direct), "%s/direct", dir);
	ck_assert_ok(mg_dir_create(dir, true, &err), &err);
	snprintf(path_copy, sizeof(path_copy), "%s", write_kind(_i, dir));
	path = path_copy;
	ck_assert_ok(mg_ckpt_open(&c, path, &err), &err);
	check(c, "file");
	mg_ckpt_close(c);

	ck_assert_ok(mgreg_store_create(&store, mg_test_path(dir, "store"), NULL, &err), &err);
	o.as = "m";
	ck_assert_ok(mgreg_store_export(store, &path, 1, &o, remember, &v, &err), &err);
	ck_assert_ok(mg_store_ckpt_open(&c, store, v.id, &err), &err);
	check(c, "store");
	mg_ckpt_close(c);
	/* kept once, whatever the format: 2 x 33600 + 5000 bytes are the big tensors */
	ck_assert_msg(v.added_bytes < 90000, "%lld bytes for %d", (long long)v.added_bytes, _i);

	/* out again as each format, and V2 as one written directly (where the source has whole tensors) */
	for (int f = 0; f < 3; f++) {
		static const char *const formats[] = { "v2", "v1", "safetensors" };

		how.as = formats[f];
		how.prefix = formats[f];
		ck_assert_ok(mgreg_store_checkout(store, v.id, out, &how, &prefix, &err), &err);
		ck_assert_ok(mg_ckpt_open(&c, prefix, &err), &err);
		check(c, formats[f]);
		mg_ckpt_close(c);
		mgreg_free(prefix);
	}
	if (_i == 6 || _i == 7 || _i == 1 || _i == 5) {
		write_model("v2", direct, 1, 0, 1);
		compare_files(mg_test_path(dir, "direct.index"), mg_test_path(out, "v2.index"));
		compare_files(mg_test_path(dir, "direct.data-00000-of-00001"), mg_test_path(out, "v2.data-00000-of-00001"));
	}
	mgreg_store_close(store);

	/* and without a store */
	ck_assert_ok(mgreg_convert(path, mg_test_path(out, "converted.safetensors"), NULL, &err), &err);
	ck_assert_ok(mg_ckpt_open(&c, mg_test_path(out, "converted.safetensors"), &err), &err);
	check(c, "converted");
	mg_ckpt_close(c);
}
END_TEST

/* What lay in a lost shard is missed by name, file included; the rest is there. */
START_TEST(a_lost_shard)
{
	const char *dir = mg_test_path(mg_test_tempdir(), "lost");
	mgreg_error err = { 0 };
	const char *path;
	mg_ckpt *c;
	int lost = 0;

	ck_assert_ok(mg_dir_create(dir, true, &err), &err);
	path = write_kind(2, dir);
	ck_assert_ok(mg_file_remove(mg_test_path(dir, "shards.data-00001-of-00003"), &err), &err);
	ck_assert_ok(mg_ckpt_open(&c, path, &err), &err);
	for (int i = 0; i < COUNT; i++) {
		mg_tensor t = { 0 };
		int rc = mg_ckpt_read(c, model[i].name, NULL, &t, &err);

		ck_assert_int_eq(rc != 0, i % 3 == 1);
		lost += rc != 0;
		if (rc)
			ck_assert_msg(strstr(err.text, "data-00001-of-00003") != NULL, "%s", err.text);
		mg_tensor_clear(&t);
	}
	ck_assert_int_gt(lost, 0);
	mg_ckpt_close(c);
}
END_TEST

Suite *
test_same(void)
{
	TCase *t;
	Suite *s = mg_suite("same", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_format, 0, 8);
	tcase_add_test(t, a_lost_shard);
	return s;
}
