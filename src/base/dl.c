/* SPDX-License-Identifier: Apache-2.0 */
/* dl.c - opening libraries on first use. */
#include "base/base.h"
#include "base/dl.h"

#include <dlfcn.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
load(mg_dl *lib)
{
	void **calls = lib->calls;

	lib->state = 2;
	lib->handle = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		return;
	for (size_t i = 0; i < lib->count; i++) {
		calls[i] = dlsym(lib->handle, lib->names[i]);
		if (!calls[i]) {
			lib->missing = lib->names[i];
			return;
		}
	}
	lib->state = 1;
}

int
mg_dl_load(mg_dl *lib, mgreg_error *err)
{
	int state = __atomic_load_n(&lib->state, __ATOMIC_ACQUIRE);

	if (state == 0) {
		pthread_mutex_lock(&lock);
		if (lib->state == 0) {
			mg_dl tried = *lib;
			load(&tried);
			lib->handle = tried.handle;
			lib->missing = tried.missing;
			__atomic_store_n(&lib->state, tried.state, __ATOMIC_RELEASE);
		}
		state = lib->state;
		pthread_mutex_unlock(&lock);
	}
	if (state == 1)
		return 0;
	if (lib->missing)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "library %s lacks %s (Debian package %s)", lib->soname,
			lib->missing, lib->package);
	return mg_fail(err, MGREG_UNIMPLEMENTED, "library %s is not installed (Debian package %s)", lib->soname,
		lib->package);
}

void *
mg_dl_symbol(mg_dl *lib, const char *name)
{
	return lib->handle ? dlsym(lib->handle, name) : NULL;
}
