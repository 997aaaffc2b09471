/* SPDX-License-Identifier: Apache-2.0 */
/* test_object.c - bytes in and out: leaves, cuts, pieces, packs, damage, gc. */
#include "store_test.h"
#include "base/sha256.h"

static uint8_t *
noise(size_t size, uint32_t seed)
{
	uint8_t *p = mg_alloc(size + 1);

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(seed >> 24);
	}
	return p;
}

/* Puts blobs as files of a version, so that they are rows. */
static mg_version_info
publish(mg_save *sv, const mg_new_file *files, size_t count, int64_t step)
{
	mg_new_version v = { .model = "m", .has_step = true, .step = step, .kind = "metagraph", .files = files, .file_count = count };
	mg_version_info out = { 0 };
	mgreg_error err = { 0 };

	ck_assert_ok(mg_version_publish(sv, &v, &out, NULL, &err), &err);
	return out;
}

static void
expect_bytes(mg_store *s, int64_t object_id, const uint8_t *want, size_t size)
{
	mgreg_error err = { 0 };
	mg_str got = MG_STR_INIT;

	ck_assert_ok(mg_object_read_all(s, object_id, 1u << 30, &got, &err), &err);
	ck_assert_uint_eq(got.len, size);
	ck_assert_int_eq(memcmp(got.ptr, want, size), 0);
	mg_str_clear(&got);
}

static const size_t sizes[] = { 0, 1, 4095, 65535, 65536, MG_LEAF_SIZE - 1, MG_LEAF_SIZE, MG_LEAF_SIZE + 1, 3 * MG_LEAF_SIZE + 17,
	11 * MG_LEAF_SIZE };

START_TEST(round_trip)
{
	size_t size = sizes[_i], fed = 0;
	uint8_t *data = noise(size, 7), want[32], part[1000];
	mg_store *s = fresh_store();
	mg_blob_writer *w = NULL;
	mg_save *sv = NULL;
	mg_blob *blob, *again;
	mgreg_error err = { 0 };
	mg_sha256_ctx *sha;

	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	ck_assert_ok(mg_blob_begin(&w, sv, size, NULL, 0, NULL, NULL, &err), &err);
	while (fed < size) {            /* portions of odd sizes */
		size_t n = MG_MIN(size - fed, (size_t)70001);

		ck_assert_ok(mg_blob_write(w, data + fed, n, &err), &err);
		fed += n;
	}
	ck_assert_ok(mg_blob_finish(w, &blob, &err), &err);
	ck_assert_ok(mg_blob_put(sv, data, size, NULL, NULL, &again, &err), &err);
	if (size < 65536)               /* a large one is found to be the same when it is listed */
		ck_assert_ptr_eq(blob, again);
	ck_assert_ok(mg_save_settle(sv, &err), &err);
	ck_assert_int_eq(memcmp(blob->digest, again->digest, 32), 0);
	/* the digest's rule, computed here once more */
	if (size <= MG_LEAF_SIZE) {
		ck_assert_ok(mg_sha256(data, size, want, &err), &err);
	} else {
		ck_assert_ok(mg_sha256_new(&sha, &err), &err);
		for (size_t at = 0; at < size; at += MG_LEAF_SIZE) {
			uint8_t leaf[32];

			ck_assert_ok(mg_sha256(data + at, MG_MIN(size - at, (size_t)MG_LEAF_SIZE), leaf, &err), &err);
			mg_sha256_update(sha, leaf, 32);
		}
		mg_sha256_final(sha, want);
		mg_sha256_free(sha);
	}
	ck_assert_int_eq(memcmp(blob->digest, want, 32), 0);
	publish(sv, &(mg_new_file){ "f", blob }, 1, 1);
	expect_bytes(s, blob->object_id, data, size);
	for (size_t at = 0; size > 1000 && at + 1000 < size; at += size / 7 + 1) {      /* ranges across leaves */
		ck_assert_ok(mg_object_read(s, blob->object_id, at, part, 1000, &err), &err);
		ck_assert_int_eq(memcmp(part, data + at, 1000), 0);
	}
	ck_assert_fails(mg_object_read(s, blob->object_id, size, part, 1, &err), MGREG_OUT_OF_RANGE, &err);
	mg_save_free(sv);
	ck_assert_int_eq(problems(s, false), 0);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_save"), 0);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_claim"), 0);
	mg_store_close(s);
	mg_free(data);
}
END_TEST

