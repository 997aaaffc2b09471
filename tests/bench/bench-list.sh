#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench-list.sh [VERSIONS [POINTS]] - lists out of a big history against the sqlite3 shell with the bare SQL: `ls' of 100 versions, the
# hyper-parameters of one, one curve of many.  Process start included; medians of pairs.
build=$(cd "${MGREG_BUILD:-.}" && pwd)
versions=${1:-1000000} points=${2:-1000000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
"$build/mgreg" init >/dev/null || exit 1
sqlite3 registry.mgreg >/dev/null <<SQL || exit 1
PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;
BEGIN;
INSERT INTO mg_model (model_id, uid, name, created_at) VALUES (1, 'm', 'bench', 0);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
INSERT INTO mg_run (run_id, uid, model_id, name, started_at) SELECT i, 'r' || i, 1, 'run' || i, 0 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO mg_hparam_set (hparam_set_id, doc) SELECT i, '{"learning_rate":' || i || '}' FROM n;
INSERT INTO mg_hparam (hparam_set_id, name, type, num_value, text_value) SELECT hparam_set_id, 'learning_rate', 'int', hparam_set_id, hparam_set_id FROM mg_hparam_set;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $versions)
INSERT INTO mg_version (version_id, uid, model_id, no, run_id, global_step, kind, state_at, saved_at, added_at)
SELECT i, printf('%032x', i), 1, i, 1 + i % 10, i, 'checkpoint', 0, 1700000000000 + i, 0 FROM n;
INSERT INTO mg_version_hparams SELECT version_id, 1 + version_id % 100 FROM mg_version;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
INSERT INTO mg_series (series_id, run_id, name) SELECT i, i, 'loss' FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $points)
INSERT INTO mg_metric (series_id, step, session, value, wall_time) SELECT 1 + i % 10, i / 10, 1, 1.0 / i, i FROM n;
INSERT INTO mg_session (uid, run_id, ordinal, started_at) SELECT 's' || run_id, run_id, 1, 0 FROM mg_run;
COMMIT;
SQL
export LD_LIBRARY_PATH=$build/.libs
run() { # WHAT REPEATS SQL COMMAND...
	what=$1 repeats=$2 sql=$3
	shift 3
	"$build/.libs/mgreg" "$@" >ours 2>err || { cat err; exit 1; }
	sqlite3 registry.mgreg "$sql" >theirs || exit 1
	"$build/tests/bench/pairs" -n 9 -r "$repeats" "$what: $(wc -l <ours) lines, sqlite3 $(wc -l <theirs)" -- "$build/.libs/mgreg" "$@" -- sqlite3 registry.mgreg "$sql" || exit 1
}
columns="v.version_id, m.name, v.no, r.name, v.global_step, v.kind, v.state, v.saved_at, v.added_bytes,
 (SELECT group_concat(name) FROM mg_alias a WHERE a.version_id = v.version_id),
 coalesce((SELECT sum(o.size) FROM mg_version_tensor t JOIN mg_tensor d USING (tensor_id) JOIN mg_object o USING (object_id) WHERE t.version_id = v.version_id), 0)
 + coalesce((SELECT sum(o.size) FROM mg_version_metagraph x JOIN mg_object o USING (object_id) WHERE x.version_id = v.version_id), 0)"
from="FROM mg_version v JOIN mg_model m USING (model_id) JOIN mg_run r ON r.run_id = v.run_id"
run "ls of 100" 20 "SELECT $columns $from WHERE m.name = 'bench' AND v.state = 'live' ORDER BY v.no LIMIT 100" ls bench --limit 100
run "ls of the last 100 of a run" 20 "SELECT $columns $from WHERE v.run_id = 3 AND v.state = 'live' ORDER BY v.version_id DESC LIMIT 100" ls bench/run3 --sort -version_id --limit 100
run "ls of a range of steps" 20 "SELECT $columns $from WHERE v.model_id = 1 AND v.state = 'live' AND v.global_step BETWEEN 500000 AND 500099 ORDER BY v.version_id" ls bench@500000..500099
run "hparams" 20 "SELECT hparam, value, type FROM hparams WHERE version_id = 500000" hparams bench@v500000
run "a curve of $((points / 10))" 1 "SELECT step, value FROM metrics WHERE model = 'bench' AND run = 'run3' AND metric = 'loss' ORDER BY step" \
	sql -o csv -q "SELECT step, value FROM metrics WHERE model = 'bench' AND run = 'run3' AND metric = 'loss' ORDER BY step"
