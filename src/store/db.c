/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.c - the connection: opening with distrust, waiting for locks, and the only place that knows SQLite's codes.
 *
 * The order of opening: connection with triggers and views off -> limits -> application_id, user_version -> sqlite_schema
 * compared word for word -> triggers and views on -> authorizer.  The store's files are never opened by anything but
 * SQLite in this process: closing any descriptor of them would drop its locks.
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "store/store_internal.h"

/* SQLite's primary code -> ours.  What is not listed is INTERNAL. */
static const struct {
	int          sqlite;
	mgreg_code   code;
	mgreg_reason reason;
	const char  *text;              /* NULL: SQLite's own */
} codes[] = {
	{ SQLITE_BUSY, MGREG_UNAVAILABLE, MGREG_REASON_BUSY, "database is locked" },
	{ SQLITE_LOCKED, MGREG_UNAVAILABLE, MGREG_REASON_BUSY, "database is locked" },
	{ SQLITE_PROTOCOL, MGREG_UNAVAILABLE, MGREG_REASON_BUSY, "the file system's locks do not answer" },
	{ SQLITE_NOMEM, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_MEMORY, NULL },
	{ SQLITE_FULL, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_IO, "the disk is full" },
	{ SQLITE_IOERR, MGREG_UNKNOWN, MGREG_REASON_IO, NULL },
	{ SQLITE_CANTOPEN, MGREG_UNKNOWN, MGREG_REASON_IO, NULL },
	{ SQLITE_CORRUPT, MGREG_DATA_LOSS, MGREG_REASON_DAMAGED, NULL },
	{ SQLITE_NOTADB, MGREG_DATA_LOSS, MGREG_REASON_DAMAGED, "not a database" },
	{ SQLITE_CONSTRAINT, MGREG_FAILED_PRECONDITION, MGREG_REASON_REFUSED, NULL },
	{ SQLITE_READONLY, MGREG_FAILED_PRECONDITION, MGREG_REASON_REFUSED, "the store is read-only" },
	{ SQLITE_PERM, MGREG_PERMISSION_DENIED, MGREG_REASON_IO, NULL },
	{ SQLITE_AUTH, MGREG_PERMISSION_DENIED, MGREG_REASON_REFUSED, NULL },
	{ SQLITE_TOOBIG, MGREG_INVALID_ARGUMENT, MGREG_REASON_USAGE, NULL },
	{ SQLITE_RANGE, MGREG_INVALID_ARGUMENT, MGREG_REASON_USAGE, NULL },
	{ SQLITE_INTERRUPT, MGREG_CANCELLED, MGREG_REASON_FAILED, NULL },
};

int
mg_db_fail(mg_store *s, int sqlite_rc, mgreg_error *err, const char *fmt, ...)
{
	mgreg_code code = MGREG_INTERNAL;
	mgreg_reason reason = MGREG_REASON_FAILED;
	const char *text = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(sqlite_rc);
	char what[512];
	va_list args;

	for (size_t i = 0; i < MG_COUNT(codes); i++)
		if (codes[i].sqlite == (sqlite_rc & 0xff)) {
			code = codes[i].code;
			reason = codes[i].reason;
			if (codes[i].text)
				text = codes[i].text;
		}
	if (sqlite_rc == SQLITE_CONSTRAINT_UNIQUE || sqlite_rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		code = MGREG_ALREADY_EXISTS;
	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	if (*what)
		mg_fail_because(err, code, reason, "%s: %s", what, text);
	else
		mg_fail_because(err, code, reason, "%s", text);
	if (err)
		err->cause = sqlite_rc;
	return code;
}

int
mg_db_exec(mg_store *s, const char *sql, mgreg_error *err)
{
	bool was = s->internal;
	int rc;

	s->internal = true;
	rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	s->internal = was;
	return rc == SQLITE_OK ? 0 : mg_db_fail(s, rc, err, "%s", "");
}

static int
pragma(mg_store *s, const char *text, int64_t *number, mg_str *out, mgreg_error *err)
{
	sqlite3_stmt *st = NULL;
	bool was = s->internal;
	char sql[160];
	int rc;

	snprintf(sql, sizeof sql, "PRAGMA %s", text);
	s->internal = true;
	rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	s->internal = was;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		if (number)
			*number = sqlite3_column_int64(st, 0);
		if (out)
			mg_str_add(out, (const char *)sqlite3_column_text(st, 0));
	}
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = 0;
	else
		rc = mg_db_fail(s, rc, err, "%s", "");
	sqlite3_finalize(st);
	return rc;
}

