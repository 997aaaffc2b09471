-- SPDX-License-Identifier: Apache-2.0
-- A new file's properties, after its page size (16384 unless asked otherwise).  journal_mode follows the setting `journal`.
-- What every connection needs (foreign_keys, recursive_triggers, ...) is set in store/db.c.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 0x4D475247;
