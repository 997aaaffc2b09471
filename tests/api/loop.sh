#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# loop.sh - the program of mgreg(3) is taken out of the page, compiled against the public header alone, and run.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo 1..3
sed -n '/^\.\\" example begins/,/^\.\\" example ends/p' "$src/src/mgreg.3" | grep -v '^\.' | sed 's/\\e/\\/g' >"$tmp/loop.c"
mkdir "$tmp/include"
cp -r "$src/src/mgreg.h" "$src/src/mgreg" "$tmp/include/"
# shellcheck disable=SC2086
if ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror ${MG_SANITIZE:-} -I"$tmp/include" "$tmp/loop.c" -o "$tmp/loop" -L"$build/.libs" \
	-lmgreg -Wl,-rpath,"$build/.libs" >"$tmp/log" 2>&1; then echo "ok 1 - compiles"; else sed 's/^/# /' "$tmp/log"; echo "not ok 1 - compiles"; fi
if "$tmp/loop" "$tmp/s.mgreg" "$src/contrib/examples/iris.pbtxt" "$src/contrib/examples/iris.csv" >"$tmp/out" 2>&1; then
	echo "ok 2 - runs"
else
	sed 's/^/# /' "$tmp/out"
	echo "not ok 2 - runs"
fi
if grep -qE '^iris/base@90: loss 0\.[0-9]+ after 3 saves$' "$tmp/out"; then echo "ok 3 - and trains"; else sed 's/^/# /' "$tmp/out"; echo "not ok 3 - and trains"; fi
