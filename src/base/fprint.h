/* SPDX-License-Identifier: Apache-2.0 */
/* fprint.h - FarmHash Fingerprint64, as TensorFlow's hashing ops use it. */
#ifndef MG_FPRINT_H
#define MG_FPRINT_H
uint64_t mg_fingerprint64(const void *data, size_t size);
#endif
