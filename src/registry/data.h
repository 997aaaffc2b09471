/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.h - rows to train and evaluate on, from files: named columns, the order of rows, batches.
 *
 * A source is a .npy (one column, named after the file), an .npz or a folder of .npy files (a column per member), or a .csv whose first
 * line names the columns; `x[0]`, `x[1]`, ... or `x:0`, `x:1`, ... are the parts of one column `x` of vectors.  All columns have
 * the same number of rows, which is the first dimension of the arrays.
 */
#ifndef MG_DATA_SOURCE_H
#define MG_DATA_SOURCE_H

#include "tensor/tensor.h"

typedef struct mg_data mg_data;

typedef struct mg_data_column {
	const char *name;
	mg_dtype    dtype;      /* as given when nobody asks for another; numbers of a .csv are float */
	mg_shape    shape;      /* of one row; borrowed */
} mg_data_column;

typedef struct mg_data_file {   /* what `mg_input` says of it */
	const char *path;       /* as given, joined to the folder */
	uint64_t    size;
	uint8_t     sha256[32];
} mg_data_file;

int mg_data_open(mg_data **out, const char *path, mgreg_error *err);
void mg_data_close(mg_data *d);
int64_t mg_data_rows(const mg_data *d);
size_t mg_data_columns(const mg_data *d);
const mg_data_column *mg_data_column_at(const mg_data *d, size_t i);
/* NOT_FOUND lists the names there are. */
int mg_data_find(const mg_data *d, const char *name, size_t *out, mgreg_error *err);
/* Files read, in order of names; hashed at the first call. */
int mg_data_files(mg_data *d, const mg_data_file **out, size_t *count, mgreg_error *err);

/*
 * Which column feeds which of the COUNT placeholders (node names; ":0" at the end is ignored): the one MAP says ("IMG=images": the
 * placeholder IMG gets column images), else the column of its name, else, where no other placeholder could mean it, the column
 * of its last path component; -1: none.  A single column feeds a single placeholder whatever their names.  NOT_FOUND for a map that names a
 * placeholder or column that is not there.
 */
int mg_data_bind(const mg_data *d, const char *const *placeholders, int count, const char *const *map, int map_count,
	int *columns, mgreg_error *err);

/* ROWS (COUNT of them) of a column as a tensor of DTYPE (MGREG_INVALID: the column's) and, if rows of that many elements can have
 * it, of the shape WANT (first dimension: rows; may be partial or NULL).  INVALID_ARGUMENT, naming column and row, for a
 * value that DTYPE cannot hold: a fraction or a number out of range for integers, text for numbers. */
int mg_data_take(const mg_data *d, size_t column, const int64_t *rows, int64_t count, mg_dtype dtype, const mg_shape *want,
	mg_tensor *out, mgreg_error *err);

/* ---- order.c: in which order rows come ---- */

/* The order of epoch E is a permutation that depends on (seed, E, rows) alone, so (seed, epoch, position) is all there is to keep. */
typedef struct mg_order {
	uint64_t seed;
	int64_t  rows, batch;
	bool     shuffle;       /* false: as they lie in the file */
	bool     keep_short;    /* the last batch of an epoch may be short (evaluation); otherwise its rows are left out (training) */
	int64_t  epoch;         /* of the next batch, from 0 */
	int64_t  position;      /* of its first row in that epoch's order */
	int64_t *permutation;   /* of epoch MADE */
	int64_t  made;
} mg_order;
/* BATCH 0, or more than there are rows: all rows.  INVALID_ARGUMENT without rows. */
int mg_order_init(mg_order *o, int64_t rows, int64_t batch, uint64_t seed, bool shuffle, bool keep_short, mgreg_error *err);
void mg_order_clear(mg_order *o);
/* Goes on from there. */
int mg_order_seek(mg_order *o, int64_t epoch, int64_t position, mgreg_error *err);
/* The next batch's rows, borrowed until the next call; after it epoch and position are those of the one that follows.  *ENDS (may be
 * NULL): it was the last of its epoch. */
int mg_order_next(mg_order *o, const int64_t **rows, int64_t *count, bool *ends, mgreg_error *err);
int64_t mg_order_batches(const mg_order *o);    /* in an epoch */
#endif
