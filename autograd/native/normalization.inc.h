/* Batch normalization of rows: (m, channels) arrays whose columns are channels.
 *
 * Several rows side by side, a "run", are as wide as some vectors; a coefficient for each channel is repeated
 * along a run ("tiled"). Rows are taken in blocks that stay in the cache, whose number depends on the shape alone, as
 * does that of the parts which the threads share out; sums over blocks are kept apart and added up in order.
 */

#define BLOCK_BYTES 32768
#define PART_BYTES 131072 /* of x: some 20 µs of work */
#define FEWEST_ROWS 64    /* in a block: the sums that blocks leave behind must stay few */
#define STRIP 4           /* vectors summed at a time: as many sums under way hide the latency of one */

/* How the rows of an array are walked. */
struct NAME(plan) {
    long m, channels;
    long side;   /* rows in a run */
    long width;  /* entries in a run: a multiple of LANES, unless side is 1 */
    long block;  /* rows in a block: whole runs */
    long blocks, blocks_of_part, parts;
};

static struct NAME(plan) NAME(plan_of)(long m, long channels)
{
    struct NAME(plan) p = {.m = m, .channels = channels, .side = 1};
    if (channels < 16 * LANES) {
        while (p.side * channels % LANES)
            p.side *= 2;
        while (p.side * channels < 2 * STRIP * LANES)
            p.side *= 2;
    }
    p.width = p.side * channels;
    const long row = channels * (long)sizeof(REAL);
    p.block = MAX(BLOCK_BYTES / row, FEWEST_ROWS);
    p.block = MAX(p.block / p.side, 1) * p.side;
    p.blocks = (m + p.block - 1) / p.block;
    p.blocks_of_part = MAX(PART_BYTES / (p.block * row), 1);
    p.parts = (p.blocks + p.blocks_of_part - 1) / p.blocks_of_part;
    return p;
}

/* What a part works with. Coefficients are tiled. */
struct NAME(normalization) {
    struct NAME(plan) plan;
    const REAL *x, *g;
    REAL *y;
    int relu, fixed;
    REAL *mean, *scale, *bias, *slope, *level;
    double *first, *second; /* for each block: two sums of each channel */
    double *totals;         /* the same over all blocks */
    REAL *runs;             /* for each part: three runs to work in */
};

/* The memory to work in: five tiled coefficients and three runs for each part, then two sums for each block, and
 * two in all. */
static size_t NAME(normalization_work_size)(long m, long channels)
{
    const struct NAME(plan) p = NAME(plan_of)(m, channels);
    const size_t reals = (size_t)(5 + 3 * p.parts) * p.width;
    return ((reals * sizeof(REAL) + 7) & ~(size_t)7) + (size_t)(2 * (p.blocks + 1) * channels) * sizeof(double);
}

static void NAME(lay_out)(struct NAME(normalization) *n, void *work)
{
    const struct NAME(plan) *p = &n->plan;
    REAL *at = work;
    REAL **const coefficients[] = {&n->mean, &n->scale, &n->bias, &n->slope, &n->level};
    for (int i = 0; i < 5; i++, at += p->width)
        *coefficients[i] = at;
    n->runs = at;
    const size_t reals = (size_t)(5 + 3 * p->parts) * p->width;
    n->first = (double *)((char *)work + ((reals * sizeof(REAL) + 7) & ~(size_t)7));
    n->second = n->first + p->blocks * p->channels;
    n->totals = n->second + p->blocks * p->channels;
}

/* The first channels entries of a run repeated along it. */
static void NAME(tile)(REAL *run, const struct NAME(plan) *p)
{
    for (long i = p->channels; i < p->width; i++)
        run[i] = run[i - p->channels];
}

/* For each channel, the sum of its entries in a run. */
static void NAME(fold)(const REAL *run, const struct NAME(plan) *p, double *sums)
{
    for (long c = 0; c < p->channels; c++)
        sums[c] = run[c];
    for (long i = 1; i < p->side; i++) {
        const REAL *row = run + i * p->channels;
        for (long c = 0; c < p->channels; c++)
            sums[c] += row[c];
    }
}

/* What the blocks leave behind, block after block. */
static void NAME(add_up)(const double *of_blocks, const struct NAME(plan) *p, double *sums)
{
    for (long c = 0; c < p->channels; c++)
        sums[c] = 0;
    for (long block = 0; block < p->blocks; block++, of_blocks += p->channels)
        for (long c = 0; c < p->channels; c++)
            sums[c] += of_blocks[c];
}

/* -- sums over the runs of a block ------------------------------------------------------------- */

/* What is summed, with d = x − mean. */
#define X 0             /* a = Σ x */
#define SQUARES 1       /* a = Σ d, b = Σ d² */
#define PRODUCTS 2      /* a = Σ g, b = Σ g d */
#define PRODUCTS_RELU 3 /* the same over the entries that relu lets through */

