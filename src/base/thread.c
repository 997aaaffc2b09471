/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - what pthreads need a few lines for. */
#include "base/base.h"
#include "base/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

int
mg_mutex_init(mg_mutex *m, mgreg_error *err)
{
	int e = pthread_mutex_init(m, NULL);

	return e ? mg_fail_os(err, e, "mutex") : 0;
}

void
mg_mutex_clear(mg_mutex *m)
{
	pthread_mutex_destroy(m);
}

int
mg_cond_init(mg_cond *c, mgreg_error *err)
{
	pthread_condattr_t attr;
	int e = pthread_condattr_init(&attr);

	if (!e)
		e = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!e)
		e = pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
	return e ? mg_fail_os(err, e, "condition") : 0;
}

void
mg_cond_clear(mg_cond *c)
{
	pthread_cond_destroy(c);
}

bool
mg_cond_wait_for(mg_cond *c, mg_mutex *m, double seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	seconds = MG_MIN(MG_MAX(seconds, 0), 1e9);
	until.tv_sec += (time_t)seconds;
	until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_cond_timedwait(c, m, &until) != ETIMEDOUT;
}

/* Signals are the main thread's business: a new thread starts with all of them blocked. */
int
mg_thread_start(mg_thread *t, void *(*body)(void *), void *arg, mgreg_error *err)
{
	sigset_t all, old;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(t, NULL, body, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e ? mg_fail_os(err, e, "thread") : 0;
}

int
mg_cpu_count(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return MG_MAX(CPU_COUNT(&set), 1);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (int)n : 1;
}
