/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_parse.c - protobuf's text format to messages, by descriptor; the rules are those of its own C++ parser.
 *
 *      message  = { field [ ";" | "," ] }
 *      field    = name ":" value  |  name [ ":" ] body  |  name ":" "[" value { "," value } "]"
 *               | "[" type url "]" [ ":" ] body                 only in an Any, for types of any.def
 *      body     = "{" message "}"  |  "<" message ">"
 *      value    = number | name | string { string }
 *
 * A singular field given twice, or two members of one oneof, is an error; so is a name that is no field.
 */
#include <math.h>
#include <strings.h>

#include "base/base.h"
#include "proto/text_internal.h"

typedef struct parser {
	mg_lexer  lex;
	mg_arena *arena;
	mg_str    scratch;
} parser;

static int parse_message(parser *p, mg_msg *msg, unsigned depth);

static int
out_of_memory(parser *p)
{
	return mg_fail_nomem(p->lex.err, 0);
}

static int
unexpected(parser *p, const char *expected)
{
	mg_lexer *lex = &p->lex;

	if (lex->token == MG_TOKEN_END)
		return mg_lex_fail(lex, "expected %s, got the end of the text", expected);
	return mg_lex_fail(lex, "expected %s, got %.*s", expected, (int)MG_MIN(lex->len, 40), lex->text);
}

static int
expect(parser *p, char sign)
{
	char name[4] = { '"', sign, '"', 0 };

	return mg_lex_at(&p->lex, sign) ? mg_lex_next(&p->lex) : unexpected(p, name);
}

/* Takes SIGN if it is there. */
static int
accept(parser *p, char sign, bool *found)
{
	*found = mg_lex_at(&p->lex, sign);
	return *found ? mg_lex_next(&p->lex) : 0;
}

static bool
token_is(const parser *p, const char *text)
{
	return p->lex.len == strlen(text) && memcmp(p->lex.text, text, p->lex.len) == 0;
}

/* ---- scalars ----------------------------------------------------------------------------- */

static int
parse_signed(parser *p, uint64_t max, int64_t *out)
{
	uint64_t v;
	bool minus;
	int rc = 0;

	MG_TRY(accept(p, '-', &minus));
	if (p->lex.token != MG_TOKEN_INT)
		return unexpected(p, "an integer");
	MG_TRY(mg_lex_int(&p->lex, max + minus, false, &v));
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	MG_TRY(mg_lex_next(&p->lex));
out:
	return rc;
}

static int
parse_unsigned(parser *p, uint64_t max, uint64_t *out)
{
	int rc;

	if (p->lex.token != MG_TOKEN_INT)
		return unexpected(p, "an integer");
	rc = mg_lex_int(&p->lex, max, false, out);
	return rc ? rc : mg_lex_next(&p->lex);
}

static bool
special_number(const mg_lexer *lex, double *out)
{
	static const struct { const char *name; double value; } rows[] = {
		{ "inf", INFINITY }, { "infinity", INFINITY }, { "nan", NAN },
	};

	for (size_t i = 0; i < MG_COUNT(rows); i++)
		if (lex->len == strlen(rows[i].name) && strncasecmp(lex->text, rows[i].name, lex->len) == 0) {
			*out = rows[i].value;
			return true;
		}
	return false;
}

static int
parse_double(parser *p, double *out)
{
	mg_lexer *lex = &p->lex;
	uint64_t unused;
	bool minus;
	double v;
	int rc = 0;

	MG_TRY(accept(p, '-', &minus));
	if (lex->token == MG_TOKEN_INT) {
		if (lex->len > 1 && *lex->text == '0')          /* complains about other bases */
			MG_TRY(mg_lex_int(lex, UINT64_MAX, true, &unused));
		MG_TRY(mg_lex_float(lex, &v));
	} else if (lex->token == MG_TOKEN_FLOAT) {
		MG_TRY(mg_lex_float(lex, &v));
	} else if (lex->token != MG_TOKEN_NAME || !special_number(lex, &v)) {
		return unexpected(p, "a number");
	}
	*out = minus ? -v : v;
	MG_TRY(mg_lex_next(lex));
out:
	return rc;
}

