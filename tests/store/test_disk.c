/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_disk.c - a disk that fails: the n-th write, sync or truncation, for every n, once or from then on.
 *
 * What must hold: whoever was told "saved" finds the version, whoever was told "not saved" does not, the store is whole.
 */
#include "store_test.h"
#include <sqlite3.h>

static struct {
	long at, seen;          /* the operation that fails; 0: none */
	bool sticky;
	int  with;              /* SQLite's code */
} plan;

static bool
fails(void)
{
	if (!plan.at)
		return false;
	plan.seen++;
	return plan.sticky ? plan.seen >= plan.at : plan.seen == plan.at;
}

typedef struct shim { sqlite3_file base; sqlite3_file *real; } shim;
#define REAL(f) (((shim *)(f))->real)
#define PASS(f, call) (REAL(f)->pMethods->call)

static int f_close(sqlite3_file *f) { return PASS(f, xClose)(REAL(f)); }
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return PASS(f, xRead)(REAL(f), p, n, at); }
static int f_size(sqlite3_file *f, sqlite3_int64 *n) { return PASS(f, xFileSize)(REAL(f), n); }
static int f_lock(sqlite3_file *f, int l) { return PASS(f, xLock)(REAL(f), l); }
static int f_unlock(sqlite3_file *f, int l) { return PASS(f, xUnlock)(REAL(f), l); }
static int f_reserved(sqlite3_file *f, int *r) { return PASS(f, xCheckReservedLock)(REAL(f), r); }
static int f_control(sqlite3_file *f, int op, void *arg) { return PASS(f, xFileControl)(REAL(f), op, arg); }
static int f_sector(sqlite3_file *f) { return PASS(f, xSectorSize)(REAL(f)); }
static int f_device(sqlite3_file *f) { return PASS(f, xDeviceCharacteristics)(REAL(f)); }
static int f_map(sqlite3_file *f, int r, int n, int x, void volatile **p) { return PASS(f, xShmMap)(REAL(f), r, n, x, p); }
static int f_shmlock(sqlite3_file *f, int o, int n, int l) { return PASS(f, xShmLock)(REAL(f), o, n, l); }
static void f_barrier(sqlite3_file *f) { PASS(f, xShmBarrier)(REAL(f)); }
static int f_unmap(sqlite3_file *f, int d) { return PASS(f, xShmUnmap)(REAL(f), d); }
static int f_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **p) { return PASS(f, xFetch)(REAL(f), at, n, p); }
static int f_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p) { return PASS(f, xUnfetch)(REAL(f), at, p); }

static int
f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return fails() ? plan.with : PASS(f, xWrite)(REAL(f), p, n, at);
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return fails() ? SQLITE_IOERR_TRUNCATE : PASS(f, xTruncate)(REAL(f), n);
}

/* The bytes may well have reached the disk. */
static int
f_sync(sqlite3_file *f, int flags)
{
	int rc = PASS(f, xSync)(REAL(f), flags);

	return fails() ? SQLITE_IOERR_FSYNC : rc;
}

static const sqlite3_io_methods methods = { 3, f_close, f_read, f_write, f_truncate, f_sync, f_size, f_lock, f_unlock, f_reserved,
	f_control, f_sector, f_device, f_map, f_shmlock, f_barrier, f_unmap, f_fetch, f_unfetch };

static sqlite3_vfs *below, above;

static int
v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	shim *s = (shim *)f;
	int rc;

	(void)v;
	s->real = (sqlite3_file *)(s + 1);
	rc = below->xOpen(below, name, s->real, flags, out);
	s->base.pMethods = s->real->pMethods ? &methods : NULL;
	return rc;
}

static void
install(void)
{
	below = sqlite3_vfs_find(NULL);
	above = *below;
	above.zName = "failing";
	above.szOsFile = (int)sizeof(shim) + below->szOsFile;
	above.xOpen = v_open;
	sqlite3_vfs_register(&above, 1);
	memset(&plan, 0, sizeof plan);
}

