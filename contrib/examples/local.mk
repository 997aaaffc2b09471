# SPDX-License-Identifier: Apache-2.0
# Each program uses mgreg.h and libmgreg and nothing else.
example_programs = \
	example-export-graph \
	example-export-collections \
	example-save-every-1000 \
	example-import-and-continue \
	example-inference-to-training \
	example-clear-devices \
	example-default-graph \
	example-import-scope \
	example-proto-function \
	example-hparams \
	example-no-variables \
	example-custom-op
check_PROGRAMS += $(example_programs)
TESTS += $(example_programs)
noinst_HEADERS += %D%/example.h
example_cppflags = -I$(top_srcdir)/src
example_export_graph_SOURCES = %D%/export_graph.c
example_export_graph_CPPFLAGS = $(example_cppflags)
example_export_graph_LDADD = libmgreg.la -lm
example_export_collections_SOURCES = %D%/export_collections.c
example_export_collections_CPPFLAGS = $(example_cppflags)
example_export_collections_LDADD = libmgreg.la -lm
example_save_every_1000_SOURCES = %D%/save_every_1000.c
example_save_every_1000_CPPFLAGS = $(example_cppflags)
example_save_every_1000_LDADD = libmgreg.la -lm
example_import_and_continue_SOURCES = %D%/import_and_continue.c
example_import_and_continue_CPPFLAGS = $(example_cppflags)
example_import_and_continue_LDADD = libmgreg.la -lm
example_inference_to_training_SOURCES = %D%/inference_to_training.c
example_inference_to_training_CPPFLAGS = $(example_cppflags)
example_inference_to_training_LDADD = libmgreg.la -lm
example_clear_devices_SOURCES = %D%/clear_devices.c
example_clear_devices_CPPFLAGS = $(example_cppflags)
example_clear_devices_LDADD = libmgreg.la -lm
example_default_graph_SOURCES = %D%/default_graph.c
example_default_graph_CPPFLAGS = $(example_cppflags)
example_default_graph_LDADD = libmgreg.la -lm
example_import_scope_SOURCES = %D%/import_scope.c
example_import_scope_CPPFLAGS = $(example_cppflags)
example_import_scope_LDADD = libmgreg.la -lm
example_proto_function_SOURCES = %D%/proto_function.c
example_proto_function_CPPFLAGS = $(example_cppflags)
example_proto_function_LDADD = libmgreg.la -lm
example_hparams_SOURCES = %D%/hparams.c
example_hparams_CPPFLAGS = $(example_cppflags)
example_hparams_LDADD = libmgreg.la -lm
example_no_variables_SOURCES = %D%/no_variables.c
example_no_variables_CPPFLAGS = $(example_cppflags)
example_no_variables_LDADD = libmgreg.la -lm
example_custom_op_SOURCES = %D%/custom_op.c
example_custom_op_CPPFLAGS = $(example_cppflags)
example_custom_op_LDADD = libmgreg.la -lm
EXTRA_DIST += %D%/README %D%/main-job.sh %D%/iris.csv %D%/iris.pbtxt %D%/head.pbtxt
