/* SPDX-License-Identifier: Apache-2.0 */
/* testing.c - temporary folders, the corpus, fault loops. */
#include "testing.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *
mg_suite(const char *name, TCase **tcase)
{
	Suite *s = suite_create(name);

	*tcase = tcase_create(name);
	tcase_set_timeout(*tcase, 120);
	suite_add_tcase(s, *tcase);
	return s;
}

static char temp[256];
static pid_t temp_owner;

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
remove_temp(void)
{
	if (temp_owner == getpid())
		nftw(temp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
mg_test_tempdir(void)
{
	const char *base = getenv("TMPDIR");

	if (temp_owner != getpid()) {
		snprintf(temp, sizeof(temp), "%s/mgreg-test-XXXXXX", base ? base : "/tmp");
		if (!mkdtemp(temp))
			ck_abort_msg("no temporary folder");
		temp_owner = getpid();
		atexit(remove_temp);
	}
	return temp;
}

const char *
mg_test_corpus(void)
{
	static char path[1024];
	const char *env = getenv("MGREG_CORPUS"), *src = getenv("MGREG_SRC");
	struct stat st;

	if (env && *env)
		snprintf(path, sizeof(path), "%s", env);
	else
		snprintf(path, sizeof(path), "%s/../shared/corpus", src ? src : ".");
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? path : NULL;
}

const char *
mg_test_path(const char *dir, const char *name)
{
	static char ring[8][2048];
	static unsigned next;
	char *p = ring[next++ % 8];

	snprintf(p, sizeof(ring[0]), "%s/%s", dir, name);
	return p;
}

void
mg_test_skip(const char *why)
{
	fprintf(stderr, "# SKIP %s\n", why);
}

void
mg_test_each_allocation(int (*body)(void *arg, mgreg_error *err), void *arg)
{
	mgreg_error err;
	uint64_t before, k;
	int rc;

	for (k = 1; k < 1000000; k++) {
		memset(&err, 0, sizeof(err));
		before = mg_mem_live();
		mg_mem_fail_at(k, false);
		rc = body(arg, &err);
		mg_mem_fail_at(0, false);
		ck_assert_msg(rc == 0 || rc == MGREG_RESOURCE_EXHAUSTED, "allocation %llu: %s: %s", (unsigned long long)k,
			mgreg_code_name((mgreg_code)rc), err.text);
		ck_assert_msg(mg_mem_live() == before, "allocation %llu: %lld blocks leaked", (unsigned long long)k,
			(long long)(mg_mem_live() - before));
		if (rc == 0)
			return;
	}
	ck_abort_msg("the loop did not end");
}
