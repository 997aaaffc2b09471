/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_rnn.c - whole recurrent layers.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_rnn[] = {
	{ "BlockLSTM",
	  "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, "
	    "cs: T, f: T, o: T, ci: T, co: T, h: T",
	  "forget_bias: float = 1; cell_clip: float = 3; use_peephole: bool = false; T: {half, float}",
	  0, mg_shape_fn_lstm_block, .tier = 2 },
	{ "BlockLSTMGrad",
	  "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, "
	    "cs: T, f: T, o: T, ci: T, co: T, h: T, cs_grad: T, h_grad: T -> x_grad: T, cs_prev_grad: T, "
	    "h_prev_grad: T, w_grad: T, wci_grad: T, wcf_grad: T, wco_grad: T, b_grad: T",
	  "use_peephole: bool; T: {half, float}", 0, NULL, .tier = 2 },
	{ "BlockLSTMGradV2",
	  "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, "
	    "cs: T, f: T, o: T, ci: T, co: T, h: T, cs_grad: T, h_grad: T -> x_grad: T, cs_prev_grad: T, "
	    "h_prev_grad: T, w_grad: T, wci_grad: T, wcf_grad: T, wco_grad: T, b_grad: T",
	  "use_peephole: bool; T: {half, float}", 0, NULL, .tier = 3 },
	{ "BlockLSTMV2",
	  "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, "
	    "cs: T, f: T, o: T, ci: T, co: T, h: T",
	  "cell_clip: float = 0; use_peephole: bool = false; T: {half, float}",
	  0, mg_shape_fn_lstm_block, .tier = 3 },
	{ "CudnnRNN",
	  "input: T, input_h: T, input_c: T, params: T -> output: T, output_h: T, output_c: T, "
	    "reserve_space: T",
	  "T: {half, float, double}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; "
	    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; direction: "
	    "{'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; "
	    "seed2: int = 0; is_training: bool = true", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CudnnRNNBackprop",
	  "input: T, input_h: T, input_c: T, params: T, output: T, output_h: T, output_c: T, "
	    "output_backprop: T, output_h_backprop: T, output_c_backprop: T, reserve_space: T -> "
	    "input_backprop: T, input_h_backprop: T, input_c_backprop: T, params_backprop: T",
	  "T: {half, float, double}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; "
	    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; direction: "
	    "{'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; "
	    "seed2: int = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CudnnRNNBackpropV2",
	  "input: T, input_h: T, input_c: T, params: T, output: T, output_h: T, output_c: T, "
	    "output_backprop: T, output_h_backprop: T, output_c_backprop: T, reserve_space: T, "
	    "host_reserved: int8 -> input_backprop: T, input_h_backprop: T, input_c_backprop: T, "
	    "params_backprop: T",
	  "T: {half, float, double}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; "
	    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; direction: "
	    "{'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; "
	    "seed2: int = 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CudnnRNNBackpropV3",
	  "input: T, input_h: T, input_c: T, params: T, sequence_lengths: int32, output: T, output_h: "
	    "T, output_c: T, output_backprop: T, output_h_backprop: T, output_c_backprop: T, "
	    "reserve_space: T, host_reserved: int8 -> input_backprop: T, input_h_backprop: T, "
	    "input_c_backprop: T, params_backprop: T",
	  "T: {half, float, double}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; "
	    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; direction: "
	    "{'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; "
	    "seed2: int = 0; num_proj: int = 0; time_major: bool = true", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CudnnRNNCanonicalToParams",
	  "num_layers: int32, num_units: int32, input_size: int32, weights: num_params * T, biases: "
	    "num_params * T -> params: T",
	  "T: {half, float, double}; num_params: int >= 1; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', "
	    "'gru'} = 'lstm'; input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; "
	    "direction: {'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: "
	    "int = 0; seed2: int = 0", 0, NULL, .tier = 3 },
	{ "CudnnRNNCanonicalToParamsV2",
	  "num_layers: int32, num_units: int32, input_size: int32, weights: num_params_weights * T, "
	    "biases: num_params_biases * T -> params: T",
	  "T: {half, float, double}; num_params_weights: int >= 1; num_params_biases: int >= 1; "
	    "rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; input_mode: {'linear_input', "
	    "'skip_input', 'auto_select'} = 'linear_input'; direction: {'unidirectional', "
	    "'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; seed2: int = 0; "
	    "num_proj: int = 0", 0, NULL, .tier = 3 },
	{ "CudnnRNNParamsSize",
	  "num_layers: int32, num_units: int32, input_size: int32 -> params_size: S",
	  "T: {half, float, double}; S: {int32, int64}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', "
	    "'gru'} = 'lstm'; input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; "
	    "direction: {'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: "
	    "int = 0; seed2: int = 0; num_proj: int = 0", 0, NULL, .tier = 3 },
	{ "CudnnRNNParamsToCanonical",
	  "num_layers: int32, num_units: int32, input_size: int32, params: T -> weights: num_params * "
	    "T, biases: num_params * T",
	  "T: {half, float, double}; num_params: int >= 1; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', "
	    "'gru'} = 'lstm'; input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; "
	    "direction: {'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: "
	    "int = 0; seed2: int = 0", 0, NULL, .tier = 3 },
	{ "CudnnRNNParamsToCanonicalV2",
	  "num_layers: int32, num_units: int32, input_size: int32, params: T -> weights: "
	    "num_params_weights * T, biases: num_params_biases * T",
	  "T: {half, float, double}; num_params_weights: int >= 1; num_params_biases: int >= 1; "
	    "rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; input_mode: {'linear_input', "
	    "'skip_input', 'auto_select'} = 'linear_input'; direction: {'unidirectional', "
	    "'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; seed2: int = 0; "
	    "num_proj: int = 0", 0, NULL, .tier = 3 },
	{ "CudnnRNNV2",
	  "input: T, input_h: T, input_c: T, params: T -> output: T, output_h: T, output_c: T, "
	    "reserve_space: T, host_reserved: int8",
	  "T: {half, float, double}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; "
	    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; direction: "
	    "{'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; "
	    "seed2: int = 0; is_training: bool = true", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "CudnnRNNV3",
	  "input: T, input_h: T, input_c: T, params: T, sequence_lengths: int32 -> output: T, output_h: "
	    "T, output_c: T, reserve_space: T, host_reserved: int8",
	  "T: {half, float, double}; rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'; "
	    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'; direction: "
	    "{'unidirectional', 'bidirectional'} = 'unidirectional'; dropout: float = 0; seed: int = 0; "
	    "seed2: int = 0; num_proj: int = 0; is_training: bool = true; time_major: bool = true",
	  MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "GRUBlockCell",
	  "x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T -> r: T, u: T, c: T, h: T",
	  "T: {float}", 0, NULL, .tier = 2 },
	{ "GRUBlockCellGrad",
	  "x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T, r: T, u: T, c: T, d_h: T -> d_x: T, "
	    "d_h_prev: T, d_c_bar: T, d_r_bar_u_bar: T",
	  "T: {float}", 0, NULL, .tier = 2 },
	{ "LSTMBlockCell",
	  "x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, cs: T, f: T, o: T, "
	    "ci: T, co: T, h: T",
	  "forget_bias: float = 1; cell_clip: float = 3; use_peephole: bool = false; T: {half, float}",
	  0, mg_shape_fn_lstm_cell, .tier = 2 },
	{ "LSTMBlockCellGrad",
	  "x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, cs: T, f: T, o: T, "
	    "ci: T, co: T, cs_grad: T, h_grad: T -> cs_prev_grad: T, dicfo: T, wci_grad: T, wcf_grad: T, "
	    "wco_grad: T",
	  "use_peephole: bool; T: {half, float}", 0, NULL, .tier = 2 },
	{ .name = NULL }
};
