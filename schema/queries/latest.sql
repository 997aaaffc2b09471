-- SPDX-License-Identifier: Apache-2.0
-- latest.sql - which version a name means when no version is named.
--
-- "Newest" is the order of saving, not of steps: a run may have been rewound.  WHERE repeats the conditions of the partial
-- indexes word for word, otherwise they are not used.

-- name: version_latest
SELECT version_id FROM mg_version
 WHERE model_id = (SELECT model_id FROM mg_model WHERE name = ?1)
   AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights')
 ORDER BY version_id DESC LIMIT 1;

-- name: version_latest_run
SELECT version_id FROM mg_version
 WHERE run_id = ?1
   AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights')
 ORDER BY version_id DESC LIMIT 1;

-- name: version_before_model
SELECT version_id FROM mg_version
 WHERE model_id = ?1 AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights')
 ORDER BY version_id DESC LIMIT 1 OFFSET ?2;

-- name: version_before_run
SELECT version_id FROM mg_version
 WHERE run_id = ?1 AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights')
 ORDER BY version_id DESC LIMIT 1 OFFSET ?2;

-- name: version_newest_model
-- Any kind: only while there is no latest yet.
SELECT max(version_id) FROM mg_version WHERE model_id = ?1 AND state = 'live';

-- name: version_newest_run
SELECT max(version_id) FROM mg_version WHERE run_id = ?1 AND state = 'live';

-- name: version_max_step_model
SELECT version_id FROM mg_version
 WHERE model_id = ?1 AND state = 'live' AND kind IN ('checkpoint', 'weights') AND global_step IS NOT NULL
 ORDER BY global_step DESC, version_id DESC LIMIT 1;

-- name: version_max_step_run
SELECT version_id FROM mg_version
 WHERE run_id = ?1 AND state = 'live' AND kind IN ('checkpoint', 'weights') AND global_step IS NOT NULL
 ORDER BY global_step DESC, version_id DESC LIMIT 1;

-- name: version_first_model
SELECT min(version_id) FROM mg_version WHERE model_id = ?1 AND state = 'live' AND kind IN ('checkpoint', 'weights');

-- name: version_first_run
SELECT min(version_id) FROM mg_version WHERE run_id = ?1 AND state = 'live' AND kind IN ('checkpoint', 'weights');

-- name: version_at_step
-- One row for each run: within a run the kinds have an order.  run_id NULL: every run of the model.
SELECT version_id, run_id FROM (
  SELECT version_id, run_id, row_number() OVER (PARTITION BY run_id ORDER BY CASE kind WHEN 'checkpoint' THEN 0 WHEN 'weights' THEN 1
         WHEN 'saved_model' THEN 2 WHEN 'frozen' THEN 3 ELSE 4 END) AS rank
    FROM mg_version WHERE model_id = ?1 AND global_step = ?3 AND state = 'live' AND (?2 IS NULL OR run_id = ?2))
 WHERE rank = 1 ORDER BY version_id;

-- name: version_by_no
SELECT version_id FROM mg_version WHERE model_id = ?1 AND no = ?2;

-- name: version_by_alias
SELECT version_id FROM mg_alias WHERE model_id = ?1 AND name = ?2;

-- name: version_by_uid_prefix
SELECT version_id FROM mg_version WHERE uid >= ?1 AND uid < ?2 ORDER BY uid LIMIT 9;

-- name: version_in_range
SELECT version_id FROM mg_version
 WHERE model_id = ?1 AND state = 'live' AND (?2 IS NULL OR run_id = ?2) AND global_step BETWEEN ?3 AND ?4
 ORDER BY version_id;

-- name: version_all_live
SELECT version_id FROM mg_version WHERE model_id = ?1 AND state = 'live' AND (?2 IS NULL OR run_id = ?2) ORDER BY no;

-- name: best_direction
SELECT better FROM mg_metric_direction WHERE name = ?1;

-- name: best_known
SELECT count(*) FROM mg_series k JOIN mg_run r USING (run_id)
 WHERE r.model_id = ?1 AND (?2 IS NULL OR r.run_id = ?2) AND k.name = ?3;

-- name: version_best
-- A version's own points first; else the run's curve at its step.  The order of the sign decides what is better.
SELECT v.version_id FROM mg_version v JOIN mg_series k ON k.run_id = v.run_id AND k.name = ?3
  JOIN mg_metric x ON x.series_id = k.series_id AND (x.version_id = v.version_id
       OR (x.version_id IS NULL AND x.step = v.global_step
           AND (x.session IS NULL OR v.session_id IS NULL OR x.session = (SELECT ordinal FROM mg_session WHERE session_id = v.session_id))))
 WHERE v.model_id = ?1 AND (?2 IS NULL OR v.run_id = ?2) AND v.state = 'live' AND v.kind IN ('checkpoint', 'weights')
   AND x.value IS NOT NULL
 ORDER BY x.value * ?4 DESC, v.version_id DESC LIMIT 1;
