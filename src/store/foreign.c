/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign.c - rows out of other people's SQLite files: the summary databases of TensorFlow 1.x (tensorflow/core/summary), which
 * are Runs, Tags (a series of a run), Tensors (a value of a series at a step), TensorStrings, Graphs, Nodes and NodeInputs.
 *
 * The file is a stranger's: read-only, defensive, no functions from its schema, bounded values.
 */
#include "base/base.h"
#include "base/file.h"
#include "store/store_internal.h"

#define MAX_VALUE (256 << 20)   /* bytes of one value */

struct mg_summary_db { sqlite3 *db; char *path; };

bool
mg_summary_db_is(const char *path)
{
	mg_file file = { .fd = -1 };
	char head[16] = { 0 };
	bool is = false;

	if (!mg_file_exists(path) || mg_is_dir(path) || mg_file_open(&file, path, NULL) != 0)
		return false;
	if (file.size >= sizeof(head) && mg_file_pread(&file, head, sizeof(head), 0, NULL) == 0)
		is = memcmp(head, "SQLite format 3", 16) == 0;
	mg_file_close(&file);
	return is;
}

static int
sql_fail(const mg_summary_db *d, int rc, mgreg_error *err)
{
	const char *text = sqlite3_errmsg(d->db);

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return mg_fail(err, MGREG_UNAVAILABLE, "%s: %s", d->path, text);
	case SQLITE_NOMEM:
		return mg_fail_nomem(err, 0);
	case SQLITE_ERROR:
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s is no summary database of TensorFlow: %s", d->path, text);
	case SQLITE_CANTOPEN:
		return mg_fail(err, MGREG_NOT_FOUND, "%s: %s", d->path, text);
	default:
		return mg_fail(err, MGREG_DATA_LOSS, "%s: %s", d->path, text);
	}
}

