/* SPDX-License-Identifier: Apache-2.0 */
/* test_bundle.c - checkpoint V2: known bytes, every dtype, slices, strings, other byte order. */
#include "helper.h"
#include <stdio.h>
#include "base/crc32c.h"

static const char sample_index[] =
	"00 00 06 08 01 1a 02 08 01 00 01 0b 61 08 01 12 00 28 04 35 06 38 27 1f 00 01 0d 62 08 01 12 00"
	"20 04 28 04 35 10 fd 78 4f 00 00 00 00 01 00 00 00 00 6c 12 9e f3 00 00 00 00 01 00 00 00 00 c0"
	"f2 a1 b0 00 01 02 63 00 31 00 00 00 00 01 00 00 00 00 54 f2 76 2d 36 08 43 0e 00 00 00 00 00 00"
	"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 57 fb"
	"80 8b 24 75 47 db";

static void
scalar(mg_ckpt *w, const char *name, float value)
{
	mg_tensor t = { 0 };
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_scalar(&t, MGREG_FLOAT, value, &err), &err);
	ck_assert_ok(mg_ckpt_put(w, name, NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
}

START_TEST(known_bytes)
{
	const char *prefix = fresh_prefix("model.ckpt");
	char path[2048];
	mg_str want = MG_STR_INIT, have = MG_STR_INIT;
	mg_ckpt *w;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_create(&w, "v2", prefix, &err), &err);
	scalar(w, "a", 0.5f);
	scalar(w, "b", 2.0f);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	unhex_text(sample_index, &want);
	snprintf(path, sizeof(path), "%s.index", prefix);
	slurp(path, &have);
	ck_assert_uint_eq(have.len, want.len);
	ck_assert_mem_eq(have.ptr, want.ptr, have.len);
	snprintf(path, sizeof(path), "%s.data-00000-of-00001", prefix);
	slurp(path, &have);
	ck_assert_uint_eq(have.len, 8);
	ck_assert_mem_eq(have.ptr, "\0\0\0\x3f\0\0\0\x40", 8);
	mg_str_clear(&want);
	mg_str_clear(&have);
}
END_TEST

START_TEST(strings)
{
	mg_tensor t = { 0 }, back = { 0 };
	mg_str bytes = MG_STR_INIT, want = MG_STR_INIT;
	int64_t none[] = { 0 }, three[] = { 3 };
	uint32_t crc = 0, again = 1;
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_string(&t, "hello", 5, &err), &err);
	ck_assert_ok(mg_bundle_encode_strings(&t, &bytes, &crc, &err), &err);
	unhex_text("05 d9 c6 9c 43 68 65 6c 6c 6f", &want);
	ck_assert_uint_eq(bytes.len, want.len);
	ck_assert_mem_eq(bytes.ptr, want.ptr, want.len);
	ck_assert_uint_eq(mg_crc32c_mask(crc), 0x29c0e0ec);
	mg_tensor_clear(&t);
	mg_str_reset(&bytes);
	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_STRING, none, 1, &err), &err);
	ck_assert_ok(mg_bundle_encode_strings(&t, &bytes, &crc, &err), &err);
	ck_assert_uint_eq(bytes.len, 4);
	ck_assert_mem_eq(bytes.ptr, "\xd8\xea\x82\xa2", 4);
	mg_tensor_clear(&t);
	mg_str_reset(&bytes);
	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_STRING, three, 1, &err), &err);
	ck_assert_ok(mg_tensor_set_string(&t, 1, "x\0y", 3, &err), &err);
	ck_assert_ok(mg_bundle_encode_strings(&t, &bytes, &crc, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&back, MGREG_STRING, three, 1, &err), &err);
	ck_assert_ok(mg_bundle_decode_strings(bytes.ptr, bytes.len, &back, &again, &err), &err);
	ck_assert(mg_tensor_equal(&t, &back) && crc == again);
	/* Cut or lengthened anywhere it is refused. */
	for (size_t n = 0; n < bytes.len; n++)
		ck_assert_fails(mg_bundle_decode_strings(bytes.ptr, n, &back, &again, &err), MGREG_DATA_LOSS, &err);
	mg_str_addc(&bytes, 'z');
	ck_assert_fails(mg_bundle_decode_strings(bytes.ptr, bytes.len, &back, &again, &err), MGREG_DATA_LOSS, &err);
	mg_tensor_clear(&t);
	mg_tensor_clear(&back);
	mg_str_clear(&bytes);
	mg_str_clear(&want);
}
END_TEST

