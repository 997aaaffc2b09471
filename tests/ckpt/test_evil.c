/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_evil.c - tensors that cannot be: shapes, slices, places and values, in every format.
 *
 * Each row is put between two good tensors under right checksums.  The file opens and lists all three, "evil" is refused with an error
 * that names it, the neighbours read as ever.
 */
#include "helper.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/crc32c.h"

#define D(n) "dim { size: " #n " } "
#define D4 D(1) D(1) D(1) D(1)
#define D16 D4 D4 D4 D4
#define D64 D16 D16 D16 D16
#define D255 D64 D64 D64 D16 D16 D16 D4 D4 D4 D(1) D(1) D(1)
#define E(start, length) "extent { start: " #start " length: " #length " } "
#define WHOLE "extent { } "
#define E4 WHOLE WHOLE WHOLE WHOLE
#define E16 E4 E4 E4 E4
#define E64 E16 E16 E16 E16

/* ---- shapes: inside shape { }; for V1 and V2 ---- */
static const char *const shapes[] = {
	D(-1), D(-2), D(-9223372036854775808), D(2) D(-1), D(-1) D(2), D(-1) D(-1), D(0) D(-1), D(-3) D(0), D(1) D(1) D(-7), D(-1) D(0) D(3),
	"unknown_rank: true", "unknown_rank: true " D(1), "unknown_rank: true " D(2) D(3), D255, D255 D(1), D255 D255, D255 D(0),
	D(9223372036854775807) D(2), D(4611686018427387904) D(2), D(4611686018427387904) D(4), D(4294967296) D(4294967296),
	D(3037000500) D(3037000500), D(2097152) D(2097152) D(2097152) D(2), D(65536) D(65536) D(65536) D(65536),
	D(65536) D(65536) D(65536) D(32768), D(9223372036854775807) D(9223372036854775807) D(9223372036854775807),
	D(2) D(4611686018427387904), D(3) D(3) D(3074457345618258603), D(1) D(9223372036854775807) D(2), D(7) D(1317624576693539402),
	"dim { size: -1 name: 'batch' }", "dim { size: 2 name: 'x' } dim { size: -2 name: 'y' }", D16 D16 D(-1), D64 D64 D64 D(9223372036854775807) D(2),
	D64 D(-1) D64, D(256) D(256) D(256) D(256) D(256) D(256) D(256) D(256), D(16) D(16) D(16) D(16) D(1048576) D(1048576) D(1048576),
	D(-4294967296), D(-4294967295), D(-2147483648),
	/* these could be, but nothing of the kind is stored: sizes disagree */
	D(3), D(1), D(0), D(2) D(2), D(2) D(0), D(1000000000000), D(9223372036854775807), D(4294967298), D(536870913) D(8), D(2305843009213693952),
};

