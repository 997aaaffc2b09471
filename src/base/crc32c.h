/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c.h - CRC-32C (Castagnoli) and the masked form of table and record files. */
#ifndef MG_CRC32C_H
#define MG_CRC32C_H

/* CRC of A‖B from the CRC of A; start with 0.  mg_crc32c("123456789", 9) is e3069283. */
uint32_t mg_crc32c_extend(uint32_t crc, const void *data, size_t size);
static inline uint32_t mg_crc32c(const void *data, size_t size) { return mg_crc32c_extend(0, data, size); }
static inline uint32_t mg_crc32c_mask(uint32_t c) { return ((c >> 15) | (c << 17)) + 0xa282ead8u; }
static inline uint32_t
mg_crc32c_unmask(uint32_t m)
{
	uint32_t r = m - 0xa282ead8u;
	return (r >> 17) | (r << 15);
}
#endif
