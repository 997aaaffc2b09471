/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - JSON over jansson. */
#include "base/base.h"
#include "base/json.h"
#include "base/num.h"

#include <math.h>

int
mg_json_parse(const char *text, size_t len, json_t **out, mgreg_error *err)
{
	json_error_t why;
	json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (!v)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "JSON, line %d column %d: %s", why.line, why.column, why.text);
	*out = v;
	return 0;
}

void
mg_json_put_string(mg_str *out, const char *text, size_t len)
{
	mg_str_addc(out, '"');
	for (size_t i = 0; i < len; ) {
		unsigned char c = (unsigned char)text[i];
		size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (n > 1 && (n > len - i || !mg_utf8_valid(text + i, n))) {
			mg_str_add(out, "\\ufffd");
			i++;
			continue;
		}
		if (c == '"' || c == '\\')
			mg_str_printf(out, "\\%c", c);
		else if (c == '\n')
			mg_str_add(out, "\\n");
		else if (c == '\t')
			mg_str_add(out, "\\t");
		else if (c == '\r')
			mg_str_add(out, "\\r");
		else if (c < 0x20 || c == 0x7f)
			mg_str_printf(out, "\\u%04x", c);
		else
			mg_str_append(out, text + i, n);
		i += n;
	}
	mg_str_addc(out, '"');
}

static const char *
special_name(double v)
{
	return isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
}

void
mg_json_put_double(mg_str *out, double v)
{
	char buf[MG_NUM_MAX];

	if (!isfinite(v)) {
		mg_str_printf(out, "\"%s\"", special_name(v));
		return;
	}
	mg_str_append(out, buf, mg_format_double(buf, v));
	/* A real stays a real for those who read it again. */
	if (!strpbrk(buf, ".en"))
		mg_str_add(out, ".0");
}

json_t *
mg_json_real(double v)
{
	return isfinite(v) ? json_real(v) : json_string(special_name(v));
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_value(mg_str *out, const json_t *v, int depth);

static void
put_object(mg_str *out, const json_t *v, int depth)
{
	size_t n = json_object_size(v), i = 0;
	const char **keys = n ? mg_calloc(n, sizeof(*keys)) : NULL, *key;
	json_t *item;

	if (n && !keys) {
		out->failed = true;
		return;
	}
	json_object_foreach((json_t *)v, key, item)
		keys[i++] = key;
	if (n)
		qsort(keys, n, sizeof(*keys), compare_keys);
	mg_str_addc(out, '{');
	for (i = 0; i < n; i++) {
		if (i)
			mg_str_addc(out, ',');
		mg_json_put_string(out, keys[i], strlen(keys[i]));
		mg_str_addc(out, ':');
		put_value(out, json_object_get(v, keys[i]), depth + 1);
	}
	mg_str_addc(out, '}');
	mg_free(keys);
}

static void
put_value(mg_str *out, const json_t *v, int depth)
{
	if (depth > 512) {
		out->failed = true;
		return;
	}
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		put_object(out, v, depth);
		break;
	case JSON_ARRAY:
		mg_str_addc(out, '[');
		for (size_t i = 0; i < json_array_size(v); i++) {
			if (i)
				mg_str_addc(out, ',');
			put_value(out, json_array_get(v, i), depth + 1);
		}
		mg_str_addc(out, ']');
		break;
	case JSON_STRING:
		mg_json_put_string(out, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		mg_str_printf(out, "%lld", (long long)json_integer_value(v));
		break;
	case JSON_REAL:
		mg_json_put_double(out, json_real_value(v));
		break;
	case JSON_TRUE:
		mg_str_add(out, "true");
		break;
	case JSON_FALSE:
		mg_str_add(out, "false");
		break;
	case JSON_NULL:
		mg_str_add(out, "null");
		break;
	}
}

int
mg_json_format(const json_t *value, mg_str *out, mgreg_error *err)
{
	put_value(out, value, 0);
	return mg_str_check(out, err);
}
