/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare.c - are two messages the same, and if not, where.
 *
 * Presence counts as the encoder sees it; numbers by their bits; maps by key; repeated fields by place; unknown
 * fields by number, type and bytes in their order.  So two messages are equal exactly if their canonical bytes are.
 */
#include "base/base.h"
#include "proto/proto_internal.h"

#define SHORT_TEXT 120          /* longest text of a side */

typedef struct comparison {
	mg_msg_diff_fn *each;
	void           *ctx;
	mg_str          path;
	mg_str          a, b;           /* texts of the two sides */
	bool            differs;
	bool            stop;
} comparison;

static void compare_messages(comparison *c, const mg_msg *a, const mg_msg *b, unsigned depth);

static bool
ended(const comparison *c)
{
	return c->stop || (c->differs && !c->each);
}

static void
report(comparison *c)
{
	c->differs = true;
	if (!c->each)
		return;
	if (c->path.failed || c->a.failed || c->b.failed)
		c->stop = true;
	else if (c->each(c->ctx, c->path.ptr, c->a.ptr, c->b.ptr) != 0)
		c->stop = true;
}

static void
cut_path(comparison *c, size_t len)
{
	c->path.len = len;
	if (c->path.cap)
		c->path.ptr[len] = 0;
}

static void
add_name(comparison *c, const char *name)
{
	if (c->path.len)
		mg_str_addc(&c->path, '.');
	mg_str_add(&c->path, name);
}

static void
shorten(mg_str *s)
{
	size_t len = SHORT_TEXT;

	if (s->len <= len)
		return;
	s->len = len;
	s->ptr[len] = 0;
	mg_str_add(s, "...");
}

static void
describe(mg_str *s, const mg_msg_field *f, const void *at)
{
	mg_str_reset(s);
	if (!at)
		mg_str_add(s, "(absent)");
	else
		mg_field_print_value(f, at, s);
	shorten(s);
}

static void
report_values(comparison *c, const mg_msg_field *f, const void *x, const void *y)
{
	if (c->each) {
		describe(&c->a, f, x);
		describe(&c->b, f, y);
	}
	report(c);
}

static bool
values_equal(const mg_msg_field *f, const void *x, const void *y)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *s = *(char *const *)x, *t = *(char *const *)y;

		return strcmp(s ? s : "", t ? t : "") == 0;
	}
	case PROTOBUF_C_TYPE_BYTES: {
		const ProtobufCBinaryData *s = x, *t = y;

		return s->len == t->len && (s->len == 0 || memcmp(s->data, t->data, s->len) == 0);
	}
	case PROTOBUF_C_TYPE_BOOL:
		return !*(const protobuf_c_boolean *)x == !*(const protobuf_c_boolean *)y;
	default:
		return memcmp(x, y, mg_field_kind_of(f)->size) == 0;
	}
}

static void
compare_values(comparison *c, const mg_msg_field *f, const void *x, const void *y, unsigned depth)
{
	if (!x || !y) {
		report_values(c, f, x, y);
	} else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		const mg_msg *s = *(mg_msg *const *)x, *t = *(mg_msg *const *)y;

		if (s && t)
			compare_messages(c, s, t, depth + 1);
		else if (s != t)
			report_values(c, f, s ? x : NULL, t ? y : NULL);
	} else if (!values_equal(f, x, y)) {
		report_values(c, f, x, y);
	}
}

static void
compare_entry(comparison *c, const mg_msg *x, const mg_msg *y, unsigned depth)
{
	const mg_msg *some = x ? x : y;
	const mg_msg_field *key = &some->descriptor->fields[0], *value = key + 1;
	size_t len = c->path.len;

	mg_str_addc(&c->path, '[');
	mg_field_print_value(key, mg_field_at(some, key), &c->path);
	mg_str_addc(&c->path, ']');
	compare_values(c, value, x ? mg_field_at(x, value) : NULL, y ? mg_field_at(y, value) : NULL, depth + 1);
	cut_path(c, len);
}

