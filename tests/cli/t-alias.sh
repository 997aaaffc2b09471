#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 50 10 || exit 99
expect_match "set" '^iris:prod +iris/base@20 +live +no' mgreg alias iris:prod iris@20
expect_output "it names the version" "$(mgreg sql -q "SELECT version_id FROM versions WHERE global_step = 20")" \
	sh -c '"$0" show iris:prod -o jsonl | sed "s/.*\"version_id\":\([0-9]*\).*/\1/"' "$build/mgreg"
sleep 1.1
expect_ok "moved by somebody else" mgreg alias iris:prod iris@30 --actor bob
expect_output "JSON has the view's names" '{"alias":"iris:prod","ref":"iris/base@30","state":"live","protected":false,"model":"iris","no":4}' \
	sh -c '"$0" alias ls -o jsonl | sed "s/\"valid_from\":\"[^\"]*\",//; s/,\"version_id\":[0-9]*//"' "$build/mgreg"
expect_output "history" "iris:prod	iris/base@20
iris:prod	iris/base@30" sh -c '"$0" alias log iris -o porcelain | cut -f 1,2' "$build/mgreg"
between=$(mgreg sql -q "SELECT valid_from FROM alias_history WHERE alias = 'prod' ORDER BY log_id LIMIT 1" | tr ' ' T)
at() { mgreg alias ls iris:prod --at "$1" -o porcelain | cut -f 2; }
early=$(mgreg sql -q "SELECT datetime(valid_from, '+1 second') FROM alias_history ORDER BY log_id LIMIT 1")
expect_output "what it named then" iris/base@20 at "$early"
expect_output "and names now" iris/base@30 at now
expect_nothing "nothing a day before" at 1d
check "(that day has a date: $between)" test -n "$between"
expect_fail 2 "no time" mgreg alias ls iris --at yesterday
expect_match "undo" 'iris/base@20' mgreg alias undo iris:prod
expect_match "undo of the undo" 'iris/base@30' mgreg alias undo iris:prod
expect_ok "dry run" mgreg alias iris:prod iris@50 -n
expect_output "changes nothing" iris/base@30 at now
expect_output "the audit log knows who" "alias	tester
alias	bob
alias-undo	tester
alias-undo	tester" sh -c '"$0" log iris:prod -o porcelain | awk -F"\t" "{ print \$5 FS \$3 }"' "$build/mgreg"

expect_match "protected" ' yes ' mgreg alias iris:prod iris@30 --protect
expect_fail 7 "it does not move" mgreg alias iris:prod iris@40
expect_fail 7 "nor go" mgreg alias rm iris:prod
expect_fail 7 "nor come back from where it was" mgreg alias undo iris:prod
expect_ok "but by force" mgreg alias iris:prod iris@40 --force-protected
check "which the log tells" sh -c '"$0" log iris:prod | tail -1 | grep -q forced' "$build/mgreg"
expect_fail 7 "unprotecting needs force too" mgreg alias iris:prod iris@40 --unprotect
expect_ok "unprotect" mgreg alias iris:prod iris@40 --unprotect --force-protected
expect_ok "remove" mgreg alias rm iris:prod
expect_nothing "gone" mgreg alias ls -q
expect_fail 3 "gone for references" mgreg show iris:prod
expect_match "undo of a removal" 'iris/base@40' mgreg alias undo iris:prod

expect_fail 3 "no such version" mgreg alias iris:prod iris@31
expect_fail 3 "no such alias" mgreg alias rm iris:prud
expect_fail 3 "there never was one" mgreg alias undo iris:never
expect_fail 3 "no such model" mgreg alias iros:prod iris@30
check "did you mean" grep -q iris err
expect_fail 2 "a reserved name" mgreg alias iris:latest iris@30
expect_fail 2 "no name at all" mgreg alias iris iris@30
expect_fail 2 "an operand is missing" mgreg alias iris:prod
expect_fail 7 "read-only" mgreg alias iris:prod iris@30 --read-only
mgreg cp iris@30 other/main >/dev/null || exit 99
expect_fail 2 "another model's version" mgreg alias iris:prod other@30
expect_fail 3 "did you mean, among aliases" mgreg show iris:prodd
check "it is offered" grep -q iris:prod err
mgreg rm iris@20 >/dev/null
expect_fail 7 "an expired version gets no alias" mgreg alias iris:old "$(mgreg sql -q "SELECT model || '@v' || no FROM versions WHERE global_step = 20 AND model = 'iris'")"
expect_match "a version with an alias does not expire" 'aliased' sh -c '"$0" rm iris:prod 2>&1 || :' "$build/mgreg"
done_testing
