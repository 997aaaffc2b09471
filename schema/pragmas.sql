-- SPDX-License-Identifier: Apache-2.0
-- A new file's properties.  They take effect only before the first table exists; journal_mode follows the setting
-- `journal`.  What every connection needs (foreign_keys, recursive_triggers, ...) is set in store/db.c.
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 0x4D475247;