static void
compare_maps(comparison *c, const mg_msg *a, const mg_msg *b, const mg_msg_field *f, unsigned depth)
{
	size_t n = *mg_field_n(a, f), m = *mg_field_n(b, f), i = 0, j = 0;
	mg_arena scratch = { 0 };
	mg_msg **x = mg_entries_sort(*(mg_msg ***)mg_field_at(a, f), n, &scratch);
	mg_msg **y = mg_entries_sort(*(mg_msg ***)mg_field_at(b, f), m, &scratch);

	if ((n && !x) || (m && !y)) {           /* short of memory: say "different" rather than guess */
		c->differs = c->stop = true;
		goto out;
	}
	while ((i < n || j < m) && !ended(c)) {
		int order = i == n ? 1 : j == m ? -1 : mg_entry_compare(x[i], y[j]);

		compare_entry(c, order <= 0 ? x[i] : NULL, order >= 0 ? y[j] : NULL, depth);
		i += order <= 0;
		j += order >= 0;
	}
out:
	mg_arena_clear(&scratch);
}

static void
compare_field(comparison *c, const mg_msg *a, const mg_msg *b, const mg_msg_field *f, unsigned depth)
{
	size_t n = mg_field_count(a, f), m = mg_field_count(b, f), len = c->path.len;

	if (n == 0 && m == 0)
		return;
	add_name(c, f->name);
	if (mg_field_is_map(f)) {
		compare_maps(c, a, b, f, depth);
		cut_path(c, len);
		return;
	}
	for (size_t i = 0; (i < n || i < m) && !ended(c); i++) {
		size_t name_len = c->path.len;

		if (mg_field_repeated(f))
			mg_str_printf(&c->path, "[%zu]", i);
		compare_values(c, f, i < n ? mg_field_item(a, f, i) : NULL,
			i < m ? mg_field_item(b, f, i) : NULL, depth);
		cut_path(c, name_len);
	}
	cut_path(c, len);
}

static void
describe_unknown(mg_str *s, const mg_msg_unknown *u)
{
	mg_str_reset(s);
	if (u)
		mg_str_printf(s, "type %d, %zu bytes", (int)u->wire_type, u->len);
	else
		mg_str_add(s, "(absent)");
}

static void
compare_unknown(comparison *c, const mg_msg *a, const mg_msg *b)
{
	size_t len = c->path.len;

	for (unsigned i = 0; (i < a->n_unknown_fields || i < b->n_unknown_fields) && !ended(c); i++) {
		const mg_msg_unknown *x = i < a->n_unknown_fields ? &a->unknown_fields[i] : NULL;
		const mg_msg_unknown *y = i < b->n_unknown_fields ? &b->unknown_fields[i] : NULL;

		if (x && y && x->tag == y->tag && x->wire_type == y->wire_type && x->len == y->len
				&& (x->len == 0 || memcmp(x->data, y->data, x->len) == 0))
			continue;
		add_name(c, "");
		mg_str_printf(&c->path, "%u", x ? x->tag : y->tag);
		describe_unknown(&c->a, x);
		describe_unknown(&c->b, y);
		report(c);
		cut_path(c, len);
	}
}

static void
compare_messages(comparison *c, const mg_msg *a, const mg_msg *b, unsigned depth)
{
	const mg_msg_type *type = a->descriptor;

	if (a == b)
		return;
	if (depth > 2 * MG_PROTO_MAX_DEPTH || type != b->descriptor) {
		mg_str_reset(&c->a);
		mg_str_add(&c->a, type->name);
		mg_str_reset(&c->b);
		mg_str_add(&c->b, b->descriptor->name);
		report(c);
		return;
	}
	for (unsigned i = 0; i < type->n_fields && !ended(c); i++)
		compare_field(c, a, b, &type->fields[i], depth);
	if (!ended(c))
		compare_unknown(c, a, b);
}

bool
mg_msg_equal(const mg_msg *a, const mg_msg *b, mg_msg_diff_fn *each, void *ctx)
{
	comparison c = { .each = each, .ctx = ctx, .path = MG_STR_INIT, .a = MG_STR_INIT, .b = MG_STR_INIT };

	compare_messages(&c, a, b, 0);
	mg_str_clear(&c.path);
	mg_str_clear(&c.a);
	mg_str_clear(&c.b);
	return !c.differs;
}
