/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.h - helpers for bytes: one caller and a few threads share the items of a job (hash a leaf, unpack a chunk).
 *
 * Helpers take items in order and only do what the job's function says; whatever must happen in order or on one thread (SQLite,
 * a file that grows) is the caller's, who meanwhile asks which items are done and takes items itself when there is nothing else
 * to do.  A crew runs one job at a time and belongs to one owner.  Without helpers the caller does everything.
 */
#ifndef MG_CREW_H
#define MG_CREW_H
#include "base/thread.h"

typedef struct mg_crew mg_crew;
/* HELPERS threads at most, started by the first job.  NULL when memory is short: every call accepts it. */
mg_crew *mg_crew_new(int helpers);
void mg_crew_free(mg_crew *crew);

typedef void mg_crew_fn(void *ctx, size_t item);
typedef struct mg_crew_job {
	mg_crew      *crew;
	mg_crew_fn   *work;
	void         *ctx;
	size_t        count;            /* items there will be */
	size_t        ready;            /* items that may be taken: those before it */
	size_t        next;             /* first that nobody has taken */
	unsigned char *done;            /* per item */
	int           inside;           /* helpers at work on it */
	bool          ended;
} mg_crew_job;

/* COUNT items, of which READY can be taken at once. */
int mg_crew_begin(mg_crew_job *job, mg_crew *crew, mg_crew_fn *work, void *ctx, size_t count, size_t ready, mgreg_error *err);
/* More items can be taken. */
void mg_crew_feed(mg_crew_job *job, size_t ready);
/* Does one item on the caller's thread; false: none can be taken. */
bool mg_crew_help(mg_crew_job *job);
bool mg_crew_is_done(mg_crew_job *job, size_t item);
/* Returns when ITEM, which has been fed, is done; helps meanwhile. */
void mg_crew_wait(mg_crew_job *job, size_t item);
/* Waits for the helpers inside; items that nobody has taken are left undone. */
void mg_crew_end(mg_crew_job *job);
/* All in one call: every item done by whoever is free. */
int mg_crew_run(mg_crew *crew, mg_crew_fn *work, void *ctx, size_t count, mgreg_error *err);
#endif
