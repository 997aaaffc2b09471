/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - wall and monotonic time; tests can stop the wall clock. */
#ifndef MG_CLOCK_H
#define MG_CLOCK_H
int64_t mg_now_ms(void);                /* milliseconds since 1970 UTC */
double mg_monotonic(void);              /* seconds */
void mg_clock_stop(int64_t ms);         /* tests: wall clock stands at MS; 0: runs again */
int mg_random_bytes(void *out, size_t size, mgreg_error *err);
int mg_random_hex(char out[33], mgreg_error *err);      /* 32 random hex digits and a NUL: a uid */
#endif