START_TEST(every_dtype)
{
	const char *prefix = fresh_prefix("types");
	int64_t dims[3][2] = { { 3, 2 }, { 0, 4 }, { 1, 1 } };
	mg_tensor t[3] = { 0 }, back = { 0 };
	mg_ckpt *w, *r;
	mgreg_error err;
	char name[32];

	if (!mg_dtype_is_memcpy(_i) && _i != MGREG_STRING)
		return;
	ck_assert_ok(mg_ckpt_create(&w, "v2", prefix, &err), &err);
	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "t%d", k);
		ck_assert_ok(mg_tensor_init_dims(&t[k], (mg_dtype)_i, dims[k], k == 2 ? 0 : 2, &err), &err);
		if (_i == MGREG_STRING) {
			for (int64_t i = 0; i < t[k].count; i++)
				ck_assert_ok(mg_tensor_set_string(&t[k], i, "abcdefgh", (size_t)i, &err), &err);
		} else {
			for (size_t i = 0; i < t[k].size; i++)
				((uint8_t *)t[k].data)[i] = (uint8_t)(i * 31 + 200);
		}
		ck_assert_ok(mg_ckpt_put(w, name, NULL, NULL, &t[k], &err), &err);
	}
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_str_eq(r->ops->format, "v2");
	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "t%d", k);
		ck_assert_ok(mg_ckpt_read(r, name, NULL, &back, &err), &err);
		ck_assert(mg_tensor_equal(&t[k], &back));
		mg_tensor_clear(&back);
		mg_tensor_clear(&t[k]);
	}
	ck_assert_fails(mg_ckpt_read(r, "t3", NULL, &back, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'t3'"));
	mg_ckpt_close(r);
}
END_TEST

static void
put_slice(mg_ckpt *w, const char *name, const mg_tensor *whole, const char *text, int code)
{
	int64_t start[4] = { 0 }, length[4] = { -1, -1, -1, -1 };
	mg_tslice all = { mg_rank(whole), start, length }, s;
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_arena arena = { 0 };
	mg_tensor part = { 0 };
	mgreg_error err;

	ck_assert_ok(mg_tslice_parse(&s, text, strlen(text), &arena, &err), &err);
	ck_assert_ok(mg_tslice_shape(&s, &whole->shape, &shape, &err), &err);
	ck_assert_ok(mg_tensor_init(&part, whole->dtype, &shape, &err), &err);
	ck_assert_ok(mg_tslice_copy(&all, whole, &s, &part, &whole->shape, &err), &err);
	ck_assert_fails(mg_ckpt_put(w, name, &whole->shape, &s, &part, &err), code, &err);
	mg_tensor_clear(&part);
	mg_shape_clear(&shape);
	mg_arena_clear(&arena);
}

static void
check_slice(mg_ckpt *r, const char *name, const mg_tensor *whole, const char *text)
{
	int64_t start[4] = { 0 }, length[4] = { -1, -1, -1, -1 };
	mg_tslice all = { mg_rank(whole), start, length }, s;
	mg_arena arena = { 0 };
	mg_tensor part = { 0 }, want = { 0 };
	mgreg_error err;

	ck_assert_ok(mg_tslice_parse(&s, text, strlen(text), &arena, &err), &err);
	ck_assert_ok(mg_ckpt_read(r, name, &s, &part, &err), &err);
	ck_assert_ok(mg_tensor_init(&want, whole->dtype, &part.shape, &err), &err);
	ck_assert_ok(mg_tslice_copy(&all, whole, &s, &want, &whole->shape, &err), &err);
	ck_assert(mg_tensor_equal(&part, &want));
	mg_tensor_clear(&part);
	mg_tensor_clear(&want);
	mg_arena_clear(&arena);
}

/* The same calls for both formats. */
START_TEST(slices)
{
	static const char *const formats[] = { "v2", "v1" };
	static const char *const wants[] = { "-:-", "0,5:0,4", "0,1:-", "2,2:1,2", "4,6:-", "9,1:3,1", "3,3:0,4", "-:2,1" };
	const char *prefix = fresh_prefix("sliced");
	int64_t dims[] = { 10, 4 };
	mg_tensor whole = { 0 }, back = { 0 };
	mg_ckpt *w, *r;
	mg_ckpt_entry e;
	mgreg_error err;

	floats(&whole, dims, 2, 0);
	ck_assert_ok(mg_ckpt_create(&w, formats[_i], prefix, &err), &err);
	put_slice(w, "rows", &whole, "0,5:-", 0);
	put_slice(w, "rows", &whole, "5,5:0,4", 0);
	put_slice(w, "rows", &whole, "5,5:0,4", MGREG_INVALID_ARGUMENT);
	put_slice(w, "blocks", &whole, "0,5:0,2", 0);
	put_slice(w, "blocks", &whole, "0,5:2,2", 0);
	put_slice(w, "blocks", &whole, "5,5:-", 0);
	put_slice(w, "whole", &whole, "-:-", 0);
	put_slice(w, "numbers", &whole, "0,10:0,4", 0);
	put_slice(w, "gap", &whole, "0,4:-", 0);
	ck_assert_fails(mg_ckpt_put(w, "whole", NULL, NULL, &whole, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);

	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_str_eq(r->ops->format, formats[_i]);
	for (size_t i = 0; i < MG_COUNT(wants); i++) {
		check_slice(r, "rows", &whole, wants[i]);
		check_slice(r, "blocks", &whole, wants[i]);
		check_slice(r, "whole", &whole, wants[i]);
		check_slice(r, "numbers", &whole, wants[i]);
	}
	ck_assert_ok(mg_ckpt_find(r, "blocks", &e, &err), &err);
	ck_assert(e.slice_count == 3 && e.dtype == MGREG_FLOAT && mg_shape_dim(&e.shape, 0) == 10);
	ck_assert_ok(mg_ckpt_find(r, "whole", &e, &err), &err);
	ck_assert_int_eq(e.slice_count, 0);
	ck_assert_ok(mg_ckpt_read(r, "blocks", NULL, &back, &err), &err);
	ck_assert(mg_tensor_equal(&back, &whole));
	mg_tensor_clear(&back);
	ck_assert_fails(mg_ckpt_read(r, "gap", NULL, &back, &err), MGREG_INVALID_ARGUMENT, &err);
	check_slice(r, "gap", &whole, "1,2:-");
	for (int i = 0; mg_ckpt_entry_at(r, (size_t)i, &e, NULL) == 0; i++) {
		static const char *const order[] = { "blocks", "gap", "numbers", "rows", "whole" };

		ck_assert_int_lt(i, 5);
		ck_assert_str_eq(e.name, order[i]);
	}
	mg_ckpt_close(r);
	mg_tensor_clear(&whole);
}
END_TEST

/* A bundle as a big-endian machine writes it: header flag set, elements swapped, checksums of the swapped bytes. */
START_TEST(big_endian)
{
	const char *prefix = fresh_prefix("big");
	char path[2048];
	mg_str data = MG_STR_INIT, index = MG_STR_INIT;
	mg_table_writer w;
	mg_ckpt *r;
	mg_tensor t = { 0 };
	mgreg_error err;
	uint32_t crc;

	unhex_text("3f 00 00 00 40 00 00 00" "00 00 00 00 00 00 01 02" "3f 80 00 00 c0 00 00 00", &data);
	snprintf(path, sizeof(path), "%s.data-00000-of-00001", prefix);
	spit(path, data.ptr, data.len);
	mg_table_begin(&w, mg_sink_str(&index));
	ck_assert_ok(mg_table_add(&w, MG_SLICE(""), (mg_slice){ "\x08\x01\x10\x01\x1a\x02\x08\x01", 8 }, &err), &err);
	for (int i = 0; i < 3; i++) {
		static const struct { const char *name; int dtype, dim; size_t at, size; } rows[] = {
			{ "c", MGREG_COMPLEX64, 1, 16, 8 }, { "f", MGREG_FLOAT, 2, 0, 8 }, { "i", MGREG_INT64, 1, 8, 8 },
		};
		mg_str e = MG_STR_INIT, shape = MG_STR_INIT, dim = MG_STR_INIT;

		crc = mg_crc32c_mask(mg_crc32c(data.ptr + rows[i].at, rows[i].size));
		mg_wire_put_varint(&dim, 1, (uint64_t)rows[i].dim);
		mg_wire_put_bytes(&shape, 2, dim.ptr, dim.len);
		mg_wire_put_varint(&e, 1, (uint64_t)rows[i].dtype);
		mg_wire_put_bytes(&e, 2, shape.ptr, shape.len);
		mg_wire_put_varint(&e, 4, rows[i].at);
		mg_wire_put_varint(&e, 5, rows[i].size);
		mg_wire_put_32(&e, 6, crc);
		ck_assert_ok(mg_table_add(&w, MG_SLICE(rows[i].name), (mg_slice){ e.ptr, e.len }, &err), &err);
		mg_str_clear(&e);
		mg_str_clear(&shape);
		mg_str_clear(&dim);
	}
	ck_assert_ok(mg_table_finish(&w, &err), &err);
	mg_table_free(&w);
	snprintf(path, sizeof(path), "%s.index", prefix);
	spit(path, index.ptr, index.len);
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_ok(mg_ckpt_read(r, "f", NULL, &t, &err), &err);
	ck_assert(MG_DATA(&t, float)[0] == 0.5f && MG_DATA(&t, float)[1] == 2);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_read(r, "i", NULL, &t, &err), &err);
	ck_assert_int_eq(*MG_DATA(&t, int64_t), 0x102);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_read(r, "c", NULL, &t, &err), &err);
	ck_assert(MG_DATA(&t, float)[0] == 1 && MG_DATA(&t, float)[1] == -2);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
	mg_str_clear(&data);
	mg_str_clear(&index);
}
END_TEST

