/* SPDX-License-Identifier: Apache-2.0 */
/* dl.h - a library opened on first use: its calls become a struct of pointers. */
#ifndef MG_DL_H
#define MG_DL_H
#include <pthread.h>

typedef struct mg_dl {
	const char        *soname;      /* e.g. "libopenblas.so.0" */
	const char        *package;     /* Debian package, for the message */
	const char *const *names;       /* names of the calls, in the order of the struct */
	size_t             count;
	void              *calls;       /* struct of COUNT function pointers, filled on success */
	/* filled by mg_dl_load */
	int                state;       /* 0 not tried, 1 loaded, 2 absent */
	void              *handle;
	const char        *missing;     /* the call it lacks, or NULL */
} mg_dl;

/* Loads once, from any thread.  UNIMPLEMENTED (reason unsupported), naming the package, if it is absent. */
int mg_dl_load(mg_dl *lib, mgreg_error *err);
void *mg_dl_symbol(mg_dl *lib, const char *name);       /* an optional call of a loaded library, or NULL */
#endif
