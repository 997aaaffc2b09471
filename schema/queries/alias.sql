-- SPDX-License-Identifier: Apache-2.0
-- alias.sql - movable names.  The log is kept by triggers.

-- name: alias_get
SELECT version_id, protected FROM mg_alias WHERE model_id = ?1 AND name = ?2;

-- name: alias_names
SELECT name FROM mg_alias WHERE model_id = ?1 ORDER BY name;

-- name: alias_set
INSERT INTO mg_alias (model_id, name, version_id, protected) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (model_id, name) DO UPDATE SET version_id = excluded.version_id, protected = max(protected, excluded.protected);

-- name: alias_set_protected
UPDATE mg_alias SET protected = ?3 WHERE model_id = ?1 AND name = ?2;

-- name: alias_delete
DELETE FROM mg_alias WHERE model_id = ?1 AND name = ?2;

-- name: alias_now_list
SELECT m.name, a.name, a.version_id, a.protected,
       (SELECT l.at FROM mg_alias_log l WHERE l.model_id = a.model_id AND l.name = a.name ORDER BY l.log_id DESC LIMIT 1), NULL
  FROM mg_alias a JOIN mg_model m USING (model_id)
 WHERE (?1 IS NULL OR a.model_id = ?1) AND (?2 IS NULL OR a.name = ?2) ORDER BY m.name, a.name;

-- name: alias_log_list
SELECT m.name, l.name, l.version_id, 0, l.at, lead(l.at) OVER (PARTITION BY l.model_id, l.name ORDER BY l.log_id)
  FROM mg_alias_log l JOIN mg_model m USING (model_id)
 WHERE (?1 IS NULL OR l.model_id = ?1) AND (?2 IS NULL OR l.name = ?2) ORDER BY l.log_id;

-- name: alias_before
-- The state N changes ago; 0 is that of now.
SELECT coalesce(version_id, 0) FROM mg_alias_log WHERE model_id = ?1 AND name = ?2 ORDER BY log_id DESC LIMIT 1 OFFSET ?3;

-- name: lease_set
INSERT INTO mg_lease (version_id, holder, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (version_id, holder) DO UPDATE SET until = excluded.until;

-- name: lease_delete
DELETE FROM mg_lease WHERE version_id = ?1 AND holder = ?2;

-- name: lease_list
SELECT version_id, holder, until FROM mg_lease WHERE until > ?1 ORDER BY version_id, holder;