static int
parse_bool(parser *p, protobuf_c_boolean *out)
{
	static const struct { const char *name; bool value; } names[] = {
		{ "true", true }, { "True", true }, { "t", true },
		{ "false", false }, { "False", false }, { "f", false },
	};
	uint64_t v;
	int rc;

	if (p->lex.token == MG_TOKEN_INT) {
		if ((rc = parse_unsigned(p, 1, &v)) == 0)
			*out = v != 0;
		return rc;
	}
	for (size_t i = 0; p->lex.token == MG_TOKEN_NAME && i < MG_COUNT(names); i++)
		if (token_is(p, names[i].name)) {
			*out = names[i].value;
			return mg_lex_next(&p->lex);
		}
	return unexpected(p, "true or false");
}

static int
parse_enum(parser *p, const ProtobufCEnumDescriptor *type, int *out)
{
	const ProtobufCEnumValue *v;
	char name[128];
	int64_t number;
	int rc;

	if (p->lex.token != MG_TOKEN_NAME) {
		if (p->lex.token != MG_TOKEN_INT && !mg_lex_at(&p->lex, '-'))
			return unexpected(p, "a name or a number");
		if ((rc = parse_signed(p, INT32_MAX, &number)) == 0)
			*out = (int)number;
		return rc;
	}
	snprintf(name, sizeof(name), "%.*s", (int)MG_MIN(p->lex.len, sizeof(name) - 1), p->lex.text);
	if (!(v = protobuf_c_enum_descriptor_get_value_by_name(type, name)))
		return mg_lex_fail(&p->lex, "%s has no value %s", type->name, name);
	*out = v->value;
	return mg_lex_next(&p->lex);
}

/* One string token or several in a row, into the scratch. */
static int
parse_text(parser *p)
{
	int rc = 0;

	mg_str_reset(&p->scratch);
	if (p->lex.token != MG_TOKEN_STRING)
		return unexpected(p, "a string");
	while (p->lex.token == MG_TOKEN_STRING) {
		MG_TRY(mg_lex_string(&p->lex, &p->scratch));
		MG_TRY(mg_lex_next(&p->lex));
	}
	MG_TRY(mg_str_check(&p->scratch, p->lex.err));
out:
	return rc;
}

static int
parse_string(parser *p, const mg_msg_field *f, char **out)
{
	mg_lexer at = p->lex;           /* errors point at the beginning */
	int rc = parse_text(p);

	if (rc)
		return rc;
	if (memchr(p->scratch.ptr, 0, p->scratch.len))
		return mg_lex_fail(&at, "NUL in %s, a string", f->name);
	if (!mg_utf8_valid(p->scratch.ptr, p->scratch.len))
		return mg_lex_fail(&at, "%s is not valid UTF-8", f->name);
	if (!p->scratch.len)
		*out = (char *)(uintptr_t)protobuf_c_empty_string;
	else if (!(*out = mg_arena_strndup(p->arena, p->scratch.ptr, p->scratch.len)))
		return out_of_memory(p);
	return 0;
}

static int
parse_bytes(parser *p, ProtobufCBinaryData *out)
{
	int rc = parse_text(p);

	if (rc)
		return rc;
	out->len = p->scratch.len;
	out->data = NULL;
	if (out->len && !(out->data = mg_arena_memdup(p->arena, p->scratch.ptr, out->len)))
		return out_of_memory(p);
	return 0;
}

static int
parse_number(parser *p, const mg_msg_field *f, void *at)
{
	uint64_t u = 0;
	int64_t i = 0;
	double d = 0;
	int rc;

	switch (f->type) {
	case PROTOBUF_C_TYPE_FLOAT:
		if ((rc = parse_double(p, &d)) == 0)
			*(float *)at = (float)d;
		return rc;
	case PROTOBUF_C_TYPE_DOUBLE:
		return parse_double(p, at);
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		if ((rc = parse_unsigned(p, UINT32_MAX, &u)) == 0)
			*(uint32_t *)at = (uint32_t)u;
		return rc;
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		return parse_unsigned(p, UINT64_MAX, at);
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		return parse_signed(p, INT64_MAX, at);
	default:
		if ((rc = parse_signed(p, INT32_MAX, &i)) == 0)
			*(int32_t *)at = (int32_t)i;
		return rc;
	}
}

