-- SPDX-License-Identifier: Apache-2.0
-- gc.sql - what may go.

-- name: gc_versions
-- Past the grace, and neither pinned, aliased nor leased.
SELECT version_id FROM mg_version v
 WHERE state IN ('replaced', 'expired') AND state_at <= ?1 AND pinned = 0
   AND NOT EXISTS (SELECT 1 FROM mg_alias a WHERE a.version_id = v.version_id)
   AND NOT EXISTS (SELECT 1 FROM mg_lease l WHERE l.version_id = v.version_id AND l.until > ?2)
 ORDER BY version_id;

-- name: gc_version_files
DELETE FROM mg_file WHERE version_id = ?1;

-- name: gc_saves
-- Saves whose heartbeat is older than the grace.
DELETE FROM mg_save WHERE heartbeat_at < ?1;

-- name: gc_save_list
SELECT save_uid, host, pid FROM mg_save;

-- name: gc_objects
SELECT object_id FROM mg_object o WHERE present = 1
   AND NOT EXISTS (SELECT 1 FROM mg_tensor t JOIN mg_version_tensor x USING (tensor_id) JOIN mg_version v USING (version_id)
                    WHERE t.object_id = o.object_id AND v.state <> 'purged')
   AND NOT EXISTS (SELECT 1 FROM mg_file f JOIN mg_version v USING (version_id) WHERE f.object_id = o.object_id AND v.state <> 'purged')
   AND NOT EXISTS (SELECT 1 FROM mg_version_metagraph g JOIN mg_version v USING (version_id)
                    WHERE g.object_id = o.object_id AND (v.state <> 'purged' OR v.kind <> 'frozen'))
   AND NOT EXISTS (SELECT 1 FROM mg_event e WHERE e.object_id = o.object_id)
   AND NOT EXISTS (SELECT 1 FROM mg_input i WHERE i.object_id = o.object_id);

-- name: gc_object_absent
UPDATE mg_object SET present = 0 WHERE object_id = ?1 AND NOT EXISTS (SELECT 1 FROM mg_needed n WHERE n.object_id = ?1);

-- name: gc_chunks
SELECT chunk_id, stored FROM mg_chunk c
 WHERE chunk_id > ?1 AND NOT EXISTS (SELECT 1 FROM mg_object_chunk x WHERE x.chunk_id = c.chunk_id)
   AND NOT EXISTS (SELECT 1 FROM mg_claim k WHERE k.chunk_id = c.chunk_id)
   AND NOT EXISTS (SELECT 1 FROM mg_chunk d WHERE d.base_id = c.chunk_id)
 ORDER BY chunk_id LIMIT 1000;

-- name: gc_chunk_delete
-- The words of gc_chunks once more: a save may have claimed it since.
DELETE FROM mg_chunk WHERE chunk_id = ?1
   AND NOT EXISTS (SELECT 1 FROM mg_object_chunk x WHERE x.chunk_id = ?1)
   AND NOT EXISTS (SELECT 1 FROM mg_claim k WHERE k.chunk_id = ?1)
   AND NOT EXISTS (SELECT 1 FROM mg_chunk d WHERE d.base_id = ?1);
