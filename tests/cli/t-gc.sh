#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bytes that nothing needs go, what is needed stays; figures agree with du and with the file.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/contrib/examples/iris.pbtxt" --as iris >/dev/null || exit 99
mgreg train iris --data "$src/contrib/examples/iris.csv" --steps 40 --save-every 10 >/dev/null 2>err || { cat err; exit 99; }
value() { mgreg "$@" -o tsv | awk -F'\t' -v key="$field" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == key) c = i } END { print $c }'; }
expect_ok "nothing to do" mgreg gc
expect_ok "expire one" mgreg rm iris@20
field=bytes; dry=$(value gc --grace 0s -n)
field=frees_bytes; du=$(value du iris@v3)
check "du says what a dry run says ($du, $dry)" [ "$du" = "$dry" ]
check "which is something" [ "$dry" -gt 0 ]
expect_match "within the grace it stays" '^versions +0$' mgreg gc
expect_match "the dry run changed nothing" expired mgreg ls iris --all-states
field=bytes; real=$(value gc --grace 0s)
check "and what gc frees ($real)" [ "$real" = "$dry" ]
expect_match "the version is purged, its facts stay" purged mgreg ls iris --all-states
expect_ok "the others are whole" mgreg fsck --full
expect_ok "compact" mgreg gc --compact --grace 0s
expect_match "all is well" 'no problem' mgreg fsck --full
expect_ok "with segments" mgreg config placement segments
expect_ok "move" mgreg gc --compact --max-time 1m
expect_match "everything lies beside the file" '^0$' mgreg sql -q "SELECT count(*) FROM mg_chunk WHERE segment_id IS NULL"
expect_match "all is well there" 'no problem' mgreg fsck --full
expect_ok "a checkout from there" mgreg checkout iris@40 out-dir
expect_ok "and back" mgreg config placement inline
expect_ok "move back" mgreg gc --compact --vacuum full
check "no file is left" [ -z "$(ls registry.mgreg.d)" ]
expect_match "all is well again" 'no problem' mgreg fsck --full
for how in none incremental full; do expect_ok "vacuum $how" mgreg gc --vacuum $how; done
expect_fail 2 "an unknown vacuum" mgreg gc --vacuum robot
expect_fail 2 "a grace that is none" mgreg gc --grace soon
expect_fail 7 "read-only refuses" mgreg gc --read-only
expect_match "as JSON" '"finished":true' mgreg gc --json
done_testing
