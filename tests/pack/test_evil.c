/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_evil.c - archives that mean harm.  Of each: an error of the right kind, nothing outside the spool folder, nothing in
 * it but plain files and folders of ours; the same for each cut at every 64 bytes (which may be whole up to there).
 */
#include "testing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/path.h"
#include "craft.h"
#include "pack/pack.h"

/* ---- where it goes --------------------------------------------------------------------------- */

static char root[256];                  /* TMPDIR of the test: holds the spool folder, and what escapes into its parent */

static void
setup(void)
{
	snprintf(root, sizeof(root), "%s", mg_test_path(mg_test_tempdir(), "evil/root"));
	ck_assert_int_eq(mg_dir_create(root, true, NULL), 0);
	setenv("TMPDIR", root, 1);
}

static int strange;                     /* things in the spool folder that should not be */

static int
look(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)path;
	(void)flag;
	(void)ftw;
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		strange++;
	else if (S_ISREG(st->st_mode) && ((st->st_mode & 07177) || st->st_nlink != 1))
		strange++;
	else if (S_ISDIR(st->st_mode) && (st->st_mode & 07000))
		strange++;
	return 0;
}

static size_t
count_names(const char *dir)
{
	char **names;
	size_t n = 0;

	ck_assert_int_eq(mg_dir_list(dir, &names, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return n;
}

/* Spools BYTES; what mg_spool_fill() said.  Nothing may be outside or strange, whatever it said. */
static int
spool(const mg_str *bytes, size_t size, mgreg_error *err)
{
	const char *archive = mg_test_path(mg_test_tempdir(), "evil.archive");
	char *dir = NULL;
	int lock = -1, rc;
	FILE *f;

	f = fopen(archive, "wb");               /* not synced: there are thousands of them */
	ck_assert(f && fwrite(bytes->ptr, 1, size, f) == size && fclose(f) == 0);
	memset(err, 0, sizeof(*err));
	ck_assert_int_eq(mg_spool_make(&dir, &lock, NULL), 0);
	rc = mg_spool_fill(dir, archive, err);
	ck_assert_msg(rc == 0 || err->text[0], "an error without words");
	strange = 0;
	ck_assert_int_eq(nftw(dir, look, 16, FTW_PHYS), 0);
	ck_assert_int_eq(strange, 0);
	ck_assert_uint_eq(count_names(root), 1);
	ck_assert_uint_eq(count_names(mg_test_path(mg_test_tempdir(), "evil")), 1);
	ck_assert(!mg_file_exists("/mgreg-evil"));
	mg_spool_remove(dir, lock);
	ck_assert_uint_eq(count_names(root), 0);
	return rc;
}

static void
spool_cuts(const mg_str *bytes)
{
	mgreg_error err;

	for (size_t n = 0; n < bytes->len && n < 16384; n += 64)
		(void)spool(bytes, n, &err);
}

/* ---- tar -------------------------------------------------------------------------------------- */

/* Instead of a code: any error will do; what libarchive passes over, and nothing comes of it. */
enum { ANY = -1, HARMLESS = -2 };

static bool
as_wanted(int rc, int want)
{
	return want == HARMLESS || (want == ANY ? rc != 0 : rc == want);
}

static char long_part[300], deep[64], long_path[1200];

static const struct { const char *what; int rc; tar_entry entries[3]; } tars[] = {
	{ "..", MGREG_INVALID_ARGUMENT, { { "../mgreg-evil", '0', NULL, "x" } } },
	{ ".. inside", MGREG_INVALID_ARGUMENT, { { "a/../../mgreg-evil", '0', NULL, "x" } } },
	{ ".. at the end", MGREG_INVALID_ARGUMENT, { { "a/..", '0', NULL, "x" } } },
	{ ".. as a folder", MGREG_INVALID_ARGUMENT, { { "../evil/", '5' } } },
	{ "absolute", MGREG_INVALID_ARGUMENT, { { "/mgreg-evil", '0', NULL, "x" } } },
	{ "absolute folder", MGREG_INVALID_ARGUMENT, { { "/mgreg-evil/", '5' } } },
	{ "two slashes", MGREG_INVALID_ARGUMENT, { { "a//b", '0', NULL, "x" } } },
	{ ". inside", MGREG_INVALID_ARGUMENT, { { "a/./b", '0', NULL, "x" } } },
	{ "an option", MGREG_INVALID_ARGUMENT, { { "-rf", '0', NULL, "x" } } },
	{ "an option below", MGREG_INVALID_ARGUMENT, { { "a/-rf", '0', NULL, "x" } } },
	{ "a newline", MGREG_INVALID_ARGUMENT, { { "a\nb", '0', NULL, "x" } } },
	{ "an escape", MGREG_INVALID_ARGUMENT, { { "a\033[2Jb", '0', NULL, "x" } } },
	{ "a delete", MGREG_INVALID_ARGUMENT, { { "a\177", '0', NULL, "x" } } },
	{ "no name", MGREG_INVALID_ARGUMENT, { { "", '0', NULL, "x" } } },
	{ "the folder itself as a file", MGREG_INVALID_ARGUMENT, { { ".", '0', NULL, "x" } } },
	{ "too deep", MGREG_INVALID_ARGUMENT, { { deep, '0', NULL, "x" } } },
	{ "a part too long", MGREG_INVALID_ARGUMENT, { { "long", 'L', NULL, long_part }, { "x", '0', NULL, "x" } } },
	{ "a path too long", MGREG_INVALID_ARGUMENT, { { "long", 'L', NULL, long_path }, { "x", '0', NULL, "x" } } },
	{ ".. as a long name", MGREG_INVALID_ARGUMENT, { { "long", 'L', NULL, "../mgreg-evil" }, { "x", '0', NULL, "x" } } },
	{ ".. in a pax header", MGREG_INVALID_ARGUMENT, { { "pax", 'x', NULL, "22 path=../mgreg-evil\n" }, { "x", '0', NULL, "x" } } },
	{ "a link", MGREG_INVALID_ARGUMENT, { { "l", '2', "/etc/passwd" } } },
	{ "a link and a file through it", MGREG_INVALID_ARGUMENT, { { "l", '2', ".." }, { "l/mgreg-evil", '0', NULL, "x" } } },
	{ "a hard link", MGREG_INVALID_ARGUMENT, { { "a", '0', NULL, "x" }, { "l", '1', "a" } } },
	{ "a hard link outside", MGREG_INVALID_ARGUMENT, { { "l", '1', "/etc/passwd" } } },
	{ "a link by a pax header", MGREG_INVALID_ARGUMENT, { { "pax", 'x', NULL, "24 linkpath=/etc/passwd\n" }, { "x", '2' } } },
	{ "a character device", MGREG_INVALID_ARGUMENT, { { "null", '3' } } },
	{ "a block device", MGREG_INVALID_ARGUMENT, { { "sda", '4' } } },
	{ "a fifo", MGREG_INVALID_ARGUMENT, { { "f", '6' } } },
	{ "one name twice", MGREG_INVALID_ARGUMENT, { { "a", '0', NULL, "x" }, { "a", '0', NULL, "y" } } },
	{ "one name in two ways", MGREG_INVALID_ARGUMENT, { { "a", '0', NULL, "x" }, { "./a", '0', NULL, "y" } } },
	{ "a file that becomes a folder", ANY, { { "a", '0', NULL, "x" }, { "a/b", '0', NULL, "y" } } },
	{ "a folder that becomes a file", MGREG_INVALID_ARGUMENT, { { "a/b", '0', NULL, "x" }, { "a", '0', NULL, "y" } } },
	{ "a size of 8 GiB and nothing there", MGREG_DATA_LOSS, { { "a", '0', NULL, "x", "77777777777\0" } } },
	{ "a size below zero", ANY, { { "a", '0', NULL, "x", "\377\377\377\377\377\377\377\377\377\377\377\377" } } },
	{ "a size of 2^62", ANY, { { "a", '0', NULL, "x", "\200\0\0\0\100\0\0\0\0\0\0\0" } } },
	{ "a checksum that is wrong", MGREG_DATA_LOSS, { { "a", '0', NULL, "x" }, { .name = "b", .type = '0', .data = "x", .bad_sum = true } } },
	{ "a sparse file of 1 TiB", ANY, { { "pax", 'x', NULL,
		"22 GNU.sparse.major=1\n" "22 GNU.sparse.minor=0\n" "19 GNU.sparse.name=a\n" "36 GNU.sparse.realsize=1099511627776\n" },
		{ "a", '0', NULL, "1\n1099511627775\n1\nx" } } },
	{ "a pax header of its own length", HARMLESS, { { "pax", 'x', NULL, "999999999999 path=a\n" }, { "a", '0', NULL, "x" } } },
	{ "an endless pax number", HARMLESS, { { "pax", 'x', NULL, "99999999999999999999999999" }, { "a", '0', NULL, "x" } } },
};

static void
fill_names(void)
{
	memset(long_part, 'n', sizeof(long_part) - 1);
	for (int i = 0; i < 17; i++)
		memcpy(deep + 2 * i, "d/", 3);
	deep[33] = '\0';
	for (size_t i = 0; i + 10 < sizeof(long_path); i += 10)
		memcpy(long_path + i, "ppppppppp/", 11);
	long_path[sizeof(long_path) - 20] = 'x';
	long_path[sizeof(long_path) - 19] = '\0';
}

START_TEST(evil_tar)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	int rc;

	fill_names();
	setup();
	for (int i = 0; i < 3 && tars[_i].entries[i].name; i++)
		tar_add(&bytes, &tars[_i].entries[i]);
	tar_end(&bytes);
	rc = spool(&bytes, bytes.len, &err);
	ck_assert_msg(as_wanted(rc, tars[_i].rc), "%s: %s (%s)", tars[_i].what, mgreg_code_name((mgreg_code)rc), err.text);
	spool_cuts(&bytes);
	mg_str_clear(&bytes);
}
END_TEST

/* ---- zip ------------------------------------------------------------------------------------------ */

static const struct { const char *what; int rc; bool cut; zip_entry entries[2]; } zips[] = {
	{ "..", MGREG_INVALID_ARGUMENT, false, { { "../mgreg-evil", "x" } } },
	{ "absolute", MGREG_INVALID_ARGUMENT, false, { { "/mgreg-evil", "x" } } },
	{ "twice", MGREG_INVALID_ARGUMENT, false, { { "a", "x" }, { "a", "y" } } },
	{ "a link", MGREG_INVALID_ARGUMENT, false, { { "l", "/etc/passwd", .attributes = (uint32_t)0120777 << 16 } } },
	{ "a fifo", HARMLESS, false, { { "f", "", .attributes = (uint32_t)0010644 << 16 } } },
	{ "encrypted", ANY, false, { { "a", "0123456789abcdef", .flags = 1 } } },
	{ "another checksum", MGREG_DATA_LOSS, false, { { "a", "hello", .bad_crc = true } } },
	{ "another size", ANY, false, { { "a", "hello", .claims = 0x7fffffff } } },
	{ "a control character", MGREG_INVALID_ARGUMENT, false, { { "a\tb", "x" } } },
};

START_TEST(evil_zip)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	int rc;

	setup();
	zip_make(&bytes, zips[_i].entries, zips[_i].entries[1].name ? 2 : 1, zips[_i].cut);
	rc = spool(&bytes, bytes.len, &err);
	ck_assert_msg(as_wanted(rc, zips[_i].rc), "%s: %s (%s)", zips[_i].what, mgreg_code_name((mgreg_code)rc), err.text);
	for (size_t n = 0; n < bytes.len; n += 7)
		(void)spool(&bytes, n, &err);
	mg_str_clear(&bytes);
}
END_TEST

