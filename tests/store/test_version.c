/* SPDX-License-Identifier: Apache-2.0 */
/* test_version.c - the identity table, latest, references, guards, metrics, labels, audit. */
#include <math.h>
#include "store_test.h"

static const char *
state(mg_store *s, int64_t id)
{
	static char text[16];
	mg_version_info v;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_version_get(s, id, &v, &err), &err);
	snprintf(text, sizeof text, "%s", v.state);
	return text;
}

static int64_t
latest(mg_store *s, const char *run)
{
	mg_version_info v;
	mgreg_error err = { 0 };

	return mg_version_latest(s, "m", run, &v, &err) == 0 ? v.no : -(int64_t)err.reason;
}

START_TEST(same_step)
{
	mg_store *s = fresh_store();
	mg_version_info a, b, c, d;
	mgreg_error err = { 0 };
	bool skipped = false;

	a = save(s, (save_spec){ .step = 3000, .value = "a" });
	b = save(s, (save_spec){ .step = 3000, .value = "b" });
	ck_assert_str_eq(state(s, a.id), "replaced");
	ck_assert_str_eq(state(s, b.id), "live");
	ck_assert_str_eq(means(s, "m@3000"), "m@v2");
	ck_assert_str_eq(means(s, "m@v1"), "m@v1");
	ck_assert_fails(try_save(s, (save_spec){ .step = 3000, .same = MG_SAME_REFUSE }, &c, NULL, &err), MGREG_ALREADY_EXISTS, &err);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM versions"), 2);
	ck_assert_ok(try_save(s, (save_spec){ .step = 3000, .same = MG_SAME_SKIP }, &c, &skipped, &err), &err);
	ck_assert(skipped);
	ck_assert_int_eq(c.id, b.id);
	c = save(s, (save_spec){ .step = 3000, .same = MG_SAME_KEEP_BOTH });
	ck_assert_int_eq(sql_one(s, "SELECT pinned FROM versions WHERE no = 2"), 1);
	ck_assert_int_eq(c.no, 3);
	/* the latest's step saved again without moving the pointer: it moves, else latest would fall back */
	save(s, (save_spec){ .step = 2000 });
	d = save(s, (save_spec){ .step = 2000, .keep_latest = true });
	ck_assert_int_eq(latest(s, NULL), d.no);
	ck_assert_int_eq(d.moves_latest, 1);
	/* another kind, another run, no step: no conflict */
	save(s, (save_spec){ .step = 3000, .kind = "metagraph" });
	save(s, (save_spec){ .step = 3000, .run = "base" });
	save(s, (save_spec){ .no_step = true });
	save(s, (save_spec){ .no_step = true });
	ck_assert_str_eq(means(s, "m@3000"), "ambiguous");
	ck_assert_str_eq(means(s, "m/main@3000"), "m@v3");
	ck_assert_int_eq(problems(s, true), 0);
	mg_store_close(s);
}
END_TEST

