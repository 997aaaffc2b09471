/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - bounded cursor over protobuf bytes; nothing is copied. */
#ifndef MG_WIRE_H
#define MG_WIRE_H

enum mg_wire_type { MG_WIRE_VARINT = 0, MG_WIRE_64 = 1, MG_WIRE_LEN = 2, MG_WIRE_32 = 5 };

typedef struct mg_wire {
	const uint8_t *at, *end;
} mg_wire;

typedef struct mg_wire_field {
	uint32_t       number;
	unsigned       type;            /* enum mg_wire_type */
	uint64_t       value;           /* varint, fixed: the bits; LEN: the length */
	const uint8_t *data;            /* LEN: the bytes */
} mg_wire_field;

/* 1: *F is the next field; 0: the end; -1: malformed. */
int mg_wire_next(mg_wire *w, mg_wire_field *f);

/* Writing. */
void mg_wire_put_varint(mg_str *out, uint32_t number, uint64_t value);
void mg_wire_put_bytes(mg_str *out, uint32_t number, const void *data, size_t size);
void mg_wire_put_32(mg_str *out, uint32_t number, uint32_t value);
void mg_wire_put_64(mg_str *out, uint32_t number, uint64_t value);
#endif
