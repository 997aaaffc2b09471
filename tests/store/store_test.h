/* SPDX-License-Identifier: Apache-2.0 */
/* store_test.h - a fresh store and one-line saves for the tests of src/store. */
#ifndef MG_STORE_TEST_H
#define MG_STORE_TEST_H

#include "testing.h"
#include "store/store.h"

/* A new store in the test's folder; every call makes another. */
mg_store *fresh_store(void);
mg_store *reopen(mg_store *s);

/* How a test's version differs from "model m, run main, step given, one tensor w". */
typedef struct save_spec {
	const char  *model, *run, *kind;
	bool         no_step;
	int64_t      step;
	bool         keep_latest, pin;
	mg_same_step same;
	const char  *value;             /* the tensor's bytes; NULL: "v" */
	const char  *alias;
} save_spec;
mg_version_info save(mg_store *s, save_spec spec);
int try_save(mg_store *s, save_spec spec, mg_version_info *out, bool *skipped, mgreg_error *err);

/* Runs SQL with write access; the code, and ERR. */
int sql(mg_store *s, const char *text, mgreg_error *err);
/* The first column of the first row; -1 where there is none. */
int64_t sql_one(mg_store *s, const char *text);
/* What REF means, as MODEL@vNO; the code's name if it fails. */
const char *means(mg_store *s, const char *ref);
int64_t problems(mg_store *s, bool quick);
int gc_now(mg_store *s, int64_t grace_ms, bool dry_run, mg_gc_result *r, mgreg_error *err);
#endif
