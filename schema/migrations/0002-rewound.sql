-- SPDX-License-Identifier: Apache-2.0
--
-- 0002-rewound.sql - what a training recorded when it saved is a point of its curve as well as of the version: when the run is
-- rewound, view metrics hides it like the points beside it.  What was recorded of a version later has no session and stays.
--
DROP VIEW metrics;
CREATE VIEW metrics AS
SELECT * FROM metrics_all x WHERE x.session IS NULL OR NOT EXISTS (
  SELECT 1 FROM mg_session later WHERE later.run_id = x.run_id AND later.ordinal > x.session AND later.start_step < x.step);
UPDATE mg_series SET (points, last_step, last_value, min_value, min_step, max_value, max_step) = (
  WITH shown AS (
    SELECT x.metric_id, x.step, x.value FROM mg_metric x WHERE x.series_id = mg_series.series_id AND (x.session IS NULL
       OR NOT EXISTS (SELECT 1 FROM mg_session later WHERE later.run_id = mg_series.run_id
                        AND later.ordinal > x.session AND later.start_step < x.step)))
  SELECT (SELECT count(*) FROM shown),
         (SELECT step FROM shown ORDER BY step DESC, metric_id DESC LIMIT 1),
         (SELECT value FROM shown ORDER BY step DESC, metric_id DESC LIMIT 1),
         (SELECT min(value) FROM shown),
         (SELECT step FROM shown WHERE value IS NOT NULL ORDER BY value, metric_id LIMIT 1),
         (SELECT max(value) FROM shown),
         (SELECT step FROM shown WHERE value IS NOT NULL ORDER BY value DESC, metric_id LIMIT 1));
PRAGMA user_version = 2;
