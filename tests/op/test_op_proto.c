/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_proto.c - OpDefs against those that TensorFlow wrote.
 *
 * Every op of every stripped op list of the corpus is compared byte by byte with ours.  The lists come from releases
 * 0.11 to 1.14, our rows from 1.15: a difference is accepted only for an op whose signature compat.def says has changed.
 */
#include "testing.h"
#include "base/file.h"
#include "base/map.h"
#include "op/op.h"

#include <dirent.h>
#include <stdio.h>

static int
any_change(void *ctx, const char *release, const char *what)
{
	(void)release;
	(void)what;
	*(bool *)ctx = true;
	return 0;
}

typedef struct tally { int lists, ops, same, changed; } tally;

static void
compare_op(const Pb__OpDef *theirs, tally *n, const char *path)
{
	const mg_op_def *op = mg_op_find(theirs->name);
	mg_arena arena = { 0 };
	mg_str a = MG_STR_INIT, b = MG_STR_INIT;
	Pb__OpDef *ours;
	mgreg_error err;
	bool changed = false;

	n->ops++;
	if (!op) {
		fprintf(stderr, "%s: op %s is not known\n", path, theirs->name);
		return;
	}
	ck_assert_ok(mg_op_to_proto(op, &arena, &ours, &err), &err);
	ck_assert_ok(mg_msg_encode(&ours->base, &a, &err), &err);
	ck_assert_ok(mg_msg_encode(&theirs->base, &b, &err), &err);
	if (a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0) {
		n->same++;
	} else {
		mg_op_changes(op->name, any_change, &changed);
		if (!changed) {
			mg_str x = MG_STR_INIT, y = MG_STR_INIT;

			mg_msg_print_short(&ours->base, &x, &err);
			mg_msg_print_short(&theirs->base, &y, &err);
			ck_abort_msg("%s: %s\nours   %s\ntheirs %s", path, op->name, x.ptr, y.ptr);
		}
		n->changed++;
	}
	mg_str_clear(&a);
	mg_str_clear(&b);
	mg_arena_clear(&arena);
}

static void
compare_file(const char *path, tally *n)
{
	mg_str bytes = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_msg *msg;
	mgreg_error err;
	const Pb__MetaGraphDef *m;

	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	ck_assert_ok(mg_msg_decode(&pb__meta_graph_def__descriptor, bytes.ptr, bytes.len, &arena, &msg, &err), &err);
	m = (const Pb__MetaGraphDef *)msg;
	if (m->meta_info_def && m->meta_info_def->stripped_op_list) {
		n->lists++;
		for (size_t i = 0; i < m->meta_info_def->stripped_op_list->n_op; i++)
			compare_op(m->meta_info_def->stripped_op_list->op[i], n, path);
	}
	mg_arena_clear(&arena);
	mg_str_clear(&bytes);
}

START_TEST(corpus)
{
	const char *dir = mg_test_corpus();
	struct dirent *item, *file;
	tally n = { 0 };
	DIR *d, *sub;

	if (!dir) {
		mg_test_skip("no corpus");
		return;
	}
	d = opendir(dir);
	ck_assert_ptr_nonnull(d);
	while ((item = readdir(d)) != NULL) {
		char folder[1024];

		if (item->d_name[0] == '.')
			continue;
		snprintf(folder, sizeof(folder), "%s/%s", dir, item->d_name);
		if ((sub = opendir(folder)) == NULL)
			continue;
		while ((file = readdir(sub)) != NULL)
			if (mg_ends_with(file->d_name, ".meta"))
				compare_file(mg_test_path(folder, file->d_name), &n);
		closedir(sub);
	}
	closedir(d);
	fprintf(stderr, "# %d lists, %d ops: %d the same, %d changed since\n", n.lists, n.ops, n.same, n.changed);
	ck_assert_int_gt(n.lists, 10);
	ck_assert_int_eq(n.same + n.changed, n.ops);
}
END_TEST

START_TEST(no_memory)
{
	mg_arena arena = { .limit = 64 };
	Pb__OpDef *out;
	mgreg_error err;

	ck_assert_fails(mg_op_to_proto(mg_op_find("Conv2D"), &arena, &out, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_op_proto(void)
{
	TCase *t;
	Suite *s = mg_suite("op_proto", &t);

	tcase_set_timeout(t, 60);
	tcase_add_test(t, corpus);
	tcase_add_test(t, no_memory);
	return s;
}
