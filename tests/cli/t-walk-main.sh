#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-walk-main.sh - the main job of the README runs through, and says what it should.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

sh "$src/contrib/examples/main-job.sh" "$build/mgreg" "$src/contrib/examples" tour >log 2>err
status=$?
if [ $status -ne 0 ]; then
	tail -20 log | sed 's/^/# /'
	sed 's/^/# /' err
fi
check "it runs through" test $status -eq 0
says() { check "$1" grep -qE -e "$2" log; }
says "latest after the first training" '^iris/base@300$'
says "hyper-parameters of the latest" '^learning_rate +'
says "collections of the latest" '^train_op'
says "versions in SQL" 'base +.*300 +checkpoint'
says "the second process ends at 900" 'iris/base@900'
says "the fork ends at 900" 'iris/fast@900'
accuracy=$(mgreg -s tour/registry.mgreg sql -q "SELECT min(value) >= 0.95 FROM metrics WHERE metric = 'eval/accuracy' AND version_id IS NOT NULL")
check "both reach 0.95" test "$accuracy" = 1
for f in checkpoint model-900.meta model-900.index model-900.data-00000-of-00001; do
	check "checked out: $f" test -s "tour/out/$f"
done
expect_output "the second store has the same weights" 1 mgreg -s tour/registry.mgreg sql -q "SELECT count(*) FROM versions
 WHERE run = 'fast' AND global_step = 900 AND weights = '$(mgreg -s tour/second.mgreg ls iris --columns weights -q)'"
done_testing
