/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.c - tags, varints, lengths.
 *
 *      tag      varint, number << 3 | type
 *      value    type 0: varint    1: 8 bytes    5: 4 bytes    2: varint length, bytes
 *
 * Types 3 and 4 (groups) belong to proto2 and to no message here; they are malformed.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "proto/proto_internal.h"

#define NUMBER_MAX 0x1fffffffu

int
mg_wire_next(mg_wire *w, mg_wire_field *f)
{
	const uint8_t *at = w->at;
	uint64_t tag;
	size_t n;

	if (at >= w->end)
		return 0;
	if ((n = mg_varint_get(at, w->end, &tag)) == 0 || tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
		return -1;
	at += n;
	f->number = (uint32_t)(tag >> 3);
	f->type = (unsigned)(tag & 7);
	f->data = NULL;
	switch (f->type) {
	case MG_WIRE_VARINT:
		if ((n = mg_varint_get(at, w->end, &f->value)) == 0)
			return -1;
		break;
	case MG_WIRE_64:
		if ((n = 8) > (size_t)(w->end - at))
			return -1;
		f->value = mg_load64(at);
		break;
	case MG_WIRE_32:
		if ((n = 4) > (size_t)(w->end - at))
			return -1;
		f->value = mg_load32(at);
		break;
	case MG_WIRE_LEN:
		if ((n = mg_varint_get(at, w->end, &f->value)) == 0)
			return -1;
		at += n;
		if (f->value > (size_t)(w->end - at))
			return -1;
		f->data = at;
		n = (size_t)f->value;
		break;
	default:
		return -1;
	}
	w->at = at + n;
	return 1;
}

static void
put_tag(mg_str *out, uint32_t number, unsigned type)
{
	uint8_t tag[10];

	mg_str_append(out, tag, mg_varint_put(tag, (uint64_t)number << 3 | type));
}

void
mg_wire_put_varint(mg_str *out, uint32_t number, uint64_t value)
{
	uint8_t bytes[10];

	put_tag(out, number, MG_WIRE_VARINT);
	mg_str_append(out, bytes, mg_varint_put(bytes, value));
}

void
mg_wire_put_bytes(mg_str *out, uint32_t number, const void *data, size_t size)
{
	uint8_t bytes[10];

	put_tag(out, number, MG_WIRE_LEN);
	mg_str_append(out, bytes, mg_varint_put(bytes, size));
	mg_str_append(out, data, size);
}

void
mg_wire_put_32(mg_str *out, uint32_t number, uint32_t value)
{
	uint8_t bytes[4];

	put_tag(out, number, MG_WIRE_32);
	mg_store32(bytes, value);
	mg_str_append(out, bytes, 4);
}

void
mg_wire_put_64(mg_str *out, uint32_t number, uint64_t value)
{
	uint8_t bytes[8];

	put_tag(out, number, MG_WIRE_64);
	mg_store64(bytes, value);
	mg_str_append(out, bytes, 8);
}
