/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto.h - protobuf messages: decode, encode, text format, comparison.
 *
 * A message is a protobuf-c struct (Pb__NodeDef, ...) whose every byte lives in an arena: nobody frees
 * messages, and messages of one arena may point into each other.  Unknown fields are kept.
 */
#ifndef MG_PROTO_H
#define MG_PROTO_H

#include "base/arena.h"
#include "base/str.h"
#include "proto/pb.h"

typedef ProtobufCMessage mg_msg;
typedef ProtobufCMessageDescriptor mg_msg_type;

/* Bounds on what is decoded; protobuf's own limits where they exist. */
#define MG_PROTO_MAX_DEPTH 100
#define MG_PROTO_MAX_SIZE  ((size_t)INT32_MAX)
#define MG_PROTO_LARGE_SIZE ((size_t)1 << 40)   /* what no file may hold, but a store may */

/* A new message of TYPE (e.g. &pb__node_def__descriptor) with every field at its default; NULL if memory is short. */
void *mg_msg_new(mg_arena *arena, const mg_msg_type *type);
/* Deep copy into ARENA; unknown fields come along. */
int mg_msg_copy(const mg_msg *msg, mg_arena *arena, mg_msg **out, mgreg_error *err);
/* Appends ITEM to a repeated pointer field: mg_msg_append(arena, &g->node, &g->n_node, item).  The array may have been
 * made by anybody, or be shared with a shallow copy of the message: then it is copied first.  false: memory is short. */
bool mg_msg_append(mg_arena *arena, void *items, size_t *n, void *item);

/* Bytes -> message.  INVALID_ARGUMENT/DATA_LOSS with the offset for malformed input; depth, size and the
 * count of nodes are bounded; singular messages that repeat are merged as protobuf does, in linear time. */
int mg_msg_decode(const mg_msg_type *type, const void *data, size_t size, mg_arena *arena,
	mg_msg **out, mgreg_error *err);
/* Message -> canonical bytes (fields by number, map entries by key, unknown fields after the known). */
int mg_msg_encode(const mg_msg *msg, mg_str *out, mgreg_error *err);
/* The same without protobuf's limit of 2^31-1 bytes, for bytes that only this program reads again. */
int mg_msg_encode_large(const mg_msg *msg, mg_str *out, mgreg_error *err);
int mg_msg_decode_large(const mg_msg_type *type, const void *data, size_t size, mg_arena *arena, mg_msg **out, mgreg_error *err);
/* Of any size. */
int mg_msg_encoded_size(const mg_msg *msg, size_t *out, mgreg_error *err);

/* Text format.  Errors carry line:column. */
int mg_msg_parse(const mg_msg_type *type, const char *text, size_t len, mg_arena *arena,
	mg_msg **out, mgreg_error *err);
int mg_msg_print(const mg_msg *msg, mg_str *out, mgreg_error *err);
/* One line, fields separated by a blank (protobuf's ShortDebugString). */
int mg_msg_print_short(const mg_msg *msg, mg_str *out, mgreg_error *err);

/* Equality as messages: maps by key, presence and floating bits count, NaN equals the same NaN.  EACH (may be NULL)
 * hears every difference as a path ("node[3].attr[\"T\"].type") with short texts of both sides; returns whether equal. */
typedef int mg_msg_diff_fn(void *ctx, const char *path, const char *a, const char *b);
bool mg_msg_equal(const mg_msg *a, const mg_msg *b, mg_msg_diff_fn *each, void *ctx);

/* Any: the type behind a URL, or NULL if it is not one of ours. */
const mg_msg_type *mg_any_find(const char *type_url);
/* Every message type, for tools and tests: by full name ("tensorflow.GraphDef"). */
const mg_msg_type *mg_msg_type_find(const char *full_name);
/* The Ith type of that table; NULL after the last. */
const mg_msg_type *mg_msg_type_at(size_t i);

/* wire.h's cursor for reading huge messages in place is in proto/wire.h, included here. */
#include "proto/wire.h"
#endif
