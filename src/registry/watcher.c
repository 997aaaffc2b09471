/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watcher.c - beside the runs of a session: once a flag is set, the run under way gets two seconds to end, then it is cancelled.
 */
#include "base/base.h"
#include "base/clock.h"
#include "registry/training.h"

#define GRACE_SECONDS 2.0
#define LOOK_SECONDS 0.05

bool
mg_flag_is_set(const int *flag)
{
	return flag && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

static void *
watch(void *arg)
{
	mg_watcher *w = arg;
	double since = -1;

	mg_lock(&w->mutex);
	while (!w->done && !w->cut) {
		mg_cond_wait_for(&w->cond, &w->mutex, LOOK_SECONDS);
		if (w->done || !mg_flag_is_set(w->flag))
			continue;
		if (since < 0)
			since = mg_monotonic();
		if (mg_monotonic() - since >= GRACE_SECONDS) {
			w->cut = true;
			mg_session_cancel(w->session);
		}
	}
	mg_unlock(&w->mutex);
	return NULL;
}

int
mg_watcher_start(mg_watcher *w, const int *flag, mg_session *session, mgreg_error *err)
{
	int rc;

	if (!flag)
		return 0;
	w->flag = flag;
	w->session = session;
	if ((rc = mg_mutex_init(&w->mutex, err)) != 0)
		return rc;
	if ((rc = mg_cond_init(&w->cond, err)) != 0) {
		mg_mutex_clear(&w->mutex);
		return rc;
	}
	if ((rc = mg_thread_start(&w->thread, watch, w, err)) != 0) {
		mg_cond_clear(&w->cond);
		mg_mutex_clear(&w->mutex);
		return rc;
	}
	w->started = true;
	return 0;
}

void
mg_watcher_stop(mg_watcher *w)
{
	if (!w->started)
		return;
	mg_lock(&w->mutex);
	w->done = true;
	mg_cond_signal(&w->cond);
	mg_unlock(&w->mutex);
	mg_thread_join(w->thread);
	mg_cond_clear(&w->cond);
	mg_mutex_clear(&w->mutex);
	w->started = false;
}