/* Indexes whose checksums are right and whose content is not: a bad header spoils all, a bad entry its tensor. */
static const struct { const char *header; const char *entries[4]; int code; const char *what; } hostile[] = {
	{ "", { NULL }, MGREG_DATA_LOSS, "claims 0 shards" },
	{ "08 ff ff ff ff 07", { NULL }, MGREG_DATA_LOSS, "shards" },
	{ "08 01 1a 02 10 02", { NULL }, MGREG_INVALID_ARGUMENT, "version" },
	{ "08 01 1a 03 18 01 ", { NULL }, MGREG_DATA_LOSS, "header" },
	{ "08 01 1a 03 1a 01 01", { NULL }, MGREG_INVALID_ARGUMENT, "refuses" },
	{ "08 01 1a 02 08 01", { "a", "08 01 12 00 18 01 28 04", NULL }, MGREG_DATA_LOSS, "'a'" },          /* shard 1 of 1 */
	{ "08 01 1a 02 08 01", { "a", "08 01 12 00 20 ff ff ff ff ff ff ff ff ff 01 28 04", NULL }, MGREG_DATA_LOSS, "'a'" },
	{ "08 01 1a 02 08 01", { "a", "08 01 12 00 20 ff ff ff ff ff ff ff ff 7f 28 04", NULL }, MGREG_DATA_LOSS, "'a'" },
	{ "08 01 1a 02 08 01", { "a", "08 01 12 02 18 01 28 04", NULL }, MGREG_DATA_LOSS, "shape" },         /* unknown rank */
	{ "08 01 1a 02 08 01", { "a", "08 01 12 0d 12 0b 08 ff ff ff ff ff ff ff ff ff 01 28 04", NULL }, MGREG_DATA_LOSS, "shape" },
	{ "08 01 1a 02 08 01", { "a", "ff", NULL }, MGREG_DATA_LOSS, "'a'" },
	{ "08 01 1a 02 08 01", { "a", "08 01 12 00 28 04", "b", "08 01 12 00 20 02 28 04" }, MGREG_DATA_LOSS, "overlap" },
	{ "08 01 1a 02 08 01", { "a", "08 01 12 04 12 02 08 04 3a 04 0a 02 10 02", NULL }, MGREG_DATA_LOSS, "'a'" },   /* slice without entry */
};

