/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_dataset_more.c - data sets of the experimental module.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_dataset_more[] = {
	{ "AssertCardinalityDataset", "input_dataset: variant, cardinality: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "AssertNextDataset", "input_dataset: variant, transformations: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "AutoShardDataset",
	  "input_dataset: variant, num_workers: int64, index: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "BytesProducedStatsDataset", "input_dataset: variant, tag: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "CSVDataset",
	  "filenames: string, compression_type: string, buffer_size: int64, header: bool, field_delim: "
	    "string, use_quote_delim: bool, na_value: string, select_cols: int64, record_defaults: "
	    "output_types -> handle: variant",
	  "output_types: list({float, double, int32, int64, string}) >= 1; output_shapes: list(shape) "
	    ">= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CSVDatasetV2",
	  "filenames: string, compression_type: string, buffer_size: int64, header: bool, field_delim: "
	    "string, use_quote_delim: bool, na_value: string, select_cols: int64, record_defaults: "
	    "output_types, exclude_cols: int64 -> handle: variant",
	  "output_types: list({float, double, int32, int64, string}) >= 1; output_shapes: list(shape) "
	    ">= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ChooseFastestBranchDataset",
	  "input_dataset: variant, ratio_numerator: int64, ratio_denominator: int64, other_arguments: "
	    "Targuments -> handle: variant",
	  "Targuments: list(type) >= 0; num_elements_per_branch: int >= 1; branches: list(func) >= 1; "
	    "other_arguments_lengths: list(int) >= 1; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ChooseFastestDataset", "input_datasets: N * variant -> handle: variant",
	  "N: int >= 2; num_experiments: int; output_types: list(type) >= 1; output_shapes: list(shape) "
	    ">= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "CompressElement", "components: input_types -> compressed: variant",
	  "input_types: list(type) >= 1", 0, NULL, .tier = 3 },
	{ "ComputeBatchSize", "input_dataset: variant -> batch_size: int64", "", 0, NULL, .tier = 3 },
	{ "DatasetCardinality", "input_dataset: variant -> cardinality: int64",
	  "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "DatasetFromGraph", "graph_def: string -> handle: variant", "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "DatasetToTFRecord", "input_dataset: variant, filename: string, compression_type: string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "DenseToSparseBatchDataset",
	  "input_dataset: variant, batch_size: int64, row_shape: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "DirectedInterleaveDataset",
	  "selector_input_dataset: variant, data_input_datasets: N * variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; N: int >= 1",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "EnqueueInQueueDataset", "queue: variant, components: Tcomponents ->",
	  "Tcomponents: list(type) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalAssertNextDataset",
	  "input_dataset: variant, transformations: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "ExperimentalAutoShardDataset",
	  "input_dataset: variant, num_workers: int64, index: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalBytesProducedStatsDataset",
	  "input_dataset: variant, tag: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "ExperimentalCSVDataset",
	  "filenames: string, compression_type: string, buffer_size: int64, header: bool, field_delim: "
	    "string, use_quote_delim: bool, na_value: string, select_cols: int64, record_defaults: "
	    "output_types -> handle: variant",
	  "output_types: list({float, double, int32, int64, string}) >= 1; output_shapes: list(shape) "
	    ">= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalChooseFastestDataset", "input_datasets: N * variant -> handle: variant",
	  "N: int >= 2; num_experiments: int; output_types: list(type) >= 1; output_shapes: list(shape) "
	    ">= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalDatasetCardinality", "input_dataset: variant -> cardinality: int64",
	  "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalDatasetToTFRecord",
	  "input_dataset: variant, filename: string, compression_type: string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "ExperimentalDenseToSparseBatchDataset",
	  "input_dataset: variant, batch_size: int64, row_shape: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "ExperimentalDirectedInterleaveDataset",
	  "selector_input_dataset: variant, data_input_datasets: N * variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; N: int >= 1",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalGroupByReducerDataset",
	  "input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
	    "init_func_other_arguments: Tinit_func_other_arguments, reduce_func_other_arguments: "
	    "Treduce_func_other_arguments, finalize_func_other_arguments: Tfinalize_func_other_arguments "
	    "-> handle: variant",
	  "key_func: func; init_func: func; reduce_func: func; finalize_func: func; "
	    "Tkey_func_other_arguments: list(type) >= 0; Tinit_func_other_arguments: list(type) >= 0; "
	    "Treduce_func_other_arguments: list(type) >= 0; Tfinalize_func_other_arguments: list(type) >= "
	    "0; output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalGroupByWindowDataset",
	  "input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
	    "reduce_func_other_arguments: Treduce_func_other_arguments, window_size_func_other_arguments: "
	    "Twindow_size_func_other_arguments -> handle: variant",
	  "key_func: func; reduce_func: func; window_size_func: func; Tkey_func_other_arguments: "
	    "list(type) >= 0; Treduce_func_other_arguments: list(type) >= 0; "
	    "Twindow_size_func_other_arguments: list(type) >= 0; output_types: list(type) >= 1; "
	    "output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalIdentityIndexedDataset", "size: uint64 -> handle: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalIgnoreErrorsDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalIndexedDatasetGet",
	  "materialized: resource, index: uint64 -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalIndexedDatasetMaterialize", "dataset: variant, materialized: resource ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalIteratorGetDevice", "resource: resource -> device: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalLMDBDataset", "filenames: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalLatencyStatsDataset", "input_dataset: variant, tag: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "ExperimentalMapAndBatchDataset",
	  "input_dataset: variant, other_arguments: Targuments, batch_size: int64, num_parallel_calls: "
	    "int64, drop_remainder: bool -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; preserve_cardinality: bool = false", 0, NULL, .tier = 3 },
	{ "ExperimentalMapDataset",
	  "input_dataset: variant, other_arguments: Targuments -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; use_inter_op_parallelism: bool = true; preserve_cardinality: bool = false",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalMatchingFilesDataset", "patterns: string -> handle: variant",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalMaterializedIndexDatasetHandle", "-> handle: resource",
	  "container: string; shared_name: string; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalMaxIntraOpParallelismDataset",
	  "input_dataset: variant, max_intra_op_parallelism: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalNonSerializableDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalNumaMapAndBatchDataset",
	  "input_dataset: variant, other_arguments: Targuments, batch_size: int64, num_parallel_calls: "
	    "int64, drop_remainder: bool -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; preserve_cardinality: bool = false", 0, NULL, .tier = 3 },
	{ "ExperimentalParallelInterleaveDataset",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64, sloppy: bool, buffer_output_elements: int64, prefetch_input_elements: int64 -> "
	    "handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalParseExampleDataset",
	  "input_dataset: variant, num_parallel_calls: int64, dense_defaults: Tdense -> handle: variant",
	  "sparse_keys: list(string) >= 0; dense_keys: list(string) >= 0; sparse_types: list({float, "
	    "int64, string}) >= 0; Tdense: list({float, int64, string}) >= 0; dense_shapes: list(shape) "
	    ">= 0; output_types: list(type) >= 1; output_shapes: list(shape) >= 1; sloppy: bool = false",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalPrivateThreadPoolDataset",
	  "input_dataset: variant, num_threads: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalRandomDataset", "seed: int64, seed2: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalRebatchDataset",
	  "input_dataset: variant, num_replicas: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; use_fallback: bool = true",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalScanDataset",
	  "input_dataset: variant, initial_state: Tstate, other_arguments: Targuments -> handle: "
	    "variant",
	  "f: func; Tstate: list(type) >= 1; Targuments: list(type) >= 0; output_types: list(type) >= "
	    "1; output_shapes: list(shape) >= 1; preserve_cardinality: bool = false",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalSetStatsAggregatorDataset",
	  "input_dataset: variant, stats_aggregator: resource, tag: string, counter_prefix: string -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalSleepDataset",
	  "input_dataset: variant, sleep_microseconds: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "ExperimentalSlidingWindowDataset",
	  "input_dataset: variant, window_size: int64, window_shift: int64, window_stride: int64 -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "ExperimentalSqlDataset",
	  "driver_name: string, data_source_name: string, query: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ExperimentalStatsAggregatorHandle", "-> handle: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalStatsAggregatorSummary", "iterator: resource -> summary: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalTakeWhileDataset",
	  "input_dataset: variant, other_arguments: Targuments -> handle: variant",
	  "predicate: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalThreadPoolDataset",
	  "input_dataset: variant, thread_pool: resource -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalThreadPoolHandle", "-> handle: resource",
	  "num_threads: int; max_intra_op_parallelism: int = 1; display_name: string; container: string "
	    "= ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalUnbatchDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ExperimentalUniqueDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "FeatureStatsDataset", "input_dataset: variant, tag: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "GetElementAtIndex", "dataset: variant, index: int64 -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "GroupByReducerDataset",
	  "input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
	    "init_func_other_arguments: Tinit_func_other_arguments, reduce_func_other_arguments: "
	    "Treduce_func_other_arguments, finalize_func_other_arguments: Tfinalize_func_other_arguments "
	    "-> handle: variant",
	  "key_func: func; init_func: func; reduce_func: func; finalize_func: func; "
	    "Tkey_func_other_arguments: list(type) >= 0; Tinit_func_other_arguments: list(type) >= 0; "
	    "Treduce_func_other_arguments: list(type) >= 0; Tfinalize_func_other_arguments: list(type) >= "
	    "0; output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "GroupByWindowDataset",
	  "input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
	    "reduce_func_other_arguments: Treduce_func_other_arguments, window_size_func_other_arguments: "
	    "Twindow_size_func_other_arguments -> handle: variant",
	  "key_func: func; reduce_func: func; window_size_func: func; Tkey_func_other_arguments: "
	    "list(type) >= 0; Treduce_func_other_arguments: list(type) >= 0; "
	    "Twindow_size_func_other_arguments: list(type) >= 0; output_types: list(type) >= 1; "
	    "output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "IgnoreErrorsDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "InitializeTableFromDataset", "table_handle: resource, dataset: variant ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "IteratorDispose", "iterator: resource ->", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "IteratorGetDevice", "resource: resource -> device: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "IteratorSetStatsAggregator",
	  "iterator_handle: resource, stats_aggregator_handle: resource ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "LMDBDataset", "filenames: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "LatencyStatsDataset", "input_dataset: variant, tag: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "LegacyParallelInterleaveDatasetV2",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64, buffer_output_elements: int64, prefetch_input_elements: int64 -> handle: variant",
	  "f: func; deterministic: string = 'default'; Targuments: list(type) >= 0; output_types: "
	    "list(type) >= 1; output_shapes: list(shape) >= 1; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "LoadDataset", "path: string, reader_func_other_args: Treader_func_args -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; compression: string = ''; "
	    "reader_func: func; Treader_func_args: list(type) >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "MapAndBatchDataset",
	  "input_dataset: variant, other_arguments: Targuments, batch_size: int64, num_parallel_calls: "
	    "int64, drop_remainder: bool -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1; preserve_cardinality: bool = false", 0, NULL, .tier = 3 },
	{ "MapAndBatchDatasetV2",
	  "input_dataset: variant, other_arguments: Targuments, batch_size: int64, num_parallel_calls: "
	    "int64, drop_remainder: bool -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "MatchingFilesDataset", "patterns: string -> handle: variant", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "MaxIntraOpParallelismDataset",
	  "input_dataset: variant, max_intra_op_parallelism: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "NonSerializableDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ParallelInterleaveDataset",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64, sloppy: bool, buffer_output_elements: int64, prefetch_input_elements: int64 -> "
	    "handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ParseExampleDataset",
	  "input_dataset: variant, num_parallel_calls: int64, dense_defaults: Tdense -> handle: variant",
	  "sparse_keys: list(string) >= 0; dense_keys: list(string) >= 0; sparse_types: list({float, "
	    "int64, string}) >= 0; Tdense: list({float, int64, string}) >= 0; dense_shapes: list(shape) "
	    ">= 0; output_types: list(type) >= 1; output_shapes: list(shape) >= 1; sloppy: bool = false",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "ParseExampleDatasetV2",
	  "input_dataset: variant, num_parallel_calls: int64, dense_defaults: Tdense -> handle: variant",
	  "sparse_keys: list(string) >= 0; dense_keys: list(string) >= 0; sparse_types: list({float, "
	    "int64, string}) >= 0; Tdense: list({float, int64, string}) >= 0; dense_shapes: list(shape) "
	    ">= 0; output_types: list(type) >= 1; output_shapes: list(shape) >= 1; deterministic: string "
	    "= 'default'; ragged_keys: list(string) >= 0 = []; ragged_value_types: list({float, int64, "
	    "string}) >= 0 = []; ragged_split_types: list({int32, int64}) >= 0 = []", 0, NULL, .tier = 3 },
	{ "PrependFromQueueAndPaddedBatchDataset",
	  "input_dataset: variant, batch_size: int64, padded_shapes: N * int64, padding_values: "
	    "Toutput_types -> handle: variant",
	  "Toutput_types: list(type) >= 1; output_shapes: list(shape) >= 1; N: int >= 1", 0, NULL, .tier = 3 },
	{ "PrivateThreadPoolDataset", "input_dataset: variant, num_threads: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "RandomDataset", "seed: int64, seed2: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "RebatchDataset", "input_dataset: variant, num_replicas: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; use_fallback: bool = true",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "RebatchDatasetV2",
	  "input_dataset: variant, batch_sizes: int64, drop_remainder: bool -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "RegisterDataset",
	  "dataset: variant, address: string, protocol: string -> dataset_id: int64",
	  "external_state_policy: int; element_spec: string = ''", 0, NULL, .tier = 3 },
	{ "RestoreIterator", "iterator: resource, path: string ->", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "SamplingDataset",
	  "input_dataset: variant, rate: float, seed: int64, seed2: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "SaveDataset",
	  "input_dataset: variant, path: string, shard_func_other_args: Tshard_func_args ->",
	  "compression: string = ''; shard_func: func; use_shard_func: bool = true; Tshard_func_args: "
	    "list(type) >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "SaveDatasetV2",
	  "input_dataset: variant, path: string, shard_func_other_args: Tshard_func_args -> handle: "
	    "variant",
	  "compression: string = ''; shard_func: func; use_shard_func: bool = true; Tshard_func_args: "
	    "list(type) >= 0; output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "SaveIterator", "iterator: resource, path: string ->", "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ScanDataset",
	  "input_dataset: variant, initial_state: Tstate, other_arguments: Targuments -> handle: "
	    "variant",
	  "f: func; Tstate: list(type) >= 1; Targuments: list(type) >= 0; output_types: list(type) >= "
	    "1; output_shapes: list(shape) >= 1; preserve_cardinality: bool = false",
	  0, mg_shape_fn_scalar, .tier = 3 },
	{ "SetStatsAggregatorDataset",
	  "input_dataset: variant, stats_aggregator: resource, tag: string, counter_prefix: string -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "SinkDataset", "input_dataset: variant -> handle: variant", "", 0, NULL, .tier = 3 },
	{ "SleepDataset", "input_dataset: variant, sleep_microseconds: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "SlideDataset",
	  "input_dataset: variant, window_size: int64, window_shift: int64, window_stride: int64 -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "SlidingWindowDataset",
	  "input_dataset: variant, window_size: int64, window_shift: int64, window_stride: int64 -> "
	    "handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "SloppyInterleaveDataset",
	  "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: "
	    "int64 -> handle: variant",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "SnapshotDataset", "input_dataset: variant, path: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; compression: string = ''; "
	    "reader_path_prefix: string = ''; writer_path_prefix: string = ''; shard_size_bytes: int = "
	    "10737418240; pending_snapshot_expiry_seconds: int = 86400; num_reader_threads: int = 1; "
	    "reader_buffer_size: int = 1; num_writer_threads: int = 1; writer_buffer_size: int = 1",
	  0, NULL, .tier = 3 },
	{ "SnapshotDatasetReader", "shard_dir: string, start_index: int64 -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; compression: string = ''; "
	    "version: int", 0, NULL, .tier = 3 },
	{ "SnapshotDatasetV2",
	  "input_dataset: variant, path: string, reader_func_other_args: Treader_func_args, "
	    "shard_func_other_args: Tshard_func_args -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; compression: string = ''; "
	    "reader_prefix: string = ''; writer_prefix: string = ''; hash_valid: bool = false; hash: int "
	    "= 0; reader_func: func; shard_func: func; Treader_func_args: list(type) >= 0; "
	    "Tshard_func_args: list(type) >= 0; metadata: string = ''", 0, NULL, .tier = 3 },
	{ "SnapshotNestedDatasetReader", "inputs: N * variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1; N: int >= 1", 0, NULL, .tier = 3 },
	{ "SqlDataset",
	  "driver_name: string, data_source_name: string, query: string -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "StatsAggregatorHandle", "-> handle: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "StatsAggregatorHandleV2", "-> handle: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "StatsAggregatorSetSummaryWriter", "stats_aggregator: resource, summary: resource ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "StatsAggregatorSummary", "iterator: resource -> summary: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "TakeWhileDataset", "input_dataset: variant, other_arguments: Targuments -> handle: variant",
	  "predicate: func; Targuments: list(type) >= 0; output_types: list(type) >= 1; output_shapes: "
	    "list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "ThreadPoolDataset", "input_dataset: variant, thread_pool: resource -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "ThreadPoolHandle", "-> handle: resource",
	  "num_threads: int; max_intra_op_parallelism: int = 1; display_name: string; container: string "
	    "= ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "UnbatchDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "UncompressElement", "compressed: variant -> components: output_types",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, NULL, .tier = 3 },
	{ "UniqueDataset", "input_dataset: variant -> handle: variant",
	  "output_types: list(type) >= 1; output_shapes: list(shape) >= 1", 0, mg_shape_fn_scalar, .tier = 3 },
	{ .name = NULL }
};