/* ---- slices of a tensor of shape [4,6] (SLICES) or of another SHAPE ---- */
static const struct { const char *shape, *slices[4]; } slices[] = {
	{ NULL, { E(0,5) E(0,6) } }, { NULL, { E(0,4) E(0,7) } }, { NULL, { E(4,1) WHOLE } }, { NULL, { E(5,1) WHOLE } }, { NULL, { WHOLE E(6,1) } },
	{ NULL, { E(3,2) WHOLE } }, { NULL, { E(9223372036854775807,1) WHOLE } }, { NULL, { E(9223372036854775807,9223372036854775807) WHOLE } },
	{ NULL, { E(1,9223372036854775807) WHOLE } }, { NULL, { E(0,9223372036854775807) WHOLE } }, { NULL, { WHOLE E(0,9223372036854775807) } },
	{ NULL, { E(-1,2) WHOLE } }, { NULL, { E(-1,1) WHOLE } }, { NULL, { E(0,-1) WHOLE } }, { NULL, { E(0,-2) WHOLE } }, { NULL, { WHOLE E(-6,6) } },
	{ NULL, { E(-9223372036854775808,1) WHOLE } }, { NULL, { E(0,-9223372036854775808) WHOLE } }, { NULL, { E(-1,-1) E(-1,-1) } },
	{ NULL, { "extent { start: 1 } " WHOLE } }, { NULL, { WHOLE "extent { start: 5 }" } }, { NULL, { "extent { start: -1 } " WHOLE } },
	{ NULL, { "extent { start: 4 } " WHOLE } }, { NULL, { "" } }, { NULL, { WHOLE } }, { NULL, { E(0,4) } }, { NULL, { E(0,24) } },
	{ NULL, { WHOLE WHOLE WHOLE } }, { NULL, { E(0,4) E(0,6) E(0,1) } }, { NULL, { E64 E64 E64 E64 } }, { NULL, { E64 E64 E64 E64 WHOLE } },
	{ NULL, { E(0,2) WHOLE } }, { NULL, { E(2,2) WHOLE } }, { NULL, { E(0,1) WHOLE, E(2,2) WHOLE } }, { NULL, { E(0,2) E(0,3), E(2,2) E(3,3) } },
	{ NULL, { E(0,2) WHOLE, E(2,1) WHOLE } }, { NULL, { E(0,2) E(0,3), E(0,2) E(3,3), E(2,2) E(0,3) } }, { NULL, { E(0,0) WHOLE } },
	{ NULL, { E(0,4) E(0,5) } }, { NULL, { E(0,0) E(0,0) } }, { NULL, { E(4,0) E(6,0) } },
	{ NULL, { E(0,2) WHOLE, E(1,3) WHOLE } }, { NULL, { E(0,3) WHOLE, E(1,3) WHOLE } }, { NULL, { E(0,2) WHOLE, E(0,2) WHOLE } },
	{ NULL, { WHOLE E(0,4), WHOLE E(3,3) } }, { NULL, { E(0,2) WHOLE, WHOLE E(0,3) } }, { NULL, { E(0,2) WHOLE, E(2,2) WHOLE, E(1,2) E(1,2) } },
	{ NULL, { E(0,4) E(0,6), E(0,1) E(0,1) } }, { NULL, { E(0,2) E(0,6), E(1,1) E(5,1), E(2,2) E(0,6) } },
	{ NULL, { E(0,2) E(0,4), E(1,3) E(3,3), E(2,2) E(0,3) } },
	{ NULL, { WHOLE WHOLE, E(0,1) WHOLE } }, { NULL, { WHOLE WHOLE, WHOLE WHOLE } },
	{ NULL, { E(0,2) WHOLE, E(2,3) WHOLE } }, { NULL, { E(0,2) WHOLE, E(-2,2) WHOLE } }, { NULL, { E(0,2) WHOLE, E(2,2) } },
	{ NULL, { E(0,2) WHOLE, E(2,2) WHOLE WHOLE } }, { NULL, { E(0,2) WHOLE, "" } },
	{ "", { E(0,1) } }, { "", { WHOLE } }, { D(0), { E(0,1) } }, { D(0), { E(1,0) } }, { D(0) D(4), { E(0,1) WHOLE } },
	{ D(4611686018427387904), { E(0,4611686018427387904) } }, { D(4611686018427387904), { E(0,1), E(1,4611686018427387903) } },
	{ D(1000000), { E(0,1), E(999999,1) } }, { D(5), { E(0,1), E(1,1), E(2,1) } }, { D(5), { E(0,1), E(1,1), E(3,2) } },
	{ D(5), { E(4,1), E(0,4), E(3,1) } }, { D(5), { E(0,5), E(0,5) } }, { D(2) D(2) D(2), { E(0,1) WHOLE WHOLE, E(1,1) E(0,1) WHOLE } },
	{ D(2) D(2) D(2), { WHOLE WHOLE E(0,1), WHOLE WHOLE E(0,2) } }, { D64 D64, { E64 E64 WHOLE } }, { D64, { E16 E16 E16 } },
	{ "unknown_rank: true", { E(0,1) } }, { D(-1), { E(0,1) } }, { D(-1), { WHOLE } }, { D(2) D(-1), { E(0,2) WHOLE } },
};

