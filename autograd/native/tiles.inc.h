/* The inner loop of every product here: a small block of results held in registers.
 *
 * acc[i][j] = Σ over runs t and k < K of  a[a_at[t] + k·a_step + i] · b[b_at[t] + k·b_step + j]
 *
 * i runs over at most ROWS entries, read one by one and spread over a vector; j over one or two vectors
 * of LANES entries. A convolution calls a run a tap, a weight's gradient a row of pixels; a plain
 * product has one run. In the blocks "of rows" a is the other way round, a[a_at[t] + k + i·a_row].
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
    long a_row; /* for blocks of rows, in place of a_step */
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
    REAL start[2 * LANES] = {0};
    for (long j = 0; t->start && j < t->lanes; j++)
        start[j] = t->start[j];
    /* Rows beside each other are written in whole vectors: what is too much of one, the next one overwrites. */
    const int beside = t->step == t->lanes && !t->add;
    REAL *to = t->to;
    for (long i = 0; i < rows; i++, to += t->step, sums += vectors * LANES) {
        const long allowed = beside ? (rows - i) * t->lanes : t->lanes;
        long j = 0;
        for (; j < t->lanes && j + LANES <= allowed; j += LANES) {
            NAME(vector) sum = *(const NAME(vector) *)(sums + j) + *(const NAME(vector) *)(start + j);
            if (t->add)
                sum += *(const NAME(vector) *)(to + j);
            *(NAME(vector) *)(to + j) = sum;
        }
        for (; j < t->lanes; j++)
            to[j] = (t->add ? to[j] : 0) + (sums[j] + start[j]);
    }
}

static inline __attribute__((always_inline)) void NAME(block)(
    const int rows, const int vectors, const int of_rows, const struct NAME(product) *p, const REAL *a, const REAL *b,
    const struct NAME(target) *t)
{
    NAME(vector) acc[ROWS_OF_ONE][2];
    UNROLLED
    for (int i = 0; i < rows; i++) {
        UNROLLED
        for (int j = 0; j < vectors; j++)
            acc[i][j] = (NAME(vector)){0};
    }
    for (long run = 0; run < p->runs; run++) {
        const REAL *x = a + p->a_at[run], *w = b + p->b_at[run];
        const long a_step = of_rows ? 1 : p->a_step, b_step = p->b_step;
        /* A pointer for each four rows, and steps that they share: 16 pointers would be too many for registers. */
        const REAL *four[(ROWS_OF_ONE + 3) / 4];
        const long row = p->a_row, three_rows = 3 * row;
        if (of_rows) {
            UNROLLED
            for (int i = 0; i < rows; i += 4)
                four[i / 4] = x + i * row;
        }
        for (long k = p->depth; k > 0; k--) {
            NAME(vector) second = {0}, first = *(const NAME(vector) *)w;
            if (vectors == 2)
                second = *(const NAME(vector) *)(w + LANES);
            UNROLLED
            for (int i = 0; i < rows; i++) {
                const REAL entry = !of_rows ? x[i] : four[i / 4][i % 4 == 3 ? three_rows : i % 4 * row];
                acc[i][0] += entry * first;
                if (vectors == 2)
                    acc[i][1] += entry * second;
            }
            if (of_rows) {
                UNROLLED
                for (int i = 0; i < rows; i += 4)
                    four[i / 4]++;
            }
            x += a_step;
            w += b_step;
        }
    }
    if (t->lanes == vectors * LANES && !t->add) { /* most blocks: straight from the registers */
        NAME(vector) start[2] = {{0}};
        if (t->start)
            for (int j = 0; j < vectors; j++)
                start[j] = *(const NAME(vector) *)(t->start + j * LANES);
        REAL *to = t->to;
        UNROLLED
        for (int i = 0; i < rows; i++, to += t->step) {
            UNROLLED
            for (int j = 0; j < vectors; j++)
                *(NAME(vector) *)(to + j * LANES) = acc[i][j] + start[j];
        }
        return;
    }
    REAL sums[ROWS_OF_ONE * 2 * LANES] __attribute__((aligned(64)));
    /* Rows of more than half a vector beside each other: what is too much of one, the next one overwrites. */
    if (of_rows && vectors == 1 && !t->add && t->step == t->lanes && 2 * t->lanes >= LANES) {
        REAL *to = t->to;
        *(NAME(vector) *)sums = (NAME(vector)){0};
        for (long j = 0; t->start && j < t->lanes; j++)
            sums[j] = t->start[j];
        const NAME(vector) start = *(const NAME(vector) *)sums;
        UNROLLED
        for (int i = 0; i < rows - 1; i++, to += t->step)
            *(NAME(vector) *)to = acc[i][0] + start;
        *(NAME(vector) *)sums = acc[rows - 1][0] + start;
        for (long j = 0; j < t->lanes; j++)
            to[j] = sums[j];
        return;
    }
    UNROLLED
    for (int i = 0; i < rows; i++) {
        UNROLLED
        for (int j = 0; j < vectors; j++)
            *(NAME(vector) *)(sums + (i * vectors + j) * LANES) = acc[i][j];
    }
    NAME(deliver)(rows, vectors, sums, t);
}

/* The blocks of each size, as tables. */
/* clang-format off */
#define BLOCK(rows, vectors) \
    case rows: NAME(block)(rows, vectors, of_rows, p, a, b, t); break;

static inline __attribute__((always_inline)) void NAME(some_of_one)(
    const int of_rows, long rows, const struct NAME(product) *p, const REAL *a, const REAL *b,
    const struct NAME(target) *t)
{
    switch (rows) {
        BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1) BLOCK(7, 1) BLOCK(8, 1)
        BLOCK(9, 1) BLOCK(10, 1) BLOCK(11, 1) BLOCK(12, 1)
#if ROWS_OF_ONE == 16
        BLOCK(13, 1) BLOCK(14, 1) BLOCK(15, 1) BLOCK(16, 1)
#endif
    }
}

static inline __attribute__((always_inline)) void NAME(some_of_two)(
    const int of_rows, long rows, const struct NAME(product) *p, const REAL *a, const REAL *b,
    const struct NAME(target) *t)
{
    switch (rows) {
        BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2)
#if ROWS_OF_TWO == 8
        BLOCK(7, 2) BLOCK(8, 2)
#endif
    }
}
#undef BLOCK
/* clang-format on */

/* One block: rows ≤ ROWS_OF_ONE with one vector, ≤ ROWS_OF_TWO with two; b is read in whole vectors. */
#define BLOCKS(name, some, of_rows)                                                                           \
    static __attribute__((noinline)) void NAME(name)(                                                         \
        long rows, const struct NAME(product) *p, const REAL *a, const REAL *b, const struct NAME(target) *t) \
    {                                                                                                         \
        NAME(some)(of_rows, rows, p, a, b, t);                                                                \
    }

BLOCKS(block_of_one, some_of_one, 0)
BLOCKS(block_of_two, some_of_two, 0)
BLOCKS(rows_of_one, some_of_one, 1)
BLOCKS(rows_of_two, some_of_two, 1)
#undef BLOCKS
