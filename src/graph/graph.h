/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph.h - the live graph: nodes, names, scopes, devices, collections, functions; building; GraphDef in and out.
 *
 * Nodes are append-only and keep their creation order (node->id counts from 0); nodes and collections only grow,
 * so a pair of lengths is a snapshot.  Everything lives in the graph's arena until the graph is freed.  One thread
 * at a time may change a graph; reading a frozen prefix is free for all.
 */
#ifndef MG_GRAPH_H
#define MG_GRAPH_H

#include "base/map.h"
#include "base/set.h"
#include "base/vec.h"
#include "graph/record.h"
#include "mgreg/graph.h"

typedef struct mgreg_graph mg_graph;
typedef struct mgreg_node mg_node;
typedef struct mgreg_output mg_output;          /* { node, index }; node NULL: none */
typedef mgreg_builder mg_builder;

#define MG_OUTPUT(n, i) ((mg_output){ (n), (i) })
#define MG_NO_OUTPUT ((mg_output){ NULL, 0 })

struct mgreg_node {
	mg_graph        *graph;
	int              id;                    /* creation order */
	const char      *name;
	const char      *op_name;
	const mg_op_def *op;                    /* NULL: not known here, or a library function's name */
	const char      *device;                /* "" = none */
	mg_attrs         attrs;
	mg_output       *inputs;                /* data inputs; a loop's back edge is filled in later */
	int              input_count;
	mg_node        **controls;
	int              control_count;
	int             *input_types;           /* of the definition; references + MG_REF_OFFSET */
	int             *output_types;
	int              output_count;
	mg_shape        *shapes;                /* static shapes of the outputs, as inferred */
	mg_shape        *handle_shapes;         /* behind resource outputs, or NULL */
	int             *handle_types;
	const Pb__NodeDef *origin;              /* message it came from (unknown fields, debug info), or NULL */
	struct mg_context_record *context;      /* innermost cond/while it belongs to, or NULL */
	void            *extra;                 /* graph layer's own */
};

/* ---- life ---- */
int mg_graph_new(mg_graph **out, mgreg_error *err);
void mg_graph_free(mg_graph *g);
/* The process-wide default graph of the calling thread; reset frees it and makes the next call start anew. */
int mg_graph_default(mg_graph **out, mgreg_error *err);
void mg_graph_reset_default(void);
mg_arena *mg_graph_arena(mg_graph *g);
/* The graph points into THING: RELEASE is called when the graph is freed, and at once after a failure here. */
int mg_graph_hold(mg_graph *g, void *thing, void (*release)(void *thing), mgreg_error *err);
void mg_graph_finalize(mg_graph *g);            /* further nodes and items: FAILED_PRECONDITION */

/* ---- nodes ---- */
int mg_graph_node_count(const mg_graph *g);
mg_node *mg_graph_node(const mg_graph *g, int id);
mg_node *mg_graph_find(const mg_graph *g, const char *name);            /* node by name, or NULL */
/* "name", "name:i" -> output; "^name" is INVALID_ARGUMENT.  NOT_FOUND names it. */
int mg_graph_output(const mg_graph *g, const char *name, mg_output *out, mgreg_error *err);
const char *mg_output_name(mg_output o, mg_arena *arena);               /* "w" for index 0 without COLON */
const char *mg_output_name_colon(mg_output o, mg_arena *arena);         /* always "w:0" */
static inline mg_dtype mg_output_type(mg_output o) { return mg_dtype_base(o.node->output_types[o.index]); }
static inline bool mg_output_is_ref(mg_output o) { return mg_dtype_is_ref(o.node->output_types[o.index]); }
static inline const mg_shape *mg_output_shape(mg_output o) { return &o.node->shapes[o.index]; }
/* Value of an output that constants determine (Const, Shape of a full shape, Pack ... of such); false if not known.  VALUE is set up anew. */
bool mg_graph_constant(mg_output o, mg_tensor *value);
/* Narrows a static shape (set_shape); INVALID_ARGUMENT if incompatible. */
int mg_output_merge_shape(mg_output o, const mg_shape *shape, mgreg_error *err);
/* Everything a new node is made of.  NAME: "" or NULL takes the op's name; unique within the scope; a trailing "/" means
 * exactly this name.  The current scope, device, control dependencies, colocation and attributes of the graph apply. */
