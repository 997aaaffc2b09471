/* SPDX-License-Identifier: Apache-2.0 */
/* field.c - what a descriptor says about a field: how it travels, whether it is there, whether it is a map. */
#include <stdlib.h>

#include "base/base.h"
#include "proto/proto_internal.h"

const mg_field_kind mg_field_kinds[] = {
	[PROTOBUF_C_TYPE_INT32]    = { MG_WIRE_VARINT, 4, true },
	[PROTOBUF_C_TYPE_SINT32]   = { MG_WIRE_VARINT, 4, true },
	[PROTOBUF_C_TYPE_SFIXED32] = { MG_WIRE_32, 4, true },
	[PROTOBUF_C_TYPE_INT64]    = { MG_WIRE_VARINT, 8, true },
	[PROTOBUF_C_TYPE_SINT64]   = { MG_WIRE_VARINT, 8, true },
	[PROTOBUF_C_TYPE_SFIXED64] = { MG_WIRE_64, 8, true },
	[PROTOBUF_C_TYPE_UINT32]   = { MG_WIRE_VARINT, 4, true },
	[PROTOBUF_C_TYPE_FIXED32]  = { MG_WIRE_32, 4, true },
	[PROTOBUF_C_TYPE_UINT64]   = { MG_WIRE_VARINT, 8, true },
	[PROTOBUF_C_TYPE_FIXED64]  = { MG_WIRE_64, 8, true },
	[PROTOBUF_C_TYPE_FLOAT]    = { MG_WIRE_32, 4, true },
	[PROTOBUF_C_TYPE_DOUBLE]   = { MG_WIRE_64, 8, true },
	[PROTOBUF_C_TYPE_BOOL]     = { MG_WIRE_VARINT, sizeof(protobuf_c_boolean), true },
	[PROTOBUF_C_TYPE_ENUM]     = { MG_WIRE_VARINT, 4, true },
	[PROTOBUF_C_TYPE_STRING]   = { MG_WIRE_LEN, sizeof(char *), false },
	[PROTOBUF_C_TYPE_BYTES]    = { MG_WIRE_LEN, sizeof(ProtobufCBinaryData), false },
	[PROTOBUF_C_TYPE_MESSAGE]  = { MG_WIRE_LEN, sizeof(mg_msg *), false },
};
_Static_assert(MG_COUNT(mg_field_kinds) == PROTOBUF_C_TYPE_MESSAGE + 1, "one row for each type");

/* The bits decide for numbers: -0.0 is not the default, and protobuf-c's own encoder would drop it. */
bool
mg_field_is_set(const mg_msg_field *f, const void *at)
{
	static const char zero[8];

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)at && **(char *const *)at;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)at)->len != 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		return *(mg_msg *const *)at != NULL;
	default:
		return memcmp(at, zero, mg_field_kind_of(f)->size) != 0;
	}
}

size_t
mg_field_count(const mg_msg *msg, const mg_msg_field *f)
{
	if (mg_field_repeated(f))
		return *mg_field_n(msg, f);
	if (mg_field_in_oneof(f)) {
		if (*mg_field_case(msg, f) != f->id)
			return 0;
		return f->type != PROTOBUF_C_TYPE_MESSAGE || *(mg_msg **)mg_field_at(msg, f);
	}
	return mg_field_is_set(f, mg_field_at(msg, f)) || mg_type_is_entry(msg->descriptor);
}

/* ---- maps -------------------------------------------------------------------------------- */

bool
mg_type_is_entry(const mg_msg_type *type)
{
	size_t len;

	if (type->n_fields != 2 || type->fields[0].id != 1 || type->fields[1].id != 2)
		return false;
	len = strlen(type->short_name);
	return len > 5 && memcmp(type->short_name + len - 5, "Entry", 5) == 0
		&& strcmp(type->fields[0].name, "key") == 0 && strcmp(type->fields[1].name, "value") == 0
		&& !mg_field_repeated(&type->fields[0]) && !mg_field_repeated(&type->fields[1]);
}

#define COMPARE(type, a, b) \
	((*(const type *)(a) > *(const type *)(b)) - (*(const type *)(a) < *(const type *)(b)))

