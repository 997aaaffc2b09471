/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - time and randomness from the system. */
#include "base/base.h"
#include "base/clock.h"
#include "base/sha256.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>

static _Atomic int64_t stopped;

int64_t
mg_now_ms(void)
{
	int64_t at = atomic_load(&stopped);
	struct timespec now;

	if (at)
		return at;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

double
mg_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void
mg_clock_stop(int64_t ms)
{
	atomic_store(&stopped, ms);
}

int
mg_random_bytes(void *out, size_t size, mgreg_error *err)
{
	uint8_t *p = out;

	while (size) {
		ssize_t n = getrandom(p, size, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mg_fail_os(err, errno, "random bytes");
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int
mg_random_hex(char out[33], mgreg_error *err)
{
	uint8_t bytes[16];
	int rc = mg_random_bytes(bytes, sizeof(bytes), err);

	if (rc == 0)
		mg_hex(out, bytes, sizeof(bytes));
	return rc;
}
