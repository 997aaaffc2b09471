/* SPDX-License-Identifier: Apache-2.0 */
/* metagraph.h - MetaGraphDef from a live graph and back; .meta and .pbtxt files; what differs. */
#ifndef MG_METAGRAPH_H
#define MG_METAGRAPH_H

#include <stdatomic.h>

#include "base/json.h"
#include "graph/graph.h"
#include "mgreg/metagraph.h"

/* What could not be serialized or brought back, and why. */
typedef struct mg_report { MG_VEC(char *) lines; } mg_report;
void mg_report_add(mg_report *r, const char *fmt, ...) MG_PRINTF(2, 3);         /* R may be NULL */
void mg_report_clear(mg_report *r);

typedef struct mg_metagraph_export_options {
	const char *const *collections;         /* collection_list; NULL: all (count 0 and not NULL: none) */
	int                collection_count;
	const char        *scope;               /* export_scope */
	const Pb__MetaGraphDef__MetaInfoDef *meta_info;         /* merged in */
	const Pb__GraphDef *graph_def;          /* used instead of the graph's nodes */
	const mg_saver_record *saver;           /* saver_def */
	bool clear_devices, clear_extraneous_savers, strip_default_attrs;
	bool allow_unknown_ops;                 /* ops without a definition are reported and missing from the list of ops; else NOT_FOUND */
	int  node_count;                        /* snapshot, -1: all */
	const Pb__MetaGraphDef *base;           /* tags (without META_INFO), signatures, assets, object graph, unknown fields come from here; or NULL */
	mg_report         *report;
} mg_metagraph_export_options;
#define MG_METAGRAPH_EXPORT_INIT { .node_count = -1 }
int mg_metagraph_export(mg_graph *g, const mg_metagraph_export_options *o, mg_arena *arena, Pb__MetaGraphDef **out, mgreg_error *err);

typedef struct mg_metagraph_import_options {
	bool               clear_devices;
	const char        *scope;               /* import_scope */
	const char *const *map_from;
	const mg_output   *map_to;
	int                map_count;
	const char        *unbound_key;         /* default "unbound_inputs"; "" : no check */
	bool             (*restore)(void *ctx, const char *key);        /* restore_collections_predicate, NULL: all */
	void              *ctx;
	bool               shared;              /* the message never changes and outlives the graph (mg_graph_hold): nothing is copied */
	bool               uniquify;            /* TensorFlow's silent _1 copies; else clashes are an error with the list */
	bool               allow_unknown_ops;
	bool               skip_bad_collections;        /* one that names what the graph does not have is reported and left out */
	const char *const *return_names;        /* return_elements: "op", "op:i" */
	mg_output         *returned;
	int                return_count;
	mg_report         *report;
} mg_metagraph_import_options;
#define MG_METAGRAPH_IMPORT_INIT { .unbound_key = "unbound_inputs" }

typedef struct mg_metagraph_imported {
	const mg_saver_record *saver;           /* names in the live graph; NULL: none (TensorFlow's None) */
	bool        saver_from_def;             /* false: there was no saver_def, and a default saver is needed if there are variables */
	const char *prefix;                     /* what the import scope became, with "/", or "" */
	mg_node   **nodes;                      /* per node of the GraphDef */
	int         node_count;
} mg_metagraph_imported;
/* After a failure the graph is as it was before. */
int mg_metagraph_import(mg_graph *g, const Pb__MetaGraphDef *m, const mg_metagraph_import_options *o, mg_metagraph_imported *out, mgreg_error *err);

/* The public object: a message and the arena it lies in.  Graphs that were made of it share it. */
struct mgreg_metagraph {
	mg_arena          arena;
	Pb__MetaGraphDef *def;
	atomic_int        holders;
};
typedef struct mgreg_metagraph mg_metagraph;
/* DEF must lie in ARENA, which is moved (also on failure). */
void mg_metagraph_unref(void *m);       /* mgreg_metagraph_free() */
int mg_metagraph_take(mg_metagraph **out, mg_arena *arena, Pb__MetaGraphDef *def, mgreg_error *err);

/* Type of tensor NAME of the graph, or, if no node has it, the type that inputs of this name want.  NOT_FOUND. */
int mg_metagraph_dtype(const Pb__MetaGraphDef *m, const char *name, mg_dtype *out, mgreg_error *err);

/* Files: binary first, then text; an empty file is an empty MetaGraphDef.  DATA_LOSS/INVALID_ARGUMENT names file and place. */
int mg_metagraph_read(const char *path, mg_arena *arena, Pb__MetaGraphDef **out, mgreg_error *err);
int mg_metagraph_parse(const void *data, size_t size, const char *what, mg_arena *arena, Pb__MetaGraphDef **out, mgreg_error *err);
/* INVALID_ARGUMENT if SIZE bytes are more than a .meta may have (2^31-1); a store has no such limit. */
int mg_metagraph_check_size(const char *path, size_t size, mgreg_error *err);
int mg_metagraph_write(const char *path, const Pb__MetaGraphDef *m, bool as_text, mgreg_error *err);

/* A proto function pair for a collection key (register_proto_function).  to_proto appends the serialized item (nothing
 * appended: the item is skipped); from_proto makes the object. */
typedef struct mg_proto_functions {
	const char *type_name;
	int   (*to_proto)(void *object, const char *export_scope, mg_str *out, mgreg_error *err);
	int   (*from_proto)(mg_slice bytes, const char *import_scope, mg_graph *g, void **object, mgreg_error *err);
	const struct mgreg_proto_functions *user;       /* those of the public interface, instead of the two above */
} mg_proto_functions;
int mg_register_proto_function(const char *key, const mg_proto_functions *f, mgreg_error *err);        /* twice: ALREADY_EXISTS */
const mg_proto_functions *mg_proto_function_find(const char *key);

/* hparams of a MetaGraph: canonical pairs, whatever form the collection has (HParamDef, JSON object, name=value, raw). */
int mg_metagraph_hparams(const Pb__MetaGraphDef *m, json_t **object, mgreg_error *err);

/* Canonical digests (schema.md): of the graph (nodes by name, attributes sorted) and of the whole. */
int mg_metagraph_digests(const Pb__MetaGraphDef *m, uint8_t graph[32], uint8_t whole[32], mgreg_error *err);

/* Differences of two MetaGraphs as lines "+node x", "-collection y", "~node z: op A -> B"; EACH returns non-zero to stop. */
int mg_metagraph_diff(const Pb__MetaGraphDef *a, const Pb__MetaGraphDef *b, int (*each)(void *ctx, const char *line), void *ctx, mgreg_error *err);
#endif
