/* SPDX-License-Identifier: Apache-2.0 */
/* test_data.c - columns from files, placeholders, conversion. */
#include "testing.h"
#include <math.h>
#include <stdio.h>
#include "base/file.h"
#include "base/sha256.h"
#include "registry/data.h"

static mg_data *
from_csv(const char *text)
{
	const char *path = mg_test_path(mg_test_tempdir(), "data.csv");
	mg_data *d = NULL;
	mgreg_error err;

	ck_assert_ok(mg_file_write(path, text, strlen(text), &err), &err);
	ck_assert_ok(mg_data_open(&d, path, &err), &err);
	return d;
}

/* The rows of column NAME as text. */
static void
expect(const mg_data *d, const char *name, int dtype, const char *want)
{
	int64_t rows[16];
	mg_tensor t = { 0 };
	mg_str text = MG_STR_INIT;
	size_t column;
	mgreg_error err;

	for (int64_t i = 0; i < mg_data_rows(d); i++)
		rows[i] = i;
	ck_assert_ok(mg_data_find(d, name, &column, &err), &err);
	ck_assert_ok(mg_data_take(d, column, rows, mg_data_rows(d), (mg_dtype)dtype, NULL, &t, &err), &err);
	mg_tensor_print(&t, 0, &text);
	ck_assert_str_eq(text.ptr, want);
	mg_str_clear(&text);
	mg_tensor_clear(&t);
}

START_TEST(csv_columns)
{
	mg_data *d = from_csv("\xef\xbb\xbfid, x[0] ,x[1],x[2],name,\"odd, \"\"name\"\"\",y:0,y:1\r\n"
		"1,0.5,-1e3,,\"a, b\",7,1,2\r\n\r\n 2 ,nan,2,3,c d,8,3,4\n3,0.1,inf,4,\"\",9,5,6");

	ck_assert_int_eq(mg_data_rows(d), 3);
	ck_assert_uint_eq(mg_data_columns(d), 5);
	expect(d, "id", MGREG_INVALID, "[1, 2, 3]");
	expect(d, "id", MGREG_INT64, "[1, 2, 3]");
	expect(d, "id", MGREG_UINT8, "[1, 2, 3]");
	expect(d, "x", MGREG_FLOAT, "[[0.5, -1000, nan], [nan, 2, 3], [0.1, inf, 4]]");
	expect(d, "x", MGREG_DOUBLE, "[[0.5, -1000, nan], [nan, 2, 3], [0.1, inf, 4]]");
	expect(d, "name", MGREG_STRING, "[\"a, b\", \"c d\", \"\"]");
	expect(d, "odd, \"name\"", MGREG_HALF, "[7, 8, 9]");
	expect(d, "y", MGREG_INT32, "[[1, 2], [3, 4], [5, 6]]");
	ck_assert_int_eq((int)mg_data_column_at(d, 0)->dtype, MGREG_FLOAT);
	ck_assert_int_eq((int)mg_data_column_at(d, 2)->dtype, MGREG_STRING);
	mg_data_close(d);
}
END_TEST

static const struct { const char *text, *what; int code; } bad_csv[] = {
	{ "", "no header", MGREG_INVALID_ARGUMENT }, { "\n\n", "no header", MGREG_INVALID_ARGUMENT },
	{ "a,b\n1\n", "line 2 has 1 fields", MGREG_INVALID_ARGUMENT }, { "a,b\n1,2\n1,2,3\n", "line 3 has 3 fields", MGREG_INVALID_ARGUMENT },
	{ "a,a\n1,2\n", "two columns are named 'a'", MGREG_INVALID_ARGUMENT }, { "a,\n1,2\n", "has no name", MGREG_INVALID_ARGUMENT },
	{ "a\n\"x\n", "no end", MGREG_DATA_LOSS }, { "a\n\"x\"y\n", "behind a quoted", MGREG_DATA_LOSS },
	{ "x[1],x[2]\n1,2\n", "begin with 0", MGREG_INVALID_ARGUMENT }, { "x[0],z,x[1]\n1,2,3\n", "begin with 0", MGREG_INVALID_ARGUMENT },
};

START_TEST(csv_refused)
{
	const char *path = mg_test_path(mg_test_tempdir(), "bad.csv");
	mg_data *d = NULL;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_file_write(path, bad_csv[_i].text, strlen(bad_csv[_i].text), &err), &err);
	ck_assert_fails(mg_data_open(&d, path, &err), bad_csv[_i].code, &err);
	ck_assert_msg(strstr(err.text, bad_csv[_i].what) && strstr(err.text, "bad.csv"), "%s", err.text);
}
END_TEST

