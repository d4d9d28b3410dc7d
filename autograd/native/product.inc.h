/* The product of two matrices, from blocks of tiles.inc.h.
 *
 * One factor gives the rows of a block and is read where it lies, its rows or its columns in one run of memory.
 * The other gives the lanes: a panel of it, [k, two vectors], is copied together, since a block reads it again for
 * all rows. Either factor can be the one or the other, since yᵀ = bᵀ aᵀ; it is chosen by what there is to copy.
 *
 * The sum over k is cut into pieces of a length that depends on the shape alone, and no other cut is made through
 * it: whatever the number of threads, each entry of y is the same sum in the same order.
 */

#define DEPTH 512   /* of a panel, at most: it should stay in the first caches */
#define FEW_ROWS 64 /* for which lanes are read where they lie */
#define MOST_TURNED 8192 /* rows of a part, where a turned result must be kept: some 1 MB */

struct NAME(factors) {
    long rows, lanes, depth;
    const REAL *row, *lane; /* row[i · row_row + k · row_step], lane[k · lane_step + j · lane_lane] */
    long row_row, row_step, lane_step, lane_lane;
    int turned;       /* the blocks give yᵀ */
    const REAL *bias; /* for each lane; for each row, where turned */
    REAL *y;
    long y_row; /* from one row of y to the next */
    long row_parts, lane_parts;
};

/* What it costs, about, in steps of the processor: blocks, copies and a turned result. */
static double NAME(cost)(const struct NAME(factors) *f)
{
    const double vectors = (f->lanes + LANES - 1) / LANES, size = (double)f->lanes * f->depth;
    const double blocks = vectors * f->rows * f->depth / 2 * (f->rows < 4 ? 2 : 1);
    const double copies = size * (f->lane_lane == 1 ? 0.2 : 1.2);
    return blocks + copies + (f->turned ? 1.5 * f->rows * f->lanes : 0);
}

/* to[k, width] = lanes j < width of the steps k < depth, zeros beyond the last lane. */
static void NAME(pack_lanes)(REAL *to, long width, const REAL *from, long step, long lane, long lanes, long depth)
{
    if (lane == 1) {
        const struct NAME(panels) panel = {.width = width, .entries = lanes, .groups = 1};
        const struct pictures lines = {.pixel = step, .channel = 1};
        NAME(make_panels)(&panel, to, from, &lines, depth);
        return;
    }
    for (long j = 0; j < lanes; j++)
        for (long k = 0; k < depth; k++)
            to[k * width + j] = from[k * step + j * lane];
    for (long j = lanes; j < width; j++)
        for (long k = 0; k < depth; k++)
            to[k * width + j] = 0;
}

