/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_image.c - resizing, colour, decoding, boxes.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_image[] = {
	{ "AdjustContrast",
	  "images: T, contrast_factor: float, min_value: float, max_value: float -> output: float",
	  "T: {uint8, int8, int16, int32, int64, float, double}",
	  0, mg_shape_fn_unchanged_min3, .tier = 2, .deprecated_at = 2, .deprecation = "Use AdjustContrastv2 instead" },
	{ "AdjustContrastv2", "images: T, contrast_factor: float -> output: T",
	  "T: {half, float} = float", 0, mg_shape_fn_unchanged_min3, .tier = 2 },
	{ "AdjustHue", "images: T, delta: float -> output: T",
	  "T: {half, float} = float", 0, mg_shape_fn_unchanged_min3, .tier = 2 },
	{ "AdjustSaturation", "images: T, scale: float -> output: T",
	  "T: {half, float} = float", 0, mg_shape_fn_unchanged_min3, .tier = 2 },
	{ "CombinedNonMaxSuppression",
	  "boxes: float, scores: float, max_output_size_per_class: int32, max_total_size: int32, "
	    "iou_threshold: float, score_threshold: float -> nmsed_boxes: float, nmsed_scores: float, "
	    "nmsed_classes: float, valid_detections: int32",
	  "pad_per_class: bool = false; clip_boxes: bool = true", 0, NULL, .tier = 2 },
	{ "CropAndResize", "image: T, boxes: float, box_ind: int32, crop_size: int32 -> crops: float",
	  "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}; method: {'bilinear', "
	    "'nearest'} = 'bilinear'; extrapolation_value: float = 0", 0, mg_shape_fn_crop_and_resize, .tier = 2 },
	{ "CropAndResizeGradBoxes",
	  "grads: float, image: T, boxes: float, box_ind: int32 -> output: float",
	  "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}; method: {'bilinear'} = "
	    "'bilinear'", 0, mg_shape_fn_like_2, .tier = 2 },
	{ "CropAndResizeGradImage",
	  "grads: float, boxes: float, box_ind: int32, image_size: int32 -> output: T",
	  "T: {float, half, double}; method: {'bilinear', 'nearest'} = 'bilinear'", 0, NULL, .tier = 2 },
	{ "DecodeAndCropJpeg", "contents: string, crop_window: int32 -> image: uint8",
	  "channels: int = 0; ratio: int = 1; fancy_upscaling: bool = true; try_recover_truncated: bool "
	    "= false; acceptable_fraction: float = 1; dct_method: string = ''", 0, NULL, .tier = 2 },
	{ "DecodeBmp", "contents: string -> image: uint8",
	  "channels: int = 0", 0, mg_shape_fn_decode_image, .tier = 2 },
	{ "DecodeGif", "contents: string -> image: uint8", "", 0, mg_shape_fn_decode_gif, .tier = 2 },
	{ "DecodeImage", "contents: string -> image: dtype",
	  "channels: int = 0; dtype: {uint8, uint16, float} = uint8; expand_animations: bool = true",
	  0, NULL, .tier = 3 },
	{ "DecodeJpeg", "contents: string -> image: uint8",
	  "channels: int = 0; ratio: int = 1; fancy_upscaling: bool = true; try_recover_truncated: bool "
	    "= false; acceptable_fraction: float = 1; dct_method: string = ''",
	  0, mg_shape_fn_decode_image, .tier = 1 },
	{ "DecodePng", "contents: string -> image: dtype",
	  "channels: int = 0; dtype: {uint8, uint16} = uint8", 0, mg_shape_fn_decode_image, .tier = 1 },
	{ "DrawBoundingBoxes", "images: T, boxes: float -> output: T",
	  "T: {float, half} = float", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "DrawBoundingBoxesV2", "images: T, boxes: float, colors: float -> output: T",
	  "T: {float, half} = float", 0, mg_shape_fn_unchanged, .tier = 3 },
	{ "EncodeJpeg", "image: uint8 -> contents: string",
	  "format: {'', 'grayscale', 'rgb'} = ''; quality: int = 95; progressive: bool = false; "
	    "optimize_size: bool = false; chroma_downsampling: bool = true; density_unit: {'in', 'cm'} = "
	    "'in'; x_density: int = 300; y_density: int = 300; xmp_metadata: string = ''",
	  0, mg_shape_fn_encode_image, .tier = 2 },
	{ "EncodeJpegVariableQuality", "images: uint8, quality: int32 -> contents: string",
	  "", 0, mg_shape_fn_encode_image, .tier = 3 },
	{ "EncodePng", "image: T -> contents: string",
	  "compression: int = -1; T: {uint8, uint16} = uint8", 0, mg_shape_fn_encode_image, .tier = 2 },
	{ "ExtractGlimpse", "input: float, size: int32, offsets: float -> glimpse: float",
	  "centered: bool = true; normalized: bool = true; uniform_noise: bool = true; noise: string = "
	    "'uniform'", 0, mg_shape_fn_glimpse, .tier = 2 },
	{ "ExtractGlimpseV2", "input: float, size: int32, offsets: float -> glimpse: float",
	  "centered: bool = true; normalized: bool = true; uniform_noise: bool = true; noise: string = "
	    "'uniform'", 0, NULL, .tier = 3 },
	{ "ExtractJpegShape", "contents: string -> image_shape: output_type",
	  "output_type: {int32, int64} = int32", 0, NULL, .tier = 2 },
	{ "GenerateBoundingBoxProposals",
	  "scores: float, bbox_deltas: float, image_info: float, anchors: float, nms_threshold: float, "
	    "pre_nms_topn: int32, min_size: float -> rois: float, roi_probabilities: float",
	  "post_nms_topn: int = 300", 0, NULL, .tier = 3 },
	{ "HSVToRGB", "images: T -> output: T",
	  "T: {half, bfloat16, float, double} = float", 0, mg_shape_fn_colours, .tier = 2 },
	{ "ImageProjectiveTransformV2",
	  "images: dtype, transforms: float, output_shape: int32 -> transformed_images: dtype",
	  "dtype: {uint8, int32, int64, half, float, double}; interpolation: string; fill_mode: string "
	    "= 'CONSTANT'", 0, NULL, .tier = 3 },
	{ "ImageProjectiveTransformV3",
	  "images: dtype, transforms: float, output_shape: int32, fill_value: float -> "
	    "transformed_images: dtype",
	  "dtype: {uint8, int32, int64, half, float, double}; interpolation: string; fill_mode: string "
	    "= 'CONSTANT'", 0, NULL, .tier = 3 },
	{ "NonMaxSuppression",
	  "boxes: float, scores: float, max_output_size: int32 -> selected_indices: int32",
	  "iou_threshold: float = 0.5", 0, mg_shape_fn_vector, .tier = 2 },
	{ "NonMaxSuppressionV2",
	  "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold -> selected_indices: "
	    "int32",
	  "T: {half, float} = float; T_threshold: {half, float} = float", 0, mg_shape_fn_vector, .tier = 2 },
	{ "NonMaxSuppressionV3",
	  "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: "
	    "T_threshold -> selected_indices: int32",
	  "T: {half, float} = float; T_threshold: {half, float} = float", 0, mg_shape_fn_vector, .tier = 2 },
	{ "NonMaxSuppressionV4",
	  "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: "
	    "T_threshold -> selected_indices: int32, valid_outputs: int32",
	  "T: {half, float} = float; T_threshold: {half, float} = float; pad_to_max_output_size: bool = "
	    "false", 0, mg_shape_fn_nms_counted, .tier = 2 },
	{ "NonMaxSuppressionV5",
	  "boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, "
	    "soft_nms_sigma: T -> selected_indices: int32, selected_scores: T, valid_outputs: int32",
	  "T: {half, float} = float; pad_to_max_output_size: bool = false",
	  0, mg_shape_fn_nms_counted, .tier = 2 },
	{ "NonMaxSuppressionWithOverlaps",
	  "overlaps: float, scores: float, max_output_size: int32, overlap_threshold: float, "
	    "score_threshold: float -> selected_indices: int32",
	  "", 0, mg_shape_fn_vector, .tier = 2 },
	{ "RGBToHSV", "images: T -> output: T",
	  "T: {half, bfloat16, float, double} = float", 0, mg_shape_fn_colours, .tier = 2 },
	{ "ResizeArea", "images: T, size: int32 -> resized_images: float",
	  "T: {int8, uint8, int16, uint16, int32, int64, half, float, double}; align_corners: bool = "
	    "false", 0, mg_shape_fn_resize, .tier = 2 },
	{ "ResizeBicubic", "images: T, size: int32 -> resized_images: float",
	  "T: {int8, uint8, int16, uint16, int32, int64, half, float, double}; align_corners: bool = "
	    "false; half_pixel_centers: bool = false", 0, mg_shape_fn_resize, .tier = 2 },
	{ "ResizeBicubicGrad", "grads: float, original_image: T -> output: T",
	  "T: {float, double}; align_corners: bool = false; half_pixel_centers: bool = false",
	  0, mg_shape_fn_like_1, .tier = 2 },
	{ "ResizeBilinear", "images: T, size: int32 -> resized_images: float",
	  "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double}; align_corners: "
	    "bool = false; half_pixel_centers: bool = false", 0, mg_shape_fn_resize, .tier = 1 },
	{ "ResizeBilinearGrad", "grads: float, original_image: T -> output: T",
	  "T: {float, bfloat16, half, double}; align_corners: bool = false; half_pixel_centers: bool = "
	    "false", 0, mg_shape_fn_like_1, .tier = 1 },
	{ "ResizeNearestNeighbor", "images: T, size: int32 -> resized_images: T",
	  "T: {int8, uint8, int16, uint16, int32, int64, half, float, double}; align_corners: bool = "
	    "false; half_pixel_centers: bool = false", 0, mg_shape_fn_resize, .tier = 1 },
	{ "ResizeNearestNeighborGrad", "grads: T, size: int32 -> output: T",
	  "T: {uint8, int8, int32, half, float, double}; align_corners: bool = false; "
	    "half_pixel_centers: bool = false", 0, mg_shape_fn_resize, .tier = 1 },
	{ "SampleDistortedBoundingBox",
	  "image_size: T, bounding_boxes: float -> begin: T, size: T, bboxes: float",
	  "T: {uint8, int8, int16, int32, int64}; seed: int = 0; seed2: int = 0; min_object_covered: "
	    "float = 0.1; aspect_ratio_range: list(float) = [0.75, 1.33]; area_range: list(float) = "
	    "[0.05, 1]; max_attempts: int = 100; use_image_if_no_bounding_boxes: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_distorted_box, .tier = 2 },
	{ "SampleDistortedBoundingBoxV2",
	  "image_size: T, bounding_boxes: float, min_object_covered: float -> begin: T, size: T, "
	    "bboxes: float",
	  "T: {uint8, int8, int16, int32, int64}; seed: int = 0; seed2: int = 0; aspect_ratio_range: "
	    "list(float) = [0.75, 1.33]; area_range: list(float) = [0.05, 1]; max_attempts: int = 100; "
	    "use_image_if_no_bounding_boxes: bool = false", MG_OP_STATEFUL, mg_shape_fn_distorted_box, .tier = 2 },
	{ "ScaleAndTranslate",
	  "images: T, size: int32, scale: float, translation: float -> resized_images: float",
	  "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double}; kernel_type: "
	    "string = 'lanczos3'; antialias: bool = true", 0, mg_shape_fn_resize, .tier = 3 },
	{ "ScaleAndTranslateGrad",
	  "grads: T, original_image: T, scale: float, translation: float -> output: T",
	  "T: {float}; kernel_type: string = 'lanczos3'; antialias: bool = true", 0, NULL, .tier = 3 },
	{ "StatelessSampleDistortedBoundingBox",
	  "image_size: T, bounding_boxes: float, min_object_covered: float, seed: Tseed -> begin: T, "
	    "size: T, bboxes: float",
	  "T: {uint8, int8, int16, int32, int64}; Tseed: {int32, int64}; aspect_ratio_range: "
	    "list(float) = [0.75, 1.33]; area_range: list(float) = [0.05, 1]; max_attempts: int = 100; "
	    "use_image_if_no_bounding_boxes: bool = false", 0, NULL, .tier = 3 },
	{ .name = NULL }
};
