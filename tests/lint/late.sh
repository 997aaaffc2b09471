#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# late.sh - heavy libraries are neither linked nor opened by a look-up.
build=${MGREG_BUILD:-.}
heavy='blas|dnnl|libarchive|snappy|libcrypto|libjpeg|libpng|microhttpd|libedit|libstdc'
if [ -n "${MG_SANITIZE:-}" ]; then
	echo "1..0 # SKIP sanitizers bring libraries of their own"
	exit 0
fi
echo 1..2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
linked=$(ldd "$build/.libs/libmgreg.so" "$build/.libs/mgreg" | grep -E "$heavy")
[ -z "$linked" ] && echo "ok 1 - nothing heavy is linked" || { echo "# $linked"; echo "not ok 1 - nothing heavy is linked"; }
cd "$tmp" || exit 99
"$build/mgreg" init >/dev/null 2>&1 || echo "# init failed"
LD_DEBUG=files LD_DEBUG_OUTPUT="$tmp/trace" "$build/mgreg" latest nothing >/dev/null 2>&1
opened=$(cat "$tmp"/trace.* 2>/dev/null | grep -E 'calling init' | grep -E "$heavy")
cat "$tmp"/trace.* 2>/dev/null | grep -q 'calling init.*libsqlite3' || opened="the trace shows no libsqlite3: it proves nothing"
[ -z "$opened" ] && echo "ok 2 - latest opens nothing heavy" || { echo "# $opened"; echo "not ok 2 - latest opens nothing heavy"; }
