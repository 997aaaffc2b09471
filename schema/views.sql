-- SPDX-License-Identifier: Apache-2.0
--
-- views.sql - the public views: the contract for people who write SQL.  A view keeps its columns for the life of a major
-- version; columns are only added, at the end.
--
CREATE VIEW models AS
SELECT m.model_id, m.name AS model, m.description,
       datetime(m.created_at / 1000, 'unixepoch') AS created,
       (SELECT count(*) FROM mg_run r WHERE r.model_id = m.model_id) AS runs,
       (SELECT count(*) FROM mg_version v WHERE v.model_id = m.model_id AND v.state = 'live') AS versions,
       m.policy
FROM mg_model m;
CREATE VIEW runs AS
SELECT r.run_id, m.name AS model, r.name AS run, r.status, r.from_version_id,
       datetime(r.started_at / 1000, 'unixepoch') AS started,
       datetime(r.ended_at / 1000, 'unixepoch') AS ended,
       (SELECT count(*) FROM mg_session s WHERE s.run_id = r.run_id) AS sessions,
       (SELECT max(v.global_step) FROM mg_version v WHERE v.run_id = r.run_id
          AND v.state = 'live' AND v.global_step IS NOT NULL) AS max_step,
       r.policy, r.env, r.model_id
FROM mg_run r JOIN mg_model m USING (model_id);
CREATE VIEW inputs AS
SELECT m.name AS model, r.name AS run, i.role, i.name AS input, i.uri, i.size AS bytes, lower(hex(i.sha256)) AS sha256, i.run_id
FROM mg_input i JOIN mg_run r USING (run_id) JOIN mg_model m USING (model_id);
CREATE VIEW versions AS
SELECT v.version_id, m.name AS model, v.no, r.name AS run, v.global_step, v.kind, v.state,
       v.pinned, datetime(v.saved_at / 1000, 'unixepoch') AS saved,
       lower(hex(v.weights)) AS weights, lower(hex(g.canon)) AS metagraph,
       g.graph_id, x.object_id AS metagraph_id, h.hparam_set_id, v.run_id, v.model_id, v.session_id,
       v.uid, v.note, v.moves_latest, v.replaced_by,
       datetime(v.state_at / 1000, 'unixepoch') AS state_since, v.given_hparams, v.resume,
       (SELECT group_concat(a.name, ',') FROM mg_alias a WHERE a.version_id = v.version_id) AS aliases
FROM mg_version v JOIN mg_model m USING (model_id) JOIN mg_run r ON r.run_id = v.run_id
LEFT JOIN mg_version_metagraph x ON x.version_id = v.version_id AND x.idx = 0
LEFT JOIN mg_metagraph g ON g.metagraph_id = x.object_id
LEFT JOIN mg_version_hparams h ON h.version_id = v.version_id;
CREATE VIEW latest_checkpoints AS
SELECT m.name AS model, r.name AS run, v.no, v.global_step, v.saved, v.version_id,
       v.version_id = (SELECT max(w.version_id) FROM mg_version w WHERE w.model_id = m.model_id
         AND w.state = 'live' AND w.moves_latest = 1 AND w.kind IN ('checkpoint', 'weights')) AS is_model_latest
FROM mg_model m JOIN mg_run r ON r.model_id = m.model_id
JOIN versions v ON v.version_id = (SELECT max(w.version_id) FROM mg_version w
  WHERE w.run_id = r.run_id AND w.state = 'live' AND w.moves_latest = 1 AND w.kind IN ('checkpoint', 'weights'));
CREATE VIEW metagraphs AS
SELECT v.model, v.run, v.no, v.global_step, x.idx AS metagraph_no, g.tags, lower(hex(g.canon)) AS metagraph,
       g.tensorflow_version, q.node_count AS nodes, o.size AS bytes, v.version_id, v.state,
       g.graph_id, x.object_id AS metagraph_id
