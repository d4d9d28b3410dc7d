/* Softmax, its logarithm and the cross-entropy of rows of scores: a row, which stays in the cache, at a time.
 *
 * A sum is made in lanes, a block of a row at a time, and the blocks' sums are added up in double.
 */

#define SUMMED_AT_ONCE (64 * LANES)

/* Up to LANES entries; the rest is −inf, which changes no maximum and no sum of exponentials. */
static inline __attribute__((always_inline)) NAME(vector) NAME(some_scores)(const REAL *x, long lanes)
{
    if (lanes >= LANES)
        return *(const NAME(vector) *)x;
    REAL some[LANES];
    for (long i = 0; i < LANES; i++)
        some[i] = i < lanes ? x[i] : -(REAL)INFINITY;
    return *(const NAME(vector) *)some;
}

static inline __attribute__((always_inline)) void NAME(keep_some)(REAL *to, NAME(vector) x, long lanes)
{
    if (lanes >= LANES) {
        *(NAME(vector) *)to = x;
        return;
    }
    REAL some[LANES];
    *(NAME(vector) *)some = x;
    for (long i = 0; i < lanes; i++)
        to[i] = some[i];
}

/* The largest of a row of numbers; what it is with a NaN among them is open. */
static REAL NAME(largest)(const REAL *x, long n)
{
    NAME(vector) m[4];
    for (int i = 0; i < 4; i++)
        m[i] = NAME(some_scores)(x, n);
    long k = 0;
    for (; k <= n - 4 * LANES; k += 4 * LANES)
        for (int i = 0; i < 4; i++) {
            const NAME(vector) some = *(const NAME(vector) *)(x + k + i * LANES);
            m[i] = NAME(choose)((NAME(integers))(some > m[i]), some, m[i]);
        }
    for (; k < n; k += LANES) {
        const NAME(vector) some = NAME(some_scores)(x + k, n - k);
        m[0] = NAME(choose)((NAME(integers))(some > m[0]), some, m[0]);
    }
    for (int i = 1; i < 4; i++)
        m[0] = NAME(choose)((NAME(integers))(m[i] > m[0]), m[i], m[0]);
    REAL largest = m[0][0];
    for (int i = 1; i < LANES; i++)
        largest = m[0][i] > largest ? m[0][i] : largest;
    return largest;
}

/* Σ e^(x − maximum), the terms written to y where that is not NULL. */
static inline
    __attribute__((always_inline)) double NAME(sum_of_exponentials)(const REAL *x, long n, REAL maximum, REAL *y)
{
    double sum = 0;
    for (long block = 0; block < n; block += SUMMED_AT_ONCE) {
        const long end = MIN(n, block + SUMMED_AT_ONCE);
        NAME(vector) sums = {0};
        for (long k = block; k < end; k += LANES) {
            const NAME(vector) e = NAME(exp_of)(NAME(some_scores)(x + k, end - k) - maximum);
            if (y)
                NAME(keep_some)(y + k, e, end - k);
            sums += e;
        }
        for (int i = 0; i < LANES; i++)
            sum += (double)sums[i];
    }
    return sum;
}

/* The maximum of row i and the sum of its exponentials; a NaN makes both NaN. */
static inline
    __attribute__((always_inline)) double NAME(row_sum)(const struct scores *s, long i, REAL *maximum, REAL *y)
{
    const REAL *x = (const REAL *)s->scores + i * s->columns;
    *maximum = NAME(largest)(x, s->columns);
    const double sum = NAME(sum_of_exponentials)(x, s->columns, *maximum, y);
    if (sum != sum) /* a NaN, or ∞ − ∞ */
        for (long k = 0; k < s->columns; k++)
            if (x[k] != x[k])
                *maximum = x[k];
    return sum;
}

static void NAME(softmax_parts)(const struct scores *s, long first, long last)
{
    for (long i = first; i < last; i++)
        ((REAL *)s->log_sum)[i] = (REAL)log(NAME(row_sum)(s, i, (REAL *)s->maximum + i, NULL));
}

static void NAME(softmax)(const struct scores *s, long first, long last)
{
    for (long i = first; i < last; i++) {
        REAL maximum, *y = (REAL *)s->to + i * s->columns;
        const REAL sum = (REAL)NAME(row_sum)(s, i, &maximum, y);
        for (long k = 0; k < s->columns; k++)
            y[k] /= sum;
    }
}

static void NAME(log_softmax)(const struct scores *s, long first, long last)
{
    for (long i = first; i < last; i++) {
        const REAL *x = (const REAL *)s->scores + i * s->columns;
        REAL maximum, *y = (REAL *)s->to + i * s->columns;
        const REAL log_sum = (REAL)log(NAME(row_sum)(s, i, &maximum, NULL));
        for (long k = 0; k < s->columns; k++)
            y[k] = (x[k] - maximum) - log_sum;
    }
}

