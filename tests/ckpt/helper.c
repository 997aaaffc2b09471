/* SPDX-License-Identifier: Apache-2.0 */
/* helper.c - what the tests of checkpoints share. */
#include "helper.h"
#include <ctype.h>
#include <stdio.h>
#include "base/path.h"

const char *
fresh_prefix(const char *name)
{
	static unsigned next;
	static char ring[4][2048];
	char *p = ring[next++ % 4];
	mgreg_error err;

	snprintf(p, sizeof(ring[0]), "%s/p%u", mg_test_tempdir(), next);
	ck_assert_ok(mg_dir_create(p, true, &err), &err);
	snprintf(p, sizeof(ring[0]), "%s/p%u/%s", mg_test_tempdir(), next, name);
	return p;
}

void
unhex_text(const char *text, mg_str *out)
{
	while (*text) {
		unsigned v;

		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		ck_assert_int_eq(sscanf(text, "%2x", &v), 1);
		mg_str_addc(out, (char)v);
		text += 2;
	}
}

void
slurp(const char *path, mg_str *out)
{
	mgreg_error err;

	mg_str_reset(out);
	ck_assert_ok(mg_file_read(path, 0, out, &err), &err);
}

void
spit(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
}

void
floats(mg_tensor *t, const int64_t *dims, int rank, float first)
{
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_dims(t, MGREG_FLOAT, dims, rank, &err), &err);
	for (int64_t i = 0; i < t->count; i++)
		MG_DATA(t, float)[i] = first + (float)i;
}

const char *
copy_checkpoint(const char *prefix)
{
	const char *to = fresh_prefix(mg_path_basename(prefix));
	char **names, *dir = mg_path_dirname(to);
	size_t count;
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_files(prefix, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		if (mg_ends_with(names[i], ".meta"))
			continue;
		slurp(names[i], &bytes);
		spit(mg_test_path(dir, mg_path_basename(names[i])), bytes.ptr, bytes.len);
	}
	mg_names_free(names, count);
	mg_free(dir);
	mg_str_clear(&bytes);
	return to;
}

int
read_all(mg_ckpt *c)
{
	mg_ckpt_entry e;
	mgreg_error err;
	int n = 0, rc;

	while ((rc = mg_ckpt_entry_at(c, (size_t)n, &e, &err)) == 0) {
		mg_tensor t = { 0 };

		ck_assert_ok(mg_ckpt_read(c, e.name, NULL, &t, &err), &err);
		ck_assert_int_eq((int)t.dtype, e.dtype);
		ck_assert(mg_shape_equal(&t.shape, &e.shape));
		mg_tensor_clear(&t);
		n++;
	}
	ck_assert_int_eq(rc, MGREG_OUT_OF_RANGE);
	return n;
}

void
same_tensors(const char *a, const char *b)
{
	mg_ckpt *x, *y;
	mg_ckpt_entry e, f;
	mgreg_error err;
	size_t i;

	ck_assert_ok(mg_ckpt_open(&x, a, &err), &err);
	ck_assert_ok(mg_ckpt_open(&y, b, &err), &err);
	for (i = 0; mg_ckpt_entry_at(x, i, &e, NULL) == 0; i++) {
		mg_tensor s = { 0 }, t = { 0 };

		ck_assert_ok(mg_ckpt_entry_at(y, i, &f, &err), &err);
		ck_assert_str_eq(e.name, f.name);
		ck_assert_ok(mg_ckpt_read(x, e.name, NULL, &s, &err), &err);
		ck_assert_ok(mg_ckpt_read(y, e.name, NULL, &t, &err), &err);
		ck_assert_msg(mg_tensor_equal(&s, &t), "%s differs", e.name);
		mg_tensor_clear(&s);
		mg_tensor_clear(&t);
	}
	ck_assert_int_ne(mg_ckpt_entry_at(y, i, &f, NULL), 0);
	mg_ckpt_close(x);
	mg_ckpt_close(y);
}

void
rewrite_v2(const char *from, const char *to)
{
	mg_ckpt *r, *w;
	const mg_bundle_place *places;
	size_t count;
	int shards;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_open(&r, from, &err), &err);
	ck_assert_ok(mg_bundle_places(r, &places, &count, &shards, &err), &err);
	ck_assert_ok(mg_ckpt_create(&w, "v2", to, &err), &err);
	for (size_t i = 0; i < count; i++) {
		mg_tensor t = { 0 };

		ck_assert_ok(mg_ckpt_read(r, places[i].name, places[i].slice, &t, &err), &err);
		ck_assert_ok(mg_ckpt_put(w, places[i].name, &places[i].full, places[i].slice, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	mg_ckpt_close(r);
}

static int
walk(const char *dir, bool v1, void (*each)(const char *prefix))
{
	char **names, *path, *prefix;
	size_t count;
	int n = 0;

	if (mg_dir_list(dir, &names, &count, NULL) != 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		path = mg_path_join(dir, names[i]);
		prefix = mg_ckpt_prefix_of(path);
		if (mg_is_dir(path)) {
			n += walk(path, v1, each);
		} else if (!v1 && mg_ends_with(path, ".index")) {
			each(prefix);
			n++;
		} else if (v1) {
			mg_table t;

			/* A table that is no index of a bundle. */
			if (!mg_ends_with(path, ".index") && mg_table_open(&t, path, NULL) == 0) {
				mg_table_close(&t);
				each(path);
				n++;
			}
		}
		mg_free(path);
		mg_free(prefix);
	}
	mg_names_free(names, count);
	return n;
}

int
each_corpus(bool v1, void (*each)(const char *prefix))
{
	const char *corpus = mg_test_corpus();

	if (corpus == NULL) {
		mg_test_skip("files that TensorFlow wrote (MGREG_CORPUS)");
		return -1;
	}
	return walk(corpus, v1, each);
}
