-- SPDX-License-Identifier: Apache-2.0
-- compact.sql - old bytes in another form: which chunks follow one another, and what hangs on what.

-- name: gc_run_list
SELECT run_id FROM mg_run ORDER BY run_id;

-- name: gc_columns
-- A run's values by name, newest version first.
SELECT x.name, x.slice, t.object_id, o.size FROM mg_version v JOIN mg_version_tensor x USING (version_id) JOIN mg_tensor t USING (tensor_id)
  JOIN mg_object o USING (object_id)
 WHERE v.run_id = ?1 AND v.state <> 'purged' AND o.present = 1 ORDER BY x.name, x.slice, v.version_id DESC;

-- name: gc_newest_chunks
-- Chunks of the latest version of any run, ascending: these stay whole.
SELECT DISTINCT c.chunk_id FROM mg_run r
  JOIN mg_version v ON v.version_id = (SELECT max(version_id) FROM mg_version n
       WHERE n.run_id = r.run_id AND n.state = 'live' AND n.moves_latest = 1 AND n.kind IN ('checkpoint', 'weights'))
  JOIN mg_version_tensor x ON x.version_id = v.version_id JOIN mg_tensor t USING (tensor_id) JOIN mg_object_chunk c USING (object_id)
 ORDER BY c.chunk_id;

-- name: chunk_depth
SELECT depth FROM mg_chunk WHERE chunk_id = ?1;

-- name: chunk_height
-- The longest chain of deltas above a chunk.
WITH RECURSIVE above(id, h) AS (SELECT ?1, 0 UNION ALL SELECT c.chunk_id, h + 1 FROM above JOIN mg_chunk c ON c.base_id = above.id WHERE h < 16)
SELECT max(h) FROM above;

-- name: chunk_chain_has
-- Is chunk ?2 among ?1 and its bases?
WITH RECURSIVE below(id, n) AS (SELECT ?1, 0 UNION ALL SELECT c.base_id, n + 1 FROM below JOIN mg_chunk c ON c.chunk_id = below.id
       WHERE c.base_id IS NOT NULL AND n < 16)
SELECT count(*) FROM below WHERE id = ?2;

-- name: chunk_recode
UPDATE mg_chunk SET codec = ?2, width = ?3, stored = ?4, base_id = ?5, depth = ?6, segment_id = ?7, at = ?8 WHERE chunk_id = ?1;

-- name: chunk_shift
-- Whatever hangs on chunk ?1 moves by ?2.
WITH RECURSIVE above(id, h) AS (SELECT chunk_id, 0 FROM mg_chunk WHERE base_id = ?1
       UNION ALL SELECT c.chunk_id, h + 1 FROM above JOIN mg_chunk c ON c.base_id = above.id WHERE h < 16)
UPDATE mg_chunk SET depth = depth + ?2 WHERE chunk_id IN (SELECT id FROM above);

-- name: chunk_data_replace
INSERT OR REPLACE INTO mg_chunk_data (chunk_id, data) VALUES (?1, ?2);

-- name: chunk_data_delete
DELETE FROM mg_chunk_data WHERE chunk_id = ?1;

-- name: chunk_dependants
SELECT chunk_id FROM mg_chunk WHERE base_id = ?1;

-- name: chunk_objects
SELECT object_id FROM mg_object_chunk WHERE chunk_id = ?1;

-- name: chunk_claims
SELECT count(*) FROM mg_claim WHERE chunk_id = ?1;

-- name: gc_only_bases
-- Chunks that are there for their dependants alone.
SELECT chunk_id FROM mg_chunk c WHERE chunk_id > ?1
   AND NOT EXISTS (SELECT 1 FROM mg_object_chunk x WHERE x.chunk_id = c.chunk_id)
   AND NOT EXISTS (SELECT 1 FROM mg_claim k WHERE k.chunk_id = c.chunk_id)
   AND EXISTS (SELECT 1 FROM mg_chunk d WHERE d.base_id = c.chunk_id)
 ORDER BY chunk_id LIMIT 1000;

-- name: gc_segments
-- Live bytes of every sealed segment.
SELECT s.segment_id, s.uid, s.size, coalesce((SELECT sum(stored) FROM mg_chunk c WHERE c.segment_id = s.segment_id), 0),
       coalesce((SELECT min(at) FROM mg_chunk c WHERE c.segment_id = s.segment_id), 0)
  FROM mg_segment s WHERE state = 'sealed' ORDER BY s.segment_id;

-- name: segment_chunks
SELECT chunk_id, at, stored FROM mg_chunk WHERE segment_id = ?1 ORDER BY at;

-- name: gc_segments_of_the_dead
UPDATE mg_segment SET state = 'doomed' WHERE state = 'writing'
   AND NOT EXISTS (SELECT 1 FROM mg_save s WHERE s.save_uid = substr(mg_segment.uid, 1, 32));

-- name: gc_segments_empty
UPDATE mg_segment SET state = 'doomed' WHERE state = 'sealed' AND segment_id = ?1
   AND NOT EXISTS (SELECT 1 FROM mg_chunk c WHERE c.segment_id = mg_segment.segment_id);

-- name: gc_doomed
SELECT segment_id, uid FROM mg_segment WHERE state = 'doomed';

-- name: gc_copies
-- Backups under way: files stay as they are meanwhile.
SELECT count(*) FROM mg_save WHERE save_uid LIKE 'backup-%';

-- name: gc_others
-- Saves at work besides ?1.
SELECT count(*) FROM mg_save WHERE save_uid <> ?1;

-- name: version_objects
-- What purging a version would no longer need.
SELECT t.object_id, o.size FROM mg_version_tensor x JOIN mg_tensor t USING (tensor_id) JOIN mg_object o USING (object_id)
 WHERE x.version_id = ?1 AND o.present = 1
UNION SELECT f.object_id, o.size FROM mg_file f JOIN mg_object o USING (object_id) WHERE f.version_id = ?1 AND o.present = 1
UNION SELECT g.object_id, o.size FROM mg_version_metagraph g JOIN mg_object o USING (object_id) JOIN mg_version v USING (version_id)
 WHERE g.version_id = ?1 AND o.present = 1 AND v.kind = 'frozen';

-- name: gc_needed_by
SELECT coalesce(version_id, 0) FROM mg_needed WHERE object_id = ?1;
