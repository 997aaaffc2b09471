-- SPDX-License-Identifier: Apache-2.0
-- object.sql - chunks, objects, saves and their claims.

-- name: chunk_find
SELECT chunk_id FROM mg_chunk WHERE sha256 = ?1;

-- name: chunk_insert
INSERT INTO mg_chunk (sha256, xxh3, size, stored, codec, width, segment_id, at, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: chunk_get
-- The facts that reading takes, in the order of mg_chunk_facts_read().
SELECT chunk_id, size, stored, codec, width, base_id, segment_id, at, sha256, xxh3 FROM mg_chunk WHERE chunk_id = ?1;

-- name: chunk_data_insert
INSERT INTO mg_chunk_data (chunk_id, data) VALUES (?1, ?2);

-- name: chunk_list
SELECT chunk_id, size, stored, codec, width, base_id, segment_id, at, sha256, xxh3 FROM mg_chunk WHERE chunk_id > ?1 ORDER BY chunk_id;

-- name: segment_uid
SELECT uid FROM mg_segment WHERE segment_id = ?1;

-- name: segment_by_uid
SELECT segment_id FROM mg_segment WHERE uid = ?1;

-- name: segment_list
-- With the end of the last chunk in it.
SELECT segment_id, uid, state, coalesce((SELECT max(at + stored) FROM mg_chunk c WHERE c.segment_id = s.segment_id), 0)
  FROM mg_segment s ORDER BY segment_id;

-- name: segment_insert
INSERT INTO mg_segment (uid, size, state, added_at) VALUES (?1, 0, 'writing', ?2);

-- name: segment_seal
UPDATE mg_segment SET state = 'sealed', size = ?2 WHERE segment_id = ?1;

-- name: segment_doom
UPDATE mg_segment SET state = 'doomed' WHERE segment_id = ?1;

-- name: segment_delete
DELETE FROM mg_segment WHERE segment_id = ?1;

-- name: object_find
SELECT object_id FROM mg_object WHERE digest = ?1 AND size = ?2;

-- name: object_find_present
SELECT object_id FROM mg_object WHERE digest = ?1 AND size = ?2 AND present = 1;

-- name: object_present
SELECT present FROM mg_object WHERE object_id = ?1;

-- name: object_get
SELECT digest, size, present FROM mg_object WHERE object_id = ?1;

-- name: object_list
SELECT object_id FROM mg_object WHERE present = 1 ORDER BY object_id;

-- name: metagraph_list
SELECT DISTINCT g.object_id FROM mg_version_metagraph g JOIN mg_object o USING (object_id) WHERE o.present = 1 ORDER BY g.object_id;

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
SELECT x.at, x.skip, x.len, c.chunk_id, c.size, c.stored, c.codec, c.width, c.base_id, c.segment_id, c.at, c.sha256, c.xxh3
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

-- name: claim_version
-- Every chunk of a version's tensors.
INSERT OR IGNORE INTO mg_claim (save_uid, chunk_id)
SELECT DISTINCT ?1, x.chunk_id FROM mg_version_tensor v JOIN mg_tensor t USING (tensor_id) JOIN mg_object o USING (object_id)
  JOIN mg_object_chunk x USING (object_id) WHERE v.version_id = ?2 AND o.present = 1;

-- name: claim_count
SELECT count(*) FROM mg_claim WHERE save_uid = ?1;
