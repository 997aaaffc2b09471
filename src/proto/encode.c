/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode.c - messages to canonical bytes: the same message gives the same bytes.
 *
 *  - fields by number, unknown fields after them in their order;
 *  - a number at its default (by its bits) and an empty string are not written, except as members of a oneof;
 *  - map entries by key, each with its key and its value; repeated numbers packed.
 *
 * Two passes over the same walk: the first measures and notes, in the order of the walk, the length of everything
 * that has a length prefix and the order of each map; the second writes and takes the notes in the same order.
 * So the time is linear, whatever the depth.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/vec.h"
#include "proto/proto_internal.h"

typedef struct encoder {
	MG_VEC(size_t)    sizes;        /* of sub-messages and packed fields */
	MG_VEC(mg_msg **) orders;       /* of maps */
	size_t            next_size, next_order;
	mg_arena          scratch;      /* sorted maps */
	uint8_t          *at;
	size_t            limit;        /* no message or field is longer */
	mgreg_error      *err;
} encoder;

static uint64_t
varint_bits(const mg_msg_field *f, const void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		return (uint64_t)(int64_t)*(const int32_t *)at;
	case PROTOBUF_C_TYPE_SINT32:
		return (uint32_t)mg_zigzag(*(const int32_t *)at);
	case PROTOBUF_C_TYPE_SINT64:
		return mg_zigzag(*(const int64_t *)at);
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)at != 0;
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static size_t
number_size(const mg_msg_field *f, const void *at)
{
	const mg_field_kind *kind = mg_field_kind_of(f);

	return kind->wire == MG_WIRE_VARINT ? mg_varint_size(varint_bits(f, at)) : kind->size;
}

static size_t
tag_size(uint32_t number)
{
	return mg_varint_size((uint64_t)number << 3);
}

/* ---- first pass -------------------------------------------------------------------------- */

static int measure_message(encoder *e, const mg_msg *msg, unsigned depth, size_t *out);

static int
measure_value(encoder *e, const mg_msg *msg, const mg_msg_field *f, const void *at, unsigned depth,
	size_t *out)
{
	size_t size, slot = e->sizes.len;
	int rc;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *text = *(char *const *)at;

		size = text ? strlen(text) : 0;
		if (!mg_utf8_valid(text, size))
			return mg_fail(e->err, MGREG_INVALID_ARGUMENT, "%s.%s: invalid UTF-8",
				msg->descriptor->name, f->name);
		break;
	}
	case PROTOBUF_C_TYPE_BYTES:
		size = ((const ProtobufCBinaryData *)at)->len;
		break;
	case PROTOBUF_C_TYPE_MESSAGE: {
		const mg_msg *sub = *(mg_msg *const *)at;

		if (depth >= MG_PROTO_MAX_DEPTH)
			return mg_fail(e->err, MGREG_INVALID_ARGUMENT, "%s.%s: nested too deeply",
				msg->descriptor->name, f->name);
		if (!mg_vec_push(&e->sizes, 0))
			return mg_fail_nomem(e->err, 0);
		size = 0;               /* a map entry built by hand may lack its value: an empty one */
		if (sub && (rc = measure_message(e, sub, depth + 1, &size)) != 0)
			return rc;
		e->sizes.at[slot] = size;
		break;
	}
	default:
		*out = number_size(f, at);
		return 0;
	}
	if (size > e->limit)
		return mg_fail(e->err, MGREG_INVALID_ARGUMENT, "%s.%s of %zu bytes: messages end at 2^31-1 bytes",
			msg->descriptor->name, f->name, size);
	*out = mg_varint_size(size) + size;
	return 0;
}

static int
measure_packed(encoder *e, const mg_msg *msg, const mg_msg_field *f, size_t n, size_t *out)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += number_size(f, mg_field_item(msg, f, i));
	if (size > e->limit)
		return mg_fail(e->err, MGREG_INVALID_ARGUMENT, "%s.%s of %zu bytes: messages end at 2^31-1 bytes",
			msg->descriptor->name, f->name, size);
	if (!mg_vec_push(&e->sizes, size))
		return mg_fail_nomem(e->err, 0);
	*out += tag_size(f->id) + mg_varint_size(size) + size;
	return 0;
}

static int
measure_field(encoder *e, const mg_msg *msg, const mg_msg_field *f, size_t n, unsigned depth, size_t *out)
{
	mg_msg **order = NULL;

	if (mg_field_repeated(f) && mg_field_kind_of(f)->packs)
		return measure_packed(e, msg, f, n, out);
	if (mg_field_is_map(f)) {
		if (!(order = mg_entries_sort(*(mg_msg ***)mg_field_at(msg, f), n, &e->scratch))
				|| !mg_vec_push(&e->orders, order))
			return mg_fail_nomem(e->err, n * sizeof(*order));
	}
	for (size_t i = 0; i < n; i++) {
		const void *at = order ? (const void *)&order[i] : mg_field_item(msg, f, i);
		size_t size = 0;
		int rc = measure_value(e, msg, f, at, depth, &size);

		if (rc)
			return rc;
		*out += tag_size(f->id) + size;
	}
	return 0;
}

