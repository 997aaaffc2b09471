#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
expect_match "nothing to do" '^schema [0-9]+: nothing to do' mgreg migrate
expect_match "check" 'nothing to do' mgreg migrate --check
expect_match "JSON" '"min_reader":1,"min_writer":1' mgreg migrate --check --json
expect_ok "with a backup" mgreg migrate --backup before.mgreg
expect_ok "which is a store" mgreg -s before.mgreg fsck
expect_fail 7 "a backup that is there" mgreg migrate --backup before.mgreg
expect_ok "check makes no backup" mgreg migrate --check --backup other.mgreg
check "none" test ! -e other.mgreg
expect_fail 3 "no store" mgreg -s nothing.mgreg migrate
if command -v sqlite3 >/dev/null; then
	# A store as the first release made it: its pragmas, its only migration, a run that was rewound.
	make_old() {
		rm -f old.mgreg old.mgreg-*
		{ cat "$src/schema/pragmas.sql" "$src/schema/migrations/0001-initial.sql"
		  cat <<'SQL'
INSERT INTO mg_store VALUES ('store_uid', '00000000000000000000000000000001'), ('writer', '0.1.0');
INSERT INTO mg_model (model_id, uid, name, created_at) VALUES (1, 'a', 'old', 0);
INSERT INTO mg_run (run_id, uid, model_id, name, started_at) VALUES (1, 'b', 1, 'main', 0);
INSERT INTO mg_session (session_id, uid, run_id, ordinal, start_step, started_at) VALUES (1, 'c', 1, 1, NULL, 0), (2, 'd', 1, 2, 1, 0);
INSERT INTO mg_version (version_id, uid, model_id, no, run_id, global_step, kind, state_at, saved_at, added_at)
VALUES (1, 'ffffffffffffffffffffffffffffffff', 1, 1, 1, 2, 'metagraph', 0, 0, 0);
INSERT INTO mg_series (series_id, run_id, name, points, last_step, last_value, min_value, min_step, max_value, max_step)
VALUES (1, 1, 'loss', 3, 2, 0.25, 0.25, 2, 1, 1);
INSERT INTO mg_metric (series_id, step, session, version_id, value, wall_time) VALUES (1, 1, 1, NULL, 1, 0), (1, 2, 1, 1, 0.5, 0), (1, 2, 2, NULL, 0.25, 0);
SQL
		} | sqlite3 old.mgreg >/dev/null
	}
	make_old
	sum=$(cksum <old.mgreg)
	expect_match "an old one can be read" '^old' mgreg -s old.mgreg sql "SELECT model FROM models" --read-only
	expect_output "by its own rules" 3 mgreg -s old.mgreg sql -q "SELECT count(*) FROM metrics"
	expect_match "check tells" '^schema 1 would become [0-9]+' mgreg -s old.mgreg migrate --check
	check "and none of them touched it" test "$sum" = "$(cksum <old.mgreg)"
	sqlite3 old.mgreg "CREATE TRIGGER mine AFTER INSERT ON mg_tag BEGIN SELECT 1; END"
	expect_fail 5 "a trigger in it is a stranger, too" mgreg -s old.mgreg ls
	make_old
	expect_match "migrate, with a backup" '^schema 1 became [0-9]+' mgreg -s old.mgreg migrate --backup old-backup.mgreg
	expect_match "it is done" 'nothing to do' mgreg -s old.mgreg migrate --check
	expect_match "the backup is as it was" 'schema 1 would become' mgreg -s old-backup.mgreg migrate --check
	expect_output "a rewound point of a version is hidden now" 2 mgreg -s old.mgreg sql -q "SELECT count(*) FROM metrics"
	expect_output "and its summary" 2 mgreg -s old.mgreg sql -q "SELECT points FROM metric_summary"
	expect_match "nothing is lost" '^3$' mgreg -s old.mgreg sql -q "SELECT count(*) FROM metrics_all"
	expect_match "it is whole" 'no problem' mgreg -s old.mgreg fsck
	make_old
	expect_ok "any writer migrates" mgreg -s old.mgreg tag old a=b
	expect_match "it has" 'nothing to do' mgreg -s old.mgreg migrate --check
	cp before.mgreg newer.mgreg
	sqlite3 newer.mgreg "INSERT OR REPLACE INTO mg_store VALUES ('min_reader', '99'); PRAGMA user_version = 99"
	sum=$(cksum <newer.mgreg)
	expect_fail 8 "a store of a newer major version" mgreg -s newer.mgreg migrate
	check "is left as it is" test "$sum" = "$(cksum <newer.mgreg)"
fi
done_testing
