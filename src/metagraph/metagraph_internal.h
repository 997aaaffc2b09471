/* SPDX-License-Identifier: Apache-2.0 */
/* metagraph_internal.h - what the files of the metagraph layer share. */
#ifndef MG_METAGRAPH_INTERNAL_H
#define MG_METAGRAPH_INTERNAL_H

#include "metagraph/metagraph.h"

#define MG_UNBOUND_PREFIX "$unbound_inputs_"

/* A row of collections.def. */
typedef struct mg_collection_row {
	const char         *key;
	enum mg_record_kind kind;
	bool                shared;
} mg_collection_row;
const mg_collection_row *mg_collection_row_find(const char *key);

/* Moves names out of a scope (export) or into one (import); lack of memory is asked for once at the end. */
typedef struct mg_namer {
	const char *scope;      /* NULL or "": names stay */
	bool        import;
	mg_arena   *arena;
	bool        failed;
} mg_namer;
/* NULL stays NULL. */
const char *mg_namer_apply(mg_namer *n, const char *name);
char *mg_namer_field(mg_namer *n, const char *name);    /* NULL becomes "" */
const char *mg_namer_read(mg_namer *n, const char *name);       /* "" becomes NULL */
int mg_namer_check(const mg_namer *n, mgreg_error *err);
bool mg_namer_has(const mg_namer *n, const char *name);         /* name is in the scope of an export */

/* Records to messages; *OUT is NULL if the record is not in the exported scope.  ORIGIN: the message the record was made
 * of, or NULL; its unknown fields go along. */
int mg_record_to_def(enum mg_record_kind kind, const void *record, const mg_msg *origin, mg_namer *n, mg_msg **out, mgreg_error *err);
const mg_msg_type *mg_record_type(enum mg_record_kind kind);
/* And back; names are resolved in G, records lie in its arena. */
int mg_record_from_def(enum mg_record_kind kind, const mg_msg *def, mg_graph *g, mg_namer *n, void **record, mgreg_error *err);
int mg_context_to_def(const mg_context_record *c, const mg_msg *origin, mg_namer *n, mg_msg **out, mgreg_error *err);
int mg_context_from_def(const mg_msg *def, bool is_while, mg_graph *g, mg_namer *n, void **record, mgreg_error *err);
Pb__SaverDef *mg_saver_to_def(const mg_saver_record *s, mg_namer *n);

/* The functions of a key, whoever gave them; false: there is none for this direction. */
bool mg_proto_has_to(const mg_proto_functions *f);
bool mg_proto_has_from(const mg_proto_functions *f);
int mg_proto_to(const mg_proto_functions *f, void *object, const char *scope, mg_str *out, mgreg_error *err);
int mg_proto_from(const mg_proto_functions *f, mg_slice bytes, const char *scope, mg_graph *g, void **object, mgreg_error *err);

/* An export under way. */
typedef struct mg_exporter {
	mg_graph   *g;
	const mg_metagraph_export_options *o;
	mg_arena   *arena;
	mg_map      excluded;           /* names of nodes that stay behind */
	mg_msg     *saver_def;          /* or NULL */
} mg_exporter;
bool mg_exporter_keeps(const mg_exporter *x, const char *name);         /* _should_include_node */
/* GraphDef with only what is in scope, names stripped, devices cleared; fills the collection of unbound inputs. */
int mg_export_scope(mg_exporter *x, const Pb__GraphDef *in, Pb__GraphDef **out, mgreg_error *err);
int mg_export_exclude_savers(mg_exporter *x, const Pb__GraphDef *def, mgreg_error *err);
int mg_export_collection(mg_exporter *x, const char *key, Pb__MetaGraphDef *m, mgreg_error *err);
int mg_export_op_list(const mg_graph *g, const Pb__GraphDef *def, bool allow_unknown, mg_arena *arena, mg_report *report,
	Pb__OpList **out, mgreg_error *err);
int mg_export_strip_defaults(const Pb__GraphDef *in, mg_arena *arena, Pb__GraphDef **out, mgreg_error *err);

/* Restores the collections of M; SCOPE without "/" or "" is what the import became. */
int mg_import_collections(mg_graph *g, const Pb__MetaGraphDef *m, const mg_metagraph_import_options *o, const char *scope, mgreg_error *err);
#endif