static int
measure_message(encoder *e, const mg_msg *msg, unsigned depth, size_t *out)
{
	const mg_msg_type *type = msg->descriptor;
	size_t total = 0;

	for (unsigned i = 0; i < type->n_fields; i++) {
		const mg_msg_field *f = &type->fields[i];
		size_t n = mg_field_count(msg, f);
		int rc = n ? measure_field(e, msg, f, n, depth, &total) : 0;

		if (rc)
			return rc;
		if (total > e->limit)
			return mg_fail(e->err, MGREG_INVALID_ARGUMENT, "%s: longer than 2^31-1 bytes", type->name);
	}
	for (unsigned i = 0; i < msg->n_unknown_fields; i++)
		total += tag_size(msg->unknown_fields[i].tag) + msg->unknown_fields[i].len;
	if (total > e->limit)
		return mg_fail(e->err, MGREG_INVALID_ARGUMENT, "%s: longer than 2^31-1 bytes", type->name);
	*out = total;
	return 0;
}

/* ---- second pass ------------------------------------------------------------------------- */

static void put_message(encoder *e, const mg_msg *msg);

static void
put_varint(encoder *e, uint64_t v)
{
	e->at += mg_varint_put(e->at, v);
}

static void
put_data(encoder *e, const void *data, size_t size)
{
	put_varint(e, size);
	if (size)
		memcpy(e->at, data, size);
	e->at += size;
}

static void
put_number(encoder *e, const mg_msg_field *f, const void *at)
{
	const mg_field_kind *kind = mg_field_kind_of(f);

	if (kind->wire == MG_WIRE_VARINT) {
		put_varint(e, varint_bits(f, at));
		return;
	}
	memcpy(e->at, at, kind->size);
	e->at += kind->size;
}

static void
put_value(encoder *e, const mg_msg_field *f, const void *at)
{
	put_varint(e, (uint64_t)f->id << 3 | mg_field_kind_of(f)->wire);
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *text = *(char *const *)at;

		put_data(e, text, text ? strlen(text) : 0);
		break;
	}
	case PROTOBUF_C_TYPE_BYTES:
		put_data(e, ((const ProtobufCBinaryData *)at)->data, ((const ProtobufCBinaryData *)at)->len);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		put_varint(e, e->sizes.at[e->next_size++]);
		if (*(mg_msg *const *)at)
			put_message(e, *(mg_msg *const *)at);
		break;
	default:
		put_number(e, f, at);
	}
}

static void
put_field(encoder *e, const mg_msg *msg, const mg_msg_field *f, size_t n)
{
	mg_msg **order = mg_field_is_map(f) ? e->orders.at[e->next_order++] : NULL;

	if (mg_field_repeated(f) && mg_field_kind_of(f)->packs) {
		put_varint(e, (uint64_t)f->id << 3 | MG_WIRE_LEN);
		put_varint(e, e->sizes.at[e->next_size++]);
		for (size_t i = 0; i < n; i++)
			put_number(e, f, mg_field_item(msg, f, i));
		return;
	}
	for (size_t i = 0; i < n; i++)
		put_value(e, f, order ? (const void *)&order[i] : mg_field_item(msg, f, i));
}

static void
put_message(encoder *e, const mg_msg *msg)
{
	const mg_msg_type *type = msg->descriptor;

	for (unsigned i = 0; i < type->n_fields; i++) {
		size_t n = mg_field_count(msg, &type->fields[i]);

		if (n)
			put_field(e, msg, &type->fields[i], n);
	}
	for (unsigned i = 0; i < msg->n_unknown_fields; i++) {
		const mg_msg_unknown *u = &msg->unknown_fields[i];

		put_varint(e, (uint64_t)u->tag << 3 | u->wire_type);
		if (u->len)
			memcpy(e->at, u->data, u->len);
		e->at += u->len;
	}
}

static void
clear(encoder *e)
{
	mg_vec_clear(&e->sizes);
	mg_vec_clear(&e->orders);
	mg_arena_clear(&e->scratch);
}

static int
encode(const mg_msg *msg, size_t limit, mg_str *out, mgreg_error *err)
{
	encoder e = { .limit = limit, .err = err };
	size_t size;
	int rc;

	MG_TRY(measure_message(&e, msg, 0, &size));
	mg_str_reserve(out, size);
	MG_TRY(mg_str_check(out, err));
	e.at = (uint8_t *)out->ptr + out->len;
	put_message(&e, msg);
	assert(e.at == (uint8_t *)out->ptr + out->len + size);
	assert(e.next_size == e.sizes.len && e.next_order == e.orders.len);
	if (size) {
		out->len += size;
		out->ptr[out->len] = 0;
	}
out:
	clear(&e);
	return rc;
}

int
mg_msg_encode(const mg_msg *msg, mg_str *out, mgreg_error *err)
{
	return encode(msg, MG_PROTO_MAX_SIZE, out, err);
}

int
mg_msg_encode_large(const mg_msg *msg, mg_str *out, mgreg_error *err)
{
	return encode(msg, MG_PROTO_LARGE_SIZE, out, err);
}

int
mg_msg_encoded_size(const mg_msg *msg, size_t *out, mgreg_error *err)
{
	encoder e = { .limit = MG_PROTO_LARGE_SIZE, .err = err };
	int rc = measure_message(&e, msg, 0, out);

	clear(&e);
	return rc;
}
