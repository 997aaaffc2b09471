-- SPDX-License-Identifier: Apache-2.0
-- setting.sql - settings and what the file says about itself.

-- name: schema_objects
SELECT type, name, sql FROM sqlite_schema ORDER BY rowid;

-- name: setting_get
SELECT value FROM mg_store WHERE key = ?1;

-- name: setting_set
INSERT INTO mg_store (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: count_models
SELECT count(*) FROM mg_model;

-- name: count_runs
SELECT count(*) FROM mg_run;

-- name: count_versions
SELECT count(*) FROM mg_version;

-- name: count_versions_live
SELECT count(*) FROM mg_version WHERE state = 'live';

-- name: count_tensors
SELECT count(*) FROM mg_tensor;

-- name: count_objects
SELECT count(*) FROM mg_object WHERE present = 1;

-- name: count_chunks
SELECT count(*) FROM mg_chunk;

-- name: bytes_stored
SELECT coalesce(sum(stored), 0) FROM mg_chunk;

-- name: bytes_objects
SELECT coalesce(sum(size), 0) FROM mg_object WHERE present = 1;

-- name: bytes_logical
-- What all unpurged versions would take as files: every tensor and MetaGraph counted where it is used.
SELECT coalesce(sum(o.size), 0) FROM mg_needed n JOIN mg_object o USING (object_id) WHERE n.version_id IS NOT NULL;
