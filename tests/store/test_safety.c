/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_safety.c - what is left when things end in the middle: power cuts, kills, failing disks, short memory.
 *
 * A shim below SQLite counts and records what reaches the disk.  Out of the record, images are made of what a disk may hold
 * after a power cut at any operation: nothing that was not synced, all of it, some of it, writes torn at 512 bytes.  Each image
 * must open, be whole, and have every version that somebody was told is saved.  A disk that lies about syncs is the control:
 * with it the same test must find losses.
 *
 * MGREG_SAFETY=all takes every operation; otherwise a sample.
 */
#include "store_test.h"
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"

/* ---- the shim ------------------------------------------------------------------------------------------------ */

enum op { OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_DELETE, OP_TOLD };
typedef struct event {
	enum op  op;
	int      file;
	int64_t  at, size;
	uint8_t *data;
} event;

static struct {
	bool     recording, lying;      /* lying: syncs are not what they say */
	MG_VEC(event) events;
	char     names[16][1200];
	int      name_count;
	long     kill_at, fail_at, seen;
	int      fail_with;
	bool     sticky;
} disk;

typedef struct shim { sqlite3_file base; sqlite3_file *real; int file; } shim;
#define REAL(f) (((shim *)(f))->real)
#define PASS(f, call) (REAL(f)->pMethods->call)

static void
record(enum op op, int file, int64_t at, const void *data, int64_t size)
{
	event e = { op, file, at, size, NULL };

	if (!disk.recording || (op == OP_SYNC && disk.lying))
		return;
	if (data && size > 0)
		e.data = mg_memdup(data, (size_t)size);
	ck_assert(mg_vec_push(&disk.events, e));
}

/* Every operation that changes the disk comes by here. */
static bool
step(void)
{
	disk.seen++;
	if (disk.kill_at && disk.seen == disk.kill_at)
		raise(SIGKILL);
	return disk.fail_at && (disk.sticky ? disk.seen >= disk.fail_at : disk.seen == disk.fail_at);
}

static int f_close(sqlite3_file *f) { return PASS(f, xClose)(REAL(f)); }
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return PASS(f, xRead)(REAL(f), p, n, at); }
static int f_size(sqlite3_file *f, sqlite3_int64 *n) { return PASS(f, xFileSize)(REAL(f), n); }
static int f_lock(sqlite3_file *f, int l) { return PASS(f, xLock)(REAL(f), l); }
static int f_unlock(sqlite3_file *f, int l) { return PASS(f, xUnlock)(REAL(f), l); }
static int f_reserved(sqlite3_file *f, int *r) { return PASS(f, xCheckReservedLock)(REAL(f), r); }
static int f_control(sqlite3_file *f, int op, void *arg) { return PASS(f, xFileControl)(REAL(f), op, arg); }
static int f_sector(sqlite3_file *f) { (void)f; return 512; }
static int f_device(sqlite3_file *f) { (void)f; return 0; }     /* the worst of disks */
static int f_map(sqlite3_file *f, int r, int n, int x, void volatile **p) { return PASS(f, xShmMap)(REAL(f), r, n, x, p); }
static int f_shmlock(sqlite3_file *f, int o, int n, int l) { return PASS(f, xShmLock)(REAL(f), o, n, l); }
static void f_barrier(sqlite3_file *f) { PASS(f, xShmBarrier)(REAL(f)); }
static int f_unmap(sqlite3_file *f, int d) { return PASS(f, xShmUnmap)(REAL(f), d); }
static int f_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **p) { (void)f; (void)at; (void)n; *p = NULL; return SQLITE_OK; }
static int f_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p) { (void)f; (void)at; (void)p; return SQLITE_OK; }

static int
f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (step())
		return disk.fail_with;
	record(OP_WRITE, ((shim *)f)->file, at, p, n);
	return PASS(f, xWrite)(REAL(f), p, n, at);
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	if (step())
		return SQLITE_IOERR_TRUNCATE;
	record(OP_TRUNCATE, ((shim *)f)->file, n, NULL, 0);
	return PASS(f, xTruncate)(REAL(f), n);
}

static int
f_sync(sqlite3_file *f, int flags)
{
	bool fails = step();
	int rc = PASS(f, xSync)(REAL(f), flags);

	record(OP_SYNC, ((shim *)f)->file, 0, NULL, 0);
	return fails ? SQLITE_IOERR_FSYNC : rc;
}

