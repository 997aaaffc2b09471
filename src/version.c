/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - the library's version. */
#include "base/base.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *
mgreg_version(void)
{
	return TEXT(MGREG_VERSION_MAJOR) "." TEXT(MGREG_VERSION_MINOR) "." TEXT(MGREG_VERSION_PATCH);
}