int
mg_db_pragma_i64(mg_store *s, const char *text, int64_t *out, mgreg_error *err)
{
	*out = 0;
	return pragma(s, text, out, NULL, err);
}

int
mg_db_pragma_text(mg_store *s, const char *text, mg_str *out, mgreg_error *err)
{
	return pragma(s, text, NULL, out, err);
}

/* Waits 1 to 16 ms, at random: SQLite's own steps grow in lockstep and starve one of two writers. */
static int
on_busy(void *ctx, int count)
{
	mg_store *s = ctx;
	uint32_t dice = 0;
	struct timespec pause = { 0, 0 };

	if (count == 0)
		s->deadline = mg_monotonic() + s->timeout;
	if (mg_monotonic() >= s->deadline)
		return 0;
	sqlite3_randomness(sizeof dice, &dice);
	pause.tv_nsec = 1000000 + (long)(dice % (count < 4 ? 3000000u : 15000000u));
	nanosleep(&pause, NULL);
	return 1;
}

int
mg_db_vacuum(mg_store *s, mgreg_error *err)
{
	int rc;

	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 1);
	rc = mg_db_exec(s, "VACUUM", err);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	return rc;
}

/* ---- the write-ahead log ---------------------------------------------------------------------------- */

enum { CHECKPOINT_FROM = 16 << 20, CHECKPOINT_WAIT = 64 << 20 };       /* bytes of log */

static int
on_commit(void *ctx, sqlite3 *db, const char *name, int frames)
{
	mg_store *s = ctx;

	(void)db;
	(void)name;
	atomic_store(&s->wal_frames, frames);
	return SQLITE_OK;
}

/* A connection of its own: readers and the writer go on meanwhile. */
static void *
checkpoint_body(void *arg)
{
	mg_store *s = arg;
	sqlite3 *db = NULL;
	mg_str name = MG_STR_INIT;
	int in_log = 0, copied = 0;

	mg_str_printf(&name, "%s%s", s->path[0] == '/' ? "" : "./", s->path);
	if (!name.failed && sqlite3_open_v2(name.ptr, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 1000);
		if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied) == SQLITE_OK && in_log == copied)
			atomic_store(&s->wal_frames, 0);
	}
	sqlite3_close(db);
	mg_str_clear(&name);
	atomic_store(&s->checkpoint.running, false);
	return NULL;
}

void
mg_db_checkpoint_wait(mg_store *s)
{
	if (s->checkpoint.started)
		mg_thread_join(s->checkpoint.thread);
	s->checkpoint.started = false;
}