/* ---- what else an entry of V2 can say; SHAPE [2], data of 16 bytes: 8 of the neighbours, then 8 of its own ---- */
static const char *const places[] = {
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 9 size: 8", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 16 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 1000 size: 8", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: -1 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 9223372036854775807 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 9223372036854775800 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 9223372036854775799 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: -9223372036854775808 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 4294967304 size: 8", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: -8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 9223372036854775807", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 7",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 4", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 9", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 4294967304",
	"dtype: DT_FLOAT shape { dim { size: 2 } } shard_id: 1 size: 8", "dtype: DT_FLOAT shape { dim { size: 2 } } shard_id: -1 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } shard_id: 99999 size: 8", "dtype: DT_FLOAT shape { dim { size: 2 } } shard_id: 2147483647 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } shard_id: -2147483648 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 8",                          /* no checksum */
	"dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 8 crc32c: 1", "dtype: DT_FLOAT shape { dim { size: 2 } } offset: 8 size: 8 crc32c: 4294967295",
	"shape { dim { size: 2 } } offset: 8 size: 8", "dtype: DT_DOUBLE shape { dim { size: 2 } } offset: 8 size: 8",
	"dtype: DT_HALF shape { dim { size: 2 } } offset: 8 size: 8", "dtype: DT_FLOAT_REF shape { dim { size: 2 } } offset: 8 size: 8",
	"dtype: DT_STRING shape { dim { size: 2 } } offset: 8 size: 8", "dtype: DT_STRING shape { dim { size: 2 } } offset: 8 size: 0",
	"dtype: DT_STRING shape { dim { size: 2 } } offset: 8 size: 3", "dtype: DT_STRING shape { dim { size: 1000000 } } offset: 8 size: 8",
	"dtype: DT_STRING shape { dim { size: 9223372036854775807 } } offset: 8 size: 8", "dtype: DT_STRING_REF shape { } offset: 8 size: 8",
	"dtype: DT_RESOURCE shape { dim { size: 2 } } offset: 8 size: 8", "dtype: DT_VARIANT shape { dim { size: 2 } } offset: 8 size: 8",
	"dtype: DT_VARIANT shape { dim { size: 2 } } offset: 9999 size: 8", "dtype: DT_RESOURCE_REF shape { dim { size: 2 } } offset: 8 size: 8",
	"dtype: DT_FLOAT", "", "dtype: DT_FLOAT size: 8", "size: 8", "dtype: DT_COMPLEX128 shape { } offset: 8 size: 8", "dtype: DT_BOOL shape { } offset: 8 size: 8",
	"dtype: DT_FLOAT shape { dim { size: 2 } } slices { extent { start: 0 length: 1 } }",   /* its slice has no entry */
	"dtype: DT_FLOAT shape { dim { size: 0 } } offset: 8 size: 8", "dtype: DT_FLOAT shape { dim { size: 0 } } offset: 17",
	"dtype: DT_FLOAT shape { dim { size: 0 } } crc32c: 1",
};

/* ---- what can lie under a V1 key: SavedSlice of "evil", [2] of float ---- */
#define ITS "name: 'evil' slice { extent { } } "
static const char *const values[] = {
	ITS, ITS "data { }", ITS "data { float_val: 1 }", ITS "data { float_val: 1 float_val: 2 float_val: 3 }", ITS "data { double_val: 1 double_val: 2 }",
	ITS "data { int_val: 1 int_val: 2 }", ITS "data { string_val: 'ab' string_val: 'cd' }", ITS "data { tensor_content: '1234' }",
	ITS "data { tensor_content: '123456789' }", ITS "data { tensor_content: '12345678' float_val: 1 }", ITS "data { half_val: 1 half_val: 2 }",
	ITS "data { bool_val: true bool_val: false }", ITS "data { scomplex_val: 1 }", ITS "data { int64_val: 1 int64_val: 2 }",
	ITS "data { dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: 1 }",
	"name: 'good' slice { extent { } } data { float_val: 1 float_val: 2 }", "slice { extent { } } data { float_val: 1 float_val: 2 }",
	"name: 'evil' data { float_val: 1 float_val: 2 }", "name: 'evil' slice { extent { start: 0 length: 2 } } data { float_val: 1 float_val: 2 }",
	"name: 'evil' slice { extent { start: 1 } } data { float_val: 1 float_val: 2 }", "name: 'evil' slice { } data { float_val: 1 float_val: 2 }",
	"name: 'evil' slice { extent { } extent { } } data { float_val: 1 float_val: 2 }", "name: 'evil' slice { extent { length: -3 } } data { float_val: 1 float_val: 2 }", "",
};