FROM versions v JOIN mg_version_metagraph x ON x.version_id = v.version_id JOIN mg_object o USING (object_id)
JOIN mg_metagraph g ON g.metagraph_id = x.object_id JOIN mg_graph q ON q.graph_id = g.graph_id;
CREATE VIEW collections AS
SELECT v.model, v.run, v.no, v.global_step, c.name AS collection, c.idx, c.kind,
       c.node, c.int_value, c.real_value, c.bytes_value, c.type_url, c.summary, v.version_id, v.state, x.idx AS metagraph_no
FROM versions v JOIN mg_version_metagraph x ON x.version_id = v.version_id
JOIN mg_collection_item c ON c.metagraph_id = x.object_id;
CREATE VIEW signatures AS
SELECT v.model, v.run, v.no, v.global_step, s.name AS signature, s.side, s.key,
       s.tensor, s.dtype, s.shape, s.method, v.version_id, v.state, x.idx AS metagraph_no
FROM versions v JOIN mg_version_metagraph x ON x.version_id = v.version_id
JOIN mg_signature s ON s.metagraph_id = x.object_id;
CREATE VIEW graph_nodes AS
SELECT v.model, v.run, v.no, v.global_step, n.node_no, n.name AS node, n.op, n.device, n.inputs,
       lower(hex(n.attr_digest)) AS attrs, v.version_id, n.graph_id, x.idx AS metagraph_no
FROM versions v JOIN mg_version_metagraph x ON x.version_id = v.version_id
JOIN mg_metagraph g ON g.metagraph_id = x.object_id JOIN mg_node n ON n.graph_id = g.graph_id;
CREATE VIEW graph_edges AS
SELECT v.model, v.run, v.no, v.global_step, n.name AS node, e.idx, s.name AS source, e.src_slot AS slot,
       v.version_id, e.graph_id, x.idx AS metagraph_no
FROM versions v JOIN mg_version_metagraph x ON x.version_id = v.version_id
JOIN mg_metagraph g ON g.metagraph_id = x.object_id JOIN mg_edge e ON e.graph_id = g.graph_id
JOIN mg_node n ON n.graph_id = e.graph_id AND n.node_no = e.node_no
JOIN mg_node s ON s.graph_id = e.graph_id AND s.node_no = e.src_no;
CREATE VIEW hparams AS
SELECT v.model, v.run, v.no, v.global_step, h.name AS hparam, h.type,
       h.text_value AS value, h.num_value AS number, v.version_id, v.state
FROM versions v JOIN mg_hparam h ON h.hparam_set_id = v.hparam_set_id;
CREATE VIEW hparam_sets AS
SELECT hparam_set_id, doc AS hparams FROM mg_hparam_set;
CREATE VIEW tensors AS
SELECT v.model, v.run, v.no, v.global_step, t.name AS tensor, t.slice, d.dtype, d.shape, t.full_shape, d.elements,
       o.size AS bytes, d.min, d.max, d.mean, d.std, d.l2, d.zeros, d.nans, d.infs,
       lower(hex(o.digest)) AS digest, d.tensor_id, v.version_id, v.state
FROM versions v JOIN mg_version_tensor t ON t.version_id = v.version_id
JOIN mg_tensor d USING (tensor_id) JOIN mg_object o USING (object_id);
CREATE VIEW files AS
SELECT v.model, v.run, v.no, v.global_step, f.path, o.size AS bytes, lower(hex(o.digest)) AS digest, v.version_id, v.state
FROM versions v JOIN mg_file f ON f.version_id = v.version_id JOIN mg_object o USING (object_id);
CREATE VIEW metrics_all AS
SELECT m.name AS model, r.name AS run, k.name AS metric, x.step, x.value, x.is_nan,
       datetime(x.wall_time / 1000, 'unixepoch') AS wall_time, x.session, x.version_id, k.run_id, x.metric_id
