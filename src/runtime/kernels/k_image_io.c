/* SPDX-License-Identifier: Apache-2.0 */
/* k_image_io.c - pictures and sound in files and in summaries. */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include "base/bytes.h"
#include "proto/proto.h"
#include "runtime/codec.h"

/* ---- decoding ---- */

static int
contents(mg_kernel_ctx *k, mg_slice *out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 0);
	char shape[256];

	if (mg_rank(t) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "contents must be scalar, got shape %s", mg_shape_text(&t->shape, shape));
	*out = mg_tensor_string(t, 0);
	return out->len ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "contents are empty");
}

static int
channels_of(mg_kernel_ctx *k, int *out, mgreg_error *err)
{
	int64_t n = mg_k_attr_int(mg_kernel_attrs(k), "channels", 0);

	if (n != 0 && n != 1 && n != 3 && n != 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "channels must be 0, 1, 3 or 4, got %lld", (long long)n);
	*out = (int)n;
	return 0;
}

/* The picture as output 0: [h, w, c] or, with FRAMES, [n, h, w, c].  Takes the data. */
static int
put_image(mg_kernel_ctx *k, mg_image *im, bool frames, mgreg_error *err)
{
	int64_t dims[4] = { im->frames, im->h, im->w, im->channels };
	mg_tensor *y;
	int rc = mg_kernel_output_dims(k, 0, dims + !frames, 3 + frames, &y, err);

	if (rc == 0 && y->dtype == MGREG_FLOAT)
		for (int64_t i = 0; i < y->count; i++)
			MG_DATA(y, float)[i] = im->depth == 16 ? (float)((uint16_t *)im->data)[i] / 65535.0f : (float)((uint8_t *)im->data)[i] / 255.0f;
	else if (rc == 0 && y->dtype == MGREG_UINT16 && im->depth == 8)
		for (int64_t i = 0; i < y->count; i++)
			MG_DATA(y, uint16_t)[i] = (uint16_t)(((uint8_t *)im->data)[i] * 257);
	else if (rc == 0)
		memcpy(y->data, im->data, y->size);
	mg_free(im->data);
	return rc;
}

static int
decode_jpeg(mg_kernel_ctx *k, mg_slice in, mg_image *im, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int64_t ratio = mg_k_attr_int(attrs, "ratio", 1);
	int channels = 0, rc;

	if (ratio != 1 && ratio != 2 && ratio != 4 && ratio != 8)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "ratio must be 1, 2, 4, or 8, got %lld", (long long)ratio);
	if ((rc = channels_of(k, &channels, err)) != 0)
		return rc;
	if (channels == 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "channels must be 0, 1, or 3 for a JPEG");
	return mg_jpeg_decode(in, channels, (int)ratio, mg_k_attr_bool(attrs, "fancy_upscaling", true), mg_k_attr_is(attrs, "dct_method", "INTEGER_FAST"), im, err);
}

/* By the first bytes, as TensorFlow: DecodeJpeg takes a PNG, too. */
static int
decode_any(mg_kernel_ctx *k, bool expand, mgreg_error *err)
{
	mg_image im = { 0 };
	bool moving = false;
	int channels = 0, rc;
	mg_slice in;

	if ((rc = contents(k, &in, err)) != 0 || (rc = channels_of(k, &channels, err)) != 0)
		return rc;
	if (in.len >= 3 && !memcmp(in.ptr, "\xff\xd8\xff", 3)) {
		rc = decode_jpeg(k, in, &im, err);
	} else if (in.len >= 4 && !memcmp(in.ptr, "\x89PNG", 4)) {
		rc = mg_png_decode(in, channels, mg_dtype_base(mg_kernel_output_type(k, 0)) == MGREG_UINT8 ? 8 : 16, &im, err);
	} else if (in.len >= 4 && !memcmp(in.ptr, "GIF8", 4)) {
		rc = mg_gif_decode(in, &im, err);
		moving = expand;
		if (rc == 0 && !expand && im.frames > 1 && !mg_starts_with(mg_kernel_node(k)->op_name, "DecodeImage")) {
			mg_free(im.data);
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "got %lld frames, but animated gifs can only be decoded by decode_gif", (long long)im.frames);
		}
	} else if (in.len >= 2 && !memcmp(in.ptr, "BM", 2) && mg_starts_with(mg_kernel_node(k)->op_name, "DecodeImage")) {
		rc = mg_bmp_decode(in, channels, &im, err);
	} else {
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected image (JPEG, PNG, or GIF), got unknown format starting with %zu bytes", MG_MIN(in.len, (size_t)16));
	}
	return rc ? rc : put_image(k, &im, moving, err);
}