void
mg_db_checkpoint(mg_store *s)
{
	int64_t bytes = atomic_load(&s->wal_frames) * s->page_size;

	if (!s->wal || s->read_only || s->saves > 0 || s->txn_depth > 0 || bytes < CHECKPOINT_FROM)
		return;
	if (s->checkpoint.started && atomic_load(&s->checkpoint.running) && bytes < CHECKPOINT_WAIT)
		return;
	mg_db_checkpoint_wait(s);
	if (atomic_load(&s->wal_frames) * s->page_size < CHECKPOINT_FROM)
		return;
	atomic_store(&s->checkpoint.running, true);
	s->checkpoint.started = mg_thread_start(&s->checkpoint.thread, checkpoint_body, s, NULL) == 0;
	if (!s->checkpoint.started)
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* The log carries no locks, so a descriptor of it may come and go. */
void
mg_db_write_back(mg_store *s)
{
	mg_str name = MG_STR_INIT;

	if (!s->wal)
		return;
	if (s->wal_fd < 0) {
		mg_str_printf(&name, "%s-wal", s->path);
		if (!name.failed)
			s->wal_fd = open(name.ptr, O_RDONLY | O_CLOEXEC);
		mg_str_clear(&name);
	}
	if (s->wal_fd >= 0)
		(void)sync_file_range(s->wal_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

mg_crew *
mg_store_crew(mg_store *s)
{
	if (!s->crew_tried && mg_cpu_count() > 1)
		s->crew = mg_crew_new(MG_MIN(mg_cpu_count() - 1, 7));
	s->crew_tried = true;
	return s->crew;
}

int
mg_db_commit(mg_store *s, mgreg_error *err)
{
	double deadline = mg_monotonic() + s->timeout;
	int rc;

	while ((rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL)) == SQLITE_BUSY && mg_monotonic() < deadline)
		on_busy(s, 1);
	if (rc == SQLITE_OK)
		return 0;
	rc = mg_db_fail(s, rc, err, "%s", "");
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

bool
mg_db_commit_is_undecided(const mgreg_error *err)
{
	return (err->cause & 0xff) == SQLITE_IOERR;
}

/* Pragmas that only tell, or that are harmless; anything else is ours alone. */
static int
authorize(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
	static const char *const allowed[] = { "table_info", "table_xinfo", "table_list", "index_list", "index_info",
		"index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "user_version",
		"application_id", "page_count", "page_size", "freelist_count", "journal_mode", "compile_options",
		"database_list", "data_version", "schema_version", "function_list", "collation_list", "encoding",
		"auto_vacuum", "incremental_vacuum", "wal_checkpoint", "optimize", "analysis_limit" };
	mg_store *s = ctx;

	(void)c;
	(void)d;
	if (action == SQLITE_ATTACH || action == SQLITE_DETACH)         /* a full vacuum attaches the new file */
		return s->internal ? SQLITE_OK : SQLITE_DENY;
	if (action == SQLITE_FUNCTION && b && !sqlite3_stricmp(b, "load_extension"))
		return SQLITE_DENY;
	if (action != SQLITE_PRAGMA || s->internal)
		return SQLITE_OK;
	for (size_t i = 0; i < MG_COUNT(allowed); i++)
		if (!sqlite3_stricmp(a, allowed[i]))
			return b && (!strcmp(allowed[i], "journal_mode") || !strcmp(allowed[i], "user_version")
				|| !strcmp(allowed[i], "application_id") || !strcmp(allowed[i], "schema_version")) ? SQLITE_DENY : SQLITE_OK;
	return SQLITE_DENY;
}

/* Numbers that no honest store reaches. */
static void
lower_limits(mg_store *s)
{
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 512 << 20);
	sqlite3_limit(s->db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
	sqlite3_limit(s->db, SQLITE_LIMIT_COLUMN, 200);
	sqlite3_limit(s->db, SQLITE_LIMIT_EXPR_DEPTH, 200);
	sqlite3_limit(s->db, SQLITE_LIMIT_COMPOUND_SELECT, 50);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(s->db, SQLITE_LIMIT_TRIGGER_DEPTH, 20);
	sqlite3_limit(s->db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_limit(s->db, SQLITE_LIMIT_VDBE_OP, 250000);
}

/* "file:" URI with immutable=1: for a store in a folder where nobody can write, where WAL cannot make its index. */
static int
immutable_uri(const char *path, mg_str *out, mgreg_error *err)
{
	mg_str_add(out, "file:");
	for (const char *p = path; *p; p++) {
		if (*p == '?' || *p == '#' || *p == '%')
			mg_str_printf(out, "%%%02x", (unsigned char)*p);
		else
			mg_str_addc(out, *p);
	}
	mg_str_add(out, "?immutable=1");
	return mg_str_check(out, err);
}

static bool
has_wal(const char *path)
{
	mg_str name = MG_STR_INIT;
	struct stat st;
	bool yes;

	mg_str_printf(&name, "%s-wal", path);
	yes = stat(name.ptr, &st) == 0 && st.st_size > 0;
	mg_str_clear(&name);
	return yes;
}

static bool
folder_is_read_only(const char *path)
{
	char *dir = mg_path_dirname(path);
	bool yes = dir && access(*dir ? dir : ".", W_OK) != 0;

	mg_free(dir);
	return yes;
}

static int
connect(mg_store *s, bool create, mgreg_error *err)
{
	int flags = (s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | (create ? SQLITE_OPEN_CREATE : 0)
		| SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_FULLMUTEX;
	mg_str name = MG_STR_INIT;
	int rc, off = 0;

	s->immutable = s->read_only && !create && folder_is_read_only(s->path) && !has_wal(s->path);
	if (s->immutable) {
		MG_TRY(immutable_uri(s->path, &name, err));
		flags |= SQLITE_OPEN_URI;
	} else {
		mg_str_printf(&name, "%s%s", s->path[0] == '/' ? "" : "./", s->path);
		MG_TRY(mg_str_check(&name, err));
	}
	rc = sqlite3_open_v2(name.ptr, &s->db, flags, NULL);
	if (rc != SQLITE_OK) {
		rc = s->db ? mg_db_fail(s, rc, err, "%s", s->path) : mg_fail_nomem(err, 0);
		goto out;
	}
	sqlite3_busy_handler(s->db, on_busy, s);
	sqlite3_wal_hook(s->db, on_commit, s);          /* in place of SQLite's own checkpoints */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, &off);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, &off);
	lower_limits(s);
	rc = mg_db_exec(s, "PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
		"PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864", err);
	if (rc == 0)
		rc = mg_db_exec(s, s->stranger || !s->is_local ? "PRAGMA mmap_size=0" : "PRAGMA mmap_size=2147418112", err);
out:
	mg_str_clear(&name);
	return rc;
}

static void
disconnect(mg_store *s)
{
	for (size_t i = 0; i < MG_SQL_COUNT; i++) {
		sqlite3_finalize(s->stmts[i].st);
		s->stmts[i] = (mg_stmt){ NULL };
	}
	mg_db_checkpoint_wait(s);
	if (s->wal_fd >= 0)
		close(s->wal_fd);
	s->wal_fd = -1;
	mg_segment_close_all(s);
	sqlite3_close_v2(s->db);
	s->db = NULL;
	s->cached_id = 0;
	s->relaxed = false;
}

static void
trust(mg_store *s)
{
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 1, NULL);
	sqlite3_set_authorizer(s->db, authorize, s);
	s->trusted_text = true;
}

/* What a database must be before anything of it is believed. */
static int
check_header(mg_store *s, int64_t *user_version, mgreg_error *err)
{
	int64_t id;
	int rc;

	MG_TRY(mg_db_pragma_i64(s, "application_id", &id, err));
	MG_TRY(mg_db_pragma_i64(s, "user_version", user_version, err));
	if (id != MG_APPLICATION_ID) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "not a store of mgreg");
		goto out;
	}
	if (*user_version > MG_SCHEMA_NUMBER && s->stranger)
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "another user's store with schema %lld, and this program knows %d",
			(long long)*user_version, MG_SCHEMA_NUMBER);
	else if (*user_version < 1)
		rc = mg_fail(err, MGREG_DATA_LOSS, "a store without a schema");
