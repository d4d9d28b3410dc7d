/* Steps of optimizers: each parameter, its gradient and what is remembered of it pass through the cache once.
 *
 * A block of them at a time, one operation of the program after the other, in loops of their own: so every result is
 * rounded where NumPy rounds it (a product and a sum in one loop would become one fused operation on some machines),
 * and a step is bit for bit that of the formula in NumPy. Which operation comes next is decided once a block. */
#define BLOCK 512
#if defined(__clang__)
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < count; i++)
#else
#define EACH _Pragma("GCC ivdep") for (long i = 0; i < count; i++) /* out may be an operand: entry by entry */
#endif

/* A loop that writes a result of x, of the first operand, and y, of the second: one of them may be a number. */
#define ONE(result)      \
    EACH                 \
    {                    \
        REAL x = a[i];   \
        out[i] = result; \
    }
#define TWO(result)                          \
    if (now->a >= IS_NUMBER) {               \
        REAL x = number[now->a - IS_NUMBER]; \
        EACH                                 \
        {                                    \
            REAL y = b[i];                   \
            out[i] = result;                 \
        }                                    \
    } else if (now->b >= IS_NUMBER) {        \
        REAL y = number[now->b - IS_NUMBER]; \
        ONE(result)                          \
    } else {                                 \
        EACH                                 \
        {                                    \
            REAL x = a[i], y = b[i];         \
            out[i] = result;                 \
        }                                    \
    }

#define UNARY(operation, result) \
    case operation: ONE(result) break;
#define BINARY(operation, result) \
    case operation: TWO(result) break;
/* With a product after it: none of these operations and a product can become one. */
#define SCALED(operation, result) \
    case operation:               \
        if (now->c) {             \
            TWO((result) * z)     \
        } else {                  \
            TWO(result)           \
        }                         \
        break;

/* A product and a sum in one loop, each rounded. */
#if defined(__clang__)
#define UNFUSED
#else
#define UNFUSED __attribute__((optimize("fp-contract=off")))
#endif

UNFUSED static void NAME(update)(long n, void *const *arrays, const struct program *program)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    REAL temporary[MOST_TEMPORARIES][BLOCK], number[MOST_NUMBERS];
    REAL *place[MOST_ARRAYS + MOST_TEMPORARIES];
    for (int k = 0; k < program->numbers; k++)
        number[k] = (REAL)program->number[k];
    for (int t = 0; t < MOST_TEMPORARIES; t++)
        place[program->arrays + t] = temporary[t];
    for (long start = 0; start < n; start += BLOCK) {
        long count = MIN(BLOCK, n - start);
        for (int k = 0; k < program->arrays; k++)
            place[k] = (REAL *)arrays[k] + start;
        for (int k = 0; k < program->length; k++) {
            const struct instruction *now = program->instructions + k;
            REAL *out = place[now->out];
            const REAL *a = now->a < IS_NUMBER ? place[now->a] : NULL, *b = now->b < IS_NUMBER ? place[now->b] : NULL;
            const REAL *c = now->c < IS_NUMBER ? place[now->c] : NULL;
            const REAL z = now->c < IS_NUMBER ? 0 : number[now->c - IS_NUMBER];
            switch (now->operation) {
                UNARY(COPY, x)
                UNARY(NEGATIVE, -x)
                UNARY(ABSOLUTE, sizeof(REAL) == sizeof(float) ? (REAL)fabsf((float)x) : (REAL)fabs(x))
                UNARY(SQRT, sizeof(REAL) == sizeof(float) ? (REAL)sqrtf((float)x) : (REAL)sqrt(x))
                UNARY(SIGN, x > 0 ? 1 : x < 0 ? -1 : x) /* NaN stays */
                BINARY(MAXIMUM, (x >= y) | (x != x) ? x : y) /* NaN stays, as in np.maximum */
                BINARY(MINIMUM, (x <= y) | (x != x) ? x : y)
                BINARY(GREATER, x > y ? 1 : 0)
                BINARY(LESS, x < y ? 1 : 0)
                SCALED(ADD, x + y)
                SCALED(SUBTRACT, x - y)
                SCALED(MULTIPLY, x * y)
                SCALED(DIVIDE, x / y)
                BINARY(DIVIDE_ADD, x / y + z)
            case FILL: {
                REAL x = number[now->a - IS_NUMBER];
                EACH out[i] = x;
                break;
            }
            case MULTIPLY_ADD:
                if (now->c >= IS_NUMBER) {
                    TWO(x * y + z)
                } else {
                    TWO(x * y + c[i])
                }
                break;
            case MULTIPLY_TAKEN:
                if (now->c >= IS_NUMBER) {
                    TWO(z - x * y)
                } else {
                    TWO(c[i] - x * y)
                }
                break;
            case DIVIDE_TAKEN:
                if (now->c >= IS_NUMBER) {
                    TWO(z - x / y)
                } else {
                    TWO(c[i] - x / y)
                }
                break;
            case MAXIMUM_MINIMUM: {
                REAL y = number[now->b - IS_NUMBER];
                EACH
                {
                    REAL x = a[i], larger = x < y ? y : x; /* NaN stays */
                    out[i] = larger > z ? z : larger;
                }
                break;
            }
            case WHERE: /* both choices are read, so that vectors can be */
                EACH
                {
                    REAL x = b[i], y = c[i];
                    out[i] = a[i] != 0 ? x : y;
                }
                break;
            }
        }
    }
}

#undef UNFUSED
#undef SCALED
#undef BINARY
#undef UNARY
#undef TWO
#undef ONE
#undef EACH
#undef BLOCK