int
mg_entry_compare(const mg_msg *a, const mg_msg *b)
{
	const mg_msg_field *f = &a->descriptor->fields[0];
	const void *x = mg_field_at(a, f), *y = mg_field_at(b, f);

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *s = *(char *const *)x, *t = *(char *const *)y;
		return strcmp(s ? s : "", t ? t : "");
	}
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		return COMPARE(int64_t, x, y);
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		return COMPARE(uint64_t, x, y);
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		return COMPARE(uint32_t, x, y);
	default:
		return COMPARE(int32_t, x, y);
	}
}

typedef struct ranked {
	mg_msg *entry;
	size_t  rank;           /* place in the array: makes the order stable */
} ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const ranked *x = a, *y = b;
	int order = mg_entry_compare(x->entry, y->entry);

	return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static void
rank_entries(mg_msg **entries, size_t n, ranked *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (ranked){ entries[i], i };
	qsort(out, n, sizeof(*out), compare_ranked);
}

mg_msg **
mg_entries_sort(mg_msg **entries, size_t n, mg_arena *scratch)
{
	size_t i = 1;
	ranked *order;
	mg_msg **sorted;

	while (i < n && mg_entry_compare(entries[i - 1], entries[i]) <= 0)
		i++;
	if (i >= n)
		return entries;
	order = mg_arena_zalloc(scratch, n, sizeof(*order));
	sorted = mg_arena_zalloc(scratch, n, sizeof(*sorted));
	if (!order || !sorted)
		return NULL;
	rank_entries(entries, n, order);
	for (i = 0; i < n; i++)
		sorted[i] = order[i].entry;
	return sorted;
}

static void
drop_texts(mg_msg **entries, size_t n, const mg_msg_field *key)
{
	for (size_t i = 0; i < n; i++) {
		const char *a = *(char *const *)mg_field_at(entries[i], key);

		for (size_t j = i + 1; j < n; j++) {
			const char *b = *(char *const *)mg_field_at(entries[j], key);

			if (a && b ? *a == *b && strcmp(a, b) == 0 : (a ? *a == '\0' : !b || *b == '\0')) {
				entries[i] = NULL;
				break;
			}
		}
	}
}

/* Few entries, the usual case: looking at all pairs needs no memory. */
static void
drop_pairwise(mg_msg **entries, size_t n)
{
	const mg_msg_field *key = &entries[0]->descriptor->fields[0];

	if (key->type == PROTOBUF_C_TYPE_STRING) {
		drop_texts(entries, n, key);
		return;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (mg_entry_compare(entries[i], entries[j]) == 0) {
				entries[i] = NULL;
				break;
			}
}

bool
mg_entries_unique(mg_msg **entries, size_t *n)
{
	size_t kept = 0;

	if (*n <= 12) {
		drop_pairwise(entries, *n);
	} else {
		ranked *order = mg_calloc(*n, sizeof(*order));

		if (!order)
			return false;
		rank_entries(entries, *n, order);
		for (size_t i = 0; i + 1 < *n; i++)
			if (mg_entry_compare(order[i].entry, order[i + 1].entry) == 0)
				entries[order[i].rank] = NULL;
		mg_free(order);
	}
	for (size_t i = 0; i < *n; i++)
		if (entries[i])
			entries[kept++] = entries[i];
	*n = kept;
	return true;
}

bool
mg_msg_unique_maps(mg_msg *msg)
{
	const mg_msg_type *type = msg->descriptor;

	for (unsigned i = 0; i < type->n_fields; i++) {
		const mg_msg_field *f = &type->fields[i];

		if (mg_field_repeated(f) && *mg_field_n(msg, f) > 1 && mg_field_is_map(f)
				&& !mg_entries_unique(*(mg_msg ***)mg_field_at(msg, f), mg_field_n(msg, f)))
			return false;
	}
	return true;
}

bool
mg_entry_complete(mg_msg *entry, mg_arena *arena)
{
	const mg_msg_field *f = &entry->descriptor->fields[1];
	mg_msg **value = mg_field_at(entry, f);

	if (f->type != PROTOBUF_C_TYPE_MESSAGE || *value)
		return true;
	return (*value = mg_msg_new(arena, f->descriptor)) != NULL;
}
