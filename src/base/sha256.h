/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.h - content addresses; libcrypto, opened late. */
#ifndef MG_SHA256_H
#define MG_SHA256_H
#define MG_SHA256_SIZE 32

int mg_sha256(const void *data, size_t size, uint8_t out[MG_SHA256_SIZE], mgreg_error *err);

typedef struct mg_sha256_ctx mg_sha256_ctx;
int mg_sha256_new(mg_sha256_ctx **out, mgreg_error *err);
void mg_sha256_update(mg_sha256_ctx *ctx, const void *data, size_t size);
void mg_sha256_final(mg_sha256_ctx *ctx, uint8_t out[MG_SHA256_SIZE]);  /* the context starts anew */
void mg_sha256_free(mg_sha256_ctx *ctx);
void mg_hex(char *out, const void *data, size_t size);          /* 2*size lower-case digits and a NUL */
bool mg_unhex(const char *text, size_t len, void *out);         /* LEN digits -> LEN/2 bytes */
#endif
