/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto_tool.c - for comparisons with protoc:
 *
 *      proto-tool print TYPE < bytes > text
 *      proto-tool encode TYPE < text > bytes
 *      proto-tool same TYPE BYTES TEXT         exit 0 if both are the same message
 */
#include "base/base.h"
#include "base/file.h"
#include "proto/proto.h"

static int
say(void *ctx, const char *path, const char *a, const char *b)
{
	(void)ctx;
	fprintf(stderr, "%s: %s | %s\n", path, a, b);
	return 0;
}

static int
run(int argc, char **argv, mgreg_error *err)
{
	const mg_msg_type *type = argc > 2 ? mg_msg_type_find(argv[2]) : NULL;
	mg_str in = MG_STR_INIT, out = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_msg *a, *b;
	int rc = 0;

	if (!type)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "usage: proto-tool print|encode|same TYPE [BYTES TEXT]");
	if (strcmp(argv[1], "same") == 0 && argc == 5) {
		MG_TRY(mg_file_read(argv[3], 0, &in, err));
		MG_TRY(mg_msg_decode(type, in.ptr, in.len, &arena, &a, err));
		mg_str_reset(&in);
		MG_TRY(mg_file_read(argv[4], 0, &in, err));
		MG_TRY(mg_msg_parse(type, in.ptr, in.len, &arena, &b, err));
		if (!mg_msg_equal(a, b, say, NULL))
			rc = mg_fail(err, MGREG_UNKNOWN, "different messages");
		goto out;
	}
	MG_TRY(mg_fd_read(0, 0, &in, err));
	if (strcmp(argv[1], "print") == 0) {
		MG_TRY(mg_msg_decode(type, in.ptr, in.len, &arena, &a, err));
		MG_TRY(mg_msg_print(a, &out, err));
	} else {
		MG_TRY(mg_msg_parse(type, in.ptr, in.len, &arena, &a, err));
		MG_TRY(mg_msg_encode(a, &out, err));
	}
	if (fwrite(out.ptr, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		rc = mg_fail(err, MGREG_UNKNOWN, "cannot write");
out:
	mg_str_clear(&in);
	mg_str_clear(&out);
	mg_arena_clear(&arena);
	return rc;
}

int
main(int argc, char **argv)
{
	mgreg_error err = { 0 };

	if (run(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "proto-tool: %s\n", err.text);
	return 1;
}