static int decode_run(mg_kernel_ctx *k, mgreg_error *err) { return decode_any(k, false, err); }

static int
decode_image_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return decode_any(k, mg_k_attr_bool(mg_kernel_attrs(k), "expand_animations", true), err);
}

static int
decode_gif_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_image im = { 0 };
	mg_slice in;
	int rc;

	if ((rc = contents(k, &in, err)) != 0)
		return rc;
	if (in.len >= 4 && !memcmp(in.ptr, "GIF8", 4))
		rc = mg_gif_decode(in, &im, err);
	else if (in.len >= 4 && !memcmp(in.ptr, "\x89PNG", 4))
		rc = mg_png_decode(in, 3, 8, &im, err);
	else
		rc = mg_jpeg_decode(in, 3, 1, true, false, &im, err);
	return rc ? rc : put_image(k, &im, true, err);
}

static int
decode_bmp_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_image im = { 0 };
	int channels = 0, rc;
	mg_slice in;

	if ((rc = contents(k, &in, err)) != 0 || (rc = channels_of(k, &channels, err)) != 0 || (rc = mg_bmp_decode(in, channels, &im, err)) != 0)
		return rc;
	return put_image(k, &im, false, err);
}

static int
crop_jpeg_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *window = mg_kernel_input(k, 1);
	mg_image im = { 0 };
	int64_t at[4];
	mg_slice in;
	size_t row;
	int rc;

	if ((rc = contents(k, &in, err)) != 0)
		return rc;
	if (mg_rank(window) != 1 || window->count != 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "crop_window must have four elements");
	for (int i = 0; i < 4; i++)
		at[i] = mg_k_int(window, i);
	if ((rc = decode_jpeg(k, in, &im, err)) != 0)
		return rc;
	if (at[0] < 0 || at[1] < 0 || at[2] <= 0 || at[3] <= 0 || at[2] > im.h - at[0] || at[3] > im.w - at[1]) {
		mg_free(im.data);
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid JPEG crop window");
	}
	row = (size_t)(at[3] * im.channels);
	for (int64_t y = 0; y < at[2]; y++)
		memmove((uint8_t *)im.data + (size_t)y * row, (uint8_t *)im.data + ((at[0] + y) * im.w + at[1]) * im.channels, row);
	im.h = at[2];
	im.w = at[3];
	return put_image(k, &im, false, err);
}

static int
jpeg_shape_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t shape[3];
	mg_tensor *y;
	mg_slice in;
	int rc;

	if ((rc = contents(k, &in, err)) != 0 || (rc = mg_jpeg_shape(in, shape, err)) != 0 || (rc = mg_kernel_output_dims(k, 0, (int64_t[]){ 3 }, 1, &y, err)) != 0)
		return rc;
	for (int i = 0; i < 3; i++)
		mg_k_set_int(y, i, shape[i]);
	return 0;
}

/* ---- encoding ---- */

static int
put_string(mg_kernel_ctx *k, mg_str *text, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = mg_str_check(text, err);

	if (rc == 0 && (rc = mg_tensor_init_string(&t, text->ptr, text->len, err)) == 0)
		mg_kernel_take(k, 0, &t);
	return rc;
}