out:
	return rc;
}

/* min_reader and min_writer: what a program must know. */
static int
check_minimum(mg_store *s, const char *key, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int64_t need = 1;
	int rc;

	MG_TRY(mg_stmt_text(s, MG_SQL_SETTING_GET, &text, NULL, err, "s", key));
	if (text.len && (!mg_parse_i64(text.ptr, text.len, &need) || need > MG_SCHEMA_NUMBER))
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "the store needs a newer mgreg (%s is %s, this program knows %d)",
			key, text.ptr, MG_SCHEMA_NUMBER);
out:
	mg_str_clear(&text);
	return rc;
}

/* WAL where the file system is local, a truncated rollback journal elsewhere, or what the store's owner set. */
static int
choose_journal(mg_store *s, mgreg_error *err)
{
	mg_str mode = MG_STR_INIT, now = MG_STR_INIT;
	bool wal;
	int rc;

	if (s->read_only)
		return 0;
	MG_TRY(mg_setting_get(s, "journal", &mode, err));
	wal = !strcmp(mode.ptr, "wal") || (strcmp(mode.ptr, "rollback") && s->is_local);
	MG_TRY(mg_db_pragma_text(s, "journal_mode", &now, err));
	if (wal != !strcmp(now.ptr, "wal"))
		MG_TRY(mg_db_exec(s, wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=TRUNCATE", err));
	else if (!wal && strcmp(now.ptr, "truncate"))
		MG_TRY(mg_db_exec(s, "PRAGMA journal_mode=TRUNCATE", err));
	s->wal = wal;
	MG_TRY(mg_db_pragma_i64(s, "page_size", &s->page_size, err));
	if (!s->is_local && !strcmp(mode.ptr, "auto"))
		mg_log(MG_LOG_WARNING, "%s: %s file system: rollback journal, one machine at a time", s->path, mg_fs_kind(s->path));
out:
	mg_str_clear(&mode);
	mg_str_clear(&now);
	return rc;
}

static int
open_checked(mg_store *s, mgreg_error *err)
{
	int64_t user_version = 0;
	int rc;

	MG_TRY(connect(s, false, err));
	MG_TRY(check_header(s, &user_version, err));
	s->newer = user_version > MG_SCHEMA_NUMBER;
	if (user_version < MG_SCHEMA_NUMBER && !s->read_only)
		MG_TRY(mg_schema_migrate(s, err));
	if (!s->newer)
		MG_TRY(mg_schema_check(s, err));
	trust(s);
	MG_TRY(check_minimum(s, "min_reader", err));
	if (!s->read_only)
		MG_TRY(check_minimum(s, "min_writer", err));
	if (s->stranger) {
		mg_str answer = MG_STR_INIT;

		rc = mg_db_pragma_text(s, "quick_check(1)", &answer, err);
		if (rc == 0 && strcmp(answer.ptr, "ok"))
			rc = mg_fail(err, MGREG_DATA_LOSS, "another user's store, and its structure is damaged: %.200s", answer.ptr);
		mg_str_clear(&answer);
		MG_TRY(rc);
	}
	MG_TRY(choose_journal(s, err));
out:
	return rc;
}

static char *
who(void)
{
	const char *name = getenv("MGREG_ACTOR");
	struct passwd buf, *pw = NULL;
	char text[1024];

	if (name && *name)
		return mg_strdup(name);
	if (getpwuid_r(geteuid(), &buf, text, sizeof text, &pw) == 0 && pw)
		return mg_strdup(pw->pw_name);
	snprintf(text, sizeof text, "uid%lu", (unsigned long)geteuid());
	return mg_strdup(text);
}

static int
store_new(mg_store **out, const char *path, const mg_store_options *o, mgreg_error *err)
{
	static const mg_store_options defaults = MG_STORE_OPTIONS_INIT;
	mg_store *s = mg_calloc(1, sizeof *s);
	pthread_mutexattr_t attr;
	char host[256] = "";

	if (!s)
		return mg_fail_nomem(err, sizeof *s);
	if (!o)
		o = &defaults;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&s->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	gethostname(host, sizeof host - 1);
	s->path = mg_strdup(path);
	s->actor = o->actor ? mg_strdup(o->actor) : NULL;
	s->host = mg_strdup(host);
	s->read_only = o->read_only;
	s->stranger = o->stranger;
	s->timeout = o->timeout < 0 ? 10 : o->timeout;
	s->is_local = true;
	s->wal_fd = -1;
	if (!s->path || (o->actor && !s->actor) || !s->host) {
		mg_store_close(s);
		return mg_fail_nomem(err, 0);
	}
	*out = s;
	return 0;
}

void
mg_store_close(mg_store *s)
{
	if (!s)
		return;
	disconnect(s);
	mg_crew_free(s->crew);
	pthread_mutex_destroy(&s->lock);
	mg_free(s->cached);
	mg_free(s->path);
	mg_free(s->actor);
	mg_free(s->host);
	mg_free(s);
}

int
mg_store_open(mg_store **out, const char *path, const mg_store_options *o, mgreg_error *err)
{
	mg_store *s = NULL;
	struct stat st;
	int rc;

	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
			? mg_fail(err, MGREG_NOT_FOUND, "store '%s' does not exist", path) : mg_fail_os(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "store '%s' is not a regular file", path);
	if (st.st_size == 0)
		return mg_fail(err, MGREG_DATA_LOSS, "store '%s' is an empty file", path);
	if ((rc = store_new(&s, path, o, err)) != 0)
		return rc;
	s->is_local = mg_fs_is_local(path);
	s->stranger |= st.st_uid != geteuid();
	rc = open_checked(s, err);
	if (rc != 0) {
		mg_store_close(s);
		return mg_wrap(err, rc, "store '%s'", path);
	}
	*out = s;
	return 0;
}

int
mg_db_reopen(mg_store *s, mgreg_error *err)
{
	disconnect(s);
	s->txn_depth = 0;
	return open_checked(s, err);
}

/* ---- creating ---------------------------------------------------------------------------------- */

static int
check_create_options(const mg_store_options *o, mgreg_error *err)
{
	uint32_t size = o->page_size;

	if (size && (size < 512 || size > 65536 || (size & (size - 1))))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "page size %u: a power of two between 512 and 65536", size);
	if (o->placement && strcmp(o->placement, "inline") && strcmp(o->placement, "segments"))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "placement '%s': inline or segments", o->placement);
	if (o->journal && strcmp(o->journal, "auto") && strcmp(o->journal, "wal") && strcmp(o->journal, "rollback"))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "journal '%s': auto, wal or rollback", o->journal);
	return 0;
}