static const sqlite3_io_methods methods = { 3, f_close, f_read, f_write, f_truncate, f_sync, f_size, f_lock, f_unlock, f_reserved,
	f_control, f_sector, f_device, f_map, f_shmlock, f_barrier, f_unmap, f_fetch, f_unfetch };

static sqlite3_vfs *below, above;

static int
number_of(const char *name)
{
	for (int i = 0; i < disk.name_count; i++)
		if (!strcmp(disk.names[i], name))
			return i;
	if (disk.name_count == 16)
		return 15;
	snprintf(disk.names[disk.name_count], sizeof disk.names[0], "%s", name);
	return disk.name_count++;
}

static int
v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	shim *s = (shim *)f;
	int rc;

	(void)v;
	s->real = (sqlite3_file *)(s + 1);
	rc = below->xOpen(below, name, s->real, flags, out);
	s->base.pMethods = s->real->pMethods ? &methods : NULL;
	s->file = number_of(name ? name : "temporary");
	return rc;
}

static int
v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	(void)v;
	if (step())
		return SQLITE_IOERR_DELETE;
	record(OP_DELETE, number_of(name), 0, NULL, 0);
	return below->xDelete(below, name, sync_dir);
}

static void
install(void)
{
	memset(&disk, 0, sizeof disk);
	below = sqlite3_vfs_find(NULL);
	above = *below;
	above.zName = "watched";
	above.szOsFile = (int)sizeof(shim) + below->szOsFile;
	above.xOpen = v_open;
	above.xDelete = v_delete;
	sqlite3_vfs_register(&above, 1);
}

static void
uninstall(void)
{
	sqlite3_vfs_unregister(&above);
	for (size_t i = 0; i < disk.events.len; i++)
		mg_free(disk.events.at[i].data);
	mg_vec_clear(&disk.events);
}

static bool
everything(void)
{
	const char *how = getenv("MGREG_SAFETY");

	return how && !strcmp(how, "all");
}

/* ---- what is done meanwhile ------------------------------------------------------------------------------------- */

enum { BIG = 1700000 };

/* A version of BIG bytes that resemble those of the version before. */
static int
save_big(mg_store *s, int step_no, mgreg_error *err)
{
	float *p = mg_alloc(BIG);
	mg_new_tensor t = { .name = "w", .dtype = "float32", .shape = "[425000]", .elements = BIG / 4 };
	mg_new_version v = { .model = "big", .has_step = true, .step = step_no, .kind = "weights", .tensors = &t, .tensor_count = 1 };
	mg_save *sv = NULL;
	mg_blob *blob;
	uint32_t seed = 5;
	int rc;

	if (!p)
		return mg_fail_nomem(err, BIG);
	for (size_t i = 0; i < BIG / 4; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (float)((int32_t)seed) * 0x1p-31f + (float)step_no * 1e-5f * (float)(seed >> 12 & 63);
	}
	MG_TRY(mg_save_begin(&sv, s, err));
	MG_TRY(mg_blob_put_value(sv, p, BIG, 4, 0, NULL, NULL, &blob, err));
	t.blob = blob;
	MG_TRY(mg_version_publish(sv, &v, NULL, NULL, err));
out:
	mg_save_free(sv);
	mg_free(p);
	return rc;
}

static int *told;               /* versions acknowledged so far; shared with a child */

/* Saves, a deletion, a compaction, a save again: what TOLD counts must be there afterwards. */
static int
story(mg_store *s, mgreg_error *err)
{
	mg_gc_result r;
	int rc = 0;

	for (int i = 1; i <= 3 && rc == 0; i++) {
		if ((rc = save_big(s, i, err)) == 0) {
			*told = i;
			record(OP_TOLD, 0, i, NULL, 0);
		}
	}
	if (rc == 0)
		rc = mg_store_gc(s, &(mg_gc_options){ .compact = true }, &r, err);
	if (rc == 0 && (rc = save_big(s, 4, err)) == 0) {
		*told = 4;
		record(OP_TOLD, 0, 4, NULL, 0);
	}
	return rc;
}

/* NULL if the store at PATH is whole and has versions 1 to N; else what is wrong. */
static const char *
look(const char *path, int n)
{
	static char text[700];
	mg_store *s = NULL;
	mgreg_error err = { 0 };
	mg_version_info v;
	int64_t bad = 0;
	char ref[40];

	if (mg_store_open(&s, path, NULL, &err) != 0) {
		snprintf(text, sizeof text, "does not open: %.500s", err.text);
		return text;
	}
	*text = '\0';
	for (int i = 1; i <= n && !*text; i++) {
		snprintf(ref, sizeof ref, "big@%d", i);
		if (mg_ref_resolve(s, ref, &v, &err) != 0)
			snprintf(text, sizeof text, "version %d was acknowledged and is lost", i);
	}
	if (!*text && (mg_store_fsck(s, NULL, NULL, NULL, &bad, &err) != 0 || bad))
		snprintf(text, sizeof text, "%lld problems", (long long)bad);
	mg_store_close(s);
	return *text ? text : NULL;
}