static int
picture(const mg_tensor *x, mg_image *im, mgreg_error *err)
{
	char shape[256];

	if (mg_rank(x) != 3 || x->count == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "image must be 3-dimensional and not empty, got %s", mg_shape_text(&x->shape, shape));
	if (mg_dim(x, 2) < 1 || mg_dim(x, 2) > 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "image must have 1, 2, 3, or 4 channels, got %lld", (long long)mg_dim(x, 2));
	*im = (mg_image){ .w = mg_dim(x, 1), .h = mg_dim(x, 0), .frames = 1, .channels = (int)mg_dim(x, 2), .depth = x->dtype == MGREG_UINT16 ? 16 : 8, .data = x->data };
	return 0;
}

static int
encode_png_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t level = mg_k_attr_int(mg_kernel_attrs(k), "compression", -1);
	mg_str text = MG_STR_INIT;
	mg_image im;
	int rc;

	if (level < -1 || level > 9)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "compression should be in [-1,9], got %lld", (long long)level);
	MG_TRY(picture(mg_kernel_input(k, 0), &im, err));
	MG_TRY(mg_png_encode(&im, (int)level, &text, err));
	rc = put_string(k, &text, err);
out:
	mg_str_clear(&text);
	return rc;
}

static int
encode_jpeg(mg_kernel_ctx *k, int64_t quality, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	mg_jpeg_options o = { .quality = (int)quality, .density_unit = mg_k_attr_is(attrs, "density_unit", "cm") ? 2 : 1,
		.x_density = (int)mg_k_attr_int(attrs, "x_density", 300), .y_density = (int)mg_k_attr_int(attrs, "y_density", 300),
		.progressive = mg_k_attr_bool(attrs, "progressive", false), .optimize = mg_k_attr_bool(attrs, "optimize_size", false),
		.downsample = mg_k_attr_bool(attrs, "chroma_downsampling", true) };
	mg_str text = MG_STR_INIT;
	mg_image im;
	int rc;

	if (quality < 0 || quality > 100)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "quality must be in [0,100], got %lld", (long long)quality);
	MG_TRY(picture(mg_kernel_input(k, 0), &im, err));
	if ((mg_k_attr_is(attrs, "format", "grayscale") && im.channels != 1) || (mg_k_attr_is(attrs, "format", "rgb") && im.channels != 3)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "format does not fit an image of %d channels", im.channels);
		goto out;
	}
	MG_TRY(mg_jpeg_encode(&im, &o, &text, err));
	rc = put_string(k, &text, err);
out:
	mg_str_clear(&text);
	return rc;
}

static int encode_jpeg_run(mg_kernel_ctx *k, mgreg_error *err) { return encode_jpeg(k, mg_k_attr_int(mg_kernel_attrs(k), "quality", 95), err); }

static int
encode_jpeg_quality_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t quality;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "quality", &quality, err);

	return rc ? rc : encode_jpeg(k, quality, err);
}

/* ---- summaries: a Value { tag 1, image 4, audio 6 } for each ---- */

static int
tag_of(mg_kernel_ctx *k, mg_slice *out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 0);

	if (t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tag must be a scalar");
	*out = mg_tensor_string(t, 0);
	return 0;
}

static void
put_value(mg_str *out, mg_slice tag, const char *kind, int64_t i, int64_t most, uint32_t field, const mg_str *body)
{
	mg_str value = MG_STR_INIT, name = MG_STR_INIT;

	mg_str_append(&name, tag.ptr, tag.len);
	if (most > 1)
		mg_str_printf(&name, "/%s/%lld", kind, (long long)i);
	else
		mg_str_printf(&name, "/%s", kind);
	mg_wire_put_bytes(&value, 1, name.ptr, name.len);
	mg_wire_put_bytes(&value, field, body->ptr, body->len);
	mg_wire_put_bytes(out, 1, value.ptr, value.len);
	out->failed |= value.failed | name.failed | body->failed;
	mg_str_clear(&value);
	mg_str_clear(&name);
}

