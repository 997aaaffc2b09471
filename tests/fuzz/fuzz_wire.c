/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_wire.c - bytes as a message.  The first byte picks the type.  What decodes must encode, decode to an equal
 * message, encode to the same bytes again, and print.
 */
#include "base/base.h"
#include "proto/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const mg_msg_type *const types[] = {
	&pb__meta_graph_def__descriptor, &pb__graph_def__descriptor, &pb__saved_model__descriptor,
	&pb__attr_value__descriptor, &pb__tensor_proto__descriptor, &pb__control_flow_context_def__descriptor,
	&pb__event__descriptor, &pb__hparam_def__descriptor,
};

static void
must(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mg_arena arena = { .limit = (size_t)256 << 20 };
	mg_str a = MG_STR_INIT, b = MG_STR_INIT, text = MG_STR_INIT;
	mgreg_error err = { 0 };
	const mg_msg_type *type;
	mg_msg *msg, *back, *copy;

	if (size == 0)
		return 0;
	type = types[data[0] % MG_COUNT(types)];
	if (mg_msg_decode(type, data + 1, size - 1, &arena, &msg, &err) != 0) {
		must(err.text[0] != 0, "an error without words");
		goto out;
	}
	must(mg_msg_encode(msg, &a, &err) == 0, "decoded but does not encode");
	must(mg_msg_decode(type, a.ptr, a.len, &arena, &back, &err) == 0, "encoded but does not decode");
	must(mg_msg_equal(msg, back, NULL, NULL), "another message comes back");
	must(mg_msg_encode(back, &b, &err) == 0 && a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0,
		"other bytes for the same message");
	must(mg_msg_copy(msg, &arena, &copy, &err) == 0 && mg_msg_equal(msg, copy, NULL, NULL), "a copy that differs");
	must(mg_msg_print(msg, &text, &err) == 0, "does not print");
out:
	mg_str_clear(&a);
	mg_str_clear(&b);
	mg_str_clear(&text);
	mg_arena_clear(&arena);
	return 0;
}
