/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.h - GraphDefs being changed node by node, between node_def.c, freeze.c and fold.c. */
#ifndef MG_FREEZE_H
#define MG_FREEZE_H

#include "base/map.h"
#include "interop/interop_internal.h"
#include "op/op.h"

/* The node and port behind an input "^a", "a", "a:1". */
typedef struct mg_node_ref {
	mg_slice node;
	int      port;                  /* -1: control */
} mg_node_ref;
mg_node_ref mg_node_ref_of(const char *input);

/* Attributes of a NodeDef: borrowed, NULL if absent; setting copies the array, so that other holders of the node are not touched. */
Pb__AttrValue *mg_def_attr(const Pb__NodeDef *n, const char *name);
int mg_def_attr_set(Pb__NodeDef *n, const char *name, Pb__AttrValue *value, mg_arena *arena, mgreg_error *err);
void mg_def_attr_remove(Pb__NodeDef *n, const char *name);
int mg_def_type(const Pb__NodeDef *n, const char *name);       /* 0 if absent */

/* A node in ARENA; inputs NULL-terminated. */
Pb__NodeDef *mg_def_node(mg_arena *arena, const char *name, const char *op, const char *const *inputs);
/* A Const with VALUE. */
int mg_def_const(mg_arena *arena, const char *name, const mg_tensor *value, Pb__NodeDef **out, mgreg_error *err);

/* NAME -> index + 1. */
int mg_def_index(const Pb__GraphDef *g, mg_map *out, mgreg_error *err);
/* Cuts G down to what OUTPUTS need, in its order; NOT_FOUND names an input that is no node. */
int mg_def_extract(Pb__GraphDef *g, const char *const *outputs, int count, mg_arena *arena, mgreg_error *err);

/* Batch normalization that follows a convolution or product goes into its weights (fold.c); *FOLDED counts. */
int mg_fold_batch_norm(Pb__GraphDef *g, const char *const *outputs, int output_count, mg_arena *arena, int *folded, mgreg_error *err);
#endif
