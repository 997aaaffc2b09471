/* SPDX-License-Identifier: Apache-2.0 */
/* proto_test.h - bytes from hex, messages from bytes, for the tests of this layer. */
#ifndef MG_PROTO_TEST_H
#define MG_PROTO_TEST_H

#include "base/base.h"
#include "proto/proto.h"
#include "testing.h"

/* "0A 03 61" -> bytes; returns how many. */
static inline size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	int used;

	while (sscanf(hex, " %2x%n", &byte, &used) == 1) {
		out[n++] = (uint8_t)byte;
		hex += used;
	}
	return n;
}

static inline mg_msg *
parse(const mg_msg_type *type, const char *text, mg_arena *arena)
{
	mgreg_error err = { 0 };
	mg_msg *msg = NULL;

	ck_assert_ok(mg_msg_parse(type, text, strlen(text), arena, &msg, &err), &err);
	return msg;
}

static inline mg_msg *
decode(const mg_msg_type *type, const void *data, size_t size, mg_arena *arena)
{
	mgreg_error err = { 0 };
	mg_msg *msg = NULL;

	ck_assert_ok(mg_msg_decode(type, data, size, arena, &msg, &err), &err);
	return msg;
}

#endif
