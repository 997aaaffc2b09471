/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_estimator.c - boosted trees, forests, linear solvers, clustering.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_estimator[] = {
	{ "BoostedTreesAggregateStats",
	  "node_ids: int32, gradients: float, hessians: float, feature: int32 -> stats_summary: float",
	  "max_splits: int >= 1; num_buckets: int >= 1", 0, NULL, .tier = 3 },
	{ "BoostedTreesBucketize",
	  "float_values: num_features * float, bucket_boundaries: num_features * float -> buckets: "
	    "num_features * int32",
	  "num_features: int >= 0", 0, NULL, .tier = 3 },
	{ "BoostedTreesCalculateBestFeatureSplit",
	  "node_id_range: int32, stats_summary: float, l1: float, l2: float, tree_complexity: float, "
	    "min_node_weight: float -> node_ids: int32, gains: float, feature_dimensions: int32, "
	    "thresholds: int32, left_node_contribs: float, right_node_contribs: float, "
	    "split_with_default_directions: string",
	  "logits_dimension: int >= 1; split_type: {'inequality', 'equality'} = 'inequality'",
	  0, NULL, .tier = 3 },
	{ "BoostedTreesCalculateBestFeatureSplitV2",
	  "node_id_range: int32, stats_summaries_list: num_features * float, split_types: string, "
	    "candidate_feature_ids: int32, l1: float, l2: float, tree_complexity: float, min_node_weight: "
	    "float -> node_ids: int32, gains: float, feature_ids: int32, feature_dimensions: int32, "
	    "thresholds: int32, left_node_contribs: float, right_node_contribs: float, "
	    "split_with_default_directions: string",
	  "num_features: int >= 1; logits_dimension: int >= 1", 0, NULL, .tier = 3 },
	{ "BoostedTreesCalculateBestGainsPerFeature",
	  "node_id_range: int32, stats_summary_list: num_features * float, l1: float, l2: float, "
	    "tree_complexity: float, min_node_weight: float -> node_ids_list: num_features * int32, "
	    "gains_list: num_features * float, thresholds_list: num_features * int32, "
	    "left_node_contribs_list: num_features * float, right_node_contribs_list: num_features * "
	    "float",
	  "max_splits: int >= 1; num_features: int >= 1", 0, NULL, .tier = 3 },
	{ "BoostedTreesCenterBias",
	  "tree_ensemble_handle: resource, mean_gradients: float, mean_hessians: float, l1: float, l2: "
	    "float -> continue_centering: bool",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesCreateEnsemble",
	  "tree_ensemble_handle: resource, stamp_token: int64, tree_ensemble_serialized: string ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesCreateQuantileStreamResource",
	  "quantile_stream_resource_handle: resource, epsilon: float, num_streams: int64 ->",
	  "max_elements: int = 1099511627776", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesDeserializeEnsemble",
	  "tree_ensemble_handle: resource, stamp_token: int64, tree_ensemble_serialized: string ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesEnsembleResourceHandleOp", "-> resource: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesExampleDebugOutputs",
	  "tree_ensemble_handle: resource, bucketized_features: num_bucketized_features * int32 -> "
	    "examples_debug_outputs_serialized: string",
	  "num_bucketized_features: int >= 1; logits_dimension: int", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesFlushQuantileSummaries",
	  "quantile_stream_resource_handle: resource -> summaries: num_features * float",
	  "num_features: int >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesGetEnsembleStates",
	  "tree_ensemble_handle: resource -> stamp_token: int64, num_trees: int32, num_finalized_trees: "
	    "int32, num_attempted_layers: int32, last_layer_nodes_range: int32",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesMakeQuantileSummaries",
	  "float_values: num_features * float, example_weights: float, epsilon: float -> summaries: "
	    "num_features * float",
	  "num_features: int >= 0", 0, NULL, .tier = 3 },
	{ "BoostedTreesMakeStatsSummary",
	  "node_ids: int32, gradients: float, hessians: float, bucketized_features_list: num_features * "
	    "int32 -> stats_summary: float",
	  "max_splits: int >= 1; num_buckets: int >= 1; num_features: int >= 1", 0, NULL, .tier = 3 },
	{ "BoostedTreesPredict",
	  "tree_ensemble_handle: resource, bucketized_features: num_bucketized_features * int32 -> "
	    "logits: float",
	  "num_bucketized_features: int >= 1; logits_dimension: int", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesQuantileStreamResourceAddSummaries",
	  "quantile_stream_resource_handle: resource, summaries: num_features * float ->",
	  "num_features: int >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesQuantileStreamResourceDeserialize",
	  "quantile_stream_resource_handle: resource, bucket_boundaries: num_streams * float ->",
	  "num_streams: int >= 1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesQuantileStreamResourceFlush",
	  "quantile_stream_resource_handle: resource, num_buckets: int64 ->",
	  "generate_quantiles: bool = false", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesQuantileStreamResourceGetBucketBoundaries",
	  "quantile_stream_resource_handle: resource -> bucket_boundaries: num_features * float",
	  "num_features: int >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesQuantileStreamResourceHandleOp", "-> resource: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesSerializeEnsemble",
	  "tree_ensemble_handle: resource -> stamp_token: int64, tree_ensemble_serialized: string",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesSparseAggregateStats",
	  "node_ids: int32, gradients: float, hessians: float, feature_indices: int32, feature_values: "
	    "int32, feature_shape: int32 -> stats_summary_indices: int32, stats_summary_values: float, "
	    "stats_summary_shape: int32",
	  "max_splits: int >= 1; num_buckets: int >= 1", 0, NULL, .tier = 3 },
	{ "BoostedTreesSparseCalculateBestFeatureSplit",
	  "node_id_range: int32, stats_summary_indices: int32, stats_summary_values: float, "
	    "stats_summary_shape: int32, l1: float, l2: float, tree_complexity: float, min_node_weight: "
	    "float -> node_ids: int32, gains: float, feature_dimensions: int32, thresholds: int32, "
	    "left_node_contribs: float, right_node_contribs: float, split_with_default_directions: string",
	  "logits_dimension: int >= 1; split_type: {'inequality'} = 'inequality'", 0, NULL, .tier = 3 },
	{ "BoostedTreesTrainingPredict",
	  "tree_ensemble_handle: resource, cached_tree_ids: int32, cached_node_ids: int32, "
	    "bucketized_features: num_bucketized_features * int32 -> partial_logits: float, tree_ids: "
	    "int32, node_ids: int32",
	  "num_bucketized_features: int >= 1; logits_dimension: int", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesUpdateEnsemble",
	  "tree_ensemble_handle: resource, feature_ids: int32, node_ids: num_features * int32, gains: "
	    "num_features * float, thresholds: num_features * int32, left_node_contribs: num_features * "
	    "float, right_node_contribs: num_features * float, max_depth: int32, learning_rate: float ->",
	  "pruning_mode: int >= 0; num_features: int >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "BoostedTreesUpdateEnsembleV2",
	  "tree_ensemble_handle: resource, feature_ids: int32, dimension_ids: num_features * int32, "
	    "node_ids: num_features * int32, gains: num_features * float, thresholds: num_features * "
	    "int32, left_node_contribs: num_features * float, right_node_contribs: num_features * float, "
	    "split_types: num_features * string, max_depth: int32, learning_rate: float, pruning_mode: "
	    "int32 ->",
	  "num_features: int >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "IsBoostedTreesEnsembleInitialized",
	  "tree_ensemble_handle: resource -> is_initialized: bool",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "IsBoostedTreesQuantileStreamResourceInitialized",
	  "quantile_stream_resource_handle: resource -> is_initialized: bool",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "KMC2ChainInitialization", "distances: float, seed: int64 -> index: int64",
	  "", 0, mg_shape_fn_scalar, .tier = 3 },
	{ "KmeansPlusPlusInitialization",
	  "points: float, num_to_sample: int64, seed: int64, num_retries_per_sample: int64 -> samples: "
	    "float",
	  "", 0, NULL, .tier = 3 },
	{ "NearestNeighbors",
	  "points: float, centers: float, k: int64 -> nearest_center_indices: int64, "
	    "nearest_center_distances: float",
	  "", 0, NULL, .tier = 3 },
	{ "SdcaFprint", "input: string -> output: int64", "", 0, NULL, .tier = 3 },
	{ "SdcaOptimizer",
	  "sparse_example_indices: num_sparse_features * int64, sparse_feature_indices: "
	    "num_sparse_features * int64, sparse_feature_values: num_sparse_features_with_values * float, "
	    "dense_features: num_dense_features * float, example_weights: float, example_labels: float, "
	    "sparse_indices: num_sparse_features * int64, sparse_weights: num_sparse_features * float, "
	    "dense_weights: num_dense_features * float, example_state_data: float -> "
	    "out_example_state_data: float, out_delta_sparse_weights: num_sparse_features * float, "
	    "out_delta_dense_weights: num_dense_features * float",
	  "loss_type: {'logistic_loss', 'squared_loss', 'hinge_loss', 'smooth_hinge_loss', "
	    "'poisson_loss'}; adaptative: bool = false; num_sparse_features: int >= 0; "
	    "num_sparse_features_with_values: int >= 0; num_dense_features: int >= 0; l1: float; l2: "
	    "float; num_loss_partitions: int >= 1; num_inner_iterations: int >= 1", 0, NULL, .tier = 3 },
	{ "SdcaOptimizerV2",
	  "sparse_example_indices: num_sparse_features * int64, sparse_feature_indices: "
	    "num_sparse_features * int64, sparse_feature_values: num_sparse_features_with_values * float, "
	    "dense_features: num_dense_features * float, example_weights: float, example_labels: float, "
	    "sparse_indices: num_sparse_features * int64, sparse_weights: num_sparse_features * float, "
	    "dense_weights: num_dense_features * float, example_state_data: float -> "
	    "out_example_state_data: float, out_delta_sparse_weights: num_sparse_features * float, "
	    "out_delta_dense_weights: num_dense_features * float",
	  "loss_type: {'logistic_loss', 'squared_loss', 'hinge_loss', 'smooth_hinge_loss', "
	    "'poisson_loss'}; adaptive: bool = false; num_sparse_features: int >= 0; "
	    "num_sparse_features_with_values: int >= 0; num_dense_features: int >= 0; l1: float; l2: "
	    "float; num_loss_partitions: int >= 1; num_inner_iterations: int >= 1", 0, NULL, .tier = 3 },
	{ "SdcaShrinkL1", "weights: Ref(num_features * float) ->",
	  "num_features: int >= 0; l1: float; l2: float", 0, NULL, .tier = 3 },
	{ "TensorForestCreateTreeVariable", "tree_handle: resource, tree_config: string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "TensorForestTreeDeserialize", "tree_handle: resource, tree_config: string ->",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "TensorForestTreeIsInitializedOp", "tree_handle: resource -> is_initialized: bool",
	  "", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "TensorForestTreePredict", "tree_handle: resource, dense_features: float -> logits: float",
	  "logits_dimension: int", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "TensorForestTreeResourceHandleOp", "-> resource: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "TensorForestTreeSerialize", "tree_handle: resource -> tree_config: string",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ "TensorForestTreeSize", "tree_handle: resource -> tree_size: int32",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 3 },
	{ .name = NULL }
};
