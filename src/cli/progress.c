/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - one line that is written over itself, on a terminal only, at most ten times a second. */
#include "cli/cli.h"

#include <unistd.h>

static bool shown;
static struct timespec last;

void
cli_progress(cli *c, const char *fmt, ...)
{
	struct timespec now;
	va_list args;

	if (c->quiet || !isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (shown && (now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 < 100)
		return;
	last = now;
	shown = true;
	fputs("\r\033[K", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fflush(stderr);
}

void
cli_progress_end(cli *c)
{
	(void)c;
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