static inline __attribute__((always_inline)) void NAME(sum_strip)(
    const int what, const int vectors, const struct NAME(normalization) *n, const REAL *shift, const REAL *x,
    const REAL *g, long runs, long column, REAL *a, REAL *b, int add)
{
    const long width = n->plan.width;
    NAME(vector) sum_a[STRIP], sum_b[STRIP], mean[STRIP], scale[STRIP], bias[STRIP];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const long at = column + j * LANES;
        sum_a[j] = sum_b[j] = (NAME(vector)){0};
        if (add) {
            sum_a[j] = *(const NAME(vector) *)(a + at);
            if (what != X)
                sum_b[j] = *(const NAME(vector) *)(b + at);
        }
        if (what != X)
            mean[j] = *(const NAME(vector) *)(shift + at);
        if (what == PRODUCTS_RELU) {
            scale[j] = *(const NAME(vector) *)(n->scale + at);
            bias[j] = *(const NAME(vector) *)(n->bias + at);
        }
    }
    for (long run = 0; run < runs; run++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const long at = run * width + column + j * LANES;
            const NAME(vector) value = *(const NAME(vector) *)(x + at);
            if (what == X) {
                sum_a[j] += value;
                continue;
            }
            const NAME(vector) d = value - mean[j];
            NAME(vector) other = d;
            if (what != SQUARES)
                other = *(const NAME(vector) *)(g + at);
            if (what == PRODUCTS_RELU)
                other = NAME(rectified)(other, d * scale[j] + bias[j]);
            sum_a[j] += other;
            sum_b[j] += other * d;
        }
    }
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        *(NAME(vector) *)(a + column + j * LANES) = sum_a[j];
        if (what != X)
            *(NAME(vector) *)(b + column + j * LANES) = sum_b[j];
    }
}

static inline __attribute__((always_inline)) void NAME(sum_runs)(
    const int what, const struct NAME(normalization) *n, const REAL *shift, const REAL *x, const REAL *g, long runs,
    long width, REAL *a, REAL *b, int add)
{
    long column = 0;
    for (; column + STRIP * LANES <= width; column += STRIP * LANES)
        NAME(sum_strip)(what, STRIP, n, shift, x, g, runs, column, a, b, add);
    for (; column + LANES <= width; column += LANES)
        NAME(sum_strip)(what, 1, n, shift, x, g, runs, column, a, b, add);
    for (; column < width; column++) {
        REAL sum_a = add ? a[column] : 0, sum_b = add && what != X ? b[column] : 0;
        for (long run = 0; run < runs; run++) {
            const long at = run * n->plan.width + column;
            if (what == X) {
                sum_a += x[at];
                continue;
            }
            const REAL d = x[at] - shift[column];
            REAL other = what == SQUARES ? d : g[at];
            if (what == PRODUCTS_RELU && d * n->scale[column] + n->bias[column] <= 0)
                other = 0;
            sum_a += other;
            sum_b += other * d;
        }
        a[column] = sum_a;
        if (what != X)
            b[column] = sum_b;
    }
}

/* The sums of some rows, those that fill no run included. */
static inline __attribute__((always_inline)) void NAME(sum_rows)(
    const int what, const struct NAME(normalization) *n, const REAL *shift, const REAL *x, const REAL *g, long rows,
    REAL *a, REAL *b)
{
    const struct NAME(plan) *p = &n->plan;
    const long runs = rows / p->side, rest = rows % p->side * p->channels, at = runs * p->width;
    NAME(sum_runs)(what, n, shift, x, g, runs, p->width, a, b, 0);
    if (rest)
        NAME(sum_runs)(what, n, shift, x + at, g ? g + at : g, 1, rest, a, b, 1);
}

/* -- mean and variance ------------------------------------------------------------------------- */

/* Of each block: the sum of a channel, and the sum of squares around the block's own mean. Read twice, the second
 * time from the cache, it loses no digits to a mean far from 0, as Σ x² would. */
static void NAME(statistics_part)(void *context, long part)
{
    const struct NAME(normalization) *n = context;
    const struct NAME(plan) *p = &n->plan;
    REAL *mean = n->runs + 3 * part * p->width, *a = mean + p->width, *b = a + p->width;
    const long end = MIN(p->blocks, (part + 1) * p->blocks_of_part);
    for (long block = part * p->blocks_of_part; block < end; block++) {
        const long rows = MIN(p->block, p->m - block * p->block);
        const REAL *x = n->x + block * p->block * p->channels;
        double *sum = n->first + block * p->channels, *squares = n->second + block * p->channels;
        NAME(sum_rows)(X, n, NULL, x, NULL, rows, a, NULL);
        NAME(fold)(a, p, sum);
        for (long c = 0; c < p->channels; c++)
            mean[c] = (REAL)(sum[c] / rows);
        NAME(tile)(mean, p);
        NAME(sum_rows)(SQUARES, n, mean, x, NULL, rows, a, b);
        NAME(fold)(b, p, squares);
        /* The deviations from the rounded mean tell what is missing in the sum. */
        for (long i = 1; i < p->side; i++)
            for (long c = 0; c < p->channels; c++)
                a[c] += a[i * p->channels + c];
        for (long c = 0; c < p->channels; c++) {
            const double missing = a[c];
            if (isfinite(missing)) {
                sum[c] = (double)mean[c] * rows + missing;
                squares[c] -= missing * missing / rows;
            }
        }
    }
}

