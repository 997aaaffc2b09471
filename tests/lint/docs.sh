#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs.sh - every command has -h, a manual section and a test script.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.}
commands=$(sed -n 's/^COMMAND(\([a-z]*\),.*/\1/p' "$src/src/cli/commands.def")
echo "1..$(echo "$commands" | wc -l)"
n=0
for c in $commands; do
	n=$((n + 1))
	why=
	"$build/mgreg" "$c" -h 2>&1 | grep -q '^usage: mgreg '"$c" || why="$why -h"
	grep -qE "^\.S[SH] \"?mgreg $c\b" "$src/src/cli/mgreg.1" 2>/dev/null || why="$why manual"
	case $c in
	help | version) ;;
	*) [ -f "$src/tests/cli/t-$c.sh" ] || why="$why test" ;;
	esac
	[ -z "$why" ] && echo "ok $n - $c" || echo "not ok $n - $c lacks:$why"
done