/* ---- what a header of safetensors can say; data of 16 bytes, the last 8 its own ---- */
static const char *const headers[] = {
	"\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":[2,-1],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":[4611686018427387906],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[null],\"data_offsets\":[8,16]", "\"dtype\":\"F32\",\"shape\":null,\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"data_offsets\":[8,16]", "\"shape\":[2],\"data_offsets\":[8,16]", "\"dtype\":32,\"shape\":[2],\"data_offsets\":[8,16]",
	"\"dtype\":null,\"shape\":[2],\"data_offsets\":[8,16]", "\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[8,16]",
	"\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8,16]", "\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[8,16]",
	"\"dtype\":\"\",\"shape\":[2],\"data_offsets\":[8,16]", "\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[8,16]",
	"\"dtype\":\"F8_E5M2\",\"shape\":[8],\"data_offsets\":[8,16]", "\"dtype\":\"F8_E5M2\",\"shape\":[9],\"data_offsets\":[8,16]",
	"\"dtype\":\"F4\",\"shape\":[16],\"data_offsets\":[8,16]", "\"dtype\":\"F4\",\"shape\":[8],\"data_offsets\":[8,16]",
	"\"dtype\":\"F8_E8M0\",\"shape\":[2,4],\"data_offsets\":[8,16]", "\"dtype\":\"X9\",\"shape\":[2],\"data_offsets\":[8,16]",
	"\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[9,17]", "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]",
	"\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,8]", "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]",
	"\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]", "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16,24]",
	"\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":8", "\"dtype\":\"F32\",\"shape\":[2]", "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\"8\",\"16\"]",
	"\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,9223372036854775807]",
	"\"dtype\":\"F32\",\"shape\":[2305843009213693951],\"data_offsets\":[8,9223372036854775804]", "",
};

/* ---- the head of a .npy ---- */
static const char *const arrays[] = {
	"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
	"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
	"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387906,), }", "{'descr': '<f4', 'fortran_order': False, 'shape': 2, }",
	"{'descr': '<f4', 'fortran_order': False, 'shape': ('2',), }", "{'descr': '<f4', 'fortran_order': False, }", "{'descr': '<f4', 'shape': (2,), }",
	"{'fortran_order': False, 'shape': (2,), }", "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
	"{'descr': '<x4', 'fortran_order': False, 'shape': (2,), }", "{'descr': '<f3', 'fortran_order': False, 'shape': (2,), }",
	"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
	"{'descr': '', 'fortran_order': False, 'shape': (2,), }", "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }", "{", "", "()",
	"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,), }", "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
};

/* ---- the files around them ---- */

static void
encode(const mg_msg_type *type, const char *text, mg_str *out)
{
	mg_arena arena = { 0 };
	mg_msg *msg;
	mgreg_error err;

	ck_assert_ok(mg_msg_parse(type, text, strlen(text), &arena, &msg, &err), &err);
	ck_assert_ok(mg_msg_encode(msg, out, &err), &err);
	mg_arena_clear(&arena);
}

static void
add(mg_table_writer *w, const void *key, size_t key_len, const mg_msg_type *type, const char *text)
{
	mg_str value = MG_STR_INIT;
	mgreg_error err;

	encode(type, text, &value);
	ck_assert_ok(mg_table_add(w, (mg_slice){ key, key_len }, (mg_slice){ value.ptr, value.len }, &err), &err);
	mg_str_clear(&value);
}