static void NAME(statistics)(const void *x, long m, long channels, void *mean_, void *variance_, void *work)
{
    struct NAME(normalization) n = {.plan = NAME(plan_of)(m, channels), .x = x};
    NAME(lay_out)(&n, work);
    run_parts(NAME(statistics_part), &n, n.plan.parts);
    const struct NAME(plan) *p = &n.plan;
    REAL *mean = mean_, *variance = variance_;
    double *sum = n.totals, *around = n.totals + channels;
    NAME(add_up)(n.first, p, sum);
    NAME(add_up)(n.second, p, around);
    for (long block = 0; block < p->blocks; block++) {
        const double rows = MIN(p->block, m - block * p->block);
        const double *of_block = n.first + block * channels;
        for (long c = 0; c < channels; c++) {
            const double d = of_block[c] / rows - sum[c] / m;
            around[c] += rows * d * d;
        }
    }
    for (long c = 0; c < channels; c++) {
        mean[c] = (REAL)(sum[c] / m);
        variance[c] = (REAL)(around[c] / m);
    }
}

/* -- normalization ------------------------------------------------------------------------------ */

static inline __attribute__((always_inline)) void NAME(normalize_rows)(
    const int relu, const struct NAME(normalization) *n, const REAL *x, REAL *y, long rows)
{
    const struct NAME(plan) *p = &n->plan;
    const REAL *mean = n->mean, *scale = n->scale, *bias = n->bias;
    for (long left = rows * p->channels; left > 0; left -= p->width, x += p->width, y += p->width) {
        const long width = MIN(left, p->width);
        long i = 0;
        for (; i + LANES <= width; i += LANES) {
            const NAME(vector) d = *(const NAME(vector) *)(x + i) - *(const NAME(vector) *)(mean + i);
            NAME(vector) v = d * *(const NAME(vector) *)(scale + i) + *(const NAME(vector) *)(bias + i);
            if (relu)
                v = NAME(rectified)(v, v);
            *(NAME(vector) *)(y + i) = v;
        }
        for (; i < width; i++) {
            const REAL v = (x[i] - mean[i]) * scale[i] + bias[i];
            y[i] = relu && v <= 0 ? 0 : v;
        }
    }
}

static void NAME(normalize_part)(void *context, long part)
{
    const struct NAME(normalization) *n = context;
    const struct NAME(plan) *p = &n->plan;
    const long row = part * p->blocks_of_part * p->block;
    const long rows = MIN(p->blocks_of_part * p->block, p->m - row), at = row * p->channels;
    if (n->relu)
        NAME(normalize_rows)(1, n, n->x + at, n->y + at, rows);
    else
        NAME(normalize_rows)(0, n, n->x + at, n->y + at, rows);
}

static void NAME(take_coefficients)(
    struct NAME(normalization) *n, const REAL *mean, const REAL *deviation, const REAL *weight, const REAL *bias)
{
    const struct NAME(plan) *p = &n->plan;
    for (long c = 0; c < p->channels; c++) {
        n->mean[c] = mean[c];
        n->scale[c] = weight[c] / deviation[c];
        n->bias[c] = bias[c];
    }
    NAME(tile)(n->mean, p);
    NAME(tile)(n->scale, p);
    NAME(tile)(n->bias, p);
}

static void NAME(normalize)(
    const void *x, long m, long channels, const void *mean, const void *deviation, const void *weight, const void *bias,
    int relu, void *y, void *work)
{
    struct NAME(normalization) n = {.plan = NAME(plan_of)(m, channels), .x = x, .y = y, .relu = relu};
    NAME(lay_out)(&n, work);
    NAME(take_coefficients)(&n, mean, deviation, weight, bias);
    run_parts(NAME(normalize_part), &n, n.plan.parts);
}

/* -- gradients ---------------------------------------------------------------------------------- */

