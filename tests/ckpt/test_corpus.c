/* SPDX-License-Identifier: Apache-2.0 */
/* test_corpus.c - checkpoints that TensorFlow wrote: read, written again, compared byte by byte. */
#include "helper.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/num.h"

static int read_count, same_count, unwritten, packed_count;

/* Whether every data shard the index names is there. */
static bool
is_complete(const char *prefix)
{
	mg_ckpt *r;
	const mg_bundle_place *places;
	size_t count;
	int shards;
	bool complete = true;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_ok(mg_bundle_places(r, &places, &count, &shards, &err), &err);
	for (int i = 0; i < shards; i++) {
		char *path = mg_bundle_data_name(prefix, i, shards);

		complete &= mg_file_exists(path);
		mg_free(path);
	}
	mg_ckpt_close(r);
	return complete;
}

static void
read_v2(const char *prefix)
{
	mg_ckpt *r;
	mgreg_error err;

	if (!is_complete(prefix)) {     /* it lists; what it lacks is refused by name */
		mg_ckpt_entry e;
		mg_tensor t = { 0 };
		int refused = 0;

		ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
		for (size_t i = 0; mg_ckpt_entry_at(r, i, &e, NULL) == 0; i++) {
			int rc = mg_ckpt_read(r, e.name, NULL, &t, &err);

			ck_assert(rc == 0 || (rc == MGREG_DATA_LOSS && strstr(err.text, e.name)));
			refused += rc != 0;
			mg_tensor_clear(&t);
		}
		ck_assert_int_gt(refused, 0);
		mg_ckpt_close(r);
		return;
	}
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_str_eq(r->ops->format, "v2");
	read_count += read_all(r);
	mg_ckpt_close(r);
}

START_TEST(v2_read)
{
	int n;

	read_count = 0;
	n = each_corpus(false, read_v2);
	if (n >= 0) {
		ck_assert_int_ge(n, 40);
		ck_assert_int_ge(read_count, 500);
	}
}
END_TEST

static void
compare(const char *a, const char *b)
{
	mg_str x = MG_STR_INIT, y = MG_STR_INIT;

	slurp(a, &x);
	slurp(b, &y);
	ck_assert_msg(x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0, "%s differs from what we write", a);
	mg_str_clear(&x);
	mg_str_clear(&y);
}

static int
list_entry(void *ctx, mg_slice key, mg_slice value, mgreg_error *err)
{
	mg_str_printf(ctx, "%zu %zu ", key.len, value.len);
	mg_str_append(ctx, key.ptr, key.len);
	mg_str_append(ctx, value.ptr, value.len);
	return mg_str_check(ctx, err);
}

/* Indexes whose writer packed its blocks with Snappy (we write none): the same entries.  Returns whether it was one. */
static bool
compare_packed(const char *a, const char *b)
{
	mg_str x = MG_STR_INIT, y = MG_STR_INIT, bytes = MG_STR_INIT;
	mg_table s, t;
	mgreg_error err;
	bool packed = false;

	ck_assert_ok(mg_table_open(&s, a, &err), &err);
	slurp(a, &bytes);
	for (size_t i = 0; i < s.count; i++)
		packed |= bytes.ptr[s.parts[i].offset + s.parts[i].size] == MG_BLOCK_SNAPPY;
	if (packed) {
		ck_assert_ok(mg_table_open(&t, b, &err), &err);
		ck_assert_ok(mg_table_each(&s, list_entry, &x, &err), &err);
		ck_assert_ok(mg_table_each(&t, list_entry, &y, &err), &err);
		ck_assert(x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0);
		mg_table_close(&t);
	}
	mg_table_close(&s);
	mg_str_clear(&x);
	mg_str_clear(&y);
	mg_str_clear(&bytes);
	return packed;
}

