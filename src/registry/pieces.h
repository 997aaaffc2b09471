/* SPDX-License-Identifier: Apache-2.0 */
/* pieces.h - which bytes of a file are those of tensors that are stored already. */
#ifndef MG_PIECES_H
#define MG_PIECES_H

#include "base/xxh3.h"
#include "store/store.h"
#include "tensor/tensor.h"

typedef struct mg_piece {
	uint64_t       at;              /* in the file */
	const mg_blob *blob;
} mg_piece;
typedef MG_VEC(mg_piece) mg_piece_list;

/* What is remembered of a tensor, so that its bytes can be found again. */
typedef struct mg_sighted {
	uint64_t key;                   /* eight bytes of it ... */
	uint64_t skip;                  /* ... which stand here: the first that are not all zero */
	uint64_t size;
	size_t   row;                   /* its number */
	int      next;                  /* finder's: of the same bucket, -1: none */
	uint8_t  xxh3[MG_XXH3_SIZE];
} mg_sighted;
typedef MG_VEC(mg_sighted) mg_sighted_list;

/* Remembers tensor number ROW, if it is worth it. */
int mg_pieces_sight(mg_sighted_list *list, size_t row, const mg_tensor *t, mgreg_error *err);
/* Where in the file PATH tensors of LIST stand: ascending, apart. */
int mg_pieces_find(mg_sighted_list *list, const mg_new_tensor *rows, const char *path, mg_piece_list *out, mgreg_error *err);
#endif
