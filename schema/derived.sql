-- SPDX-License-Identifier: Apache-2.0
--
-- derived.sql - the index: drops and creates the tables that are derived from content alone.  Nothing in content refers to
-- them, so a smarter decoder needs no migration: `mgreg rebuild` runs this file and fills them again.
-- mg_edge.src_slot -1 is a control edge; mg_node.inputs are the NodeDef's, joined by one space; attr_digest covers all
-- attributes.  mg_hparam_set.doc is canonical JSON of what counts for a version.
--
DROP TABLE IF EXISTS mg_version_hparams;
DROP TABLE IF EXISTS mg_hparam;
DROP TABLE IF EXISTS mg_hparam_set;
DROP TABLE IF EXISTS mg_signature;
DROP TABLE IF EXISTS mg_collection_item;
DROP TABLE IF EXISTS mg_metagraph;
DROP TABLE IF EXISTS mg_edge;
DROP TABLE IF EXISTS mg_node;
DROP TABLE IF EXISTS mg_graph;

CREATE TABLE mg_graph (
  graph_id INTEGER PRIMARY KEY, canon BLOB NOT NULL UNIQUE CHECK (length(canon) = 32), producer INTEGER,
  min_consumer INTEGER, node_count INTEGER NOT NULL
) STRICT;
CREATE TABLE mg_node (
  graph_id INTEGER NOT NULL REFERENCES mg_graph ON DELETE CASCADE, node_no INTEGER NOT NULL, name TEXT NOT NULL,
  op TEXT NOT NULL, device TEXT NOT NULL DEFAULT '', inputs TEXT NOT NULL DEFAULT '', attr_digest BLOB NOT NULL,
  PRIMARY KEY (graph_id, node_no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX mg_node_by_name ON mg_node (graph_id, name);
CREATE INDEX mg_node_by_op ON mg_node (op, graph_id);
CREATE TABLE mg_edge (
  graph_id INTEGER NOT NULL, node_no INTEGER NOT NULL, idx INTEGER NOT NULL, src_no INTEGER NOT NULL,
  src_slot INTEGER NOT NULL, PRIMARY KEY (graph_id, node_no, idx),
  FOREIGN KEY (graph_id, node_no) REFERENCES mg_node (graph_id, node_no) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_edge_by_src ON mg_edge (graph_id, src_no);
CREATE TABLE mg_metagraph (
  metagraph_id INTEGER PRIMARY KEY REFERENCES mg_object, canon BLOB NOT NULL CHECK (length(canon) = 32),
  graph_id INTEGER NOT NULL REFERENCES mg_graph, meta_graph_version TEXT, tensorflow_version TEXT,
  tags TEXT NOT NULL DEFAULT '', saver BLOB
) STRICT;
CREATE INDEX mg_metagraph_by_canon ON mg_metagraph (canon);
CREATE INDEX mg_metagraph_by_graph ON mg_metagraph (graph_id);
CREATE TABLE mg_collection_item (
  metagraph_id INTEGER NOT NULL REFERENCES mg_metagraph ON DELETE CASCADE, name TEXT NOT NULL, idx INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('node', 'bytes', 'int64', 'float', 'any', 'empty')),
  node TEXT, int_value INTEGER, real_value REAL, bytes_value BLOB, type_url TEXT, summary TEXT,
  PRIMARY KEY (metagraph_id, name, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_collection_by_name ON mg_collection_item (name, metagraph_id);
CREATE TABLE mg_signature (
  metagraph_id INTEGER NOT NULL REFERENCES mg_metagraph ON DELETE CASCADE, name TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('input', 'output')), key TEXT NOT NULL, tensor TEXT NOT NULL, dtype TEXT,
  shape TEXT, method TEXT, PRIMARY KEY (metagraph_id, name, side, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE mg_hparam_set (hparam_set_id INTEGER PRIMARY KEY, doc TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE mg_hparam (
  hparam_set_id INTEGER NOT NULL REFERENCES mg_hparam_set ON DELETE CASCADE,
  name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('bool', 'int', 'float', 'string', 'list', 'null')),
  num_value REAL, text_value TEXT NOT NULL, PRIMARY KEY (hparam_set_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_hparam_by_name ON mg_hparam (name, num_value);
CREATE TABLE mg_version_hparams (
  version_id INTEGER PRIMARY KEY REFERENCES mg_version ON DELETE CASCADE,
  hparam_set_id INTEGER NOT NULL REFERENCES mg_hparam_set
) STRICT;
CREATE INDEX mg_version_hparams_by_set ON mg_version_hparams (hparam_set_id);
