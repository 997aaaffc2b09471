/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - filling and passing on mgreg_error.  ERR may be NULL everywhere; the code is returned. */
#ifndef MG_ERROR_H
#define MG_ERROR_H

/* A fresh failure: the reason is the code's own. */
int mg_fail(mgreg_error *err, mgreg_code code, const char *fmt, ...) MG_PRINTF(3, 4);
/* The same, where the place of failure knows better why. */
int mg_fail_because(mgreg_error *err, mgreg_code code, mgreg_reason reason, const char *fmt, ...)
	MG_PRINTF(4, 5);
/* A system call failed with ERRNUM: code and reason from it (ENOENT: NOT_FOUND, EACCES: io, ENOSPC: io,
 * ENOMEM: memory, others UNKNOWN/io); ": <strerror>" is appended. */
int mg_fail_os(mgreg_error *err, int errnum, const char *fmt, ...) MG_PRINTF(3, 4);
/* Memory is short; SIZE is what was asked for, 0 if not known. */
int mg_fail_nomem(mgreg_error *err, size_t size);
/* Puts "<fmt>: " before the text of an error that travels up; returns RC unchanged. */
int mg_wrap(mgreg_error *err, int rc, const char *fmt, ...) MG_PRINTF(3, 4);
/* Names the node an error belongs to, unless one is named already; returns RC. */
int mg_fail_node(mgreg_error *err, int rc, const char *node);
/* Adds a candidate line while there is room. */
void mg_error_candidate(mgreg_error *err, const char *fmt, ...) MG_PRINTF(2, 3);
/* The same for a list of what the text speaks of, which nobody may have meant. */
void mg_error_item(mgreg_error *err, const char *fmt, ...) MG_PRINTF(2, 3);
void mg_error_clear(mgreg_error *err);
#endif