START_TEST(hostile_index)
{
	const char *prefix = fresh_prefix("hostile");
	char path[2048];
	mg_str index = MG_STR_INIT, bytes = MG_STR_INIT;
	mg_table_writer w;
	mg_tensor t = { 0 };
	mg_ckpt *r = NULL;
	mgreg_error err = { 0 };
	int rc;

	mg_table_begin(&w, mg_sink_str(&index));
	unhex_text(hostile[_i].header, &bytes);
	ck_assert_ok(mg_table_add(&w, MG_SLICE(""), (mg_slice){ bytes.ptr, bytes.len }, &err), &err);
	for (int i = 0; i < 4 && hostile[_i].entries[i]; i += 2) {
		mg_str_reset(&bytes);
		unhex_text(hostile[_i].entries[i + 1], &bytes);
		ck_assert_ok(mg_table_add(&w, MG_SLICE(hostile[_i].entries[i]), (mg_slice){ bytes.ptr, bytes.len }, &err), &err);
	}
	ck_assert_ok(mg_table_finish(&w, &err), &err);
	mg_table_free(&w);
	snprintf(path, sizeof(path), "%s.index", prefix);
	spit(path, index.ptr, index.len);
	snprintf(path, sizeof(path), "%s.data-00000-of-00001", prefix);
	spit(path, "\0\0\0\0\0\0\0\0", 8);
	rc = mg_ckpt_open(&r, prefix, &err);
	if (rc == 0) {          /* only the tensor is spoilt */
		rc = mg_ckpt_read(r, "a", NULL, &t, &err);
		mg_ckpt_close(r);
	}
	ck_assert_int_eq(rc, hostile[_i].code);
	ck_assert_msg(strstr(err.text, hostile[_i].what) != NULL, "%s", err.text);
	mg_str_clear(&index);
	mg_str_clear(&bytes);
}
END_TEST