static void NAME(multiply_part)(void *context, long part)
{
    const struct NAME(factors) *f = context;
    const long panels = (f->lanes + 2 * LANES - 1) / (2 * LANES);
    const long row_part = part / f->lane_parts, lane_part = part % f->lane_parts;
    const long first_row = f->rows * row_part / f->row_parts, last_row = f->rows * (row_part + 1) / f->row_parts;
    const long first = panels * lane_part / f->lane_parts, last = panels * (lane_part + 1) / f->lane_parts;
    const long rows = last_row - first_row, cuts = (f->depth + DEPTH - 1) / DEPTH;

    const long deepest = (f->depth + cuts - 1) / cuts;
    REAL *panel = scratch((deepest + (f->turned ? rows : 0)) * 2 * VECTOR_BYTES), *sums = panel + deepest * 2 * LANES;
    if (!panel)
        return;
    static const long start[1] = {0};
    for (long cut = 0; cut < cuts; cut++) {
        const long k = f->depth * cut / cuts, depth = f->depth * (cut + 1) / cuts - k;
        for (long block = first; block < last; block++) {
            const long lane = block * 2 * LANES, lanes = MIN(2 * LANES, f->lanes - lane);
            const long width = lanes > LANES ? 2 * LANES : LANES;
            const int most = width > LANES ? ROWS_OF_TWO : ROWS_OF_ONE;
            const REAL *from = f->lane + k * f->lane_step + lane * f->lane_lane;
            struct NAME(product) p = {
                .runs = 1,
                .depth = depth,
                .a_at = start,
                .b_at = start,
                .a_step = f->row_step,
                .a_row = f->row_row,
                .b_step = width,
            };
            const REAL *b = panel;
            if (f->lane_lane == 1 && lanes == width && rows <= FEW_ROWS) {
                b = from; /* not worth a copy */
                p.b_step = f->lane_step;
            } else
                NAME(pack_lanes)(panel, width, from, f->lane_step, f->lane_lane, lanes, depth);
            struct NAME(target) t = {.step = f->y_row, .lanes = lanes, .add = cut > 0};
            if (f->turned)
                t = (struct NAME(target)){.step = width, .lanes = width};
            else if (f->bias && cut == 0)
                t.start = f->bias + lane;
            const long blocks = (rows + most - 1) / most;
            for (long i = 0; i < blocks; i++) {
                const long row = rows * i / blocks, count = rows * (i + 1) / blocks - row;
                const REAL *a = f->row + (first_row + row) * f->row_row + k * f->row_step;
                t.to = f->turned ? sums + row * width : f->y + (first_row + row) * f->y_row + lane;
                if (f->row_step == 1) {
                    if (width > LANES)
                        NAME(rows_of_two)(count, &p, a, b, &t);
                    else
                        NAME(rows_of_one)(count, &p, a, b, &t);
                } else if (width > LANES)
                    NAME(block_of_two)(count, &p, a, b, &t);
                else
                    NAME(block_of_one)(count, &p, a, b, &t);
            }
            if (!f->turned)
                continue;
            const REAL *bias = f->bias && cut == 0 ? f->bias + first_row : NULL;
            for (long j = 0; j < lanes; j++) {
                REAL *to = f->y + (lane + j) * f->y_row + first_row;
                if (cut > 0)
                    for (long i = 0; i < rows; i++)
                        to[i] += sums[i * width + j];
                else if (bias)
                    for (long i = 0; i < rows; i++)
                        to[i] = sums[i * width + j] + bias[i];
                else
                    for (long i = 0; i < rows; i++)
                        to[i] = sums[i * width + j];
            }
        }
    }
}

static void NAME(multiply)(const struct product_arrays *arrays)
{
    struct NAME(factors) straight = {
        .rows = arrays->rows,
        .lanes = arrays->columns,
        .depth = arrays->depth,
        .row = arrays->a,
        .row_row = arrays->a_row,
        .row_step = arrays->a_step,
        .lane = arrays->b,
        .lane_step = arrays->b_step,
        .lane_lane = arrays->b_column,
        .bias = arrays->bias,
        .y = arrays->y,
        .y_row = arrays->columns,
    };
    struct NAME(factors) turned = {
        .rows = arrays->columns,
        .lanes = arrays->rows,
        .depth = arrays->depth,
        .row = arrays->b,
        .row_row = arrays->b_column,
        .row_step = arrays->b_step,
        .lane = arrays->a,
        .lane_step = arrays->a_step,
        .lane_lane = arrays->a_row,
        .bias = arrays->bias,
        .y = arrays->y,
        .y_row = arrays->columns,
        .turned = 1,
    };
    struct NAME(factors) *f = NAME(cost)(&straight) <= NAME(cost)(&turned) ? &straight : &turned;
    const long panels = (f->lanes + 2 * LANES - 1) / (2 * LANES);
    f->lane_parts = MIN(arrays->parts, panels);
    f->row_parts = MIN((arrays->parts + f->lane_parts - 1) / f->lane_parts, (f->rows + 31) / 32);
    if (f->turned)
        f->row_parts = MAX(f->row_parts, (f->rows + MOST_TURNED - 1) / MOST_TURNED);
    run_parts(NAME(multiply_part), f, f->lane_parts * f->row_parts);
}

static void NAME(multiply_few)(const struct product_arrays *arrays)
{
    const REAL *a = arrays->a, *bias = arrays->bias;
    REAL *y = arrays->y;
    for (long i = 0; i < arrays->rows; i++, a += arrays->a_row, y += arrays->columns) {
        const REAL *b = arrays->b;
        for (long j = 0; j < arrays->columns; j++, b += arrays->b_column) {
            REAL sum = 0;
            for (long k = 0; k < arrays->depth; k++)
                sum += a[k * arrays->a_step] * b[k * arrays->b_step];
            y[j] = bias ? sum + bias[j] : sum;
        }
    }
}
#undef DEPTH
#undef FEW_ROWS
#undef MOST_TURNED
