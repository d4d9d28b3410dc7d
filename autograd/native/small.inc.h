/* The loop over instructions, for one dtype: REAL, NAME and MATH say which. */

/* NumPy's extrema: NaN where one of the two is. */
static inline REAL NAME(largest)(REAL a, REAL b)
{
    return a >= b || a != a ? a : b;
}

static inline REAL NAME(least)(REAL a, REAL b)
{
    return a <= b || a != a ? a : b;
}

#define EACH(expression)                                                                                        \
    for (int i0 = 0; i0 < s->shape[0]; i0++)                                                                    \
        for (int i1 = 0; i1 < s->shape[1]; i1++)                                                                \
            for (int i2 = 0; i2 < s->shape[2]; i2++) {                                                          \
                REAL *restrict y = out + i0 * s->strides[0][0] + i1 * s->strides[0][1] + i2 * s->strides[0][2]; \
                const REAL *a = in[0] + i0 * s->strides[1][0] + i1 * s->strides[1][1] + i2 * s->strides[1][2];  \
                const REAL *b = in[1] + i0 * s->strides[2][0] + i1 * s->strides[2][1] + i2 * s->strides[2][2];  \
                const REAL *c = in[2] + i0 * s->strides[3][0] + i1 * s->strides[3][1] + i2 * s->strides[3][2];  \
                (void)b, (void)c;                                                                               \
                const int n = s->shape[3], sy = s->strides[0][3], sa = s->strides[1][3], sb = s->strides[2][3], \
                          sc = s->strides[3][3];                                                                \
                (void)sb, (void)sc;                                                                             \
                for (int j = 0; j < n; j++, y += sy, a += sa, b += sb, c += sc)                                 \
                    *y = (expression);                                                                          \
            }                                                                                                   \
    break

#define DO(expression)                                 \
    if (s->axes == 0) {                                \
        const REAL *a = in[0], *b = in[1], *c = in[2]; \
        REAL *y = out;                                 \
        (void)b, (void)c;                              \
        *y = (expression);                             \
        break;                                         \
    }                                                  \
    EACH(expression)

static void NAME(run)(const struct small_step *steps, int length, REAL *memory)
{
    for (const struct small_step *s = steps; s < steps + length; s++) {
        REAL *out = memory + s->offset[0];
        const REAL *in[3] = {memory + s->offset[1], memory + s->offset[2], memory + s->offset[3]};
        switch ((enum small_operation)s->operation) {
        case M_COPY: DO(*a);
        case M_NEGATIVE: DO(-*a);
        case M_ABSOLUTE: DO(MATH(fabs)(*a));
        case M_SIGN: DO(*a != *a ? *a : (REAL)((*a > 0) - (*a < 0)));
        case M_SQRT: DO(MATH(sqrt)(*a));
        case M_SQUARE: DO(*a * *a);
        case M_RECIPROCAL: DO(1 / *a);
        case M_EXP: DO(MATH(exp)(*a));
        case M_EXPM1: DO(MATH(expm1)(*a));
        case M_LOG: DO(MATH(log)(*a));
        case M_LOG1P: DO(MATH(log1p)(*a));
        case M_SIN: DO(MATH(sin)(*a));
        case M_COS: DO(MATH(cos)(*a));
        case M_TAN: DO(MATH(tan)(*a));
        case M_TANH: DO(MATH(tanh)(*a));
        case M_SINH: DO(MATH(sinh)(*a));
        case M_COSH: DO(MATH(cosh)(*a));
        case M_ARCTAN: DO(MATH(atan)(*a));
        case M_ARCSIN: DO(MATH(asin)(*a));
        case M_ARCCOS: DO(MATH(acos)(*a));
        case M_FLOOR: DO(MATH(floor)(*a));
        case M_CEIL: DO(MATH(ceil)(*a));
        case M_LOGICAL_NOT: DO(*a == 0);
        case M_ADD: DO(*a + *b);
        case M_SUBTRACT: DO(*a - *b);
        case M_MULTIPLY: DO(*a * *b);
        case M_DIVIDE: DO(*a / *b);
        case M_POWER: DO(MATH(pow)(*a, *b));
        case M_MAXIMUM: DO(NAME(largest)(*a, *b));
        case M_MINIMUM: DO(NAME(least)(*a, *b));
        case M_GREATER: DO(*a > *b);
        case M_GREATER_EQUAL: DO(*a >= *b);
        case M_LESS: DO(*a < *b);
        case M_LESS_EQUAL: DO(*a <= *b);
        case M_EQUAL: DO(*a == *b);
        case M_NOT_EQUAL: DO(*a != *b);
        case M_LOGICAL_AND: DO(*a != 0 && *b != 0);
        case M_LOGICAL_OR: DO(*a != 0 || *b != 0);
        case M_WHERE: DO(*a != 0 ? *b : *c);
        case M_MULTIPLY_ADD: DO(*y + *a * *b);
        case SMALL_OPERATIONS: break;
        }
    }
}
#undef EACH
#undef DO
