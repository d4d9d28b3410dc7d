/* The exponential of a vector, for softmax, sigmoid and tanh: NAME(exp_of)(x).
 *
 * x = n·ln 2 + r with n an integer and |r| ≤ ln 2 / 2, so e^x = 2^n · e^r, and e^r = 1 + r + r²·p(r) with a polynomial p
 * (interpolated at Chebyshev's points). e^−inf and what underflows is 0, what overflows inf, NaN stays NaN; a subnormal
 * result is rounded once. The largest error seen, with or without fused multiply-add, in units in the last place:
 * 1.06 for float32 (one number in seven of all there are), 1.14 for float64 (some 10⁷ random ones).
 */

typedef INTEGER NAME(integers) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

static inline __attribute__((always_inline)) NAME(vector) NAME(all)(REAL x)
{
    return (NAME(vector)){0} + x;
}

/* Lane by lane: a where the mask, a comparison of vectors, is true, else b. */
static inline __attribute__((always_inline)) NAME(vector)
    NAME(choose)(NAME(integers) mask, NAME(vector) a, NAME(vector) b)
{
    return (NAME(vector))((mask & (NAME(integers))a) | (~mask & (NAME(integers))b));
}

/* 2^n for small n where t = n + bias + 1.5 · 2^(bits of the mantissa): n + bias, the exponent, are its last bits. */
static inline __attribute__((always_inline)) NAME(vector) NAME(power_of_two)(NAME(vector) t)
{
    const int single = sizeof(REAL) == 4;
    return (NAME(vector))(((NAME(integers))t & (single ? 0xff : 0x7ff)) << (single ? 23 : 52));
}

/* Beyond these the exponential is 0 or inf, and n would no longer fit. Comparisons leave NaN as it is. */
static inline __attribute__((always_inline)) NAME(vector) NAME(not_too_low)(NAME(vector) x)
{
    const NAME(vector) low = NAME(all)(sizeof(REAL) == 4 ? -104 : -746);
    return NAME(choose)((NAME(integers))(x < low), low, x);
}

static inline __attribute__((always_inline)) NAME(vector) NAME(not_too_high)(NAME(vector) x)
{
    const NAME(vector) high = NAME(all)(sizeof(REAL) == 4 ? 89 : 710);
    return NAME(choose)((NAME(integers))(x > high), high, x);
}

/* Of what is neither too low nor too high. */
static inline __attribute__((always_inline)) NAME(vector) NAME(exp_within)(NAME(vector) x)
{
    const int single = sizeof(REAL) == 4;
    /* A number plus this one is rounded to an integer. */
    const REAL rounder = (REAL)(single ? 0x1.8p23 : 0x1.8p52), biased = rounder + (single ? 127 : 1023);
    const NAME(vector) n = (x * (REAL)0x1.71547652b82fep+0 + rounder) - rounder;
    /* ln 2 in two parts, the first with so few bits that n times it is exact. */
    NAME(vector) r = x - n * (REAL)(single ? 0x1.62e4p-1 : 0x1.62e42feep-1);
    r -= n * (REAL)(single ? 0x1.7f7d1cf79abcap-20 : 0x1.a39ef35793c76p-33);

    NAME(vector) p;
    if (single) {
        p = NAME(all)((REAL)0x1.6d1254p-10);
        p = p * r + (REAL)0x1.120cbap-7;
        p = p * r + (REAL)0x1.555518p-5;
        p = p * r + (REAL)0x1.5554dcp-3;
    } else {
        p = NAME(all)((REAL)0x1.af39c20098071p-26);
        p = p * r + (REAL)0x1.28926932adb78p-22;
        p = p * r + (REAL)0x1.71de0d383914ap-19;
        p = p * r + (REAL)0x1.a019b84d17a80p-16;
        p = p * r + (REAL)0x1.a01a01a7e29cdp-13;
        p = p * r + (REAL)0x1.6c16c178bd6bcp-10;
        p = p * r + (REAL)0x1.111111111098cp-7;
        p = p * r + (REAL)0x1.5555555553ce3p-5;
        p = p * r + (REAL)0x1.5555555555556p-3;
    }
    p = p * r + (REAL)0.5;
    const NAME(vector) y = (REAL)1 + (r + r * r * p);

    /* In two steps: 2^n alone may be out of range where the result is not. */
    const NAME(vector) first = n * (REAL)0.5 + biased;
    const NAME(vector) second = (n - (first - biased)) + biased;
    return y * NAME(power_of_two)(first) * NAME(power_of_two)(second);
}

static inline NAME(vector) NAME(exp_of)(NAME(vector) x)
{
    return NAME(exp_within)(NAME(not_too_high)(NAME(not_too_low)(x)));
}
