/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_logging.c - assertions, printing, summaries.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_logging[] = {
	{ "Assert", "condition: bool, data: T ->",
	  "T: list(type) >= 1; summarize: int = 3", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 1 },
	{ "AudioSummary", "tag: string, tensor: float -> summary: string",
	  "sample_rate: float; max_outputs: int >= 1 = 3",
	  0, mg_shape_fn_scalar, .tier = 1, .deprecated_at = 15, .deprecation = "Use AudioSummaryV2." },
	{ "AudioSummaryV2", "tag: string, tensor: float, sample_rate: float -> summary: string",
	  "max_outputs: int >= 1 = 3", 0, mg_shape_fn_scalar, .tier = 1 },
	{ "CloseSummaryWriter", "writer: resource ->", "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "CreateSummaryDbWriter",
	  "writer: resource, db_uri: string, experiment_name: string, run_name: string, user_name: "
	    "string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "CreateSummaryFileWriter",
	  "writer: resource, logdir: string, max_queue: int32, flush_millis: int32, filename_suffix: "
	    "string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "FlushSummaryWriter", "writer: resource ->", "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "HistogramSummary", "tag: string, values: T -> summary: string",
	  "T: realnumbertype = float", 0, mg_shape_fn_scalar, .tier = 0 },
	{ "ImageSummary", "tag: string, tensor: T -> summary: string",
	  "max_images: int >= 1 = 3; T: {uint8, float, half, double} = float; bad_color: tensor = uint8 "
	    "[255, 0, 0, 255]", 0, mg_shape_fn_scalar, .tier = 1 },
	{ "ImportEvent", "writer: resource, event: string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "MergeSummary", "inputs: N * string -> summary: string",
	  "N: int >= 1", 0, mg_shape_fn_scalar, .tier = 0 },
	{ "Print", "input: T, data: U -> output: T",
	  "T: type; U: list(type) >= 0; message: string = ''; first_n: int = -1; summarize: int = 3",
	  MG_OP_STATEFUL, mg_shape_fn_unchanged, .tier = 1 },
	{ "PrintV2", "input: string ->",
	  "output_stream: string = 'stderr'; end: string = '\\n'",
	  MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 1 },
	{ "ScalarSummary", "tags: string, values: T -> summary: string",
	  "T: realnumbertype", 0, mg_shape_fn_scalar, .tier = 0 },
	{ "SummaryWriter", "-> writer: resource",
	  "shared_name: string = ''; container: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "TensorSummary", "tensor: T -> summary: string",
	  "T: type; description: string = ''; labels: list(string) = []; display_name: string = ''",
	  0, mg_shape_fn_scalar, .tier = 1 },
	{ "TensorSummaryV2",
	  "tag: string, tensor: T, serialized_summary_metadata: string -> summary: string",
	  "T: type", 0, mg_shape_fn_scalar, .tier = 1 },
	{ "Timestamp", "-> ts: double", "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 1 },
	{ "WriteAudioSummary",
	  "writer: resource, step: int64, tag: string, tensor: float, sample_rate: float ->",
	  "max_outputs: int >= 1 = 3", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 3 },
	{ "WriteGraphSummary", "writer: resource, step: int64, tensor: string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "WriteHistogramSummary", "writer: resource, step: int64, tag: string, values: T ->",
	  "T: realnumbertype = float", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "WriteImageSummary",
	  "writer: resource, step: int64, tag: string, tensor: T, bad_color: uint8 ->",
	  "max_images: int >= 1 = 3; T: {uint8, float, half} = float",
	  MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "WriteRawProtoSummary", "writer: resource, step: int64, tensor: string ->",
	  "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "WriteScalarSummary", "writer: resource, step: int64, tag: string, value: T ->",
	  "T: realnumbertype", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "WriteSummary",
	  "writer: resource, step: int64, tensor: T, tag: string, summary_metadata: string ->",
	  "T: type", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ .name = NULL }
};
