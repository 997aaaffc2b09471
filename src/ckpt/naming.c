/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming.c - from prefixes to files and back.
 *
 *	V2  PREFIX.index, PREFIX.data-SSSSS-of-NNNNN      V1  PREFIX, or PREFIX-SSSSS-of-NNNNN
 *	both  PREFIX.meta; for a prefix of shards (tail -SSSSS-of-NNNNN or -?????-of-NNNNN) without its tail
 */
#include "base/base.h"
#include <ctype.h>
#include "base/num.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

/* Length of PREFIX without a tail -<digits or ?>-of-<digits>. */
static size_t
without_shard(const char *prefix)
{
	size_t len = strlen(prefix), at = len, digits;

	while (at > 0 && isdigit((unsigned char)prefix[at - 1]))
		at--;
	digits = len - at;
	if (digits == 0 || at < 4 || strncmp(prefix + at - 4, "-of-", 4) != 0)
		return len;
	at -= 4;
	digits = at;
	while (at > 0 && (isdigit((unsigned char)prefix[at - 1]) || prefix[at - 1] == '?'))
		at--;
	if (at == digits || at == 0 || prefix[at - 1] != '-')
		return len;
	return at - 1;
}

bool
mg_ckpt_name_step(const char *prefix, size_t *base_len, int64_t *step)
{
	size_t len = without_shard(prefix), at = len;

	while (at > 0 && isdigit((unsigned char)prefix[at - 1]))
		at--;
	if (at == len || at < 2 || prefix[at - 1] != '-' || !mg_parse_i64(prefix + at, len - at, step))
		return false;
	*base_len = at - 1;
	return true;
}

char *
mg_ckpt_meta_name(const char *prefix)
{
	mg_str s = MG_STR_INIT;

	mg_str_append(&s, prefix, without_shard(prefix));
	mg_str_add(&s, ".meta");
	return mg_str_take(&s, NULL);
}

char *
mg_ckpt_prefix_of(const char *path)
{
	static const char *const tails[] = { ".index", ".meta" };
	size_t len = strlen(path), cut;

	for (size_t i = 0; i < MG_COUNT(tails); i++)
		if (mg_ends_with(path, tails[i]) && len > strlen(tails[i]))
			return mg_strndup(path, len - strlen(tails[i]));
	/* ".data-00000-of-00001": the shard's tail hangs on ".data" */
	cut = without_shard(path);
	if (cut < len && cut > 5 && strncmp(path + cut - 5, ".data", 5) == 0)
		return mg_strndup(path, cut - 5);
	return mg_strdup(path);
}

/* ---- files ---- */

void
mg_names_free(char **names, size_t count)
{
	for (size_t i = 0; names && i < count; i++)
		mg_free(names[i]);
	mg_free(names);
}

typedef MG_VEC(char *) name_vec;

static int
add_name(name_vec *v, char *name, mgreg_error *err)     /* takes NAME */
{
	if (name == NULL || !mg_vec_push(v, name)) {
		mg_free(name);
		return mg_fail_nomem(err, 0);
	}
	return 0;
}

/* Files of PREFIX's folder whose names fit PATTERN, where '#' stands for a digit and '?' for a digit too, as bytes of
 * the prefix are taken literally up to LITERAL. */
static bool
fits(const char *name, const char *literal, size_t literal_len, const char *tail)
{
	if (strncmp(name, literal, literal_len) != 0)
		return false;
	name += literal_len;
	for (; *tail; tail++, name++)
		if (*tail == '#' ? !isdigit((unsigned char)*name) : *tail != *name)
			return false;
	return *name == '\0';
}

static int
list_fitting(const char *prefix, const char *const *tails, size_t tail_count, name_vec *out, mgreg_error *err)
{
	char *dir = mg_path_dirname(prefix);
	const char *base = mg_path_basename(prefix);
	bool pattern = strpbrk(base, "?*[") != NULL;
	char **names = NULL;
	size_t count = 0;
	int rc = 0;

	if (dir == NULL)
		return mg_fail_nomem(err, 0);
	if (!mg_is_dir(*dir ? dir : "."))
		goto out;
	MG_TRY(mg_dir_list(*dir ? dir : ".", &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		bool fit = pattern && tail_count == 0 && mg_glob(base, names[i]);

		for (size_t k = 0; !fit && k < tail_count; k++)
			fit = fits(names[i], base, strlen(base), tails[k]);
		if (fit)
			MG_TRY(add_name(out, *dir ? mg_path_join(dir, names[i]) : mg_strdup(names[i]), err));
	}
out:
	mg_names_free(names, count);
	mg_free(dir);
	return rc;
}

static const char *const shard_tails[] = { "-#####-of-#####" };
static const char *const data_tails[] = { ".data-#####-of-#####" };

int
mg_ckpt_v1_files(const char *prefix, char ***names, size_t *count, mgreg_error *err)
{
	name_vec v = { 0 };
	int rc = 0;

	if (mg_file_exists(prefix) && !mg_is_dir(prefix))
		MG_TRY(add_name(&v, mg_strdup(prefix), err));
	else if (strpbrk(mg_path_basename(prefix), "?*["))
		MG_TRY(list_fitting(prefix, NULL, 0, &v, err));
	else
		MG_TRY(list_fitting(prefix, shard_tails, MG_COUNT(shard_tails), &v, err));
	*names = v.at;
	*count = v.len;
out:
	if (rc)
		mg_names_free(v.at, v.len);
	return rc;
}

bool
mg_ckpt_exists(const char *prefix)
{
	bool v2 = false, v1 = false;

	return (mg_ckpt_v2.probe(prefix, &v2, NULL) == 0 && v2) || (mg_ckpt_v1.probe(prefix, &v1, NULL) == 0 && v1);
}

int
mg_ckpt_files(const char *prefix, char ***names, size_t *count, mgreg_error *err)
{
	name_vec v = { 0 };
	char *index = mg_bundle_index_name(prefix), *meta = mg_ckpt_meta_name(prefix), **v1 = NULL;
	size_t v1_count = 0;
	int rc = 0;

	if (index == NULL || meta == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (mg_file_exists(index))
		MG_TRY(add_name(&v, mg_strdup(index), err));
	MG_TRY(list_fitting(prefix, data_tails, MG_COUNT(data_tails), &v, err));
	MG_TRY(mg_ckpt_v1_files(prefix, &v1, &v1_count, err));
	for (size_t i = 0; i < v1_count; i++) {
		rc = add_name(&v, v1[i], err);
		v1[i] = NULL;
		if (rc)
			goto out;
	}
	if (mg_file_exists(meta))
		MG_TRY(add_name(&v, mg_strdup(meta), err));
	*names = v.at;
	*count = v.len;
out:
	mg_names_free(v1, v1_count);
	mg_free(index);
	mg_free(meta);
	if (rc)
		mg_names_free(v.at, v.len);
	return rc;
}

int
mg_ckpt_remove(const char *prefix, mgreg_error *err)
{
	char **names = NULL;
	size_t count = 0;
	int rc;

	if ((rc = mg_ckpt_files(prefix, &names, &count, err)) != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = mg_file_remove(names[i], err);
	mg_names_free(names, count);
	return rc;
}
