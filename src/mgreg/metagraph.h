/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/metagraph.h - MetaGraphs: export, import, types of items. */
#ifndef MGREG_METAGRAPH_H
#define MGREG_METAGRAPH_H

#include "mgreg/graph.h"

MGREG_BEGIN

/* ---- MetaGraphs ------------------------------------------------------------------------------ */
/* A MetaGraphDef: a graph with its collections, saver and signatures, as one message.  It is a value on its own: it needs no
 * graph to live, and never changes. */
typedef struct mgreg_metagraph mgreg_metagraph;
typedef struct mgreg_saver mgreg_saver;

/* From a file (.meta, .pbtxt: binary or text, by what is in it) or from SIZE bytes; WHAT names them in errors.  NOT_FOUND; DATA_LOSS
 * or INVALID_ARGUMENT with the place. */
int mgreg_metagraph_read(mgreg_metagraph **out, const char *path, mgreg_error *err);
int mgreg_metagraph_parse(mgreg_metagraph **out, const void *data, size_t size, const char *what, mgreg_error *err);
/* To a file, whole or not at all; to bytes (mgreg_free).  INVALID_ARGUMENT beyond 2 GB. */
int mgreg_metagraph_write(const mgreg_metagraph *metagraph, const char *path, int as_text, mgreg_error *err);
int mgreg_metagraph_format(const mgreg_metagraph *metagraph, int as_text, char **out, size_t *size, mgreg_error *err);
void mgreg_metagraph_free(mgreg_metagraph *metagraph);

int mgreg_metagraph_node_count(const mgreg_metagraph *metagraph);
int mgreg_metagraph_has_saver(const mgreg_metagraph *metagraph);
const char *mgreg_metagraph_tensorflow_version(const mgreg_metagraph *metagraph);       /* "" if it is not said */
int mgreg_metagraph_collection_count(const mgreg_metagraph *metagraph);
const char *mgreg_metagraph_collection_key(const mgreg_metagraph *metagraph, int i);    /* in order of the message */
/* Hyper-parameters, whatever form collection "hparams" has, as canonical JSON (mgreg_free); "{}" if there are none. */
int mgreg_metagraph_hparams(const mgreg_metagraph *metagraph, char **json, mgreg_error *err);
/* The type of tensor NAME ("x:0"); if no node has it but inputs ask for it ("$unbound_inputs_x"), the type they want.  NOT_FOUND. */
int mgreg_metagraph_dtype(const mgreg_metagraph *metagraph, const char *name, mgreg_dtype *out, mgreg_error *err);
/* Equal as messages; EACH (may be NULL) hears a line for every difference and returns non-zero to stop. */
int mgreg_metagraph_equal(const mgreg_metagraph *a, const mgreg_metagraph *b, int (*each)(void *ctx, const char *line), void *ctx);

/* How a graph becomes a MetaGraph.  Start from MGREG_EXPORT_INIT. */
typedef struct mgreg_export_options {
	size_t      size;
	const char *const *collections; /* only these keys; NULL: all (count 0 and not NULL: none) */
	int         collection_count;
	const char *scope;              /* only nodes whose names begin so, without it; other inputs become "$unbound_inputs_..." */
	const mgreg_saver *saver;       /* its saver_def goes along; NULL: none */
	const mgreg_metagraph *base;    /* where the graph came from: meta info, signatures and assets are taken over; or NULL */
	void      (*report)(void *ctx, const char *line);       /* hears which collections could not be written, and why */
	void       *ctx;
	unsigned    clear_devices:1, clear_extraneous_savers:1, strip_default_attrs:1;
	unsigned    allow_unknown_ops:1;        /* an op that nobody defines is reported and left out of the list of ops */
	const mgreg_metagraph *graph_def;       /* its nodes go out instead of the graph's; or NULL */
} mgreg_export_options;
#define MGREG_EXPORT_INIT { sizeof(mgreg_export_options), NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL }
/* NOT_FOUND names an op type that is neither known nor defined by whoever wrote the graph.  OPTIONS may be NULL.  The graph may run and grow meanwhile in other sessions' eyes: its nodes never change. */
int mgreg_metagraph_export(mgreg_metagraph **out, mgreg_graph *graph, const mgreg_export_options *options, mgreg_error *err);

