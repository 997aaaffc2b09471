-- SPDX-License-Identifier: Apache-2.0
-- lineage.sql - where versions come from, and what a run was fed.

-- name: lineage_insert
INSERT OR IGNORE INTO mg_lineage (child_id, parent_id, relation) VALUES (?1, ?2, ?3);

-- name: lineage_parents
SELECT DISTINCT parent_id FROM mg_lineage WHERE child_id = ?1 ORDER BY parent_id;

-- name: input_set
INSERT INTO mg_input (run_id, role, name, uri, size, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (run_id, role, name) DO UPDATE SET uri = excluded.uri, size = excluded.size, sha256 = excluded.sha256;

-- name: lineage_up
SELECT parent_id, relation FROM mg_lineage WHERE child_id = ?1 ORDER BY parent_id, relation;

-- name: lineage_down
SELECT child_id, relation FROM mg_lineage WHERE parent_id = ?1 ORDER BY child_id, relation;
