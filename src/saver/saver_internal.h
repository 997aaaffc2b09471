/* SPDX-License-Identifier: Apache-2.0 */
/* saver_internal.h - what a saver is. */
#ifndef MG_SAVER_INTERNAL_H
#define MG_SAVER_INTERNAL_H

#include "saver/saver.h"

struct mgreg_saver {
	mg_graph              *graph;
	const mg_saver_record *record;          /* NULL: nothing to save (allow_empty), or not built yet */
	mg_output              filename, save;  /* the tensors of the record */
	mg_node               *restore;
	const Pb__MetaGraphDef *base;           /* what exported MetaGraphs go on from, or NULL */
	bool                   pad_step_number, save_relative_paths;
	bool                   deferred;        /* its nodes are still to be built, as LATER says */
	mg_saver_options       later;
	char                  *last_path;       /* what the last save op returned: the prefix, or V1's pattern */
	mg_keep                keep;            /* the checkpoints that it wrote, of the public interface */
	mg_save_target         files;           /* that of the public interface, once it saved */
};

/* Looks the record's nodes up.  NOT_FOUND names what is missing. */
int mg_saver_bind(mg_saver *s, const mg_saver_record *r, mgreg_error *err);

/* One tensor that is saved. */
typedef struct mg_saver_item {
	const mg_variable_record *v;
	const char *key;                /* its name in the checkpoint */
	const char *slice;              /* "" of a whole variable */
	const char *device;
	mg_output   handle, read;
	int         order;
} mg_saver_item;
/* What O asks to save, in ARENA, by key; parts of one tensor in the order of their variables. */
int mg_saver_collect(mg_graph *g, const mg_saver_options *o, mg_arena *arena, mg_saver_item **out, int *count, mgreg_error *err);

/* ---- files.c ---- */
/* What the target remembers is the saver's. */
void mg_target_files_share(mg_save_target *t);

/* ---- object.c ---- */
/* Names of an object-based checkpoint: what a variable was called -> the key it lies under; strings in ARENA.  *FOUND is false
 * where the checkpoint is none. */
int mg_object_names(mg_ckpt *ckpt, mg_arena *arena, mg_map *out, bool *found, mgreg_error *err);
#endif
