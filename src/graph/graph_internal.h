/* SPDX-License-Identifier: Apache-2.0 */
/* graph_internal.h - what the files of the graph layer share: the body of a graph, making a node, inferring it. */
#ifndef MG_GRAPH_INTERNAL_H
#define MG_GRAPH_INTERNAL_H

#include "graph/graph.h"

/* A set of node ids that grows. */
typedef struct mg_ids {
	mg_set set;
} mg_ids;
bool mg_ids_add(mg_ids *s, int id);
static inline bool mg_ids_has(const mg_ids *s, int id) { return mg_set_has(&s->set, (size_t)id); }
static inline void mg_ids_clear(mg_ids *s) { mg_set_clear(&s->set); }

/* One control_dependencies() block. */
typedef struct mg_control_scope {
	mg_node **nodes;        /* what new nodes of the block wait for */
	int       count;
	bool      barrier;      /* hides everything outside */
	mg_ids    seen;         /* nodes, and all nodes made inside the block */
	struct mg_context_record *context;      /* a barrier also leaves the loop or branch; put back after it */
} mg_control_scope;

/* A device string taken apart; -1 and NULL: not given. */
typedef struct mg_device {
	const char *job, *type; /* type in capitals, "*" stays */
	int64_t     replica, task, index;
} mg_device;

typedef struct mg_device_scope {
	bool      stop;         /* device(None) */
	mg_device device;
} mg_device_scope;

typedef struct mg_collection {
	char *key;
	MG_VEC(mg_item *) items;
} mg_collection;

typedef struct mg_held {
	void  *thing;
	void (*release)(void *thing);
} mg_held;

/* Where a node was made (save_debug_info). */
typedef struct mg_source {
	const char *file, *func, *code;
	int         line;
} mg_source;

/* A name's count before it changed; 0: it was not there. */
typedef struct mg_used_note {
	uint64_t key;
	intptr_t before;
} mg_used_note;

struct mgreg_graph {
	mg_arena arena;
	MG_VEC(mg_node *) nodes;
	mg_map   by_name;               /* exact name -> node */
	mg_map   used;                  /* name (its hash, name.c) -> how often it was asked for */
	bool     finalized;

	MG_VEC(const char *) scopes;    /* names without the last "/"; "" is the root */
	MG_VEC(mg_control_scope) controls;
	MG_VEC(mg_device_scope) devices;
	MG_VEC(mg_node *) colocation;   /* NULL entry: outer ones do not count */
	struct mg_context_record *context;
	MG_VEC(struct mg_growth *) flows; /* of contexts that grow */

	bool     has_seed;
	int64_t  seed;

	MG_VEC(mg_collection *) collections;    /* in order of first use */
	mg_map   collection_map;
	mg_map   variables;             /* "w:0" -> record, whatever collection it came by */

	MG_VEC(Pb__FunctionDef *) functions;
	mg_map   function_map;
	mg_map   gradient_map;          /* function -> name of its gradient, arena */
	MG_VEC(Pb__GradientDef *) gradients;

	/* What open savepoints need to go back. */
	int      savepoints;
	bool     journal_off;           /* the outermost began with no names at all */
	MG_VEC(mg_used_note) used_journal;
	MG_VEC(const char *) variable_journal;

	MG_VEC(mg_held) held;
	mg_map   foreign_ops;           /* op -> Pb__OpDef of the producer, for ops that are not known here */
	const char *source_file, *source_func, *source_code;    /* where nodes are being made, or NULL */
	int      source_line;
	mg_map   sources;               /* node -> mg_source * */

	Pb__VersionDef *versions;
	/* What the message of the first import into an empty graph had beside its nodes. */
	bool     had_library;
	int32_t  old_version;
	unsigned n_unknown, n_library_unknown;
	ProtobufCMessageUnknownField *unknown, *library_unknown;
};

/* Making a node once everything about it is decided; the tail of mg_graph_add() and of import. */
typedef struct mg_node_plan {
	const char       *name;         /* final */
	const char       *op_name;
	const mg_op_def  *op;
	const char       *device;
	mg_attrs          attrs;        /* arena */
	mg_output        *inputs;       /* arena; NODE NULL: comes later */
	int               input_count;
	mg_node         **controls;     /* arena */
	int               control_count;
	int              *input_types;  /* arena */
	int              *output_types;
	int               output_count;
	const Pb__NodeDef *origin;
} mg_node_plan;
int mg_node_create(mg_graph *g, const mg_node_plan *plan, mg_node **out, mgreg_error *err);
/* Types of the inputs that are there against those expected; errors name node, place and both types. */
int mg_node_check_inputs(const char *name, const char *op, const mg_output *inputs, int count, const int *types, int type_count, mgreg_error *err);

/* Shapes of a node's outputs from those of its inputs; the node must be complete but for back edges. */
int mg_node_infer(mg_node *n, mgreg_error *err);
/* What constants determine of a vector, seen as a shape; false if not even its length. */
bool mg_graph_constant_as_shape(mg_output o, mg_shape *out);

/* For open savepoints: KEY's count was BEFORE; variable NAME is new.  Non-zero: no memory. */
int mg_graph_note_used(mg_graph *g, uint64_t key, intptr_t before);
int mg_graph_note_variable(mg_graph *g, const char *name);
int mg_graph_note_source(mg_graph *g, const mg_node *n, mgreg_error *err);

/* ---- scopes, names ---- */
/* mg_graph_mark_name() right after BEFORE was marked (NULL: nothing was). */
int mg_graph_mark_next(mg_graph *g, const char *name, const char *before, mgreg_error *err);
int mg_device_parse(const char *text, mg_arena *arena, mg_device *out, mgreg_error *err);
const char *mg_device_format(const mg_device *d, mg_arena *arena);
/* DEVICE ("" or NULL: none) completed by the open device scopes. */
int mg_graph_apply_devices(mg_graph *g, const char *device, const char **out, mgreg_error *err);
/* Controls that the open scopes give a node with these inputs, after GIVEN; array in the arena. */
int mg_graph_scope_controls(mg_graph *g, const mg_output *inputs, int input_count, mg_node *const *given, int given_count,
	mg_node ***out, int *count, mgreg_error *err);
/* _class and device of the open colocation scopes; *ACTIVE tells whether there are any. */
int mg_graph_apply_colocation(mg_graph *g, mg_attrs *attrs, const char **device, bool *active, mgreg_error *err);
int mg_graph_note_created(mg_graph *g, mg_node *n, mgreg_error *err);
/* A node planned for context C: its inputs and controls as C wants them; then, once made, its outputs are C's. */
int mg_context_adopt(mg_graph *g, mg_context_record *c, mg_node_plan *plan, mgreg_error *err);
int mg_context_adopted(mg_graph *g, mg_context_record *c, mg_node *n, mgreg_error *err);
/* The context that a new node of this type belongs to, if C is set. */
mg_context_record *mg_context_home(mg_context_record *c, const char *op, const mg_output *inputs, int count);
void mg_growth_free(struct mg_growth *f);


static inline bool
mg_attrs_copy(mg_attrs *to, const mg_attr *from, int count, mg_arena *arena)
{
	to->at = NULL;
	to->count = 0;
	for (int i = 0; i < count; i++)
		if (!mg_attr_set(to, from[i].name, from[i].value, arena))
			return false;
	return true;
}
#endif
