-- SPDX-License-Identifier: Apache-2.0
-- derived.sql - rows of the index tables.

-- name: graph_find
SELECT graph_id FROM mg_graph WHERE canon = ?1;

-- name: graph_insert
INSERT INTO mg_graph (canon, producer, min_consumer, node_count) VALUES (?1, ?2, ?3, ?4);

-- name: node_insert
-- A name that is there already is a broken graph: the first node keeps it.
INSERT OR IGNORE INTO mg_node (graph_id, node_no, name, op, device, inputs, attr_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: edge_insert
INSERT OR IGNORE INTO mg_edge (graph_id, node_no, idx, src_no, src_slot) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: metagraph_there
SELECT 1 FROM mg_metagraph WHERE metagraph_id = ?1;

-- name: metagraph_insert
INSERT INTO mg_metagraph (metagraph_id, canon, graph_id, meta_graph_version, tensorflow_version, tags, saver)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: item_insert
INSERT OR IGNORE INTO mg_collection_item (metagraph_id, name, idx, kind, node, int_value, real_value, bytes_value, type_url, summary)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: signature_insert
INSERT OR IGNORE INTO mg_signature (metagraph_id, name, side, key, tensor, dtype, shape, method)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: hparam_set_find
SELECT hparam_set_id FROM mg_hparam_set WHERE doc = ?1;

-- name: hparam_set_insert
INSERT INTO mg_hparam_set (doc) VALUES (?1);

-- name: hparam_insert
INSERT OR IGNORE INTO mg_hparam (hparam_set_id, name, type, num_value, text_value) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: version_hparams_set
INSERT INTO mg_version_hparams (version_id, hparam_set_id) VALUES (?1, ?2)
    ON CONFLICT (version_id) DO UPDATE SET hparam_set_id = excluded.hparam_set_id;

-- name: derived_source_list
-- What index rows come from: each MetaGraph of each version; object NULL: the version has given hyper-parameters and no MetaGraph
-- that could be read.
SELECT x.object_id, x.version_id, x.idx FROM mg_version_metagraph x JOIN mg_object o USING (object_id) WHERE o.present = 1
UNION ALL
SELECT NULL, v.version_id, 0 FROM mg_version v
 WHERE v.given_hparams IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM mg_version_metagraph x JOIN mg_object o USING (object_id)
                    WHERE x.version_id = v.version_id AND x.idx = 0 AND o.present = 1)
 ORDER BY 1, 2, 3;

-- name: tensor_source_list
SELECT t.tensor_id, t.object_id, t.dtype FROM mg_tensor t JOIN mg_object o USING (object_id) WHERE o.present = 1 ORDER BY t.tensor_id;

-- name: tensor_set_stats
UPDATE mg_tensor SET min = ?2, max = ?3, mean = ?4, std = ?5, l2 = ?6, zeros = ?7, nans = ?8, infs = ?9 WHERE tensor_id = ?1;
