#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 30 10 || exit 99
mgreg tag iris@10 a=b && mgreg note iris@10 text
expect_output "to a new model" best/main@10 mgreg cp iris@10 best
expect_output "no bytes are copied" 0 mgreg sql -q "SELECT added_bytes FROM storage WHERE model = 'best'"
expect_output "equal weights, graph and hyper-parameters" 1 mgreg sql -q "SELECT count(DISTINCT weights || metagraph || hparam_set_id) FROM versions WHERE global_step = 10"
expect_nothing "nothing differs" mgreg diff iris@10 best@10
expect_output "labels come along" "text b" mgreg sql -q "SELECT note || ' ' || (SELECT value FROM tags WHERE model = 'best') FROM versions WHERE model = 'best'"
mgreg sql -o csv "SELECT metric, step, value FROM metrics WHERE model = 'iris' AND version_id = 2 ORDER BY 1, 2" >was
mgreg sql -o csv "SELECT metric, step, value FROM metrics WHERE model = 'best' ORDER BY 1, 2" >now
check "metrics of the version too" cmp was now
check "there are some" test "$(wc -l <now)" -gt 1
expect_output "lineage" copied mgreg sql -q "SELECT relation FROM lineage WHERE model = 'best'"
expect_output "the pointer of a new run" best/main@10 mgreg latest best
expect_ok "to a run that has versions" mgreg cp iris@30 best
expect_output "the pointer stays" best/main@10 mgreg latest best
expect_ok "unless --latest" mgreg cp iris@20 best/main --latest
expect_output "moved" best/main@20 mgreg latest best
expect_ok "a step that is there: the older is replaced" mgreg cp iris@20 best
expect_output "one live" 1 mgreg sql -q "SELECT count(*) FROM versions WHERE model = 'best' AND global_step = 20 AND state = 'live'"
expect_fail 7 "into its own run" mgreg cp iris@10 iris/base
expect_fail 2 "not a place" mgreg cp iris@10 best@20
expect_fail 3 "no such version" mgreg cp iris@11 best
mgreg cp iris@10 dry -n >/dev/null 2>&1
expect_fail 3 "dry run" mgreg latest dry
mgreg rm iris@10..30 --purge -y >/dev/null 2>&1
expect_ok "the copy has its bytes still" mgreg checkout best@20 files
expect_match "the store is whole" 'no problem' mgreg fsck
iris_train best@20 --steps 10
expect_match "it can be trained" 'best/main@30' mgreg ls best -q
done_testing
