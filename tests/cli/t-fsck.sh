#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/contrib/examples/iris.pbtxt" --as iris >/dev/null || exit 99
expect_match "a good store" 'no problem' mgreg fsck
expect_match "quick" 'no problem' mgreg fsck --quick
expect_match "full" 'no problem' mgreg fsck --full
expect_match "slowly" 'no problem' mgreg fsck --rate 500M
expect_match "indexes made anew" 'no problem' mgreg fsck --repair-index
expect_fail 7 "which needs write access" mgreg fsck --repair-index --read-only
expect_fail 2 "not both" mgreg fsck --quick --full
cp registry.mgreg broken.mgreg
sqlite3 broken.mgreg "PRAGMA foreign_keys=OFF; DROP TRIGGER mg_object_keeps_its_list; UPDATE mg_chunk SET stored = stored" 2>/dev/null
expect_fail 5 "a schema that is not ours is refused" mgreg -s broken.mgreg fsck
cp registry.mgreg flipped.mgreg
sqlite3 flipped.mgreg "UPDATE mg_chunk_data SET data = zeroblob(length(data)) WHERE chunk_id = (SELECT min(chunk_id) FROM mg_chunk_data)"
expect_match "a flipped chunk is not seen by --quick" 'no problem' mgreg -s flipped.mgreg fsck --quick
expect_fail 5 "but by a full look" mgreg -s flipped.mgreg fsck
cp registry.mgreg missing.mgreg
sqlite3 missing.mgreg "DELETE FROM mg_chunk_data WHERE chunk_id = (SELECT min(chunk_id) FROM mg_chunk_data)"
expect_fail 5 "a chunk without its bytes" mgreg -s missing.mgreg fsck --quick
expect_fail 5 "problems as JSON" mgreg -s missing.mgreg fsck --quick --json
check "are items" grep -q '"check":' out
done_testing
