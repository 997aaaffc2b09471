/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_candidate.c - candidate samplers.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_candidate[] = {
	{ "AllCandidateSampler",
	  "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, "
	    "sampled_expected_count: float",
	  "num_true: int >= 1; num_sampled: int >= 1; unique: bool; seed: int = 0; seed2: int = 0",
	  MG_OP_STATEFUL, mg_shape_fn_candidate_sampler, .tier = 2 },
	{ "ComputeAccidentalHits",
	  "true_classes: int64, sampled_candidates: int64 -> indices: int32, ids: int64, weights: float",
	  "num_true: int; seed: int = 0; seed2: int = 0", 0, mg_shape_fn_accidental_hits, .tier = 1 },
	{ "FixedUnigramCandidateSampler",
	  "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, "
	    "sampled_expected_count: float",
	  "num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; vocab_file: "
	    "string = ''; distortion: float = 1; num_reserved_ids: int = 0; num_shards: int >= 1 = 1; "
	    "shard: int >= 0 = 0; unigrams: list(float) = []; seed: int = 0; seed2: int = 0",
	  MG_OP_STATEFUL, mg_shape_fn_candidate_sampler, .tier = 2 },
	{ "LearnedUnigramCandidateSampler",
	  "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, "
	    "sampled_expected_count: float",
	  "num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; seed: int = 0; "
	    "seed2: int = 0", MG_OP_STATEFUL, mg_shape_fn_candidate_sampler, .tier = 2 },
	{ "LogUniformCandidateSampler",
	  "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, "
	    "sampled_expected_count: float",
	  "num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; seed: int = 0; "
	    "seed2: int = 0", MG_OP_STATEFUL, mg_shape_fn_candidate_sampler, .tier = 1 },
	{ "NegTrain",
	  "w_in: Ref(float), w_out: Ref(float), examples: int32, labels: int32, lr: float ->",
	  "vocab_count: list(int); num_negative_samples: int",
	  MG_OP_STATEFUL, NULL, .tier = 2, .deprecated_at = 19, .deprecation = "Moving word2vec into tensorflow_models/tutorials and deprecating its ops here as a result" },
	{ "Skipgram",
	  "-> vocab_word: string, vocab_freq: int32, words_per_epoch: int64, current_epoch: int32, "
	    "total_words_processed: int64, examples: int32, labels: int32",
	  "filename: string; batch_size: int; window_size: int = 5; min_count: int = 5; subsample: "
	    "float = 0.001",
	  MG_OP_STATEFUL, NULL, .tier = 2, .deprecated_at = 19, .deprecation = "Moving word2vec into tensorflow_models/tutorials and deprecating its ops here as a result" },
	{ "ThreadUnsafeUnigramCandidateSampler",
	  "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, "
	    "sampled_expected_count: float",
	  "num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; seed: int = 0; "
	    "seed2: int = 0", MG_OP_STATEFUL, mg_shape_fn_candidate_sampler, .tier = 2 },
	{ "UniformCandidateSampler",
	  "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, "
	    "sampled_expected_count: float",
	  "num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; seed: int = 0; "
	    "seed2: int = 0", MG_OP_STATEFUL, mg_shape_fn_candidate_sampler, .tier = 1 },
	{ .name = NULL }
};
