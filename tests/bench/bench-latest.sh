#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench-latest.sh - `mgreg latest' against the sqlite3 shell running the same query, process start included.
build=$(cd "${MGREG_BUILD:-.}" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
"$build/mgreg" init >/dev/null || exit 1
"$build/tests/bench/make_versions" registry.mgreg "${1:-1000}" || exit 1
export LD_LIBRARY_PATH=$(cd "$build" && pwd)/.libs
query="SELECT version_id, no, global_step FROM mg_version WHERE model_id = (SELECT model_id FROM mg_model WHERE name = 'bench')
 AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights') ORDER BY version_id DESC LIMIT 1"
"$build/mgreg" latest -q bench >/dev/null || exit 1
"$build/tests/bench/pairs" -n 9 -r 50 "latest, ${1:-1000} versions, against sqlite3" -- "$build/.libs/mgreg" latest -q bench -- sqlite3 registry.mgreg "$query"