static void
remove_store(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };
	char name[1400];

	for (size_t i = 0; i < MG_COUNT(tails); i++) {
		snprintf(name, sizeof name, "%s%s", path, tails[i]);
		unlink(name);
	}
}

/* ---- power ---------------------------------------------------------------------------------------------------------- */

typedef struct image { uint8_t *at; size_t size, cap; bool exists; } image;

static void
image_apply(image *m, const event *e, size_t from, size_t to)
{
	size_t end = (size_t)e->at + to;

	if (e->op == OP_TRUNCATE) {
		m->size = MG_MIN(m->size, (size_t)e->at);
		return;
	}
	if (end > m->cap) {
		m->at = mg_resize(m->at, end + end / 2, 1);
		ck_assert_ptr_nonnull(m->at);
		m->cap = end + end / 2;
	}
	if (end > m->size) {
		memset(m->at + m->size, 0, end - m->size);
		m->size = end;
	}
	memcpy(m->at + e->at + from, e->data + from, to - from);
	m->exists = true;
}

static uint32_t
dice(uint32_t *seed)
{
	return (*seed = *seed * 1664525u + 1013904223u) >> 8;
}

enum { KEEP_NONE, KEEP_ALL, KEEP_SOME, TEAR, VARIANTS };

/* Writes that were not synced, as VARIANT has them. */
static void
image_pending(image *m, const event *e, int variant, uint32_t *seed)
{
	if (variant == KEEP_NONE || (variant == KEEP_SOME && dice(seed) % 2))
		return;
	if (variant != TEAR || e->op == OP_TRUNCATE) {
		image_apply(m, e, 0, (size_t)e->size);
		return;
	}
	for (size_t at = 0; at < (size_t)e->size; at += 512)
		if (dice(seed) % 2)
			image_apply(m, e, at, MG_MIN(at + 512, (size_t)e->size));
}

/* The disk after a cut before event K, written to PATH and its like; returns how many versions had been acknowledged. */
static int
make_image(const char *original, const char *path, size_t k, int variant, uint32_t seed)
{
	static const char *const tails[] = { "", "-wal", "-journal" };
	char name[1400];
	int acknowledged = 0;

	for (size_t i = 0; i < k; i++)
		if (disk.events.at[i].op == OP_TOLD)
			acknowledged = (int)disk.events.at[i].at;
	for (size_t t = 0; t < MG_COUNT(tails); t++) {
		image m = { 0 };
		size_t synced = 0;
		int file;
		mgreg_error err = { 0 };

		snprintf(name, sizeof name, "%s%s", original, tails[t]);
		for (file = 0; file < disk.name_count && strcmp(disk.names[file], name); file++)
			;
		snprintf(name, sizeof name, "%s%s", path, tails[t]);
		unlink(name);
		for (size_t i = 0; i < k; i++)
			if (disk.events.at[i].file == file && (disk.events.at[i].op == OP_SYNC || disk.events.at[i].op == OP_DELETE))
				synced = i;
		for (size_t i = 0; i < k && file < disk.name_count; i++) {
			const event *e = &disk.events.at[i];

			if (e->file != file || e->op == OP_SYNC || e->op == OP_TOLD)
				continue;
			if (e->op == OP_DELETE) {
				m.size = 0;
				m.exists = false;
			} else if (i < synced) {
				image_apply(&m, e, 0, (size_t)e->size);
			} else {
				image_pending(&m, e, variant, &seed);
			}
		}
		if (m.exists)
			ck_assert_ok(mg_file_write(name, m.at ? m.at : (uint8_t *)"", m.size, &err), &err);
		mg_free(m.at);
	}
	return acknowledged;
}

static const struct { const char *journal; bool lying; } powers[] = { { "wal", false }, { "rollback", false }, { "wal", true }, { "rollback", true } };