int
mg_summary_db_open(mg_summary_db **out, const char *path, mgreg_error *err)
{
	static const char probe[] = "SELECT t.series, t.step, t.dtype, t.computed_time, t.shape, t.data, g.tag_name, g.run_id, r.run_name"
		" FROM Tensors t, Tags g, Runs r LIMIT 0";
	mg_summary_db *d = mg_calloc(1, sizeof(*d));
	int rc = 0, sqlite_rc;

	if (!d || !(d->path = mg_strdup(path))) {
		mg_free(d);
		return mg_fail_nomem(err, sizeof(*d));
	}
	sqlite_rc = sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (sqlite_rc == SQLITE_OK) {
		sqlite3_extended_result_codes(d->db, 1);
		sqlite3_busy_timeout(d->db, 5000);
		sqlite3_limit(d->db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
		sqlite3_limit(d->db, SQLITE_LIMIT_ATTACHED, 0);
		sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_db_config(d->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sqlite_rc = sqlite3_exec(d->db, probe, NULL, NULL, NULL);
	}
	if (sqlite_rc != SQLITE_OK) {
		rc = sql_fail(d, sqlite_rc, err);
		mg_summary_db_close(d);
		return rc;
	}
	*out = d;
	return 0;
}

void
mg_summary_db_close(mg_summary_db *d)
{
	if (!d)
		return;
	sqlite3_close(d->db);
	mg_free(d->path);
	mg_free(d);
}

/* Steps: 0 with *MORE, or the error. */
static int
step(mg_summary_db *d, sqlite3_stmt *st, bool *more, mgreg_error *err)
{
	int rc = sqlite3_step(st);

	*more = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sql_fail(d, rc, err);
}

static int
prepare(mg_summary_db *d, const char *sql, sqlite3_stmt **st, mgreg_error *err)
{
	int rc = sqlite3_prepare_v2(d->db, sql, -1, st, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(d, rc, err);
}

static const char *
text_of(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? text : "";
}

static const void *
blob_of(sqlite3_stmt *st, int column, size_t *size)
{
	const void *data = sqlite3_column_blob(st, column);

	*size = (size_t)sqlite3_column_bytes(st, column);
	if (!data && sqlite3_column_type(st, column) != SQLITE_NULL)
		return "";                      /* empty, but there */
	return data;
}

int
mg_summary_db_runs(mg_summary_db *d, int64_t *count, mgreg_error *err)
{
	sqlite3_stmt *st = NULL;
	bool more;
	int rc;

	MG_TRY(prepare(d, "SELECT count(*) FROM Runs", &st, err));
	MG_TRY(step(d, st, &more, err));
	*count = more ? sqlite3_column_int64(st, 0) : 0;
out:
	sqlite3_finalize(st);
	return rc;
}

/* Rows without a type or a step are places held for later: they do not exist yet. */
int
mg_summary_db_tensors(mg_summary_db *d, int (*each)(void *ctx, const mg_summary_tensor *t, mgreg_error *err), void *ctx, mgreg_error *err)
{
	static const char sql[] = "SELECT r.run_name, g.tag_name, g.plugin_name, g.display_name, g.plugin_data, t.rowid, t.step,"
		" t.computed_time, t.dtype, t.shape, t.data FROM Tensors t JOIN Tags g ON g.tag_id = t.series"
		" LEFT JOIN Runs r ON r.run_id = g.run_id WHERE t.dtype > 0 AND t.step IS NOT NULL"
		" ORDER BY r.rowid, t.computed_time, t.rowid";
	sqlite3_stmt *st = NULL;
	bool more;
	int rc;

	MG_TRY(prepare(d, sql, &st, err));
	for (;;) {
		mg_summary_tensor t;

		MG_TRY(step(d, st, &more, err));
		if (!more)
			break;
		t = (mg_summary_tensor){
			.run = text_of(st, 0), .tag = text_of(st, 1), .plugin = text_of(st, 2), .display = text_of(st, 3),
			.rowid = sqlite3_column_int64(st, 5), .step = sqlite3_column_int64(st, 6), .wall_time = sqlite3_column_double(st, 7),
			.dtype = sqlite3_column_int(st, 8), .shape = text_of(st, 9),
		};
		t.plugin_data = blob_of(st, 4, &t.plugin_size);
		t.data = blob_of(st, 10, &t.size);
		if ((rc = each(ctx, &t, err)) != 0)
			break;
	}
out:
	sqlite3_finalize(st);
	return rc;
}

int
mg_summary_db_strings(mg_summary_db *d, int64_t rowid, int (*each)(void *ctx, int64_t idx, const void *data, size_t size, mgreg_error *err),
	void *ctx, mgreg_error *err)
{
	sqlite3_stmt *st = NULL;
	bool more;
	int rc;

	MG_TRY(prepare(d, "SELECT idx, data FROM TensorStrings WHERE tensor_rowid = ?1 ORDER BY idx", &st, err));
	sqlite3_bind_int64(st, 1, rowid);
	for (;;) {
		const void *data;
		size_t size;

		MG_TRY(step(d, st, &more, err));
		if (!more)
			break;
		data = blob_of(st, 1, &size);
		if ((rc = each(ctx, sqlite3_column_int64(st, 0), data, size, err)) != 0)
			break;
	}
out:
	sqlite3_finalize(st);
	return rc;
}

int
mg_summary_db_graphs(mg_summary_db *d, int (*each)(void *ctx, const mg_summary_graph *g, mgreg_error *err), void *ctx, mgreg_error *err)
{
	sqlite3_stmt *st = NULL;
	bool more;
	int rc;

	MG_TRY(prepare(d, "SELECT r.run_name, g.graph_id, g.inserted_time, g.graph_def FROM Graphs g LEFT JOIN Runs r USING (run_id)"
		" ORDER BY g.rowid", &st, err));
	for (;;) {
		mg_summary_graph g;

		MG_TRY(step(d, st, &more, err));
		if (!more)
			break;
		g = (mg_summary_graph){ .run = text_of(st, 0), .graph_id = sqlite3_column_int64(st, 1), .time = sqlite3_column_double(st, 2) };
		g.rest = blob_of(st, 3, &g.rest_size);
		if ((rc = each(ctx, &g, err)) != 0)
			break;
	}
out:
	sqlite3_finalize(st);
	return rc;
}

static int
inputs_of(mg_summary_db *d, sqlite3_stmt *st, int64_t graph_id, int64_t node_id, int (*input)(void *ctx, const char *text, mgreg_error *err),
	void *ctx, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	bool more;
	int rc = 0;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, graph_id);
	sqlite3_bind_int64(st, 2, node_id);
	for (;;) {
		int64_t slot;

		MG_TRY(step(d, st, &more, err));
		if (!more)
			break;
		slot = sqlite3_column_int64(st, 1);
		mg_str_reset(&text);
		mg_str_printf(&text, "%s%s", sqlite3_column_int(st, 2) ? "^" : "", text_of(st, 0));
		if (slot > 0 && !sqlite3_column_int(st, 2))
			mg_str_printf(&text, ":%lld", (long long)slot);
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(input(ctx, text.ptr, err));
	}
out:
	mg_str_clear(&text);
	return rc;
}

int
mg_summary_db_nodes(mg_summary_db *d, int64_t graph_id, int (*node)(void *ctx, const mg_summary_node *n, mgreg_error *err),
	int (*input)(void *ctx, const char *text, mgreg_error *err), void *ctx, mgreg_error *err)
{
	sqlite3_stmt *st = NULL, *in = NULL;
	bool more;
	int rc;

	MG_TRY(prepare(d, "SELECT node_id, node_name, op, device, node_def FROM Nodes WHERE graph_id = ?1 ORDER BY node_id", &st, err));
	MG_TRY(prepare(d, "SELECT n.node_name, i.input_node_idx, i.is_control FROM NodeInputs i JOIN Nodes n ON n.graph_id = i.graph_id"
		" AND n.node_id = i.input_node_id WHERE i.graph_id = ?1 AND i.node_id = ?2 ORDER BY i.idx", &in, err));
	sqlite3_bind_int64(st, 1, graph_id);
	for (;;) {
		mg_summary_node n;

		MG_TRY(step(d, st, &more, err));
		if (!more)
			break;
		n = (mg_summary_node){ .name = text_of(st, 1), .op = text_of(st, 2), .device = text_of(st, 3) };
		n.rest = blob_of(st, 4, &n.rest_size);
		MG_TRY(node(ctx, &n, err));
		MG_TRY(inputs_of(d, in, graph_id, sqlite3_column_int64(st, 0), input, ctx, err));
	}
out:
	sqlite3_finalize(st);
	sqlite3_finalize(in);
	return rc;
}
