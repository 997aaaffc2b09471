#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# header.sh - mgreg.h alone, with strict flags, as C and as C++; linked against the installed interface only.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo 1..3
try() {
	n=$1 what=$2
	shift 2
	if "$@" >"$tmp/log" 2>&1; then echo "ok $n - $what"; else sed 's/^/# /' "$tmp/log"; echo "not ok $n - $what"; fi
}
mkdir "$tmp/include"
cp -r "$src/src/mgreg.h" "$src/src/mgreg" "$tmp/include/"
# shellcheck disable=SC2086
try 1 "strict C11" ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Wstrict-prototypes ${MG_SANITIZE:-} -I"$tmp/include" \
	"$src/tests/api/header_c.c" -o "$tmp/c" -L"$build/.libs" -lmgreg -Wl,-rpath,"$build/.libs"
try 2 "which runs" "$tmp/c"
if [ -n "${CXX:-}" ]; then
	try 3 "strict C++11" "$CXX" -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$tmp/include" -fsyntax-only "$src/tests/api/header_cxx.cc"
else
	echo "ok 3 - strict C++11 # SKIP no C++ compiler"
fi
