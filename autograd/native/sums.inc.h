/* Sums: down the columns of a matrix, which is what the gradient of a bias is, and of all entries. */

/* So many rows side by side are whole vectors, and enough of them to hide the latency of adding. */
static long NAME(rows_beside)(long columns)
{
    long a = columns, b = LANES;
    while (b) {
        const long rest = a % b;
        a = b;
        b = rest;
    }
    long rows = LANES / a;
    while (rows * columns < 8 * LANES)
        rows *= 2;
    return rows;
}

static void NAME(sums_of_columns)(const struct sums *s, long part)
{
    const long columns = s->columns, first = part * s->rows_of_a_part, last = MIN(first + s->rows_of_a_part, s->rows);
    const long beside = NAME(rows_beside)(columns), width = beside * columns;
    const REAL *x = (const REAL *)s->x + first * columns, *end = (const REAL *)s->x + last * columns;
    REAL *sums = scratch(width * sizeof(REAL)), *to = (REAL *)s->partial + part * columns;
    if (!sums)
        return;
    memset(sums, 0, width * sizeof(REAL));
    for (; end - x >= width; x += width)
        for (long j = 0; j < width; j += LANES)
            *(NAME(vector) *)(sums + j) += *(const NAME(vector) *)(x + j);
    for (long j = 0; x < end; x++, j++) /* too few rows to be beside each other */
        sums[j] += *x;
    for (long c = 0; c < columns; c++) {
        REAL sum = 0;
        for (long i = 0; i < beside; i++)
            sum += sums[i * columns + c];
        to[c] = sum;
    }
}

static void NAME(sums_fold)(const struct sums *s, long parts, void *y)
{
    const REAL *from = s->partial;
    REAL *to = y;
    memset(to, 0, s->columns * sizeof(REAL));
    for (long part = 0; part < parts; part++, from += s->columns)
        for (long c = 0; c < s->columns; c++)
            to[c] += from[c];
}

#define SUMMED_AT_ONCE (64 * LANES)

/* In lanes, and those of more entries in pairs: the error grows with the logarithm of their number. */
static double NAME(sum_of_all)(const void *entries, long n)
{
    const REAL *x = entries;
    if (n > SUMMED_AT_ONCE) {
        const long half = (n / 2 + SUMMED_AT_ONCE - 1) / SUMMED_AT_ONCE * SUMMED_AT_ONCE;
        return NAME(sum_of_all)(x, half) + NAME(sum_of_all)(x + half, n - half);
    }
    NAME(vector) sums[4] = {{0}};
    long k = 0;
    for (; k + 4 * LANES <= n; k += 4 * LANES) {
        UNROLLED
        for (int i = 0; i < 4; i++)
            sums[i] += *(const NAME(vector) *)(x + k + i * LANES);
    }
    sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    double sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += (double)sums[0][i];
    for (; k < n; k++)
        sum += (double)x[k];
    return sum;
}

#undef SUMMED_AT_ONCE
