/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_string.c - strings.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_string[] = {
	{ "AsString", "input: T -> output: string",
	  "T: {int8, int16, int32, int64, complex64, complex128, float, double, bool}; precision: int = "
	    "-1; scientific: bool = false; shortest: bool = false; width: int = -1; fill: string = ''",
	  0, mg_shape_fn_unchanged, .tier = 1 },
	{ "DecodeBase64", "input: string -> output: string", "", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "EncodeBase64", "input: string -> output: string",
	  "pad: bool = false", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "ReduceJoin", "inputs: string, reduction_indices: int32 -> output: string",
	  "keep_dims: bool = false; separator: string = ''", 0, mg_shape_fn_reduction, .tier = 2 },
	{ "RegexFullMatch", "input: string, pattern: string -> output: bool",
	  "", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "RegexReplace", "input: string, pattern: string, rewrite: string -> output: string",
	  "replace_global: bool = true", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StaticRegexFullMatch", "input: string -> output: bool",
	  "pattern: string", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StaticRegexReplace", "input: string -> output: string",
	  "pattern: string; rewrite: string; replace_global: bool = true", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringFormat", "inputs: T -> output: string",
	  "T: list(type) >= 0; template: string = '%s'; placeholder: string = '%s'; summarize: int = 3",
	  0, mg_shape_fn_scalar, .tier = 2 },
	{ "StringJoin", "inputs: N * string -> output: string",
	  "N: int >= 1; separator: string = ''", 0, mg_shape_fn_string_join, .tier = 0 },
	{ "StringLength", "input: string -> output: int32",
	  "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringLower", "input: string -> output: string",
	  "encoding: string = ''", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringNGrams",
	  "data: string, data_splits: Tsplits -> ngrams: string, ngrams_splits: Tsplits",
	  "separator: string; ngram_widths: list(int) >= 0; left_pad: string; right_pad: string; "
	    "pad_width: int; preserve_short_sequences: bool; Tsplits: {int32, int64} = int64",
	  0, NULL, .tier = 3 },
	{ "StringSplit",
	  "input: string, delimiter: string -> indices: int64, values: string, shape: int64",
	  "skip_empty: bool = true", 0, mg_shape_fn_string_split, .tier = 2 },
	{ "StringSplitV2",
	  "input: string, sep: string -> indices: int64, values: string, shape: int64",
	  "maxsplit: int = -1", 0, mg_shape_fn_string_split, .tier = 2 },
	{ "StringStrip", "input: string -> output: string", "", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringToHashBucket", "string_tensor: string -> output: int64",
	  "num_buckets: int >= 1", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringToHashBucketFast", "input: string -> output: int64",
	  "num_buckets: int >= 1", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringToHashBucketStrong", "input: string -> output: int64",
	  "num_buckets: int >= 1; key: list(int)", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "StringUpper", "input: string -> output: string",
	  "encoding: string = ''", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "Substr", "input: string, pos: T, len: T -> output: string",
	  "T: {int32, int64}; unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'", 0, mg_shape_fn_broadcast, .tier = 2 },
	{ "UnicodeDecode", "input: string -> row_splits: Tsplits, char_values: int32",
	  "input_encoding: string; errors: {'strict', 'replace', 'ignore'} = 'replace'; "
	    "replacement_char: int = 65533; replace_control_characters: bool = false; Tsplits: {int32, "
	    "int64} = int64", 0, mg_shape_fn_unicode_decode, .tier = 2 },
	{ "UnicodeDecodeWithOffsets",
	  "input: string -> row_splits: Tsplits, char_values: int32, char_to_byte_starts: int64",
	  "input_encoding: string; errors: {'strict', 'replace', 'ignore'} = 'replace'; "
	    "replacement_char: int = 65533; replace_control_characters: bool = false; Tsplits: {int32, "
	    "int64} = int64", 0, mg_shape_fn_unicode_decode, .tier = 3 },
	{ "UnicodeEncode", "input_values: int32, input_splits: Tsplits -> output: string",
	  "errors: {'ignore', 'replace', 'strict'} = 'replace'; output_encoding: {'UTF-8', 'UTF-16-BE', "
	    "'UTF-32-BE'}; replacement_char: int = 65533; Tsplits: {int32, int64} = int64", 0, NULL, .tier = 2 },
	{ "UnicodeScript", "input: int32 -> output: int32", "", 0, mg_shape_fn_unchanged, .tier = 3 },
	{ "UnicodeTranscode", "input: string -> output: string",
	  "input_encoding: string; output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}; errors: "
	    "{'strict', 'replace', 'ignore'} = 'replace'; replacement_char: int = 65533; "
	    "replace_control_characters: bool = false", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "UnsortedSegmentJoin",
	  "inputs: string, segment_ids: Tindices, num_segments: Tnumsegments -> output: string",
	  "separator: string = ''; Tindices: {int32, int64}; Tnumsegments: {int32, int64} = int32",
	  0, mg_shape_fn_unsorted_segment, .tier = 2 },
	{ .name = NULL }
};
