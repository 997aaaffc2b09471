/* SPDX-License-Identifier: Apache-2.0 */
/* nets.h - small graphs to train. */
#ifndef NETS_H
#define NETS_H

#include <stdio.h>
#include "testing.h"
#include "train/train.h"

/* (w + b)^2 summed, w [2,3], b [3]; variables "w" and "b" of the kind that FLAGS say. */
typedef struct net {
	mg_graph                 *g;
	const mg_variable_record *w, *b;
	mg_output                 loss;
} net;
void net_dense(net *n, unsigned flags);
/* sum of squares of rows 0, 2, 2 of an embedding "w" [5,3]. */
void net_sparse(net *n, unsigned flags);
/* "op(input, ..., ^control)" of a node, or "absent"; in a static buffer. */
const char *node_text(mg_graph *g, const char *name);
#define ck_node(g, name, expected) ck_assert_str_eq(node_text(g, name), expected)
#endif