/* A bundle of the given entries (text) over the bytes DATA. */
static const char *
bundle_of(const char *header, const char *const *entries, mg_slice data)
{
	const char *prefix = fresh_prefix("made");
	mg_str index = MG_STR_INIT, value = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_table_writer w;
	mgreg_error err;
	char path[2048];
	mg_msg *msg;

	mg_table_begin(&w, mg_sink_str(&index));
	ck_assert_ok(mg_table_add(&w, MG_SLICE(""), (mg_slice){ header, strlen(header) }, &err), &err);
	for (int i = 0; entries[i]; i += 2) {
		ck_assert_ok(mg_msg_parse(&pb__bundle_entry_proto__descriptor, entries[i + 1], strlen(entries[i + 1]), &arena, &msg, &err), &err);
		mg_str_reset(&value);
		ck_assert_ok(mg_msg_encode(msg, &value, &err), &err);
		ck_assert_ok(mg_table_add(&w, MG_SLICE(entries[i]), (mg_slice){ value.ptr, value.len }, &err), &err);
	}
	ck_assert_ok(mg_table_finish(&w, &err), &err);
	mg_table_free(&w);
	snprintf(path, sizeof(path), "%s.index", prefix);
	spit(path, index.ptr, index.len);
	snprintf(path, sizeof(path), "%s.data-00000-of-00001", prefix);
	spit(path, data.ptr, data.len);
	mg_str_clear(&index);
	mg_str_clear(&value);
	mg_arena_clear(&arena);
	return prefix;
}

/* { length, message, masked checksum } of two variants, the checksum going on from one to the other. */
static void
two_variants(mg_str *out)
{
	static const char *const messages[] = { "\x0a\x04list", "" };
	uint32_t crc = 0, masked;

	for (int i = 0; i < 2; i++) {
		uint64_t len = strlen(messages[i]);

		crc = mg_crc32c_extend(mg_crc32c_extend(crc, &len, 8), messages[i], (size_t)len);
		masked = mg_crc32c_mask(crc);
		mg_str_addc(out, (char)len);
		mg_str_append(out, messages[i], (size_t)len);
		mg_str_append(out, &masked, 4);
		crc = mg_crc32c_extend(crc, &masked, 4);
	}
}

/* Variants and resources are listed and copied byte for byte, UNIMPLEMENTED only when their value is asked for; the writer's checksum
 * of a variant is not relied upon, each of its parts is. */
