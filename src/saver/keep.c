/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.c - which checkpoints tf.train.Saver lets go (metagraph-semantics 10.4).
 *
 * A window of max_to_keep by order of saving.  What falls out waits in `pending`; once per save the first of them goes,
 * unless it was saved strictly later than `next_keep`: then it stays for good, and next_keep moves on by keep_hours.
 */
#include "base/base.h"
#include <math.h>
#include "base/json.h"
#include "saver/saver.h"

void
mg_keep_init(mg_keep *k, int max_to_keep, double keep_hours, double now)
{
	*k = (mg_keep){ .max_to_keep = max_to_keep, .keep_hours = keep_hours, .next_keep = now + keep_hours * 3600.0 };
}

static void
items_clear(mg_keep_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		mg_free(list->at[i].path);
	mg_vec_clear(list);
}

void
mg_keep_clear(mg_keep *k)
{
	items_clear(&k->last);
	items_clear(&k->pending);
}

int
mg_keep_set(mg_keep *k, const char *const *paths, const double *times, int count, mgreg_error *err)
{
	mg_keep_list list = { 0 };

	for (int i = 0; i < count; i++) {
		mg_keep_item item = { mg_strdup(paths[i]), times ? times[i] : INFINITY };

		if (!item.path || !mg_vec_push(&list, item)) {
			mg_free(item.path);
			items_clear(&list);
			return mg_fail_nomem(err, 0);
		}
	}
	items_clear(&k->last);
	k->last = list;
	return 0;
}

/* Takes item I out of LIST (of struct mg_keep's). */
#define take(list, i) (memmove((list)->at + (i), (list)->at + (i) + 1, ((list)->len - (i) - 1) * sizeof *(list)->at), (list)->len--)

int
mg_keep_record(mg_keep *k, const char *path, double time, char **forget, mgreg_error *err)
{
	mg_keep_item item = { mg_strdup(path), time }, gone;

	*forget = NULL;
	if (!item.path)
		return mg_fail_nomem(err, 0);
	if (k->max_to_keep == 0) {
		mg_free(item.path);
		return 0;
	}
	if (!mg_vec_reserve(&k->last, k->last.len + 1) || !mg_vec_reserve(&k->pending, k->pending.len + 1)) {
		mg_free(item.path);
		return mg_fail_nomem(err, 0);
	}
	for (size_t i = 0; i < k->last.len; i++)
		if (strcmp(k->last.at[i].path, path) == 0) {
			mg_free(k->last.at[i].path);
			take(&k->last, i);
			break;
		}
	k->last.at[k->last.len++] = item;
	if (k->last.len > (size_t)k->max_to_keep) {
		k->pending.at[k->pending.len++] = k->last.at[0];
		take(&k->last, 0);
	}
	if (k->pending.len == 0)
		return 0;
	gone = k->pending.at[0];
	take(&k->pending, 0);
	if (gone.time > k->next_keep) {
		k->next_keep += k->keep_hours * 3600.0;
		mg_free(gone.path);
	} else {
		*forget = gone.path;
	}
	return 0;
}

/* ---- as JSON: {"last":[["path",time],...],"next_keep":t,"pending":[...]} ---- */

static json_t *
items_to_json(const mg_keep_item *at, size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < len; i++)
		if (json_array_append_new(list, json_pack("[s, o]", at[i].path, mg_json_real(at[i].time))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int
mg_keep_to_json(const mg_keep *k, mg_str *out, mgreg_error *err)
{
	json_t *o = json_pack("{s:o, s:o, s:o, s:i, s:o}", "last", items_to_json(k->last.at, k->last.len),
		"next_keep", mg_json_real(k->next_keep), "pending", items_to_json(k->pending.at, k->pending.len),
		"max_to_keep", k->max_to_keep, "keep_hours", mg_json_real(k->keep_hours));
	int rc = o ? mg_json_format(o, out, err) : mg_fail_nomem(err, 0);

	json_decref(o);
	return rc;
}

static bool
number(const json_t *v, double *out)
{
	if (json_is_number(v)) {
		*out = json_number_value(v);
		return true;
	}
	if (!json_is_string(v))
		return false;
	if (strcmp(json_string_value(v), "Infinity") == 0)
		*out = INFINITY;
	else if (strcmp(json_string_value(v), "-Infinity") == 0)
		*out = -INFINITY;
	else if (strcmp(json_string_value(v), "NaN") == 0)
		*out = NAN;
	else
		return false;
	return true;
}

static int
items_from_json(mg_keep_list *to, const json_t *list, mgreg_error *err)
{
	if (list && !json_is_array(list))
		return mg_fail(err, MGREG_DATA_LOSS, "saver state: a list of checkpoints is not a list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);
		mg_keep_item item = { 0 };

		if (!json_is_string(json_array_get(pair, 0)) || !number(json_array_get(pair, 1), &item.time))
			return mg_fail(err, MGREG_DATA_LOSS, "saver state: checkpoint %zu is not a pair of path and time", i);
		if (!(item.path = mg_strdup(json_string_value(json_array_get(pair, 0)))))
			return mg_fail_nomem(err, 0);
		if (!mg_vec_push(to, item)) {
			mg_free(item.path);
			return mg_fail_nomem(err, 0);
		}
	}
	return 0;
}

/* K has its numbers already; what TEXT does not tell stays. */
int
mg_keep_from_json(mg_keep *k, const char *text, size_t len, mgreg_error *err)
{
	mg_keep_list last = { 0 }, pending = { 0 };
	json_t *o = NULL;
	double next;
	int rc;

	MG_TRY(mg_json_parse(text, len, &o, err));
	MG_TRY(items_from_json(&last, json_object_get(o, "last"), err));
	MG_TRY(items_from_json(&pending, json_object_get(o, "pending"), err));
	mg_keep_clear(k);
	k->last = last;
	k->pending = pending;
	last = (mg_keep_list){ 0 };
	pending = (mg_keep_list){ 0 };
	if (number(json_object_get(o, "next_keep"), &next))
		k->next_keep = next;
out:
	items_clear(&last);
	items_clear(&pending);
	json_decref(o);
	return rc;
}
