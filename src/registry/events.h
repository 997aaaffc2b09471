/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - event files on their way into the store.
 *
 *   events.c         which files, how far, following       events_import.c  one event -> points, events, versions
 *   events_db.c      TensorFlow's summary databases        events_export.c  a run -> an event file
 */
#ifndef MG_EVENTS_H
#define MG_EVENTS_H

#include "mgreg/events.h"
#include "registry/registry.h"

/* MODEL/RUN (a model alone: its run main), or a reference with '@' or ':' (then *IS_VERSION).  metrics.c */
int mg_target_resolve(mg_store *store, const char *text, int64_t *run_id, bool *is_version, mg_version_info *version, mgreg_error *err);

typedef struct mg_intake_event { int64_t step, session, wall_time; const char *tag, *plugin; mg_str bytes; } mg_intake_event;

/* What is read and not yet stored, of one source at a time.  Everything of a batch goes in with one transaction, which also says
 * how far the source has been read: a crash loses nothing and adds nothing twice. */
typedef struct mg_intake {
	mg_store   *store;
	bool        dry_run;
	int64_t     run_id;
	char        run_uid[33], model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	/* the source */
	const char *name;               /* in mg_input */
	const char *uri;
	const char *prefix;             /* before tags: "" or "eval/" */
	int         version;            /* of its format: 2 */
	int64_t     starts;             /* SessionLog STARTs met so far */
	int64_t     session;            /* ordinal, 0: not yet known */
	int64_t     newest_step;        /* before version 2 */
	mg_map      plugins;            /* tag -> plugin, of tensors: later values of a tag do not repeat it */
	/* the batch */
	mg_arena    arena;              /* of texts below */
	MG_VEC(mg_point) points;
	MG_VEC(mg_intake_event) events;
	mg_map      names;              /* name of a series -> itself, in ARENA */
	size_t      bytes;
	mg_str      graph;              /* a GraphDef that may be followed by its MetaGraph */
	bool        has_graph;
	mg_str      problem;            /* first thing that was passed over, "" if nothing was */
	/* counts */
	int64_t     read, added_points, added_events, versions, sessions;
} mg_intake;

void mg_intake_begin(mg_intake *in, const char *name, const char *uri, const char *prefix);
int mg_intake_resume(mg_intake *in, mgreg_error *err);  /* the source goes on where an earlier reading ended */
void mg_intake_note(mg_intake *in, const mgreg_error *why);
/* The event that begins at OFFSET of its source. */
int mg_intake_event_add(mg_intake *in, const Pb__Event *e, uint64_t offset, mgreg_error *err);
/* A bare GraphDef, and a MetaGraphDef.  What does not decode is noted and passed over. */
int mg_intake_graph(mg_intake *in, const void *bytes, size_t size, mgreg_error *err);
int mg_intake_metagraph(mg_intake *in, const void *bytes, size_t size, mgreg_error *err);
/* Stores what was taken; reading goes on at OFFSET. */
int mg_intake_flush(mg_intake *in, uint64_t offset, mgreg_error *err);
void mg_intake_clear(mg_intake *in);

/* All of a summary database. */
int mg_intake_summary_db(mg_intake *in, const char *path, mgreg_error *err);
#endif
