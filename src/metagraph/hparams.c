/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hparams.c - hyper-parameters of a MetaGraph, whatever the collection `hparams` is made of.  Each item is, in this order:
 * an HParamDef (bytes or Any), a JSON object, lines name=value, or a value of its own under the name "hparams[i]".
 */
#include "base/base.h"
#include "base/num.h"
#include "metagraph/metagraph_internal.h"

/* Bytes that are not UTF-8 are shown as such a string can be: with a mark where it is not. */
static json_t *
text_value(const void *data, size_t len)
{
	mg_str quoted = MG_STR_INIT;
	json_t *v;

	if (mg_utf8_valid(data, len))
		return json_stringn(data ? data : "", len);
	mg_json_put_string(&quoted, data, len);
	v = json_loadb(quoted.ptr, quoted.len, JSON_DECODE_ANY, NULL);
	mg_str_clear(&quoted);
	return v;
}

/* A float keeps the digits that a float has: 0.1, not 0.10000000149011612. */
static json_t *
float_value(float f)
{
	char buf[MG_NUM_MAX];
	double d = (double)f, shortest;
	size_t n = mg_format_float(buf, f);

	return mg_json_real(mg_parse_double(buf, n, &shortest) ? shortest : d);
}

static bool
push(json_t *list, json_t *v)
{
	return v && json_array_append_new(list, v) == 0;
}

static json_t *
hparam_list(const Pb__HParamDef__HParamType *h)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	switch (h->kind_case) {
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_INT64_LIST:
		for (size_t i = 0; ok && i < h->int64_list->n_value; i++)
			ok = push(list, json_integer(h->int64_list->value[i]));
		break;
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_FLOAT_LIST:
		for (size_t i = 0; ok && i < h->float_list->n_value; i++)
			ok = push(list, float_value(h->float_list->value[i]));
		break;
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_BYTES_LIST:
		for (size_t i = 0; ok && i < h->bytes_list->n_value; i++)
			ok = push(list, text_value(h->bytes_list->value[i].data, h->bytes_list->value[i].len));
		break;
	default:
		for (size_t i = 0; ok && i < h->bool_list->n_value; i++)
			ok = push(list, json_boolean(h->bool_list->value[i]));
		break;
	}
	if (!ok) {
		json_decref(list);
		list = NULL;
	}
	return list;
}

static json_t *
hparam_value(const Pb__HParamDef__HParamType *h)
{
	switch (h ? h->kind_case : PB__HPARAM_DEF__HPARAM_TYPE__KIND__NOT_SET) {
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND__NOT_SET:
		return json_null();
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_INT64_VALUE:
		return json_integer(h->int64_value);
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_FLOAT_VALUE:
		return float_value(h->float_value);
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_BYTES_VALUE:
		return text_value(h->bytes_value.data, h->bytes_value.len);
	case PB__HPARAM_DEF__HPARAM_TYPE__KIND_BOOL_VALUE:
		return json_boolean(h->bool_value);
	default:
		return hparam_list(h);
	}
}

/* The object keeps the value; later items win. */
static int
put(json_t *object, const char *name, size_t len, json_t *value, mgreg_error *err)
{
	char *key = value ? mg_strndup(name, len) : NULL;
	int rc = 0;

	if (!key)
		json_decref(value);
	if (!key || json_object_set_new(object, key, value) != 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "hyper-parameter '%.*s' has no value that JSON can hold", (int)MG_MIN(len, (size_t)200), name);
	mg_free(key);
	return rc;
}

/* *TAKEN: the bytes are a whole HParamDef with nothing unknown in it. */
static int
take_hparam_def(json_t *object, const void *data, size_t size, bool *taken, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_msg *m;
	int rc = 0;

	*taken = false;
	if (size > 0 && mg_msg_decode(&pb__hparam_def__descriptor, data, size, &arena, &m, NULL) == 0) {
		const Pb__HParamDef *d = (const Pb__HParamDef *)m;

		*taken = d->n_hparam > 0 && m->n_unknown_fields == 0;
		for (size_t i = 0; *taken && rc == 0 && i < d->n_hparam; i++)
			rc = put(object, d->hparam[i]->key, strlen(d->hparam[i]->key), hparam_value(d->hparam[i]->value), err);
	}
	mg_arena_clear(&arena);
	return rc;
}

static bool
take_json(json_t *object, const char *text, size_t len)
{
	mg_slice s = mg_slice_trim((mg_slice){ text, len });
	json_t *v;
	bool ok;

	if (s.len == 0 || s.ptr[0] != '{' || mg_json_parse(s.ptr, s.len, &v, NULL) != 0)
		return false;
	ok = json_is_object(v) && json_object_update(object, v) == 0;
	json_decref(v);
	return ok;
}

