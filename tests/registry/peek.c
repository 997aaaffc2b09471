/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peek.c - what the scripts ask of the library's insides.
 *
 *	peek npy IN OUT       reads a .npy and writes it again
 *	peek data PATH        columns as lines "name dtype shape json"
 *	peek tensors PREFIX   tensors of a checkpoint as such lines
 *	peek make PREFIX      a V2 checkpoint with every dtype, slices and strings
 *	peek copy FROM TO     a checkpoint of any format as V2
 */
#include "base/base.h"
#include <stdio.h>
#include "ckpt/ckpt.h"
#include "registry/data.h"

static int
show(const char *name, const mg_tensor *t, mgreg_error *err)
{
	mg_str json = MG_STR_INIT, shape = MG_STR_INIT;
	int rc;

	mg_tensor_print_json(t, &json);
	mg_shape_format(&t->shape, &shape);
	if ((rc = mg_str_check(&json, err)) == 0)
		printf("%s %s %s %s\n", name, mg_dtype_name((int)t->dtype), shape.ptr, json.ptr);
	mg_str_clear(&json);
	mg_str_clear(&shape);
	return rc;
}

static int
npy(char **args, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc;

	if ((rc = mg_npy_read(args[0], &t, err)) == 0)
		rc = mg_npy_write(args[1], &t, err);
	mg_tensor_clear(&t);
	return rc;
}

static int
data(char **args, mgreg_error *err)
{
	mg_data *d = NULL;
	int64_t *rows = NULL;
	mg_tensor t = { 0 };
	int rc;

	MG_TRY(mg_data_open(&d, args[0], err));
	if ((rows = mg_calloc((size_t)mg_data_rows(d) + 1, sizeof(*rows))) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int64_t i = 0; i < mg_data_rows(d); i++)
		rows[i] = i;
	for (size_t c = 0; c < mg_data_columns(d); c++) {
		MG_TRY(mg_data_take(d, c, rows, mg_data_rows(d), MGREG_INVALID, NULL, &t, err));
		MG_TRY(show(mg_data_column_at(d, c)->name, &t, err));
		mg_tensor_clear(&t);
	}
out:
	mg_tensor_clear(&t);
	mg_free(rows);
	mg_data_close(d);
	return rc;
}

static int
each_tensor(const char *prefix, int (*each)(const char *name, const mg_tensor *t, void *ctx, mgreg_error *err), void *ctx, mgreg_error *err)
{
	mg_ckpt *c = NULL;
	mg_ckpt_entry e;
	mg_tensor t = { 0 };
	int rc;

	MG_TRY(mg_ckpt_open(&c, prefix, err));
	for (size_t i = 0; (rc = mg_ckpt_entry_at(c, i, &e, err)) == 0; i++) {
		MG_TRY(mg_ckpt_read(c, e.name, NULL, &t, err));
		MG_TRY(each(e.name, &t, ctx, err));
		mg_tensor_clear(&t);
	}
	if (rc == MGREG_OUT_OF_RANGE)
		rc = 0;
out:
	mg_tensor_clear(&t);
	mg_ckpt_close(c);
	return rc;
}

static int
show_tensor(const char *name, const mg_tensor *t, void *ctx, mgreg_error *err)
{
	(void)ctx;
	return show(name, t, err);
}

static int
tensors(char **args, mgreg_error *err)
{
	return each_tensor(args[0], show_tensor, NULL, err);
}

static int
put_tensor(const char *name, const mg_tensor *t, void *ctx, mgreg_error *err)
{
	return mg_ckpt_put(ctx, name, NULL, NULL, t, err);
}

static int
copy(char **args, mgreg_error *err)
{
	mg_ckpt *w = NULL;
	int rc;

	MG_TRY(mg_ckpt_create(&w, "v2", args[1], err));
	MG_TRY(each_tensor(args[0], put_tensor, w, err));
	MG_TRY(mg_ckpt_finish(w, err));
out:
	mg_ckpt_close(w);
	return rc;
}

