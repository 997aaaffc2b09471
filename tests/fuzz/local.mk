# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: built for libFuzzer with --enable-fuzzers, otherwise with a main() that replays the seeds in make check.
fuzz_programs = fuzz-wire fuzz-text fuzz-table fuzz-bundle fuzz-state fuzz-record fuzz-archive fuzz-event fuzz-arrays fuzz-import
fuzz_import_SOURCES = %D%/fuzz_import.c
fuzz_import_LDADD = libmgreg_core.la
fuzz_wire_SOURCES = %D%/fuzz_wire.c
fuzz_text_SOURCES = %D%/fuzz_text.c
fuzz_table_SOURCES = %D%/fuzz_table.c
fuzz_table_LDADD = libmgreg_core.la
fuzz_bundle_SOURCES = %D%/fuzz_bundle.c
fuzz_bundle_LDADD = libmgreg_core.la
fuzz_state_SOURCES = %D%/fuzz_state.c
fuzz_state_LDADD = libmgreg_core.la
fuzz_record_SOURCES = %D%/fuzz_record.c
fuzz_record_LDADD = libmgreg_core.la
fuzz_wire_LDADD = libmgreg_core.la
fuzz_text_LDADD = libmgreg_core.la
fuzz_archive_SOURCES = %D%/fuzz_archive.c
fuzz_archive_LDADD = libmgreg_core.la
fuzz_event_SOURCES = %D%/fuzz_event.c
fuzz_event_LDADD = libmgreg_core.la
fuzz_arrays_SOURCES = %D%/fuzz_arrays.c
fuzz_arrays_LDADD = libmgreg_core.la
if FUZZERS
noinst_PROGRAMS += $(fuzz_programs)
fuzz_import_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_wire_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_text_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_table_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_bundle_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_state_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_record_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_archive_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_event_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_arrays_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
check_PROGRAMS += $(fuzz_programs)
TESTS += %D%/t-seeds.sh
fuzz_import_SOURCES += %D%/driver.c
fuzz_wire_SOURCES += %D%/driver.c
fuzz_text_SOURCES += %D%/driver.c
fuzz_table_SOURCES += %D%/driver.c
fuzz_bundle_SOURCES += %D%/driver.c
fuzz_state_SOURCES += %D%/driver.c
fuzz_record_SOURCES += %D%/driver.c
fuzz_archive_SOURCES += %D%/driver.c
fuzz_event_SOURCES += %D%/driver.c
fuzz_arrays_SOURCES += %D%/driver.c
endif
EXTRA_DIST += %D%/t-seeds.sh %D%/seeds