static void NAME(cross_entropy)(const struct scores *s, long first, long last)
{
    NAME(softmax_parts)(s, first, last);
    for (long i = first; i < last; i++) {
        const REAL picked = ((const REAL *)s->scores)[i * s->columns + s->classes[i]];
        const REAL maximum = ((const REAL *)s->maximum)[i], log_sum = ((const REAL *)s->log_sum)[i];
        ((REAL *)s->losses)[i] = s->scales[i] == 0 ? 0 : (REAL)s->scales[i] * ((maximum - picked) + log_sum);
    }
}

static void NAME(cross_entropy_gradient)(const struct scores *s, long first, long last)
{
    for (long i = first; i < last; i++) {
        const REAL *x = (const REAL *)s->scores + i * s->columns;
        const REAL maximum = ((const REAL *)s->maximum)[i], log_sum = ((const REAL *)s->log_sum)[i];
        const REAL scale = (REAL)s->scales[i];
        REAL *y = (REAL *)s->to + i * s->columns;
        if (s->scales[i] == 0) { /* whatever its scores are */
            memset(y, 0, s->columns * sizeof(REAL));
            continue;
        }
        for (long k = 0; k < s->columns; k += LANES) {
            const NAME(vector) some = NAME(some_scores)(x + k, s->columns - k);
            NAME(keep_some)(y + k, NAME(exp_of)((some - maximum) - log_sum) * scale, s->columns - k);
        }
        y[s->classes[i]] -= scale;
    }
}

static void NAME(exponential)(const struct scores *s, long first, long last)
{
    const REAL *x = (const REAL *)s->scores;
    for (long k = first * s->columns; k < last * s->columns; k += LANES) {
        const long lanes = last * s->columns - k;
        NAME(keep_some)((REAL *)s->to + k, NAME(exp_of)(NAME(some_scores)(x + k, lanes)), lanes);
    }
}

/* Σ g · y, or Σ g where y is NULL, of a row. */
static inline __attribute__((always_inline)) double NAME(sum_of_products)(const REAL *g, const REAL *y, long n)
{
    double sum = 0;
    for (long block = 0; block < n; block += SUMMED_AT_ONCE) {
        const long end = MIN(n, block + SUMMED_AT_ONCE), whole = block + (end - block) / (4 * LANES) * (4 * LANES);
        NAME(vector) sums[4] = {{0}};
        long k = block;
        for (; k < whole; k += 4 * LANES) {
            UNROLLED
            for (int i = 0; i < 4; i++) {
                const NAME(vector) some = *(const NAME(vector) *)(g + k + i * LANES);
                if (y)
                    sums[i] += some * *(const NAME(vector) *)(y + k + i * LANES);
                else
                    sums[i] += some;
            }
        }
        sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        for (int i = 0; i < LANES; i++)
            sum += (double)sums[0][i];
        for (; k < end; k++)
            sum += (double)(y ? g[k] * y[k] : g[k]);
    }
    return sum;
}

static void NAME(softmax_gradient)(const struct scores *s, long first, long last)
{
    for (long i = first; i < last; i++) {
        const REAL *y = (const REAL *)s->scores + i * s->columns, *g = (const REAL *)s->gradient + i * s->columns;
        const REAL common = (REAL)NAME(sum_of_products)(g, y, s->columns);
        REAL *to = (REAL *)s->to + i * s->columns;
        if (!isfinite(common)) {
            __atomic_store_n(s->special, 1, __ATOMIC_RELAXED);
            return;
        }
        for (long k = 0; k < s->columns; k++)
            to[k] = y[k] * (g[k] - common);
    }
}

static void NAME(log_softmax_gradient)(const struct scores *s, long first, long last)
{
    for (long i = first; i < last; i++) {
        const REAL *y = (const REAL *)s->scores + i * s->columns, *g = (const REAL *)s->gradient + i * s->columns;
        const REAL total = (REAL)NAME(sum_of_products)(g, NULL, s->columns);
        REAL *to = (REAL *)s->to + i * s->columns;
        NAME(integers) nan = {0};
        for (long k = 0; k < s->columns; k += LANES) {
            const NAME(vector) some = NAME(some_scores)(y + k, s->columns - k);
            const NAME(vector) of_g = NAME(some_scores)(g + k, s->columns - k);
            NAME(keep_some)(to + k, of_g - NAME(exp_of)(some) * total, s->columns - k);
            nan |= (NAME(integers))(some != some);
        }
        int is_special = !isfinite(total);
        for (int lane = 0; lane < LANES; lane++)
            is_special |= nan[lane] != 0;
        if (is_special) {
            __atomic_store_n(s->special, 1, __ATOMIC_RELAXED);
            return;
        }
    }
}

#undef SUMMED_AT_ONCE