static json_t *
line_value(mg_slice s)
{
	int64_t i;
	double d;
	json_t *v;

	if (mg_parse_i64(s.ptr, s.len, &i))
		return json_integer(i);
	if (mg_parse_double(s.ptr, s.len, &d))
		return mg_json_real(d);
	if (mg_slice_eq(s, "true") || mg_slice_eq(s, "True"))
		return json_true();
	if (mg_slice_eq(s, "false") || mg_slice_eq(s, "False"))
		return json_false();
	if (s.len > 1 && s.ptr[0] == '[' && mg_json_parse(s.ptr, s.len, &v, NULL) == 0)
		return v;
	return json_stringn(s.ptr, s.len);
}

static bool
is_name(mg_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] == '_' || s.ptr[i] == '.' || s.ptr[i] == '-' || s.ptr[i] == '/' || (s.ptr[i] >= '0' && s.ptr[i] <= '9')
				|| (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')))
			return false;
	return s.len > 0;
}

/* Every line that is not blank must be name=value, otherwise none is. */
static int
take_lines(json_t *object, const char *text, size_t len, bool *taken, mgreg_error *err)
{
	int rc = 0;

	*taken = false;
	if (!mg_utf8_valid(text, len))
		return 0;
	for (int pass = 0; pass < 2 && rc == 0; pass++) {
		mg_slice rest = { text, len }, line;
		bool any = false;

		while (rc == 0 && mg_slice_split(&rest, '\n', &line)) {
			mg_slice name, value = mg_slice_trim(line);

			if (value.len == 0)
				continue;
			if (!memchr(value.ptr, '=', value.len) || !mg_slice_split(&value, '=', &name) || !is_name(mg_slice_trim(name)))
				return 0;
			name = mg_slice_trim(name);
			any = true;
			if (pass == 1)
				rc = put(object, name.ptr, name.len, line_value(mg_slice_trim(value)), err);
		}
		if (!any)
			return 0;
		*taken = pass == 1;
	}
	return rc;
}

static int
take_item(json_t *object, size_t i, const ProtobufCBinaryData *b, mgreg_error *err)
{
	const char *text = b->len ? (const char *)b->data : "";
	char name[40];
	bool taken;
	int rc;

	if ((rc = take_hparam_def(object, b->data, b->len, &taken, err)) != 0 || taken)
		return rc;
	if (take_json(object, text, b->len))
		return 0;
	if ((rc = take_lines(object, text, b->len, &taken, err)) != 0 || taken)
		return rc;
	snprintf(name, sizeof(name), "hparams[%zu]", i);
	return put(object, name, strlen(name), text_value(text, b->len), err);
}

static int
take_collection(json_t *object, const Pb__CollectionDef *d, mgreg_error *err)
{
	char name[40];
	int rc = 0;

	switch (d->kind_case) {
	case PB__COLLECTION_DEF__KIND_BYTES_LIST:
		for (size_t i = 0; rc == 0 && i < d->bytes_list->n_value; i++)
			rc = take_item(object, i, &d->bytes_list->value[i], err);
		return rc;
	case PB__COLLECTION_DEF__KIND_ANY_LIST:
		for (size_t i = 0; rc == 0 && i < d->any_list->n_value; i++)
			rc = take_item(object, i, &d->any_list->value[i]->value, err);
		return rc;
	case PB__COLLECTION_DEF__KIND_INT64_LIST:
		for (size_t i = 0; rc == 0 && i < d->int64_list->n_value; i++) {
			snprintf(name, sizeof(name), "hparams[%zu]", i);
			rc = put(object, name, strlen(name), json_integer(d->int64_list->value[i]), err);
		}
		return rc;
	case PB__COLLECTION_DEF__KIND_FLOAT_LIST:
		for (size_t i = 0; rc == 0 && i < d->float_list->n_value; i++) {
			snprintf(name, sizeof(name), "hparams[%zu]", i);
			rc = put(object, name, strlen(name), float_value(d->float_list->value[i]), err);
		}
		return rc;
	case PB__COLLECTION_DEF__KIND_NODE_LIST:
		for (size_t i = 0; rc == 0 && i < d->node_list->n_value; i++) {
			snprintf(name, sizeof(name), "hparams[%zu]", i);
			rc = put(object, name, strlen(name), text_value(d->node_list->value[i], strlen(d->node_list->value[i])), err);
		}
		return rc;
	default:
		return 0;
	}
}

int
mg_metagraph_hparams(const Pb__MetaGraphDef *m, json_t **object, mgreg_error *err)
{
	json_t *o = json_object();
	int rc = 0;

	if (!o)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, "hparams") == 0 && m->collection_def[i]->value) {
			json_object_clear(o);
			MG_TRY(take_collection(o, m->collection_def[i]->value, err));
		}
	*object = o;
	o = NULL;
out:
	json_decref(o);
	return rc;
}