static const char good_bytes[] = "\0\0\x80\x3f\0\0\0\x40";      /* 1 and 2; "evil" has two zeros, of which there are 8 bytes */

static void
good_entry(mg_table_writer *w, const char *name, int offset)
{
	char text[200];

	snprintf(text, sizeof(text), "dtype: DT_FLOAT shape { } offset: %d size: 4 crc32c: %u", offset, mg_crc32c_mask(mg_crc32c(good_bytes + offset, 4)));
	add(w, name, strlen(name), &pb__bundle_entry_proto__descriptor, text);
}

/* A stored slice of "evil": its entry has the right shape and bytes wherever there is one that could have them. */
typedef struct part { mg_str key; int64_t dims[2]; int rank, count; } part;

static int
by_key(const void *a, const void *b)
{
	const part *x = a, *y = b;

	return mg_slice_cmp((mg_slice){ x->key.ptr, x->key.len }, (mg_slice){ y->key.ptr, y->key.len });
}

static int
make_parts(const mg_shape *full, const char *const *texts, part *parts)
{
	mg_arena arena = { 0 };
	int n = 0;

	for (int i = 0; texts && i < 4 && texts[i]; i++) {
		part p = { .key = MG_STR_INIT, .dims = { 2 }, .rank = 1, .count = 2 };
		mg_shape shape = MG_SHAPE_SCALAR;
		mgreg_error err;
		mg_tslice s;
		mg_msg *msg;

		ck_assert_ok(mg_msg_parse(&pb__tensor_slice_proto__descriptor, texts[i], strlen(texts[i]), &arena, &msg, &err), &err);
		if (mg_tslice_from_proto(&s, (Pb__TensorSliceProto *)msg, &arena, NULL) != 0 || s.rank == 0)
			continue;
		if (mg_tslice_shape(&s, full, &shape, NULL) == 0 && shape.rank <= 2) {
			p.rank = shape.rank;
			p.count = 1;
			for (int d = 0; d < p.rank; d++) {
				p.dims[d] = mg_shape_dim(&shape, d);
				p.count *= p.dims[d] > 100 ? 1 : (int)p.dims[d];
			}
		}
		mg_shape_clear(&shape);
		mg_slice_key("evil", &s, &p.key);
		parts[n++] = p;
	}
	if (n > 0)
		qsort(parts, (size_t)n, sizeof(*parts), by_key);
	mg_arena_clear(&arena);
	return n;
}

static void
add_parts(mg_table_writer *w, part *parts, int n, int *end)
{
	static const char zeros[400];

	for (int i = 0; i < n; i++) {
		mg_str text = MG_STR_INIT;
		int size = parts[i].count * 4;

		if (i > 0 && by_key(&parts[i - 1], &parts[i]) == 0)      /* stored once, however often it is told */
			continue;
		mg_str_add(&text, "dtype: DT_FLOAT shape { ");
		for (int d = 0; d < parts[i].rank; d++)
			mg_str_printf(&text, "dim { size: %lld } ", (long long)parts[i].dims[d]);
		mg_str_printf(&text, "} offset: %d size: %d crc32c: %u", *end, size, mg_crc32c_mask(mg_crc32c(zeros, (size_t)size)));
		add(w, parts[i].key.ptr, parts[i].key.len, &pb__bundle_entry_proto__descriptor, text.ptr);
		*end += size;
		mg_str_clear(&text);
	}
}

static void
shape_of(const char *entry, mg_shape *out)
{
	mg_arena arena = { 0 };
	mgreg_error err;
	mg_msg *msg;

	ck_assert_ok(mg_msg_parse(&pb__bundle_entry_proto__descriptor, entry, strlen(entry), &arena, &msg, &err), &err);
	if (((Pb__BundleEntryProto *)msg)->shape)
		(void)mg_shape_from_proto(out, ((Pb__BundleEntryProto *)msg)->shape, NULL);
	mg_arena_clear(&arena);
}