/* ---- fields ------------------------------------------------------------------------------ */

/* "{ ... }" or "< ... >" into MSG. */
static int
parse_body(parser *p, mg_msg *msg, unsigned depth)
{
	char close = mg_lex_at(&p->lex, '<') ? '>' : '}';
	int rc = 0;

	if (depth > MG_PROTO_MAX_DEPTH)
		return mg_lex_fail(&p->lex, "nested too deeply");
	MG_TRY(expect(p, close == '>' ? '<' : '{'));
	MG_TRY(parse_message(p, msg, depth));
	MG_TRY(expect(p, close));
out:
	return rc;
}

static int
parse_value(parser *p, const mg_msg_field *f, void *at, unsigned depth)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return parse_string(p, f, at);
	case PROTOBUF_C_TYPE_BYTES:
		return parse_bytes(p, at);
	case PROTOBUF_C_TYPE_BOOL:
		return parse_bool(p, at);
	case PROTOBUF_C_TYPE_ENUM:
		return parse_enum(p, f->descriptor, at);
	case PROTOBUF_C_TYPE_MESSAGE: {
		mg_msg *sub = mg_msg_new(p->arena, f->descriptor);

		if (!sub)
			return out_of_memory(p);
		*(mg_msg **)at = sub;
		return parse_body(p, sub, depth + 1);
	}
	default:
		return parse_number(p, f, at);
	}
}

/* One value: appended to a repeated field, or set. */
static int
parse_item(parser *p, mg_msg *msg, const mg_msg_field *f, unsigned depth)
{
	size_t size = mg_field_kind_of(f)->size, *n;
	void *at = mg_field_at(msg, f);
	int rc;

	if (!mg_field_repeated(f)) {
		if (mg_field_in_oneof(f))
			*mg_field_case(msg, f) = f->id;
		return parse_value(p, f, at, depth);
	}
	n = mg_field_n(msg, f);
	if (!(at = mg_items_add(p->arena, at, n, size)))
		return out_of_memory(p);
	memset(at, 0, size);
	if ((rc = parse_value(p, f, at, depth)) != 0)
		--*n;
	return rc;
}

static int
parse_list(parser *p, mg_msg *msg, const mg_msg_field *f, unsigned depth)
{
	bool more;
	int rc = 0;

	MG_TRY(expect(p, '['));
	MG_TRY(accept(p, ']', &more));
	if (more)
		return 0;
	for (;;) {
		MG_TRY(parse_item(p, msg, f, depth));
		MG_TRY(accept(p, ',', &more));
		if (!more)
			break;
	}
	MG_TRY(expect(p, ']'));
out:
	return rc;
}

/* A singular field is given once; of a oneof, one member. */
static int
check_once(parser *p, const mg_msg *msg, const mg_msg_field *f)
{
	const mg_msg_type *type = msg->descriptor;
	uint32_t set;

	if (mg_field_repeated(f))
		return 0;
	if (!mg_field_in_oneof(f)) {
		if (mg_field_is_set(f, mg_field_at(msg, f)))
			return mg_lex_fail(&p->lex, "field %s is given more than once", f->name);
		return 0;
	}
	if ((set = *mg_field_case(msg, f)) == 0)
		return 0;
	if (set == f->id)
		return mg_lex_fail(&p->lex, "field %s is given more than once", f->name);
	return mg_lex_fail(&p->lex, "field %s is given beside %s, which excludes it", f->name,
		protobuf_c_message_descriptor_get_field(type, set)->name);
}

static int
parse_named_field(parser *p, mg_msg *msg, unsigned depth)
{
	const mg_msg_field *f;
	char name[128];
	bool colon;
	int rc = 0;

	if (p->lex.token != MG_TOKEN_NAME)
		return unexpected(p, "a field name");
	snprintf(name, sizeof(name), "%.*s", (int)MG_MIN(p->lex.len, sizeof(name) - 1), p->lex.text);
	if (!(f = protobuf_c_message_descriptor_get_field_by_name(msg->descriptor, name)))
		return mg_lex_fail(&p->lex, "%s has no field %s", msg->descriptor->name, name);
	MG_TRY(check_once(p, msg, f));
	MG_TRY(mg_lex_next(&p->lex));
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		MG_TRY(accept(p, ':', &colon));
	else
		MG_TRY(expect(p, ':'));
	if (mg_field_repeated(f) && mg_lex_at(&p->lex, '['))
		MG_TRY(parse_list(p, msg, f, depth));
	else
		MG_TRY(parse_item(p, msg, f, depth));
out:
	return rc;
}