/* ---- what is no archive of ours -------------------------------------------------------------------- */

static const struct { const char *what, *bytes; size_t size; } others[] = {
	{ "nothing", "", 0 }, { "text", "#mtree\na type=file\n", 19 }, { "gzip of nothing", "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10 },
	{ "bzip2", "BZh91AY&SY\0\0\0\0\0\0", 16 }, { "xz", "\xfd" "7zXZ\0\0\4\0\0\0\0\0\0\0\0", 16 },
	{ "zstd", "\x28\xb5\x2f\xfd\x04\x58\xff\xff\xff\xff", 10 }, { "lz4", "\x04\x22\x4d\x18\x64\x40\xa7\xff\xff\xff\x7f", 11 },
	{ "7-Zip", "7z\xbc\xaf\x27\x1c\0\4\0\0\0\0\0\0\0\0", 16 }, { "RAR", "Rar!\x1a\7\0\0\0\0\0\0\0\0\0\0", 16 },
	{ "ar", "!<arch>\na/              0           0     0     644     1         `\nx\n", 70 },
	{ "cpio", "070707000001000001100644000000000000000001000000000000000000000000200000000001a\0x", 80 },
	{ "cab", "MSCF\0\0\0\0\x2c\0\0\0\0\0\0\0", 16 },
};

START_TEST(no_archive)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;

	setup();
	mg_str_append(&bytes, others[_i].bytes, others[_i].size);
	ck_assert_msg(spool(&bytes, bytes.len, &err) != 0 || others[_i].size == 0, "%s was read", others[_i].what);
	mg_str_clear(&bytes);
}
END_TEST

