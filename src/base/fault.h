/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - named fault points, present only with --enable-faults. */
#ifndef MG_FAULT_H
#define MG_FAULT_H
#ifdef MG_FAULTS
bool mg_fault(const char *point);       /* true: pretend that POINT failed */
void mg_fault_set(const char *point, long at);  /* the AT-th visit fails; 0: never */
#else
#define mg_fault(point) false
#endif
#endif
