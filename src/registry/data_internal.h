/* SPDX-License-Identifier: Apache-2.0 */
/* data_internal.h - what data.c and data_csv.c share. */
#ifndef MG_DATA_INTERNAL_H
#define MG_DATA_INTERNAL_H

#include "base/vec.h"
#include "registry/data.h"

typedef struct mg_data_array {
	mg_data_column column;
	mg_tensor      values;          /* [rows, shape...]; numbers of a .csv as int64 or double */
	bool           text_numbers;    /* they come from a .csv */
} mg_data_array;

struct mg_data {
	mg_arena arena;
	char    *path;
	int64_t  rows;
	MG_VEC(mg_data_array) arrays;
	MG_VEC(mg_data_file)  files;    /* paths; hashed later */
	bool     hashed;
};

/* Adds a column of these VALUES (moved, even on failure); the first dimension is the rows. */
int mg_data_add(mg_data *d, const char *name, mg_tensor *values, bool text_numbers, mgreg_error *err);
/* Columns of a .csv. */
int mg_data_read_csv(mg_data *d, const char *text, size_t len, mgreg_error *err);
#endif
