/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - versions of mgreg and of the libraries it joins. */
#include "base/base.h"

#include <dlfcn.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *
mgreg_version(void)
{
	return TEXT(MGREG_VERSION_MAJOR) "." TEXT(MGREG_VERSION_MINOR) "." TEXT(MGREG_VERSION_PATCH);
}

/* What is linked is asked through its own version call where that returns text; late libraries are opened to look, and stay
 * open: some keep memory that closing them would lose. */
static const struct { const char *name, *soname, *call, *package; } libraries[] = {
	{ "sqlite3", NULL, "sqlite3_libversion", NULL },
	{ "protobuf-c", NULL, "protobuf_c_version", NULL },
	{ "zstd", NULL, "ZSTD_versionString", NULL },
	{ "jansson", NULL, "jansson_version_str", NULL },
	{ "libcrypto", MG_SONAME_CRYPTO, NULL, "libssl3" },
	{ "libarchive", MG_SONAME_ARCHIVE, "archive_version_details", "libarchive13" },
	{ "snappy", MG_SONAME_SNAPPY, NULL, "libsnappy1v5" },
	{ "zlib", MG_SONAME_ZLIB, "zlibVersion", "zlib1g" },
	{ "openblas", MG_SONAME_OPENBLAS, "openblas_get_config", "libopenblas0" },
	{ "libjpeg", MG_SONAME_JPEG, NULL, "libjpeg62-turbo" },
	{ "libpng", MG_SONAME_PNG, NULL, "libpng16-16" },
};

int
mgreg_libraries_each(int (*each)(void *ctx, const char *library, const char *version, const char *joined), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; i < MG_COUNT(libraries) && rc == 0; i++) {
		void *handle = dlopen(libraries[i].soname, RTLD_NOW | RTLD_LOCAL);
		const char *(*call)(void);
		const char *version = libraries[i].soname ? libraries[i].soname : "";
		if (!handle) {
			rc = each(ctx, libraries[i].name, libraries[i].package, "absent");
			continue;
		}
		*(void **)&call = libraries[i].call ? dlsym(handle, libraries[i].call) : NULL;
		if (call)
			version = call();
		rc = each(ctx, libraries[i].name, version, libraries[i].soname ? "on first use" : "linked");
	}
	return rc;
}
