/* SPDX-License-Identifier: Apache-2.0 */
/* banned.h - calls that overflow, depend on the locale or are not thread-safe do not compile. */
#ifndef MG_BANNED_H
#define MG_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets localtime gmtime asctime ctime atoi atol atof
#endif