typedef struct mg_node_args {
	const char      *op;
	const char      *name;
	const mg_output *inputs;
	int              input_count;
	const int       *arg_counts;    /* per definition input, for lists; NULL: one each or deduced */
	mg_node *const  *controls;
	int              control_count;
	const mg_attr   *attrs;
	int              attr_count;
	const char      *device;        /* NULL: the scope's */
	bool             raw;           /* name, device and controls are taken as they are (import) */
} mg_node_args;
int mg_graph_add(mg_graph *g, const mg_node_args *args, mg_node **out, mgreg_error *err);
/* Loops: replaces input I of a Merge (the back edge). */
int mg_graph_set_input(mg_graph *g, mg_node *node, int i, mg_output source, mgreg_error *err);
int mg_node_add_control(mg_graph *g, mg_node *node, mg_node *control, mgreg_error *err);
int mg_node_set_attr(mg_node *node, const char *name, const mg_attr_value *value, mgreg_error *err);

/* ---- names, scopes (metagraph-semantics section 1) ---- */
/* Enters a scope: NULL or "" -> root, "x/" -> exactly that, else a unique scope below the current one.  *OUT (may be NULL) is
 * the scope with its "/", or "".  Each enter is undone by a leave. */
int mg_scope_enter(mg_graph *g, const char *name, const char **out, mgreg_error *err);
void mg_scope_leave(mg_graph *g);
const char *mg_scope_current(const mg_graph *g);                        /* "a/b/" or "" */
int mg_graph_unique_name(mg_graph *g, const char *name, bool mark, const char **out, mgreg_error *err);
int mg_graph_mark_name(mg_graph *g, const char *name, mgreg_error *err); /* and its scope prefixes */
/* Python's strip_name_scope, prepend_name_scope; results in ARENA. */
const char *mg_name_strip_scope(const char *name, const char *scope, mg_arena *arena);
const char *mg_name_prepend_scope(const char *name, const char *scope, mg_arena *arena);
bool mg_node_name_is_valid(const char *name);

/* ---- devices, control dependencies, colocation ---- */
int mg_device_push(mg_graph *g, const char *device, mgreg_error *err);  /* NULL: stops merging from outside */
void mg_device_pop(mg_graph *g);
int mg_device_canonical(const char *device, mg_arena *arena, const char **out, mgreg_error *err);
int mg_controls_push(mg_graph *g, mg_node *const *nodes, int count, mgreg_error *err);  /* NULL, 0: clears all outer ones */
void mg_controls_pop(mg_graph *g);
/* The cond or while context that new nodes belong to (NULL: none); returns the one before. */
struct mg_context_record *mg_graph_set_context(mg_graph *g, struct mg_context_record *context);
int mg_colocate_push(mg_graph *g, mg_node *with, mgreg_error *err);     /* NULL: ignore outer ones */
void mg_colocate_pop(mg_graph *g);

/* ---- branches and loops (metagraph-semantics section 8) ---- */
/*
 * While a context is set (mg_graph_set_context), every new node belongs to it: inputs from outside come through a Switch
 * (branch) or an Enter (loop) that is made on the way, once a value and named below the new node; nodes that depend on
 * nothing inside wait for the pivot; control inputs from outside a loop are replaced.  The record grows along, imported
 * ones included.  mgreg_cond() and mgreg_while_loop() build whole branches and loops; what follows is for those who
 * build other shapes (gradients of loops).
 */
/* A context below the current one, its name made unique ("cond_text", "while_context").  A branch knows PRED and PIVOT at
 * once; a loop's pivots come later (mg_context_set_pivots).  The context is not entered. */
int mg_context_new_cond(mg_graph *g, mg_output pred, mg_output pivot, int branch, mg_context_record **out, mgreg_error *err);
int mg_context_new_while(mg_graph *g, const char *name, int parallel_iterations, bool back_prop, bool swap_memory,
	mg_context_record **out, mgreg_error *err);
