/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - pthreads under short names; C11 atomics. */
#ifndef MG_THREAD_H
#define MG_THREAD_H
#include <pthread.h>
#include <stdatomic.h>

typedef pthread_mutex_t mg_mutex;
typedef pthread_cond_t mg_cond;
typedef pthread_once_t mg_once;
typedef pthread_t mg_thread;
#define MG_MUTEX_INIT PTHREAD_MUTEX_INITIALIZER
#define MG_ONCE_INIT PTHREAD_ONCE_INIT

int mg_mutex_init(mg_mutex *m, mgreg_error *err);
void mg_mutex_clear(mg_mutex *m);
static inline void mg_lock(mg_mutex *m) { pthread_mutex_lock(m); }
static inline void mg_unlock(mg_mutex *m) { pthread_mutex_unlock(m); }
int mg_cond_init(mg_cond *c, mgreg_error *err);                 /* waits by the monotonic clock */
void mg_cond_clear(mg_cond *c);
static inline void mg_cond_wait(mg_cond *c, mg_mutex *m) { pthread_cond_wait(c, m); }
bool mg_cond_wait_for(mg_cond *c, mg_mutex *m, double seconds); /* false: time is up */
static inline void mg_cond_signal(mg_cond *c) { pthread_cond_signal(c); }
static inline void mg_cond_broadcast(mg_cond *c) { pthread_cond_broadcast(c); }
int mg_thread_start(mg_thread *t, void *(*body)(void *), void *arg, mgreg_error *err);  /* all signals blocked in it */
static inline void mg_thread_join(mg_thread t) { pthread_join(t, NULL); }
int mg_cpu_count(void);
#endif
