/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c - formats simple enough to be read here: GIF, BMP, WAV.
 *
 *	GIF  "GIF87a" | size, flags | colours | blocks: ',' frame of LZW codes, '!' extension, ';' end
 *	BMP  "BM" ... offset of the pixels (10) | width (18) | height (22, negative: from the top) | bits (28), rows of 4 bytes
 *	WAV  "RIFF" size "WAVE" | chunks "fmt ", "data"
 */
#include "base/base.h"
#include <math.h>
#include "base/bytes.h"
#include "base/vec.h"
#include "runtime/codec.h"

#define MAX_BYTES ((int64_t)1 << 30)

/* ---- GIF ---- */

typedef struct gif {
	const uint8_t *at, *end;
	int64_t  w, h;
	const uint8_t *global;
	int      global_size, transparent, disposal;
	MG_VEC(uint8_t) frames;         /* one after the other, RGB */
	int64_t  count;
} gif;

static int
broken(mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid GIF data");
}

static bool
need(const gif *g, size_t n)
{
	return (size_t)(g->end - g->at) >= n;
}

/* Joins the sub-blocks at G->AT. */
static bool
sub_blocks(gif *g, mg_str *out)
{
	while (need(g, 1) && *g->at) {
		size_t n = *g->at++;

		if (!need(g, n))
			return false;
		mg_str_append(out, g->at, n);
		g->at += n;
	}
	if (!need(g, 1))
		return false;
	g->at++;
	return true;
}

/* LZW codes of at most 12 bits into COUNT bytes. */
static bool
unpack(const mg_str *codes, int start, uint8_t *out, int64_t count)
{
	uint16_t prefix[4096];
	uint8_t suffix[4096], first[4096], stack[4096];
	int clear = 1 << start, next = clear + 2, bits = start + 1, old = -1;
	uint32_t held = 0;
	int held_bits = 0;
	int64_t n = 0;
	size_t at = 0;

	for (int i = 0; i < clear; i++) {
		suffix[i] = first[i] = (uint8_t)i;
		prefix[i] = 0;
	}
	while (n < count) {
		int code, walk, depth = 0;

		while (held_bits < bits) {
			if (at >= codes->len)
				return true;    /* cut short: the rest stays */
			held |= (uint32_t)(uint8_t)codes->ptr[at++] << held_bits;
			held_bits += 8;
		}
		code = (int)(held & ((1u << bits) - 1));
		held >>= bits;
		held_bits -= bits;
		if (code == clear) {
			next = clear + 2;
			bits = start + 1;
			old = -1;
			continue;
		}
		if (code == clear + 1)
			return true;
		if (code > next || (old < 0 && code >= clear))
			return false;
		walk = code;
		if (code == next) {
			stack[depth++] = first[old];
			walk = old;
		}
		while (walk >= clear + 2 && depth < 4095) {
			stack[depth++] = suffix[walk];
			walk = prefix[walk];
		}
		stack[depth++] = suffix[walk];
		if (old >= 0 && next < 4096) {
			prefix[next] = (uint16_t)old;
			suffix[next] = stack[depth - 1];
			first[next] = first[old];
			next++;
			if (next == 1 << bits && bits < 12)
				bits++;
		}
		old = code;
		while (depth && n < count)
			out[n++] = stack[--depth];
	}
	return true;
}

static int64_t
interlaced_row(int64_t i, int64_t h)
{
	static const int begin[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };

	for (int pass = 0; pass < 4; pass++) {
		int64_t n = h > begin[pass] ? (h - begin[pass] + step[pass] - 1) / step[pass] : 0;

		if (i < n)
			return begin[pass] + i * step[pass];
		i -= n;
	}
	return 0;
}

static int
gif_frame(gif *g, mgreg_error *err)
{
	const uint8_t *colours = g->global;
	int size = g->global_size, flags, start, rc = 0;
	int64_t left, top, w, h, frame = g->w * g->h * 3;
	mg_str codes = MG_STR_INIT;
	uint8_t *pixels = NULL, *to;

	if (!need(g, 9))
		return broken(err);
	left = mg_load16(g->at);
	top = mg_load16(g->at + 2);
	w = mg_load16(g->at + 4);
	h = mg_load16(g->at + 6);
	flags = g->at[8];
	g->at += 9;
	if (flags & 0x80) {
		size = 2 << (flags & 7);
		if (!need(g, (size_t)size * 3))
			return broken(err);
		colours = g->at;
		g->at += size * 3;
	}
	if (!need(g, 1) || !colours || (start = *g->at++) < 2 || start > 11)
		return broken(err);
	if ((g->count + 1) * frame > MAX_BYTES)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "GIF size too large");
	if (!mg_vec_reserve(&g->frames, g->frames.len + (size_t)frame) || !(pixels = mg_calloc((size_t)MG_MAX(w * h, (int64_t)1), 1))) {
		rc = mg_fail_nomem(err, (size_t)frame);
		goto out;
	}
	to = g->frames.at + g->frames.len;
	if (g->count)                   /* drawn over the one before */
		memcpy(to, to - frame, (size_t)frame);
	else
		memset(to, 0, (size_t)frame);
	if (!sub_blocks(g, &codes) || !unpack(&codes, start, pixels, w * h)) {
		rc = codes.failed ? mg_fail_nomem(err, 0) : broken(err);
		goto out;
	}
	for (int64_t i = 0; i < h; i++) {
		int64_t y = top + (flags & 0x40 ? interlaced_row(i, h) : i);

		for (int64_t x = 0; x < w; x++) {
			int c = pixels[i * w + x];

			if (y < g->h && left + x < g->w && c != g->transparent && c < size)
				memcpy(to + (y * g->w + left + x) * 3, colours + c * 3, 3);
		}
	}
	g->frames.len += (size_t)frame;
	g->count++;
	g->transparent = -1;