/* One picture of reals as bytes: with a negative value zero becomes 128, otherwise the greatest becomes 255. */
static void
normalize(const double *from, int64_t pixels, int depth, const uint8_t *bad, uint8_t *to)
{
	double low = INFINITY, high = -INFINITY, scale, offset;

	for (int64_t p = 0; p < pixels; p++) {
		bool finite = true;

		for (int c = 0; c < depth; c++)
			finite = finite && isfinite(from[p * depth + c]);
		for (int c = 0; c < depth && finite; c++) {
			low = MG_MIN(low, from[p * depth + c]);
			high = MG_MAX(high, from[p * depth + c]);
		}
	}
	if (low < 0) {
		double most = MG_MAX(fabs(low), fabs(high));

		scale = most < 1e-6 ? 0 : 127.0 / most;
		offset = 128;
	} else {
		scale = !(high >= 1e-6) ? 0 : 255.0 / high;
		offset = 0;
	}
	for (int64_t p = 0; p < pixels; p++) {
		bool finite = true;

		for (int c = 0; c < depth; c++)
			finite = finite && isfinite(from[p * depth + c]);
		for (int c = 0; c < depth; c++)
			to[p * depth + c] = finite ? (uint8_t)(float)(from[p * depth + c] * scale + offset) : bad[c];
	}
}

static int
bad_colour(mg_kernel_ctx *k, int depth, uint8_t out[4], mgreg_error *err)
{
	const Pb__TensorProto *p;
	mg_tensor t = { 0 };
	int rc = 0;

	memcpy(out, (uint8_t[]){ 255, 0, 0, 255 }, 4);
	if (!mg_attr_get_tensor(mg_kernel_attrs(k), "bad_color", &p))
		return 0;
	if ((rc = mg_tensor_from_proto(&t, p, 0, err)) != 0)
		return rc;
	if (t.dtype != MGREG_UINT8 || mg_rank(&t) != 1 || t.count < depth)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "expected bad_color to be uint8 with at least %d channels", depth);
	for (int c = 0; c < depth && rc == 0; c++)
		out[c] = MG_CDATA(&t, uint8_t)[c];
	mg_tensor_clear(&t);
	return rc;
}

static int
image_summary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 1);
	int64_t most = mg_k_attr_int(mg_kernel_attrs(k), "max_images", 3), pixels, n;
	mg_str text = MG_STR_INIT, png = MG_STR_INIT, body = MG_STR_INIT;
	uint8_t bad[4], *bytes = NULL;
	double *reals = NULL;
	mg_image im = { .frames = 1, .depth = 8 };
	mg_slice tag;
	int depth, rc;

	MG_TRY(tag_of(k, &tag, err));
	if (mg_rank(x) != 4 || (mg_dim(x, 3) != 1 && mg_dim(x, 3) != 3 && mg_dim(x, 3) != 4)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor must be 4-D with last dim 1, 3, or 4");
		goto out;
	}
	depth = (int)mg_dim(x, 3);
	pixels = mg_dim(x, 1) * mg_dim(x, 2);
	n = pixels * depth;
	if (mg_dim(x, 1) >= 1 << 24 || mg_dim(x, 2) >= 1 << 24 || pixels >= 1 << 29) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "hw too large for a summary");
		goto out;
	}
	MG_TRY(bad_colour(k, depth, bad, err));
	bytes = mg_alloc((size_t)n + 1);
	reals = mg_calloc((size_t)n + 1, sizeof(*reals));
	if (!bytes || !reals) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	im.w = mg_dim(x, 2);
	im.h = mg_dim(x, 1);
	im.channels = depth;
	im.data = bytes;
	for (int64_t i = 0; i < MG_MIN(mg_dim(x, 0), most); i++) {
		if (x->dtype == MGREG_UINT8) {
			memcpy(bytes, MG_CDATA(x, uint8_t) + i * n, (size_t)n);
		} else {
			for (int64_t j = 0; j < n; j++)
				mg_tensor_as_double(x, i * n + j, &reals[j]);
			normalize(reals, pixels, depth, bad, bytes);
		}
		mg_str_reset(&png);
		mg_str_reset(&body);
		MG_TRY(mg_png_encode(&im, -1, &png, err));
		mg_wire_put_varint(&body, 1, (uint64_t)im.h);
		mg_wire_put_varint(&body, 2, (uint64_t)im.w);
		mg_wire_put_varint(&body, 3, (uint64_t)depth);
		mg_wire_put_bytes(&body, 4, png.ptr, png.len);
		put_value(&text, tag, "image", i, most, 4, &body);
	}
	rc = put_string(k, &text, err);
