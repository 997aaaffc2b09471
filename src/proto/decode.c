/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c - bytes to messages by descriptor, straight into the arena.
 *
 * protobuf-c's own unpacker has no limit on depth, merges repeated singular messages in quadratic time and lets
 * NUL and broken UTF-8 into strings, so it is not used.  What holds here:
 *
 *  1. Time is linear in the size of the input (and n log n in the entries of one map).
 *  2. Memory is at most BUDGET_FIXED + BUDGET_FACTOR times the size of the input.
 *  3. Nothing of the input is dropped, except what the format itself overrides: the earlier of two scalars, the
 *     earlier of two map entries with one key, the earlier member of a oneof.
 *  4. A string is valid UTF-8 without NUL, a map entry has its value, no repeated message is NULL.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "proto/proto_internal.h"

#define BUDGET_FIXED  ((size_t)64 << 20)
#define BUDGET_FACTOR 32

/* What a type's descriptor says only after some comparing of texts. */
typedef struct type_note {
	const mg_msg_type *type;
	bool is_entry, has_maps;
} type_note;
enum { NOTES = 64, KEYS = 64, KEY_MAX = 24 };

typedef struct decoder {
	char          *keys[KEYS];      /* short keys of maps met before: attributes have few names */
	type_note      notes[NOTES];    /* by address of the type; a later one takes the place */
	const uint8_t *start;
	mg_arena      *arena;
	mgreg_error   *err;
	bool           merged;          /* maps of merged messages are made unique at the end, once */
} decoder;

static int decode_into(decoder *d, mg_wire w, mg_msg *msg, unsigned depth, bool fresh);

static const type_note *
note_of(decoder *d, const mg_msg_type *type)
{
	type_note *n = &d->notes[((uintptr_t)type >> 4) % NOTES];

	if (n->type == type)
		return n;
	*n = (type_note){ .type = type, .is_entry = mg_type_is_entry(type) };
	for (unsigned i = 0; i < type->n_fields; i++)
		n->has_maps = n->has_maps || mg_field_is_map(&type->fields[i]);
	return n;
}

static int
damaged(decoder *d, const mg_msg *msg, const mg_msg_field *f, const uint8_t *at, const char *what)
{
	return mg_fail(d->err, MGREG_DATA_LOSS, "%s%s%s at byte %zu: %s", msg->descriptor->name,
		f ? "." : "", f ? f->name : "", (size_t)(at - d->start), what);
}

static int
out_of_memory(decoder *d)
{
	return mg_fail(d->err, MGREG_RESOURCE_EXHAUSTED, "decoding a message takes more memory than %zu bytes",
		d->arena->limit ? d->arena->limit : d->arena->used);
}

static void
store_number(const mg_msg_field *f, void *at, uint64_t bits)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_SINT32:
		*(int32_t *)at = (int32_t)mg_unzigzag((uint32_t)bits);
		break;
	case PROTOBUF_C_TYPE_SINT64:
		*(int64_t *)at = mg_unzigzag(bits);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = bits != 0;
		break;
	default:
		if (mg_field_kind_of(f)->size == 4)
			*(uint32_t *)at = (uint32_t)bits;
		else
			*(uint64_t *)at = bits;
	}
}

static int
decode_packed(decoder *d, mg_msg *msg, const mg_msg_field *f, const mg_wire_field *in)
{
	const mg_field_kind *kind = mg_field_kind_of(f);
	const uint8_t *at = in->data, *end = at + in->value;
	size_t count = 0, *n = mg_field_n(msg, f);
	void **items = mg_field_at(msg, f);

	if (kind->wire == MG_WIRE_VARINT) {
		for (const uint8_t *p = at; p < end; p++)
			count += !(*p & 0x80);
	} else {
		if (in->value % kind->size)
			return damaged(d, msg, f, at, "packed values of broken length");
		count = in->value / kind->size;
	}
	if (!count)
		return at < end ? damaged(d, msg, f, at, "malformed number") : 0;
	if (!mg_items_reserve(d->arena, items, *n, *n + count, kind->size))
		return out_of_memory(d);
	for (size_t i = 0; i < count; i++) {
		void *slot = (char *)*items + *n * kind->size;
		uint64_t bits;
		size_t size;

		if (kind->wire == MG_WIRE_VARINT) {
			if ((size = mg_varint_get(at, end, &bits)) == 0)
				return damaged(d, msg, f, at, "malformed number");
		} else {
			size = kind->size;
			bits = size == 4 ? mg_load32(at) : mg_load64(at);
		}
		store_number(f, slot, bits);
		++*n;
		at += size;
	}
	return at == end ? 0 : damaged(d, msg, f, at, "malformed number");
}

