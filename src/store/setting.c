/* SPDX-License-Identifier: Apache-2.0 */
/* setting.c - typed settings of a store: the keys of `mgreg config`. */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

/* Values as "a|b|c", the default first. */
static const struct setting {
	const char *key, *initial, *values;
	int64_t     low, high;          /* of a number, if values is NULL */
	bool        duration;
} settings[] = {
	{ "codec", "auto", "auto|raw|zstd", 0, 0, false },
	{ "depth", "4", NULL, 1, 8, false },
	{ "grace", "2d", NULL, 0, 0, true },
	{ "journal", "auto", "auto|wal|rollback", 0, 0, false },
	{ "level", "1", NULL, 1, 19, false },
	{ "placement", "inline", "inline|segments", 0, 0, false },
	{ "secure-delete", "off", "off|on", 0, 0, false },
	{ "verify-on-save", "off", "off|sample|full", 0, 0, false },
};

static const struct setting *
find(const char *key)
{
	for (size_t i = 0; i < MG_COUNT(settings); i++)
		if (!strcmp(settings[i].key, key))
			return &settings[i];
	return NULL;
}

static int
unknown(const char *key, mgreg_error *err)
{
	int rc = mg_fail(err, MGREG_NOT_FOUND, "no setting '%.100s'", key);

	for (size_t i = 0; i < MG_COUNT(settings); i++)
		if (mg_edit_distance(settings[i].key, key) <= 3)
			mg_error_candidate(err, "%s", settings[i].key);
	return rc;
}

static bool
is_one_of(const char *values, const char *value)
{
	mg_slice rest, one;

	if (!values)
		return false;
	rest = MG_SLICE(values);
	while (mg_slice_split(&rest, '|', &one))
		if (mg_slice_eq(one, value))
			return true;
	return false;
}

int
mg_setting_get(mg_store *s, const char *key, mg_str *out, mgreg_error *err)
{
	const struct setting *set = find(key);
	bool found;
	int rc;

	if (!set)
		return unknown(key, err);
	if ((rc = mg_stmt_text(s, MG_SQL_SETTING_GET, out, &found, err, "s", key)) != 0)
		return rc;
	if (!found)
		mg_str_add(out, set->initial);
	return mg_str_check(out, err);
}

static int
check(const struct setting *set, const char *value, mgreg_error *err)
{
	int64_t number;
	double seconds;

	if (set->values)
		return is_one_of(set->values, value) ? 0
			: mg_fail(err, MGREG_INVALID_ARGUMENT, "%s '%.100s': one of %s", set->key, value, set->values);
	if (set->duration)
		return mg_parse_duration(value, &seconds) && seconds >= 0 ? 0
			: mg_fail(err, MGREG_INVALID_ARGUMENT, "%s '%.100s': a duration like 30s, 10m, 2d", set->key, value);
	if (!mg_parse_i64(value, strlen(value), &number) || number < set->low || number > set->high)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s '%.100s': %lld to %lld", set->key, value, (long long)set->low,
			(long long)set->high);
	return 0;
}

int
mg_setting_set(mg_store *s, const char *key, const char *value, mgreg_error *err)
{
	const struct setting *set = find(key);
	mg_str detail = MG_STR_INIT;
	int rc;

	if (!set)
		return unknown(key, err);
	MG_TRY(check(set, value, err));
	mg_str_add(&detail, "{\"value\":");
	mg_json_put_string(&detail, value, strlen(value));
	mg_str_add(&detail, "}");
	MG_TRY(mg_str_check(&detail, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", key, value);
	if (rc == 0)
		rc = mg_audit_add(s, "config", key, detail.ptr, err);
	rc = mg_txn_end(s, rc, err);
out:
	mg_str_clear(&detail);
	return rc;
}

int
mg_setting_each(mg_store *s, int (*each)(void *ctx, const char *key, const char *value), void *ctx, mgreg_error *err)
{
	mg_str value = MG_STR_INIT;
	int rc = 0;

	for (size_t i = 0; i < MG_COUNT(settings); i++) {
		mg_str_reset(&value);
		MG_TRY(mg_setting_get(s, settings[i].key, &value, err));
		if ((rc = each(ctx, settings[i].key, value.ptr)) != 0)
			break;
	}
out:
	mg_str_clear(&value);
	return rc;
}
