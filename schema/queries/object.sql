-- SPDX-License-Identifier: Apache-2.0
-- object.sql - chunks, objects, saves and their claims.

-- name: chunk_find
SELECT chunk_id FROM mg_chunk WHERE sha256 = ?1;

-- name: chunk_insert
INSERT INTO mg_chunk (sha256, xxh3, size, stored, added_at) VALUES (?1, ?2, ?3, ?3, ?4);

-- name: chunk_data_insert
INSERT INTO mg_chunk_data (chunk_id, data) VALUES (?1, ?2);

-- name: chunk_data
SELECT c.width, d.data FROM mg_chunk c JOIN mg_chunk_data d USING (chunk_id) WHERE chunk_id = ?1;

-- name: chunk_list
SELECT chunk_id, sha256, xxh3, size, stored, codec FROM mg_chunk WHERE chunk_id > ?1 ORDER BY chunk_id;

-- name: object_find
SELECT object_id FROM mg_object WHERE digest = ?1 AND size = ?2;

-- name: object_find_present
SELECT object_id FROM mg_object WHERE digest = ?1 AND size = ?2 AND present = 1;

-- name: object_present
SELECT present FROM mg_object WHERE object_id = ?1;

-- name: object_get
SELECT digest, size, present FROM mg_object WHERE object_id = ?1;

-- name: object_insert
INSERT INTO mg_object (digest, size) VALUES (?1, ?2);

-- name: object_return
-- Equal bytes are back.
UPDATE mg_object SET present = 1 WHERE object_id = ?1;

-- name: object_drop_list
DELETE FROM mg_object_chunk WHERE object_id = ?1;

-- name: object_part_insert
INSERT INTO mg_object_chunk (object_id, at, chunk_id, skip, len) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: object_parts
SELECT chunk_id, skip, len FROM mg_object_chunk WHERE object_id = ?1 ORDER BY at;

-- name: object_range
-- From the part that holds byte ?2 to the one before byte ?3.
SELECT x.at, x.skip, x.len, c.chunk_id, c.sha256, c.xxh3, c.size, c.stored, c.codec
  FROM mg_object_chunk x JOIN mg_chunk c USING (chunk_id)
 WHERE x.object_id = ?1 AND x.at < ?3
   AND x.at >= (SELECT max(at) FROM mg_object_chunk WHERE object_id = ?1 AND at <= ?2)
 ORDER BY x.at;

-- name: save_insert
INSERT INTO mg_save (save_uid, host, pid, actor, started_at, heartbeat_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5);

-- name: save_beat
UPDATE mg_save SET heartbeat_at = ?2 WHERE save_uid = ?1;

-- name: save_delete
DELETE FROM mg_save WHERE save_uid = ?1;

-- name: claim_insert
INSERT OR IGNORE INTO mg_claim (save_uid, chunk_id) VALUES (?1, ?2);

-- name: claim_object
INSERT OR IGNORE INTO mg_claim (save_uid, chunk_id) SELECT ?1, chunk_id FROM mg_object_chunk WHERE object_id = ?2;

-- name: claim_count
SELECT count(*) FROM mg_claim WHERE save_uid = ?1;