START_TEST(latest_is_last_saved)
{
	mg_store *s = fresh_store();
	mg_version_info v;
	mgreg_error err = { 0 };
	int64_t id;

	ck_assert_int_eq(latest(s, NULL), -MGREG_REASON_NOT_FOUND);
	ck_assert_ok(mg_model_create(s, "m", &id, &err), &err);
	ck_assert_int_eq(latest(s, NULL), -MGREG_REASON_NO);
	save(s, (save_spec){ .step = 0, .kind = "metagraph" });
	ck_assert_int_eq(latest(s, NULL), -MGREG_REASON_NO);
	ck_assert_str_eq(means(s, "m"), "m@v1");                /* a bare name falls back to any kind */
	ck_assert_str_eq(means(s, "m@latest"), "not-found");
	save(s, (save_spec){ .step = 100, .run = "base" });
	save(s, (save_spec){ .step = 900, .run = "base" });
	save(s, (save_spec){ .step = 50, .run = "base", .kind = "weights" });
	save(s, (save_spec){ .step = 70, .run = "base", .keep_latest = true });
	ck_assert_int_eq(latest(s, "base"), 4);
	ck_assert_int_eq(latest(s, "main"), -MGREG_REASON_NO);
	ck_assert_int_eq(latest(s, "nope"), -MGREG_REASON_NOT_FOUND);
	ck_assert_str_eq(means(s, "m"), "m@v4");
	ck_assert_str_eq(means(s, "m@max-step"), "m@v3");
	ck_assert_str_eq(means(s, "m/base@first"), "m@v2");
	ck_assert_str_eq(means(s, "m@-1"), "m@v3");
	ck_assert_str_eq(means(s, "m/base@-2"), "m@v2");
	ck_assert_str_eq(means(s, "m@-3"), "not-found");
	/* rm of the latest: the one saved before it; undelete gives the pointer only when asked */
	ck_assert_ok(mg_ref_resolve(s, "m@latest", &v, &err), &err);
	ck_assert_fails(mg_version_expire(s, v.id, false, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_ok(mg_version_expire(s, v.id, true, &err), &err);
	ck_assert_int_eq(latest(s, "base"), 3);
	ck_assert_ok(mg_version_undelete(s, v.id, false, &err), &err);
	ck_assert_int_eq(latest(s, "base"), 3);
	ck_assert_int_eq(problems(s, true), 0);
	mg_store_close(s);
}
END_TEST

static const struct { const char *text, *means; } refs[] = {
	{ "mnist", "mnist@v5" }, { "mnist/base", "mnist@v4" }, { "mnist/adam", "mnist@v5" }, { "mnist@3000", "ambiguous" },
	{ "mnist/base@3000", "mnist@v4" }, { "mnist/base@3k", "mnist@v4" }, { "mnist@1000", "mnist@v1" }, { "mnist@7", "not-found" },
	{ "mnist@v2", "mnist@v2" }, { "mnist@v99", "not-found" }, { "mnist/base@v2", "usage" }, { "mnist:prod", "mnist@v2" },
	{ "mnist:produ", "not-found" }, { "mnist/base:prod", "usage" }, { "mnis", "not-found" }, { "mnist/bas", "not-found" },
	{ "uid:0123", "usage" }, { "uid:XYZXYZXYZ", "usage" }, { "uid:00000000000000000000000000000000", "not-found" },
	{ "mnist@best:acc", "mnist@v1" }, { "mnist@best:loss", "mnist@v4" }, { "mnist@best:undeclared", "refused" },
	{ "mnist@best:none", "not-found" }, { "mnist@", "usage" }, { "", "usage" }, { "mnist/", "usage" }, { "a b", "usage" },
	{ "-x", "usage" }, { "uid", "usage" }, { "mnist@-x", "usage" }, { "mnist@-1", "mnist@v4" },
};

static mg_store *
mnist(void)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mg_version_info v;

	v = save(s, (save_spec){ .model = "mnist", .run = "base", .step = 1000 });
	ck_assert_ok(mg_metric_add(s, v.run_id, (mg_point[]){ { "acc", true, 1000, 0.9, 0, 0, v.id }, { "loss", true, 1000, 0.5, 0, 0, 0 } }, 2, &err), &err);
	save(s, (save_spec){ .model = "mnist", .run = "base", .step = 2000, .alias = "prod" });
	save(s, (save_spec){ .model = "mnist", .run = "base", .step = 3000 });
	v = save(s, (save_spec){ .model = "mnist", .run = "base", .step = 3000 });
	ck_assert_ok(mg_metric_add(s, v.run_id, (mg_point[]){ { "acc", true, 3000, 0.8, 0, 0, v.id }, { "loss", true, 3000, 0.1, 0, 0, 0 },
		{ "undeclared", true, 3000, 1, 0, 0, 0 } }, 3, &err), &err);
	save(s, (save_spec){ .model = "mnist", .run = "adam", .step = 3000 });
	ck_assert_ok(mg_metric_declare(s, "acc", true, &err), &err);
	ck_assert_ok(mg_metric_declare(s, "loss", false, &err), &err);
	return s;
}

START_TEST(references)
{
	mg_store *s = mnist();

	ck_assert_str_eq(means(s, refs[_i].text), refs[_i].means);
	mg_store_close(s);
}
END_TEST

START_TEST(printed_references_mean_the_same)
{
	mg_store *s = mnist();
	mgreg_error err = { 0 };
	mg_version_info v, w;
	mg_ids ids = { 0 };
	char uid[40];

	for (int64_t id = 1; id <= 5; id++) {
		ck_assert_ok(mg_version_get(s, id, &v, &err), &err);
		ck_assert_ok(mg_ref_resolve(s, v.ref, &w, &err), &err);
		ck_assert_int_eq(w.id, id);
		snprintf(uid, sizeof uid, "uid:%.12s", v.uid);
		ck_assert_ok(mg_ref_resolve(s, uid, &w, &err), &err);
		ck_assert_int_eq(w.id, id);
	}
	ck_assert_fails(mg_ref_resolve(s, "mnist@3000", &v, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_str_eq(err.candidates, "mnist/base@3000\nmnist/adam@3000");
	ck_assert_fails(mg_ref_resolve(s, "mnst", &v, &err), MGREG_NOT_FOUND, &err);
	ck_assert_str_eq(err.candidates, "mnist");
	ck_assert_ok(mg_ref_resolve_many(s, "mnist@1000..2000", &ids, &err), &err);
	ck_assert_uint_eq(ids.len, 2);
	ids.len = 0;
	ck_assert_ok(mg_ref_resolve_many(s, "mnist/base@2000..", &ids, &err), &err);
	ck_assert_uint_eq(ids.len, 2);
	ids.len = 0;
	ck_assert_ok(mg_ref_resolve_many(s, "mnist@..", &ids, &err), &err);
	ck_assert_uint_eq(ids.len, 4);
	mg_vec_clear(&ids);
	mg_store_close(s);
}
END_TEST

/* Guards: SQL by whoever writes -> refused or allowed (schema.md, section 2).  Versions: 1 pinned, 2 aliased, 3 leased, 4 plain,
 * 5 the latest, 6 purged. */
static const struct { const char *sql; bool allowed; } guards[] = {
	{ "UPDATE mg_version SET state = 'expired' WHERE version_id = 1", false },
	{ "UPDATE mg_version SET pinned = 0 WHERE version_id = 1; UPDATE mg_version SET state = 'expired' WHERE version_id = 1", true },
	{ "UPDATE mg_version SET state = 'purged' WHERE version_id = 2", false },
	{ "DELETE FROM mg_alias; UPDATE mg_version SET state = 'expired' WHERE version_id = 2", true },
	{ "UPDATE mg_version SET state = 'expired' WHERE version_id = 3", false },
	{ "DELETE FROM mg_lease; UPDATE mg_version SET state = 'expired' WHERE version_id = 3", true },
	{ "UPDATE mg_version SET state = 'expired' WHERE version_id = 4", true },
	{ "UPDATE mg_version SET state = 'expired' WHERE version_id = 5", false },
	{ "UPDATE mg_version SET state = 'expired', moves_latest = 0 WHERE version_id = 5", true },
	{ "UPDATE mg_version SET global_step = 1 WHERE version_id = 4", false },
	{ "UPDATE mg_version SET kind = 'frozen' WHERE version_id = 4", false },
	{ "UPDATE mg_version SET weights = zeroblob(32) WHERE version_id = 4", false },
	{ "UPDATE mg_version SET saved_at = 0 WHERE version_id = 4", false },
	{ "UPDATE mg_version SET uid = 'x' WHERE version_id = 4", false },
	{ "UPDATE mg_version SET note = 'n', pinned = 1 WHERE version_id = 4", true },
	{ "UPDATE mg_version SET given_hparams = '{}' WHERE version_id = 4", false },
	{ "UPDATE mg_version SET given_hparams = NULL, resume = NULL WHERE version_id = 6", true },
	{ "UPDATE mg_tensor SET dtype = 'int8'", false },
	{ "DELETE FROM mg_version_tensor WHERE version_id = 4", false },
	{ "DELETE FROM mg_version_tensor WHERE version_id = 6", true },
	{ "UPDATE mg_version_tensor SET name = 'x'", false },
	{ "DELETE FROM mg_version WHERE version_id = 4", false },
	{ "DELETE FROM mg_version WHERE version_id = 6", true },
	{ "UPDATE mg_object SET present = 0 WHERE object_id = (SELECT object_id FROM mg_tensor LIMIT 1)", false },
	{ "UPDATE mg_object SET size = 9", false },
	{ "DELETE FROM mg_object_chunk", false },
	{ "INSERT INTO mg_alias (model_id, name, version_id) VALUES (1, 'x', 6)", false },
	{ "INSERT INTO mg_alias (model_id, name, version_id) VALUES (2, 'x', 4)", false },
	{ "INSERT INTO mg_alias (model_id, name, version_id) VALUES (1, 'x', 4)", true },
	{ "INSERT INTO mg_alias (model_id, name, version_id) VALUES (1, 'latest', 4)", false },
	{ "UPDATE mg_alias SET version_id = 6", false },
	{ "UPDATE mg_alias SET version_id = 4", true },
	{ "UPDATE mg_audit SET actor = 'nobody'", false },
	{ "DELETE FROM mg_audit", false },
	{ "INSERT OR REPLACE INTO mg_version_tensor SELECT * FROM mg_version_tensor WHERE version_id = 4", false },
	{ "INSERT INTO mg_version (uid, model_id, no, run_id, kind, state_at, saved_at, added_at) SELECT 'u', 2, 1, run_id, 'frozen', 0, 0, 0 FROM mg_run WHERE model_id = 1", false },
	{ "UPDATE mg_version SET global_step = 'three'", false },
};

START_TEST(guard)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	int64_t id;

	save(s, (save_spec){ .step = 1, .pin = true });
	save(s, (save_spec){ .step = 2, .alias = "prod" });
	save(s, (save_spec){ .step = 3 });
	ck_assert_ok(mg_lease_set(s, 3, "reader", INT64_MAX / 2, &err), &err);
	save(s, (save_spec){ .step = 4 });
	save(s, (save_spec){ .step = 6 });
	save(s, (save_spec){ .step = 5 });
	ck_assert_ok(mg_version_expire(s, 6, true, &err), &err);
	ck_assert_ok(mg_version_purge(s, 6, &err), &err);
	ck_assert_ok(mg_model_create(s, "other", &id, &err), &err);
	if (guards[_i].allowed)
		ck_assert_ok(sql(s, guards[_i].sql, &err), &err);
	else
		ck_assert_msg(sql(s, guards[_i].sql, &err) != 0, "allowed: %s", guards[_i].sql);
	mg_store_close(s);
}
END_TEST

START_TEST(metrics)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mg_version_info v = save(s, (save_spec){ .step = 1 });
	int64_t one, two, ordinal;

	ck_assert_ok(mg_run_session_begin(s, v.run_id, 0, false, 0, &one, &ordinal, &err), &err);
	ck_assert_int_eq(ordinal, 1);
	ck_assert_ok(mg_metric_add(s, v.run_id, (mg_point[]){ { "loss", true, 10, 1.0, 5, 1, 0 }, { "loss", true, 20, NAN, 6, 1, 0 },
		{ "loss", true, 30, 0.25, 7, 1, 0 }, { "loss", true, 30, INFINITY, 8, 1, 0 } }, 4, &err), &err);
	/* read again: nothing is added */
	ck_assert_ok(mg_metric_add(s, v.run_id, &(mg_point){ "loss", true, 20, NAN, 6, 1, 0 }, 1, &err), &err);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM metrics_all"), 4);
	ck_assert_int_eq(sql_one(s, "SELECT sum(is_nan) FROM metrics"), 1);
	ck_assert_int_eq(sql_one(s, "SELECT points FROM metric_summary"), 4);
	ck_assert_int_eq(sql_one(s, "SELECT min_step FROM metric_summary"), 30);
	/* rewound to 15: later points of the first session hide */
	ck_assert_ok(mg_run_session_begin(s, v.run_id, v.id, true, 15, &two, &ordinal, &err), &err);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM metrics"), 1);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM metrics_all"), 4);
	ck_assert_int_eq(sql_one(s, "SELECT points FROM metric_summary"), 1);
	ck_assert_fails(mg_metric_add(s, v.run_id, &(mg_point){ "x", false, 0, 1, 0, 0, 0 }, 1, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_metric_add(s, v.run_id, &(mg_point){ "acc", false, 0, 1, 0, 0, v.id }, 1, &err), &err);
	ck_assert_int_eq(problems(s, true), 0);
	mg_store_close(s);
}
END_TEST

