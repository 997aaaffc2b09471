/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - the one callback. */
#include "base/base.h"
#include "base/log.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mg_log_fn *callback;
static void *callback_ctx;

void
mg_log_set(mg_log_fn *fn, void *ctx)
{
	pthread_mutex_lock(&lock);
	callback = fn;
	callback_ctx = ctx;
	pthread_mutex_unlock(&lock);
}

void
mg_log(enum mg_log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	pthread_mutex_lock(&lock);
	if (callback) {
		va_start(args, fmt);
		vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
		callback(callback_ctx, level, text);
	}
	pthread_mutex_unlock(&lock);
}