START_TEST(variants)
{
	mg_str data = MG_STR_INIT, raw = MG_STR_INIT, again = MG_STR_INIT;
	char variant[200], resource[200], scalar_entry[200];
	const char *entries[] = { "a", scalar_entry, "r", resource, "v", variant, NULL }, *prefix, *copy = fresh_prefix("copy");
	mg_tensor t = { 0 };
	mg_ckpt *r, *w;
	mg_ckpt_entry e;
	mgreg_error err;

	two_variants(&data);
	ck_assert_uint_eq(data.len, 16);
	mg_str_append(&data, "\0\0\x80\x3f" "handle", 10);
	snprintf(variant, sizeof(variant), "dtype: DT_VARIANT shape { dim { size: 2 } } size: 16");
	snprintf(scalar_entry, sizeof(scalar_entry), "dtype: DT_FLOAT shape { } offset: 16 size: 4 crc32c: %u", mg_crc32c_mask(mg_crc32c(data.ptr + 16, 4)));
	snprintf(resource, sizeof(resource), "dtype: DT_RESOURCE shape { } offset: 20 size: 6 crc32c: %u", mg_crc32c_mask(mg_crc32c("handle", 6)));
	prefix = bundle_of("\x08\x01\x1a\x02\x08\x01", entries, (mg_slice){ data.ptr, data.len });
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_ok(mg_ckpt_create(&w, "v2", copy, &err), &err);
	for (size_t i = 0; mg_ckpt_entry_at(r, i, &e, NULL) == 0; i++) {
		ck_assert_str_eq(e.name, entries[2 * i]);
		ck_assert_ok(mg_bundle_read_raw(r, e.name, NULL, &raw, &err), &err);
		ck_assert_ok(mg_bundle_put_raw(w, e.name, e.dtype, &e.shape, NULL, (mg_slice){ raw.ptr, raw.len }, &err), &err);
		if (i == 0)
			continue;
		ck_assert_fails(mg_ckpt_read(r, e.name, NULL, &t, &err), MGREG_UNIMPLEMENTED, &err);
		ck_assert_ptr_nonnull(strstr(err.text, i == 1 ? "'r'" : "'v'"));
	}
	ck_assert_ok(mg_ckpt_read(r, "a", NULL, &t, &err), &err);
	ck_assert(*MG_DATA(&t, float) == 1);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	mg_ckpt_close(r);
	ck_assert_ok(mg_ckpt_open(&r, copy, &err), &err);
	ck_assert_ok(mg_bundle_read_raw(r, "v", NULL, &again, &err), &err);
	ck_assert_uint_eq(again.len, 16);
	ck_assert_mem_eq(again.ptr, data.ptr, 16);
	mg_ckpt_close(r);
	/* Every byte of them is under a checksum. */
	for (size_t at = 0; at < 26; at++) {
		if (at >= 16 && at < 20)
			continue;
		data.ptr[at] ^= 0x55;
		ck_assert_ok(mg_ckpt_open(&r, bundle_of("\x08\x01\x1a\x02\x08\x01", entries, (mg_slice){ data.ptr, data.len }), &err), &err);
		ck_assert_fails(mg_bundle_read_raw(r, at < 16 ? "v" : "r", NULL, &raw, &err), MGREG_DATA_LOSS, &err);
		ck_assert_ptr_nonnull(strstr(err.text, at < 16 ? "'v'" : "'r'"));
		ck_assert_ok(mg_ckpt_read(r, "a", NULL, &t, &err), &err);
		mg_tensor_clear(&t);
		mg_ckpt_close(r);
		data.ptr[at] ^= 0x55;
	}
	mg_str_clear(&data);
	mg_str_clear(&raw);
	mg_str_clear(&again);
}
END_TEST

/* Strings of a big-endian machine: their lengths are hashed, and the checksum of them stored, in its order. */
START_TEST(big_endian_strings)
{
	mg_str data = MG_STR_INIT;
	uint32_t crc = mg_crc32c("\0\0\0\2\0\0\0\1", 8), masked = mg_crc32c_mask(crc);
	char entry[200];
	const char *entries[] = { "s", entry, NULL };
	mg_tensor t = { 0 };
	mgreg_error err;
	mg_ckpt *r;

	mg_str_append(&data, "\2\1", 2);
	for (int shift = 24; shift >= 0; shift -= 8)
		mg_str_addc(&data, (char)(masked >> shift));
	mg_str_append(&data, "hix", 3);
	crc = mg_crc32c_extend(crc, data.ptr + 2, 7);
	snprintf(entry, sizeof(entry), "dtype: DT_STRING shape { dim { size: 2 } } size: 9 crc32c: %u", mg_crc32c_mask(crc));
	ck_assert_ok(mg_ckpt_open(&r, bundle_of("\x08\x01\x10\x01\x1a\x02\x08\x01", entries, (mg_slice){ data.ptr, data.len }), &err), &err);
	ck_assert_ok(mg_ckpt_read(r, "s", NULL, &t, &err), &err);
	ck_assert(mg_slice_eq(mg_tensor_string(&t, 0), "hi") && mg_slice_eq(mg_tensor_string(&t, 1), "x"));
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
	mg_str_clear(&data);
}
END_TEST