/* One shard: our writer gives the same two files.  Several: each shard's pieces, written apart and merged, do. */
static void
rewrite(const char *prefix)
{
	char to[2000], part[2048], *names[2], **list = NULL;
	const mg_bundle_place *places;
	size_t count;
	int shards;
	mg_ckpt *r;
	mgreg_error err;

	if (!is_complete(prefix)) {
		unwritten++;
		return;
	}
	snprintf(to, sizeof(to), "%s", fresh_prefix("again"));
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_ok(mg_bundle_places(r, &places, &count, &shards, &err), &err);
	if (shards == 1) {
		rewrite_v2(prefix, to);
	} else {
		ck_assert_ptr_nonnull(list = mg_calloc((size_t)shards, sizeof(*list)));
		for (int s = 0; s < shards; s++) {
			mg_ckpt *w;

			snprintf(part, sizeof(part), "%s_temp/part-%05d-of-%05d", to, s, shards);
			list[s] = mg_strdup(part);
			ck_assert_ok(mg_ckpt_create(&w, "v2", part, &err), &err);
			for (size_t i = 0; i < count; i++) {
				mg_tensor t = { 0 };

				if (places[i].shard != s)
					continue;
				ck_assert_ok(mg_ckpt_read(r, places[i].name, places[i].slice, &t, &err), &err);
				ck_assert_ok(mg_ckpt_put(w, places[i].name, &places[i].full, places[i].slice, &t, &err), &err);
				mg_tensor_clear(&t);
			}
			ck_assert_ok(mg_ckpt_finish(w, &err), &err);
			mg_ckpt_close(w);
		}
		ck_assert_ok(mg_bundle_merge((const char *const *)list, shards, to, true, &err), &err);
		mg_names_free(list, (size_t)shards);
	}
	mg_ckpt_close(r);
	names[0] = mg_bundle_index_name(prefix);
	names[1] = mg_bundle_index_name(to);
	if (!compare_packed(names[0], names[1]))
		compare(names[0], names[1]);
	else
		packed_count++;
	mg_free(names[0]);
	mg_free(names[1]);
	for (int s = 0; s < shards; s++) {
		names[0] = mg_bundle_data_name(prefix, s, shards);
		names[1] = mg_bundle_data_name(to, s, shards);
		compare(names[0], names[1]);
		mg_free(names[0]);
		mg_free(names[1]);
	}
	ck_assert_ok(mg_ckpt_remove(to, &err), &err);
	same_count++;
}

START_TEST(v2_same_bytes)
{
	int n;

	same_count = unwritten = packed_count = 0;
	n = each_corpus(false, rewrite);
	if (n >= 0) {
		ck_assert_int_eq(same_count + unwritten, n);
		ck_assert_int_ge(same_count, 30);
		ck_assert_int_le(packed_count, 3);
	}
}
END_TEST

