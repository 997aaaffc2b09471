/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_formats.c - a V2 checkpoint read into touched memory, with and without its checksums, against read() of its data file, and
 * written against write+fsync;
 * metric rows into a store, batched, against bare inserts of the same rows through SQLite.
 *
 *   bench_formats [MEGABYTES] [PAIRS] [ROWS]
 */
#include "bench.h"
#include "ckpt/ckpt.h"
#include "store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

enum { TENSORS = 16 };

static char dir[] = "bench-formats-XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static double
write_ckpt(mg_tensor *t)
{
	double begin = mg_monotonic();
	mgreg_error err;
	mg_ckpt *w;
	char name[16];

	bench_die(mg_ckpt_create(&w, "v2", in_dir("m"), &err), &err);
	for (int i = 0; i < TENSORS; i++) {
		snprintf(name, sizeof(name), "w%02d", i);
		bench_die(mg_ckpt_put(w, name, NULL, NULL, &t[i], &err), &err);
	}
	bench_die(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	return mg_monotonic() - begin;
}

static double
write_plain(mg_tensor *t)
{
	double begin = mg_monotonic();
	int fd = open(in_dir("plain"), O_WRONLY | O_CREAT | O_TRUNC, 0666);

	for (int i = 0; i < TENSORS; i++)
		for (size_t at = 0; at < t[i].size; ) {
			ssize_t n = write(fd, (char *)t[i].data + at, t[i].size - at);

			if (n <= 0)
				exit(1);
			at += (size_t)n;
		}
	if (fsync(fd) != 0)
		exit(1);
	close(fd);
	return mg_monotonic() - begin;
}

static double
read_ckpt(mg_tensor *t, bool trust)
{
	double begin = mg_monotonic();
	mgreg_error err;
	mg_ckpt *r;
	char name[16];

	bench_die(mg_ckpt_open(&r, in_dir("m"), &err), &err);
	mg_ckpt_trust(r, trust);
	for (int i = 0; i < TENSORS; i++) {
		snprintf(name, sizeof(name), "w%02d", i);
		bench_die(mg_ckpt_fill(r, name, &t[i], &err), &err);
	}
	mg_ckpt_close(r);
	return mg_monotonic() - begin;
}

static double
read_plain(mg_tensor *t)
{
	double begin = mg_monotonic();
	int fd = open(in_dir("m.data-00000-of-00001"), O_RDONLY);

	for (int i = 0; i < TENSORS; i++)
		for (size_t at = 0; at < t[i].size; ) {
			ssize_t n = read(fd, (char *)t[i].data + at, t[i].size - at);

			if (n <= 0)
				exit(1);
			at += (size_t)n;
		}
	close(fd);
	return mg_monotonic() - begin;
}

static void
bench_reading(const char *what, mg_tensor *t, bool trust, double *ratio, int pairs)
{
	double own, peer;

	for (int p = 0; p < pairs; p++) {
		if (p % 2) {
			peer = read_plain(t);
			own = read_ckpt(t, trust);
		} else {
			own = read_ckpt(t, trust);
			peer = read_plain(t);
		}
		bench_pair(what, p, own, peer, ratio);
	}
}

/* ---- metric rows ---- */

static double
rows_own(mg_store *s, int64_t run, mg_point *p, size_t rows, size_t batch)
{
	double begin = mg_monotonic();
	mgreg_error err;

	for (size_t i = 0; i < rows; i += batch)
		bench_die(mg_metric_add(s, run, p + i, MG_MIN(batch, rows - i), &err), &err);
	return mg_monotonic() - begin;
}

/* The same rows into the same table of another store, with one statement and as many transactions. */
static double
rows_bare(const char *path, mg_point *p, size_t rows, size_t batch)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	double begin;

	if (sqlite3_open(path, &db) || sqlite3_exec(db, "PRAGMA synchronous = FULL; INSERT OR IGNORE INTO mg_series (series_id, run_id, name)"
			" VALUES (1, (SELECT max(run_id) FROM mg_run), 'loss'), (2, (SELECT max(run_id) FROM mg_run), 'acc')", NULL, NULL, NULL)
			|| sqlite3_prepare_v2(db, "INSERT INTO mg_metric (series_id, step, session, version_id, value, is_nan, wall_time)"
			" VALUES (?1, ?2, NULL, NULL, ?3, 0, ?4)", -1, &st, NULL)) {
		fprintf(stderr, "bench: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
	begin = mg_monotonic();
	for (size_t i = 0; i < rows; i++) {
		if (i % batch == 0)
			sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		sqlite3_bind_int64(st, 1, 1 + (int64_t)(i % 2));
		sqlite3_bind_int64(st, 2, p[i].step);
		sqlite3_bind_double(st, 3, p[i].value);
		sqlite3_bind_int64(st, 4, p[i].wall_time);
		if (sqlite3_step(st) != SQLITE_DONE)
			exit(1);
		sqlite3_reset(st);
		if (i % batch == batch - 1 || i + 1 == rows)
			sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	begin = mg_monotonic() - begin;
	sqlite3_finalize(st);
	sqlite3_close(db);
	return begin;
}

static void
bench_rows(size_t rows, int pairs)
{
	mg_store_options options = MG_STORE_OPTIONS_INIT;
	mg_point *p = mg_calloc(rows, sizeof(*p));
	double ratio[64];
	mgreg_error err;

	for (int k = 0; k < pairs; k++) {
		const char *paths[2] = { in_dir("own.mgreg"), in_dir("bare.mgreg") };
		mg_store *s[2];
		int64_t model, run;
		double own, bare;

		for (int n = 0; n < 2; n++) {
			unlink(paths[n]);
			bench_die(mg_store_create(&s[n], paths[n], &options, &err), &err);
			bench_die(mg_model_create(s[n], "m", &model, &err), &err);
			bench_die(mg_run_create(s[n], model, "main", NULL, &run, NULL, &err), &err);
		}
		mg_store_close(s[1]);
		for (size_t i = 0; i < rows; i++)
			p[i] = (mg_point){ .name = i % 2 ? "acc" : "loss", .has_step = true, .step = (int64_t)(i / 2), .value = 1.0 / (double)(i + 1),
				.wall_time = 1500000000000 + (int64_t)i };
		if (k % 2) {
			bare = rows_bare(paths[1], p, rows, 8192);
			own = rows_own(s[0], run, p, rows, 8192);
		} else {
			own = rows_own(s[0], run, p, rows, 8192);
			bare = rows_bare(paths[1], p, rows, 8192);
		}
		mg_store_close(s[0]);
		bench_pair("rows", k, own, bare, ratio);
		unlink(paths[0]);
		unlink(paths[1]);
	}
	printf("%zu metric rows in batches of 8192: %.2f of bare SQLite's speed (median of %d)\n", rows, 1 / bench_median(ratio, pairs), pairs);
	mg_free(p);
}

int
main(int argc, char **argv)
{
	size_t mb = argc > 1 ? (size_t)strtol(argv[1], NULL, 10) : 256, rows = argc > 3 ? (size_t)strtol(argv[3], NULL, 10) : 200000;
	int pairs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9;
	int64_t n = (int64_t)(mb * 1000000 / TENSORS / 4);
	double reading[64], trusting[64], writing[64], own, peer;
	mg_tensor t[TENSORS] = { 0 };
	mgreg_error err;

	if (pairs < 1 || pairs > 64 || n < 1 || rows < 2 || !mkdtemp(dir))
		return 2;
	for (int i = 0; i < TENSORS; i++) {
		bench_die(mg_tensor_init_dims(&t[i], MGREG_FLOAT, &n, 1, &err), &err);
		for (int64_t k = 0; k < n; k++)
			MG_DATA(&t[i], float)[k] = (float)(k % 977 + i);
	}
	for (int p = 0; p < pairs; p++) {
		if (p % 2) {
			peer = write_plain(t);
			own = write_ckpt(t);
		} else {
			own = write_ckpt(t);
			peer = write_plain(t);
		}
		bench_pair("write", p, own, peer, writing);
	}
	unlink(in_dir("plain"));
	read_plain(t);
	bench_reading("trust", t, true, trusting, pairs);
	bench_reading("read", t, false, reading, pairs);
	printf("V2 checkpoint of %zu MB written: %.2f of write+fsync's speed (median of %d)\n", mb, 1 / bench_median(writing, pairs), pairs);
	printf("read into touched memory, no checksum verified: %.2f of read()'s speed (median of %d)\n", 1 / bench_median(trusting, pairs), pairs);
	printf("read into touched memory, every checksum verified: %.2f of read()'s speed (median of %d)\n", 1 / bench_median(reading, pairs), pairs);
	unlink(in_dir("m.index"));
	unlink(in_dir("m.data-00000-of-00001"));
	bench_rows(rows, pairs);
	for (int i = 0; i < TENSORS; i++)
		mg_tensor_clear(&t[i]);
	rmdir(dir);
	return 0;
}
