/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_parsing.c - Example protos, CSV, raw bytes.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_parsing[] = {
	{ "DecodeCSV", "records: string, record_defaults: OUT_TYPE -> output: OUT_TYPE",
	  "OUT_TYPE: list({float, double, int32, int64, string}) >= 1; field_delim: string = ','; "
	    "use_quote_delim: bool = true; na_value: string = ''; select_cols: list(int) = []",
	  0, mg_shape_fn_decode_csv, .tier = 1 },
	{ "DecodeCompressed", "bytes: string -> output: string",
	  "compression_type: string = ''", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "DecodeJSONExample", "json_examples: string -> binary_examples: string",
	  "", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "DecodePaddedRaw", "input_bytes: string, fixed_length: int32 -> output: out_type",
	  "out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64}; little_endian: "
	    "bool = true", 0, mg_shape_fn_decode_raw, .tier = 2 },
	{ "DecodeProtoV2", "bytes: string -> sizes: int32, values: output_types",
	  "message_type: string; field_names: list(string); output_types: list(type) >= 0; "
	    "descriptor_source: string = 'local://'; message_format: string = 'binary'; sanitize: bool = "
	    "false", 0, NULL, .tier = 3 },
	{ "DecodeRaw", "bytes: string -> output: out_type",
	  "out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, complex64, "
	    "complex128, bool}; little_endian: bool = true", 0, mg_shape_fn_decode_raw, .tier = 1 },
	{ "EncodeProto", "sizes: int32, values: Tinput_types -> bytes: string",
	  "field_names: list(string); message_type: string; descriptor_source: string = 'local://'; "
	    "Tinput_types: list(type) >= 1", 0, NULL, .tier = 3 },
	{ "ParseExample",
	  "serialized: string, names: string, sparse_keys: Nsparse * string, dense_keys: Ndense * "
	    "string, dense_defaults: Tdense -> sparse_indices: Nsparse * int64, sparse_values: "
	    "sparse_types, sparse_shapes: Nsparse * int64, dense_values: Tdense",
	  "Nsparse: int >= 0; Ndense: int >= 0; sparse_types: list({float, int64, string}) >= 0; "
	    "Tdense: list({float, int64, string}) >= 0; dense_shapes: list(shape) >= 0",
	  0, mg_shape_fn_parse_example, .tier = 1 },
	{ "ParseExampleV2",
	  "serialized: string, names: string, sparse_keys: string, dense_keys: string, ragged_keys: "
	    "string, dense_defaults: Tdense -> sparse_indices: num_sparse * int64, sparse_values: "
	    "sparse_types, sparse_shapes: num_sparse * int64, dense_values: Tdense, ragged_values: "
	    "ragged_value_types, ragged_row_splits: ragged_split_types",
	  "Tdense: list({float, int64, string}) >= 0; num_sparse: int >= 0; sparse_types: list({float, "
	    "int64, string}) >= 0; ragged_value_types: list({float, int64, string}) >= 0; "
	    "ragged_split_types: list({int32, int64}) >= 0; dense_shapes: list(shape) >= 0", 0, NULL, .tier = 3 },
	{ "ParseSequenceExample",
	  "serialized: string, debug_name: string, context_dense_defaults: Tcontext_dense -> "
	    "context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: "
	    "context_sparse_types, context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: "
	    "Tcontext_dense, feature_list_sparse_indices: Nfeature_list_sparse * int64, "
	    "feature_list_sparse_values: feature_list_sparse_types, feature_list_sparse_shapes: "
	    "Nfeature_list_sparse * int64, feature_list_dense_values: feature_list_dense_types, "
	    "feature_list_dense_lengths: Nfeature_list_dense * int64",
	  "feature_list_dense_missing_assumed_empty: list(string) >= 0; context_sparse_keys: "
	    "list(string) >= 0; context_dense_keys: list(string) >= 0; feature_list_sparse_keys: "
	    "list(string) >= 0; feature_list_dense_keys: list(string) >= 0; Ncontext_sparse: int >= 0 = "
	    "0; Ncontext_dense: int >= 0 = 0; Nfeature_list_sparse: int >= 0 = 0; Nfeature_list_dense: "
	    "int >= 0 = 0; context_sparse_types: list({float, int64, string}) >= 0 = []; Tcontext_dense: "
	    "list({float, int64, string}) >= 0 = []; feature_list_dense_types: list({float, int64, "
	    "string}) >= 0 = []; context_dense_shapes: list(shape) >= 0 = []; feature_list_sparse_types: "
	    "list({float, int64, string}) >= 0 = []; feature_list_dense_shapes: list(shape) >= 0 = []",
	  0, NULL, .tier = 2 },
	{ "ParseSequenceExampleV2",
	  "serialized: string, debug_name: string, context_sparse_keys: string, context_dense_keys: "
	    "string, context_ragged_keys: string, feature_list_sparse_keys: string, "
	    "feature_list_dense_keys: string, feature_list_ragged_keys: string, "
	    "feature_list_dense_missing_assumed_empty: bool, context_dense_defaults: Tcontext_dense -> "
	    "context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: "
	    "context_sparse_types, context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: "
	    "Tcontext_dense, context_ragged_values: context_ragged_value_types, "
	    "context_ragged_row_splits: context_ragged_split_types, feature_list_sparse_indices: "
	    "Nfeature_list_sparse * int64, feature_list_sparse_values: feature_list_sparse_types, "
	    "feature_list_sparse_shapes: Nfeature_list_sparse * int64, feature_list_dense_values: "
	    "feature_list_dense_types, feature_list_dense_lengths: Nfeature_list_dense * int64, "
	    "feature_list_ragged_values: feature_list_ragged_value_types, "
	    "feature_list_ragged_outer_splits: feature_list_ragged_split_types, "
	    "feature_list_ragged_inner_splits: feature_list_ragged_split_types",
	  "Ncontext_sparse: int >= 0 = 0; Tcontext_dense: list({float, int64, string}) >= 0 = []; "
	    "context_sparse_types: list({float, int64, string}) >= 0 = []; context_ragged_value_types: "
	    "list({float, int64, string}) >= 0 = []; context_ragged_split_types: list({int32, int64}) >= "
	    "0 = []; context_dense_shapes: list(shape) >= 0 = []; Nfeature_list_sparse: int >= 0 = 0; "
	    "Nfeature_list_dense: int >= 0 = 0; feature_list_dense_types: list({float, int64, string}) >= "
	    "0 = []; feature_list_sparse_types: list({float, int64, string}) >= 0 = []; "
	    "feature_list_ragged_value_types: list({float, int64, string}) >= 0 = []; "
	    "feature_list_ragged_split_types: list({int32, int64}) >= 0 = []; feature_list_dense_shapes: "
	    "list(shape) >= 0 = []", 0, NULL, .tier = 3 },
	{ "ParseSingleExample",
	  "serialized: string, dense_defaults: Tdense -> sparse_indices: num_sparse * int64, "
	    "sparse_values: sparse_types, sparse_shapes: num_sparse * int64, dense_values: Tdense",
	  "num_sparse: int >= 0; sparse_keys: list(string) >= 0; dense_keys: list(string) >= 0; "
	    "sparse_types: list({float, int64, string}) >= 0; Tdense: list({float, int64, string}) >= 0; "
	    "dense_shapes: list(shape) >= 0", 0, mg_shape_fn_parse_single_example, .tier = 1 },
	{ "ParseSingleSequenceExample",
	  "serialized: string, feature_list_dense_missing_assumed_empty: string, context_sparse_keys: "
	    "Ncontext_sparse * string, context_dense_keys: Ncontext_dense * string, "
	    "feature_list_sparse_keys: Nfeature_list_sparse * string, feature_list_dense_keys: "
	    "Nfeature_list_dense * string, context_dense_defaults: Tcontext_dense, debug_name: string -> "
	    "context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: "
	    "context_sparse_types, context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: "
	    "Tcontext_dense, feature_list_sparse_indices: Nfeature_list_sparse * int64, "
	    "feature_list_sparse_values: feature_list_sparse_types, feature_list_sparse_shapes: "
	    "Nfeature_list_sparse * int64, feature_list_dense_values: feature_list_dense_types",
	  "Ncontext_sparse: int >= 0 = 0; Ncontext_dense: int >= 0 = 0; Nfeature_list_sparse: int >= 0 "
	    "= 0; Nfeature_list_dense: int >= 0 = 0; context_sparse_types: list({float, int64, string}) "
	    ">= 0 = []; Tcontext_dense: list({float, int64, string}) >= 0 = []; feature_list_dense_types: "
	    "list({float, int64, string}) >= 0 = []; context_dense_shapes: list(shape) >= 0 = []; "
	    "feature_list_sparse_types: list({float, int64, string}) >= 0 = []; "
	    "feature_list_dense_shapes: list(shape) >= 0 = []", 0, NULL, .tier = 2 },
	{ "ParseTensor", "serialized: string -> output: out_type", "out_type: type", 0, NULL, .tier = 2 },
	{ "SerializeTensor", "tensor: T -> serialized: string", "T: type", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "StringToNumber", "string_tensor: string -> output: out_type",
	  "out_type: {float, double, int32, int64} = float", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ .name = NULL }
};
