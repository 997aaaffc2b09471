-- SPDX-License-Identifier: Apache-2.0
-- audit.sql - the append-only log.

-- name: audit_last
SELECT audit_id, chain FROM mg_audit ORDER BY audit_id DESC LIMIT 1;

-- name: audit_insert
INSERT INTO mg_audit (at, actor, host, op, subject, detail, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: audit_list
SELECT audit_id, at, actor, host, op, subject, detail, chain FROM mg_audit ORDER BY audit_id;