/* How a MetaGraph becomes part of a graph.  Start from MGREG_IMPORT_INIT. */
typedef struct mgreg_import_options {
	size_t      size;
	const char *import_scope;       /* prefix of all names, made unique; NULL: none */
	const char *const *map_from;    /* input_map: "n:0", "n" or "^n" of the MetaGraph ... */
	const mgreg_output *map_to;     /* ... and the outputs of GRAPH that take their place */
	int         map_count;
	const char *const *collections; /* only these come back; NULL: all */
	int         collection_count;
	const char *unbound_key;        /* NULL: no check of unbound inputs against the input map */
	const char **prefix;            /* out: what the scope became, "a_1/" or "" (lives with the graph); or NULL */
	void      (*report)(void *ctx, const char *line);       /* hears what was left out */
	void       *ctx;
	unsigned    clear_devices:1;
	unsigned    uniquify:1;         /* TensorFlow's way with names that the graph has: copies "_1"; else ALREADY_EXISTS lists them */
	unsigned    allow_unknown_ops:1;        /* keep nodes of ops that are not known; they cannot run */
	unsigned    skip_bad_collections:1;     /* report collections that name what is not there, and go on without them */
	int       (*restore)(void *ctx, const char *key);       /* restore_collections_predicate: 0 leaves KEY out; NULL: none is */
	/* return_elements: "op" or "op:i" of the MetaGraph; the answers go to RETURNED, an operation as { node, MGREG_OP_ITSELF },
	 * what the input map replaces as its replacement.  INVALID_ARGUMENT lists those that are missing. */
	const char *const *return_names;
	mgreg_output      *returned;
	int                return_count;
} mgreg_import_options;
#define MGREG_IMPORT_INIT { sizeof(mgreg_import_options), NULL, NULL, NULL, 0, NULL, 0, "unbound_inputs", NULL, NULL, NULL, 0, 0, 0, 0, \
	NULL, NULL, NULL, 0 }
/* *SAVER (SAVER may be NULL) is the MetaGraph's own; without one, a new saver of all variables of the graph; NULL if there are none
 * either: there is nothing to restore.  After a failure the graph is as it was, whatever failed.  OPTIONS may be NULL. */
int mgreg_metagraph_import(mgreg_graph *graph, const mgreg_metagraph *metagraph, const mgreg_import_options *options,
	mgreg_saver **saver, mgreg_error *err);

/*
 * save_debug_info: where nodes come from.  Nodes made after a call of _set_source are said to come from that place (FILE NULL: from
 * nowhere any more); FUNC and CODE may be NULL.  _write puts a GraphDebugInfo of all such nodes beside the MetaGraph METAGRAPH_PATH,
 * into the file of the same name with ".debug" instead of its last extension.
 */
int mgreg_graph_set_source(mgreg_graph *graph, const char *file, int line, const char *func, const char *code, mgreg_error *err);
int mgreg_graph_debug_info_write(const mgreg_graph *graph, const char *metagraph_path, int as_text, mgreg_error *err);

/* Objects of one's own in a collection.  to_proto hands the bytes of OBJECT to PUT (not called: the object is left out of this
 * export); from_proto makes an object of bytes.  Both may be NULL, and return a code after filling *ERR. */
typedef struct mgreg_proto_functions {
	const char *type_name;
	int (*to_proto)(void *object, const char *export_scope, void (*put)(void *to, const void *data, size_t size), void *to,
		mgreg_error *err);
	int (*from_proto)(const void *data, size_t size, const char *import_scope, mgreg_graph *graph, void **object, mgreg_error *err);
} mgreg_proto_functions;
/* For the whole process and for good.  ALREADY_EXISTS: the key has its functions already. */
int mgreg_register_proto_function(const char *key, const mgreg_proto_functions *functions, mgreg_error *err);
/* The object stays the caller's and must outlive the graph. */
int mgreg_collection_add_object(mgreg_graph *graph, const char *key, void *object, mgreg_error *err);
/* NOT_FOUND: no such item; INVALID_ARGUMENT: not an object. */
int mgreg_collection_object(const mgreg_graph *graph, const char *key, int i, void **out, mgreg_error *err);

MGREG_END
#endif
