/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/events.h - metrics of runs, and TensorBoard's event files in both directions. */
#ifndef MGREG_EVENTS_H
#define MGREG_EVENTS_H

#include "mgreg/registry.h"

MGREG_BEGIN

/* ---- metrics ----------------------------------------------------------------------------------- */

/* Points of a run: VALUES[i] of metric NAMES[i].  TARGET is MODEL/RUN (made where it does not exist; then HAS_STEP must be set) or
 * a reference: the points are bound to that version, have its step unless one is given, and no rewind hides them.  A point that
 * is there already is not added again; *ADDED (may be NULL) says how many are new.  One transaction. */
int mgreg_metric_add(mgreg_store *store, const char *target, const char *const *names, const double *values, int count,
	int has_step, int64_t step, int64_t *added, mgreg_error *err);
/* Which end of a metric is better, in the whole store; a later call overrides an earlier one. */
int mgreg_metric_declare(mgreg_store *store, const char *name, int higher_is_better, mgreg_error *err);

/* A metric of a run, as the view `metric_summary` shows it.  NaN: no such number. */
typedef struct mgreg_metric_summary {
	const char *model, *run, *metric;
	const char *better;             /* "lower", "higher", NULL: nobody has said */
	int64_t     points;
	int         has_last, has_min;
	int64_t     last_step, min_step, max_step;
	double      last_value, min_value, max_value;
} mgreg_metric_summary;
/* TARGET: MODEL, MODEL/RUN, a reference (the metrics bound to that version), or NULL: everything.  Non-zero from EACH stops and is
 * returned. */
int mgreg_metrics_each(mgreg_store *store, const char *target, int (*each)(void *ctx, const mgreg_metric_summary *m), void *ctx, mgreg_error *err);

/* One point. */
typedef struct mgreg_metric_point {
	const char *model, *run, *metric;
	int         has_step;
	int64_t     step;
	double      value;              /* may be NaN */
	int64_t     wall_time;          /* ms since 1970 UTC */
	int64_t     session;            /* ordinal within the run, 0: none */
	int64_t     version_id;         /* 0: none */
} mgreg_metric_point;
/* Points of metrics whose name fits GLOB (NULL: all), by metric, then step, then as they came; TARGET as above.  ALL: also those
 * that a rewind hides. */
int mgreg_metric_points_each(mgreg_store *store, const char *target, const char *glob, int all,
	int (*each)(void *ctx, const mgreg_metric_point *p), void *ctx, mgreg_error *err);

/* ---- event files --------------------------------------------------------------------------------- */

/* What became of one file.  Borrowed for the call. */
typedef struct mgreg_events_file {
	const char *path;
	const char *kind;               /* "events", "sqlite" */
	int64_t     events;             /* read by this call */
	int64_t     points, others;     /* metric points and other events that were new */
	int64_t     versions;           /* made of graphs */
	int64_t     sessions;           /* begun */
	int64_t     offset;             /* bytes read so far, by earlier calls too */
	int64_t     pending;            /* bytes of a record whose end is not written yet */
	const char *problem;            /* why reading stopped before the end or what was passed over; NULL: nothing */
} mgreg_events_file;

/* How event files come in.  Start from MGREG_EVENTS_IMPORT_INIT; `as` must be set. */
typedef struct mgreg_events_import_options {
	size_t      size;
	const char *as;                 /* MODEL or MODEL/RUN, made where they do not exist */
	double      poll;               /* seconds between two looks under follow; 0: 1 */
	const int  *stop;               /* not 0: following ends, what was read is kept; or NULL */
	int       (*file)(void *ctx, const mgreg_events_file *f);       /* after every file that had something new, or NULL; not 0 stops */
	void       *ctx;
	unsigned    follow:1,           /* goes on looking for more until stopped; event files only */
	            dry_run:1;          /* reads everything, stores nothing */
} mgreg_events_import_options;
#define MGREG_EVENTS_IMPORT_INIT { .size = sizeof(mgreg_events_import_options) }
/* Event files, folders of them (with their sub-folders, whose names come before the tags: "eval/acc") and TensorFlow's summary
 * databases into a run.  Scalars become metric points, graphs and MetaGraphs versions of kind metagraph without a step, everything
 * else events.  A SessionLog START hides, not deletes, what older sessions have from its step on, as in TensorBoard.  Reading a file
 * again adds nothing: the store remembers how far it was read.  A half-written end is no error.  DATA_LOSS: a file is damaged; what
 * comes before the damage, and the other files, are in the store. */
int mgreg_events_import(mgreg_store *store, const char *const *paths, int count, const mgreg_events_import_options *options, mgreg_error *err);

/* Writes a run as one event file into the folder DIR: its MetaGraph, its sessions, every event and every point, hidden ones behind
 * the START that hides them.  TARGET is MODEL/RUN or a reference: what was known up to that version's step, and its graph.
 * *PATH (may be NULL; mgreg_free) is the file.  The file appears whole; a second export of the same run replaces it. */
int mgreg_events_export(mgreg_store *store, const char *target, const char *dir, char **path, mgreg_error *err);

MGREG_END
#endif
