#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 30 10 || exit 99
mgreg rm iris@30 iris@10 >/dev/null || exit 99
expect_output "the one saved before" iris/base@20 mgreg latest iris
expect_output "dry run" iris/base@30 mgreg undelete iris@v4 -n -q
expect_fail 3 "nothing was done" mgreg show iris@30
expect_output "back" iris/base@30 mgreg undelete iris@v4 -q
expect_output "the pointer stays" iris/base@20 mgreg latest iris
expect_fail 7 "it is live already" mgreg undelete iris@v4 --latest
mgreg rm iris@30 >/dev/null
expect_ok "with the pointer" mgreg undelete iris@v4 --latest
expect_output "it is the latest again" iris/base@30 mgreg latest iris
iris_train iris@v1 --steps 10 || exit 99
expect_fail 7 "another version has the step by now" mgreg undelete iris@v2
check "and says so" grep -q 'has its step' err
expect_fail 3 "no such version" mgreg undelete iris@v99
done_testing