/* A file made of two tensors, a gap between them and a header costs the gap and the header. */
START_TEST(file_of_pieces)
{
	size_t na = 2 * MG_LEAF_SIZE + 100, nb = 5000, nh = 300, ng = 70000, size = nh + na + ng + nb;
	uint8_t *data = noise(size, 3);
	mg_store *s = fresh_store();
	mg_blob_writer *w = NULL;
	mg_blob *a, *b, *file;
	mg_save *sv = NULL;
	mgreg_error err = { 0 };
	int64_t before;

	for (int turn = 1; turn <= 2; turn++) {         /* the second time everything is there */
		ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
		before = sql_one(s, "SELECT coalesce(sum(stored), 0) FROM mg_chunk");
		ck_assert_ok(mg_blob_put(sv, data + nh, na, NULL, NULL, &a, &err), &err);
		ck_assert_ok(mg_blob_put(sv, data + nh + na + ng, nb, NULL, NULL, &b, &err), &err);
		ck_assert_ok(mg_blob_begin(&w, sv, size, NULL, 0, NULL, NULL, &err), &err);
		ck_assert_ok(mg_blob_write(w, data, nh, &err), &err);
		ck_assert_ok(mg_blob_write_blob(w, a, data + nh, na, &err), &err);
		ck_assert_ok(mg_blob_write(w, data + nh + na, ng, &err), &err);
		ck_assert_ok(mg_blob_write_blob(w, b, data + nh + na + ng, nb, &err), &err);
		ck_assert_ok(mg_blob_finish(w, &file, &err), &err);
		publish(sv, (mg_new_file[]){ { "a", a }, { "b", b }, { "file", file } }, 3, turn);
		expect_bytes(s, file->object_id, data, size);
		expect_bytes(s, b->object_id, data + nh + na + ng, nb);
		ck_assert_int_eq(sql_one(s, "SELECT sum(stored) FROM mg_chunk") - before, turn == 1 ? (int64_t)size : 0);
		mg_save_free(sv);
		sv = NULL;
	}
	ck_assert_int_eq(problems(s, false), 0);
	mg_store_close(s);
	mg_free(data);
}
END_TEST

/* Cut at its edges, a value inside an object is the same chunks as the value alone. */
START_TEST(cuts)
{
	size_t at = 12345, n = MG_LEAF_SIZE + 70000, size = at + n + 999;
	uint8_t *data = noise(size, 9);
	uint64_t edges[] = { at, at + n };
	mg_store *s = fresh_store();
	mg_blob *whole, *value;
	mg_save *sv = NULL;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	ck_assert_ok(mg_blob_put_cut(sv, data, size, edges, 2, &whole, &err), &err);
	ck_assert_ok(mg_blob_put(sv, data + at, n, NULL, NULL, &value, &err), &err);
	publish(sv, (mg_new_file[]){ { "whole", whole }, { "value", value } }, 2, 1);
	ck_assert_int_eq(sql_one(s, "SELECT sum(stored) FROM mg_chunk"), (int64_t)size);
	expect_bytes(s, whole->object_id, data, size);
	mg_save_free(sv);
	mg_store_close(s);
	mg_free(data);
}
END_TEST

