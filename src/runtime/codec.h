/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - pictures and sound in and out of their file formats.  The libraries are opened on first use. */
#ifndef MG_CODEC_H
#define MG_CODEC_H

#include "base/str.h"

typedef struct mg_image {
	int64_t w, h, frames;           /* frames: 1 but for GIF */
	int     channels, depth;        /* 8 or 16 bits */
	void   *data;                   /* rows from the top, channels together; free with mg_free */
} mg_image;

/* CHANNELS 0: as stored.  Damage is INVALID_ARGUMENT, as in TensorFlow. */
int mg_png_decode(mg_slice in, int channels, int depth, mg_image *out, mgreg_error *err);
int mg_jpeg_decode(mg_slice in, int channels, int ratio, bool fancy, bool fast, mg_image *out, mgreg_error *err);
int mg_jpeg_shape(mg_slice in, int64_t out[3], mgreg_error *err);
int mg_gif_decode(mg_slice in, mg_image *out, mgreg_error *err);
int mg_bmp_decode(mg_slice in, int channels, mg_image *out, mgreg_error *err);
/* LEVEL -1: the library's own choice. */
int mg_png_encode(const mg_image *in, int level, mg_str *out, mgreg_error *err);

typedef struct mg_jpeg_options {
	int  quality, density_unit, x_density, y_density;
	bool progressive, optimize, downsample;
} mg_jpeg_options;
int mg_jpeg_encode(const mg_image *in, const mg_jpeg_options *options, mg_str *out, mgreg_error *err);

/* 16-bit PCM; samples in [-1, 1], frames of CHANNELS. */
int mg_wav_encode(const float *samples, int64_t frames, int channels, uint32_t rate, mg_str *out, mgreg_error *err);
#endif
