/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - fault points, for builds with --enable-faults. */
#include "base/base.h"
#include "base/fault.h"

#ifdef MG_FAULTS
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char chosen[64];
static long left;

void
mg_fault_set(const char *point, long at)
{
	pthread_mutex_lock(&lock);
	snprintf(chosen, sizeof(chosen), "%s", point);
	left = at;
	pthread_mutex_unlock(&lock);
}

bool
mg_fault(const char *point)
{
	bool hit = false;

	pthread_mutex_lock(&lock);
	if (left > 0 && strcmp(point, chosen) == 0)
		hit = --left == 0;
	pthread_mutex_unlock(&lock);
	return hit;
}
#else
typedef int mg_no_fault_points;
#endif
