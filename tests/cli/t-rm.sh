#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 50 10 || exit 99
expect_output "what it prints can be given back" iris@v6 mgreg rm iris@50 -q
expect_output "the latest is the one saved before" iris/base@40 mgreg latest iris
expect_fail 3 "it is no step any more" mgreg show iris@50
expect_match "but a number" '^state +expired' mgreg show iris@v6
expect_output "a range, dry" "iris@v3
iris@v4" mgreg rm iris@20..30 -n -q
mgreg pin iris@30 >/dev/null
expect_fail 7 "one is pinned: all are refused" mgreg rm iris@20..30
expect_match "as they were" '^state +live' mgreg show iris@20
mgreg unpin iris@30 >/dev/null

# Purging: the row goes only if nothing refers to it.
expect_fail 7 "asks" mgreg rm iris@40 --purge
check "naming --yes" grep -q -e --yes err
expect_output "a dry run says which rows stay" "iris@v4	kept
iris@v5	kept" sh -c '"$0" rm iris@30..40 --purge -n -o porcelain 2>/dev/null | cut -f 1,6' "$build/mgreg"
mgreg cp iris@30 copies/main >/dev/null
mgreg tag copies@30 a=b && mgreg note copies@30 text
before=$(stat -c %s registry.mgreg)
expect_output "a version that only its metrics refer to is kept" kept sh -c '"$0" rm copies@30 --purge -y -o porcelain 2>/dev/null | cut -f 6' "$build/mgreg"
expect_output "without what was said of it" "purged||0" mgreg sql -q "SELECT state || '|' || coalesce(note, '') || '|' || (SELECT count(*) FROM tags WHERE model = 'copies') FROM versions WHERE model = 'copies'"
mgreg export "$examples/iris.pbtxt" --as graphs >/dev/null
expect_output "nothing refers to it: gone" gone sh -c '"$0" rm graphs --purge -y -o porcelain 2>/dev/null | cut -f 6' "$build/mgreg"
expect_output "altogether" 0 mgreg sql -q "SELECT count(*) FROM versions WHERE model = 'graphs'"
mgreg export "$examples/iris.pbtxt" --as graphs >/dev/null
expect_output "its number is not used again" 2 mgreg sql -q "SELECT no FROM versions WHERE model = 'graphs'"
mgreg alias iris:prod iris@20 >/dev/null
expect_fail 7 "an alias keeps it from being purged" mgreg rm iris@20 --purge -y
expect_ok "purging the latest" mgreg rm iris/base@latest --purge -y
expect_output "makes the one before it the latest" iris/base@30 mgreg latest iris
expect_fail 7 "its bytes are gone" mgreg checkout iris@v5 files
expect_output "metrics stay" 1 mgreg sql -q "SELECT count(*) > 0 FROM metrics_all WHERE version_id = (SELECT version_id FROM versions WHERE model = 'iris' AND no = 5)"
expect_match "and the tensors' statistics" 'w' sh -c '"$0" sql -q "SELECT group_concat(tensor) FROM tensors WHERE no = 5 AND l2 IS NOT NULL" | tr a-z w' "$build/mgreg"
expect_match "the store is whole" 'no problem' mgreg fsck
check "(it had $before bytes)" test "$before" -gt 0
expect_fail 3 "no such version" mgreg rm iris@51
done_testing