START_TEST(labels_and_log)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mg_version_info a = save(s, (save_spec){ .step = 1 }), b = save(s, (save_spec){ .step = 2 });
	int64_t bad;

	ck_assert_ok(mg_alias_set(s, a.id, "prod", true, false, &err), &err);
	ck_assert_fails(mg_alias_set(s, b.id, "prod", false, false, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_ok(mg_alias_set(s, b.id, "prod", false, true, &err), &err);
	ck_assert_str_eq(means(s, "m:prod"), "m@v2");
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM alias_history WHERE alias = 'prod'"), 2);
	ck_assert_ok(mg_tag_set(s, MG_SUBJECT_VERSION, a.id, "k", "1", &err), &err);
	ck_assert_ok(mg_tag_set(s, MG_SUBJECT_VERSION, a.id, "k", "2", &err), &err);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM tags WHERE value = '2'"), 1);
	ck_assert_ok(mg_lineage_add(s, b.id, a.id, "continued", &err), &err);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM lineage"), 1);
	ck_assert_ok(mg_audit_verify(s, &bad, &err), &err);
	ck_assert_int_eq(bad, 0);
	ck_assert_ok(sql(s, "INSERT INTO mg_audit (at, actor, op, subject) VALUES (0, 'x', 'save', 'm@v3')", &err), &err);
	ck_assert_ok(mg_audit_verify(s, &bad, &err), &err);
	ck_assert_int_gt(bad, 0);
	mg_store_close(s);
}
END_TEST

static int
count(void *ctx, const mg_version_info *v)
{
	ck_assert_int_gt(v->size, 0);
	++*(int *)ctx;
	return 0;
}

static const struct { mg_version_filter f; int n; int code; } filters[] = {
	{ { .model = "mnist" }, 4, 0 }, { { .model = "mnist", .all_states = true }, 5, 0 }, { { .model = "mnist", .run = "adam" }, 1, 0 },
	{ { .where = "global_step >= 2000 AND run = 'base'" }, 2, 0 }, { { .where = "step < 2000" }, 1, 0 }, { { .limit = 2 }, 2, 0 },
	{ { .sort = "-size" }, 4, 0 }, { { .sort = "no; DROP TABLE x" }, 0, MGREG_INVALID_ARGUMENT },
	{ { .where = "1) OR (1" }, 4, 0 }, { { .where = "1)); DELETE FROM mg_version; --" }, 0, MGREG_INVALID_ARGUMENT }, { { .where = "nonsense = 1" }, 0, MGREG_INVALID_ARGUMENT }, { { .where = "aliases = 'prod'" }, 1, 0 },
};

START_TEST(listing)
{
	mg_store *s = mnist();
	mgreg_error err = { 0 };
	int n = 0;

	ck_assert_fails(mg_version_each(s, &filters[_i].f, count, &n, &err), filters[_i].code, &err);
	ck_assert_int_eq(n, filters[_i].n);
	mg_store_close(s);
}
END_TEST

Suite *
test_version(void)
{
	TCase *t;
	Suite *s = mg_suite("version", &t);

	tcase_add_test(t, same_step);
	tcase_add_test(t, latest_is_last_saved);
	tcase_add_loop_test(t, references, 0, MG_COUNT(refs));
	tcase_add_test(t, printed_references_mean_the_same);
	tcase_add_loop_test(t, guard, 0, MG_COUNT(guards));
	tcase_add_test(t, metrics);
	tcase_add_test(t, labels_and_log);
	tcase_add_loop_test(t, listing, 0, MG_COUNT(filters));
	return s;
}
