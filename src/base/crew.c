/* SPDX-License-Identifier: Apache-2.0 */
/* crew.c - helpers for bytes: one mutex, items of tens of microseconds and more, so that it is never contended for long. */
#include "base/base.h"
#include "base/crew.h"

struct mg_crew {
	mg_mutex     mutex;
	mg_cond      work, done;
	mg_crew_job *job;               /* the one at work, or NULL */
	bool         closing;
	int          wanted, started;
	mg_thread   *threads;
};

/* Within the mutex. */
static bool
take(mg_crew_job *job, size_t *item)
{
	if (job->ended || job->next >= job->ready)
		return false;
	*item = job->next++;
	return true;
}

static void *
helper(void *arg)
{
	mg_crew *c = arg;
	size_t item;

	mg_lock(&c->mutex);
	while (!c->closing) {
		mg_crew_job *job = c->job;

		if (!job || !take(job, &item)) {
			mg_cond_wait(&c->work, &c->mutex);
			continue;
		}
		job->inside++;
		mg_unlock(&c->mutex);
		job->work(job->ctx, item);
		mg_lock(&c->mutex);
		job->inside--;
		job->done[item] = 1;
		mg_cond_signal(&c->done);
	}
	mg_unlock(&c->mutex);
	return NULL;
}

mg_crew *
mg_crew_new(int helpers)
{
	mg_crew *c = mg_calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->wanted = helpers;
	if (mg_mutex_init(&c->mutex, NULL) != 0) {
		mg_free(c);
		return NULL;
	}
	if (mg_cond_init(&c->work, NULL) != 0) {
		mg_mutex_clear(&c->mutex);
		mg_free(c);
		return NULL;
	}
	if (mg_cond_init(&c->done, NULL) != 0) {
		mg_cond_clear(&c->work);
		mg_mutex_clear(&c->mutex);
		mg_free(c);
		return NULL;
	}
	return c;
}

void
mg_crew_free(mg_crew *c)
{
	if (!c)
		return;
	mg_lock(&c->mutex);
	c->closing = true;
	mg_cond_broadcast(&c->work);
	mg_unlock(&c->mutex);
	for (int i = 0; i < c->started; i++)
		mg_thread_join(c->threads[i]);
	mg_free(c->threads);
	mg_cond_clear(&c->done);
	mg_cond_clear(&c->work);
	mg_mutex_clear(&c->mutex);
	mg_free(c);
}

/* A thread that cannot be started is done without. */
static void
start(mg_crew *c)
{
	if (c->threads || c->wanted < 1 || !(c->threads = mg_calloc((size_t)c->wanted, sizeof *c->threads)))
		return;
	while (c->started < c->wanted && mg_thread_start(&c->threads[c->started], helper, c, NULL) == 0)
		c->started++;
}

int
mg_crew_begin(mg_crew_job *job, mg_crew *crew, mg_crew_fn *work, void *ctx, size_t count, size_t ready, mgreg_error *err)
{
	*job = (mg_crew_job){ .crew = crew, .work = work, .ctx = ctx, .count = count, .ready = ready };
	if (!(job->done = mg_calloc(count + 1, 1)))
		return mg_fail_nomem(err, count);
	if (!crew || count < 2)
		return 0;
	start(crew);
	mg_lock(&crew->mutex);
	assert(!crew->job);
	crew->job = job;
	if (ready)
		mg_cond_broadcast(&crew->work);
	mg_unlock(&crew->mutex);
	return 0;
}

void
mg_crew_feed(mg_crew_job *job, size_t ready)
{
	if (!job->crew) {
		job->ready = ready;
		return;
	}
	mg_lock(&job->crew->mutex);
	job->ready = ready;
	mg_cond_signal(&job->crew->work);
	mg_unlock(&job->crew->mutex);
}

static void
lock(mg_crew_job *job)
{
	if (job->crew)
		mg_lock(&job->crew->mutex);
}

static void
unlock(mg_crew_job *job)
{
	if (job->crew)
		mg_unlock(&job->crew->mutex);
}

bool
mg_crew_help(mg_crew_job *job)
{
	size_t item;
	bool took;

	lock(job);
	took = take(job, &item);
	unlock(job);
	if (!took)
		return false;
	job->work(job->ctx, item);
	lock(job);
	job->done[item] = 1;
	unlock(job);
	return true;
}

bool
mg_crew_is_done(mg_crew_job *job, size_t item)
{
	bool yes;

	lock(job);
	yes = job->done[item];
	unlock(job);
	return yes;
}

void
mg_crew_wait(mg_crew_job *job, size_t item)
{
	assert(item < job->ready);
	while (!mg_crew_is_done(job, item)) {
		if (mg_crew_help(job))
			continue;
		lock(job);      /* with nothing to take, a helper has it */
		while (!job->done[item])
			mg_cond_wait(&job->crew->done, &job->crew->mutex);
		unlock(job);
	}
}

void
mg_crew_end(mg_crew_job *job)
{
	if (!job->done)
		return;
	if (job->crew) {
		mg_lock(&job->crew->mutex);
		job->ended = true;
		while (job->inside)
			mg_cond_wait(&job->crew->done, &job->crew->mutex);
		if (job->crew->job == job)
			job->crew->job = NULL;
		mg_unlock(&job->crew->mutex);
	}
	mg_free(job->done);
	job->done = NULL;
}

int
mg_crew_run(mg_crew *crew, mg_crew_fn *work, void *ctx, size_t count, mgreg_error *err)
{
	mg_crew_job job;
	int rc;

	if (count == 0)
		return 0;
	if ((rc = mg_crew_begin(&job, crew, work, ctx, count, count, err)) != 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		mg_crew_wait(&job, i);
	mg_crew_end(&job);
	return 0;
}
