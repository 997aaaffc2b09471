/* SPDX-License-Identifier: Apache-2.0 */
/* k_clones.h - how loops of kernels are compiled, whatever the build says.  Included before the functions it shall concern. */
#ifndef MG_K_CLONES_H
#define MG_K_CLONES_H

/* Inner loops are vectorised whatever the build says.  No contraction: a product and a sum round twice on every machine.
 * Nobody looks at floating-point exception flags. */
#ifndef __clang__
#pragma GCC optimize("O3", "fp-contract=off", "no-trapping-math", "no-math-errno")
#endif

/*
 * The hottest loops are compiled for several instruction sets, the widest of which is chosen when the library is loaded.  They
 * compute the same bits: nothing is contracted or reordered.  Only float: it is what models are made of, and every
 * loop more costs space.  Sanitizers cannot run the choosing code.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define K_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define K_CLONES
#endif
#endif
