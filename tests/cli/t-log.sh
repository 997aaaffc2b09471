#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 20 10 || exit 99
iris_train iris/base@10 --run fork --steps 10 || exit 99
mgreg alias iris:prod iris/base@20 --actor bob >/dev/null
mgreg cp iris/base@10 other >/dev/null
ops() { mgreg log "$@" -o porcelain | cut -f 5; }
expect_output "everything" "init
export
train
train
train
alias
copy" ops
expect_output "of a model" "export
train
train
train
alias" ops iris
expect_output "of a run" train ops iris/fork
expect_output "of an alias" alias ops iris:prod
expect_output "of a version" train ops iris/base@20
expect_output "of the store" init ops store
expect_output "since then" 7 sh -c '"$0" log --since 1h -q | wc -l' "$build/mgreg"
expect_nothing "nothing since tomorrow" mgreg log --since 2099-01-01 -q
expect_match "who" '"actor":"bob".*"op":"alias","subject":"iris:prod","detail":\{"no":3\}' mgreg log iris:prod -o jsonl
expect_output "the view" bob mgreg sql -q "SELECT actor FROM audit_log WHERE op = 'alias'"
expect_fail 3 "no such model" mgreg log nothing
expect_fail 2 "no time" mgreg log --since soon

expect_match "the chain" '^7 rows, the chain is whole' mgreg log --verify-chain
expect_fail 2 "of the whole log only" mgreg log iris --verify-chain
if command -v sqlite3 >/dev/null; then
	sql() { sqlite3 "$1" "$2"; }
	cp registry.mgreg added.mgreg
	sql added.mgreg "INSERT INTO mg_audit (at, actor, op, subject) VALUES (1, 'mallory', 'alias', 'iris:prod')"
	expect_fail 5 "a row of another program" mgreg -s added.mgreg log --verify-chain
	check "is told" grep -q '^ *8 .*another program' out
	mgreg -s added.mgreg tag iris a
	expect_fail 5 "the chain goes on behind it" mgreg -s added.mgreg log --verify-chain
	check "with one problem" test "$(grep -c '^ *[0-9]' out)" = 1
	cp registry.mgreg altered.mgreg
	trigger=$(sql altered.mgreg "SELECT sql FROM sqlite_schema WHERE name = 'mg_audit_no_update'")
	sql altered.mgreg "DROP TRIGGER mg_audit_no_update; UPDATE mg_audit SET actor = 'mallory' WHERE audit_id = 6; $trigger"
	expect_fail 5 "an altered row" mgreg -s altered.mgreg log --verify-chain
	check "is the one" grep -q '^ *6 .*altered' out
	cp registry.mgreg deleted.mgreg
	trigger=$(sql deleted.mgreg "SELECT sql FROM sqlite_schema WHERE name = 'mg_audit_no_delete'")
	sql deleted.mgreg "DROP TRIGGER mg_audit_no_delete; DELETE FROM mg_audit WHERE audit_id = 7; $trigger"
	expect_fail 5 "the last row is missing" mgreg -s deleted.mgreg log --verify-chain
	expect_fail 5 "as JSON" mgreg -s deleted.mgreg log --verify-chain --json
	check "the error has its reason" grep -q '"reason":"damaged","exit":5' err
fi
done_testing
