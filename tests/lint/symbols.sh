#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh - the library exports exactly the functions that mgreg.h and its chapters declare.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.}
lib=$build/.libs/libmgreg.so
echo 1..2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cat "$src"/src/mgreg/*.h | sed 's,/\*.*\*/,,g' | awk '/\/\*/ { skip = 1 } !skip { print } /\*\// { skip = 0 }' |
	grep -v '^#' | grep -oE '\bmgreg_[a-z0-9_]+ *\(' | tr -d '( ' | sort -u >"$tmp/declared"
nm -D --defined-only "$lib" | awk '{ print $3 }' | grep -v '^_' | sort -u >"$tmp/exported"
# function pointer typedefs and macros are not functions: what is declared must be exported, unless it is a type
comm -23 "$tmp/declared" "$tmp/exported" | while read -r name; do
	grep -qE "typedef .*\(\*?$name|typedef .* $name *\(" "$src"/src/mgreg/*.h || echo "$name"
done >"$tmp/lacking"
comm -13 "$tmp/declared" "$tmp/exported" >"$tmp/extra"
sed 's/^/# declared, not exported: /' "$tmp/lacking"
sed 's/^/# exported, not declared: /' "$tmp/extra"
[ -s "$tmp/lacking" ] && echo "not ok 1 - every declared function exists" || echo "ok 1 - every declared function exists"
[ -s "$tmp/extra" ] && echo "not ok 2 - nothing else is exported" || echo "ok 2 - nothing else is exported"