out:
	mg_str_clear(&codes);
	mg_free(pixels);
	return rc;
}

static int
gif_blocks(gif *g, mgreg_error *err)
{
	int rc;

	while (need(g, 1)) {
		int kind = *g->at++;

		if (kind == ';')
			break;
		if (kind == ',') {
			if ((rc = gif_frame(g, err)) != 0)
				return g->count ? (mg_error_clear(err), 0) : rc;        /* what is whole counts */
		} else if (kind == '!' && need(g, 1)) {
			mg_str skipped = MG_STR_INIT;
			bool control = *g->at++ == 0xf9, ok = sub_blocks(g, &skipped);

			if (control && skipped.len >= 4)
				g->transparent = skipped.ptr[0] & 1 ? (uint8_t)skipped.ptr[3] : -1;
			mg_str_clear(&skipped);
			if (!ok)
				break;
		} else {
			break;
		}
	}
	return g->count ? 0 : broken(err);
}

int
mg_gif_decode(mg_slice in, mg_image *out, mgreg_error *err)
{
	gif g = { .at = (const uint8_t *)in.ptr, .end = (const uint8_t *)in.ptr + in.len, .transparent = -1 };
	int rc;

	if (in.len < 13 || memcmp(in.ptr, "GIF8", 4) != 0)
		return broken(err);
	g.w = mg_load16(g.at + 6);
	g.h = mg_load16(g.at + 8);
	if (g.w == 0 || g.h == 0)
		return broken(err);
	if (g.at[10] & 0x80) {
		g.global_size = 2 << (g.at[10] & 7);
		g.global = g.at + 13;
	}
	g.at += 13;
	if (!need(&g, (size_t)g.global_size * 3))
		return broken(err);
	g.at += g.global_size * 3;
	if ((rc = gif_blocks(&g, err)) != 0) {
		mg_vec_clear(&g.frames);
		return rc;
	}
	*out = (mg_image){ .w = g.w, .h = g.h, .frames = g.count, .channels = 3, .depth = 8, .data = g.frames.at };
	return 0;
}

/* ---- BMP ---- */

int
mg_bmp_decode(mg_slice in, int channels, mg_image *out, mgreg_error *err)
{
	const uint8_t *b = (const uint8_t *)in.ptr;
	int64_t offset, w, h, row;
	bool down;
	uint8_t *to;
	int bits, have;

	if (in.len < 32 || b[0] != 'B' || b[1] != 'M')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid BMP data");
	offset = mg_load32(b + 10);
	w = (int32_t)mg_load32(b + 18);
	h = (int32_t)mg_load32(b + 22);
	bits = mg_load16(b + 28);
	down = h < 0;
	h = h < 0 ? -h : h;
	have = bits / 8;
	if (channels == 0)
		channels = have;
	if ((bits != 8 && bits != 24 && bits != 32) || channels != have)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "channels attribute %d does not match bits per pixel from file %d", channels, bits);
	row = (w * have + 3) / 4 * 4;
	if (w <= 0 || h <= 0 || w > MAX_BYTES || row > MAX_BYTES / h || offset > (int64_t)in.len || row * h > (int64_t)in.len - offset)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "incomplete bmp content: %lld by %lld pixels", (long long)w, (long long)h);
	if (!(to = mg_alloc((size_t)(w * h * have))))
		return mg_fail_nomem(err, (size_t)(w * h * have));
	for (int64_t y = 0; y < h; y++)
		for (int64_t x = 0; x < w; x++) {
			const uint8_t *p = b + offset + (down ? y : h - 1 - y) * row + x * have;
			uint8_t *q = to + (y * w + x) * have;

			for (int c = 0; c < have; c++)
				q[c] = p[have >= 3 && c < 3 ? 2 - c : c];
		}
	*out = (mg_image){ .w = w, .h = h, .frames = 1, .channels = have, .depth = 8, .data = to };
	return 0;
}

/* ---- WAV ---- */

static void
put_number(mg_str *out, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		mg_str_addc(out, (char)(v >> (8 * i)));
}

int
mg_wav_encode(const float *samples, int64_t frames, int channels, uint32_t rate, mg_str *out, mgreg_error *err)
{
	int64_t bytes = frames * channels * 2;

	if (frames < 0 || channels < 1 || channels > 65535 || rate == 0 || frames > INT32_MAX / 2 / channels)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld frames of %d channels at %u a second cannot be a WAV", (long long)frames, channels, rate);
	mg_str_append(out, "RIFF", 4);
	put_number(out, (uint32_t)(36 + bytes), 4);
	mg_str_append(out, "WAVEfmt ", 8);
	put_number(out, 16, 4);
	put_number(out, 1, 2);
	put_number(out, (uint32_t)channels, 2);
	put_number(out, rate, 4);
	put_number(out, rate * (uint32_t)channels * 2, 4);
	put_number(out, (uint32_t)channels * 2, 2);
	put_number(out, 16, 2);
	mg_str_append(out, "data", 4);
	put_number(out, (uint32_t)bytes, 4);
	for (int64_t i = 0; i < frames * channels; i++)
		put_number(out, (uint32_t)(int32_t)MG_MIN(MG_MAX(roundf(samples[i] * 32768.0f), -32768.0f), 32767.0f), 2);
	return mg_str_check(out, err);
}
