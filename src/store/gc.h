/* SPDX-License-Identifier: Apache-2.0 */
/* gc.h - what gc.c and compact.c share. */
#ifndef MG_GC_H
#define MG_GC_H

#include "store/store_internal.h"

typedef struct mg_gc {
	mg_store            *store;
	const mg_gc_options *o;
	mg_gc_result         r;
	int64_t              before;            /* what has been dead since then may go */
	double               deadline;          /* 0: none */
	char                 uid[33];           /* of the compaction, as a save */
	int                  segments;          /* files that it has made */
	bool                 moving;            /* a segment is emptied: its chunks are written anew whatever their form */
} mg_gc;

bool mg_gc_is_over(const mg_gc *g);             /* time is up, or somebody wants it to stop */
void mg_gc_pause(mg_gc *g);                     /* lets waiting writers in */
int mg_gc_gather(mg_store *s, enum mg_sql name, mg_ids *ids, mg_ids *more, mgreg_error *err, const char *types, int64_t a, int64_t b);
/* ---- compact.c ---- */
int mg_compact(mg_gc *g, mgreg_error *err);
int mg_compact_segment(mg_gc *g, int64_t segment_id, mgreg_error *err);         /* its chunks move to another file */
#endif
