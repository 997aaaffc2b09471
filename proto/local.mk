# SPDX-License-Identifier: Apache-2.0
# Messages; one line a file.  C sources are generated into the build tree.
PROTO_FILES = \
	%D%/any.proto \
	%D%/error_codes.proto \
	%D%/types.proto \
	%D%/tensor_shape.proto \
	%D%/resource_handle.proto \
	%D%/tensor.proto \
	%D%/tensor_slice.proto \
	%D%/attr_value.proto \
	%D%/node_def.proto \
	%D%/op_def.proto \
	%D%/function.proto \
	%D%/versions.proto \
	%D%/graph.proto \
	%D%/variable.proto \
	%D%/control_flow.proto \
	%D%/queue_runner.proto \
	%D%/saver.proto \
	%D%/meta_graph.proto \
	%D%/saved_model.proto \
	%D%/saved_slice.proto \
	%D%/tensor_bundle.proto \
	%D%/checkpoint_state.proto \
	%D%/object_graph.proto \
	%D%/event.proto \
	%D%/summary.proto \
	%D%/example.proto \
	%D%/config.proto \
	%D%/hparam.proto \
	%D%/debug_info.proto \
	%D%/session_bundle.proto

PROTO_C = $(PROTO_FILES:.proto=.pb-c.c)
PROTO_H = $(PROTO_FILES:.proto=.pb-c.h)
EXTRA_DIST += $(PROTO_FILES)
BUILT_SOURCES += $(PROTO_H)
CLEANFILES += $(PROTO_C) $(PROTO_H)

SUFFIXES += .proto .pb-c.c .pb-c.h
.proto.pb-c.c:
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(PROTOC_C) -I$(top_srcdir)/%D% -I$(PROTOBUF_C_INCLUDE) --c_out=%D% $<
# One run writes both; the header follows the source.
.pb-c.c.pb-c.h:
	@test -f $@ || { rm -f $<; $(MAKE) $(AM_MAKEFLAGS) $<; }; touch $@

# Generated code is not held to our warnings.
noinst_LTLIBRARIES += libmgreg_pb.la
libmgreg_pb_la_SOURCES =
nodist_libmgreg_pb_la_SOURCES = $(PROTO_C)
libmgreg_pb_la_CFLAGS = -fvisibility=hidden -w $(MG_SANITIZE)
