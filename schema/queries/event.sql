-- SPDX-License-Identifier: Apache-2.0
-- event.sql - what came from event files, and what goes into them.

-- name: input_size
SELECT size FROM mg_input WHERE run_id = ?1 AND role = ?2 AND name = ?3;

-- name: session_find
SELECT ordinal FROM mg_session WHERE uid = ?1 AND run_id = ?2;

-- name: session_insert_past
-- Of a process that is over: it left files behind.  It has no pid.
INSERT INTO mg_session (uid, run_id, ordinal, start_step, host, actor, started_at, heartbeat_at, ended_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7);

-- name: session_list
SELECT ordinal, start_step, started_at FROM mg_session WHERE run_id = ?1 ORDER BY ordinal;

-- name: event_there
SELECT 1 FROM mg_event WHERE run_id = ?1 AND tag = ?2 AND step = ?3 AND wall_time = ?4 AND session IS ?5 AND object_id = ?6;

-- name: event_list
-- In order of sessions, those without one last; within one as they came.
SELECT step, session, wall_time, tag, plugin, object_id FROM mg_event WHERE run_id = ?1 ORDER BY session IS NULL, session, event_id;

-- name: point_list
-- The same of metric points; one that is bound to a version and has no step takes the version's.
SELECT k.name, coalesce(x.step, v.global_step), x.value, x.wall_time, CASE WHEN x.version_id IS NULL THEN x.session END AS session, x.version_id
  FROM mg_metric x JOIN mg_series k USING (series_id) LEFT JOIN mg_version v USING (version_id)
 WHERE k.run_id = ?1 ORDER BY (x.session IS NULL OR x.version_id IS NOT NULL), session, x.metric_id;

-- name: series_last_step
SELECT max(step) FROM mg_metric WHERE series_id = ?1;

-- name: metagraph_in_run
SELECT v.version_id, o.object_id FROM mg_version v JOIN mg_version_metagraph x USING (version_id) JOIN mg_object o USING (object_id)
 WHERE v.run_id = ?1 AND o.size = ?2 ORDER BY v.version_id;

-- name: metagraph_newest
-- The newest version of a run, up to a version, that has a MetaGraph with bytes.
SELECT v.version_id FROM mg_version v JOIN mg_version_metagraph x USING (version_id)
 WHERE v.run_id = ?1 AND v.state <> 'purged' AND (?2 IS NULL OR v.version_id <= ?2) ORDER BY v.version_id DESC LIMIT 1;

-- name: metrics_list
-- What view metric_summary says of a model (?1) or a run (?2).
SELECT m.name, r.name, k.name, d.better, k.points, k.last_step, k.last_value, k.min_value, k.min_step, k.max_value, k.max_step
  FROM mg_series k JOIN mg_run r USING (run_id) JOIN mg_model m USING (model_id) LEFT JOIN mg_metric_direction d ON d.name = k.name
 WHERE (?1 IS NULL OR r.model_id = ?1) AND (?2 IS NULL OR k.run_id = ?2) AND k.points > 0 ORDER BY m.name, r.name, k.name;

-- name: metrics_of_version
WITH mine AS (SELECT x.metric_id, x.series_id, x.step, x.value FROM mg_metric x WHERE x.version_id = ?1)
SELECT m.name, r.name, k.name, d.better, count(*),
       (SELECT step FROM mine AS own WHERE own.series_id = k.series_id ORDER BY metric_id DESC LIMIT 1),
       (SELECT value FROM mine AS own WHERE own.series_id = k.series_id ORDER BY metric_id DESC LIMIT 1), min(point.value),
       (SELECT step FROM mine AS own WHERE own.series_id = k.series_id AND value IS NOT NULL ORDER BY value, metric_id LIMIT 1),
       max(point.value),
       (SELECT step FROM mine AS own WHERE own.series_id = k.series_id AND value IS NOT NULL ORDER BY value DESC, metric_id LIMIT 1)
  FROM mine AS point JOIN mg_series k USING (series_id) JOIN mg_run r USING (run_id) JOIN mg_model m USING (model_id)
  LEFT JOIN mg_metric_direction d ON d.name = k.name
 GROUP BY k.series_id ORDER BY k.name;

-- name: series_scope_list
-- Series of a model (?1) or a run (?2) with names like ?3.
SELECT m.name, r.name, k.name, k.series_id, k.run_id FROM mg_series k JOIN mg_run r USING (run_id) JOIN mg_model m USING (model_id)
 WHERE (?1 IS NULL OR r.model_id = ?1) AND (?2 IS NULL OR k.run_id = ?2) AND (?3 IS NULL OR k.name GLOB ?3)
 ORDER BY m.name, r.name, k.name;

-- name: series_points
-- Of a series (?1) of a run (?2); bound to a version (?3), or all that view metrics shows, or (?4) all there are.
SELECT x.step, x.value, x.wall_time, x.session, x.version_id FROM mg_metric x
 WHERE x.series_id = ?1 AND (?3 IS NULL OR x.version_id = ?3)
   AND (?4 OR x.session IS NULL OR NOT EXISTS (
        SELECT 1 FROM mg_session later WHERE later.run_id = ?2 AND later.ordinal > x.session AND later.start_step < x.step))
 ORDER BY x.step, x.metric_id;