/* Pivots of a loop as far as they are known: the first Merge, LoopCond, the body's first value; MG_NO_OUTPUT leaves one. */
int mg_context_set_pivots(mg_graph *g, mg_context_record *c, mg_output for_pred, mg_output pivot, mg_output for_body, mgreg_error *err);
/* V as the context sees it: V itself if it was made inside, else the Switch or Enter it comes through (made if need be). */
int mg_context_add_value(mg_graph *g, mg_context_record *c, mg_output v, mg_output *out, mgreg_error *err);
/* V counts as made inside; has: whether it does. */
int mg_context_mark(mg_graph *g, mg_context_record *c, mg_output v, mgreg_error *err);
bool mg_context_has(mg_graph *g, mg_context_record *c, mg_output v);
/* What stands for V, if it came from outside; false: nothing does. */
bool mg_context_external(mg_graph *g, mg_context_record *c, mg_output v, mg_output *out);
int mg_context_set_external(mg_graph *g, mg_context_record *c, mg_output v, mg_output inside, mgreg_error *err);
void mg_context_clear_values(mg_graph *g, mg_context_record *c);        /* makes everything seen so far unknown */
/* Enters and exits of a loop, in order (loop_enter_names, loop_exit_names). */
int mg_context_add_enter(mg_graph *g, mg_context_record *c, mg_output enter, mgreg_error *err);
int mg_context_add_exit(mg_graph *g, mg_context_record *c, mg_output exit, mgreg_error *err);
/* Enter of DATA into loop C, made at the current place and then moved into C (control inputs from around the loop kept). */
int mg_context_enter_value(mg_graph *g, mg_context_record *c, mg_output data, bool is_constant, mg_output *out, mgreg_error *err);
/* NextIteration of V, which becomes the second input of MERGE. */
int mg_context_close_loop(mg_builder *b, mg_output merge, mg_output v);
/* The innermost loop that is C or around it; the context in which an output of N is used (a loop's Exit: that around it). */
mg_context_record *mg_context_loop(mg_context_record *c);
mg_context_record *mg_node_output_context(const mg_node *n);
bool mg_context_is_within(const mg_context_record *c, const mg_context_record *outer);
/* The node that others wait for inside C, or NULL. */
mg_node *mg_context_pivot(mg_graph *g, const mg_context_record *c);
/* A gradient loop sees values of its forward loop in its own way.  REAL_VALUE may give what stands for VALUE (out->node NULL:
 * the usual way); HOME may name another context for a node of type OP on INPUT (NULL: C itself).  Either may be NULL. */
typedef struct mg_context_hooks {
	int (*real_value)(void *ctx, mg_context_record *c, mg_output value, mg_output *out, mgreg_error *err);
	mg_context_record *(*home)(void *ctx, mg_context_record *c, const char *op, mg_output input);
	void *ctx;
} mg_context_hooks;
int mg_context_set_hooks(mg_graph *g, mg_context_record *c, const mg_context_hooks *hooks, mgreg_error *err);
/* "Switch", "Merge" ... or "RefSwitch" ..., as the types of the inputs want it. */
mg_output mg_build_switch(mg_builder *b, mg_output data, mg_output pred, const char *name);      /* output 0; sits with DATA */
mg_output mg_build_merge(mg_builder *b, const mg_output *inputs, int count, const char *name);
mg_output mg_build_flow(mg_builder *b, const char *op, mg_output data, const char *name);        /* Identity, Exit, NextIteration */

/* ---- seeds (runtime-semantics 8.1) ---- */
void mg_graph_set_seed(mg_graph *g, int64_t seed);
void mg_graph_get_seeds(const mg_graph *g, bool has_op_seed, int64_t op_seed, int64_t out[2]);

