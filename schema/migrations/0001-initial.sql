-- SPDX-License-Identifier: Apache-2.0
-- 0001-initial.sql - the first schema.  Never edited again: a change is a new file.
-- 0. the store itself --------------------------------------------------
CREATE TABLE mg_store (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- 1. bytes: segments, chunks, objects, saves in progress ---------------
CREATE TABLE mg_segment (
  segment_id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, size INTEGER NOT NULL CHECK (size >= 0),
  state TEXT NOT NULL CHECK (state IN ('writing', 'sealed', 'doomed')), added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE mg_chunk (
  chunk_id    INTEGER PRIMARY KEY,
  sha256      BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),        -- identity, over the raw bytes
  xxh3        BLOB NOT NULL CHECK (length(xxh3) = 16),                 -- over the raw bytes, checked at every load
  size        INTEGER NOT NULL CHECK (size BETWEEN 1 AND 1048576),     -- raw bytes
  stored      INTEGER NOT NULL CHECK (stored > 0),                     -- bytes as encoded
  codec       INTEGER NOT NULL DEFAULT 0 CHECK (codec >= 0),           -- 0 raw, 1 zstd, 2 shuffle + zstd, 3 delta + shuffle + zstd
  width       INTEGER NOT NULL DEFAULT 1 CHECK (width IN (1, 2, 4, 8, 16)),
  base_id     INTEGER REFERENCES mg_chunk,
  depth       INTEGER NOT NULL DEFAULT 0 CHECK (depth BETWEEN 0 AND 8),
  segment_id  INTEGER REFERENCES mg_segment,                           -- NULL: inline, in mg_chunk_data
  at          INTEGER CHECK (at >= 0),                                 -- offset in the segment's file
  added_at    INTEGER NOT NULL,
  CHECK (codec <> 3 OR base_id IS NOT NULL), CHECK ((depth > 0) = (base_id IS NOT NULL)),
  CHECK (base_id <> chunk_id), CHECK ((segment_id IS NULL) = (at IS NULL))
) STRICT;
CREATE INDEX mg_chunk_by_base ON mg_chunk (base_id) WHERE base_id IS NOT NULL;
CREATE INDEX mg_chunk_by_segment ON mg_chunk (segment_id, at, stored) WHERE segment_id IS NOT NULL;

CREATE TABLE mg_chunk_data (
  chunk_id INTEGER PRIMARY KEY REFERENCES mg_chunk ON DELETE CASCADE, data BLOB NOT NULL
) STRICT;

CREATE TABLE mg_object (
  object_id INTEGER PRIMARY KEY, digest BLOB NOT NULL CHECK (length(digest) = 32),
  size INTEGER NOT NULL CHECK (size >= 0), present INTEGER NOT NULL DEFAULT 1 CHECK (present IN (0, 1)),
  UNIQUE (digest, size)
) STRICT;

CREATE TABLE mg_object_chunk (
  object_id INTEGER NOT NULL REFERENCES mg_object ON DELETE CASCADE, at INTEGER NOT NULL CHECK (at >= 0),
  chunk_id INTEGER NOT NULL REFERENCES mg_chunk, skip INTEGER NOT NULL DEFAULT 0 CHECK (skip >= 0),
  len INTEGER NOT NULL CHECK (len > 0), PRIMARY KEY (object_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_object_chunk_by_chunk ON mg_object_chunk (chunk_id);

CREATE TABLE mg_save (
  save_uid TEXT PRIMARY KEY, host TEXT, pid INTEGER, actor TEXT, started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mg_claim (
  save_uid TEXT NOT NULL REFERENCES mg_save ON DELETE CASCADE, chunk_id INTEGER NOT NULL REFERENCES mg_chunk,
  PRIMARY KEY (save_uid, chunk_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_claim_by_chunk ON mg_claim (chunk_id);

-- 2. models, runs, sessions -------------------------------------------
CREATE TABLE mg_model (
  model_id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE CHECK (name GLOB '[A-Za-z0-9_]*' AND name NOT GLOB '*[^A-Za-z0-9_.+-]*' AND name <> 'uid'),
  next_no INTEGER NOT NULL DEFAULT 1, description TEXT, policy TEXT NOT NULL DEFAULT '{}', created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE mg_run (
  run_id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, model_id INTEGER NOT NULL REFERENCES mg_model,
  name TEXT NOT NULL CHECK (name GLOB '[A-Za-z0-9_]*' AND name NOT GLOB '*[^A-Za-z0-9_.+-]*' AND name <> 'uid'),
  from_version_id INTEGER REFERENCES mg_version DEFERRABLE INITIALLY DEFERRED,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'failed', 'killed', 'imported')),
  policy TEXT NOT NULL DEFAULT '{}', saver_state TEXT NOT NULL DEFAULT '{}', env TEXT NOT NULL DEFAULT '{}',
  started_at INTEGER NOT NULL, ended_at INTEGER, UNIQUE (model_id, name)
) STRICT;
CREATE INDEX mg_run_by_origin ON mg_run (from_version_id) WHERE from_version_id IS NOT NULL;

CREATE TABLE mg_session (
  session_id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
  run_id INTEGER NOT NULL REFERENCES mg_run ON DELETE CASCADE, ordinal INTEGER NOT NULL,
  restored_version_id INTEGER REFERENCES mg_version DEFERRABLE INITIALLY DEFERRED,
  start_step INTEGER, host TEXT, pid INTEGER, actor TEXT, started_at INTEGER NOT NULL, heartbeat_at INTEGER,
  ended_at INTEGER, UNIQUE (run_id, ordinal)
) STRICT;
CREATE INDEX mg_session_by_restored ON mg_session (restored_version_id) WHERE restored_version_id IS NOT NULL;

-- 3. versions, their MetaGraphs, tensors and files ---------------------
CREATE TABLE mg_version (
  version_id  INTEGER PRIMARY KEY AUTOINCREMENT,                       -- commit order
  uid         TEXT NOT NULL UNIQUE,                                    -- the save's uid
  model_id    INTEGER NOT NULL REFERENCES mg_model,
  no          INTEGER NOT NULL,
  run_id      INTEGER NOT NULL REFERENCES mg_run,
  session_id  INTEGER REFERENCES mg_session,
  global_step INTEGER CHECK (global_step >= 0),
  kind        TEXT NOT NULL DEFAULT 'checkpoint' CHECK (kind IN ('checkpoint', 'weights', 'saved_model', 'frozen', 'metagraph')),
  weights     BLOB CHECK (length(weights) = 32),
  moves_latest INTEGER NOT NULL DEFAULT 1 CHECK (moves_latest IN (0, 1)),
  pinned      INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
  state       TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'replaced', 'expired', 'purged')),
  state_at    INTEGER NOT NULL,
  replaced_by INTEGER REFERENCES mg_version DEFERRABLE INITIALLY DEFERRED,
  saved_at    INTEGER NOT NULL,                                        -- by the saver's clock; never decides an order
  added_at    INTEGER NOT NULL,
  added_bytes INTEGER NOT NULL DEFAULT 0,
  given_hparams TEXT, resume TEXT, note TEXT,                          -- JSON, JSON, text
  UNIQUE (model_id, no),
  CHECK (state <> 'live' OR replaced_by IS NULL), CHECK (state <> 'replaced' OR replaced_by IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX mg_version_one_live_per_step
  ON mg_version (run_id, global_step, kind) WHERE state = 'live' AND global_step IS NOT NULL;
CREATE INDEX mg_version_latest_run ON mg_version (run_id, moves_latest, version_id)
  WHERE state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights');
CREATE INDEX mg_version_latest_model ON mg_version (model_id, moves_latest, version_id)
  WHERE state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights');
CREATE INDEX mg_version_by_step ON mg_version (model_id, global_step, version_id);
CREATE INDEX mg_version_by_run ON mg_version (run_id, version_id);
CREATE INDEX mg_version_by_session ON mg_version (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX mg_version_by_successor ON mg_version (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX mg_version_to_purge ON mg_version (state_at) WHERE state IN ('replaced', 'expired');

CREATE TABLE mg_version_metagraph (
  version_id INTEGER NOT NULL REFERENCES mg_version ON DELETE CASCADE, idx INTEGER NOT NULL CHECK (idx >= 0),
  object_id INTEGER NOT NULL REFERENCES mg_object, PRIMARY KEY (version_id, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_version_metagraph_by_object ON mg_version_metagraph (object_id);

CREATE TABLE mg_tensor (
  tensor_id INTEGER PRIMARY KEY, dtype TEXT NOT NULL, shape TEXT NOT NULL,
  elements INTEGER NOT NULL CHECK (elements >= 0), object_id INTEGER NOT NULL REFERENCES mg_object, min REAL,
  max REAL, mean REAL, std REAL, l2 REAL, zeros INTEGER, nans INTEGER, infs INTEGER, UNIQUE (object_id, dtype, shape)
) STRICT;

CREATE TABLE mg_version_tensor (
  version_id INTEGER NOT NULL REFERENCES mg_version ON DELETE CASCADE, name TEXT NOT NULL,
  slice TEXT NOT NULL DEFAULT '', tensor_id INTEGER NOT NULL REFERENCES mg_tensor, full_shape TEXT,
  PRIMARY KEY (version_id, name, slice), CHECK ((slice = '') = (full_shape IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_version_tensor_by_tensor ON mg_version_tensor (tensor_id);

CREATE TABLE mg_file (
  version_id INTEGER NOT NULL REFERENCES mg_version ON DELETE CASCADE, path TEXT NOT NULL,
  object_id INTEGER NOT NULL REFERENCES mg_object, PRIMARY KEY (version_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_file_by_object ON mg_file (object_id);

-- 4. metrics and events ------------------------------------------------
CREATE TABLE mg_metric_direction (
  name TEXT PRIMARY KEY, better TEXT NOT NULL CHECK (better IN ('lower', 'higher'))
) STRICT, WITHOUT ROWID;
CREATE TABLE mg_series (
  series_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES mg_run ON DELETE CASCADE, name TEXT NOT NULL,
  points INTEGER NOT NULL DEFAULT 0, last_step INTEGER, last_value REAL, min_value REAL, min_step INTEGER,
  max_value REAL, max_step INTEGER, UNIQUE (run_id, name)
) STRICT;
CREATE TABLE mg_metric (
  metric_id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL REFERENCES mg_series ON DELETE CASCADE, step INTEGER,
  session INTEGER, version_id INTEGER REFERENCES mg_version, value REAL,
  is_nan INTEGER NOT NULL DEFAULT 0 CHECK (is_nan IN (0, 1)), wall_time INTEGER NOT NULL,
  CHECK ((value IS NULL) = (is_nan = 1)), CHECK (step IS NOT NULL OR version_id IS NOT NULL)
) STRICT;
CREATE INDEX mg_metric_curve ON mg_metric (series_id, step);
CREATE INDEX mg_metric_of_version ON mg_metric (version_id, series_id) WHERE version_id IS NOT NULL;
CREATE TABLE mg_event (
  event_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES mg_run ON DELETE CASCADE, step INTEGER NOT NULL,
  session INTEGER, wall_time INTEGER NOT NULL, tag TEXT NOT NULL, plugin TEXT NOT NULL DEFAULT '',
  object_id INTEGER NOT NULL REFERENCES mg_object
) STRICT;
CREATE INDEX mg_event_by_tag ON mg_event (run_id, tag, step);
CREATE INDEX mg_event_by_object ON mg_event (object_id);

-- 5. names, labels, lineage, leases, audit -----------------------------
CREATE TABLE mg_alias (
  model_id INTEGER NOT NULL REFERENCES mg_model ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name GLOB '[A-Za-z0-9_]*' AND name NOT GLOB '*[^A-Za-z0-9_.+-]*'
    AND name NOT IN ('latest', 'best', 'first', 'max-step')),
  version_id INTEGER NOT NULL REFERENCES mg_version, protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
  PRIMARY KEY (model_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_alias_by_version ON mg_alias (version_id);
CREATE TABLE mg_alias_log (
  log_id INTEGER PRIMARY KEY AUTOINCREMENT, model_id INTEGER NOT NULL, name TEXT NOT NULL, version_id INTEGER,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX mg_alias_log_by_name ON mg_alias_log (model_id, name, log_id);
CREATE TABLE mg_tag (
  tag_id INTEGER PRIMARY KEY, model_id INTEGER REFERENCES mg_model ON DELETE CASCADE,
  run_id INTEGER REFERENCES mg_run ON DELETE CASCADE, version_id INTEGER REFERENCES mg_version ON DELETE CASCADE,
  key TEXT NOT NULL, value TEXT NOT NULL DEFAULT '',
  CHECK ((model_id IS NOT NULL) + (run_id IS NOT NULL) + (version_id IS NOT NULL) = 1)
) STRICT;
CREATE UNIQUE INDEX mg_tag_model   ON mg_tag (model_id, key)   WHERE model_id IS NOT NULL;
CREATE UNIQUE INDEX mg_tag_run     ON mg_tag (run_id, key)     WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX mg_tag_version ON mg_tag (version_id, key) WHERE version_id IS NOT NULL;
CREATE INDEX mg_tag_by_key ON mg_tag (key, value);
CREATE TABLE mg_lineage (
  child_id INTEGER NOT NULL REFERENCES mg_version ON DELETE CASCADE, parent_id INTEGER NOT NULL REFERENCES mg_version,
  relation TEXT NOT NULL CHECK (relation IN ('continued', 'forked', 'extended', 'frozen', 'converted', 'merged', 'averaged', 'copied')),
  PRIMARY KEY (child_id, parent_id, relation), CHECK (child_id <> parent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_lineage_by_parent ON mg_lineage (parent_id);
CREATE TABLE mg_input (
  run_id INTEGER NOT NULL REFERENCES mg_run ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('data', 'code', 'config', 'events', 'other')),
  name TEXT NOT NULL, uri TEXT, size INTEGER, sha256 BLOB CHECK (length(sha256) = 32),
  object_id INTEGER REFERENCES mg_object, PRIMARY KEY (run_id, role, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX mg_input_by_object ON mg_input (object_id) WHERE object_id IS NOT NULL;
CREATE TABLE mg_lease (
  version_id INTEGER NOT NULL REFERENCES mg_version ON DELETE CASCADE, holder TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (version_id, holder)
) STRICT, WITHOUT ROWID;
CREATE TABLE mg_audit (
  audit_id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, host TEXT, op TEXT NOT NULL,
  subject TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '{}', chain BLOB
) STRICT;
CREATE INDEX mg_audit_by_subject ON mg_audit (subject, audit_id);

-- 6. index: dropped and rebuilt at will; nothing above refers to it ----
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

-- 7. what still needs which bytes, and the guards ----------------------
CREATE VIEW mg_needed AS
SELECT t.object_id, v.version_id FROM mg_tensor t JOIN mg_version_tensor x USING (tensor_id)
  JOIN mg_version v USING (version_id) WHERE v.state <> 'purged'
UNION ALL SELECT f.object_id, v.version_id FROM mg_file f JOIN mg_version v USING (version_id) WHERE v.state <> 'purged'
UNION ALL SELECT g.object_id, v.version_id FROM mg_version_metagraph g JOIN mg_version v USING (version_id)
  WHERE v.state <> 'purged' OR v.kind <> 'frozen'
UNION ALL SELECT object_id, NULL FROM mg_event
UNION ALL SELECT object_id, NULL FROM mg_input WHERE object_id IS NOT NULL;

CREATE TRIGGER mg_object_is_needed BEFORE UPDATE OF present ON mg_object
WHEN new.present = 0 AND EXISTS (SELECT 1 FROM mg_needed WHERE object_id = old.object_id)
BEGIN SELECT raise(ABORT, 'these bytes are still needed'); END;
CREATE TRIGGER mg_object_keeps_its_list BEFORE DELETE ON mg_object_chunk
WHEN (SELECT present FROM mg_object WHERE object_id = old.object_id) = 1 BEGIN SELECT raise(ABORT, 'these bytes are still needed'); END;
CREATE TRIGGER mg_object_is_immutable BEFORE UPDATE OF object_id, digest, size ON mg_object
BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;

CREATE TRIGGER mg_version_takes_number AFTER INSERT ON mg_version BEGIN
  UPDATE mg_model SET next_no = max(next_no, new.no + 1) WHERE model_id = new.model_id;
END;
CREATE TRIGGER mg_version_run_matches_model BEFORE INSERT ON mg_version
WHEN (SELECT model_id FROM mg_run WHERE run_id = new.run_id) IS NOT new.model_id BEGIN SELECT raise(ABORT, 'run belongs to another model'); END;
CREATE TRIGGER mg_version_is_immutable BEFORE UPDATE OF version_id, uid, model_id, no, run_id, session_id,
  global_step, kind, weights, saved_at, added_at, added_bytes ON mg_version BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_version_facts_are_only_blanked BEFORE UPDATE OF given_hparams, resume ON mg_version
WHEN new.state <> 'purged' OR coalesce(new.given_hparams, old.given_hparams) IS NOT old.given_hparams
     OR coalesce(new.resume, old.resume) IS NOT old.resume BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_version_keep_named BEFORE UPDATE OF state ON mg_version
WHEN new.state IN ('expired', 'purged') AND (new.pinned = 1
     OR EXISTS (SELECT 1 FROM mg_alias WHERE version_id = old.version_id)
     OR EXISTS (SELECT 1 FROM mg_lease WHERE version_id = old.version_id
                AND until > CAST(strftime('%s', 'now') AS INTEGER) * 1000)) BEGIN SELECT raise(ABORT, 'version is pinned, aliased or leased'); END;
CREATE TRIGGER mg_version_keep_latest BEFORE UPDATE OF state ON mg_version
WHEN new.state IN ('expired', 'purged') AND old.state = 'live' AND new.moves_latest = 1
     AND old.version_id = (SELECT max(version_id) FROM mg_version WHERE run_id = old.run_id
       AND state = 'live' AND moves_latest = 1 AND kind IN ('checkpoint', 'weights'))
BEGIN SELECT raise(ABORT, 'version is the latest of its run'); END;
CREATE TRIGGER mg_version_delete_purged BEFORE DELETE ON mg_version WHEN old.state <> 'purged'
BEGIN SELECT raise(ABORT, 'only a purged version can be removed'); END;

CREATE TRIGGER mg_tensor_is_immutable BEFORE UPDATE OF tensor_id, dtype, shape, elements, object_id ON mg_tensor
BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_version_tensor_no_update BEFORE UPDATE ON mg_version_tensor BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_version_tensor_no_delete BEFORE DELETE ON mg_version_tensor
WHEN (SELECT state FROM mg_version WHERE version_id = old.version_id) <> 'purged'
BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_version_metagraph_no_update BEFORE UPDATE ON mg_version_metagraph
BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_version_metagraph_no_delete BEFORE DELETE ON mg_version_metagraph
WHEN (SELECT state FROM mg_version WHERE version_id = old.version_id) <> 'purged'
BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_file_no_update BEFORE UPDATE ON mg_file BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;
CREATE TRIGGER mg_file_no_delete BEFORE DELETE ON mg_file
WHEN (SELECT state FROM mg_version WHERE version_id = old.version_id) <> 'purged'
BEGIN SELECT raise(ABORT, 'a saved version cannot be altered'); END;

CREATE TRIGGER mg_alias_may_be_set BEFORE INSERT ON mg_alias
WHEN NOT EXISTS (SELECT 1 FROM mg_version WHERE version_id = new.version_id
                 AND model_id = new.model_id AND state IN ('live', 'replaced'))
BEGIN SELECT raise(ABORT, 'an alias names a live or replaced version of its own model'); END;
CREATE TRIGGER mg_alias_may_be_moved BEFORE UPDATE OF model_id, name, version_id ON mg_alias
WHEN new.model_id <> old.model_id OR new.name <> old.name
     OR NOT EXISTS (SELECT 1 FROM mg_version WHERE version_id = new.version_id
                    AND model_id = new.model_id AND state IN ('live', 'replaced'))
BEGIN SELECT raise(ABORT, 'an alias names a live or replaced version of its own model'); END;
CREATE TRIGGER mg_alias_added AFTER INSERT ON mg_alias BEGIN
  INSERT INTO mg_alias_log (model_id, name, version_id, at)
  VALUES (new.model_id, new.name, new.version_id, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
END;
CREATE TRIGGER mg_alias_moved AFTER UPDATE OF version_id ON mg_alias BEGIN
  INSERT INTO mg_alias_log (model_id, name, version_id, at)
  VALUES (new.model_id, new.name, new.version_id, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
END;
CREATE TRIGGER mg_alias_gone AFTER DELETE ON mg_alias BEGIN
  INSERT INTO mg_alias_log (model_id, name, version_id, at)
  VALUES (old.model_id, old.name, NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
END;
CREATE TRIGGER mg_audit_no_update BEFORE UPDATE ON mg_audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER mg_audit_no_delete BEFORE DELETE ON mg_audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- 8. public views ------------------------------------------------------
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
SELECT * FROM metrics_all x WHERE x.version_id IS NOT NULL OR x.session IS NULL OR NOT EXISTS (
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
INSERT INTO mg_store (key, value) VALUES ('min_reader', '1'), ('min_writer', '1');
PRAGMA user_version = 1;
