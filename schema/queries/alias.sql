-- SPDX-License-Identifier: Apache-2.0
-- alias.sql - movable names.  The log is kept by triggers.

-- name: alias_get
SELECT version_id, protected FROM mg_alias WHERE model_id = ?1 AND name = ?2;

-- name: alias_names
SELECT name FROM mg_alias WHERE model_id = ?1 ORDER BY name;

-- name: alias_set
INSERT INTO mg_alias (model_id, name, version_id, protected) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (model_id, name) DO UPDATE SET version_id = excluded.version_id, protected = max(protected, excluded.protected);

-- name: alias_delete
DELETE FROM mg_alias WHERE model_id = ?1 AND name = ?2;

-- name: lease_set
INSERT INTO mg_lease (version_id, holder, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (version_id, holder) DO UPDATE SET until = excluded.until;

-- name: lease_delete
DELETE FROM mg_lease WHERE version_id = ?1 AND holder = ?2;
