/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_misc.c - collectives, debugging, audio, Python functions, remote calls.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_misc[] = {
	{ "AudioSpectrogram", "input: float -> spectrogram: float",
	  "window_size: int; stride: int; magnitude_squared: bool = false", 0, NULL, .tier = 2 },
	{ "CollectiveAllToAllV3",
	  "input: T, communicator: resource, group_assignment: int32 -> data: T",
	  "T: {bfloat16, float, half, double, int32, int64}; timeout_seconds: float = 0",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveBcastRecv", "-> data: T",
	  "T: {float, half, double, int32, int64}; group_size: int; group_key: int; instance_key: int; "
	    "shape: shape; communication_hint: string = 'auto'", MG_OP_STATEFUL, mg_shape_fn_explicit, .tier = 3 },
	{ "CollectiveBcastRecvV2",
	  "group_size: int32, group_key: int32, instance_key: int32, shape: Tshape -> data: T",
	  "T: {bool, float, half, double, int32, int64}; Tshape: {int32, int64} = int32; "
	    "communication_hint: string = 'auto'; timeout_seconds: float = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveBcastSend", "input: T -> data: T",
	  "T: {float, half, double, int32, int64}; group_size: int; group_key: int; instance_key: int; "
	    "shape: shape; communication_hint: string = 'auto'", MG_OP_STATEFUL, mg_shape_fn_explicit, .tier = 3 },
	{ "CollectiveBcastSendV2",
	  "input: T, group_size: int32, group_key: int32, instance_key: int32 -> data: T",
	  "T: {bool, float, half, double, int32, int64}; communication_hint: string = 'auto'; "
	    "timeout_seconds: float = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveGather", "input: T -> data: T",
	  "T: {float, half, double, int32, int64}; group_size: int; group_key: int; instance_key: int; "
	    "shape: shape; communication_hint: string = 'auto'", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveGatherV2",
	  "input: T, group_size: int32, group_key: int32, instance_key: int32, ordering_token: "
	    "Nordering_token * resource -> data: T",
	  "T: {float, half, double, int32, int64}; communication_hint: string = 'auto'; "
	    "timeout_seconds: float = 0; Nordering_token: int >= 0 = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveInitializeCommunicator",
	  "group_key: int32, rank: int32, group_size: int32 -> communicator: resource",
	  "communication_hint: string = 'auto'; timeout_seconds: float = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveReduce", "input: T -> data: T",
	  "T: {float, half, double, int32, int64}; group_size: int; group_key: int; instance_key: int; "
	    "merge_op: {'Min', 'Max', 'Mul', 'Add'}; final_op: {'Id', 'Div'}; subdiv_offsets: list(int); "
	    "wait_for: list(int) = []; communication_hint: string = 'auto'",
	  MG_OP_STATEFUL, mg_shape_fn_unchanged, .tier = 3 },
	{ "CollectiveReduceV2",
	  "input: T, group_size: int32, group_key: int32, instance_key: int32, ordering_token: "
	    "Nordering_token * resource -> data: T",
	  "T: {bfloat16, float, half, double, int32, int64}; merge_op: {'Min', 'Max', 'Mul', 'Add'}; "
	    "final_op: {'Id', 'Div'}; communication_hint: string = 'auto'; timeout_seconds: float = 0; "
	    "Nordering_token: int >= 0 = 0; max_subdivs_per_device: int = -1", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CollectiveReduceV3", "input: T, communicator: resource, group_assignment: int32 -> data: T",
	  "T: {bfloat16, float, half, double, int32, int64}; reduction: {'Min', 'Max', 'Mul', 'Add'}; "
	    "timeout_seconds: float = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CompositeTensorVariantFromComponents", "components: Tcomponents -> encoded: variant",
	  "metadata: string; Tcomponents: list(type) >= 0", 0, NULL, .tier = 3 },
	{ "CompositeTensorVariantToComponents", "encoded: variant -> components: Tcomponents",
	  "metadata: string; Tcomponents: list(type) >= 0", 0, NULL, .tier = 3 },
	{ "Copy", "input: T -> output: T",
	  "T: type; tensor_name: string = ''; debug_ops_spec: list(string) = []",
	  MG_OP_ALLOWS_UNINITIALIZED, mg_shape_fn_unchanged, .tier = 3 },
	{ "CopyHost", "input: T -> output: T",
	  "T: type; tensor_name: string = ''; debug_ops_spec: list(string) = []",
	  MG_OP_ALLOWS_UNINITIALIZED, mg_shape_fn_unchanged, .tier = 3 },
	{ "DebugIdentity", "input: T -> output: T",
	  "T: type; device_name: string = ''; tensor_name: string = ''; debug_urls: list(string) = []; "
	    "gated_grpc: bool = false", MG_OP_ALLOWS_UNINITIALIZED, mg_shape_fn_unchanged, .tier = 3 },
	{ "DebugIdentityV2", "input: T -> output: T",
	  "T: type; tfdbg_context_id: string = ''; op_name: string = ''; output_slot: int = -1; "
	    "tensor_debug_mode: int = -1; debug_urls: list(string) = []; circular_buffer_size: int = "
	    "1000; tfdbg_run_id: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "DebugNanCount", "input: T -> output: int64",
	  "T: type; device_name: string = ''; tensor_name: string = ''; debug_urls: list(string) = []; "
	    "gated_grpc: bool = false", MG_OP_ALLOWS_UNINITIALIZED, mg_shape_fn_scalar, .tier = 3 },
	{ "DebugNumericSummary", "input: T -> output: double",
	  "T: type; device_name: string = ''; tensor_name: string = ''; debug_urls: list(string) = []; "
	    "lower_bound: float = -inf; upper_bound: float = inf; mute_if_healthy: bool = false; "
	    "gated_grpc: bool = false", MG_OP_ALLOWS_UNINITIALIZED, NULL, .tier = 3 },
	{ "DebugNumericSummaryV2", "input: T -> output: output_dtype",
	  "output_dtype: {float, double} = float; T: type; tensor_debug_mode: int = -1; tensor_id: int "
	    "= -1", 0, NULL, .tier = 3 },
	{ "DecodeWav", "contents: string -> audio: float, sample_rate: int32",
	  "desired_channels: int = -1; desired_samples: int = -1", 0, NULL, .tier = 2 },
	{ "EagerPyFunc", "input: Tin -> output: Tout",
	  "token: string; is_async: bool = false; Tin: list(type) >= 0; Tout: list(type) >= 0",
	  MG_OP_STATEFUL, NULL, .tier = 2 },
	{ "EncodeWav", "audio: float, sample_rate: int32 -> contents: string", "", 0, NULL, .tier = 2 },
	{ "Mfcc", "spectrogram: float, sample_rate: int32 -> output: float",
	  "upper_frequency_limit: float = 4000; lower_frequency_limit: float = 20; "
	    "filterbank_channel_count: int = 40; dct_coefficient_count: int = 13", 0, NULL, .tier = 2 },
	{ "PyFunc", "input: Tin -> output: Tout",
	  "token: string; Tin: list(type) >= 0; Tout: list(type) >= 0", MG_OP_STATEFUL, NULL, .tier = 2 },
	{ "PyFuncStateless", "input: Tin -> output: Tout",
	  "token: string; Tin: list(type) >= 0; Tout: list(type) >= 0", 0, NULL, .tier = 2 },
	{ "Rpc", "address: string, method: string, request: string -> response: string",
	  "protocol: string = ''; fail_fast: bool = true; timeout_in_ms: int = 0",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "TryRpc",
	  "address: string, method: string, request: string -> response: string, status_code: int32, "
	    "status_message: string",
	  "protocol: string = ''; fail_fast: bool = true; timeout_in_ms: int = 0",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ .name = NULL }
};
