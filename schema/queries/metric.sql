-- SPDX-License-Identifier: Apache-2.0
-- metric.sql - points, series and their summaries.

-- name: series_find
SELECT series_id FROM mg_series WHERE run_id = ?1 AND name = ?2;

-- name: series_insert
INSERT INTO mg_series (run_id, name) VALUES (?1, ?2);

-- name: metric_there
SELECT 1 FROM mg_metric WHERE series_id = ?1 AND step IS ?2 AND wall_time = ?3 AND version_id IS ?4 AND session IS ?5
   AND value IS ?6;

-- name: metric_insert
INSERT INTO mg_metric (series_id, step, session, version_id, value, is_nan, wall_time)
VALUES (?1, ?2, ?3, ?4, ?5, ?5 IS NULL, ?6);

-- name: series_summarize
-- What view metrics shows of the series: rewinds applied, points without a step at the end.
UPDATE mg_series SET (points, last_step, last_value, min_value, min_step, max_value, max_step) = (
  WITH shown AS (
    SELECT x.metric_id, x.step, x.value FROM mg_metric x WHERE x.series_id = ?1 AND (x.session IS NULL
       OR NOT EXISTS (SELECT 1 FROM mg_session later WHERE later.run_id = (SELECT run_id FROM mg_series WHERE series_id = ?1)
                        AND later.ordinal > x.session AND later.start_step < x.step)))
  SELECT (SELECT count(*) FROM shown),
         (SELECT step FROM shown ORDER BY step DESC, metric_id DESC LIMIT 1),
         (SELECT value FROM shown ORDER BY step DESC, metric_id DESC LIMIT 1),
         (SELECT min(value) FROM shown),
         (SELECT step FROM shown WHERE value IS NOT NULL ORDER BY value, metric_id LIMIT 1),
         (SELECT max(value) FROM shown),
         (SELECT step FROM shown WHERE value IS NOT NULL ORDER BY value DESC, metric_id LIMIT 1))
 WHERE series_id = ?1;

-- name: series_advance
-- The same for points that are shown and new, without looking at the old ones: so many, the last, the least and the greatest of them.
UPDATE mg_series SET points = points + ?2,
  last_value = CASE WHEN last_step IS NULL OR ?3 >= last_step THEN ?4 ELSE last_value END,
  last_step = CASE WHEN last_step IS NULL OR ?3 >= last_step THEN ?3 ELSE last_step END,
  min_step = CASE WHEN min_value IS NULL OR ?5 < min_value THEN ?6 ELSE min_step END,
  min_value = CASE WHEN min_value IS NULL OR ?5 < min_value THEN ?5 ELSE min_value END,
  max_step = CASE WHEN max_value IS NULL OR ?7 > max_value THEN ?8 ELSE max_step END,
  max_value = CASE WHEN max_value IS NULL OR ?7 > max_value THEN ?7 ELSE max_value END
 WHERE series_id = ?1;

-- name: session_newest
SELECT coalesce(max(ordinal), 0) FROM mg_session WHERE run_id = ?1;

-- name: series_of_run
SELECT series_id FROM mg_series WHERE run_id = ?1;

-- name: series_list
SELECT series_id FROM mg_series ORDER BY series_id;

-- name: metric_list
SELECT k.name, x.step, x.value, x.wall_time, x.session, x.version_id FROM mg_metric x JOIN mg_series k USING (series_id)
 WHERE k.run_id = ?1 AND (?2 IS NULL OR k.name = ?2) ORDER BY k.name, x.step, x.metric_id;

-- name: metric_of_version
-- The last point recorded of the version itself, NaN as NULL with the flag.
SELECT x.value, x.is_nan FROM mg_series k JOIN mg_metric x ON x.series_id = k.series_id
 WHERE k.run_id = ?1 AND k.name = ?2 AND x.version_id = ?3 ORDER BY x.metric_id DESC LIMIT 1;

-- name: metric_at_step
-- The run's curve at a version's step: of the session that saved it, else the last point.
SELECT x.value, x.is_nan FROM mg_series k JOIN mg_metric x ON x.series_id = k.series_id
 WHERE k.run_id = ?1 AND k.name = ?2 AND x.step = ?3 AND x.version_id IS NULL
 ORDER BY x.session IS (SELECT ordinal FROM mg_session WHERE session_id = ?4) DESC, x.metric_id DESC LIMIT 1;

-- name: metric_of_version_list
SELECT k.name, x.step, x.value, x.is_nan, x.wall_time FROM mg_metric x JOIN mg_series k USING (series_id)
 WHERE x.version_id = ?1 ORDER BY x.metric_id;

-- name: direction_set
INSERT INTO mg_metric_direction (name, better) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET better = excluded.better;

-- name: event_insert
INSERT INTO mg_event (run_id, step, session, wall_time, tag, plugin, object_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
