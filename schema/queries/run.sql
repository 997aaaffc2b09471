-- SPDX-License-Identifier: Apache-2.0
-- run.sql - lines of training inside a model, and the processes that worked on them.

-- name: run_find
SELECT run_id FROM mg_run WHERE model_id = ?1 AND name = ?2;

-- name: run_names
SELECT name FROM mg_run WHERE model_id = ?1 ORDER BY name;

-- name: run_insert
INSERT INTO mg_run (uid, model_id, name, from_version_id, status, policy, env, started_at, ended_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CASE WHEN ?5 = 'imported' THEN ?8 END);

-- name: run_get
SELECT r.run_id, r.model_id, r.from_version_id, r.started_at, r.ended_at, r.uid, m.name, r.name, r.status
  FROM mg_run r JOIN mg_model m USING (model_id) WHERE r.run_id = ?1;

-- name: run_list
SELECT r.run_id FROM mg_run r JOIN mg_model m USING (model_id)
 WHERE ?1 IS NULL OR m.model_id = ?1 ORDER BY m.name, r.run_id;

-- name: run_counts
SELECT (SELECT count(*) FROM mg_session WHERE run_id = ?1),
       (SELECT count(*) FROM mg_version WHERE run_id = ?1 AND state = 'live'),
       (SELECT max(global_step) FROM mg_version WHERE run_id = ?1 AND state = 'live' AND global_step IS NOT NULL);

-- name: run_rename
UPDATE mg_run SET name = ?2 WHERE run_id = ?1;

-- name: run_set_status
UPDATE mg_run SET status = ?2, ended_at = CASE WHEN ?2 = 'open' THEN NULL ELSE ?3 END WHERE run_id = ?1;

-- name: run_policy
SELECT policy FROM mg_run WHERE run_id = ?1;

-- name: run_saver_state
SELECT saver_state FROM mg_run WHERE run_id = ?1;

-- name: run_env
SELECT env FROM mg_run WHERE run_id = ?1;

-- name: run_set_policy
UPDATE mg_run SET policy = ?2 WHERE run_id = ?1;

-- name: run_set_saver_state
UPDATE mg_run SET saver_state = ?2 WHERE run_id = ?1;

-- name: run_set_env
UPDATE mg_run SET env = ?2 WHERE run_id = ?1;

-- name: session_next
SELECT coalesce(max(ordinal), 0) + 1 FROM mg_session WHERE run_id = ?1;

-- name: session_insert
INSERT INTO mg_session (uid, run_id, ordinal, restored_version_id, start_step, host, pid, actor, started_at, heartbeat_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9);

-- name: session_beat
UPDATE mg_session SET heartbeat_at = ?2 WHERE session_id = ?1;

-- name: session_end
UPDATE mg_session SET ended_at = ?2, heartbeat_at = ?2 WHERE session_id = ?1;

-- name: run_newest
-- The words of index mg_version_latest_run; runs of graphs alone have nothing to compare with.
SELECT version_id FROM mg_version
 WHERE run_id = ?1 AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights')
 ORDER BY version_id DESC LIMIT 1;
