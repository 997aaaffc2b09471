#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 100 10 || exit 99
live() { mgreg sql -q "SELECT group_concat(global_step) FROM (SELECT global_step FROM versions WHERE run = 'base' AND state = 'live' AND kind = 'checkpoint' ORDER BY 1)"; }
expect_nothing "no policy: nothing" mgreg prune -q
mgreg policy iris --keep-last 2 --keep-every-steps 50 >/dev/null
mgreg alias iris:prod iris@10 >/dev/null
mgreg pin iris@20 >/dev/null
mgreg lease iris@30 >/dev/null
expect_output "a dry run tells" "iris@v5
iris@v7
iris@v8
iris@v9" mgreg prune iris -n -q
expect_output "and does nothing" 10,20,30,40,50,60,70,80,90,100 live
expect_output "all surplus goes at once" "iris@v5
iris@v7
iris@v8
iris@v9" mgreg prune iris -q
expect_output "alias, pin, lease and the rules keep the others" 10,20,30,50,90,100 live
expect_output "facts stay" 10 mgreg sql -q "SELECT count(*) FROM versions WHERE kind = 'checkpoint'"
mgreg lease iris@30 --release >/dev/null
expect_output "the lease has ended" iris@v4 mgreg prune iris/base -q
expect_match "JSON" '"items":\[\]' mgreg prune --json
for step in 20 50 90 100; do mgreg undelete iris@v$((step / 10 + 1)) >/dev/null 2>&1; done

# The best by a metric, declared or guessed by its name.
mgreg unpin iris@20 >/dev/null
mgreg alias rm iris:prod
mgreg policy iris --keep-best loss:2 >/dev/null
best=$(mgreg sql -q "SELECT group_concat(global_step) FROM (SELECT v.global_step FROM versions v JOIN metrics m USING (version_id)
 WHERE m.metric = 'loss' AND v.state = 'live' AND v.run = 'base' GROUP BY v.version_id ORDER BY min(m.value) LIMIT 2)")
mgreg prune iris >/dev/null
expect_output "the two best (and the latest): $best" "$(echo "$best,100" | tr , '\n' | sort -nu | paste -sd ,)" live
expect_fail 3 "no such model" mgreg prune nothing
expect_fail 7 "read-only" mgreg prune --read-only
done_testing