static void NAME(products_part)(void *context, long part)
{
    const struct NAME(normalization) *n = context;
    const struct NAME(plan) *p = &n->plan;
    REAL *a = n->runs + 3 * part * p->width, *b = a + p->width;
    const long end = MIN(p->blocks, (part + 1) * p->blocks_of_part);
    for (long block = part * p->blocks_of_part; block < end; block++) {
        const long rows = MIN(p->block, p->m - block * p->block), at = block * p->block * p->channels;
        if (n->relu)
            NAME(sum_rows)(PRODUCTS_RELU, n, n->mean, n->x + at, n->g + at, rows, a, b);
        else
            NAME(sum_rows)(PRODUCTS, n, n->mean, n->x + at, n->g + at, rows, a, b);
        NAME(fold)(a, p, n->first + block * p->channels);
        NAME(fold)(b, p, n->second + block * p->channels);
    }
}

/* With statistics that were given, in place of x's own ("fixed"), the gradient only goes through the scale. */
static inline __attribute__((always_inline)) void NAME(input_gradient_rows)(
    const int relu, const int fixed, const struct NAME(normalization) *n, const REAL *x, const REAL *g, REAL *y,
    long rows)
{
    const struct NAME(plan) *p = &n->plan;
    const REAL *mean = n->mean, *scale = n->scale, *bias = n->bias, *slope = n->slope, *level = n->level;
    for (long left = rows * p->channels; left > 0; left -= p->width) {
        const long width = MIN(left, p->width);
        long i = 0;
        for (; i + LANES <= width; i += LANES) {
            const NAME(vector) d = *(const NAME(vector) *)(x + i) - *(const NAME(vector) *)(mean + i);
            const NAME(vector) s = *(const NAME(vector) *)(scale + i);
            NAME(vector) v = *(const NAME(vector) *)(g + i);
            if (relu)
                v = NAME(rectified)(v, d * s + *(const NAME(vector) *)(bias + i));
            if (!fixed)
                v = v - *(const NAME(vector) *)(level + i) - d * *(const NAME(vector) *)(slope + i);
            *(NAME(vector) *)(y + i) = v * s;
        }
        for (; i < width; i++) {
            const REAL d = x[i] - mean[i];
            REAL v = relu && d * scale[i] + bias[i] <= 0 ? 0 : g[i];
            if (!fixed)
                v = v - level[i] - d * slope[i];
            y[i] = v * scale[i];
        }
        x += p->width;
        g += p->width;
        y += p->width;
    }
}

static void NAME(input_gradient_part)(void *context, long part)
{
    const struct NAME(normalization) *n = context;
    const struct NAME(plan) *p = &n->plan;
    const long row = part * p->blocks_of_part * p->block;
    const long rows = MIN(p->blocks_of_part * p->block, p->m - row), at = row * p->channels;
    switch (2 * n->relu + n->fixed) {
    case 0: NAME(input_gradient_rows)(0, 0, n, n->x + at, n->g + at, n->y + at, rows); break;
    case 1: NAME(input_gradient_rows)(0, 1, n, n->x + at, n->g + at, n->y + at, rows); break;
    case 2: NAME(input_gradient_rows)(1, 0, n, n->x + at, n->g + at, n->y + at, rows); break;
    case 3: NAME(input_gradient_rows)(1, 1, n, n->x + at, n->g + at, n->y + at, rows); break;
    }
}

static void NAME(normalization_gradients)(
    const void *g, const void *x, long m, long channels, const void *mean, const void *deviation_, const void *weight,
    const void *bias, int relu, int fixed, void *dx, void *by_weight_, void *by_bias_, void *work)
{
    struct NAME(normalization) n = {
        .plan = NAME(plan_of)(m, channels), .x = x, .g = g, .y = dx, .relu = relu, .fixed = fixed};
    const struct NAME(plan) *p = &n.plan;
    NAME(lay_out)(&n, work);
    NAME(take_coefficients)(&n, mean, deviation_, weight, bias);
    run_parts(NAME(products_part), &n, p->parts);
    const REAL *deviation = deviation_;
    REAL *by_weight = by_weight_, *by_bias = by_bias_;
    double *sum = n.totals, *product = n.totals + channels;
    NAME(add_up)(n.first, p, sum);
    NAME(add_up)(n.second, p, product);
    for (long c = 0; c < channels; c++) {
        by_bias[c] = (REAL)sum[c];
        by_weight[c] = (REAL)(product[c] / deviation[c]);
        n.level[c] = (REAL)(sum[c] / m);
        n.slope[c] = (REAL)(product[c] / ((double)deviation[c] * deviation[c] * m));
    }
    if (!dx)
        return;
    NAME(tile)(n.slope, p);
    NAME(tile)(n.level, p);
    run_parts(NAME(input_gradient_part), &n, p->parts);
}

#undef BLOCK_BYTES
#undef PART_BYTES
#undef FEWEST_ROWS
#undef STRIP
#undef X
#undef SQUARES
#undef PRODUCTS
#undef PRODUCTS_RELU
