-- SPDX-License-Identifier: Apache-2.0
-- audit.sql - the append-only log.

-- name: audit_last
SELECT audit_id, chain FROM mg_audit ORDER BY audit_id DESC LIMIT 1;

-- name: audit_insert
INSERT INTO mg_audit (at, actor, host, op, subject, detail, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: audit_list
SELECT audit_id, at, actor, host, op, subject, detail, chain FROM mg_audit ORDER BY audit_id;

-- name: audit_last_id
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'mg_audit'), 0);

-- name: audit_since_list
-- Subjects are MODEL, MODEL/RUN, MODEL:ALIAS, MODEL@vNO.  ?1 an exact subject, ?2 a model with all that belongs to it, ?3 a run's
-- name as MODEL/RUN with its id ?4; all NULL: everything.
SELECT audit_id, at, actor, host, op, subject, detail FROM mg_audit
 WHERE audit_id > ?6 AND at >= ?5
   AND (coalesce(?1, ?2, ?3) IS NULL OR subject IN (?1, ?2, ?3)
        OR (?2 IS NOT NULL AND (subject BETWEEN ?2 || '/' AND ?2 || '0' OR subject BETWEEN ?2 || ':' AND ?2 || ';'
                                OR subject BETWEEN ?2 || '@' AND ?2 || 'A'))
        OR (?4 IS NOT NULL AND subject IN (SELECT m.name || '@v' || v.no FROM mg_version v JOIN mg_model m USING (model_id)
                                            WHERE v.run_id = ?4)))
 ORDER BY audit_id;
