/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interop.h - models in files: what a path holds, and reading it.
 *
 * A model is one or more MetaGraphs, a checkpoint, and the files it came as; each may be absent.  Everything hangs on
 * the struct's arena and lives until mg_model_clear().
 */
#ifndef MG_INTEROP_H
#define MG_INTEROP_H

#include "ckpt/ckpt.h"

typedef enum mg_model_kind {
	MG_MODEL_METAGRAPH,             /* a MetaGraphDef file */
	MG_MODEL_GRAPH,                 /* a bare GraphDef: a frozen graph, if it has no variables */
	MG_MODEL_SAVED_MODEL,           /* a SavedModel, with or without its folder */
	MG_MODEL_CHECKPOINT             /* a checkpoint, with its .meta if there is one */
} mg_model_kind;

typedef struct mg_model_graph {
	const char       *tags;         /* sorted, comma-joined; "" without */
	/* The MetaGraphDef in binary: as it stands in the file (also as a member of a SavedModel); canonical where the file
	 * is text or a bare GraphDef. */
	mg_slice          bytes;
	Pb__MetaGraphDef *def;
} mg_model_graph;

typedef struct mg_model_file {
	const char *name;               /* below the model's folder, parts joined by "/" */
	const char *path;               /* where it lies */
	uint64_t    size;
} mg_model_file;

typedef struct mg_model {
	mg_arena        arena;
	mg_model_kind   kind;
	const char     *format;         /* name of the table's row: "metagraph", "graphdef", "saved_model", ... */
	const char     *store_kind;     /* what a version of it is: checkpoint weights saved_model frozen metagraph */
	const char     *path;           /* as given */
	bool            text;           /* the graph file is in text format */
	const char     *graph_path;     /* the graph file (.meta, .pb, .pbtxt, saved_model.pb), NULL: none */
	mg_slice        source;         /* its bytes as they are */
	mg_model_graph *graphs;
	size_t          graph_count;
	const char     *prefix;         /* of the checkpoint, NULL: none */
	mg_model_file  *files;          /* every file that belongs to it, sorted by name; of a stream: none */
	size_t          file_count;
	const char    **checkpoints;    /* a checkpoint folder: prefixes of all its checkpoints that exist, oldest first */
	size_t          checkpoint_count;
	mg_str          data;           /* owns what `source` shows */
} mg_model;

/* How a path is read.  All zero: everything. */
typedef struct mg_model_options {
	bool no_meta;                   /* a checkpoint without the .meta beside it */
	bool no_files;                  /* do not list files */
} mg_model_options;

/* Reads what lies at PATH: a file in binary or text, a checkpoint prefix (or one of its files), a checkpoint folder
 * (its latest), a SavedModel or session-bundle folder.  OUT need not be initialised; on failure it is empty.  NOT_FOUND;
 * DATA_LOSS or INVALID_ARGUMENT with file and place; OPTIONS may be NULL. */
int mg_model_read(const char *path, const mg_model_options *options, mg_model *out, mgreg_error *err);
/* The same for bytes that came from elsewhere (standard input, an archive); NAME is for messages and its ending a hint. */
int mg_model_read_bytes(const void *data, size_t size, const char *name, mg_model *out, mgreg_error *err);
void mg_model_clear(mg_model *m);

/* The MetaGraph with exactly these tags ("B,A" in any order), or, TAGS NULL, the first.  NOT_FOUND lists what there is. */
int mg_model_pick(const mg_model *m, const char *tags, const mg_model_graph **out, mgreg_error *err);

/* What bytes are: the type of message that fits best, or NULL, and whether they are text.  NAME (may be NULL) breaks ties. */
const mg_msg_type *mg_model_probe(const void *data, size_t size, const char *name, bool *text);

/* Sorted, comma-joined copy of tags; NULL if memory is short. */
const char *mg_model_tags(char *const *tags, size_t count, mg_arena *arena);
#endif
