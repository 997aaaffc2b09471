#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 20 10 || exit 99
expect_ok "a version" mgreg tag iris@20 reviewed by=anna 'why=a = b'
expect_ok "a run" mgreg tag iris/base site=lab
expect_ok "a model" mgreg tag iris owner=team
expect_output "all of them" "iris	owner	team	model	
iris/base	site	lab	run	
iris/base@20	by	anna	version	3
iris/base@20	reviewed		version	3
iris/base@20	why	a = b	version	3" sh -c '"$0" tag ls -o porcelain | sort' "$build/mgreg"
expect_output "the view" "model:owner
run:site
version:by
version:reviewed
version:why" mgreg sql -q "SELECT scope || ':' || key FROM tags ORDER BY 1"
expect_output "of one subject" "by
reviewed
why" sh -c '"$0" tag ls iris@20 -o porcelain | cut -f 2' "$build/mgreg"
expect_output "of a run only its own" "site" sh -c '"$0" tag ls iris/base -o porcelain | cut -f 2' "$build/mgreg"
expect_ok "a value is replaced" mgreg tag iris@20 by=bob
expect_match "JSON" '"subject":"iris/base@20","key":"by","value":"bob","scope":"version"' mgreg tag ls iris@20 -o jsonl
expect_ok "removed" mgreg tag rm iris@20 by why
expect_fail 3 "removed twice" mgreg tag rm iris@20 reviewed by
expect_output "all or nothing" reviewed sh -c '"$0" tag ls iris@20 -o porcelain | cut -f 2' "$build/mgreg"
mgreg tag iris@20 no=1 -n 2>/dev/null
expect_output "dry run" reviewed sh -c '"$0" tag ls iris@20 -o porcelain | cut -f 2' "$build/mgreg"
expect_fail 3 "no such model" mgreg tag nothing a
expect_fail 2 "no key" mgreg tag iris@20 =x
expect_fail 2 "nothing to set" mgreg tag iris@20
expect_match "the audit log" 'tag-rm +iris@v3' mgreg log iris@20
done_testing
