/* SPDX-License-Identifier: Apache-2.0 */
/* xxh3.h - XXH3-128, canonical (big-endian) bytes: finds equal bytes, checks loads. */
#ifndef MG_XXH3_H
#define MG_XXH3_H
#define MG_XXH3_SIZE 16
void mg_xxh3(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE]);
#endif
