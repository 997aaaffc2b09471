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
	const char    **missing;        /* those that the state file names and that are not there */
	size_t          missing_count;
	char           *spool;          /* of an archive: the folder that holds its files until the model is cleared */
	int             spool_lock;
	const char     *archive;        /* its path */
	mg_str          data;           /* owns what `source` shows */
} mg_model;

/* How a path is read.  All zero: everything. */
typedef struct mg_model_options {
	bool no_meta;                   /* a checkpoint without the .meta beside it */
	bool no_files;                  /* do not list files */
	const char *from;               /* a target's name: only what is in this format; NULL: by the bytes */
	bool all;                       /* a folder: only its checkpoints are listed, and no one of them need be the latest */
} mg_model_options;

/* Reads what lies at PATH: a file in binary or text, a checkpoint prefix (or one of its files) in any format that ckpt reads, a
 * folder of checkpoints (its latest), a SavedModel or session-bundle folder; or an archive (tar or zip under at most one
 * filter) that holds one such thing, "ARCHIVE/NAME" where it holds several.  OUT need not be initialised; on failure it is empty.  NOT_FOUND;
 * DATA_LOSS or INVALID_ARGUMENT with file and place; OPTIONS may be NULL. */
int mg_model_read(const char *path, const mg_model_options *options, mg_model *out, mgreg_error *err);
/* The same for bytes that came from elsewhere (standard input, an archive); NAME is for messages and its ending a hint. */
int mg_model_read_bytes(const void *data, size_t size, const char *name, mg_model *out, mgreg_error *err);
void mg_model_clear(mg_model *m);
/* The files of the model are those below the folder DIR, and no others. */
int mg_model_add_tree_files(mg_model *m, const char *dir, mgreg_error *err);
/* In messages, the place of an archive's spooled files becomes the archive's name; returns RC. */
int mg_model_error(const mg_model *m, int rc, mgreg_error *err);

/* The MetaGraph with exactly these tags ("B,A" in any order), or, TAGS NULL, the first.  NOT_FOUND lists what there is. */
int mg_model_pick(const mg_model *m, const char *tags, const mg_model_graph **out, mgreg_error *err);

/* The step at the end of a checkpoint's or model file's name ("model-1000.index", "m-10-?????-of-00003"); false: none. */
bool mg_model_name_step(const char *path, int64_t *step);

/* ---- writing (write.c) ---- */

/* How a model is written: the names of --as and --to. */
typedef enum mg_model_target {
	MG_TO_V2, MG_TO_V1, MG_TO_SAFETENSORS, MG_TO_NPZ, MG_TO_SAVED_MODEL, MG_TO_FROZEN, MG_TO_METAGRAPH, MG_TO_GRAPHDEF, MG_TO_NONE
} mg_model_target;
/* The target NAME means; NONE: of no such name.  And back. */
mg_model_target mg_model_target_find(const char *name);
const char *mg_model_target_name(mg_model_target target);
/* The ckpt format behind a target, NULL: it is none. */
const char *mg_model_target_weights(mg_model_target target);

/* Every tensor of FROM, in the order of names, as a checkpoint of FORMAT at PATH: slices stay slices where the format has
 * them, elsewhere tensors are put together.  PATH is there whole or not at all. */
/* A file as it is; the folder of TO is made. */
int mg_model_copy_file(const char *from, const char *to, mgreg_error *err);
int mg_weights_write(mg_ckpt *from, const char *format, const char *path, mgreg_error *err);
/* The MetaGraphs of a SavedModel as its saved_model.pb, or, AS_TEXT, .pbtxt.  Each has tags: one without is called "serve";
 * BYTES of a graph may be {NULL, 0}. */
int mg_saved_model_encode(const mg_model_graph *graphs, size_t count, bool as_text, mg_str *out, mgreg_error *err);
/* DEF with a saver, in ARENA: itself if it has one or needs none, else with the nodes that TensorFlow's Saver() makes. */
int mg_metagraph_with_saver(const Pb__MetaGraphDef *def, mg_arena *arena, const Pb__MetaGraphDef **out, mgreg_error *err);

/* ---- freezing (freeze.c, fold.c) ---- */
typedef struct mg_freeze_options {
	const char *const *outputs;     /* nodes, tensors or names of a signature; NULL: found */
	int         output_count;
	const char *outputs_from;       /* a collection that names them */
	bool        strip_unused;       /* inputs of the signature become placeholders; functions nobody calls go */
	bool        fold_batch_norm;
} mg_freeze_options;
typedef struct mg_freeze_result {
	Pb__GraphDef *graph;            /* in the arena; borrows from the MetaGraph */
	const char  **outputs;          /* the nodes it was cut down to */
	int           output_count;
	int           variables, folded;
} mg_freeze_result;
/* The part of DEF that its outputs need, every variable a Const with the value that CKPT (NULL: there are no variables)
 * has under the key of the graph's own restore nodes. */
int mg_freeze(const Pb__MetaGraphDef *def, mg_ckpt *ckpt, const mg_freeze_options *options, mg_arena *arena, mg_freeze_result *out,
	mgreg_error *err);

/* What bytes are: the type of message that fits best, or NULL, and whether they are text.  NAME (may be NULL) breaks ties. */
const mg_msg_type *mg_model_probe(const void *data, size_t size, const char *name, bool *text);

/* Sorted, comma-joined copy of tags; NULL if memory is short. */
const char *mg_model_tags(char *const *tags, size_t count, mg_arena *arena);
/* The same of "B,A" -> "A,B". */
const char *mg_model_tags_parse(const char *text, mg_arena *arena);
#endif
