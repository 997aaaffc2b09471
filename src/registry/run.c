/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - one run of a live version from text: what to feed and what to fetch, by the names of nodes, tensors and
 * signatures.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/map.h"
#include "registry/data.h"
#include "registry/registry.h"

/* ---- a value for a feed ---- */

/* All rows of column NAME of a data file (NULL: its only one) as a value for O. */
static int
take_column(const char *path, const char *name, mg_output o, mg_tensor *out, mgreg_error *err)
{
	mg_data *d = NULL;
	int64_t *rows = NULL, count;
	size_t column = 0;
	int rc = 0;

	MG_TRY(mg_data_open(&d, path, err));
	if (name)
		MG_TRY(mg_data_find(d, name, &column, err));
	else if (mg_data_columns(d) != 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' has %zu columns: name one, '%s:COLUMN'", path, mg_data_columns(d), path);
		goto out;
	}
	count = mg_data_rows(d);
	rows = mg_calloc((size_t)count + 1, sizeof(*rows));
	if (!rows) {
		rc = mg_fail_nomem(err, (size_t)count * sizeof(*rows));
		goto out;
	}
	for (int64_t i = 0; i < count; i++)
		rows[i] = i;
	MG_TRY(mg_data_take(d, column, rows, count, mg_output_type(o), mg_output_shape(o), out, err));
out:
	mg_free(rows);
	mg_data_close(d);
	return rc;
}

/* A .npy of the very type is taken as it is, whatever its rank; others go by rows. */
static int
read_file(const char *path, const char *member, mg_output o, mg_tensor *out, mgreg_error *err)
{
	mg_tensor t = { 0 };

	if (!member && mg_ends_with(path, ".npy") && mg_npy_read(path, &t, NULL) == 0) {
		if (t.dtype == mg_output_type(o)) {
			mg_tensor_move(out, &t);
			return 0;
		}
		mg_tensor_clear(&t);
	}
	return take_column(path, member, o, out, err);
}

/* TEXT is JSON, a file, or FILE:MEMBER. */
static int
parse_value(const char *text, mg_output o, mg_tensor *out, mgreg_error *err)
{
	const char *colon = strrchr(text, ':');
	char *path;
	int rc;

	if (mg_file_exists(text))
		return read_file(text, NULL, o, out, err);
	if (colon && colon > text) {
		path = mg_strndup(text, (size_t)(colon - text));
		if (!path)
			return mg_fail_nomem(err, 0);
		if (mg_file_exists(path)) {
			rc = read_file(path, colon + 1, o, out, err);
			mg_free(path);
			return rc;
		}
		mg_free(path);
	}
	rc = mg_tensor_parse_json(out, text, strlen(text), mg_output_type(o), err);
	if (rc == MGREG_INVALID_ARGUMENT && !strpbrk(text, "[]{}\""))
		rc = mg_wrap(err, rc, "neither a file nor a value of dtype %s", mg_dtype_name(mg_output_type(o)));
	return rc;
}

/* ---- the run ---- */

typedef struct plan {
	mg_arena    arena;
	mg_feed    *feeds;
	mg_tensor  *values;
	mg_output  *fetches;
	int        *place;              /* of each fetch among the results */
	mg_node   **targets;
	mg_tensor  *results;
	int         feed_count, fetch_count, target_count;
} plan;

static int
add_feed(mgreg_live *live, plan *p, const char *text, mgreg_error *err)
{
	const char *eq = strchr(text, '=');
	mg_output to;
	char *name;
	int rc;

	if (!eq || eq == text)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not NODE=VALUE", text);
	if (!(name = mg_arena_strndup(&p->arena, text, (size_t)(eq - text))))
		return mg_fail_nomem(err, 0);
	if ((rc = mgreg_live_find(live, name, &to, err)) != 0)
		return rc;
	if ((rc = parse_value(eq + 1, to, &p->values[p->feed_count], err)) != 0)
		return mg_wrap(err, rc, "feed '%s'", name);
	p->feeds[p->feed_count] = (mg_feed){ to, &p->values[p->feed_count] };
	p->feed_count++;
	return 0;
}