static int
put_sliced(mg_ckpt *w, mgreg_error *err)
{
	int64_t dims[] = { 6, 3 }, start[] = { 0, 0 }, length[] = { 2, 3 };
	mg_tslice s = { 2, start, length };
	mg_shape full = MG_SHAPE_SCALAR, part = MG_SHAPE_SCALAR;
	mg_tensor t = { 0 }, piece = { 0 };
	int rc;

	MG_TRY(mg_tensor_init_dims(&t, MGREG_FLOAT, dims, 2, err));
	for (int i = 0; i < 18; i++)
		MG_DATA(&t, float)[i] = (float)i / 4;
	MG_TRY(mg_shape_copy(&full, &t.shape, err));
	MG_TRY(mg_shape_set(&part, length, 2, err));
	for (; start[0] < 6; start[0] += 2) {
		MG_TRY(mg_tensor_init_buffer(&piece, MGREG_FLOAT, &part, t.buffer, MG_DATA(&t, float) + start[0] * 3, err));
		MG_TRY(mg_ckpt_put(w, "sliced", &full, &s, &piece, err));
		mg_tensor_clear(&piece);
	}
out:
	mg_tensor_clear(&piece);
	mg_tensor_clear(&t);
	mg_shape_clear(&full);
	mg_shape_clear(&part);
	return rc;
}

static int
make(char **args, mgreg_error *err)
{
	mg_ckpt *w = NULL;
	mg_tensor t = { 0 };
	int64_t dims[] = { 2, 5 };
	char name[64];
	int rc;

	MG_TRY(mg_ckpt_create(&w, "v2", args[0], err));
	for (int dtype = 1; dtype < MG_DTYPE_MAX; dtype++) {
		if (!mg_dtype_is_memcpy(dtype) && dtype != MGREG_STRING)
			continue;
		MG_TRY(mg_tensor_init_dims(&t, (mg_dtype)dtype, dims, 2, err));
		for (int64_t i = 0; dtype == MGREG_STRING && i < t.count; i++)
			MG_TRY(mg_tensor_set_string(&t, i, "string of ten", (size_t)i, err));
		for (size_t i = 0; dtype != MGREG_STRING && i < t.size; i++)
			((uint8_t *)t.data)[i] = (uint8_t)(dtype == MGREG_BOOL ? i & 1 : i % 60);
		snprintf(name, sizeof(name), "all/%s", mg_dtype_name(dtype));
		MG_TRY(mg_ckpt_put(w, name, NULL, NULL, &t, err));
		mg_tensor_clear(&t);
	}
	for (int i = 0; i < 4000; i++) {                /* more than one block of the index */
		MG_TRY(mg_tensor_init_scalar(&t, MGREG_INT32, i, err));
		snprintf(name, sizeof(name), "a_long_scope_name/so_that_blocks_fill/many/v%04d", i);
		MG_TRY(mg_ckpt_put(w, name, NULL, NULL, &t, err));
		mg_tensor_clear(&t);
	}
	MG_TRY(put_sliced(w, err));
	MG_TRY(mg_ckpt_finish(w, err));
out:
	mg_tensor_clear(&t);
	mg_ckpt_close(w);
	return rc;
}

static const struct { const char *name; int args; int (*run)(char **, mgreg_error *); } commands[] = {
	{ "npy", 2, npy }, { "data", 1, data }, { "tensors", 1, tensors }, { "make", 1, make }, { "copy", 2, copy },
};

int
main(int argc, char **argv)
{
	mgreg_error err = { 0 };

	for (size_t i = 0; argc > 1 && i < MG_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc == commands[i].args + 2) {
			if (commands[i].run(argv + 2, &err) == 0)
				return 0;
			fprintf(stderr, "peek: %s\n", err.text);
			return 1;
		}
	fprintf(stderr, "peek: npy IN OUT | data PATH | tensors PREFIX | make PREFIX | copy FROM TO\n");
	return 2;
}
