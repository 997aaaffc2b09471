/* SPDX-License-Identifier: Apache-2.0 */
/* special.c - special functions in double precision: series, continued fractions and asymptotic expansions of the textbooks. */
#include "base/base.h"
#include "runtime/kernels/k_special.h"

double
mg_lgamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

double
mg_digamma(double x)
{
	double r = 0, f;

	if (isnan(x) || x == -INFINITY)
		return NAN;
	if (x <= 0) {
		if (x == floor(x))
			return x == 0 ? copysign(INFINITY, -x) : NAN;
		r = -M_PI / tan(M_PI * x);      /* reflection */
		x = 1 - x;
	}
	for (; x < 10; x += 1)
		r -= 1 / x;
	f = 1 / (x * x);
	return r + log(x) - 0.5 / x - f * (1.0 / 12 - f * (1.0 / 120 - f * (1.0 / 252 - f * (1.0 / 240 - f * (1.0 / 132
		- f * (691.0 / 32760 - f / 12))))));
}

/* Euler-Maclaurin: ten terms, an integral, corrections by Bernoulli numbers. */
double
mg_zeta(double s, double q)
{
	static const double bernoulli[] = { 1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6,
		-3617.0 / 510, 43867.0 / 798, -174611.0 / 330 };
	double sum = 0, a, term, factor;

	if (isnan(s) || isnan(q))
		return NAN;
	if (s == 1)
		return INFINITY;
	if (s < 1)
		return NAN;
	if (q <= 0) {
		if (q == floor(q))
			return INFINITY;
		if (s != floor(s))
			return NAN;
	}
	for (a = q; a < q + 10 || a < 10; a += 1)
		sum += pow(a, -s);
	sum += pow(a, 1 - s) / (s - 1) + 0.5 * pow(a, -s);
	factor = s;
	term = pow(a, -s - 1);
	for (int j = 0; j < (int)MG_COUNT(bernoulli); j++) {
		double c = bernoulli[j] * factor * term;
		for (int i = 2; i <= 2 * j + 2; i++)
			c /= i;
		sum += c;
		factor *= (s + 2 * j + 1) * (s + 2 * j + 2);
		term /= a * a;
	}
	return sum;
}

double
mg_polygamma(double n, double x)
{
	if (n < 0 || n != floor(n))
		return NAN;
	if (n == 0)
		return mg_digamma(x);
	return (fmod(n, 2) == 1 ? 1 : -1) * exp(mg_lgamma(n + 1)) * mg_zeta(n + 1, x);
}

static double
igamma_series(double a, double x)
{
	double term = 1 / a, sum = term;

	for (double d = a + 1; fabs(term) > fabs(sum) * 1e-17; d += 1)
		sum += term *= x / d;
	return sum * exp(a * log(x) - x - mg_lgamma(a));
}

static double
igamma_fraction(double a, double x)
{
	double b = x + 1 - a, c = 1e300, d = 1 / b, h = d, delta;

	for (int i = 1; i < 100000; i++) {
		double an = -i * (i - a);
		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
		c = b + an / c;
		c = fabs(c) < 1e-300 ? 1e-300 : c;
		h *= delta = d * c;
		if (fabs(delta - 1) < 1e-16)
			break;
	}
	return h * exp(a * log(x) - x - mg_lgamma(a));
}

double
mg_igamma(double a, double x)
{
	if (isnan(a) || isnan(x) || x < 0 || a <= 0)
		return NAN;
	if (x == 0)
		return 0;
	if (isinf(x))
		return isinf(a) ? NAN : 1;
	if (isinf(a))
		return 0;
	return x < a + 1 ? igamma_series(a, x) : 1 - igamma_fraction(a, x);
}

double
mg_igammac(double a, double x)
{
	if (isnan(a) || isnan(x) || x < 0 || a <= 0)
		return NAN;
	if (x == 0)
		return 1;
	if (isinf(x))
		return isinf(a) ? NAN : 0;
	if (isinf(a))
		return 1;
	return x < a + 1 ? 1 - igamma_series(a, x) : igamma_fraction(a, x);
}

static double
beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
	h = d;
	for (int m = 1; m < 100000; m++) {
		double e = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), delta;
		d = 1 + e * d;
		d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
		c = 1 + e / c;
		c = fabs(c) < 1e-300 ? 1e-300 : c;
		h *= d * c;
		e = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 + e * d;
		d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
		c = 1 + e / c;
		c = fabs(c) < 1e-300 ? 1e-300 : c;
		h *= delta = d * c;
		if (fabs(delta - 1) < 1e-16)
			break;
	}
	return h;
}

double
mg_betainc(double a, double b, double x)
{
	double front;

	if (isnan(a) || isnan(b) || isnan(x) || a <= 0 || b <= 0 || x < 0 || x > 1)
		return NAN;
	if (x == 0 || x == 1)
		return x;
	front = exp(mg_lgamma(a + b) - mg_lgamma(a) - mg_lgamma(b) + a * log(x) + b * log1p(-x));
	return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* A rational start (Acklam's), two steps of Halley's method on erfc. */
double
mg_ndtri(double p)
{
	static const double a[] = { -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
		-3.066479806614716e+01, 2.506628277459239e+00 };
	static const double b[] = { -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
		-1.328068155288572e+01 };
	static const double c[] = { -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
		4.374664141464968e+00, 2.938163982698783e+00 };
	static const double d[] = { 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00 };
	double q, r, x, tail = p > 0.5 ? 1 - p : p;

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (tail < 0.02425) {
		q = sqrt(-2 * log(tail));
		x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
			((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
	} else {
		q = tail - 0.5;
		r = q * q;
		x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
			(((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
	}
	for (int i = 0; i < 2; i++) {
		double e = 0.5 * erfc(-x * M_SQRT1_2) - tail, u = e * sqrt(2 * M_PI) * exp(x * x / 2);
		x -= u / (1 + x * u / 2);
	}
	return p > 0.5 ? -x : x;
}

double
mg_erfinv(double x)
{
	if (fabs(x) < 1e-8)
		return x * 0.88622692545275801365;
	if (x > 0)      /* the tail keeps its digits through log-free symmetry */
		return -mg_erfinv(-x);
	return mg_ndtri((x + 1) / 2) * M_SQRT1_2;
}

/* Power series below 30, the asymptotic one above. */
static double
bessel_ie(int order, double x)
{
	double a = fabs(x), term, sum, mu = 4.0 * order * order;

	if (isnan(x))
		return x;
	if (a < 30) {
		term = order ? a / 2 : 1;
		sum = term;
		for (int i = 1; term > sum * 1e-18 && i < 500; i++)
			sum += term *= a * a / 4 / (i * (double)(i + order));
		sum *= exp(-a);
	} else {
		term = sum = 1;
		for (int i = 1; i < 40; i++) {
			double next = term * -(mu - (2 * i - 1) * (2 * i - 1)) / (8 * a * i);
			if (fabs(next) > fabs(term) || fabs(next) < 1e-18)
				break;
			sum += term = next;
		}
		sum /= sqrt(2 * M_PI * a);
	}
	return order && x < 0 ? -sum : sum;
}

double mg_bessel_i0e(double x) { return bessel_ie(0, x); }
double mg_bessel_i1e(double x) { return bessel_ie(1, x); }
