/* Programs of functions of each entry, block by block: each is a loop of its own, so that every result is rounded where
 * NumPy rounds it. */
#define EACH_OF_N _Pragma("GCC ivdep") for (long i = 0; i < n; i++) /* out may be an operand: entry by entry */

#define UNARY(operation, result) \
    case operation:              \
        EACH_OF_N                \
        {                        \
            const REAL x = a[i]; \
            out[i] = result;     \
        }                        \
        break;
#define BINARY(operation, result)              \
    case operation:                            \
        if (now->ones & 1) {                   \
            const REAL x = a[0];               \
            EACH_OF_N                          \
            {                                  \
                const REAL y = b[i];           \
                out[i] = result;               \
            }                                  \
        } else if (now->ones & 2) {            \
            const REAL y = b[0];               \
            EACH_OF_N                          \
            {                                  \
                const REAL x = a[i];           \
                out[i] = result;               \
            }                                  \
        } else                                 \
            EACH_OF_N                          \
            {                                  \
                const REAL x = a[i], y = b[i]; \
                out[i] = result;               \
            }                                  \
        break;
#define CHOICE(b_at, c_at)                   \
    EACH_OF_N                                \
    {                                        \
        const REAL x = b[b_at], y = c[c_at]; \
        out[i] = a[i] != 0 ? x : y;          \
    }

#define SINGLE (sizeof(REAL) == sizeof(float))
#define OF_ONE(MACRO)                                                          \
    MACRO(DO_COPY, x)                                                          \
    MACRO(DO_NEGATIVE, -x)                                                     \
    MACRO(DO_ABSOLUTE, SINGLE ? (REAL)fabsf((float)x) : (REAL)fabs((double)x)) \
    MACRO(DO_SQRT, SINGLE ? (REAL)sqrtf((float)x) : (REAL)sqrt((double)x))     \
    MACRO(DO_SQUARE, x *x)                                                     \
    MACRO(DO_RECIPROCAL, 1 / x)                                                \
    MACRO(DO_SIGN, x > 0 ? 1 : x < 0 ? -1 : x) /* NaN stays */                 \
    MACRO(DO_NOT, x == 0 ? 1 : 0)
#define OF_TWO(MACRO)                                                           \
    MACRO(DO_MAXIMUM, (x >= y) | (x != x) ? x : y) /* NaN stays, as in NumPy */ \
    MACRO(DO_MINIMUM, (x <= y) | (x != x) ? x : y)                              \
    MACRO(DO_GREATER, x > y ? 1 : 0)                                            \
    MACRO(DO_GREATER_EQUAL, x >= y ? 1 : 0)                                     \
    MACRO(DO_LESS, x < y ? 1 : 0)                                               \
    MACRO(DO_LESS_EQUAL, x <= y ? 1 : 0)                                        \
    MACRO(DO_EQUAL, x == y ? 1 : 0)                                             \
    MACRO(DO_NOT_EQUAL, x != y ? 1 : 0)                                         \
    MACRO(DO_AND, (x != 0) & (y != 0) ? 1 : 0)                                  \
    MACRO(DO_OR, (x != 0) | (y != 0) ? 1 : 0)                                   \
    MACRO(DO_ADD, x + y)                                                        \
    MACRO(DO_SUBTRACT, x - y)                                                   \
    MACRO(DO_MULTIPLY, x *y)                                                    \
    MACRO(DO_DIVIDE, x / y)

static void NAME(call_loop)(const struct loop *loop, long n, int two, int ones, REAL *out, const REAL *a, const REAL *b)
{
    const intptr_t size = sizeof(REAL), length = n;
    char *arrays[3] = {(char *)a, two ? (char *)b : (char *)out, (char *)out};
    const intptr_t steps[3] = {ones & 1 ? 0 : size, two && ones & 2 ? 0 : size, size};
    loop->function(arrays, &length, steps, loop->data);
}

static void NAME(fused_run)(const struct fused_program *program, void *const *place, long n)
{
    const struct micro *end = program->micro + program->length;
    for (const struct micro *now = program->micro; now < end; now++) {
        REAL *out = place[now->out];
        const REAL *a = place[now->a], *b = place[now->b];
        switch (now->operation) {
            OF_ONE(UNARY)
            OF_TWO(BINARY)
        case DO_SIGMOID: NAME(each)(EACH_SIGMOID, 0, a, NULL, out, n); break;
        case DO_TANH: NAME(each)(EACH_TANH, 0, a, NULL, out, n); break;
        case DO_RELU: NAME(each)(EACH_RELU, 0, a, NULL, out, n); break;
        case DO_WHERE: { /* both choices are read, so that vectors can be */
            const REAL *c = place[now->c];
            if ((now->ones & 6) == 6) {
                CHOICE(0, 0)
            } else if (now->ones & 2) {
                CHOICE(0, i)
            } else if (now->ones & 4) {
                CHOICE(i, 0)
            } else {
                CHOICE(i, i)
            }
            break;
        }
        default:
            NAME(call_loop)(program->loops + now->c, n, now->operation == DO_LOOP_OF_TWO, now->ones, out, a, b);
            break;
        }
    }
}

#undef OF_TWO
#undef OF_ONE
#undef SINGLE
#undef CHOICE
#undef BINARY
#undef UNARY
#undef EACH_OF_N