/* What a placeholder wants and what comes: ok, or the words of the refusal. */
static const struct { const char *column; int dtype; const char *want; } wanted[] = {
	{ "i", MGREG_INT8, NULL }, { "i", MGREG_FLOAT, NULL }, { "big", MGREG_INT8, "out of range" }, { "big", MGREG_INT64, NULL },
	{ "big", MGREG_INT32, "out of range" }, { "f", MGREG_INT32, "not a whole number" }, { "f", MGREG_FLOAT, NULL },
	{ "empty", MGREG_FLOAT, NULL }, { "empty", MGREG_INT32, "not a whole number" }, { "s", MGREG_FLOAT, "text" }, { "s", MGREG_STRING, NULL },
	{ "i", MGREG_STRING, "a number" }, { "b", MGREG_BOOL, NULL }, { "i", MGREG_BOOL, "out of range" }, { "i", MGREG_COMPLEX64, NULL },
	{ "negative", MGREG_UINT64, "out of range" }, { "negative", MGREG_QINT8, NULL }, { "i", MGREG_BFLOAT16, NULL }, { "w", MGREG_INT32, NULL },
	{ "i", MGREG_RESOURCE, "not a number" },
};

START_TEST(conversion)
{
	mg_data *d = from_csv("i,big,f,empty,s,b,negative,w\n5,1,1.5,1,a,0,-1,1.0\n6,9223372036854775807,2,,b,1,-2,2e0\n");
	int64_t rows[] = { 1, 0 };
	mg_tensor t = { 0 };
	size_t column;
	mgreg_error err = { 0 };
	int rc;

	ck_assert_ok(mg_data_find(d, wanted[_i].column, &column, &err), &err);
	rc = mg_data_take(d, column, rows, 2, (mg_dtype)wanted[_i].dtype, NULL, &t, &err);
	if (wanted[_i].want && wanted[_i].dtype != MGREG_RESOURCE) {
		char name[64];

		snprintf(name, sizeof(name), "column '%s', row ", wanted[_i].column);
		ck_assert_int_eq(rc, MGREG_INVALID_ARGUMENT);
		ck_assert_msg(strstr(err.text, wanted[_i].want) && strstr(err.text, name), "%s", err.text);
	} else if (wanted[_i].want) {
		ck_assert_int_ne(rc, 0);
	} else {
		ck_assert_ok(rc, &err);
		ck_assert_int_eq((int)t.dtype, wanted[_i].dtype);
	}
	mg_tensor_clear(&t);
	mg_data_close(d);
}
END_TEST

/* 4 rows of 6 values; -1 unknown, -2 ends the list. */
static const struct { int64_t want[5]; const char *got; } shapes[] = {
	{ { -1, 6, -2 }, "[4,6]" }, { { -1, -1, -2 }, "[4,6]" }, { { 4, 6, -2 }, "[4,6]" }, { { -1, 2, 3, -2 }, "[4,2,3]" },
	{ { -1, 2, -1, -2 }, "[4,2,3]" }, { { -1, 1, 6, 1, -2 }, "[4,1,6,1]" }, { { -1, 5, -2 }, NULL }, { { 3, 6, -2 }, NULL }, { { -2 }, NULL },
	{ { -1, -2 }, NULL }, { { -1, 4, -1, -2 }, NULL }, { { -1, -1, -1, -2 }, NULL },
};

START_TEST(shape_wanted)
{
	mg_data *d = from_csv("x[0],x[1],x[2],x[3],x[4],x[5]\n1,2,3,4,5,6\n1,2,3,4,5,6\n1,2,3,4,5,6\n1,2,3,4,5,6\n");
	int64_t rows[] = { 3, 2, 1, 0 };
	mg_shape want = MG_SHAPE_SCALAR;
	mg_tensor t = { 0 };
	char text[256];
	int rank = 0;
	mgreg_error err;

	while (shapes[_i].want[rank] != -2)
		rank++;
	ck_assert_ok(mg_shape_set(&want, shapes[_i].want, rank, &err), &err);
	if (shapes[_i].got) {
		ck_assert_ok(mg_data_take(d, 0, rows, 4, MGREG_FLOAT, &want, &t, &err), &err);
		ck_assert_str_eq(mg_shape_text(&t.shape, text), shapes[_i].got);
	} else {
		ck_assert_fails(mg_data_take(d, 0, rows, 4, MGREG_FLOAT, &want, &t, &err), MGREG_INVALID_ARGUMENT, &err);
	}
	mg_tensor_clear(&t);
	mg_shape_clear(&want);
	mg_data_close(d);
}
END_TEST

static const struct { const char *placeholders[3], *map; int code, columns[3]; } binds[] = {
	{ { "x", "y" }, NULL, 0, { 0, 1 } }, { { "y:0", "x:0" }, NULL, 0, { 1, 0 } }, { { "in/x", "in/y" }, NULL, 0, { 0, 1 } },
	{ { "IMG", "y" }, "IMG=x", 0, { 0, 1 } }, { { "IMG:0", "y" }, "IMG=x", 0, { 0, 1 } }, { { "a/x", "b/x" }, NULL, 0, { -1, -1 } },
	{ { "x", "b/x" }, NULL, 0, { 0, -1 } }, { { "keep_prob", "x", "y" }, NULL, 0, { -1, 0, 1 } }, { { "IMG" }, NULL, 0, { -1 } },
	{ { "IMG" }, "other=x", MGREG_NOT_FOUND, { 0 } }, { { "IMG" }, "IMG=z", MGREG_NOT_FOUND, { 0 } },
	{ { "IMG" }, "IMG", MGREG_INVALID_ARGUMENT, { 0 } }, { { "a/x", "y" }, "y=x", 0, { -1, 0 } },
};