out:
	mg_str_clear(&text);
	mg_str_clear(&png);
	mg_str_clear(&body);
	mg_free(bytes);
	mg_free(reals);
	return rc;
}

static int
audio_summary(mg_kernel_ctx *k, float rate, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 1);
	int64_t most = mg_k_attr_int(mg_kernel_attrs(k), "max_outputs", 3), frames;
	mg_str text = MG_STR_INIT, wav = MG_STR_INIT, body = MG_STR_INIT;
	int channels = 0, rc;
	uint32_t bits;
	mg_slice tag;

	MG_TRY(tag_of(k, &tag, err));
	if (mg_rank(x) < 2 || mg_rank(x) > 3) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor must be 3-D or 2-D");
		goto out;
	}
	if (!(rate > 0) || rate > 1e9f) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "sample_rate must be > 0");
		goto out;
	}
	frames = mg_dim(x, 1);
	channels = mg_rank(x) == 2 ? 1 : (int)MG_MIN(mg_dim(x, 2), (int64_t)65536);
	memcpy(&bits, &rate, sizeof(bits));
	for (int64_t i = 0; i < MG_MIN(mg_dim(x, 0), most); i++) {
		mg_str_reset(&wav);
		mg_str_reset(&body);
		MG_TRY(mg_wav_encode(MG_CDATA(x, float) + i * frames * channels, frames, channels, (uint32_t)rate, &wav, err));
		mg_wire_put_32(&body, 1, bits);
		mg_wire_put_varint(&body, 2, (uint64_t)channels);
		mg_wire_put_varint(&body, 3, (uint64_t)frames);
		mg_wire_put_bytes(&body, 4, wav.ptr, wav.len);
		mg_wire_put_bytes(&body, 5, "audio/wav", 9);
		put_value(&text, tag, "audio", i, most, 6, &body);
	}
	rc = put_string(k, &text, err);
out:
	mg_str_clear(&text);
	mg_str_clear(&wav);
	mg_str_clear(&body);
	return rc;
}

static int audio_summary_run(mg_kernel_ctx *k, mgreg_error *err) { return audio_summary(k, mg_k_attr_float(mg_kernel_attrs(k), "sample_rate", 0), err); }

static int
audio_summary_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *rate = mg_kernel_input(k, 2);

	return rate->count == 1 ? audio_summary(k, MG_CDATA(rate, float)[0], err) : mg_fail(err, MGREG_INVALID_ARGUMENT, "sample_rate must be a scalar");
}

/* ---- WAV ---- */

static int
encode_wav_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_str text = MG_STR_INIT;
	int64_t rate;
	int rc;

	MG_TRY(mg_k_scalar(mg_kernel_input(k, 1), "sample_rate", &rate, err));
	if (mg_rank(x) != 2 || rate <= 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "audio must be 2-dimensional, its sample rate positive");
		goto out;
	}
	MG_TRY(mg_wav_encode(x->data, mg_dim(x, 0), (int)MG_MIN(mg_dim(x, 1), (int64_t)65536), (uint32_t)rate, &text, err));
	rc = put_string(k, &text, err);