/* Many small values share chunks; one flipped byte is found, and spares the other chunks' values. */
START_TEST(damage)
{
	mg_store *s = fresh_store();
	uint8_t *big = noise(100000, 1), got[100000];
	mg_blob *blobs[51];
	mg_new_file files[51];
	mg_save *sv = NULL;
	mgreg_error err = { 0 };
	char names[51][8];

	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	for (int i = 0; i < 50; i++)
		ck_assert_ok(mg_blob_put(sv, big + i, 100, NULL, NULL, &blobs[i], &err), &err);
	ck_assert_ok(mg_blob_put(sv, big, 100000, NULL, NULL, &blobs[50], &err), &err);
	for (int i = 0; i < 51; i++) {
		snprintf(names[i], sizeof names[i], "f%d", i);
		files[i] = (mg_new_file){ names[i], blobs[i] };
	}
	publish(sv, files, 51, 1);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM mg_chunk"), 2);
	ck_assert_ok(sql(s, "UPDATE mg_chunk_data SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE length(data) = 100000", &err), &err);
	ck_assert_fails(mg_object_read(s, blobs[50]->object_id, 0, got, 100000, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "chunk"));
	for (int i = 0; i < 50; i++)
		expect_bytes(s, blobs[i]->object_id, big + i, 100);
	ck_assert_int_eq(problems(s, true), 0);
	ck_assert_int_eq(problems(s, false), 1);
	mg_save_free(sv);
	mg_store_close(s);
	mg_free(big);
}
END_TEST

START_TEST(gc)
{
	mg_store *s = fresh_store();
	mg_gc_result r;
	mgreg_error err = { 0 };
	mg_save *sv = NULL;
	mg_blob *blob;
	uint8_t *data = noise(9 * MG_LEAF_SIZE, 2);
	int64_t kept;

	save(s, (save_spec){ .step = 1, .value = "one" });
	save(s, (save_spec){ .step = 1, .value = "two" });
	/* a save at work: its chunks are claimed */
	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	ck_assert_ok(mg_blob_put(sv, data, 9 * MG_LEAF_SIZE, NULL, NULL, &blob, &err), &err);
	ck_assert_int_gt(sql_one(s, "SELECT count(*) FROM mg_claim"), 0);
	ck_assert_ok(gc_now(s, 60000, false, &r, &err), &err);
	ck_assert_int_eq(r.versions, 0);
	ck_assert_int_eq(r.chunks, 0);
	ck_assert_ok(gc_now(s, 0, true, &r, &err), &err);
	ck_assert_int_eq(r.versions, 1);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM versions WHERE state = 'replaced'"), 1);
	publish(sv, &(mg_new_file){ "f", blob }, 1, 5);
	kept = blob->object_id;
	mg_save_free(sv);
	ck_assert_ok(gc_now(s, 0, false, &r, &err), &err);
	ck_assert_int_eq(r.versions, 1);
	ck_assert_int_eq(r.bytes, 3);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM versions WHERE state = 'purged'"), 1);
	expect_bytes(s, kept, data, 9 * MG_LEAF_SIZE);
	ck_assert_int_eq(problems(s, false), 0);
	/* equal bytes return */
	save(s, (save_spec){ .step = 2, .value = "one" });
	ck_assert_int_eq(problems(s, false), 0);
	/* a save that was taken for dead fails whole */
	sv = NULL;
	ck_assert_ok(mg_save_begin(&sv, s, &err), &err);
	data[0] ^= 1;
	ck_assert_ok(mg_blob_put(sv, data, 9 * MG_LEAF_SIZE, NULL, NULL, &blob, &err), &err);
	ck_assert_ok(sql(s, "DELETE FROM mg_save", &err), &err);
	mg_new_file file = { "f", blob };
	mg_new_version v = { .model = "m", .kind = "metagraph", .files = &file, .file_count = 1 };
	ck_assert_int_ne(mg_version_publish(sv, &v, NULL, NULL, &err), 0);
	mg_save_free(sv);
	ck_assert_int_eq(problems(s, false), 0);
	mg_store_close(s);
	mg_free(data);
}
END_TEST

Suite *
test_object(void)
{
	TCase *t;
	Suite *s = mg_suite("object", &t);

	tcase_add_loop_test(t, round_trip, 0, MG_COUNT(sizes));
	tcase_add_test(t, file_of_pieces);
	tcase_add_test(t, cuts);
	tcase_add_test(t, damage);
	tcase_add_test(t, gc);
	return s;
}
