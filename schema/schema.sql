-- SPDX-License-Identifier: Apache-2.0
--
-- schema.sql - the content tables of a store, and the guards of its invariants.  Index tables are in derived.sql, the
-- public views in views.sql.  The text of all three is compared with the file at each open, white space collapsed.
--

-- 0. the store itself --------------------------------------------------
-- Settings of `mgreg config`, and: store_uid, min_reader, min_writer (schema numbers a program must know), writer (the
-- program version that made the file), created_at, last_fsck.  No row: the setting's default.
CREATE TABLE mg_store (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- 1. bytes: segments, chunks, objects, saves in progress ---------------
-- An object is any byte sequence: a tensor's value, a MetaGraph, a file.  It is a list of parts of chunks without gaps.  Its
-- digest is SHA-256 of its single leaf (1 MiB counted from its start) or, if it is longer, over the digests of its leaves.
-- A chunk is stored once under the SHA-256 of its raw bytes; xxh3 (over the raw bytes too) is checked at every load.  A save
-- claims every chunk it uses until its version is published; gc leaves claimed chunks alone.  mg_object.present is 0 once the
-- bytes were purged: digest and size stay.
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
-- Times are milliseconds since 1970 UTC, a uid is 32 random hex digits.  A session is one process at work on a run;
-- start_step says where it continued, and hides later points of older sessions from the view `metrics`.  NULL: nobody
-- said where it continues, nothing is hidden.  saver_state, policy, env: JSON.
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
-- version_id is the order of commits and decides what "latest" is; no clock and no step does.  state: live -> replaced (its
-- step was saved again) or expired (retention, rm) -> purged (bytes gone, the row and its facts stay).  global_step NULL: saved
-- without one.  weights: SHA-256 over names, slices, dtypes, shapes, sizes and digests of all tensors.  shape is JSON ("null":
-- unknown rank); statistics are over finite values and NULL where the type has none.  added_bytes: what the save added.
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
-- SQLite stores NaN as NULL, hence is_nan.  Summaries of a series are updated once per batch by the library.
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
-- mg_audit.chain is SHA-256 over the previous chain and the row; rows written by a plain sqlite3 have none.
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
