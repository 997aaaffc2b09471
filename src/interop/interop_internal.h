/* SPDX-License-Identifier: Apache-2.0 */
/* interop_internal.h - the table of model formats and what its rows share. */
#ifndef MG_INTEROP_INTERNAL_H
#define MG_INTEROP_INTERNAL_H

#include "interop/interop.h"

/* What is known of a path before a format is chosen. */
typedef struct mg_model_source {
	const char *path;
	bool        is_dir, is_file;
	bool        is_table;           /* a file that ends as tables do: checkpoint V1, index of V2 */
	const char *tensors;            /* a file of tensors of this format: "safetensors", "npz" */
	bool        is_archive, is_events;
	const mg_msg_type *message;     /* a file that holds this message ... */
	bool        text;               /* ... in text */
	mg_str      data;               /* its bytes (not of tables); the reader takes them */
} mg_model_source;

/* A row of the table.  probe has no effects: 0 not mine ... 100 certain.  read fills a model whose path is set. */
typedef struct mg_model_format {
	const char *name;
	int (*probe)(const mg_model_source *s);
	int (*read)(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err);
} mg_model_format;

extern const mg_model_format mg_format_saved_model_dir, mg_format_session_bundle, mg_format_checkpoint_dir;
extern const mg_model_format mg_format_checkpoint, mg_format_tensors, mg_format_state_file;

/* The graph file S as the graphs of M (graph_file.c): MetaGraphDef, GraphDef or SavedModel, text or binary. */
int mg_model_add_graph(mg_model_source *s, mg_model *m, mgreg_error *err);
/* The model in the files below the folder DIR: what lies in it, or in the one folder of it that holds a model. */
int mg_model_find_in(const char *dir, mg_arena *arena, const char **out, mgreg_error *err);
/* Reads PATH into S and finds out what it is. */
int mg_source_load(mg_model_source *s, const char *path, mgreg_error *err);
/* Does the file end as tables do? */
bool mg_model_is_table(const char *path);
void mg_source_clear(mg_model_source *s);

/* Text in M's arena; NULL if memory is short. */
const char *mg_model_join(mg_model *m, const char *dir, const char *name);
/* Adds one file, or everything below M's folder DIR (whose place in the model is BELOW, "" for the folder itself). */
int mg_model_add_file(mg_model *m, const char *name, const char *path, mgreg_error *err);
int mg_model_add_tree(mg_model *m, const char *dir, const char *below, mgreg_error *err);
/* Adds the files of the checkpoint PREFIX (with NO_META without its .meta). */
int mg_model_add_checkpoint_files(mg_model *m, const char *prefix, bool no_meta, mgreg_error *err);
#endif