/* Keys in order: slices of "evil", "aaa", "evil", "zzz". */
static const char *
v2_file(const char *entry, const char *const *slice_texts)
{
	const char *prefix = fresh_prefix("evil");
	mg_str bytes = MG_STR_INIT;
	mg_shape full = MG_SHAPE_SCALAR;
	mg_table_writer w;
	mgreg_error err;
	char path[2048];
	part parts[4];
	int n, end = 16;

	shape_of(entry, &full);
	n = make_parts(&full, slice_texts, parts);
	mg_table_begin(&w, mg_sink_str(&bytes));
	add(&w, "", 0, &pb__bundle_header_proto__descriptor, "num_shards: 1 version { producer: 1 }");
	add_parts(&w, parts, n, &end);
	good_entry(&w, "aaa", 0);
	add(&w, "evil", 4, &pb__bundle_entry_proto__descriptor, entry);
	good_entry(&w, "zzz", 4);
	ck_assert_ok(mg_table_finish(&w, &err), &err);
	mg_table_free(&w);
	snprintf(path, sizeof(path), "%s.index", prefix);
	spit(path, bytes.ptr, bytes.len);
	snprintf(path, sizeof(path), "%s.data-00000-of-00001", prefix);
	mg_str_reset(&bytes);
	mg_str_append(&bytes, good_bytes, 8);
	while (bytes.len < (size_t)end)
		mg_str_addc(&bytes, 0);
	spit(path, bytes.ptr, bytes.len);
	for (int i = 0; i < n; i++)
		mg_str_clear(&parts[i].key);
	mg_shape_clear(&full);
	mg_str_clear(&bytes);
	return prefix;
}

#define SCALAR "shape { } type: DT_FLOAT slice { }"

static const char *
v1_file(const char *meta, const char *value)
{
	const char *path = fresh_prefix("evil");
	mg_str bytes = MG_STR_INIT, text = MG_STR_INIT;
	mg_table_writer w;
	mgreg_error err;

	mg_str_printf(&text, "meta { tensor { name: 'aaa' " SCALAR " } tensor { name: 'evil' %s } tensor { name: 'zzz' " SCALAR " } }", meta);
	mg_table_begin(&w, mg_sink_str(&bytes));
	add(&w, "", 0, &pb__saved_tensor_slices__descriptor, text.ptr);
	add(&w, "\0aaa\0\1\0", 7, &pb__saved_tensor_slices__descriptor, "data { name: 'aaa' slice { } data { float_val: 1 } }");
	if (value) {            /* whole, of rank 1 */
		mg_str_reset(&text);
		mg_str_printf(&text, *value ? "data { %s }" : "%s", value);
		add(&w, "\0evil\0\1\1\1\x80\x7f", 11, &pb__saved_tensor_slices__descriptor, text.ptr);
	}
	add(&w, "\0zzz\0\1\0", 7, &pb__saved_tensor_slices__descriptor, "data { name: 'zzz' slice { } data { float_val: 2 } }");
	ck_assert_ok(mg_table_finish(&w, &err), &err);
	mg_table_free(&w);
	spit(path, bytes.ptr, bytes.len);
	mg_str_clear(&bytes);
	mg_str_clear(&text);
	return path;
}

static float
scalar_of(mg_ckpt *r, const char *name)
{
	mg_tensor t = { 0 };
	mgreg_error err;
	float value;

	ck_assert_ok(mg_ckpt_read(r, name, NULL, &t, &err), &err);
	ck_assert_int_eq(t.count, 1);
	value = *MG_DATA(&t, float);
	mg_tensor_clear(&t);
	return value;
}

