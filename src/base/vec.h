/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vec.h - typed growing array.  MG_VEC(int) v = { 0 };  mg_vec_push(&v, 3) is false when memory is short.
 */
#ifndef MG_VEC_H
#define MG_VEC_H

#define MG_VEC(type) struct { type *at; size_t len, cap; }

bool mg_vec_grow(void **at, size_t *cap, size_t want, size_t item);

#define mg_vec_reserve(v, want) \
	((want) <= (v)->cap || mg_vec_grow((void **)&(v)->at, &(v)->cap, (want), sizeof(*(v)->at)))
#define mg_vec_push(v, item) \
	(mg_vec_reserve((v), (v)->len + 1) ? ((v)->at[(v)->len++] = (item), true) : false)
#define mg_vec_clear(v) (mg_free((v)->at), (v)->at = NULL, (v)->len = (v)->cap = 0)
#endif