/* [type.googleapis.com/package.Type] { ... }: the message behind the URL, kept as its bytes. */
static int
parse_any(parser *p, Pb__Any *any, unsigned depth)
{
	mg_str url = MG_STR_INIT, bytes = MG_STR_INIT;
	mg_lexer start = p->lex;
	const mg_msg_type *type;
	mg_msg *inner;
	bool colon;
	int rc = 0;

	if (*any->type_url || any->value.len)
		return mg_lex_fail(&start, "the Any is given more than once");
	MG_TRY(expect(p, '['));
	while (!mg_lex_at(&p->lex, ']')) {
		if (p->lex.token == MG_TOKEN_END || p->lex.token == MG_TOKEN_STRING
				|| (p->lex.token == MG_TOKEN_SIGN && !strchr("./-", *p->lex.text)))
			MG_TRY(unexpected(p, "a type URL and \"]\""));
		mg_str_append(&url, p->lex.text, p->lex.len);
		MG_TRY(mg_lex_next(&p->lex));
	}
	MG_TRY(mg_lex_next(&p->lex));
	MG_TRY(mg_str_check(&url, p->lex.err));
	if (!(type = mg_any_find(url.ptr))) {
		rc = mg_lex_fail(&start, "unknown type %.200s in an Any", url.ptr);
		goto out;
	}
	MG_TRY(accept(p, ':', &colon));
	if (!(inner = mg_msg_new(p->arena, type))) {
		rc = out_of_memory(p);
		goto out;
	}
	MG_TRY(parse_body(p, inner, depth + 1));
	MG_TRY(mg_msg_encode(inner, &bytes, p->lex.err));
	any->type_url = mg_arena_strndup(p->arena, url.ptr, url.len);
	if (bytes.len)
		any->value.data = mg_arena_memdup(p->arena, bytes.ptr, bytes.len);
	any->value.len = bytes.len;
	if (!any->type_url || (bytes.len && !any->value.data))
		rc = out_of_memory(p);
out:
	mg_str_clear(&url);
	mg_str_clear(&bytes);
	return rc;
}

/* Fields up to a closing brace or the end. */
static int
parse_message(parser *p, mg_msg *msg, unsigned depth)
{
	const mg_msg_type *type = msg->descriptor;
	bool separator;
	int rc = 0;

	while (p->lex.token != MG_TOKEN_END && !mg_lex_at(&p->lex, '}') && !mg_lex_at(&p->lex, '>')) {
		if (!mg_lex_at(&p->lex, '['))
			MG_TRY(parse_named_field(p, msg, depth));
		else if (type == &pb__any__descriptor)
			MG_TRY(parse_any(p, (Pb__Any *)msg, depth));
		else
			MG_TRY(mg_lex_fail(&p->lex, "%s has no extensions", type->name));
		MG_TRY(accept(p, ';', &separator));
		if (!separator)
			MG_TRY(accept(p, ',', &separator));
	}
	if ((mg_type_is_entry(type) && !mg_entry_complete(msg, p->arena)) || !mg_msg_unique_maps(msg))
		return out_of_memory(p);
out:
	return rc;
}

int
mg_msg_parse(const mg_msg_type *type, const char *text, size_t len, mg_arena *arena, mg_msg **out,
	mgreg_error *err)
{
	parser p = { .arena = arena, .scratch = MG_STR_INIT };
	mg_msg *msg = mg_msg_new(arena, type);
	int rc = 0;

	if (!msg)
		return mg_fail_nomem(err, type->sizeof_message);
	MG_TRY(mg_lex_init(&p.lex, text, len, err));
	MG_TRY(parse_message(&p, msg, 0));
	if (p.lex.token != MG_TOKEN_END)
		MG_TRY(unexpected(&p, "a field name"));
	*out = msg;
out:
	mg_str_clear(&p.scratch);
	return rc;
}