/* ---- collections ---- */
enum mg_item_kind { MG_ITEM_NODE, MG_ITEM_TENSOR, MG_ITEM_BYTES, MG_ITEM_INT, MG_ITEM_FLOAT, MG_ITEM_ANY, MG_ITEM_RECORD, MG_ITEM_USER };
typedef struct mg_item {
	enum mg_item_kind kind;
	bool          is_text;          /* BYTES given as a text string: a node name in the eyes of export */
	mg_node      *node;
	mg_output     tensor;
	mg_slice      bytes;            /* BYTES, ANY (value) */
	int64_t       i;
	double        f;
	const char   *type_url;         /* ANY */
	enum mg_record_kind record_kind;
	const void   *record;           /* mg_variable_record, ... by record_kind */
	void         *user;             /* USER: object made by a registered from_proto */
} mg_item;
int mg_collection_add(mg_graph *g, const char *key, const mg_item *item, mgreg_error *err);     /* copied */
int mg_collection_touch(mg_graph *g, const char *key, mgreg_error *err);                        /* key with no items */
int mg_collection_count(const mg_graph *g, const char *key);                                    /* 0 if absent */
const mg_item *mg_collection_item(const mg_graph *g, const char *key, int i);
bool mg_collection_has(const mg_graph *g, const char *key);
void mg_collection_remove(mg_graph *g, const char *key);
/* Back to the first COUNT items; -1: the key goes, too. */
void mg_collection_truncate(mg_graph *g, const char *key, int count);
int mg_collection_key_count(const mg_graph *g);
const char *mg_collection_key(const mg_graph *g, int i);                                        /* in order of first use */
int mg_collection_add_node(mg_graph *g, const char *key, mg_node *n, mgreg_error *err);
int mg_collection_add_tensor(mg_graph *g, const char *key, mg_output o, mgreg_error *err);
int mg_collection_add_variable(mg_graph *g, const char *key, const mg_variable_record *v, mgreg_error *err);
const char *mg_item_name(const mg_item *item, mg_arena *arena);        /* its .name, or NULL */

/* ---- building, sticky errors ---- */
/*
 * mg_build() does nothing once b->rc is set.  FORM lists what follows: inputs, then after ';' "kind:attr" pairs.
 *   o  mg_output                       O  const mg_output *, int n      (a list input)
 *   c  mg_node * (control; NULL: none) C  mg_node *const *, int n
 *   i:A int64_t   f:A double   b:A int   s:A const char *   t:A int (dtype)   h:A const mg_shape *   v:A const mg_tensor *
 *   I:A const int64_t *, int n   S:A const char *const *, int n   T:A const int *, int n   F:A const char * (func)
 *   a:A const mg_attr_value *  (NULL: not set)
 * Example: mg_build(b, "MatMul", NULL, "oo;b:transpose_a b:transpose_b", x, w, 0, 1)
 * Type and number attributes follow from the inputs.
 */
#define MG_BUILDER(g, e) { .graph = (g), .rc = 0, .err = (e) }
mg_output mg_build(mg_builder *b, const char *op, const char *name, const char *form, ...);
mg_node *mg_build_node(mg_builder *b, const char *op, const char *name, const char *form, ...);
/* Const nodes. */
mg_output mg_const(mg_builder *b, const char *name, const mg_tensor *value);
mg_output mg_const_scalar(mg_builder *b, const char *name, mg_dtype dtype, double value);
mg_output mg_const_i32s(mg_builder *b, const char *name, const int64_t *values, int n);        /* int32 vector */
mg_output mg_const_string(mg_builder *b, const char *name, const char *text);
mg_output mg_const_strings(mg_builder *b, const char *name, const char *const *texts, int n);

/* ---- variables (metagraph-semantics section 8) ---- */
enum mg_variable_flags { MG_VARIABLE_RESOURCE = 1 << 0, MG_VARIABLE_NOT_TRAINABLE = 1 << 1, MG_VARIABLE_LOCAL = 1 << 2 };
/* w, w/Assign, w/read (or the resource form) with INITIAL, an existing output; adds the record to `variables` (or
 * `local_variables`) and `trainable_variables`.  The record's names are resolved with mg_graph_output(). */
int mg_variable_new(mg_graph *g, const char *name, mg_output initial, unsigned flags, const mg_variable_record **out, mgreg_error *err);
/* Outputs of a record: the ref or handle, the value to read. */
int mg_variable_outputs(const mg_graph *g, const mg_variable_record *v, mg_output *handle, mg_output *read, mgreg_error *err);
/* The record of the variable whose ref or handle output is O, or NULL. */
const mg_variable_record *mg_variable_of(const mg_graph *g, mg_output o);
/* NoOp "init" with ^w/Assign of each item of KEY ("variables"). */
int mg_variables_initializer(mg_graph *g, const char *key, const char *name, mg_node **out, mgreg_error *err);

/* NoOp NAME that waits for all NODES; on several devices, one NoOp for each (NAME/NoOp, NAME/NoOp_1 ...) and one for these. */
int mg_graph_group(mg_graph *g, mg_node *const *nodes, int count, const char *name, mg_node **out, mgreg_error *err);

