-- SPDX-License-Identifier: Apache-2.0
-- fsck.sql - one query for each invariant that constraints cannot hold; every row is a problem, its one column says which.

-- name: fsck_list_starts
SELECT 'object ' || object_id || ' has bytes but no list' FROM mg_object o
 WHERE present = 1 AND size > 0 AND NOT EXISTS (SELECT 1 FROM mg_object_chunk x WHERE x.object_id = o.object_id AND x.at = 0);

-- name: fsck_list_gaps
SELECT 'the list of object ' || object_id || ' has a gap or an overlap at byte ' || at FROM (
  SELECT object_id, at, lag(at + len, 1, 0) OVER (PARTITION BY object_id ORDER BY at) AS due FROM mg_object_chunk)
 WHERE at <> due;

-- name: fsck_list_sum
SELECT 'the list of object ' || o.object_id || ' has ' || coalesce(sum(x.len), 0) || ' bytes, its size is ' || o.size
  FROM mg_object o LEFT JOIN mg_object_chunk x USING (object_id)
 WHERE o.present = 1 GROUP BY o.object_id HAVING coalesce(sum(x.len), 0) <> o.size;

-- name: fsck_part_in_chunk
SELECT 'object ' || x.object_id || ' uses bytes beyond the end of chunk ' || x.chunk_id
  FROM mg_object_chunk x JOIN mg_chunk c USING (chunk_id) WHERE x.skip + x.len > c.size;

-- name: fsck_chunk_data
SELECT 'chunk ' || c.chunk_id || ' has no bytes' FROM mg_chunk c
 WHERE c.segment_id IS NULL AND NOT EXISTS (SELECT 1 FROM mg_chunk_data d WHERE d.chunk_id = c.chunk_id);

-- name: fsck_chunk_stored
SELECT 'chunk ' || c.chunk_id || ' has ' || length(d.data) || ' bytes stored, its row says ' || c.stored
  FROM mg_chunk c JOIN mg_chunk_data d USING (chunk_id) WHERE length(d.data) <> c.stored OR (c.codec = 0 AND c.stored <> c.size);

-- name: fsck_chunk_depth
SELECT 'chunk ' || c.chunk_id || ' has depth ' || c.depth || ', its base ' || b.depth
  FROM mg_chunk c JOIN mg_chunk b ON b.chunk_id = c.base_id WHERE c.depth <> b.depth + 1;

-- name: fsck_version_bytes
SELECT 'version ' || n.version_id || ' (' || m.name || '@v' || v.no || ') lacks the bytes of object ' || n.object_id
  FROM mg_needed n JOIN mg_object o USING (object_id) JOIN mg_version v USING (version_id) JOIN mg_model m USING (model_id)
 WHERE o.present = 0;

-- name: fsck_weights_there
SELECT 'version ' || v.version_id || ' has tensors but no digest of its weights' FROM mg_version v
 WHERE v.weights IS NULL AND EXISTS (SELECT 1 FROM mg_version_tensor t WHERE t.version_id = v.version_id);

-- name: fsck_run_of_model
SELECT 'version ' || v.version_id || ' is in a run of another model' FROM mg_version v JOIN mg_run r USING (run_id)
 WHERE r.model_id <> v.model_id;

-- name: fsck_next_no
SELECT 'model ' || m.name || ' would use number ' || m.next_no || ' again' FROM mg_model m
 WHERE m.next_no <= (SELECT max(no) FROM mg_version v WHERE v.model_id = m.model_id);

-- name: fsck_replaced_by
SELECT 'version ' || v.version_id || ' is replaced by an older one' FROM mg_version v WHERE v.replaced_by <= v.version_id;

-- name: fsck_alias_state
SELECT 'alias ' || a.name || ' names a version that is ' || v.state FROM mg_alias a JOIN mg_version v USING (version_id)
 WHERE v.state NOT IN ('live', 'replaced') OR v.model_id <> a.model_id;

-- name: fsck_session_order
SELECT 'version ' || v.version_id || ' belongs to a session of another run' FROM mg_version v JOIN mg_session s USING (session_id)
 WHERE s.run_id <> v.run_id;

-- name: fsck_json_version
SELECT 'version ' || version_id || ' has hyper-parameters or resume data that are not JSON' FROM mg_version
 WHERE (given_hparams IS NOT NULL AND NOT json_valid(given_hparams)) OR (resume IS NOT NULL AND NOT json_valid(resume));

-- name: fsck_json_run
SELECT 'run ' || run_id || ' has a document that is not JSON' FROM mg_run
 WHERE NOT json_valid(policy) OR NOT json_valid(saver_state) OR NOT json_valid(env);

-- name: fsck_json_hparams
SELECT 'hyper-parameter set ' || hparam_set_id || ' is not JSON' FROM mg_hparam_set WHERE NOT json_valid(doc);

-- name: fsck_json_shape
SELECT 'tensor ' || tensor_id || ' has a shape that is not JSON' FROM mg_tensor WHERE NOT json_valid(shape);

-- name: fsck_series_points
SELECT 'series ' || k.series_id || ' (' || k.name || ') counts ' || k.points || ' points and has ' || n FROM mg_series k
  JOIN (SELECT s.series_id AS id, count(x.metric_id) AS n FROM mg_series s LEFT JOIN mg_metric x ON x.series_id = s.series_id
          AND (x.session IS NULL OR NOT EXISTS (SELECT 1 FROM mg_session later
               WHERE later.run_id = s.run_id AND later.ordinal > x.session AND later.start_step < x.step))
         GROUP BY s.series_id) ON id = k.series_id
 WHERE k.points <> n;

-- name: fsck_graph_nodes
SELECT 'graph ' || g.graph_id || ' counts ' || g.node_count || ' nodes and has ' || count(n.node_no) FROM mg_graph g
  LEFT JOIN mg_node n USING (graph_id) GROUP BY g.graph_id HAVING count(n.node_no) > g.node_count;