static int
decode_string(decoder *d, const mg_msg *msg, const mg_msg_field *f, const mg_wire_field *in, char **out)
{
	size_t len = (size_t)in->value;
	const uint8_t *nul = len ? memchr(in->data, 0, len) : NULL;
	char **key = NULL;

	if (!len) {
		*out = (char *)(uintptr_t)protobuf_c_empty_string;
		return 0;
	}
	if (len <= KEY_MAX && f->id == 1 && note_of(d, msg->descriptor)->is_entry) {
		key = &d->keys[(in->data[0] * 7u + in->data[len - 1] * 31u + len) % KEYS];
		if (*key && strlen(*key) == len && memcmp(*key, in->data, len) == 0) {
			*out = *key;
			return 0;
		}
	}
	if (nul)
		return damaged(d, msg, f, nul, "NUL in a string");
	if (!mg_utf8_valid(in->data, len))
		return damaged(d, msg, f, in->data, "invalid UTF-8");
	if (!(*out = mg_arena_strndup(d->arena, (const char *)in->data, len)))
		return out_of_memory(d);
	if (key)
		*key = *out;
	return 0;
}

/* A message value: into the one that is there already (a singular field met again), or a new one. */
static int
decode_message(decoder *d, const mg_msg *msg, const mg_msg_field *f, const mg_wire_field *in,
	mg_msg **slot, unsigned depth)
{
	mg_msg *into = *slot;
	mg_wire w = { in->data, in->data + in->value };
	int rc;

	if (depth >= MG_PROTO_MAX_DEPTH)
		return damaged(d, msg, f, in->data, "nested too deeply");
	if (!into && !(into = mg_msg_new(d->arena, f->descriptor)))
		return out_of_memory(d);
	rc = decode_into(d, w, into, depth + 1, *slot == NULL);
	*slot = into;
	return rc;
}

static int
decode_value(decoder *d, mg_msg *msg, const mg_msg_field *f, const mg_wire_field *in, void *at,
	unsigned depth)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return decode_string(d, msg, f, in, at);
	case PROTOBUF_C_TYPE_BYTES: {
		ProtobufCBinaryData data = { (size_t)in->value, NULL };

		if (data.len && !(data.data = mg_arena_memdup(d->arena, in->data, data.len)))
			return out_of_memory(d);
		*(ProtobufCBinaryData *)at = data;
		return 0;
	}
	case PROTOBUF_C_TYPE_MESSAGE:
		return decode_message(d, msg, f, in, at, depth);
	default:
		store_number(f, at, in->value);
		return 0;
	}
}

static int
decode_field(decoder *d, mg_msg *msg, const mg_msg_field *f, const mg_wire_field *in, unsigned depth)
{
	void *at = mg_field_at(msg, f);
	int rc;

	if (mg_field_repeated(f)) {
		size_t *n = mg_field_n(msg, f), size = mg_field_kind_of(f)->size;
		void *slot = mg_items_add(d->arena, at, n, size);

		if (!slot)
			return out_of_memory(d);
		memset(slot, 0, size);
		if ((rc = decode_value(d, msg, f, in, slot, depth)) != 0)
			--*n;
		return rc;
	}
	if (mg_field_in_oneof(f)) {
		uint32_t *set = mg_field_case(msg, f);

		if (*set != f->id)              /* another member's bits are no value of this one */
			memset(at, 0, mg_field_kind_of(f)->size);
		if ((rc = decode_value(d, msg, f, in, at, depth)) == 0)
			*set = f->id;
		return rc;
	}
	return decode_value(d, msg, f, in, at, depth);
}

static int
keep_unknown(decoder *d, mg_msg *msg, const mg_wire_field *in, const uint8_t *from, const uint8_t *to)
{
	size_t n = msg->n_unknown_fields;
	void *items = msg->unknown_fields;
	uint64_t tag;
	mg_msg_unknown *u = mg_items_add(d->arena, &items, &n, sizeof(*u));

	if (!u)
		return out_of_memory(d);
	from += mg_varint_get(from, to, &tag);
	*u = (mg_msg_unknown){ in->number, (ProtobufCWireType)in->type, (size_t)(to - from), NULL };
	if (!(u->data = mg_arena_memdup(d->arena, from, u->len)))
		return out_of_memory(d);
	msg->unknown_fields = items;
	msg->n_unknown_fields = (unsigned)n;
	return 0;
}

