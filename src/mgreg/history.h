/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mgreg/history.h - names and labels of versions, lineage, retention, life, runs, the audit log.
 *
 * Every call here that changes something is one transaction and leaves one row in the audit log.  A store is used from one
 * thread at a time.  Callbacks: non-zero stops and is returned; what they are handed lives until they return.
 */
#ifndef MGREG_HISTORY_H
#define MGREG_HISTORY_H

#include "mgreg/registry.h"

MGREG_BEGIN

/* ---- several changes as one --------------------------------------------------------------- */

/* From here on changes of this handle are one transaction, until mgreg_store_end(), which commits if RC is 0 and nothing failed
 * in between, and takes everything back otherwise; it returns RC, or the commit's own error.  May be nested.  This is how a
 * dry run is made: begin, do it, end with a code that is not 0.  UNAVAILABLE after the timeout; FAILED_PRECONDITION: read-only. */
int mgreg_store_begin(mgreg_store *store, mgreg_error *err);
int mgreg_store_end(mgreg_store *store, int rc, mgreg_error *err);

/* ---- references --------------------------------------------------------------------------- */

/* A reference that may name many: a range MODEL[/RUN]@A..B, or what mgreg_store_resolve() takes.  In the order of saving. */
int mgreg_store_resolve_each(mgreg_store *store, const char *ref,
	int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err);

/* ---- aliases: MODEL:NAME, a movable name of one version ------------------------------------ */

typedef struct mgreg_alias_info {
	char     model[201], alias[201];
	char     ref[464];              /* of the version; "" if it names none (removed) or the version is gone altogether */
	char     state[12];
	int64_t  version_id;            /* 0: it names none */
	int64_t  no;
	int64_t  since, until;          /* ms; until 0: still so */
	int      is_protected;
} mgreg_alias_info;
typedef int mgreg_alias_fn(void *ctx, const mgreg_alias_info *alias);

typedef struct mgreg_alias_options {
	size_t   size;
	unsigned protect:1,             /* from now on it moves only with FORCE */
	         unprotect:1,           /* no longer so (needs FORCE) */
	         force:1;               /* move or remove a protected one; the audit log says so */
} mgreg_alias_options;
#define MGREG_ALIAS_INIT { sizeof(mgreg_alias_options), 0, 0, 0 }

/* MODEL:NAME names the version REF from now on.  INVALID_ARGUMENT: REF is another model's, or NAME is latest, best, first or
 * max-step; FAILED_PRECONDITION: it is protected, or the version is neither live nor replaced.  OUT and OPTIONS may be NULL. */
int mgreg_alias_set(mgreg_store *store, const char *alias, const char *ref, const mgreg_alias_options *options,
	mgreg_version_info *out, mgreg_error *err);
int mgreg_alias_remove(mgreg_store *store, const char *alias, const mgreg_alias_options *options, mgreg_error *err);
/* Back to what it named before the last change, which may be nothing; twice is where it was.  OUT (may be NULL): what it names now. */
int mgreg_alias_undo(mgreg_store *store, const char *alias, const mgreg_alias_options *options, mgreg_alias_info *out, mgreg_error *err);
/* WHICH: NULL (all), MODEL or MODEL:NAME.  AT: at that time (ms since 1970 UTC); 0: now. */
int mgreg_aliases_each(mgreg_store *store, const char *which, int64_t at, mgreg_alias_fn *each, void *ctx, mgreg_error *err);
/* Everything they ever named, oldest first. */
int mgreg_alias_log_each(mgreg_store *store, const char *which, mgreg_alias_fn *each, void *ctx, mgreg_error *err);

/* One condition of a promotion: "METRIC OP VALUE" (>= <= > < = !=) or a tag's key or KEY=VALUE. */
typedef struct mgreg_gate {
	const char *gate;
	const char *found;              /* the metric's value or the tag's, NULL if there is none */
	int         passed;
} mgreg_gate;
typedef struct mgreg_promote_options {
	size_t             size;
	const char *const *require;     /* metrics: what was recorded of the version itself, else its run's curve at its step */
	int                require_count;
	const char *const *require_tags;/* of the version, its run or its model */
	int                tag_count;
	int              (*gate)(void *ctx, const mgreg_gate *gate);    /* hears every gate; or NULL */
	void              *ctx;
	unsigned           protect:1, force:1;
} mgreg_promote_options;
#define MGREG_PROMOTE_INIT { .size = sizeof(mgreg_promote_options) }
/* An alias that is set only if all gates pass; else FAILED_PRECONDITION with reason NO, and nothing changes. */
int mgreg_promote(mgreg_store *store, const char *ref, const char *alias, const mgreg_promote_options *options,
	mgreg_version_info *out, mgreg_error *err);