static void
refused(const char *prefix, const char *row)
{
	uint64_t live = mg_mem_live();
	mg_tensor t = { 0 };
	mgreg_error err = { 0 };
	mg_ckpt_entry e;
	mg_ckpt *r;
	int n = 0;

	ck_assert_msg(mg_ckpt_open(&r, prefix, &err) == 0, "%s: %s", row, err.text);
	while (mg_ckpt_entry_at(r, (size_t)n, &e, NULL) == 0) {
		ck_assert_str_eq(e.name, n == 0 ? "aaa" : n == 1 ? "evil" : "zzz");
		n++;
	}
	ck_assert_int_eq(n, 3);
	ck_assert(scalar_of(r, "aaa") == 1);
	ck_assert_msg(mg_ckpt_read(r, "evil", NULL, &t, &err) != 0, "%s was read", row);
	ck_assert_msg(strstr(err.text, "'evil'") != NULL, "%s: the error names nothing: %s", row, err.text);
	ck_assert_ptr_null(t.data);
	ck_assert(scalar_of(r, "zzz") == 2);
	mg_ckpt_close(r);
	ck_assert_uint_eq(mg_mem_live(), live);
}

START_TEST(evil_shapes)
{
	char text[16384];

	snprintf(text, sizeof(text), "dtype: DT_FLOAT shape { %s } offset: 8 size: 8 crc32c: %u", shapes[_i], mg_crc32c_mask(mg_crc32c("\0\0\0\0\0\0\0\0", 8)));
	refused(v2_file(text, NULL), shapes[_i]);
	snprintf(text, sizeof(text), "shape { %s } type: DT_FLOAT slice { extent { } }", shapes[_i]);
	refused(v1_file(text, "name: 'evil' slice { extent { } } data { float_val: 1 float_val: 2 }"), shapes[_i]);
}
END_TEST

START_TEST(evil_slices)
{
	const char *shape = slices[_i].shape ? slices[_i].shape : D(4) D(6);
	mg_str v2 = MG_STR_INIT, v1 = MG_STR_INIT;

	mg_str_printf(&v2, "dtype: DT_FLOAT shape { %s }", shape);
	mg_str_printf(&v1, "shape { %s } type: DT_FLOAT", shape);
	for (int i = 0; i < 4 && slices[_i].slices[i]; i++) {
		mg_str_printf(&v2, " slices { %s }", slices[_i].slices[i]);
		mg_str_printf(&v1, " slice { %s }", slices[_i].slices[i]);
	}
	refused(v2_file(v2.ptr, slices[_i].slices), v2.ptr);
	refused(v1_file(v1.ptr, NULL), v1.ptr);
	mg_str_clear(&v2);
	mg_str_clear(&v1);
}
END_TEST

START_TEST(evil_places)
{
	refused(v2_file(places[_i], NULL), places[_i]);
}
END_TEST

START_TEST(evil_values)
{
	refused(v1_file("shape { dim { size: 2 } } type: DT_FLOAT slice { extent { } }", values[_i]), values[_i]);
}
END_TEST

START_TEST(evil_headers)
{
	const char *path = fresh_prefix("x.safetensors");
	mg_str bytes = MG_STR_INIT, head = MG_STR_INIT;
	uint64_t len;

	mg_str_printf(&head, "{\"aaa\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"evil\":{%s},"
		"\"zzz\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}", headers[_i]);
	len = head.len;
	mg_str_append(&bytes, &len, 8);
	mg_str_append(&bytes, head.ptr, head.len);
	mg_str_append(&bytes, good_bytes, 8);
	mg_str_append(&bytes, "\0\0\0\0\0\0\0\0", 8);
	spit(path, bytes.ptr, bytes.len);
	refused(path, headers[_i]);
	mg_str_clear(&bytes);
	mg_str_clear(&head);
}
END_TEST

static void
add_array(mg_zip *z, const char *name, const char *head, const void *data, size_t size)
{
	mg_str bytes = MG_STR_INIT;
	uint16_t len = (uint16_t)(strlen(head) + 1);
	mgreg_error err;

	mg_str_append(&bytes, "\x93NUMPY\1\0", 8);
	mg_str_append(&bytes, &len, 2);
	mg_str_add(&bytes, head);
	mg_str_addc(&bytes, '\n');
	mg_str_append(&bytes, data, size);
	ck_assert_ok(mg_zip_add(z, name, bytes.ptr, bytes.len, &err), &err);
	mg_str_clear(&bytes);
}