/* ---- GraphDef ---- */
typedef struct mg_graphdef_import {
	const char        *prefix;              /* "" or NULL: root; else becomes a unique scope */
	bool               uniquify;            /* root import into clashing names: _1 copies; else ALREADY_EXISTS with the list */
	bool               clear_devices;
	const char *const *map_from;            /* "n:0", "n", "^n" */
	const mg_output   *map_to;
	int                map_count;
	const Pb__OpList  *producer_ops;        /* stripped_op_list, or NULL */
	bool               allow_unknown_ops;   /* keep nodes of unknown ops (they cannot run) */
	bool               shared;              /* the message never changes and outlives the graph: nothing of it is copied */
	/* "op" or "op:i" of the message; the answers go to RETURNED, an operation as { node, -1 }.  A mapped name gives what it is
	 * mapped to.  INVALID_ARGUMENT lists those that are missing. */
	const char *const *return_names;
	mg_output         *returned;
	int                return_count;
	const char        *used_prefix;         /* out: what the prefix became, with "/", or "" */
	mg_node          **nodes;               /* out: node made of graph_def->node[i], in the graph's arena */
} mg_graphdef_import;
int mg_graph_import_def(mg_graph *g, const Pb__GraphDef *def, mg_graphdef_import *options, mgreg_error *err);

typedef struct mg_graphdef_export {
	int  node_count;        /* the snapshot: nodes [0, node_count); -1: all */
	bool add_shapes;        /* _output_shapes */
} mg_graphdef_export;
int mg_graph_export_def(const mg_graph *g, const mg_graphdef_export *options, mg_arena *arena, Pb__GraphDef **out, mgreg_error *err);
int mg_node_to_def(const mg_node *n, bool add_shapes, mg_arena *arena, Pb__NodeDef **out, mgreg_error *err);

/*
 * A failed import leaves the graph as it was: the caller opens a savepoint, and rolls back or releases.  Savepoints nest.
 * Collections that are there may grow meanwhile, but not be removed or shortened.
 */
typedef struct mg_savepoint {
	size_t  nodes, functions, gradients, collections, flows, used, variables;
	size_t *counts;                 /* items per collection */
	struct mg_context_record **contexts;    /* per node */
	Pb__VersionDef versions;
	bool     had_library, fresh;
	int32_t  old_version;
	unsigned n_unknown, n_library_unknown;
	ProtobufCMessageUnknownField *unknown, *library_unknown;
} mg_savepoint;
int mg_graph_save_point(mg_graph *g, mg_savepoint *s, mgreg_error *err);
void mg_graph_roll_back(mg_graph *g, mg_savepoint *s);
void mg_graph_release_point(mg_graph *g, mg_savepoint *s);

/* ---- functions ---- */
int mg_graph_add_function(mg_graph *g, const Pb__FunctionDef *def, mgreg_error *err);   /* same name, other body: INVALID_ARGUMENT */
const Pb__FunctionDef *mg_graph_function(const mg_graph *g, const char *name);
int mg_graph_function_count(const mg_graph *g);
const Pb__FunctionDef *mg_graph_function_at(const mg_graph *g, int i);
const char *mg_graph_function_gradient(const mg_graph *g, const char *name);            /* or NULL */

/* ---- functions, definitions that are only messages ---- */
int mg_opdef_types(const Pb__OpDef *def, bool outputs, const mg_attrs *attrs, const char *node, mg_arena *arena,
	int **types, int *count, mgreg_error *err);

/* ---- analysis ---- */
/* Marks (bit per node id) what the given nodes need, through data and control edges. */
int mg_graph_reach_back(const mg_graph *g, mg_node *const *from, int count, mg_set *out, mgreg_error *err);
int mg_graph_validate(const mg_graph *g, mgreg_error *err);
/* Definition that the producer of an imported graph had of an op that is not known here, or NULL. */
const Pb__OpDef *mg_graph_foreign_op(const mg_graph *g, const char *op);
/* Nodes made from now on come from this place in the caller's program; FILE NULL: nobody says.  Texts are copied. */
int mg_graph_set_source(mg_graph *g, const char *file, int line, const char *func, const char *code, mgreg_error *err);
/* GraphDebugInfo of the nodes whose place is known. */
int mg_graph_debug_info(const mg_graph *g, mg_arena *arena, Pb__GraphDebugInfo **out, mgreg_error *err);
Pb__VersionDef *mg_graph_versions(mg_graph *g);         /* producer and so on; may be changed */
#endif
