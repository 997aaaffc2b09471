/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.c - messages and their arrays in an arena.
 *
 * An array of a repeated field that this layer makes has a head just before its first item:
 *
 *      seal (8)   address of the first item, scrambled: an array without a head does not have it
 *      cap  (4)   items there is room for
 *      used (4)   items written by whoever wrote last
 *
 * So appending costs a copy only when the array is full, when somebody else made it, or when a shallow copy of
 * the message has appended to the same array before (then `used` differs from the count of the message at hand).
 */
#include "base/base.h"
#include "proto/proto_internal.h"

typedef struct array_head {
	uint64_t seal;
	uint32_t cap, used;
} array_head;
_Static_assert(sizeof(array_head) == 16, "the arena's alignment must carry over to the items");

#define SEAL(items) ((uint64_t)(uintptr_t)(items) * 0x9e3779b97f4a7c15u ^ 0x6d67617272617973u)

void *
mg_msg_new(mg_arena *arena, const mg_msg_type *type)
{
	mg_msg *msg = mg_arena_alloc(arena, type->sizeof_message);

	if (msg)
		type->message_init(msg);
	return msg;
}

/* The head, or NULL where the array is not ours.  Memory before a foreign array may belong to nobody as far as the
 * address sanitizer is concerned, but it is there: every allocator keeps at least that much in front. */
__attribute__((no_sanitize("address"))) static array_head *
find_head(void *items)
{
	array_head *head;

	if (!items || (uintptr_t)items % 16 != 0)
		return NULL;
	head = (array_head *)((char *)items - sizeof(*head));
	return head->seal == SEAL(items) ? head : NULL;
}

bool
mg_items_reserve(mg_arena *arena, void **items, size_t n, size_t want, size_t size)
{
	array_head *head = find_head(*items), *fresh;
	size_t cap, bytes;

	if (want > UINT32_MAX / 2)
		return false;
	if (head && head->used == n && want <= head->cap)
		return true;
	cap = n == 0 ? MG_MAX(want, 4) : MG_MAX(want, 2 * n);
	if (!mg_mul_size(cap, size, &bytes) || !mg_add_size(bytes, sizeof(*fresh), &bytes)
			|| !(fresh = mg_arena_alloc(arena, bytes)))
		return false;
	if (n)
		memcpy(fresh + 1, *items, n * size);
	fresh->seal = SEAL(fresh + 1);
	fresh->cap = (uint32_t)cap;
	fresh->used = (uint32_t)n;
	*items = fresh + 1;
	return true;
}

void *
mg_items_add(mg_arena *arena, void **items, size_t *n, size_t size)
{
	if (!mg_items_reserve(arena, items, *n, *n + 1, size))
		return NULL;
	((array_head *)*items)[-1].used = (uint32_t)(*n + 1);
	return (char *)*items + (*n)++ * size;
}

bool
mg_msg_append(mg_arena *arena, void *items, size_t *n, void *item)
{
	void **slot = mg_items_add(arena, items, n, sizeof(void *));

	if (slot)
		*slot = item;
	return slot != NULL;
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
	size_t n = 0;
	void *items = NULL;

	if (!msg->n_unknown_fields)
		return 0;
	if (!mg_items_reserve(arena, &items, 0, msg->n_unknown_fields, sizeof(mg_msg_unknown)))
		return mg_fail_nomem(err, 0);
	for (unsigned i = 0; i < msg->n_unknown_fields; i++) {
		mg_msg_unknown *u = mg_items_add(arena, &items, &n, sizeof(*u));

		if (!u)
			return mg_fail_nomem(err, sizeof(*u));
		*u = msg->unknown_fields[i];
		if (u->len && !(u->data = mg_arena_memdup(arena, u->data, u->len)))
			return mg_fail_nomem(err, u->len);
	}
	copy->unknown_fields = items;
	copy->n_unknown_fields = (unsigned)n;
	return 0;
}

static int
copy_repeated(const mg_msg *msg, const mg_msg_field *f, mg_msg *copy, mg_arena *arena, unsigned depth,
	mgreg_error *err)
{
	size_t n = *mg_field_n(msg, f), size = mg_field_kind_of(f)->size;
	void **items = mg_field_at(copy, f);

	if (!n)
		return 0;
	if (!mg_items_reserve(arena, items, 0, n, size))
		return mg_fail_nomem(err, n * size);
	for (size_t i = 0; i < n; i++) {
		void *to = mg_items_add(arena, items, mg_field_n(copy, f), size);
		int rc = to ? copy_value(f, mg_field_item(msg, f, i), to, arena, depth, err) : mg_fail_nomem(err, size);

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
