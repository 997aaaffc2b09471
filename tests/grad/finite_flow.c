/* SPDX-License-Identifier: Apache-2.0 */
/* finite_flow.c - gradient cases of functions, branches and loops. */
#include "testing.h"
#include "grad/finite.h"

#define D23 "double(2,3):@"

/* ---- functions ---- */

#define ARG(n, t) "input_arg { name: '" n "' type: " t " } "
#define OUT(n, t) "output_arg { name: '" n "' type: " t " } "
#define TYPE(k, t) "attr { key: '" k "' value { type: " t " } } "
#define D "DT_DOUBLE"

/* f(x, y) = tanh(x * y), x + y */
static const char function_f[] =
	"signature { name: 'f' " ARG("x", D) ARG("y", D) OUT("a", D) OUT("b", D) "} "
	"node_def { name: 'm' op: 'Mul' input: 'x' input: 'y' " TYPE("T", D) "} node_def { name: 't' op: 'Tanh' input: 'm:z:0' " TYPE("T", D) "} "
	"node_def { name: 's' op: 'Add' input: 'x' input: 'y' " TYPE("T", D) "} ret { key: 'a' value: 't:y:0' } ret { key: 'b' value: 's:z:0' }";

static void
add_function(mg_builder *b, const char *text)
{
	mg_arena arena = { 0 };
	mg_msg *msg;

	if (b->rc == 0 && (b->rc = mg_msg_parse(&pb__function_def__descriptor, text, strlen(text), &arena, &msg, b->err)) == 0)
		b->rc = mg_graph_add_function(b->graph, (Pb__FunctionDef *)msg, b->err);
	mg_arena_clear(&arena);
}

static int
two_outputs(mg_output o, mg_output *ys)
{
	ys[0] = o;
	ys[1] = MG_OUTPUT(o.node, 1);
	return 2;
}

static int
build_call(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	static const int types[] = { MGREG_DOUBLE, MGREG_DOUBLE };

	add_function(b, function_f);
	return two_outputs(mg_build(b, "PartitionedCall", NULL, "O;T:Tout F:f", x, n, types, 2, "f"), ys);
}

static int
build_stateful_call(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	static const int types[] = { MGREG_DOUBLE, MGREG_DOUBLE };

	add_function(b, function_f);
	return two_outputs(mg_build(b, "StatefulPartitionedCall", NULL, "O;T:Tout F:f", x, n, types, 2, "f"), ys);
}

const grad_case finite_flow[] = {
	{ "PartitionedCall", "", { D23, D23 }, .build = build_call },
	{ "StatefulPartitionedCall", "", { D23, D23 }, .build = build_stateful_call },
	{ .op = NULL }
};
