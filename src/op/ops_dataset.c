/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_dataset.c - data sets and iterators.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_dataset[] = {
	{ "AnonymousIterator", "-> handle: resource",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "AnonymousIteratorV2", "-> handle: resource, deleter: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "AnonymousMemoryCache", "-> handle: resource, deleter: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "AnonymousMultiDeviceIterator", "-> handle: resource, deleter: variant",
	  "devices: list(string) >= 1; output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "AnonymousRandomSeedGenerator",
	  "seed: int64, seed2: int64 -> handle: resource, deleter: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "AnonymousSeedGenerator",
	  "seed: int64, seed2: int64, reshuffle: bool -> handle: resource, deleter: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BatchDataset", "input_dataset: variant, batch_size: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "BatchDatasetV2",
	  "input_dataset: variant, batch_size: int64, drop_remainder: bool -> handle: variant",
	  "parallel_copy: bool = false; output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  0, mg_shape_fn_scalar, .tier = 2 },
	{ "CacheDataset", "input_dataset: variant, filename: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "CacheDatasetV2",
	  "input_dataset: variant, filename: string, cache: resource -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ConcatenateDataset", "input_dataset: variant, another_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "DatasetToGraph", "input_dataset: variant -> graph: string",
	  "stateful_whitelist: list(string) >= 0 = []", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "DatasetToGraphV2", "input_dataset: variant -> graph: string",
	  "external_state_policy: int = 0; strip_device_assignment: bool = false", 0, NULL, .tier = 3 },
	{ "DatasetToSingleElement", "dataset: variant -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 3 },
	{ "DeleteIterator", "handle: resource, deleter: variant ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "DeleteMemoryCache", "handle: resource, deleter: variant ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "DeleteMultiDeviceIterator",
	  "multi_device_iterator: resource, iterators: N * resource, deleter: variant ->",
	  "N: int >= 0", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "DeleteRandomSeedGenerator", "handle: resource, deleter: variant ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "DeleteSeedGenerator", "handle: resource, deleter: variant ->", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "DeserializeIterator", "resource_handle: resource, serialized: variant ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "DummyMemoryCache", "-> handle: resource", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "DummySeedGenerator", "-> handle: resource", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalFunctionBufferingResource",
	  "string_arg: string, target_device: string -> resource: resource",
	  "shared_name: string; container: string; f: func; buffer_size: int; output_types: list(type)",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalFunctionBufferingResourceGetNext",
	  "function_buffer_resource: resource -> output: output_types",
	  "output_types: list(type) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalFunctionBufferingResourceReset", "function_buffer_resource: resource ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "FilterByLastComponentDataset", "input_dataset: variant -> output: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "FilterDataset", "input_dataset: variant, other_arguments: Targuments -> handle: variant",
	  "predicate: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "FinalizeDataset", "input_dataset: variant -> handle: variant",
	  "has_captured_ref: bool = false; output_types: list(type) >= 1; output_shapes: list(shape) >= "
	    "1", 0, NULL, .tier = 3 },
	{ "FixedLengthRecordDataset",
	  "filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, "
	    "buffer_size: int64 -> handle: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "FixedLengthRecordDatasetV2",
	  "filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, "
	    "buffer_size: int64, compression_type: string -> handle: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "FlatMapDataset", "input_dataset: variant, other_arguments: Targuments -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "GeneratorDataset",
	  "init_func_other_args: Tinit_func_args, next_func_other_args: Tnext_func_args, "
	    "finalize_func_other_args: Tfinalize_func_args -> handle: variant",
	  "init_func: func; next_func: func; finalize_func: func; Tinit_func_args: list(type) >= 0; "
	    "Tnext_func_args: list(type) >= 0; Tfinalize_func_args: list(type) >= 0; output_types: "
	    "list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "GetOptions", "input_dataset: variant -> serialized_options: string", "", 0, NULL, .tier = 3 },
	{ "InterleaveDataset",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64 -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "Iterator", "-> handle: resource",
	  "shared_name: string; container: string; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "IteratorFromStringHandle", "string_handle: string -> resource_handle: resource",
	  "output_types: list(type) >= 0 = []; output_shapes: list(shape) >= 0 = []",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "IteratorFromStringHandleV2", "string_handle: string -> resource_handle: resource",
	  "output_types: list(type) >= 0 = []; output_shapes: list(shape) >= 0 = []",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "IteratorGetNext", "iterator: resource -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 2 },
	{ "IteratorGetNextAsOptional", "iterator: resource -> optional: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "IteratorGetNextSync", "iterator: resource -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 3 },
	{ "IteratorToStringHandle", "resource_handle: resource -> string_handle: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "IteratorV2", "-> handle: resource",
	  "shared_name: string; container: string; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "MakeIterator", "dataset: variant, iterator: resource ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "MapDataset", "input_dataset: variant, other_arguments: Targuments -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; use_inter_op_parallelism: bool = true; preserve_cardinality: bool = false",
	  0, mg_shape_fn_scalar, .tier = 2 },
	{ "MapDefun", "arguments: Targuments, captured_inputs: Tcaptured -> output: output_types",
	  "Targuments: list(type) >= 1; Tcaptured: list(type) >= 0 = []; output_types: list(type) >= 1; "
	    "output_shapes: list(shape) >= 1; f: func; max_intra_op_parallelism: int = 1", 0, NULL, .tier = 2 },
	{ "ModelDataset", "input_dataset: variant -> handle: variant",
	  "algorithm: int = 0; cpu_budget: int = 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "MultiDeviceIterator", "-> handle: resource",
	  "devices: list(string) >= 1; shared_name: string; container: string; output_types: list(type) "
	    ">= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "MultiDeviceIteratorFromStringHandle",
	  "string_handle: string -> multi_device_iterator: resource",
	  "output_types: list(type) >= 0 = []; output_shapes: list(shape) >= 0 = []",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "MultiDeviceIteratorGetNextFromShard",
	  "multi_device_iterator: resource, shard_num: int32, incarnation_id: int64 -> components: "
	    "output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 3 },
	{ "MultiDeviceIteratorInit",
	  "dataset: variant, multi_device_iterator: resource, max_buffer_size: int64 -> incarnation_id: "
	    "int64",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "MultiDeviceIteratorToStringHandle",
	  "multi_device_iterator: resource -> string_handle: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "OneShotIterator", "-> handle: resource",
	  "dataset_factory: func; output_types: list(type) >= 1; output_shapes: list(shape) >= 1; "
	    "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "OptimizeDataset", "input_dataset: variant, optimizations: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; optimization_configs: "
	    "list(string) = []", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "OptimizeDatasetV2",
	  "input_dataset: variant, optimizations_enabled: string, optimizations_disabled: string, "
	    "optimizations_default: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; optimization_configs: "
	    "list(string) = []", 0, NULL, .tier = 3 },
	{ "OptionalFromValue", "components: Toutput_types -> optional: variant",
	  "Toutput_types: list(type) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "OptionalGetValue", "optional: variant -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  0, mg_shape_fn_output_shapes, .tier = 3 },
	{ "OptionalHasValue", "optional: variant -> has_value: bool", "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "OptionalNone", "-> optional: variant", "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "OptionsDataset", "input_dataset: variant -> handle: variant",
	  "serialized_options: string; address_list: list(string) = []; thread_list: list(int) = []; "
	    "target_threadpool_size: int = -1; output_types: list(type) >= 1; output_shapes: list(shape) "
	    ">= 1; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "PaddedBatchDataset",
	  "input_dataset: variant, batch_size: int64, padded_shapes: N * int64, padding_values: "
	    "Toutput_types -> handle: variant",
	  "Toutput_types: list(type) >= 1; output_shapes: list(shape) >= 1; N: int >= 1",
	  0, mg_shape_fn_scalar, .tier = 2 },
	{ "PaddedBatchDatasetV2",
	  "input_dataset: variant, batch_size: int64, padded_shapes: N * int64, padding_values: "
	    "Toutput_types, drop_remainder: bool -> handle: variant",
	  "parallel_copy: bool = false; Toutput_types: list(type) >= 1; output_shapes: list(shape) >= "
	    "1; N: int >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "ParallelBatchDataset",
	  "input_dataset: variant, batch_size: int64, num_parallel_calls: int64, drop_remainder: bool "
	    "-> handle: variant",
	  "parallel_copy: bool = false; output_types: list(type) >= 1; output_shapes: list(shape) >= 1; "
	    "deterministic: string = 'default'; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "ParallelInterleaveDatasetV2",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64, num_parallel_calls: int64 -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; sloppy: bool = false", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ParallelInterleaveDatasetV3",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64, num_parallel_calls: int64 -> handle: variant",
	  "f: func; deterministic: string = 'default'; Targuments: list(type) >= 0; output_types: "
	    "list(type) >= 1; output_shapes: list(shape) >= 1; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "ParallelInterleaveDatasetV4",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64, buffer_output_elements: int64, prefetch_input_elements: int64, num_parallel_calls: "
	    "int64 -> handle: variant",
	  "f: func; deterministic: string = 'default'; Targuments: list(type) >= 0; output_types: "
	    "list(type) >= 1; output_shapes: list(shape) >= 1; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "ParallelMapDataset",
	  "input_dataset: variant, other_arguments: Targuments, num_parallel_calls: int32 -> handle: "
	    "variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; use_inter_op_parallelism: bool = true; sloppy: bool = false; "
	    "preserve_cardinality: bool = false", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "ParallelMapDatasetV2",
	  "input_dataset: variant, other_arguments: Targuments, num_parallel_calls: int64 -> handle: "
	    "variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; use_inter_op_parallelism: bool = true; deterministic: string = 'default'; "
	    "preserve_cardinality: bool = false; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "PrefetchDataset", "input_dataset: variant, buffer_size: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; slack_period: int = 0; "
	    "legacy_autotune: bool = true", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "RangeDataset", "start: int64, stop: int64, step: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "ReduceDataset",
	  "input_dataset: variant, initial_state: Tstate, other_arguments: Targuments -> components: "
	    "output_types",
	  "f: func; Tstate: list(type) >= 1; Targuments: list(type) >= 0; output_types: list(type) >= "
	    "1; output_shapes: list(shape) >= 1; use_inter_op_parallelism: bool = true",
	  MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 3 },
	{ "RepeatDataset", "input_dataset: variant, count: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "SerializeIterator", "resource_handle: resource -> serialized: variant",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ShardDataset", "input_dataset: variant, num_shards: int64, index: int64 -> handle: variant",
	  "require_non_empty: bool = false; output_types: list(type) >= 1; output_shapes: list(shape) "
	    ">= 1", 0, NULL, .tier = 3 },
	{ "ShuffleAndRepeatDataset",
	  "input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, count: int64 -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "ShuffleAndRepeatDatasetV2",
	  "input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, count: int64, "
	    "seed_generator: resource -> handle: variant",
	  "reshuffle_each_iteration: bool = true; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; metadata: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ShuffleDataset",
	  "input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64 -> handle: variant",
	  "reshuffle_each_iteration: bool = true; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "ShuffleDatasetV2",
	  "input_dataset: variant, buffer_size: int64, seed_generator: resource -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ShuffleDatasetV3",
	  "input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, seed_generator: "
	    "resource -> handle: variant",
	  "reshuffle_each_iteration: bool = true; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; metadata: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "SkipDataset", "input_dataset: variant, count: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "SparseTensorSliceDataset",
	  "indices: int64, values: Tvalues, dense_shape: int64 -> handle: variant",
	  "Tvalues: type", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "TFRecordDataset",
	  "filenames: string, compression_type: string, buffer_size: int64 -> handle: variant",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "TakeDataset", "input_dataset: variant, count: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 2 },
	{ "TensorDataset", "components: Toutput_types -> handle: variant",
	  "Toutput_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "TensorSliceDataset", "components: Toutput_types -> handle: variant",
	  "Toutput_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "TextLineDataset",
	  "filenames: string, compression_type: string, buffer_size: int64 -> handle: variant",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "UnwrapDatasetVariant", "input_handle: variant -> output_handle: variant",
	  "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "WindowDataset",
	  "input_dataset: variant, size: int64, shift: int64, stride: int64, drop_remainder: bool -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "WindowOp", "inputs: Tinputs -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; Tinputs: list(type) >= 1",
	  0, NULL, .tier = 3 },
	{ "WrapDatasetVariant", "input_handle: variant -> output_handle: variant",
	  "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ZipDataset", "input_datasets: N * variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; N: int >= 1",
	  0, mg_shape_fn_scalar, .tier = 2 },
	{ .name = NULL }
};
