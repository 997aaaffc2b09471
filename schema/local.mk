# SPDX-License-Identifier: Apache-2.0
# The store's SQL, turned into C: named statements, migrations in order, and what sqlite_schema must hold.
SCHEMA_MIGRATIONS = \
	%D%/migrations/0001-initial.sql \
	%D%/migrations/0002-rewound.sql

SCHEMA_QUERIES = \
	%D%/queries/setting.sql \
	%D%/queries/object.sql \
	%D%/queries/model.sql \
	%D%/queries/run.sql \
	%D%/queries/version.sql \
	%D%/queries/latest.sql \
	%D%/queries/alias.sql \
	%D%/queries/label.sql \
	%D%/queries/lineage.sql \
	%D%/queries/metric.sql \
	%D%/queries/event.sql \
	%D%/queries/audit.sql \
	%D%/queries/derived.sql \
	%D%/queries/gc.sql \
	%D%/queries/compact.sql \
	%D%/queries/fsck.sql

SCHEMA_TEXT = %D%/schema.sql %D%/derived.sql %D%/views.sql
SCHEMA_FILES = $(SCHEMA_TEXT) %D%/pragmas.sql $(SCHEMA_MIGRATIONS) $(SCHEMA_QUERIES)
EXTRA_DIST += $(SCHEMA_FILES) %D%/embed.awk
dist_man_MANS += %D%/mgreg-schema.5
BUILT_SOURCES += %D%/sql.h
CLEANFILES += %D%/sql.h %D%/sql.c
nodist_libmgreg_core_la_SOURCES = %D%/sql.c

%D%/sql.h: $(SCHEMA_QUERIES) %D%/embed.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)s=$(top_srcdir); e="$(AWK) -f $$s/%D%/embed.awk"; { \
		echo 'enum mg_sql {'; \
		for q in $(SCHEMA_QUERIES); do $$e -v mode=names $$s/$$q || exit 1; done; \
		echo '	MG_SQL_COUNT,'; \
		set -- `$(AWK) '/^-- name: /{print toupper($$3)}' $$s/%D%/queries/fsck.sql`; \
		echo "	MG_SQL_FSCK_FIRST = MG_SQL_$$1,"; \
		shift `expr $$# - 1`; \
		echo "	MG_SQL_FSCK_LAST = MG_SQL_$$1"; \
		echo '};'; } > $@.tmp && mv $@.tmp $@

%D%/sql.c: $(SCHEMA_FILES) %D%/embed.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)s=$(top_srcdir); e="$(AWK) -f $$s/%D%/embed.awk"; { \
		echo '#include <stddef.h>'; \
		echo 'extern const char *const mg_sql_texts[]; const char *const mg_sql_texts[] = {'; \
		for q in $(SCHEMA_QUERIES); do $$e -v mode=texts $$s/$$q || exit 1; done; \
		echo '};'; \
		echo 'extern const char mg_sql_derived[]; const char mg_sql_derived[] ='; \
		$$e -v mode=script $$s/%D%/derived.sql || exit 1; echo ';'; \
		echo 'extern const char mg_sql_pragmas[]; const char mg_sql_pragmas[] ='; \
		$$e -v mode=script $$s/%D%/pragmas.sql || exit 1; echo ';'; \
		echo 'extern const char *const mg_sql_migrations[]; const char *const mg_sql_migrations[] = {'; \
		for q in $(SCHEMA_MIGRATIONS); do $$e -v mode=script $$s/$$q || exit 1; echo ','; done; \
		echo '};'; \
		echo 'extern const size_t mg_sql_migration_count;'; \
		echo 'const size_t mg_sql_migration_count = sizeof mg_sql_migrations / sizeof mg_sql_migrations[0];'; \
		echo 'struct mg_sql_object { const char *name, *text; };'; \
		echo 'extern const struct mg_sql_object mg_sql_objects[]; const struct mg_sql_object mg_sql_objects[] = {'; \
		(cd $$s && cat $(SCHEMA_TEXT)) | $$e -v mode=objects || exit 1; \
		echo '};'; \
		echo 'extern const size_t mg_sql_object_count;'; \
		echo 'const size_t mg_sql_object_count = sizeof mg_sql_objects / sizeof mg_sql_objects[0];'; \
	} > $@.tmp && mv $@.tmp $@

# A first build of the library alone needs the header before any dependency is known.
$(libmgreg_core_la_OBJECTS): | %D%/sql.h