/* ---- tags, notes, pins, leases ------------------------------------------------------------ */

/* SUBJECT is a model (MODEL), a run (MODEL/RUN) or a version (any other reference). */
typedef struct mgreg_tag_info {
	const char *scope;              /* "model" "run" "version" */
	const char *subject;            /* the reference that names it */
	const char *key, *value;        /* value "": none */
	int64_t     version_id;         /* 0: not of a version */
} mgreg_tag_info;
/* Sets all or none.  A value NULL is "". */
int mgreg_tag_set(mgreg_store *store, const char *subject, const mgreg_pair *tags, int count, mgreg_error *err);
int mgreg_tag_remove(mgreg_store *store, const char *subject, const char *const *keys, int count, mgreg_error *err);
/* SUBJECT NULL: all there are.  A model's or run's own tags only, not those of its versions. */
int mgreg_tags_each(mgreg_store *store, const char *subject, int (*each)(void *ctx, const mgreg_tag_info *tag), void *ctx, mgreg_error *err);

/* A version's note; TEXT NULL or "" removes it.  Get: *OUT is NULL if there is none, else the caller's (mgreg_free). */
int mgreg_note_set(mgreg_store *store, int64_t version_id, const char *text, mgreg_error *err);
int mgreg_note_get(mgreg_store *store, int64_t version_id, char **out, mgreg_error *err);
/* A pinned version never expires. */
int mgreg_version_pin(mgreg_store *store, int64_t version_id, int pin, mgreg_error *err);

/* Nobody expires or purges the version for SECONDS; a later call of the same actor replaces the term, SECONDS 0 ends it.
 * *UNTIL (may be NULL): ms.  FAILED_PRECONDITION: its bytes are gone. */
int mgreg_lease_set(mgreg_store *store, int64_t version_id, double seconds, int64_t *until, mgreg_error *err);
typedef struct mgreg_lease_info { mgreg_version_info version; const char *holder; int64_t until; } mgreg_lease_info;
/* Those that have not run out. */
int mgreg_leases_each(mgreg_store *store, int (*each)(void *ctx, const mgreg_lease_info *lease), void *ctx, mgreg_error *err);

/* ---- lineage ------------------------------------------------------------------------------ */

typedef struct mgreg_lineage_edge {
	const mgreg_version_info *child, *parent;
	const char *relation;           /* continued forked extended frozen converted merged averaged copied */
	int         depth;              /* steps from the version asked for: 1, 2, ... up; -1, -2, ... down */
} mgreg_lineage_edge;
typedef enum mgreg_lineage_way { MGREG_LINEAGE_UP = 1, MGREG_LINEAGE_DOWN = 2, MGREG_LINEAGE_BOTH = 3 } mgreg_lineage_way;
/* Every edge above and/or below the version, nearest first, each once. */
int mgreg_lineage_each(mgreg_store *store, int64_t version_id, mgreg_lineage_way way,
	int (*each)(void *ctx, const mgreg_lineage_edge *edge), void *ctx, mgreg_error *err);

/* ---- retention and life ------------------------------------------------------------------- */

/* The policy of MODEL or MODEL/RUN (a run's own wins): "last=5,hours=2,steps=10k,best=eval/acc:3", "tf" (as
 * tf.train.Saver), NULL: none.  INVALID_ARGUMENT: it cannot be read. */
int mgreg_policy_set(mgreg_store *store, const char *model_run, const char *policy, mgreg_error *err);
/* In the same form; *OUT is NULL if there is none.  The caller's (mgreg_free). */
int mgreg_policy_get(mgreg_store *store, const char *model_run, char **out, mgreg_error *err);
/* Applies the policies of all runs (MODEL_RUN NULL), of a model's or of one run: what is surplus expires.  EACH (may be NULL)
 * hears the versions.  TensorFlow's rule lets go at saves only. */
int mgreg_store_prune(mgreg_store *store, const char *model_run,
	int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err);

/* live or replaced -> expired; `latest` becomes the one saved before it.  FAILED_PRECONDITION: pinned, aliased, leased. */
int mgreg_version_expire(mgreg_store *store, int64_t version_id, mgreg_error *err);
/* expired -> live (or replaced, if its step was saved again), until gc; LATEST: it moves the pointer again. */
int mgreg_version_undelete(mgreg_store *store, int64_t version_id, int latest, mgreg_error *err);
/* Its bytes are no longer needed (mgreg_store_sweep() frees them).  If nothing refers to the version its row goes too and
 * *ROW_GONE is 1; else note, tags and given hyper-parameters are blanked and the other facts stay. */