START_TEST(binding)
{
	mg_data *d = from_csv("x,y\n1,2\n");
	int columns[3], count = 0;
	mgreg_error err;

	while (count < 3 && binds[_i].placeholders[count])
		count++;
	ck_assert_fails(mg_data_bind(d, binds[_i].placeholders, count, &binds[_i].map, binds[_i].map != NULL, columns, &err), binds[_i].code, &err);
	for (int i = 0; binds[_i].code == 0 && i < count; i++)
		ck_assert_int_eq(columns[i], binds[_i].columns[i]);
	mg_data_close(d);
}
END_TEST

START_TEST(arrays)
{
	char dir[512];
	int64_t dims[] = { 3, 2 }, flat[] = { 3 }, other[] = { 4 };
	mg_tensor x = { 0 }, y = { 0 };
	mg_data *d = NULL;
	const mg_data_file *files;
	size_t count;
	int column;
	uint8_t sha[32];
	mg_str bytes = MG_STR_INIT;
	const char *name = "anything";
	mgreg_error err;

	snprintf(dir, sizeof(dir), "%s", mg_test_path(mg_test_tempdir(), "folder"));
	ck_assert_ok(mg_dir_create(dir, false, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&x, MGREG_UINT8, dims, 2, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&y, MGREG_INT64, flat, 1, &err), &err);
	for (int i = 0; i < 6; i++)
		MG_DATA(&x, uint8_t)[i] = (uint8_t)(i * 50);
	for (int i = 0; i < 3; i++)
		MG_DATA(&y, int64_t)[i] = -i;
	ck_assert_ok(mg_npy_write(mg_test_path(dir, "x.npy"), &x, &err), &err);
	ck_assert_ok(mg_npy_write(mg_test_path(dir, "y.npy"), &y, &err), &err);
	ck_assert_ok(mg_file_write(mg_test_path(dir, "notes.txt"), "no", 2, &err), &err);
	ck_assert_ok(mg_data_open(&d, dir, &err), &err);
	ck_assert_uint_eq(mg_data_columns(d), 2);
	expect(d, "x", MGREG_INVALID, "[[0, 50], [100, 150], [200, 250]]");
	expect(d, "x", MGREG_FLOAT, "[[0, 50], [100, 150], [200, 250]]");
	expect(d, "y", MGREG_INT32, "[0, -1, -2]");
	ck_assert_ok(mg_data_files(d, &files, &count, &err), &err);
	ck_assert_uint_eq(count, 2);
	ck_assert_ok(mg_file_read(files[0].path, 0, &bytes, &err), &err);
	ck_assert_ok(mg_sha256(bytes.ptr, bytes.len, sha, &err), &err);
	ck_assert_mem_eq(files[0].sha256, sha, 32);
	ck_assert_uint_eq(files[0].size, bytes.len);
	mg_data_close(d);
	ck_assert_ok(mg_data_open(&d, mg_test_path(dir, "x.npy"), &err), &err);
	ck_assert_ok(mg_data_bind(d, &name, 1, NULL, 0, &column, &err), &err);
	ck_assert_int_eq(column, 0);            /* a single column feeds a single placeholder */
	mg_data_close(d);
	mg_tensor_clear(&y);
	ck_assert_ok(mg_tensor_init_dims(&y, MGREG_BOOL, other, 1, &err), &err);
	memset(y.data, 0, 4);
	ck_assert_ok(mg_npy_write(mg_test_path(dir, "z.npy"), &y, &err), &err);
	ck_assert_fails(mg_data_open(&d, dir, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'z' has 4 rows, 'x' has 3"));
	ck_assert_fails(mg_data_open(&d, mg_test_path(dir, "notes.txt"), &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_data_open(&d, mg_test_path(dir, "absent.npz"), &err), MGREG_NOT_FOUND, &err);
	mg_tensor_clear(&x);
	mg_tensor_clear(&y);
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_data(void)
{
	TCase *t;
	Suite *s = mg_suite("data", &t);

	tcase_add_test(t, csv_columns);
	tcase_add_loop_test(t, csv_refused, 0, MG_COUNT(bad_csv));
	tcase_add_loop_test(t, conversion, 0, MG_COUNT(wanted));
	tcase_add_loop_test(t, shape_wanted, 0, MG_COUNT(shapes));
	tcase_add_loop_test(t, binding, 0, MG_COUNT(binds));
	tcase_add_test(t, arrays);
	return s;
}