START_TEST(evil_arrays)
{
	static const char scalar[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
	const char *path = fresh_prefix("x.npz");
	mgreg_error err;
	mg_zip *z;

	ck_assert_ok(mg_zip_create(&z, path, false, &err), &err);
	add_array(z, "aaa.npy", scalar, good_bytes, 4);
	add_array(z, "evil.npy", arrays[_i], "\0\0\0\0\0\0\0\0", 8);
	add_array(z, "zzz.npy", scalar, good_bytes + 4, 4);
	ck_assert_ok(mg_zip_finish(z, &err), &err);
	refused(path, arrays[_i]);
}
END_TEST

/* The tables are what the issue asks for. */
START_TEST(counts)
{
	ck_assert_uint_ge(2 * (MG_COUNT(shapes) + MG_COUNT(slices)), 200);
}
END_TEST

/* Two whose bytes overlap are both refused, a third is read; one that claims bytes beyond the file takes nothing from others. */
START_TEST(overlaps)
{
	const char *prefix = v2_file("dtype: DT_FLOAT shape { dim { size: 2 } } offset: 2 size: 8", NULL);
	mg_tensor t = { 0 };
	mgreg_error err;
	mg_ckpt *r;

	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_fails(mg_ckpt_read(r, "evil", NULL, &t, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "overlap"));
	ck_assert_fails(mg_ckpt_read(r, "aaa", NULL, &t, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'aaa'"));
	mg_ckpt_close(r);
	refused(v2_file("dtype: DT_FLOAT shape { dim { size: 1000000 } } size: 4000000", NULL), "the whole file and more");
}
END_TEST

/* 40,000 slices are answered in time that goes with their number. */
START_TEST(many_slices)
{
	enum { N = 40000 };
	int64_t *bounds = mg_calloc(2 * N, sizeof(*bounds));
	mg_tslice *s = mg_calloc(N, sizeof(*s));
	bool *used = mg_calloc(N, sizeof(*used));
	mg_shape full = MG_SHAPE_SCALAR;
	mg_arena arena = { 0 };
	int64_t n = N;
	mgreg_error err;
	double begin = mg_monotonic();

	ck_assert_ok(mg_shape_set(&full, &n, 1, &err), &err);
	for (int i = 0; i < N; i++) {
		bounds[2 * i] = i;
		bounds[2 * i + 1] = 1;
		s[i] = (mg_tslice){ 1, &bounds[2 * i], &bounds[2 * i + 1] };
	}
	ck_assert_ok(mg_slice_cover("w", s, N, &full, NULL, used, &arena, &err), &err);
	bounds[2 * (N - 1)] = N - 2;            /* twice one, never the other: the sum is right */
	ck_assert_fails(mg_slice_cover("w", s, N, &full, NULL, used, &arena, &err), MGREG_INTERNAL, &err);
	ck_assert_msg(mg_monotonic() - begin < 2, "%.1f s", mg_monotonic() - begin);
	mg_arena_clear(&arena);
	mg_shape_clear(&full);
	mg_free(bounds);
	mg_free(s);
	mg_free(used);
}
END_TEST

Suite *
test_evil(void)
{
	TCase *t;
	Suite *s = mg_suite("evil", &t);

	tcase_add_test(t, counts);
	tcase_add_loop_test(t, evil_shapes, 0, MG_COUNT(shapes));
	tcase_add_loop_test(t, evil_slices, 0, MG_COUNT(slices));
	tcase_add_loop_test(t, evil_places, 0, MG_COUNT(places));
	tcase_add_loop_test(t, evil_values, 0, MG_COUNT(values));
	tcase_add_loop_test(t, evil_headers, 0, MG_COUNT(headers));
	tcase_add_loop_test(t, evil_arrays, 0, MG_COUNT(arrays));
	tcase_add_test(t, overlaps);
	tcase_add_test(t, many_slices);
	return s;
}