static void
remove_it(void)
{
	sqlite3_vfs_unregister(&above);
}

static const struct { int with; bool sticky; const char *journal; } kinds[] = {
	{ SQLITE_IOERR_WRITE, false, "wal" }, { SQLITE_FULL, false, "wal" }, { SQLITE_IOERR_WRITE, true, "wal" },
	{ SQLITE_FULL, true, "wal" }, { SQLITE_IOERR_WRITE, false, "rollback" }, { SQLITE_FULL, true, "rollback" },
};

START_TEST(every_operation)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	int refused = 0;
	char path[1200];
	bool hit = true;

	install();
	o.timeout = 0.2;
	o.journal = kinds[_i].journal;
	for (long n = 1; hit; n++) {
		mg_store *s = NULL;
		mgreg_error err = { 0 };
		mg_version_info first, second, v;
		bool is_there;
		int rc;

		ck_assert_int_lt(n, 2000);
		snprintf(path, sizeof path, "%s/disk%d-%ld.mgreg", mg_test_tempdir(), _i, n);
		plan.at = 0;
		ck_assert_ok(mg_store_create(&s, path, &o, &err), &err);
		first = save(s, (save_spec){ .step = 1, .value = "first value" });
		plan = (typeof(plan)){ .at = n, .sticky = kinds[_i].sticky, .with = kinds[_i].with };
		rc = try_save(s, (save_spec){ .step = 2, .value = "second value" }, &second, NULL, &err);
		hit = plan.seen >= plan.at;
		mg_store_close(s);
		hit |= plan.seen >= plan.at;
		plan.at = 0;
		s = NULL;
		ck_assert_ok(mg_store_open(&s, path, &o, &err), &err);
		is_there = mg_ref_resolve(s, "m@2", &v, &err) == 0;
		ck_assert_msg(rc != 0 || is_there, "operation %ld: told saved, and it is lost", n);
		refused += rc != 0;
		ck_assert_ok(mg_ref_resolve(s, "m@1", &v, &err), &err);
		ck_assert_int_eq(v.id, first.id);
		ck_assert_int_eq(problems(s, false), 0);
		/* and the store goes on */
		save(s, (save_spec){ .step = 3, .value = "third value" });
		mg_store_close(s);
	}
	ck_assert_int_gt(refused, 0);
	remove_it();
}
END_TEST

/* A commit that fails may be on disk all the same: the store is asked, and both answers are the truth. */
START_TEST(what_was_told_is_true)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	char path[1200];
	bool hit = true;

	install();
	for (long n = 1; hit; n++) {
		mg_store *s = NULL;
		mgreg_error err = { 0 };
		mg_version_info v, other;
		bool is_there;
		int rc;

		snprintf(path, sizeof path, "%s/sync%d-%ld.mgreg", mg_test_tempdir(), _i, n);
		plan.at = 0;
		o.journal = _i ? "rollback" : "wal";
		ck_assert_ok(mg_store_create(&s, path, &o, &err), &err);
		plan = (typeof(plan)){ .at = n, .with = SQLITE_IOERR_WRITE };
		rc = try_save(s, (save_spec){ .step = 2, .value = "a value" }, &v, NULL, &err);
		hit = plan.seen >= plan.at;
		plan.at = 0;
		mg_store_close(s);
		s = NULL;
		ck_assert_ok(mg_store_open(&s, path, NULL, &err), &err);
		is_there = mg_ref_resolve(s, "m@2", &other, &err) == 0;
		ck_assert_msg((rc == 0) == is_there, "operation %ld: told %d, there %d", n, rc, is_there);
		mg_store_close(s);
	}
	remove_it();
}
END_TEST

Suite *
test_disk(void)
{
	TCase *t;
	Suite *s = mg_suite("disk", &t);

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, every_operation, 0, MG_COUNT(kinds));
	tcase_add_loop_test(t, what_was_told_is_true, 0, 2);
	return s;
}