/* ---- too much ------------------------------------------------------------------------------------------ */

START_TEST(two_filters)
{
	mg_str tar = MG_STR_INIT, once = MG_STR_INIT, twice = MG_STR_INIT;
	tar_entry e = { "a", '0', NULL, "hello" };
	mgreg_error err;

	setup();
	tar_add(&tar, &e);
	tar_end(&tar);
	gzip_make(&once, tar.ptr, tar.len);
	gzip_make(&twice, once.ptr, once.len);
	ck_assert_ok(spool(&tar, tar.len, &err), &err);
	ck_assert_ok(spool(&once, once.len, &err), &err);
	ck_assert_fails(spool(&twice, twice.len, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_str_clear(&tar);
	mg_str_clear(&once);
	mg_str_clear(&twice);
}
END_TEST

START_TEST(too_many_entries)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	char name[16];

	setup();
	for (int i = 0; i < 10001; i++) {
		tar_entry e = { name, '5' };

		snprintf(name, sizeof(name), "d%d/", i % 50);
		tar_add(&bytes, &e);
	}
	tar_end(&bytes);
	ck_assert_fails(spool(&bytes, bytes.len, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	mg_str_clear(&bytes);
}
END_TEST

/* 300 MiB of zeros in a few KiB: refused early, in far less than two seconds. */
START_TEST(bomb)
{
	const char *path = mg_test_path(mg_test_tempdir(), "bomb.tar.zst");
	enum { PORTION = 1 << 20, PORTIONS = 300 };
	char *zeros = mg_calloc(1, PORTION);
	mg_pack_writer *w;
	mgreg_error err = { 0 };
	mg_str bytes = MG_STR_INIT;
	clock_t begin;

	setup();
	ck_assert_ok(mg_pack_create(&w, path, true, &err), &err);
	ck_assert_ok(mg_pack_add(w, "zeros", (int64_t)PORTION * PORTIONS, 0, &err), &err);
	for (int i = 0; i < PORTIONS; i++)
		ck_assert_ok(mg_pack_put(w, zeros, PORTION, &err), &err);
	ck_assert_ok(mg_pack_finish(w, &err), &err);
	mg_pack_writer_free(w);
	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	ck_assert_uint_lt(bytes.len, 307200);
	begin = clock();
	ck_assert_fails(spool(&bytes, bytes.len, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	ck_assert_int_lt((clock() - begin) / CLOCKS_PER_SEC, 2);
	mg_str_clear(&bytes);
	mg_free(zeros);
}
END_TEST

/* Modes, owners and litter of good archives. */
START_TEST(masks)
{
	mg_str bytes = MG_STR_INIT;
	tar_entry entries[] = {
		{ "./", '5' }, { "./sub/", '5', .mode = 07777 }, { "./sub/run", '0', NULL, "x", .mode = 04777 },
		{ "._sub", '0', NULL, "litter" }, { "__MACOSX/sub/._run", '0', NULL, "litter" },
	};
	mgreg_error err = { 0 };
	char *dir = NULL;
	int lock;
	const char *archive = mg_test_path(mg_test_tempdir(), "good.tar");

	setup();
	for (size_t i = 0; i < MG_COUNT(entries); i++)
		tar_add(&bytes, &entries[i]);
	tar_end(&bytes);
	ck_assert_ok(spool(&bytes, bytes.len, &err), &err);
	ck_assert_ok(mg_file_write(archive, bytes.ptr, bytes.len, &err), &err);
	ck_assert(mg_pack_is_archive(archive));
	ck_assert_ok(mg_spool_make(&dir, &lock, &err), &err);
	ck_assert_ok(mg_spool_fill(dir, archive, &err), &err);
	ck_assert_uint_eq(count_names(dir), 1);
	ck_assert(mg_file_exists(mg_test_path(dir, "sub/run")));
	mg_spool_remove(dir, lock);
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_evil(void)
{
	TCase *t;
	Suite *s = mg_suite("evil", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, evil_tar, 0, MG_COUNT(tars));
	tcase_add_loop_test(t, evil_zip, 0, MG_COUNT(zips));
	tcase_add_loop_test(t, no_archive, 0, MG_COUNT(others));
	tcase_add_test(t, two_filters);
	tcase_add_test(t, too_many_entries);
	tcase_add_test(t, bomb);
	tcase_add_test(t, masks);
	return s;
}
