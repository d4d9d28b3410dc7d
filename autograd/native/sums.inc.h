/* Sums down the columns of a matrix: what the gradient of a bias is. */

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
