// SPDX-License-Identifier: Apache-2.0
// header_cxx.cc - the public header is C++ too.
#include <mgreg.h>

int
main()
{
	mgreg_error err = {};
	return mgreg_version()[0] == '\0' || err.code != MGREG_OK;
}
