/* SPDX-License-Identifier: Apache-2.0 */
/* k_special.h - functions that the C library has not, or has not in a form that vectorises. */
#ifndef MG_K_SPECIAL_H
#define MG_K_SPECIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

double mg_lgamma(double x);                     /* without the global sign */
double mg_digamma(double x);
double mg_polygamma(double n, double x);        /* n a whole number >= 0, else NaN */
double mg_zeta(double s, double q);             /* Hurwitz */
double mg_igamma(double a, double x);           /* regularised lower, and upper, incomplete gamma */
double mg_igammac(double a, double x);
double mg_betainc(double a, double b, double x);
double mg_erfinv(double x);
double mg_ndtri(double p);
double mg_bessel_i0e(double x);
double mg_bessel_i1e(double x);

/*
 * e^x for floats in plain arithmetic: x = n ln 2 + r, a polynomial in r, n put into the exponent.  About 1 ulp; overflow gives
 * infinity, underflow goes gradually to 0, NaN stays.
 */
static inline float
mg_expf(float x)
{
	float c = x < -104.0f ? -104.0f : x, n, r, p, s1, s2;
	int32_t k, k1, b1, b2;

	c = c > 89.0f ? 89.0f : c;
	n = (c * 1.44269504088896341f + 12582912.0f) - 12582912.0f;
	r = c - n * 0.693359375f;
	r = r - n * -2.12194440e-4f;
	p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1.0f;
	k = (int32_t)(c == c ? n : 0.0f);
	k1 = k / 2;                     /* two factors: the result may be subnormal or just below overflow */
	b1 = (k1 + 127) * (1 << 23);
	b2 = (k - k1 + 127) * (1 << 23);
	memcpy(&s1, &b1, 4);
	memcpy(&s2, &b2, 4);
	p = p * s1 * s2;
	return x == x ? p : x;
}

/* tanh: a rational function in x^2 up to 7.9 (where the result rounds to 1), below 0.0004 x itself. */
static inline float
mg_tanhf(float x)
{
	float c = x < -7.90531110763549805f ? -7.90531110763549805f : x, x2, p, q;

	c = c > 7.90531110763549805f ? 7.90531110763549805f : c;
	x2 = c * c;
	p = -2.76076847742355e-16f;
	p = p * x2 + 2.00018790482477e-13f;
	p = p * x2 + -8.60467152213735e-11f;
	p = p * x2 + 5.12229709037114e-08f;
	p = p * x2 + 1.48572235717979e-05f;
	p = p * x2 + 6.37261928875436e-04f;
	p = p * x2 + 4.89352455891786e-03f;
	p = p * c;
	q = 1.19825839466702e-06f;
	q = q * x2 + 1.18534705686654e-04f;
	q = q * x2 + 2.26843463243900e-03f;
	q = q * x2 + 4.89352518554385e-03f;
	p = p / q;
	p = c < 0.0004f && c > -0.0004f ? c : p;
	return x == x ? p : x;
}

static inline float mg_sigmoidf(float x) { return 1.0f / (1.0f + mg_expf(-x)); }

#define MG_K_EXP(a) _Generic((a), float: mg_expf, default: exp)(a)
#define MG_K_TANH(a) _Generic((a), float: mg_tanhf, default: tanh)(a)
static inline double mg_sigmoid(double x) { return 1 / (1 + exp(-x)); }
#define MG_K_SIGMOID(a) _Generic((a), float: mg_sigmoidf, default: mg_sigmoid)(a)
#endif