int mgreg_version_purge(mgreg_store *store, int64_t version_id, int *row_gone, mgreg_error *err);
/* Frees bytes that nothing needs, whatever their age; purges no version.  *BYTES (may be NULL): as stored. */
int mgreg_store_sweep(mgreg_store *store, int64_t *bytes, mgreg_error *err);
/* The version once more as MODEL[/RUN] TO: no bytes are copied; lineage `copied`.  Labels, metrics and hyper-parameters of the
 * version come along.  The pointer moves if TO had no version yet, or with LATEST. */
int mgreg_version_copy(mgreg_store *store, int64_t version_id, const char *to, int latest, mgreg_version_info *out, mgreg_error *err);
/* MODEL or MODEL/RUN gets the name NEW_NAME.  ALREADY_EXISTS. */
int mgreg_store_rename(mgreg_store *store, const char *model_run, const char *new_name, mgreg_error *err);

/* ---- runs --------------------------------------------------------------------------------- */

typedef struct mgreg_run_summary {
	const mgreg_run_info *run;
	int64_t     sessions, versions; /* versions: live ones */
	int64_t     max_step;           /* -1: none has a step */
	const char *from;               /* reference of the version it was forked from, or NULL */
	const char *policy;             /* JSON */
} mgreg_run_summary;
/* Of MODEL, or all (NULL). */
int mgreg_runs_each(mgreg_store *store, const char *model, int (*each)(void *ctx, const mgreg_run_summary *run), void *ctx, mgreg_error *err);
/* open done failed killed imported */
int mgreg_run_set_status(mgreg_store *store, const char *model_run, const char *status, mgreg_error *err);

/* ---- the audit log ------------------------------------------------------------------------ */

typedef struct mgreg_audit_entry {
	int64_t     id, at;             /* at: ms */
	const char *actor, *host, *op, *subject;
	const char *detail;             /* a JSON object */
} mgreg_audit_entry;
typedef int mgreg_audit_fn(void *ctx, const mgreg_audit_entry *entry);
/* Which rows.  Start from MGREG_AUDIT_FILTER_INIT. */
typedef struct mgreg_audit_filter {
	size_t      size;
	const char *subject;            /* MODEL (with all that belongs to it), MODEL/RUN, MODEL:NAME, a version; NULL: all */
	int64_t     since;              /* ms */
	int64_t     after;              /* only ids greater than this */
} mgreg_audit_filter;
#define MGREG_AUDIT_FILTER_INIT { sizeof(mgreg_audit_filter), NULL, 0, 0 }
int mgreg_audit_each(mgreg_store *store, const mgreg_audit_filter *filter, mgreg_audit_fn *each, void *ctx, mgreg_error *err);
/* Goes through the chain of hashes.  PROBLEM hears a row's id and what is wrong: a chain that does not fit (the row, or one before
 * it, was altered), none at all (written by another program), rows that are missing.  *ROWS and *PROBLEMS may be NULL. */
int mgreg_audit_verify(mgreg_store *store, int (*problem)(void *ctx, int64_t id, const char *what), void *ctx,
	int64_t *rows, int64_t *problems, mgreg_error *err);

/* ---- the schema --------------------------------------------------------------------------- */

/* Views (COLUMN "" and what the view is), each followed by its columns.  VIEW NULL: all; NOT_FOUND lists what is near. */
int mgreg_schema_each(const char *view, int (*each)(void *ctx, const char *view, const char *column, const char *meaning),
	void *ctx, mgreg_error *err);
/* CREATE VIEW of a view, or the text of the whole schema (NULL); borrowed for ever. */
int mgreg_schema_ddl(const char *view, int (*each)(void *ctx, const char *name, const char *sql), void *ctx, mgreg_error *err);

typedef struct mgreg_migration {
	int64_t from, to;               /* schema numbers; equal: nothing to do */
	int64_t min_reader, min_writer; /* what a program must know to read and to write it */
} mgreg_migration;
/* Brings the file at PATH to this program's schema, in one transaction.  CHECK: only says what would be done.  BACKUP (may be NULL): a
 * copy of the store as it was, made first; ALREADY_EXISTS if the file is there. */
int mgreg_store_migrate(const char *path, int check, const char *backup, const mgreg_store_options *options,
	mgreg_migration *out, mgreg_error *err);
/* Makes graphs, nodes, collections, signatures and hyper-parameters anew from the stored MetaGraphs, statistics from the tensors
 * whose bytes are there, summaries from the points; one transaction.  PROGRESS (may be NULL) hears what is done; a MetaGraph that
 * cannot be decoded is told to PROBLEM (may be NULL) and left out. */
typedef struct mgreg_rebuild_result { int64_t metagraphs, versions, tensors, series, problems; } mgreg_rebuild_result;
int mgreg_store_rebuild(mgreg_store *store, mgreg_pair_fn *problem, void *ctx, mgreg_rebuild_result *out, mgreg_error *err);

MGREG_END

#endif
