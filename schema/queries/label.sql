-- SPDX-License-Identifier: Apache-2.0
-- label.sql - tags; pins and notes are columns of the version.

-- name: tag_delete
DELETE FROM mg_tag WHERE key = ?4 AND (model_id = ?1 OR run_id = ?2 OR version_id = ?3);

-- name: tag_insert
INSERT INTO mg_tag (model_id, run_id, version_id, key, value) VALUES (?1, ?2, ?3, ?4, ?5);
