/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.c - messages and their arrays in an arena.
 *
 * Arrays that grow while one message is decoded, parsed or copied have room for the next power of two (at least 4) of what they
 * hold: their length alone says when they are full.  That rule is not known of arrays met later, which may be anybody's;
 * appending to those asks the arena, which remembers the arrays that it is growing (mg_arena_append).
 */
#include "base/base.h"
#include "proto/proto_internal.h"

void *
mg_msg_new(mg_arena *arena, const mg_msg_type *type)
{
	mg_msg *msg = mg_arena_alloc(arena, type->sizeof_message);

	if (msg)
		type->message_init(msg);
	return msg;
}

/* What an array of N items has room for, by the rule. */
static size_t
room_of(size_t n)
{
	size_t room = 4;

	if (n == 0)
		return 0;
	if (n > SIZE_MAX / 2)
		return SIZE_MAX;
	while (room < n)
		room *= 2;
	return room;
}

bool
mg_items_reserve(mg_arena *arena, void **items, size_t n, size_t want, size_t size)
{
	size_t room, bytes;
	void *fresh;

	if (want > UINT32_MAX / 2)
		return false;
	if (n && want <= room_of(n))
		return true;
	room = room_of(want);
	if (!mg_mul_size(room, size, &bytes) || !(fresh = mg_arena_alloc(arena, bytes)))
		return false;
	if (n)
		memcpy(fresh, *items, n * size);
	*items = fresh;
	return true;
}

void *
mg_items_add(mg_arena *arena, void **items, size_t *n, size_t size)
{
	size_t k = *n;

	/* Full at 0, 4, 8, 16 ... */
	if ((k & (k - 1)) == 0 && (k == 0 || k >= 4) && !mg_items_reserve(arena, items, k, k + 1, size))
		return NULL;
	return (char *)*items + (*n)++ * size;
}

bool
mg_msg_append(mg_arena *arena, void *items, size_t *n, void *item)
{
	return mg_arena_append(arena, items, n, item);
}

/* ---- copying ----------------------------------------------------------------------------- */

static mg_msg *copy_message(const mg_msg *msg, mg_arena *arena, unsigned depth, mgreg_error *err);

static int
copy_value(const mg_msg_field *f, const void *from, void *to, mg_arena *arena, unsigned depth,
	mgreg_error *err)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *text = *(char *const *)from;
		char *copy;

		if (!text || !*text)
			*(const char **)to = protobuf_c_empty_string;
		else if ((copy = mg_arena_strdup(arena, text)))
			*(char **)to = copy;
		else
			return mg_fail_nomem(err, strlen(text));
		return 0;
	}
	case PROTOBUF_C_TYPE_BYTES: {
		ProtobufCBinaryData data = *(const ProtobufCBinaryData *)from;

		if (data.len && !(data.data = mg_arena_memdup(arena, data.data, data.len)))
			return mg_fail_nomem(err, data.len);
		*(ProtobufCBinaryData *)to = data;
		return 0;
	}
	case PROTOBUF_C_TYPE_MESSAGE: {
		const mg_msg *msg = *(mg_msg *const *)from;

		*(mg_msg **)to = msg ? copy_message(msg, arena, depth + 1, err) : NULL;
		return msg && !*(mg_msg **)to ? MGREG_RESOURCE_EXHAUSTED : 0;
	}
	default:
		memcpy(to, from, mg_field_kind_of(f)->size);
		return 0;
	}
}

static int
copy_unknown(const mg_msg *msg, mg_msg *copy, mg_arena *arena, mgreg_error *err)
{
	mg_msg_unknown *items;

	if (!msg->n_unknown_fields)
		return 0;
	if (!(items = mg_arena_zalloc(arena, msg->n_unknown_fields, sizeof(*items))))
		return mg_fail_nomem(err, 0);
	for (unsigned i = 0; i < msg->n_unknown_fields; i++) {
		mg_msg_unknown *u = &items[i];

		*u = msg->unknown_fields[i];
		if (u->len && !(u->data = mg_arena_memdup(arena, u->data, u->len)))
			return mg_fail_nomem(err, u->len);
	}
	copy->unknown_fields = items;
	copy->n_unknown_fields = msg->n_unknown_fields;
	return 0;
}

static int
copy_repeated(const mg_msg *msg, const mg_msg_field *f, mg_msg *copy, mg_arena *arena, unsigned depth,
	mgreg_error *err)
{
	size_t n = *mg_field_n(msg, f), size = mg_field_kind_of(f)->size;
	char *items;

	if (!n)
		return 0;
	if (!(items = mg_arena_zalloc(arena, n, size)))
		return mg_fail_nomem(err, n * size);
	*(void **)mg_field_at(copy, f) = items;
	*mg_field_n(copy, f) = n;
	if (f->type != PROTOBUF_C_TYPE_MESSAGE && f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_BYTES) {
		memcpy(items, *(void **)mg_field_at(msg, f), n * size);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		int rc = copy_value(f, mg_field_item(msg, f, i), items + i * size, arena, depth, err);

		if (rc)
			return rc;
	}
	return 0;
}

static mg_msg *
copy_message(const mg_msg *msg, mg_arena *arena, unsigned depth, mgreg_error *err)
{
	const mg_msg_type *type = msg->descriptor;
	mg_msg *copy;

	if (depth > 2 * MG_PROTO_MAX_DEPTH) {
		mg_fail(err, MGREG_INVALID_ARGUMENT, "message %s: nested too deeply", type->name);
		return NULL;
	}
	if (!(copy = mg_msg_new(arena, type))) {
		mg_fail_nomem(err, type->sizeof_message);
		return NULL;
	}
	for (unsigned i = 0; i < type->n_fields; i++) {
		const mg_msg_field *f = &type->fields[i];
		int rc = 0;

		if (mg_field_repeated(f)) {
			rc = copy_repeated(msg, f, copy, arena, depth, err);
		} else if (!mg_field_in_oneof(f) || *mg_field_case(msg, f) == f->id) {
			if (mg_field_in_oneof(f))
				*mg_field_case(copy, f) = f->id;
			rc = copy_value(f, mg_field_at(msg, f), mg_field_at(copy, f), arena, depth, err);
		}
		if (rc)
			return NULL;
	}
	return copy_unknown(msg, copy, arena, err) ? NULL : copy;
}

int
mg_msg_copy(const mg_msg *msg, mg_arena *arena, mg_msg **out, mgreg_error *err)
{
	mgreg_error local = { 0 };
	mg_msg *copy = copy_message(msg, arena, 0, err ? err : &local);

	if (!copy)
		return err ? (int)err->code : (int)local.code;
	*out = copy;
	return 0;
}