START_TEST(power)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	char path[1100], copy[1100];
	mgreg_error err = { 0 };
	mg_store *s = NULL;
	int mark = 0, bad = 0, tried = 0;
	size_t stride;
	const char *why = NULL;

	told = &mark;
	install();
	disk.recording = true;
	snprintf(path, sizeof path, "%s/power%d.mgreg", mg_test_tempdir(), _i);
	snprintf(copy, sizeof copy, "%s/image%d.mgreg", mg_test_tempdir(), _i);
	o.journal = powers[_i].journal;
	/* the store is made, whole and synced, before the story begins */
	ck_assert_ok(mg_store_create(&s, path, &o, &err), &err);
	mg_store_close(s);
	for (size_t i = 0; i < disk.events.len; i++)
		mg_free(disk.events.at[i].data);
	disk.events.len = 0;
	{
		mg_str bytes = MG_STR_INIT;
		int file;

		ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
		file = number_of(path);
		record(OP_WRITE, file, 0, bytes.ptr, (int64_t)bytes.len);
		disk.lying = false;
		record(OP_SYNC, file, 0, NULL, 0);
		mg_str_clear(&bytes);
	}
	disk.lying = powers[_i].lying;
	ck_assert_ok(mg_store_open(&s, path, NULL, &err), &err);
	ck_assert_ok(story(s, &err), &err);
	mg_store_close(s);
	ck_assert_int_eq(mark, 4);
	disk.recording = false;
	stride = everything() ? 1 : MG_MAX(disk.events.len / (powers[_i].lying ? 12 : 16), (size_t)1);
	for (size_t k = 2; k <= disk.events.len && (everything() || !powers[_i].lying || bad == 0); k += stride)
		for (int variant = 0; variant < VARIANTS; variant++) {
			int n = make_image(path, copy, k, variant, (uint32_t)(k * 4 + (size_t)variant));
			const char *wrong = look(copy, n);

			tried++;
			if (wrong && !powers[_i].lying)
				ck_abort_msg("%s, cut at operation %zu of %zu, variant %d: %s", o.journal, k, disk.events.len, variant, wrong);
			bad += wrong != NULL;
			remove_store(copy);
		}
	(void)why;
	if (powers[_i].lying)
		ck_assert_msg(bad > 0, "a disk that lies about syncs must be found out");
	fprintf(stderr, "# power, %s%s: %d images of %zu operations, %d bad\n", o.journal, powers[_i].lying ? ", lying disk" : "", tried,
		disk.events.len, bad);
	uninstall();
}
END_TEST

/* ---- kills ------------------------------------------------------------------------------------------------------------ */

static const struct { const char *journal, *placement; } places[] = { { "wal", "inline" }, { "rollback", "inline" }, { "wal", "segments" } };

static void
new_store_at(const char *path, const char *journal, const char *placement)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	mgreg_error err = { 0 };
	mg_store *s = NULL;

	o.journal = journal;
	o.placement = placement;
	ck_assert_ok(mg_store_create(&s, path, &o, &err), &err);
	mg_store_close(s);
}

/* A child tells the story and dies at operation AT, or after USEC; true if it lived to the end. */
static bool
tell_and_die(const char *path, long at, unsigned usec)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		mgreg_error err = { 0 };
		mg_store *s = NULL;

		install();
		disk.kill_at = at;
		if (mg_store_open(&s, path, NULL, &err) != 0 || story(s, &err) != 0)
			_exit(3);
		mg_store_close(s);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	if (usec) {
		usleep(usec);
		kill(pid, SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "the child failed");
	return WIFEXITED(status);
}

START_TEST(kills)
{
	char path[1100];
	bool lived = false, by_time;
	long tried = 0, step_by = everything() ? 1 : 71;

	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(told, MAP_FAILED);
	for (long n = 1; !lived; n += step_by) {
		mgreg_error err = { 0 };
		mg_gc_result r;
		mg_store *s = NULL;
		const char *wrong;

		snprintf(path, sizeof path, "%s/kill%d-%ld.mgreg", mg_test_tempdir(), _i, n);
		new_store_at(path, places[_i].journal, places[_i].placement);
		*told = 0;
		/* the first kills are at operations; segments are written past the shim, so that times are tried too */
		by_time = _i == 2 && tried % 2;
		lived = tell_and_die(path, by_time ? 0 : n, by_time ? (unsigned)(n * 800) : 0);
		lived = lived && !by_time;      /* one that was quicker than its time says nothing of the operations to come */
		wrong = look(path, *told);
		ck_assert_msg(!wrong, "killed at %ld, %d acknowledged: %s", n, *told, wrong);
		/* what was left behind can be cleared, and the story told to its end */
		ck_assert_ok(mg_store_open(&s, path, NULL, &err), &err);
		ck_assert_ok(mg_store_gc(s, &(mg_gc_options){ 0 }, &r, &err), &err);
		ck_assert_int_eq(sql_one(s, "SELECT (SELECT count(*) FROM mg_save) + (SELECT count(*) FROM mg_claim)"
			" + (SELECT count(*) FROM mg_segment WHERE state <> 'sealed')"), 0);
		ck_assert_int_eq(problems(s, false), 0);
		ck_assert_ok(save_big(s, 9, &err), &err);
		mg_store_close(s);
		remove_store(path);
		if (++tried > 4000)
			break;
	}
	ck_assert_int_gt(tried, 3);
	fprintf(stderr, "# kills, %s, %s: %ld\n", places[_i].journal, places[_i].placement, tried);
	munmap(told, sizeof *told);
}
END_TEST

