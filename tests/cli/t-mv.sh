#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 20 10 || exit 99
mgreg alias iris:prod iris@10 >/dev/null
mgreg mv iris flowers -n 2>/dev/null
expect_output "dry run" iris/base@20 mgreg latest iris
expect_ok "a model" mgreg mv iris flowers
expect_output "its latest" flowers/base@20 mgreg latest flowers
expect_match "its alias" 'flowers:prod +flowers/base@10' mgreg alias ls
expect_fail 3 "the old name" mgreg latest iris
expect_ok "a run" mgreg mv flowers/base first
expect_output "its latest" flowers/first@20 mgreg latest flowers/first
expect_ok "a run, said twice" mgreg mv flowers/first flowers/second
expect_output "the same" flowers/second@20 mgreg latest flowers
expect_fail 2 "a run stays in its model" mgreg mv flowers/second other/second
mgreg cp flowers@20 other/x >/dev/null && mgreg cp flowers@10 flowers/x >/dev/null || exit 99
expect_fail 7 "a model's name is taken" mgreg mv flowers other
expect_fail 7 "a run's name is taken" mgreg mv flowers/second x
expect_fail 2 "not a name" mgreg mv flowers 'a b'
expect_fail 3 "no such model" mgreg mv nothing x
expect_match "the audit log" '"from":"iris"' mgreg log flowers
done_testing
