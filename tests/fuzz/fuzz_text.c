/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_text.c - text as a MetaGraphDef.  What parses must print, parse again, and print the same text. */
#include "base/base.h"
#include "proto/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	mg_str a = MG_STR_INIT, b = MG_STR_INIT;
	mgreg_error err = { 0 };
	mg_msg *msg, *back;

	if (mg_msg_parse(&pb__meta_graph_def__descriptor, (const char *)data, size, &arena, &msg, &err) != 0) {
		must(err.text[0] >= '1' && err.text[0] <= '9', "an error without a place");
		goto out;
	}
	must(mg_msg_print(msg, &a, &err) == 0, "parsed but does not print");
	must(mg_msg_parse(&pb__meta_graph_def__descriptor, a.ptr, a.len, &arena, &back, &err) == 0,
		"printed but does not parse");
	must(mg_msg_print(back, &b, &err) == 0 && a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0,
		"another text for the same message");
out:
	mg_str_clear(&a);
	mg_str_clear(&b);
	mg_arena_clear(&arena);
	return 0;
}
