/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_print.c - messages to protobuf's text format, as its own C++ printer (3.21) writes it.
 *
 * Fields by number, map entries by key with key and value always, two blanks of indentation.  An Any is printed as
 * type_url and value.  Unknown fields come last by number: a length-delimited one as a message if its bytes are one.
 */
#include <errno.h>
#include <math.h>

#include "base/base.h"
#include "base/bytes.h"
#include "proto/proto_internal.h"

#define UNKNOWN_DEPTH 10

typedef struct printer {
	mg_str  *out;
	mg_arena scratch;       /* sorted maps */
	unsigned indent;
	bool     one_line;
	bool     nomem, too_deep;
} printer;

static void print_message(printer *p, const mg_msg *msg);

static void
begin_line(printer *p)
{
	if (!p->one_line)
		for (unsigned i = 0; i < p->indent; i++)
			mg_str_append(p->out, "  ", 2);
}

static void
end_line(printer *p)
{
	mg_str_addc(p->out, p->one_line ? ' ' : '\n');
}

static void
open_brace(printer *p)
{
	mg_str_add(p->out, p->one_line ? " { " : " {\n");
	p->indent++;
}

static void
close_brace(printer *p)
{
	p->indent--;
	begin_line(p);
	mg_str_addc(p->out, '}');
	end_line(p);
}

static void
print_quoted(mg_str *out, const void *data, size_t len)
{
	const uint8_t *at = data;

	mg_str_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		char text[4] = { '\\', 0, 0, 0 };

		switch (at[i]) {
		case '\n': mg_str_append(out, "\\n", 2); break;
		case '\r': mg_str_append(out, "\\r", 2); break;
		case '\t': mg_str_append(out, "\\t", 2); break;
		case '"': case '\'': case '\\':
			text[1] = (char)at[i];
			mg_str_append(out, text, 2);
			break;
		default:
			if (at[i] >= 0x20 && at[i] < 0x7f) {
				mg_str_addc(out, (char)at[i]);
				break;
			}
			text[1] = (char)('0' + (at[i] >> 6));
			text[2] = (char)('0' + (at[i] >> 3 & 7));
			text[3] = (char)('0' + (at[i] & 7));
			mg_str_append(out, text, 4);
		}
	}
	mg_str_addc(out, '"');
}

/* printf's decimal point is the locale's; what is not part of a number is the point. */
static void
print_number(mg_str *out, char *text)
{
	char *at = text + strspn(text, "0123456789+-e");

	if (*at) {
		size_t len = strcspn(at, "0123456789+-e");

		*at = '.';
		memmove(at + 1, at + len, strlen(at + len) + 1);
	}
	mg_str_add(out, text);
}

static bool
print_special(mg_str *out, double v)
{
	if (isnan(v))
		mg_str_add(out, "nan");
	else if (isinf(v))
		mg_str_add(out, v > 0 ? "inf" : "-inf");
	else
		return false;
	return true;
}

/* The fewest of two numbers of digits that reads back as the same value.  Subnormal floats, for which strtof() sets
 * errno, always get the longer form: protobuf takes that for a failure to read. */
static void
print_float(mg_str *out, float v)
{
	char text[40];

	if (print_special(out, v))
		return;
	snprintf(text, sizeof(text), "%.6g", v);
	errno = 0;
	if (strtof(text, NULL) != v || errno != 0)
		snprintf(text, sizeof(text), "%.9g", v);
	print_number(out, text);
}

static void
print_double(mg_str *out, double v)
{
	char text[40];

	if (print_special(out, v))
		return;
	snprintf(text, sizeof(text), "%.15g", v);
	if (strtod(text, NULL) != v)
		snprintf(text, sizeof(text), "%.17g", v);
	print_number(out, text);
}

static void
print_enum(mg_str *out, const ProtobufCEnumDescriptor *type, int number)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, number);

	if (v)
		mg_str_add(out, v->name);
	else
		mg_str_printf(out, "%d", number);
}

