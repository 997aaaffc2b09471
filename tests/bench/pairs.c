/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairs.c - times two commands against each other: interleaved, all pairs printed, medians and their ratio last.
 *
 *   pairs [-n PAIRS] [-r REPEAT] LABEL -- OWN COMMAND -- PEER COMMAND
 *
 * Each side of a pair is REPEAT runs one after the other, process start included; output goes to /dev/null.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
time_runs(char **argv, int repeat, posix_spawn_file_actions_t *quiet)
{
	double begin = now();
	int status, e;
	pid_t pid;

	for (int i = 0; i < repeat; i++) {
		if ((e = posix_spawnp(&pid, argv[0], quiet, NULL, argv, environ)) != 0) {
			fprintf(stderr, "pairs: %s: %s\n", argv[0], strerror(e));
			exit(1);
		}
		if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			fprintf(stderr, "pairs: %s failed\n", argv[0]);
			exit(1);
		}
	}
	return (now() - begin) / repeat;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	int pairs = 9, repeat = 50, c;
	char **own, **peer, *label;
	double *t[2], ratio[1000];
	posix_spawn_file_actions_t quiet;

	while ((c = getopt(argc, argv, "+n:r:")) != -1) {
		if (c == 'n')
			pairs = (int)strtol(optarg, NULL, 10);
		else if (c == 'r')
			repeat = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	}
	if (pairs < 1 || pairs > 1000 || repeat < 1 || optind + 4 > argc)
		return 2;
	label = argv[optind++];
	if (strcmp(argv[optind], "--") != 0)
		return 2;
	own = argv + optind + 1;
	for (peer = own; *peer && strcmp(*peer, "--") != 0; peer++)
		;
	if (!*peer)
		return 2;
	*peer++ = NULL;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	t[0] = calloc((size_t)pairs, sizeof(double));
	t[1] = calloc((size_t)pairs, sizeof(double));
	if (!t[0] || !t[1])
		return 1;
	time_runs(own, 2, &quiet);
	time_runs(peer, 2, &quiet);
	for (int i = 0; i < pairs; i++) {
		/* odd pairs run the peer first */
		t[i % 2][i] = time_runs(i % 2 ? peer : own, repeat, &quiet);
		t[!(i % 2)][i] = time_runs(i % 2 ? own : peer, repeat, &quiet);
		ratio[i] = t[0][i] / t[1][i];
		printf("# pair %d: own %.3f ms, peer %.3f ms, ratio %.3f\n", i + 1, t[0][i] * 1e3, t[1][i] * 1e3, ratio[i]);
	}
	qsort(t[0], (size_t)pairs, sizeof(double), ascending);
	qsort(t[1], (size_t)pairs, sizeof(double), ascending);
	qsort(ratio, (size_t)pairs, sizeof(double), ascending);
	printf("%s: own %.3f ms, peer %.3f ms, median ratio %.3f (n=%d)\n", label, t[0][pairs / 2] * 1e3, t[1][pairs / 2] * 1e3,
		ratio[pairs / 2], pairs);
	return 0;
}
