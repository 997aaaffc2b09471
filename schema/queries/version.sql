-- SPDX-License-Identifier: Apache-2.0
-- version.sql - versions and what they are made of.

-- name: version_next_id
-- Commit order: chosen inside the publish transaction, never reused.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'mg_version'), 0) + 1;

-- name: version_by_uid
SELECT version_id FROM mg_version WHERE uid = ?1;

-- name: version_live_at
-- The live version of this kind at a step, and whether it is the latest of its run.
SELECT v.version_id, v.version_id IS (SELECT max(version_id) FROM mg_version WHERE run_id = ?1
         AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights'))
  FROM mg_version v
 WHERE v.run_id = ?1 AND v.global_step = ?2 AND v.kind = ?3 AND v.state = 'live';

-- name: version_replace
UPDATE mg_version SET state = 'replaced', replaced_by = ?2, state_at = ?3, pinned = max(pinned, ?4) WHERE version_id = ?1;

-- name: version_insert
INSERT INTO mg_version (version_id, uid, model_id, no, run_id, session_id, global_step, kind, weights, moves_latest, pinned,
  state_at, saved_at, added_at, added_bytes, given_hparams, resume, note)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?12, ?14, ?15, ?16, ?17);

-- name: version_get
SELECT v.version_id, v.no, v.model_id, v.run_id, v.session_id, v.global_step, v.saved_at, v.state_at, v.added_bytes,
       v.replaced_by, v.moves_latest, v.pinned, v.weights, v.uid, m.name, r.name, v.kind, v.state,
       (SELECT group_concat(a.name, ',') FROM mg_alias a WHERE a.version_id = v.version_id)
  FROM mg_version v JOIN mg_model m USING (model_id) JOIN mg_run r ON r.run_id = v.run_id
 WHERE v.version_id = ?1;

-- name: version_size
SELECT coalesce((SELECT sum(o.size) FROM mg_version_tensor t JOIN mg_tensor d USING (tensor_id) JOIN mg_object o USING (object_id)
                  WHERE t.version_id = ?1), 0)
     + coalesce((SELECT sum(o.size) FROM mg_version_metagraph x JOIN mg_object o USING (object_id) WHERE x.version_id = ?1), 0);

-- name: version_tensor_insert
INSERT INTO mg_version_tensor (version_id, name, slice, tensor_id, full_shape) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: tensor_find
SELECT tensor_id FROM mg_tensor WHERE object_id = ?1 AND dtype = ?2 AND shape = ?3;

-- name: tensor_insert
INSERT INTO mg_tensor (dtype, shape, elements, object_id, min, max, mean, std, l2, zeros, nans, infs)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- name: version_metagraph_insert
INSERT INTO mg_version_metagraph (version_id, idx, object_id) VALUES (?1, ?2, ?3);

-- name: version_file_insert
INSERT INTO mg_file (version_id, path, object_id) VALUES (?1, ?2, ?3);

-- name: version_tensors
SELECT t.name, t.slice, d.dtype, d.shape, t.full_shape, t.tensor_id, d.object_id, d.elements, o.size, o.digest,
       d.min, d.max, d.mean, d.std, d.l2, d.zeros, d.nans, d.infs
  FROM mg_version_tensor t JOIN mg_tensor d USING (tensor_id) JOIN mg_object o USING (object_id)
 WHERE t.version_id = ?1 ORDER BY t.name, t.slice;

-- name: version_files
SELECT f.path, f.object_id, o.size, o.digest FROM mg_file f JOIN mg_object o USING (object_id)
 WHERE f.version_id = ?1 ORDER BY f.path;

-- name: version_metagraphs
SELECT x.idx, x.object_id, o.size, g.tags FROM mg_version_metagraph x JOIN mg_object o USING (object_id)
  LEFT JOIN mg_metagraph g ON g.metagraph_id = x.object_id
 WHERE x.version_id = ?1 ORDER BY x.idx;

-- name: version_given_hparams
SELECT given_hparams FROM mg_version WHERE version_id = ?1;

-- name: version_resume
SELECT resume FROM mg_version WHERE version_id = ?1;

-- name: version_note
SELECT note FROM mg_version WHERE version_id = ?1;

-- name: version_hparams
SELECT s.doc FROM mg_version_hparams h JOIN mg_hparam_set s USING (hparam_set_id) WHERE h.version_id = ?1;

-- name: version_set_pin
UPDATE mg_version SET pinned = ?2 WHERE version_id = ?1;

-- name: version_set_note
UPDATE mg_version SET note = ?2 WHERE version_id = ?1;

-- name: version_expire
-- Letting go of the pointer and the state in one statement: the guard judges both together.
UPDATE mg_version SET state = 'expired', state_at = ?2, moves_latest = CASE WHEN ?3 THEN 0 ELSE moves_latest END
 WHERE version_id = ?1 AND state IN ('live', 'replaced');

-- name: version_undelete
UPDATE mg_version SET state = CASE WHEN replaced_by IS NULL THEN 'live' ELSE 'replaced' END, state_at = ?2,
       moves_latest = CASE WHEN ?3 THEN 1 ELSE moves_latest END
 WHERE version_id = ?1 AND state = 'expired';

-- name: version_purge
UPDATE mg_version SET state = 'purged', state_at = ?2, moves_latest = 0 WHERE version_id = ?1 AND state <> 'purged';

-- name: version_blank
-- What is said of a purged version beside its facts.
UPDATE mg_version SET note = NULL, given_hparams = NULL, resume = NULL, pinned = 0 WHERE version_id = ?1 AND state = 'purged';

-- name: version_is_referred_to
SELECT EXISTS (SELECT 1 FROM mg_lineage WHERE parent_id = ?1) OR EXISTS (SELECT 1 FROM mg_version WHERE replaced_by = ?1)
    OR EXISTS (SELECT 1 FROM mg_run WHERE from_version_id = ?1) OR EXISTS (SELECT 1 FROM mg_session WHERE restored_version_id = ?1)
    OR EXISTS (SELECT 1 FROM mg_metric WHERE version_id = ?1) OR EXISTS (SELECT 1 FROM mg_alias WHERE version_id = ?1);

-- name: version_delete
DELETE FROM mg_version WHERE version_id = ?1 AND state = 'purged';

-- name: version_is_leased
SELECT EXISTS (SELECT 1 FROM mg_lease WHERE version_id = ?1 AND until > ?2);

-- name: version_count_of_run
SELECT EXISTS (SELECT 1 FROM mg_version WHERE run_id = ?1);
