/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/core.h - version, errors, memory: what every other chapter needs. */
#ifndef MGREG_CORE_H
#define MGREG_CORE_H

#include <stddef.h>
#include <stdint.h>

/* Around the declarations of every chapter: C linkage, and the functions that the library shows. */
#ifdef __cplusplus
#define MGREG_EXTERN_BEGIN extern "C" {
#define MGREG_EXTERN_END }
#else
#define MGREG_EXTERN_BEGIN
#define MGREG_EXTERN_END
#endif
#if defined(__GNUC__)
#define MGREG_BEGIN _Pragma("GCC visibility push(default)") MGREG_EXTERN_BEGIN
#define MGREG_END MGREG_EXTERN_END _Pragma("GCC visibility pop")
#else
#define MGREG_BEGIN MGREG_EXTERN_BEGIN
#define MGREG_END MGREG_EXTERN_END
#endif

MGREG_BEGIN

/* ---- version --------------------------------------------------------------------------------- */

#define MGREG_VERSION_MAJOR 0
#define MGREG_VERSION_MINOR 1
#define MGREG_VERSION_PATCH 0

/* The library's version as text, e.g. "0.1.0".  Static. */
const char *mgreg_version(void);
/* Calls EACH(ctx, library, version, joined) for every library: joined is "linked", "on first use" or "absent" (then the
 * version is the Debian package to install).  Looking opens the libraries that are joined late.  Non-zero from EACH stops. */
int mgreg_libraries_each(int (*each)(void *ctx, const char *library, const char *version, const char *joined), void *ctx);

/* ---- errors ---------------------------------------------------------------------------------- */

/* The sixteen codes of TensorFlow, and zero: what kind of error it is. */
typedef enum mgreg_code {
	MGREG_OK = 0,
	MGREG_CANCELLED = 1,
	MGREG_UNKNOWN = 2,
	MGREG_INVALID_ARGUMENT = 3,
	MGREG_DEADLINE_EXCEEDED = 4,
	MGREG_NOT_FOUND = 5,
	MGREG_ALREADY_EXISTS = 6,
	MGREG_PERMISSION_DENIED = 7,
	MGREG_RESOURCE_EXHAUSTED = 8,
	MGREG_FAILED_PRECONDITION = 9,
	MGREG_ABORTED = 10,
	MGREG_OUT_OF_RANGE = 11,
	MGREG_UNIMPLEMENTED = 12,
	MGREG_INTERNAL = 13,
	MGREG_UNAVAILABLE = 14,
	MGREG_DATA_LOSS = 15,
	MGREG_UNAUTHENTICATED = 16
} mgreg_code;

/* Why it failed, as the command's exit status tells it (mgreg(1), EXIT STATUS). */
typedef enum mgreg_reason {
	MGREG_REASON_OK,
	MGREG_REASON_NO,            /* the answer is "no"; not an error in the command's eyes */
	MGREG_REASON_USAGE,
	MGREG_REASON_NOT_FOUND,
	MGREG_REASON_AMBIGUOUS,     /* candidates lists what the name fits */
	MGREG_REASON_DAMAGED,
	MGREG_REASON_BUSY,
	MGREG_REASON_REFUSED,
	MGREG_REASON_UNSUPPORTED,
	MGREG_REASON_IO,
	MGREG_REASON_NUMERIC,
	MGREG_REASON_FAILED,
	MGREG_REASON_MEMORY
} mgreg_reason;

/* One failure.  A plain value: copy it, keep it, move it between threads. */
typedef struct mgreg_error {
	mgreg_code   code;
	mgreg_reason reason;
	int          cause;             /* errno or SQLite's extended code, 0 if none */
	char         node[256];         /* name of the graph node that failed, or "" */
	char         text[1536];        /* one line, lower case, no full stop */
	char         candidates[1024];  /* newline-separated names, or "": what may have been meant; or, */
	int          listed;            /* if not 0, what the text speaks of (all that is missing, all that clash) */
} mgreg_error;

/* Name of a code, e.g. "not_found"; of a reason, e.g. "not-found"; exit status of a reason. */
const char *mgreg_code_name(mgreg_code code);
const char *mgreg_reason_name(mgreg_reason reason);
int mgreg_reason_exit(mgreg_reason reason);

/* ---- hooks ----------------------------------------------------------------------------------- */

/* The allocator the library uses; set it before any other call, or leave it.  RESIZE(NULL, n) is a
 * new block, RESIZE(p, 0) is never called. */
typedef struct mgreg_allocator {
	void *(*resize)(void *ctx, void *ptr, size_t size);
	void  (*release)(void *ctx, void *ptr);
	void   *ctx;
} mgreg_allocator;
void mgreg_set_allocator(const mgreg_allocator *allocator);
/* Frees a block (text, array) that a function of the library gave to the caller; NULL does nothing. */
void mgreg_free(void *block);

MGREG_END
#endif