static void
print_scalar(mg_str *out, const mg_msg_field *f, const void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *text = *(char *const *)at;

		print_quoted(out, text, text ? strlen(text) : 0);
		break;
	}
	case PROTOBUF_C_TYPE_BYTES:
		print_quoted(out, ((const ProtobufCBinaryData *)at)->data, ((const ProtobufCBinaryData *)at)->len);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		mg_str_add(out, *(const protobuf_c_boolean *)at ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_ENUM:
		print_enum(out, f->descriptor, *(const int *)at);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		print_float(out, *(const float *)at);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		print_double(out, *(const double *)at);
		break;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		mg_str_printf(out, "%u", *(const uint32_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		mg_str_printf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
		break;
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		mg_str_printf(out, "%lld", (long long)*(const int64_t *)at);
		break;
	default:
		mg_str_printf(out, "%d", *(const int32_t *)at);
	}
}

/* ---- unknown fields ---------------------------------------------------------------------- */

static bool
is_message(const uint8_t *data, size_t size)
{
	mg_wire w = { data, data + size };
	mg_wire_field f;
	int more;

	while ((more = mg_wire_next(&w, &f)) > 0)
		;
	return more == 0;
}

static void
print_unknown(printer *p, const mg_wire_field *f, unsigned depth)
{
	begin_line(p);
	mg_str_printf(p->out, "%u", f->number);
	switch (f->type) {
	case MG_WIRE_VARINT:
		mg_str_printf(p->out, ": %llu", (unsigned long long)f->value);
		break;
	case MG_WIRE_32:
		mg_str_printf(p->out, ": 0x%08llx", (unsigned long long)f->value);
		break;
	case MG_WIRE_64:
		mg_str_printf(p->out, ": 0x%016llx", (unsigned long long)f->value);
		break;
	default:
		if (f->value && depth < UNKNOWN_DEPTH && is_message(f->data, (size_t)f->value)) {
			mg_wire w = { f->data, f->data + f->value };
			mg_wire_field in;

			open_brace(p);
			while (mg_wire_next(&w, &in) > 0)
				print_unknown(p, &in, depth + 1);
			close_brace(p);
			return;
		}
		mg_str_add(p->out, ": ");
		print_quoted(p->out, f->data, (size_t)f->value);
	}
	end_line(p);
}

/* A kept field as the cursor would have shown it. */
static void
print_kept(printer *p, const mg_msg_unknown *u)
{
	mg_wire_field f = { .number = u->tag, .type = u->wire_type };
	size_t prefix;

	switch (f.type) {
	case MG_WIRE_VARINT:
		(void)mg_varint_get(u->data, u->data + u->len, &f.value);
		break;
	case MG_WIRE_32:
		f.value = u->len >= 4 ? mg_load32(u->data) : 0;
		break;
	case MG_WIRE_64:
		f.value = u->len >= 8 ? mg_load64(u->data) : 0;
		break;
	default:
		prefix = mg_varint_get(u->data, u->data + u->len, &f.value);
		f.data = u->data + prefix;
		f.value = u->len - prefix;
	}
	print_unknown(p, &f, 0);
}

/* ---- messages ---------------------------------------------------------------------------- */

static void
print_field(printer *p, const mg_msg *msg, const mg_msg_field *f, size_t n)
{
	mg_msg **order = NULL;

	if (mg_field_is_map(f)
			&& !(order = mg_entries_sort(*(mg_msg ***)mg_field_at(msg, f), n, &p->scratch))) {
		p->nomem = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const void *at = order ? (const void *)&order[i] : mg_field_item(msg, f, i);

		begin_line(p);
		mg_str_add(p->out, f->name);
		if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
			open_brace(p);
			if (*(mg_msg *const *)at)
				print_message(p, *(mg_msg *const *)at);
			close_brace(p);
		} else {
			mg_str_append(p->out, ": ", 2);
			print_scalar(p->out, f, at);
			end_line(p);
		}
	}
}

static void
print_message(printer *p, const mg_msg *msg)
{
	const mg_msg_type *type = msg->descriptor;
	bool entry = mg_type_is_entry(type);

	if (p->indent > 2 * MG_PROTO_MAX_DEPTH) {
		p->too_deep = true;
		return;
	}
	for (unsigned i = 0; i < type->n_fields; i++) {
		size_t n = entry ? 1 : mg_field_count(msg, &type->fields[i]);

		if (n)
			print_field(p, msg, &type->fields[i], n);
	}
	for (unsigned i = 0; i < msg->n_unknown_fields; i++)
		print_kept(p, &msg->unknown_fields[i]);
}

static int
print(const mg_msg *msg, mg_str *out, bool one_line, mgreg_error *err)
{
	printer p = { .out = out, .one_line = one_line };

	print_message(&p, msg);
	mg_arena_clear(&p.scratch);
	if (p.too_deep)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "message %s: nested too deeply", msg->descriptor->name);
	if (p.nomem)
		return mg_fail_nomem(err, 0);
	return mg_str_check(out, err);
}

int
mg_msg_print(const mg_msg *msg, mg_str *out, mgreg_error *err)
{
	return print(msg, out, false, err);
}

int
mg_msg_print_short(const mg_msg *msg, mg_str *out, mgreg_error *err)
{
	size_t start = out->len;
	int rc = print(msg, out, true, err);

	if (rc == 0 && out->len > start)        /* the blank after the last field */
		out->ptr[--out->len] = 0;
	return rc;
}

void
mg_field_print_value(const mg_msg_field *f, const void *at, mg_str *out)
{
	if (f->type != PROTOBUF_C_TYPE_MESSAGE) {
		print_scalar(out, f, at);
		return;
	}
	mg_str_add(out, "{ ");
	if (*(mg_msg *const *)at)
		(void)print(*(mg_msg *const *)at, out, true, NULL);
	mg_str_addc(out, '}');
}