/* A node without outputs only runs; everything else is fetched. */
static int
add_fetch(mgreg_live *live, plan *p, int i, const char *name, mgreg_error *err)
{
	mg_node *n = mg_graph_find(mgreg_live_graph(live), name);
	mg_output o;
	int rc;

	if (n && n->output_count == 0) {
		p->targets[p->target_count++] = n;
		return 0;
	}
	if ((rc = mgreg_live_find(live, name, &o, err)) != 0)
		return rc;
	p->place[p->fetch_count] = i;
	p->fetches[p->fetch_count++] = o;
	return 0;
}

/* With the graph's input threads, where what is asked for waits for a queue. */
static int
run_prepared(mg_session *s, const plan *p, mgreg_error *err)
{
	mg_node **nodes = mg_calloc((size_t)(p->fetch_count + p->target_count) + 1, sizeof *nodes);
	mgreg_coordinator *input = NULL;
	int n = 0, rc;

	if (!nodes)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < p->fetch_count; i++)
		nodes[n++] = p->fetches[i].node;
	for (int i = 0; i < p->target_count; i++)
		nodes[n++] = p->targets[i];
	if ((rc = mg_input_begin(s, nodes, n, &input, err)) == 0)
		rc = mg_input_end(input, mg_session_run(s, p->feeds, p->feed_count, p->fetches, p->fetch_count, p->targets, p->target_count, p->results, err), err);
	mg_free(nodes);
	return rc;
}

int
mgreg_live_run(mgreg_live *live, const char *const *feeds, int feed_count, const char *const *fetches, int fetch_count,
	mgreg_tensor **results, mgreg_error *err)
{
	plan p = { 0 };
	int rc = 0;

	for (int i = 0; i < fetch_count; i++)
		results[i] = NULL;
	p.feeds = mg_arena_zalloc(&p.arena, (size_t)feed_count + 1, sizeof(*p.feeds));
	p.values = mg_arena_zalloc(&p.arena, (size_t)feed_count + 1, sizeof(*p.values));
	p.fetches = mg_arena_zalloc(&p.arena, (size_t)fetch_count + 1, sizeof(*p.fetches));
	p.place = mg_arena_zalloc(&p.arena, (size_t)fetch_count + 1, sizeof(*p.place));
	p.targets = mg_arena_zalloc(&p.arena, (size_t)fetch_count + 1, sizeof(*p.targets));
	p.results = mg_arena_zalloc(&p.arena, (size_t)fetch_count + 1, sizeof(*p.results));
	if (!p.feeds || !p.values || !p.fetches || !p.place || !p.targets || !p.results) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < feed_count; i++)
		MG_TRY(add_feed(live, &p, feeds[i], err));
	for (int i = 0; i < fetch_count; i++)
		MG_TRY(add_fetch(live, &p, i, fetches[i], err));
	MG_TRY(run_prepared(mgreg_live_session(live), &p, err));
	for (int i = 0; i < p.fetch_count; i++) {
		mg_tensor *t = mg_calloc(1, sizeof(*t));

		if (!t) {
			rc = mg_fail_nomem(err, sizeof(*t));
			goto out;
		}
		mg_tensor_move(t, &p.results[i]);
		results[p.place[i]] = t;
	}
out:
	for (int i = 0; i < p.feed_count; i++)
		mg_tensor_clear(&p.values[i]);
	for (int i = 0; i < p.fetch_count; i++)
		mg_tensor_clear(&p.results[i]);
	for (int i = 0; rc && i < fetch_count; i++) {
		mgreg_tensor_free(results[i]);
		results[i] = NULL;
	}
	mg_arena_clear(&p.arena);
	return rc;
}
