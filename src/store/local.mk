# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += %D%/store.h %D%/store_internal.h \
	%D%/alias.c %D%/audit.c %D%/chunk.c %D%/codec.c %D%/db.c %D%/derived.c %D%/event.c %D%/foreign.c %D%/fsck.c %D%/gc.c %D%/info.c %D%/label.c \
	%D%/latest.c %D%/lineage.c %D%/manage.c %D%/metric.c %D%/migrate.c %D%/model.c %D%/object.c %D%/planes.h %D%/planes.c %D%/query.c %D%/ref.c %D%/run.c %D%/schema.c %D%/segment.c %D%/columns.def \
	%D%/setting.c %D%/staging.c %D%/stmt.c %D%/txn.c %D%/version.c
