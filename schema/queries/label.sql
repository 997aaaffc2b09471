-- SPDX-License-Identifier: Apache-2.0
-- label.sql - tags; pins and notes are columns of the version.

-- name: tag_delete
DELETE FROM mg_tag WHERE key = ?4 AND (model_id = ?1 OR run_id = ?2 OR version_id = ?3);

-- name: tag_insert
INSERT INTO mg_tag (model_id, run_id, version_id, key, value) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: tag_get
SELECT value FROM mg_tag WHERE key = ?4 AND (model_id = ?1 OR run_id = ?2 OR version_id = ?3);

-- name: tag_delete_of_version
DELETE FROM mg_tag WHERE version_id = ?1;

-- name: tag_list
SELECT m.name, r.name, t.version_id, t.key, t.value
  FROM mg_tag t LEFT JOIN mg_run r ON r.run_id = t.run_id LEFT JOIN mg_model m ON m.model_id = coalesce(t.model_id, r.model_id)
 WHERE (?1 IS NULL OR t.model_id = ?1) AND (?2 IS NULL OR t.run_id = ?2) AND (?3 IS NULL OR t.version_id = ?3)
 ORDER BY t.version_id, m.name, r.name, t.key;