/* ---- failing disks and short memory ------------------------------------------------------------------------------------ */

static const struct { const char *journal; int with; bool sticky; } failures[] = {
	{ "wal", SQLITE_IOERR_WRITE, false }, { "wal", SQLITE_FULL, true }, { "rollback", SQLITE_FULL, false }, { "rollback", SQLITE_IOERR_WRITE, true },
};

START_TEST(failing)
{
	long n = 1, tried = 0, step_by = everything() ? 1 : 67;
	int mark = 0;
	bool hit = true;

	told = &mark;
	for (; hit; n += step_by, tried++) {
		char path[1100];
		mgreg_error err = { 0 };
		mg_store *s = NULL;
		const char *wrong;
		int rc;

		snprintf(path, sizeof path, "%s/fail%d-%ld.mgreg", mg_test_tempdir(), _i, n);
		new_store_at(path, failures[_i].journal, "inline");
		mark = 0;
		install();
		disk.fail_at = n;
		disk.fail_with = failures[_i].with;
		disk.sticky = failures[_i].sticky;
		rc = mg_store_open(&s, path, NULL, &err);
		if (rc == 0)
			rc = story(s, &err);
		hit = disk.seen >= disk.fail_at;
		mg_store_close(s);
		disk.fail_at = 0;
		uninstall();
		ck_assert_msg(rc == 0 || err.text[0], "operation %ld: an error without words", n);
		wrong = look(path, mark);
		ck_assert_msg(!wrong, "operation %ld failed (%s), %d acknowledged: %s", n, err.text, mark, wrong);
		remove_store(path);
	}
	fprintf(stderr, "# failing, %s: %ld operations\n", failures[_i].journal, tried);
}
END_TEST

/* Every allocation fails once: an error, no leak, a store that is whole. */
START_TEST(memory)
{
	char path[1100];
	int mark = 0;
	long tried = 0, step_by = everything() ? 1 : 11;
	mgreg_error err = { 0 };
	uint64_t live;
	int rc = -1;

	told = &mark;
	for (uint64_t n = 1; rc != 0 && tried < 20000; n += (uint64_t)step_by, tried++) {
		mg_store *s = NULL;
		const char *wrong;

		snprintf(path, sizeof path, "%s/memory%d-%ld.mgreg", mg_test_tempdir(), _i, tried);
		new_store_at(path, "wal", _i ? "segments" : "inline");
		mark = 0;
		live = mg_mem_live();
		mg_mem_fail_at(n, false);
		rc = mg_store_open(&s, path, NULL, &err);
		if (rc == 0)
			rc = story(s, &err);
		mg_store_close(s);
		mg_mem_fail_at(0, false);
		ck_assert_msg(mg_mem_live() == live, "allocation %llu: %lld blocks are lost", (unsigned long long)n, (long long)(mg_mem_live() - live));
		wrong = look(path, mark);
		ck_assert_msg(!wrong, "allocation %llu (%s), %d acknowledged: %s", (unsigned long long)n, err.text, mark, wrong);
		remove_store(path);
	}
	fprintf(stderr, "# memory: %ld allocations\n", tried);
}
END_TEST

Suite *
test_safety(void)
{
	TCase *t;
	Suite *s = mg_suite("safety", &t);

	tcase_set_timeout(t, everything() ? 7200 : 240);
	tcase_add_loop_test(t, power, 0, MG_COUNT(powers));
	tcase_add_loop_test(t, kills, 0, MG_COUNT(places));
	tcase_add_loop_test(t, failing, 0, MG_COUNT(failures));
	tcase_add_loop_test(t, memory, 0, 2);
	return s;
}
