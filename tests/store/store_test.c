/* SPDX-License-Identifier: Apache-2.0 */
/* store_test.c - a fresh store and one-line saves. */
#include "store_test.h"

mg_store *
fresh_store(void)
{
	static int n;
	mgreg_error err = { 0 };
	mg_store *s = NULL;
	char name[64];

	snprintf(name, sizeof name, "store%d.mgreg", n++);
	ck_assert_ok(mg_store_create(&s, mg_test_path(mg_test_tempdir(), name), NULL, &err), &err);
	return s;
}

mg_store *
reopen(mg_store *s)
{
	mgreg_error err = { 0 };
	char path[1024];

	snprintf(path, sizeof path, "%s", mg_store_path(s));
	mg_store_close(s);
	s = NULL;
	ck_assert_ok(mg_store_open(&s, path, NULL, &err), &err);
	return s;
}

int
try_save(mg_store *s, save_spec spec, mg_version_info *out, bool *skipped, mgreg_error *err)
{
	const char *value = spec.value ? spec.value : "v";
	mg_new_tensor tensor = { .name = "w", .dtype = "uint8", .shape = "[1]", .elements = 1 };
	mg_new_version v = { .model = spec.model ? spec.model : "m", .run = spec.run, .has_step = !spec.no_step, .step = spec.step,
		.kind = spec.kind ? spec.kind : "checkpoint", .keep_latest = spec.keep_latest, .pin = spec.pin, .same_step = spec.same,
		.tensors = &tensor, .tensor_count = 1, .aliases = &spec.alias, .alias_count = spec.alias ? 1 : 0 };
	mg_save *sv = NULL;
	mg_blob *blob;
	int rc;

	MG_TRY(mg_save_begin(&sv, s, err));
	MG_TRY(mg_blob_put(sv, value, strlen(value), NULL, NULL, &blob, err));
	tensor.blob = blob;
	rc = mg_version_publish(sv, &v, out, skipped, err);
out:
	mg_save_free(sv);
	return rc;
}

mg_version_info
save(mg_store *s, save_spec spec)
{
	mg_version_info v = { 0 };
	mgreg_error err = { 0 };

	ck_assert_ok(try_save(s, spec, &v, NULL, &err), &err);
	return v;
}

int
sql(mg_store *s, const char *text, mgreg_error *err)
{
	int rc = 0;

	while (rc == 0 && text && *text) {
		mgreg_query *q = NULL;
		int more = 1;

		rc = mgreg_query_new(&q, s, text, 1, &text, err);
		while (rc == 0 && q && more)
			rc = mgreg_query_step(q, &more, err);
		mgreg_query_free(q);
	}
	return rc;
}

int64_t
sql_one(mg_store *s, const char *text)
{
	mgreg_error err = { 0 };
	mgreg_query *q = NULL;
	int64_t n = -1;
	int row;

	ck_assert_ok(mgreg_query_new(&q, s, text, 0, NULL, &err), &err);
	ck_assert_ok(mgreg_query_step(q, &row, &err), &err);
	if (row)
		n = mgreg_query_integer(q, 0);
	mgreg_query_free(q);
	return n;
}

const char *
means(mg_store *s, const char *ref)
{
	static char text[4][300];
	static int at;
	mg_version_info v;
	mgreg_error err = { 0 };
	char *out = text[at++ % 4];
	int rc = mg_ref_resolve(s, ref, &v, &err);

	if (rc == 0)
		snprintf(out, 300, "%.200s@v%lld", v.model, (long long)v.no);
	else
		snprintf(out, 300, "%s", mgreg_reason_name(err.reason));
	return out;
}

static int
show(void *ctx, const char *check, const char *text)
{
	(void)ctx;
	if (strcmp(check, "note"))
		fprintf(stderr, "# fsck: %s: %s\n", check, text);
	return 0;
}

int64_t
problems(mg_store *s, bool quick)
{
	mgreg_error err = { 0 };
	int64_t n = -1;

	ck_assert_ok(mg_store_fsck(s, &(mg_fsck_options){ .level = quick ? MG_FSCK_QUICK : MG_FSCK_FULL }, show, NULL, &n, &err), &err);
	return n;
}

int
gc_now(mg_store *s, int64_t grace_ms, bool dry_run, mg_gc_result *r, mgreg_error *err)
{
	return mg_store_gc(s, &(mg_gc_options){ .grace_ms = grace_ms, .dry_run = dry_run }, r, err);
}
