#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 50 10 || exit 99
mgreg eval iris@50 --data "$examples/iris.csv" --fetch accuracy --record >/dev/null || exit 99
expect_match "no gate: set" '^iris:staging is iris/base@40 now' mgreg promote iris@40 iris:staging
expect_output "gates passed, quietly" iris/base@50 mgreg -q promote iris@50 iris:prod --require 'eval/accuracy>=0.1' --require 'eval/accuracy<=1'
expect_output "rows tell the gates" "eval/accuracy>0.1	1" sh -c '"$0" promote iris@50 iris:prod --require "eval/accuracy>0.1" -o porcelain | cut -f 1,3' "$build/mgreg"
expect_fail 1 "a gate fails" mgreg promote iris@50 iris:top --require 'eval/accuracy>=1.5'
check "which is told on standard output" grep -qE '^eval/accuracy>=1.5 .* no' out
check "and nothing on standard error" test ! -s err
expect_fail 3 "nothing was set" mgreg show iris:top
expect_fail 1 "a metric that is not there fails" mgreg promote iris@50 iris:top --require 'precision>0'
expect_fail 1 "so does one that other versions have" mgreg promote iris@40 iris:top --require 'eval/accuracy>0'
expect_ok "the run's curve at its step counts" mgreg promote iris@40 iris:curve --require 'loss<100'
expect_fail 1 "a tag is missing" mgreg promote iris@50 iris:top --require-tag reviewed
mgreg tag iris/base reviewed=anna
expect_ok "its run has the tag" mgreg promote iris@50 iris:top --require-tag reviewed
expect_fail 1 "another value" mgreg promote iris@50 iris:top --require-tag reviewed=bob
expect_ok "the value" mgreg promote iris@50 iris:top --require-tag reviewed=anna
expect_fail 2 "a gate that is none" mgreg promote iris@50 iris:top --require accuracy
expect_fail 2 "a gate without a number" mgreg promote iris@50 iris:top --require 'accuracy>=high'
expect_fail 3 "no such version" mgreg promote iris@51 iris:top
mgreg alias iris:top iris@50 --protect >/dev/null
expect_fail 7 "protected" mgreg promote iris@40 iris:top
expect_ok "by force" mgreg promote iris@40 iris:top --force-protected
mgreg promote iris@50 iris:dry -n >/dev/null 2>&1
expect_fail 3 "a dry run sets nothing" mgreg show iris:dry
done_testing