/* With trust the bytes are delivered whatever their checksum says; sizes and places are looked at as ever. */
START_TEST(trusted)
{
	static const char *const entries[] = { "a", "dtype: DT_FLOAT shape { dim { size: 2 } } size: 8 crc32c: 1",
		"b", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 8 crc32c: 1", NULL };
	int64_t two = 2;
	mg_tensor t = { 0 };
	mgreg_error err;
	mg_ckpt *r;

	ck_assert_ok(mg_ckpt_open(&r, bundle_of("\x08\x01\x1a\x02\x08\x01", entries, (mg_slice){ "\0\0\x80\x3f\0\0\0\x40\0\0", 10 }), &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, &two, 1, &err), &err);
	ck_assert_fails(mg_ckpt_fill(r, "a", &t, &err), MGREG_DATA_LOSS, &err);
	mg_ckpt_trust(r, true);
	ck_assert_ok(mg_ckpt_fill(r, "a", &t, &err), &err);
	ck_assert(MG_DATA(&t, float)[0] == 1 && MG_DATA(&t, float)[1] == 2);
	ck_assert_fails(mg_ckpt_fill(r, "b", &t, &err), MGREG_DATA_LOSS, &err);
	mg_ckpt_trust(r, false);
	ck_assert_fails(mg_ckpt_fill(r, "a", &t, &err), MGREG_DATA_LOSS, &err);
	mg_ckpt_close(r);
	mg_tensor_clear(&t);
}
END_TEST

START_TEST(abandoned)
{
	const char *prefix = fresh_prefix("gone");
	char *dir, **names;
	size_t count;
	mg_ckpt *w;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_create(&w, "v2", prefix, &err), &err);
	scalar(w, "a", 1);
	mg_ckpt_close(w);
	dir = mg_strndup(prefix, strlen(prefix) - 5);
	ck_assert_ok(mg_dir_list(dir, &names, &count, &err), &err);
	ck_assert_uint_eq(count, 0);
	mg_names_free(names, count);
	mg_free(dir);
}
END_TEST

static int
save_and_load(void *arg, mgreg_error *err)
{
	const char *prefix = arg;
	mg_ckpt *w = NULL, *r = NULL;
	mg_tensor t = { 0 }, back = { 0 };
	int64_t dims[] = { 3 };
	int rc;

	MG_TRY(mg_tensor_init_dims(&t, MGREG_STRING, dims, 1, err));
	MG_TRY(mg_tensor_set_string(&t, 1, "text", 4, err));
	MG_TRY(mg_ckpt_create(&w, "v2", prefix, err));
	MG_TRY(mg_ckpt_put(w, "s", NULL, NULL, &t, err));
	MG_TRY(mg_ckpt_finish(w, err));
	MG_TRY(mg_ckpt_open(&r, prefix, err));
	MG_TRY(mg_ckpt_read(r, "s", NULL, &back, err));
out:
	mg_tensor_clear(&t);
	mg_tensor_clear(&back);
	mg_ckpt_close(w);
	mg_ckpt_close(r);
	return rc;
}

START_TEST(short_of_memory)
{
	uint64_t live = mg_mem_live();

	mg_test_each_allocation(save_and_load, (void *)(uintptr_t)fresh_prefix("short"));
	ck_assert_uint_eq(mg_mem_live(), live);
}
END_TEST

Suite *
test_bundle(void)
{
	TCase *t;
	Suite *s = mg_suite("bundle", &t);

	tcase_add_test(t, known_bytes);
	tcase_add_test(t, strings);
	tcase_add_loop_test(t, every_dtype, 1, MG_DTYPE_MAX);
	tcase_add_loop_test(t, slices, 0, 2);
	tcase_add_test(t, big_endian);
	tcase_add_loop_test(t, hostile_index, 0, MG_COUNT(hostile));
	tcase_add_test(t, variants);
	tcase_add_test(t, big_endian_strings);
	tcase_add_test(t, trusted);
	tcase_add_test(t, abandoned);
	tcase_add_test(t, short_of_memory);
	return s;
}
