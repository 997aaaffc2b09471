/* SPDX-License-Identifier: Apache-2.0 */
/* planes.h - byte planes of elements, of themselves or of their difference to a base (NULL: none).  False: no such width. */
#ifndef MG_PLANES_H
#define MG_PLANES_H
/* SIZE bytes at DATA -> SIZE bytes at OUT, which overlaps neither. */
bool mg_planes_encode(int width, const void *data, const void *base, size_t size, void *out);
/* OUT may be BASE's memory of another buffer only. */
bool mg_planes_decode(int width, const void *planes, const void *base, size_t size, void *out);
#endif
