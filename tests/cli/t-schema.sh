#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

expect_match "the views" '^latest_checkpoints +for each run' mgreg schema
expect_match "a view" '^versions: one row per save' mgreg schema versions
check "column by column" grep -qE '^moves_latest +1: its save' out
expect_match "as SQL" '^CREATE VIEW versions AS' mgreg schema versions --ddl
expect_match "all of it" '^CREATE TABLE mg_version ' mgreg schema --ddl
expect_fail 3 "no such view" mgreg schema version
check "did you mean" grep -q versions err
mgreg init >/dev/null
expect_output "24 views" 24 sh -c '"$0" schema -o porcelain | awk -F"\t" "\$2 == \"\"" | wc -l' "$build/mgreg"
# every view and every column of the store is described, in its order, and nothing else
mgreg sql -o tsv -q "SELECT m.name, c.name FROM pragma_table_list m JOIN pragma_table_info(m.name) c WHERE m.type = 'view' AND m.schema = 'main'
 AND m.name NOT LIKE 'mg\_%' ESCAPE '\' ORDER BY 1, c.cid" >there
mgreg schema -o porcelain | awk -F"\t" '$2 != ""' | cut -f 1,2 | sort -s -t '	' -k 1,1 >described
check "every column of every view" cmp there described
check "there are many" test "$(wc -l <there)" -gt 200
expect_nothing "and has a meaning" sh -c '"$0" schema -o porcelain | awk -F"\t" "\$3 == \"\""' "$build/mgreg"
if command -v sqlite3 >/dev/null; then
	mgreg schema --ddl | sqlite3 copy.db 2>err
	check "sqlite3 takes the schema" test "$(sqlite3 copy.db "SELECT count(*) FROM sqlite_schema WHERE type = 'view'")" -eq 25
fi
done_testing
