/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c - which message bytes are, by their structure.
 *
 * A MetaGraphDef, a GraphDef and a SavedModel all begin with field 1 and go on with field 2, and nothing in the bytes
 * says which it is.  So each candidate's descriptor walks the bytes: a field that the descriptor does not know, or knows
 * with another wire type, speaks against it, and so does a string with control characters (another candidate's
 * message); bytes that break its rules rule it out.  The fewest objections win; the name of the file breaks ties.
 *
 * Text is told by its first word, which is a field of one of the three.
 */
#include "base/base.h"
#include "interop/interop_internal.h"

static const struct {
	const mg_msg_type *type;
	const char        *endings[4];
} candidates[] = {
	{ &pb__meta_graph_def__descriptor, { ".meta", ".meta.txt", ".meta.pbtxt", NULL } },
	{ &pb__saved_model__descriptor, { "saved_model.pb", "saved_model.pbtxt", NULL } },
	{ &pb__graph_def__descriptor, { ".pb", ".pbtxt", NULL } },
};

typedef struct scan {
	uint64_t known, odd;
} scan;

static bool
has_control(const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (at[i] < 0x20 || at[i] == 0x7f)
			return true;
	return false;
}

static uint8_t
wire_type(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_FIXED32: case PROTOBUF_C_TYPE_SFIXED32: case PROTOBUF_C_TYPE_FLOAT:
		return MG_WIRE_32;
	case PROTOBUF_C_TYPE_FIXED64: case PROTOBUF_C_TYPE_SFIXED64: case PROTOBUF_C_TYPE_DOUBLE:
		return MG_WIRE_64;
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_BYTES: case PROTOBUF_C_TYPE_MESSAGE:
		return MG_WIRE_LEN;
	default:
		return MG_WIRE_VARINT;
	}
}

/* false: these bytes are no message of that type. */
static bool
scan_message(scan *s, const mg_msg_type *type, mg_wire w, unsigned depth)
{
	mg_wire_field in;
	int more;

	if (depth > MG_PROTO_MAX_DEPTH)
		return false;
	while ((more = mg_wire_next(&w, &in)) > 0) {
		const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(type, in.number);
		bool packed = f && f->label == PROTOBUF_C_LABEL_REPEATED && in.type == MG_WIRE_LEN;

		if (!f || (in.type != wire_type(f) && !packed)) {
			s->odd++;
			continue;
		}
		s->known++;
		if (f->type == PROTOBUF_C_TYPE_STRING) {
			if (!mg_utf8_valid(in.data, (size_t)in.value))
				return false;
			s->odd += has_control(in.data, (size_t)in.value);
		} else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
			if (!scan_message(s, f->descriptor, (mg_wire){ in.data, in.data + in.value }, depth + 1))
				return false;
		}
	}
	return more == 0;
}

static bool
name_fits(size_t candidate, const char *name)
{
	for (const char *const *e = candidates[candidate].endings; name && *e; e++)
		if (mg_ends_with(name, *e))
			return true;
	return false;
}

static const mg_msg_type *
probe_binary(const void *data, size_t size, const char *name)
{
	const mg_msg_type *best = NULL;
	uint64_t best_odd = 0;
	bool best_named = false;

	for (size_t i = 0; i < MG_COUNT(candidates); i++) {
		scan s = { 0, 0 };
		bool named = name_fits(i, name);

		if (!scan_message(&s, candidates[i].type, (mg_wire){ data, (const uint8_t *)data + size }, 0))
			continue;
		if (size && s.known == 0)
			continue;
		if (best && (s.odd > best_odd || (s.odd == best_odd && (best_named || !named))))
			continue;
		best = candidates[i].type;
		best_odd = s.odd;
		best_named = named;
	}
	return best;
}

/* The first word of a text, behind blanks and comments; "" where there is none. */
static mg_slice
first_word(const char *at, size_t size)
{
	const char *end = at + size;
	mg_slice word = { at, 0 };

	if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	while (at < end) {
		if (*at == '#')
			while (at < end && *at != '\n')
				at++;
		else if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
			at++;
		else
			break;
	}
	word.ptr = at;
	while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '_'))
		at++;
	word.len = (size_t)(at - word.ptr);
	if (at == end || (*at != ':' && *at != '{' && *at != '<' && *at != ' ' && !(*at >= '\t' && *at <= '\r')))
		word.len = 0;
	return word;
}

static bool
has_field(const mg_msg_type *type, mg_slice name)
{
	for (unsigned i = 0; i < type->n_fields; i++)
		if (mg_slice_eq(name, type->fields[i].name))
			return true;
	return false;
}

static const mg_msg_type *
probe_text(const void *data, size_t size)
{
	mg_slice word = first_word(data, size);

	for (size_t i = 0; word.len && i < MG_COUNT(candidates); i++)
		if (has_field(candidates[i].type, word))
			return candidates[i].type;
	return NULL;
}

const mg_msg_type *
mg_model_probe(const void *data, size_t size, const char *name, bool *text)
{
	const mg_msg_type *type = probe_text(data, size);

	*text = type != NULL;
	return type ? type : probe_binary(data, size, name);
}
