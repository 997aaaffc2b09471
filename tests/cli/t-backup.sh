#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init --placement segments >/dev/null || exit 99
mgreg export "$src/contrib/examples/iris.pbtxt" --as iris >/dev/null || exit 99
mgreg train iris --data "$src/contrib/examples/iris.csv" --steps 20 --save-every 10 >/dev/null 2>err || { cat err; exit 99; }
expect_ok "dry run" mgreg backup copy.mgreg -n
check "makes nothing" [ ! -e copy.mgreg ]
expect_output "a copy" copy.mgreg mgreg backup copy.mgreg --verify
check "with its segments" [ -n "$(ls copy.mgreg.d)" ]
check "and nothing else" [ -z "$(ls | grep tmp)" ]
expect_match "which is whole" 'no problem' mgreg -s copy.mgreg fsck --full
expect_output "and is the store" iris/main@20 mgreg -s copy.mgreg latest iris
expect_fail 7 "an existing one is refused" mgreg backup copy.mgreg
expect_fail 3 "no such folder" mgreg backup nowhere/copy.mgreg
mkdir moved && mv copy.mgreg copy.mgreg.d moved/
expect_match "it moves with its folder" 'no problem' mgreg -s moved/copy.mgreg fsck
expect_ok "and gives its bytes" mgreg -s moved/copy.mgreg checkout iris@10 out-dir
rm -r moved/copy.mgreg.d
expect_output "without it, it still answers" iris/main@20 mgreg -s moved/copy.mgreg latest iris
expect_fail 5 "but not with bytes" mgreg -s moved/copy.mgreg checkout iris@10 out-dir2
check "and says which folder" grep -q 'copy.mgreg.d' err
# beside a training that writes
mgreg train iris --data "$src/contrib/examples/iris.csv" --steps 3000 --save-every 20 --run busy >/dev/null 2>&1 &
job=$!
for i in 1 2 3; do expect_ok "copy $i beside a training" mgreg backup "busy$i.mgreg" --verify; done
wait $job
expect_match "the training went on" 'iris/busy@' mgreg latest iris/busy
for i in 1 2 3; do expect_match "copy $i is whole" 'no problem' mgreg -s "busy$i.mgreg" fsck; done
done_testing
