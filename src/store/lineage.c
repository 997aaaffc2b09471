/* SPDX-License-Identifier: Apache-2.0 */
/* lineage.c - where versions come from, and what a run was fed. */
#include "base/base.h"
#include "base/set.h"
#include "mgreg/history.h"
#include "store/store_internal.h"

int
mg_lineage_add(mg_store *s, int64_t child, int64_t parent, const char *relation, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_LINEAGE_INSERT, err, "iis", child, parent, relation);
}

int
mg_lineage_parents(mg_store *s, int64_t child, mg_ids *ids, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_LINEAGE_PARENTS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", child));
	for (;;) {
		int64_t id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &id);
		if (!mg_vec_push(ids, id)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_input_set(mg_store *s, int64_t run_id, const mg_new_input *in, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_INPUT_SET, err, "isssIb", run_id, in->role, in->name, in->uri, (int)in->has_size, in->size,
		in->sha256, in->sha256 ? (size_t)32 : (size_t)0);
}

/* ---- the family of a version: breadth first, each version looked at once, so that no circle holds us -------- */

typedef struct place { int64_t id; int depth; } place;
typedef struct walk {
	mg_store *s;
	bool      up;
	MG_VEC(place) queue;
	mg_map    seen;                 /* ids in text */
	int     (*each)(void *ctx, const mgreg_lineage_edge *edge);
	void     *ctx;
} walk;

static int
enqueue(walk *w, int64_t id, int depth, mgreg_error *err)
{
	char key[24];

	snprintf(key, sizeof key, "%lld", (long long)id);
	if (mg_map_has(&w->seen, key))
		return 0;
	if (!mg_map_set(&w->seen, key, w) || !mg_vec_push(&w->queue, ((place){ id, depth })))
		return mg_fail_nomem(err, 0);
	return 0;
}

static int
tell_edges(walk *w, place at, mgreg_error *err)
{
	mg_version_info here, other;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_version_get(w->s, at.id, &here, err));
	MG_TRY(mg_stmt_get(w->s, w->up ? MG_SQL_LINEAGE_UP : MG_SQL_LINEAGE_DOWN, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", at.id));
	for (;;) {
		mgreg_lineage_edge e = { .depth = w->up ? at.depth + 1 : -at.depth - 1 };
		int64_t id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "it", &id, &e.relation);
		MG_TRY(mg_version_get(w->s, id, &other, err));
		e.child = w->up ? &here : &other;
		e.parent = w->up ? &other : &here;
		MG_TRY(enqueue(w, id, at.depth + 1, err));
		if ((rc = w->each(w->ctx, &e)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

static int
walk_from(walk *w, int64_t version_id, mgreg_error *err)
{
	int rc = enqueue(w, version_id, 0, err);

	for (size_t i = 0; rc == 0 && i < w->queue.len; i++)
		rc = tell_edges(w, w->queue.at[i], err);
	mg_vec_clear(&w->queue);
	mg_map_clear(&w->seen);
	return rc;
}

int
mgreg_lineage_each(mgreg_store *s, int64_t version_id, mgreg_lineage_way way,
	int (*each)(void *ctx, const mgreg_lineage_edge *edge), void *ctx, mgreg_error *err)
{
	walk up = { .s = s, .up = true, .each = each, .ctx = ctx }, down = { .s = s, .each = each, .ctx = ctx };
	int rc = 0;

	if (way & MGREG_LINEAGE_UP)
		rc = walk_from(&up, version_id, err);
	if (rc == 0 && (way & MGREG_LINEAGE_DOWN))
		rc = walk_from(&down, version_id, err);
	return rc;
}