FROM mg_metric x JOIN mg_series k USING (series_id) JOIN mg_run r ON r.run_id = k.run_id JOIN mg_model m USING (model_id);
CREATE VIEW metrics AS
SELECT * FROM metrics_all x WHERE x.session IS NULL OR NOT EXISTS (
  SELECT 1 FROM mg_session later WHERE later.run_id = x.run_id AND later.ordinal > x.session AND later.start_step < x.step);
CREATE VIEW metric_summary AS
SELECT m.name AS model, r.name AS run, k.name AS metric, d.better, k.points, k.last_step, k.last_value,
       k.min_value, k.min_step, k.max_value, k.max_step,
       CASE d.better WHEN 'higher' THEN k.max_value WHEN 'lower' THEN k.min_value END AS best_value,
       CASE d.better WHEN 'higher' THEN k.max_step WHEN 'lower' THEN k.min_step END AS best_step,
       k.run_id
FROM mg_series k JOIN mg_run r USING (run_id) JOIN mg_model m USING (model_id)
LEFT JOIN mg_metric_direction d ON d.name = k.name;
CREATE VIEW events AS
SELECT m.name AS model, r.name AS run, e.tag, e.plugin, e.step,
       datetime(e.wall_time / 1000, 'unixepoch') AS wall_time, o.size AS bytes, e.event_id
FROM mg_event e JOIN mg_run r USING (run_id) JOIN mg_model m USING (model_id) JOIN mg_object o USING (object_id);
CREATE VIEW aliases AS
SELECT m.name AS model, a.name AS alias, v.no, r.name AS run, v.global_step, a.protected, a.version_id, v.state
FROM mg_alias a JOIN mg_model m USING (model_id) JOIN mg_version v ON v.version_id = a.version_id
JOIN mg_run r ON r.run_id = v.run_id;
CREATE VIEW alias_history AS
SELECT m.name AS model, l.name AS alias, v.no, v.global_step, l.version_id,
       datetime(l.at / 1000, 'unixepoch') AS valid_from,
       datetime(lead(l.at) OVER (PARTITION BY l.model_id, l.name ORDER BY l.log_id) / 1000, 'unixepoch') AS valid_to,
       l.log_id
FROM mg_alias_log l JOIN mg_model m USING (model_id) LEFT JOIN mg_version v ON v.version_id = l.version_id;
CREATE VIEW tags AS
SELECT CASE WHEN t.model_id IS NOT NULL THEN 'model' WHEN t.run_id IS NOT NULL THEN 'run' ELSE 'version' END AS scope,
       m.name AS model, r.name AS run, v.no, t.key, t.value, t.version_id, t.run_id
FROM mg_tag t LEFT JOIN mg_version v ON v.version_id = t.version_id
LEFT JOIN mg_run r ON r.run_id = coalesce(t.run_id, v.run_id)
JOIN mg_model m ON m.model_id = coalesce(t.model_id, r.model_id);
CREATE VIEW lineage AS
SELECT c.model, c.run AS child_run, c.no AS child_no, c.global_step AS child_step, l.relation,
       p.model AS parent_model, p.run AS parent_run, p.no AS parent_no, p.global_step AS parent_step,
       l.child_id, l.parent_id
FROM mg_lineage l JOIN versions c ON c.version_id = l.child_id JOIN versions p ON p.version_id = l.parent_id;
CREATE VIEW storage AS
SELECT v.version_id, v.model, v.run, v.no, v.global_step, v.state,
       coalesce((SELECT sum(o.size) FROM mg_version_tensor t JOIN mg_tensor d USING (tensor_id) JOIN mg_object o USING (object_id)
                 WHERE t.version_id = v.version_id), 0)
     + coalesce((SELECT sum(o.size) FROM mg_version_metagraph x JOIN mg_object o USING (object_id)
                 WHERE x.version_id = v.version_id), 0) AS logical_bytes,
       w.added_bytes
FROM versions v JOIN mg_version w USING (version_id);
CREATE VIEW audit_log AS
SELECT audit_id, strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000, 'unixepoch') AS at, actor, host, op, subject, detail
FROM mg_audit;
