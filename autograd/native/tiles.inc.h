/* The inner loop of every product here: a small block of results held in registers.
 *
 * acc[i][j] = Σ over runs t and k < K of  a[a_at[t] + k·a_step + i] · b[b_at[t] + k·b_step + j]
 *
 * i runs over at most ROWS entries, read one by one and spread over a vector; j over one or two vectors
 * of LANES entries. A convolution calls a run a tap, a weight's gradient a row of pixels; a plain
 * product has one run.
 */

#ifndef ROWS_OF_ONE
#if VECTOR_BYTES == 64 || defined(__aarch64__) /* 32 registers */
#define ROWS_OF_ONE 16 /* with one vector of b: enough sums under way to hide the latency of one */
#define ROWS_OF_TWO 8
#else /* 16 registers */
#define ROWS_OF_ONE 12
#define ROWS_OF_TWO 6
#endif
#endif

struct NAME(product) {
    long runs, depth; /* depth is K */
    const long *a_at, *b_at;
    long a_step, b_step;
};

/* Where a block of results goes: row i at to + i·step, `lanes` entries of it. */
struct NAME(target) {
    REAL *to;
    long step, lanes;
    const REAL *start; /* entries to begin each row with (a bias), or NULL for zeros */
    int add;           /* to what is there, in place of writing over it */
};

/* The sums of a block to their target. By itself, for it would take registers from the loop that sums up. */
static __attribute__((noinline)) void NAME(deliver)(
    long rows, long vectors, const REAL *sums, const struct NAME(target) *t)
{
    REAL *to = t->to;
    for (long i = 0; i < rows; i++, to += t->step, sums += vectors * LANES) {
        long j = 0;
        for (; j + LANES <= t->lanes; j += LANES) {
            NAME(vector) sum = *(const NAME(vector) *)(sums + j);
            if (t->start)
                sum += *(const NAME(vector) *)(t->start + j);
            if (t->add)
                sum += *(const NAME(vector) *)(to + j);
            *(NAME(vector) *)(to + j) = sum;
        }
        for (; j < t->lanes; j++) {
            REAL sum = sums[j];
            if (t->start)
                sum += t->start[j];
            to[j] = t->add ? to[j] + sum : sum;
        }
    }
}

static inline __attribute__((always_inline)) void NAME(block)(
    const int rows, const int vectors, const struct NAME(product) *p, const REAL *a, const REAL *b,
    const struct NAME(target) *t)
{
    NAME(vector) acc[ROWS_OF_ONE][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++)
            acc[i][j] = (NAME(vector)){0};
    for (long run = 0; run < p->runs; run++) {
        const REAL *x = a + p->a_at[run], *w = b + p->b_at[run];
        const long a_step = p->a_step, b_step = p->b_step;
        for (long k = p->depth; k > 0; k--) {
            NAME(vector) second = {0}, first = *(const NAME(vector) *)w;
            if (vectors == 2)
                second = *(const NAME(vector) *)(w + LANES);
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) {
                acc[i][0] += x[i] * first;
                if (vectors == 2)
                    acc[i][1] += x[i] * second;
            }
            x += a_step;
            w += b_step;
        }
    }
    REAL sums[ROWS_OF_ONE * 2 * LANES] __attribute__((aligned(64)));
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++)
            *(NAME(vector) *)(sums + (i * vectors + j) * LANES) = acc[i][j];
    NAME(deliver)(rows, vectors, sums, t);
}

#define BLOCK(rows, vectors) \
    case rows: NAME(block)(rows, vectors, p, a, b, t); break;

/* One block: rows ≤ ROWS_OF_ONE with one vector, ≤ ROWS_OF_TWO with two; b is read in whole vectors. */
static __attribute__((noinline)) void NAME(block_of_one)(
    long rows, const struct NAME(product) *p, const REAL *a, const REAL *b, const struct NAME(target) *t)
{
    switch (rows) {
        BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1) BLOCK(7, 1) BLOCK(8, 1)
        BLOCK(9, 1) BLOCK(10, 1) BLOCK(11, 1) BLOCK(12, 1)
#if ROWS_OF_ONE == 16
        BLOCK(13, 1) BLOCK(14, 1) BLOCK(15, 1) BLOCK(16, 1)
#endif
    }
}

static __attribute__((noinline)) void NAME(block_of_two)(
    long rows, const struct NAME(product) *p, const REAL *a, const REAL *b, const struct NAME(target) *t)
{
    switch (rows) {
        BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2)
#if ROWS_OF_TWO == 8
        BLOCK(7, 2) BLOCK(8, 2)
#endif
    }
}
#undef BLOCK
