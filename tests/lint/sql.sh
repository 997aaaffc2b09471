#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sql.sh - migrations leave the text of schema.sql; every named statement prepares and walks no table it should not walk.
: "${MGREG_SRC:=.}" "${SQLITE3:=sqlite3}"
command -v "$SQLITE3" >/dev/null || { echo '1..0 # skip no sqlite3'; exit 0; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$MGREG_SRC/schema" || exit 99
say() { if [ -s "$1" ]; then sed 's/^/# /' "$1"; echo "not ok $2"; else echo "ok $2"; fi; }
echo 1..4

cat schema.sql derived.sql views.sql | "$SQLITE3" "$dir/now.db" 2>"$dir/errors"
cat migrations/*.sql | "$SQLITE3" "$dir/moved.db" 2>>"$dir/errors"
for db in now moved; do
	"$SQLITE3" "$dir/$db.db" "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name" |
		tr -s ' \t\n' '   ' >"$dir/$db.txt"
done
cmp "$dir/now.txt" "$dir/moved.txt" >>"$dir/errors" 2>&1
say "$dir/errors" "1 - migrations leave the text of the schema"

# name <TAB> statement, one a line
awk '/^-- name: /{if (name) print name "\t" text; name = $3; text = ""; next} /^--/{next} {sub(/--.*/, ""); text = text " " $0}
	END {print name "\t" text}' queries/*.sql >"$dir/statements"
walks() {       # DB -> what is not right with the plans
	while IFS="$(printf '\t')" read -r name text; do
		plan=$(printf 'EXPLAIN QUERY PLAN %s\n' "$text" | "$SQLITE3" "$1" 2>&1) || echo "$name: $plan"
		case $name in
		fsck_*|gc_*|count_*|bytes_*|*_list|*_names|schema_objects|audit_last) ;;
		version_latest) case $plan in *"INDEX mg_version_latest_model"*) ;; *) echo "$name: $plan" ;; esac ;;
		version_latest_run) case $plan in *"INDEX mg_version_latest_run"*) ;; *) echo "$name: $plan" ;; esac ;;
		*) printf '%s\n' "$plan" | grep -E 'SCAN (mg_|[a-z] |[a-z]$)' | sed "s/^/$name: /" ;;
		esac
	done <"$dir/statements"
}
walks "$dir/now.db" >"$dir/plans"
say "$dir/plans" "2 - plans on an empty store, without statistics"

"$SQLITE3" "$dir/now.db" <<'SQL' >"$dir/plans" 2>&1
PRAGMA foreign_keys = OFF;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
INSERT INTO mg_model (model_id, uid, name, created_at) SELECT i, 'm' || i, 'm' || i, 0 FROM n;
INSERT INTO mg_run (run_id, uid, model_id, name, started_at) SELECT model_id, uid, model_id, name, 0 FROM mg_model;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO mg_version (uid, model_id, no, run_id, global_step, kind, state_at, saved_at, added_at)
SELECT 'u' || i, 1 + i % 60, i, 1 + i % 60, i, CASE WHEN i % 10 = 0 THEN 'checkpoint' ELSE 'metagraph' END, 0, 0, 0 FROM n;
ANALYZE;
SQL
walks "$dir/now.db" >>"$dir/plans"
say "$dir/plans" "3 - plans on a store with statistics"

awk '/^-- name: /{n[$3]++} END {for (i in n) if (n[i] > 1) print i}' queries/*.sql >"$dir/twice"
for f in queries/*.sql; do
	grep -q "%D%/$f" local.mk || echo "$f is not in local.mk"
done >>"$dir/twice"
say "$dir/twice" "4 - names are unique, files are listed"