/* Builds the file under a temporary name; the caller gives it its own. */
static int
build(const char *temp, const mg_store_options *o, mgreg_error *err)
{
	mg_store *s = NULL;
	char sql[80], uid[33];
	int rc;

	MG_TRY(store_new(&s, temp, o, err));
	s->read_only = false;
	MG_TRY(connect(s, true, err));
	/* first: setting auto_vacuum makes the first page */
	snprintf(sql, sizeof sql, "PRAGMA page_size=%u", o->page_size ? o->page_size : 16384);
	MG_TRY(mg_db_exec(s, sql, err));
	MG_TRY(mg_db_exec(s, mg_sql_pragmas, err));
	MG_TRY(mg_schema_create(s, err));
	trust(s);
	MG_TRY(mg_random_hex(uid, err));
	MG_TRY(mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "store_uid", uid));
	MG_TRY(mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "writer", mgreg_version()));
	snprintf(sql, sizeof sql, "%lld", (long long)mg_now_ms());
	MG_TRY(mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "created_at", sql));
	if (o->journal && strcmp(o->journal, "auto"))
		MG_TRY(mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "journal", o->journal));
	if (o->placement && strcmp(o->placement, "inline"))
		MG_TRY(mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "placement", o->placement));
	MG_TRY(mg_audit_add(s, "init", "store", NULL, err));
