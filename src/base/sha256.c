/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.c - SHA-256 of libcrypto, opened on first use; the only place that includes OpenSSL. */
#include "base/base.h"
#include "base/dl.h"
#include "base/sha256.h"

#include <openssl/evp.h>

#define CALLS(X) X(EVP_MD_CTX_new) X(EVP_MD_CTX_free) X(EVP_DigestInit_ex) X(EVP_DigestUpdate) \
	X(EVP_DigestFinal_ex) X(EVP_MD_fetch)
static struct {
#define X(f) __typeof__(f) *f;
	CALLS(X)
#undef X
} ssl;
static const char *const names[] = {
#define X(f) #f,
	CALLS(X)
#undef X
};
static mg_dl lib = {
	.soname = MG_SONAME_CRYPTO, .package = "libssl3", .names = names, .count = MG_COUNT(names), .calls = &ssl,
};
/* Fetched once and kept for the life of the process: fetching costs more than hashing a small block. */
static const EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	sha256 = ssl.EVP_MD_fetch(NULL, "SHA256", NULL);
}

struct mg_sha256_ctx { EVP_MD_CTX *evp; };

static int
load(mgreg_error *err)
{
	int rc = mg_dl_load(&lib, err);

	if (rc)
		return rc;
	pthread_once(&once, fetch);
	return sha256 ? 0 : mg_fail(err, MGREG_UNIMPLEMENTED, "libcrypto has no SHA-256");
}

int
mg_sha256_new(mg_sha256_ctx **out, mgreg_error *err)
{
	mg_sha256_ctx *ctx = NULL;
	int rc = load(err);

	if (rc)
		return rc;
	if (!(ctx = mg_calloc(1, sizeof(*ctx))))
		return mg_fail_nomem(err, sizeof(*ctx));
	ctx->evp = ssl.EVP_MD_CTX_new();
	if (!ctx->evp || !ssl.EVP_DigestInit_ex(ctx->evp, sha256, NULL)) {
		mg_sha256_free(ctx);
		return mg_fail_nomem(err, 0);
	}
	*out = ctx;
	return 0;
}

void
mg_sha256_update(mg_sha256_ctx *ctx, const void *data, size_t size)
{
	ssl.EVP_DigestUpdate(ctx->evp, data, size);
}

void
mg_sha256_final(mg_sha256_ctx *ctx, uint8_t out[MG_SHA256_SIZE])
{
	unsigned n = 0;

	ssl.EVP_DigestFinal_ex(ctx->evp, out, &n);
	ssl.EVP_DigestInit_ex(ctx->evp, sha256, NULL);
}

void
mg_sha256_free(mg_sha256_ctx *ctx)
{
	if (!ctx)
		return;
	ssl.EVP_MD_CTX_free(ctx->evp);
	mg_free(ctx);
}

int
mg_sha256(const void *data, size_t size, uint8_t out[MG_SHA256_SIZE], mgreg_error *err)
{
	mg_sha256_ctx *ctx;
	int rc = mg_sha256_new(&ctx, err);

	if (rc)
		return rc;
	mg_sha256_update(ctx, data, size);
	mg_sha256_final(ctx, out);
	mg_sha256_free(ctx);
	return 0;
}

void
mg_hex(char *out, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * size] = '\0';
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
mg_unhex(const char *text, size_t len, void *out)
{
	uint8_t *p = out;

	if (len % 2)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int hi = digit(text[i]), lo = digit(text[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		p[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}
