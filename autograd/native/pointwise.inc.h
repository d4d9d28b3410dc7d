/* Functions of each entry, and what their gradients are multiplied with. */

/* -- of a vector -------------------------------------------------------------------------------- */

/* By sign, so that nothing overflows and small results keep their digits: 1 / (1 + e^-x) or e^x / (1 + e^x). */
static inline __attribute__((always_inline)) NAME(vector) NAME(sigmoid_of)(NAME(vector) x)
{
    const NAME(integers) bits = (NAME(integers))x, negative = bits < 0;
    const NAME(vector) minus_size = (NAME(vector))(bits | (INTEGER)(sizeof(REAL) == 4 ? INT32_MIN : INT64_MIN));
    const NAME(vector) e = NAME(exp_within)(NAME(not_too_low)(minus_size));
    return NAME(choose)(negative, e, NAME(all)(1)) / (1 + e);
}

/* Up to 0.625 as x + x³ p(x²), with a polynomial interpolated at Chebyshev's points (relative error 6e-10 and
 * 1.5e-18); beyond as 1 − 2 / (e^2|x| + 1), where nothing cancels any more. */
static inline __attribute__((always_inline)) NAME(vector) NAME(tanh_of)(NAME(vector) x)
{
    const NAME(integers) bits = (NAME(integers))x, sign = bits & (INTEGER)(sizeof(REAL) == 4 ? INT32_MIN : INT64_MIN);
    const NAME(vector) size = (NAME(vector))(bits ^ sign), s = x * x;
    NAME(vector) p;
    if (sizeof(REAL) == 4) {
        p = NAME(all)((REAL)0x1.2c83cp-9);
        p = p * s + (REAL)-0x1.116a16p-7;
        p = p * s + (REAL)0x1.64a976p-6;
        p = p * s + (REAL)-0x1.ba08c4p-5;
        p = p * s + (REAL)0x1.1110eap-3;
        p = p * s + (REAL)-0x1.555556p-2;
    } else {
        p = NAME(all)((REAL)0x1.b33642a122cddp-18);
        p = p * s + (REAL)-0x1.05bbdae896297p-15;
        p = p * s + (REAL)0x1.8445870f6fe41p-14;
        p = p * s + (REAL)-0x1.f243823c8c981p-13;
        p = p * s + (REAL)0x1.3526e9ed54da1p-11;
        p = p * s + (REAL)-0x1.7d9f6f23e8682p-10;
        p = p * s + (REAL)0x1.d6d39ae3905e2p-9;
        p = p * s + (REAL)-0x1.226e3473dce5cp-7;
        p = p * s + (REAL)0x1.664f487e0a749p-6;
        p = p * s + (REAL)-0x1.ba1ba1ba0f126p-5;
        p = p * s + (REAL)0x1.11111111110a8p-3;
        p = p * s + (REAL)-0x1.5555555555555p-2;
    }
    const NAME(vector) near = x + x * s * p;
    const NAME(vector) far = 1 - 2 / (NAME(exp_within)(NAME(not_too_high)(2 * size)) + 1);
    return NAME(choose)((NAME(integers))(size < (REAL)0.625), near, (NAME(vector))((NAME(integers))far | sign));
}

/* v where `by` is not ≤ 0: of NaN too. */
static inline __attribute__((always_inline)) NAME(vector) NAME(rectified)(NAME(vector) v, NAME(vector) by)
{
    return NAME(choose)((NAME(integers))(by <= 0), (NAME(vector)){0}, v);
}

/* -- of an array -------------------------------------------------------------------------------- */

/* f(a), or f(a, b). */
static inline __attribute__((always_inline)) NAME(vector)
    NAME(one_vector)(const enum pointwise_function f, NAME(vector) a, NAME(vector) b)
{
    switch (f) {
    case EACH_SIGMOID: return NAME(sigmoid_of)(a);
    case EACH_TANH: return NAME(tanh_of)(a);
    case EACH_RELU: return NAME(rectified)(a, a);
    case EACH_ADD: return a + b;
    case EACH_MULTIPLY: return a * b;
    case EACH_SIGMOID_GRADIENT: return a * b * (1 - b);
    case EACH_TANH_GRADIENT: return a * (1 - b * b);
    default: return NAME(rectified)(a, b);
    }
}

/* The first n < LANES entries, then zeros. */
static inline NAME(vector) NAME(first_of)(const REAL *from, long n)
{
    REAL lanes[LANES] = {0};
    for (long i = 0; i < n; i++)
        lanes[i] = from[i];
    return *(const NAME(vector) *)lanes;
}

static inline __attribute__((always_inline)) void NAME(each)(
    const enum pointwise_function f, const int one_a, const REAL *a, const REAL *b, REAL *y, long n)
{
    const NAME(vector) only = NAME(all)(one_a && n ? a[0] : 0);
    long i = 0;
    for (; i + LANES <= n; i += LANES) {
        const NAME(vector) first = one_a ? only : *(const NAME(vector) *)(a + i);
        *(NAME(vector) *)(y + i) = NAME(one_vector)(f, first, b ? *(const NAME(vector) *)(b + i) : first);
    }
    if (i < n) {
        const NAME(vector) first = one_a ? only : NAME(first_of)(a + i, n - i);
        REAL lanes[LANES];
        *(NAME(vector) *)lanes = NAME(one_vector)(f, first, b ? NAME(first_of)(b + i, n - i) : first);
        for (long j = 0; i < n; i++, j++)
            y[i] = lanes[j];
    }
}

#define EACH(name, f)                                                                \
    static void NAME(name)(const void *a, const void *b, void *y, long n, int one_a) \
    {                                                                                \
        if (one_a)                                                                   \
            NAME(each)(f, 1, a, b, y, n);                                            \
        else                                                                         \
            NAME(each)(f, 0, a, b, y, n);                                            \
    }
EACH(each_sigmoid, EACH_SIGMOID)
EACH(each_tanh, EACH_TANH)
EACH(each_relu, EACH_RELU)
EACH(each_add, EACH_ADD)
EACH(each_multiply, EACH_MULTIPLY)
EACH(each_sigmoid_gradient, EACH_SIGMOID_GRADIENT)
EACH(each_tanh_gradient, EACH_TANH_GRADIENT)
EACH(each_relu_gradient, EACH_RELU_GRADIENT)
#undef EACH