out:
	mg_store_close(s);
	return rc;
}

int
mg_store_create(mg_store **out, const char *path, const mg_store_options *options, mgreg_error *err)
{
	static const mg_store_options defaults = MG_STORE_OPTIONS_INIT;
	const mg_store_options *o = options ? options : &defaults;
	char *dir = mg_path_dirname(path);
	mg_str temp = MG_STR_INIT;
	char tail[33];
	int rc;

	if (!dir)
		return mg_fail_nomem(err, 0);
	if (*dir && !mg_is_dir(dir)) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "folder '%s' does not exist", dir);
		goto out;
	}
	if (mg_file_exists(path)) {
		rc = mg_fail(err, MGREG_ALREADY_EXISTS, "'%s' exists already", path);
		goto out;
	}
	MG_TRY(check_create_options(o, err));
	MG_TRY(mg_random_hex(tail, err));
	mg_str_printf(&temp, "%s.%.8s.tmp", path, tail);
	MG_TRY(mg_str_check(&temp, err));
	rc = build(temp.ptr, o, err);
	/* link() and not rename(): of two programs that create the same store one must lose. */
	if (rc == 0 && link(temp.ptr, path) != 0)
		rc = errno == EEXIST ? mg_fail(err, MGREG_ALREADY_EXISTS, "'%s' exists already", path)
			: errno == EPERM || errno == EOPNOTSUPP ? mg_file_rename(temp.ptr, path, err) : mg_fail_os(err, errno, "%s", path);
	unlink(temp.ptr);
	if (rc == 0)
		rc = mg_dir_sync(*dir ? dir : ".", err);
	else
		mg_wrap(err, rc, "store '%s'", path);
	if (rc == 0 && out)
		rc = mg_store_open(out, path, o, err);
out:
	mg_free(dir);
	mg_str_clear(&temp);
	return rc;
}

const char *
mg_store_path(const mg_store *s)
{
	return s->path;
}

/* Looked up when somebody is to be named: the user's name costs more to find out than the latest version. */
const char *
mg_store_actor(const mg_store *store)
{
	mg_store *s = (mg_store *)store;

	mg_store_lock(s);
	if (!s->actor)
		s->actor = who();
	mg_store_unlock(s);
	return s->actor ? s->actor : "?";
}

bool
mg_store_is_read_only(const mg_store *s)
{
	return s->read_only;
}

int
mg_require_writable(const mg_store *s, mgreg_error *err)
{
	if (s->read_only)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "store '%s' is open read-only", s->path);
	return 0;
}

void
mg_store_lock(mg_store *s)
{
	pthread_mutex_lock(&s->lock);
}

void
mg_store_unlock(mg_store *s)
{
	pthread_mutex_unlock(&s->lock);
}
