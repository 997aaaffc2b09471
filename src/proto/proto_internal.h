/* SPDX-License-Identifier: Apache-2.0 */
/* proto_internal.h - what the files of this layer share: looking at messages through their descriptors. */
#ifndef MG_PROTO_INTERNAL_H
#define MG_PROTO_INTERNAL_H

#include "proto/proto.h"

typedef ProtobufCFieldDescriptor mg_msg_field;
typedef ProtobufCMessageUnknownField mg_msg_unknown;

/* How a field travels: as one wire type, as a C value of some size, in a packed array or not. */
typedef struct mg_field_kind {
	uint8_t wire;           /* enum mg_wire_type */
	uint8_t size;           /* of one value in the struct or in an array */
	bool    packs;          /* repeated values share one length-delimited field */
} mg_field_kind;
extern const mg_field_kind mg_field_kinds[];

static inline const mg_field_kind *
mg_field_kind_of(const mg_msg_field *f)
{
	return &mg_field_kinds[f->type];
}

static inline void *
mg_field_at(const mg_msg *msg, const mg_msg_field *f)
{
	return (char *)(uintptr_t)msg + f->offset;
}

/* Repeated fields: the array and its length. */
static inline size_t *
mg_field_n(const mg_msg *msg, const mg_msg_field *f)
{
	return (size_t *)((char *)(uintptr_t)msg + f->quantifier_offset);
}

static inline bool
mg_field_repeated(const mg_msg_field *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED;
}

/* Members of a oneof: which member is set (its number). */
static inline bool
mg_field_in_oneof(const mg_msg_field *f)
{
	return (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static inline uint32_t *
mg_field_case(const mg_msg *msg, const mg_msg_field *f)
{
	return (uint32_t *)((char *)(uintptr_t)msg + f->quantifier_offset);
}

/* The Ith value of a field: its address in the struct, or in the array. */
static inline void *
mg_field_item(const mg_msg *msg, const mg_msg_field *f, size_t i)
{
	void *at = mg_field_at(msg, f);
	return mg_field_repeated(f) ? *(char **)at + i * mg_field_kind_of(f)->size : at;
}

/* Does the value differ from its type's default? */
bool mg_field_is_set(const mg_msg_field *f, const void *at);
/* How many values a serializer sees: the length, or 1 if present (by its bits; in a map entry always), or 0. */
size_t mg_field_count(const mg_msg *msg, const mg_msg_field *f);

/* Is TYPE the entry of a map<>, FIELD such a map?  protobuf-c does not keep the option; the shape and the
 * reserved name tell. */
bool mg_type_is_entry(const mg_msg_type *type);
static inline bool
mg_field_is_map(const mg_msg_field *f)
{
	return mg_field_repeated(f) && f->type == PROTOBUF_C_TYPE_MESSAGE && mg_type_is_entry(f->descriptor);
}
/* Order of two entries of one type by key: text bytewise, numbers by value. */
int mg_entry_compare(const mg_msg *a, const mg_msg *b);
/* The entries of a map by key, entries with equal keys in their order: the array itself if it is in order, otherwise
 * a sorted copy in SCRATCH; NULL if memory is short (or N is 0). */
mg_msg **mg_entries_sort(mg_msg **entries, size_t n, mg_arena *scratch);
/* Of entries with one key only the last stays.  false if memory is short. */
bool mg_entries_unique(mg_msg **entries, size_t *n);
/* The same for every map field of MSG itself. */
bool mg_msg_unique_maps(mg_msg *msg);
/* A map entry of message values always has one. */
bool mg_entry_complete(mg_msg *entry, mg_arena *arena);

/* Room for WANT items in the array *ITEMS, which holds N of SIZE bytes; moves it when it must. */
bool mg_items_reserve(mg_arena *arena, void **items, size_t n, size_t want, size_t size);
/* One more item; its address, or NULL if memory is short. */
void *mg_items_add(mg_arena *arena, void **items, size_t *n, size_t size);

/* One value as text on one line: a number, a quoted string, "{ ... }". */
void mg_field_print_value(const mg_msg_field *f, const void *at, mg_str *out);

#endif
