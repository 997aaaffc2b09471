-- SPDX-License-Identifier: Apache-2.0
-- model.sql - models.

-- name: model_find
SELECT model_id FROM mg_model WHERE name = ?1;

-- name: model_insert
INSERT INTO mg_model (uid, name, created_at) VALUES (?1, ?2, ?3);

-- name: model_name
SELECT name FROM mg_model WHERE model_id = ?1;

-- name: model_names
SELECT name FROM mg_model ORDER BY name;

-- name: model_next_no
SELECT next_no FROM mg_model WHERE model_id = ?1;

-- name: model_rename
UPDATE mg_model SET name = ?2 WHERE model_id = ?1;

-- name: model_policy
SELECT policy FROM mg_model WHERE model_id = ?1;

-- name: model_set_policy
UPDATE mg_model SET policy = ?2 WHERE model_id = ?1;