out:
	mg_str_clear(&text);
	return rc;
}

typedef struct sound {
	const uint8_t *data;
	int64_t  frames;
	int      channels;
	uint32_t rate;
} sound;

static int
read_wav(mg_slice in, sound *s, mgreg_error *err)
{
	const uint8_t *p = (const uint8_t *)in.ptr;
	size_t at = 12;

	if (in.len < 12 || memcmp(p, "RIFF", 4) || memcmp(p + 8, "WAVE", 4))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "header mismatch: expected RIFF and WAVE");
	while (in.len - at >= 8) {
		size_t n = mg_load32(p + at + 4);
		const uint8_t *body = p + at + 8;

		if (n > in.len - at - 8)
			n = in.len - at - 8;
		if (!memcmp(p + at, "fmt ", 4) && n >= 16) {
			if (mg_load16(body) != 1 || mg_load16(body + 14) != 16)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "bad audio format for WAV: expected 1 (PCM) with 16 bits");
			s->channels = mg_load16(body + 2);
			s->rate = mg_load32(body + 4);
		} else if (!memcmp(p + at, "data", 4) && s->channels) {
			s->data = body;
			s->frames = (int64_t)n / (2 * s->channels);
			return 0;
		}
		if (n + 8 + (n & 1) > in.len - at)
			break;
		at += 8 + n + (n & 1);
	}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "the WAV holds no sound");
}

static int
decode_wav_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t channels = mg_k_attr_int(mg_kernel_attrs(k), "desired_channels", -1), frames = mg_k_attr_int(mg_kernel_attrs(k), "desired_samples", -1);
	sound s = { 0 };
	mg_tensor *y, *rate;
	mg_slice in;
	int rc;

	if ((rc = contents(k, &in, err)) != 0 || (rc = read_wav(in, &s, err)) != 0)
		return rc;
	if (channels < 0)
		channels = s.channels;
	if (frames < 0)
		frames = s.frames;
	if (channels > 65535 || (rc = mg_kernel_output_dims(k, 0, (int64_t[]){ frames, channels }, 2, &y, err)) != 0
	    || (rc = mg_kernel_output_dims(k, 1, NULL, 0, &rate, err)) != 0)
		return rc ? rc : mg_fail(err, MGREG_INVALID_ARGUMENT, "too many channels");
	for (int64_t f = 0; f < frames; f++)
		for (int64_t c = 0; c < channels; c++) {
			int64_t from = MG_MIN(c, (int64_t)s.channels - 1);

			MG_DATA(y, float)[f * channels + c] = f < s.frames ? (float)(int16_t)mg_load16(s.data + 2 * (f * s.channels + from)) / 32768.0f : 0;
		}
	*MG_DATA(rate, int32_t) = (int32_t)s.rate;
	return 0;
}

const mg_kernel mg_kernels_image_io[] = {
	{ "DecodeJpeg", .run = decode_run }, { "DecodePng", .run = decode_run }, { "DecodeGif", .run = decode_gif_run },
	{ "DecodeBmp", .run = decode_bmp_run }, { "DecodeImage", .run = decode_image_run }, { "DecodeAndCropJpeg", .run = crop_jpeg_run },
	{ "ExtractJpegShape", .run = jpeg_shape_run }, { "EncodePng", .run = encode_png_run }, { "EncodeJpeg", .run = encode_jpeg_run },
	{ "EncodeJpegVariableQuality", .run = encode_jpeg_quality_run },
	{ "ImageSummary", .run = image_summary_run }, { "AudioSummary", .run = audio_summary_run }, { "AudioSummaryV2", .run = audio_summary_v2_run },
	{ "EncodeWav", .run = encode_wav_run }, { "DecodeWav", .run = decode_wav_run },
	{ .op = NULL }
};