static void
read_v1(const char *prefix)
{
	char to[2000];
	mg_ckpt *r, *w;
	mg_ckpt_entry e;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_str_eq(r->ops->format, "v1");
	read_count += read_all(r);
	/* One Saver wrote it in order of names: our writer gives the same bytes. */
	snprintf(to, sizeof(to), "%s", fresh_prefix("again"));
	ck_assert_ok(mg_ckpt_create(&w, "v1", to, &err), &err);
	for (size_t i = 0; mg_ckpt_entry_at(r, i, &e, NULL) == 0; i++) {
		mg_tensor t = { 0 };

		ck_assert_int_eq(e.slice_count, 0);
		ck_assert_ok(mg_ckpt_read(r, e.name, NULL, &t, &err), &err);
		ck_assert_ok(mg_ckpt_put(w, e.name, NULL, NULL, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	mg_ckpt_close(r);
	compare(prefix, to);
}

/* ---- damage ---- */

static int flips_done;

static int
flips_wished(const char *text)
{
	int64_t n;

	ck_assert(mg_parse_i64(text, strlen(text), &n) && n > 0 && n < 1000000);
	return (int)n;
}

/* Byte AT of shard SHARD is wrong: its tensor says so by name, the one after it is still read. */
static void
check_flip(const char *prefix, int shard, uint64_t at)
{
	mg_ckpt *r;
	const mg_bundle_place *places, *hit = NULL, *other = NULL;
	mg_tensor t = { 0 };
	size_t count;
	int shards;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_ok(mg_bundle_places(r, &places, &count, &shards, &err), &err);
	for (size_t i = 0; i < count; i++) {
		if (places[i].shard == shard && at >= places[i].offset && at < places[i].offset + places[i].size)
			hit = &places[i];
		else if (places[i].size < 100000)
			other = &places[i];
	}
	if (hit) {
		ck_assert_fails(mg_ckpt_read(r, hit->name, hit->slice, &t, &err), MGREG_DATA_LOSS, &err);
		ck_assert_msg(strstr(err.text, hit->name) != NULL, "%s", err.text);
		flips_done++;
	}
	if (other)
		ck_assert_ok(mg_ckpt_read(r, other->name, other->slice, &t, &err), &err);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
}

static void
flip_bytes(const char *prefix)
{
	const char *wish = getenv("MGREG_FLIPS"), *copy;
	int few = wish ? flips_wished(wish) : 40, shards;
	const mg_bundle_place *places;
	uint64_t state = 88172645463325252u;
	size_t count;
	mg_ckpt *r;
	mgreg_error err;

	if (!is_complete(prefix))
		return;
	copy = copy_checkpoint(prefix);
	ck_assert_ok(mg_ckpt_open(&r, copy, &err), &err);
	ck_assert_ok(mg_bundle_places(r, &places, &count, &shards, &err), &err);
	mg_ckpt_close(r);
	for (int s = 0; s < shards; s++) {
		char *path = mg_bundle_data_name(copy, s, shards);
		int fd = open(path, O_RDWR);
		off_t size = lseek(fd, 0, SEEK_END);
		/* Small files whole where there is time, of large ones so many places. */
		int64_t step = size <= 4096 && wish ? 1 : 0, n = step ? size : MG_MIN((int64_t)few, (int64_t)size);

		ck_assert_int_ge(fd, 0);
		for (int64_t i = 0; i < n; i++) {
			off_t at = step ? i : (off_t)(state % (uint64_t)size);
			uint8_t byte, bad;

			state ^= state << 13, state ^= state >> 7, state ^= state << 17;
			ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
			bad = byte ^ (uint8_t)(1 << i % 8);
			ck_assert_int_eq(pwrite(fd, &bad, 1, at), 1);
			check_flip(copy, s, (uint64_t)at);
			ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
		}
		close(fd);
		mg_free(path);
	}
	same_tensors(prefix, copy);
	ck_assert_ok(mg_ckpt_remove(copy, &err), &err);
}

START_TEST(flipped)
{
	int n;

	flips_done = 0;
	n = each_corpus(false, flip_bytes);
	if (n >= 0)
		ck_assert_int_ge(flips_done, 1000);
}
END_TEST

START_TEST(v1_read_and_same_bytes)
{
	int n;

	read_count = 0;
	n = each_corpus(true, read_v1);
	if (n >= 0) {
		ck_assert_int_ge(n, 6);
		ck_assert_int_ge(read_count, 100);
	}
}
END_TEST

START_TEST(known_values)
{
	const char *corpus = mg_test_corpus();
	mg_tensor t = { 0 };
	mg_ckpt *r;
	mgreg_error err;

	if (corpus == NULL)
		return;
	ck_assert_ok(mg_ckpt_open(&r, mg_test_path(corpus, "tf-bundle-checkpoint/bundle_checkpoint"), &err), &err);
	ck_assert_ok(mg_ckpt_read(r, "some_scope/embeddings", NULL, &t, &err), &err);
	ck_assert_int_eq(t.count, 80);
	for (int i = 0; i < 80; i++)
		ck_assert(MG_DATA(&t, float)[i] == (float)i);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
	ck_assert_ok(mg_ckpt_open(&r, mg_test_path(corpus, "tf-old-string-tensors/foo"), &err), &err);
	ck_assert_ok(mg_ckpt_read(r, "scalar", NULL, &t, &err), &err);
	ck_assert(mg_slice_eq(mg_tensor_string(&t, 0), "hello"));
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_read(r, "strs", NULL, &t, &err), &err);
	ck_assert(mg_slice_eq(mg_tensor_string(&t, 0), "hello") && mg_tensor_string(&t, 3).len == 1024 - 0);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
}
END_TEST

Suite *
test_corpus(void)
{
	TCase *t;
	Suite *s = mg_suite("corpus", &t);

	tcase_set_timeout(t, 1800);
	tcase_add_test(t, v2_read);
	tcase_add_test(t, v2_same_bytes);
	tcase_add_test(t, flipped);
	tcase_add_test(t, v1_read_and_same_bytes);
	tcase_add_test(t, known_values);
	return s;
}