/* Last duplicate wins. */
static int
unique_maps(decoder *d, mg_msg *msg)
{
	return !note_of(d, msg->descriptor)->has_maps || mg_msg_unique_maps(msg) ? 0 : out_of_memory(d);
}

static int
unique_maps_below(decoder *d, mg_msg *msg)
{
	const mg_msg_type *type = msg->descriptor;
	int rc = unique_maps(d, msg);

	for (unsigned i = 0; rc == 0 && i < type->n_fields; i++) {
		const mg_msg_field *f = &type->fields[i];
		size_t count;

		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		count = mg_field_count(msg, f);
		for (size_t j = 0; rc == 0 && j < count; j++) {
			mg_msg *sub = *(mg_msg **)mg_field_item(msg, f, j);

			rc = sub ? unique_maps_below(d, sub) : 0;
		}
	}
	return rc;
}

static const mg_msg_field *
find_field(const mg_msg_type *type, uint32_t number, unsigned *hint)
{
	const mg_msg_field *f;

	if (*hint < type->n_fields && type->fields[*hint].id == number)
		return &type->fields[*hint];
	if ((f = protobuf_c_message_descriptor_get_field(type, number)))
		*hint = (unsigned)(f - type->fields);
	return f;
}

static int
decode_into(decoder *d, mg_wire w, mg_msg *msg, unsigned depth, bool fresh)
{
	const mg_msg_type *type = msg->descriptor;
	const uint8_t *from = w.at;
	mg_wire_field in;
	unsigned hint = 0;
	int more, rc = 0;

	while ((more = mg_wire_next(&w, &in)) > 0) {
		const mg_msg_field *f = find_field(type, in.number, &hint);

		if (f && in.type == mg_field_kind_of(f)->wire)
			rc = decode_field(d, msg, f, &in, depth);
		else if (f && in.type == MG_WIRE_LEN && mg_field_repeated(f) && mg_field_kind_of(f)->packs)
			rc = decode_packed(d, msg, f, &in);
		else
			rc = keep_unknown(d, msg, &in, from, w.at);
		if (rc)
			return rc;
		from = w.at;
	}
	if (more < 0)
		return damaged(d, msg, NULL, from, "malformed or truncated field");
	if (note_of(d, type)->is_entry && !mg_entry_complete(msg, d->arena))
		return out_of_memory(d);
	if (!fresh) {
		d->merged = true;
		return 0;
	}
	return unique_maps(d, msg);
}

static int
decode(const mg_msg_type *type, const void *data, size_t size, mg_arena *arena, mg_msg **out,
	mgreg_error *err)
{
	decoder d = { .start = data, .arena = arena, .err = err };
	mg_wire w = { data, (const uint8_t *)data + size };
	size_t limit = arena->limit, budget;
	mg_msg *msg;
	int rc;

	budget = arena->used + BUDGET_FIXED + BUDGET_FACTOR * size;
	arena->limit = limit ? MG_MIN(limit, budget) : budget;
	if (!(msg = mg_msg_new(arena, type)))
		rc = out_of_memory(&d);
	else
		rc = size ? decode_into(&d, w, msg, 0, true) : 0;
	if (rc == 0 && d.merged)
		rc = unique_maps_below(&d, msg);
	arena->limit = limit;
	if (rc == 0)
		*out = msg;
	return rc;
}

int
mg_msg_decode(const mg_msg_type *type, const void *data, size_t size, mg_arena *arena, mg_msg **out, mgreg_error *err)
{
	if (size > MG_PROTO_MAX_SIZE)
		return mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_REFUSED,
			"%s of %zu bytes: messages end at 2^31-1 bytes", type->name, size);
	return decode(type, data, size, arena, out, err);
}

int
mg_msg_decode_large(const mg_msg_type *type, const void *data, size_t size, mg_arena *arena, mg_msg **out, mgreg_error *err)
{
	if (size > MG_PROTO_LARGE_SIZE)
		return mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_REFUSED, "%s of %zu bytes is too large", type->name, size);
	return decode(type, data, size, arena, out, err);
}
