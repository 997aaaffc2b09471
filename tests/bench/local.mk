# SPDX-License-Identifier: Apache-2.0
# Benchmarks: `make bench' builds and runs them.  They print ratios and never fail by time.
EXTRA_PROGRAMS += tests/bench/pairs tests/bench/bench_io tests/bench/bench_formats tests/bench/bench_mlp tests/bench/make_versions \
	tests/bench/bench_metagraph
EXTRA_DIST += %D%/bench-latest.sh %D%/bench-list.sh %D%/torch_mlp.py
noinst_HEADERS += %D%/bench.h
tests_bench_pairs_SOURCES = %D%/pairs.c
tests_bench_bench_io_SOURCES = %D%/bench_io.c
tests_bench_bench_io_LDADD = libmgreg_core.la
tests_bench_bench_formats_SOURCES = %D%/bench_formats.c
tests_bench_bench_formats_LDADD = libmgreg_core.la $(LINKED_LIBS)
tests_bench_bench_metagraph_SOURCES = %D%/bench_metagraph.c
tests_bench_bench_metagraph_LDADD = libmgreg_core.la $(LINKED_LIBS)
tests_bench_bench_mlp_SOURCES = %D%/bench_mlp.c
tests_bench_bench_mlp_LDADD = libmgreg_core.la
tests_bench_make_versions_SOURCES = %D%/make_versions.c
tests_bench_make_versions_LDADD = libmgreg_core.la
CLEANFILES += $(EXTRA_PROGRAMS)

bench: all tests/bench/pairs tests/bench/bench_io tests/bench/bench_formats tests/bench/bench_metagraph tests/bench/bench_mlp tests/bench/make_versions
	PYTHON3='$(PYTHON3)' BENCH_TORCH='$(abs_srcdir)/tests/bench/torch_mlp.py' tests/bench/bench_mlp
	cd tests/bench && ./bench_formats
	cd tests/bench && ./bench_metagraph 15000 9
	cd tests/bench && ./bench_io 10 && ./bench_io 1000
	MGREG_BUILD='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/bench-latest.sh 1000
	MGREG_BUILD='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/bench-list.sh 1000000 1000000
.PHONY: bench
