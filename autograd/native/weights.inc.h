/* The gradient of a convolution by its weights: w[o, c, r, s] = Σ over n, p, q of g[n, p, q, o] · x[n, …, …, c].
 *
 * Each block of the result is a product of a few entries of the windows (rows) and some outputs (lanes), summed
 * over pixels: a run is a row of output pixels. Three ways, for three kinds of layers:
 *
 * - at each tap, the pixels that it sees, straight out of x: rows are channels. No padding is ever read, since
 *   each tap goes only over those pixels of g for which it lies in the image.
 * - few channels: image rows are laid out column by column, so that all entries of a window, (s, r, c), follow
 *   each other in memory; rows are these entries, or lanes are, where there are but few outputs.
 * - a channel for itself (depthwise): no product, but one sum for each tap, with channels as lanes.
 *
 * Every share of the pixels adds up in a partial result [group][s, r, c][o]; the last step adds these in their
 * order, and brings the axes into that of w.
 */

struct NAME(weights) {
    const struct weights_shape *shape;
    const REAL *g, *x;
    REAL *w, *partials;
    long depth, outputs, entries; /* of one group: channels, outputs, c · r · s */
    long entry_step, output_step; /* of a partial result */
};

/* -- straight out of x -------------------------------------------------------------------------- */

/* The outputs in which position `tap` of the window lies in the image: first ≤ i < last. */
static inline void NAME(seen_by)(
    long tap, long stride, long dilation, long before, long image, long out, long *first, long *last)
{
    long at = tap * dilation - before; /* where it lies for output 0 */
    *first = at < 0 ? (-at + stride - 1) / stride : 0;
    *last = at < image ? MIN(out, (image - 1 - at) / stride + 1) : 0;
    if (*first > *last)
        *first = *last = 0;
}

/* Pixels of a band: so many that what one block reads of x and g stays in the first cache for all taps. */
#define BAND 160

static void NAME(weights_by_taps)(const struct NAME(weights) *job, long sum, long slice)
{
    const struct weights_shape *shape = job->shape;
    const long across = shape->size[1], down = shape->size[0], depth = job->depth, outputs = job->outputs;
    const long q = shape->columns, row_of_x = shape->width * shape->channels, row_of_g = q * shape->outputs;
    const int plain = down == 1 && across == 1 && shape->stride[0] == 1 && shape->stride[1] == 1 &&
                      q == shape->width && shape->rows == shape->height;

    const long out_blocks = (outputs + 2 * LANES - 1) / (2 * LANES);
    const long tail = outputs % LANES, whole = outputs - tail;
    const long most = outputs > LANES ? ROWS_OF_TWO : ROWS_OF_ONE;
    const long in_blocks = (depth + most - 1) / most, in_block = (depth + in_blocks - 1) / in_blocks;
    const long units = shape->groups * out_blocks * in_blocks;
    const long first_unit = units * slice / shape->slices, last_unit = units * (slice + 1) / shape->slices;

    const long all_rows = shape->images * shape->rows;
    const long first_row = all_rows * sum / shape->sums, last_row = all_rows * (sum + 1) / shape->sums;
    const long band = MIN(last_row - first_row, MAX(1, BAND / q));

    long *x_at = scratch((3 * down * band + down) * sizeof(long) + band * q * LANES * sizeof(REAL) + 64);
    long *g_at = x_at + down * band, *tail_at = g_at + down * band, *runs = tail_at + down * band;
    REAL *tails = (REAL *)(((uintptr_t)(runs + down) + 63) & ~(uintptr_t)63);
    REAL *partial = job->partials + sum * shape->groups * job->entries * outputs;

    for (long row = first_row; row < last_row; row += band) {
        const long end = MIN(row + band, last_row);
        for (long r = 0; r < down; r++) {
            long first, last, n = row / shape->rows, p = row % shape->rows, i = r * band;
            NAME(seen_by)(r, shape->stride[0], shape->dilation[0], shape->before[0], shape->height, shape->rows,
                          &first, &last);
            for (long m = row; m < end; m++) {
                if (first <= p && p < last) {
                    long y = p * shape->stride[0] + r * shape->dilation[0] - shape->before[0];
                    x_at[i] = (n * shape->height + y) * row_of_x;
                    g_at[i] = m * row_of_g;
                    tail_at[i] = (m - row) * q * LANES;
                    i++;
                }
                if (++p == shape->rows) {
                    p = 0;
                    n++;
                }
            }
            runs[r] = i - r * band;
        }
        long packed = -1; /* the group whose last outputs, fewer than a vector, are in tails */
        for (long unit = first_unit; unit < last_unit; unit++) {
            const long group = unit / (out_blocks * in_blocks);
            const long c = unit % in_blocks * in_block, channels = MIN(in_block, depth - c);
            const long begin = unit / in_blocks % out_blocks * 2 * LANES;
            for (long o = begin; o < MIN(begin + 2 * LANES, outputs);) {
                const int two = whole - o >= 2 * LANES, one = !two && o < whole;
                if (!two && !one && packed != group) {
                    const REAL *from = job->g + row * row_of_g + group * outputs + whole;
                    for (long i = 0; i < (end - row) * q; i++, from += shape->outputs)
                        for (long j = 0; j < LANES; j++)
                            tails[i * LANES + j] = j < tail ? from[j] : 0;
                    packed = group;
                }
                for (long r = 0; r < down; r++)
                    for (long s = 0; s < across; s++) {
                        long first, last;
                        NAME(seen_by)(s, shape->stride[1], shape->dilation[1], shape->before[1], shape->width, q,
                                      &first, &last);
                        const long start = first * shape->stride[1] + s * shape->dilation[1] - shape->before[1];
                        struct NAME(product) p = {
                            .runs = last > first ? runs[r] : 0, .depth = last - first,
                            .a_at = x_at + r * band, .b_at = (two || one ? g_at : tail_at) + r * band,
                            .a_step = shape->stride[1] * shape->channels,
                            .b_step = two || one ? shape->outputs : LANES,
                        };
                        if (plain) {
                            p.runs = 1;
                            p.depth = (end - row) * q;
                        }
                        struct NAME(target) t = {
                            .to = partial + (group * job->entries + (s * down + r) * depth + c) * outputs + o,
                            .step = outputs, .lanes = two ? 2 * LANES : one ? LANES : tail, .add = row > first_row,
                        };
                        const REAL *a = job->x, *b = two || one ? job->g : tails;
                        if (p.runs) {
                            a += start * shape->channels + group * depth + c;
                            b += first * p.b_step + (two || one ? group * outputs + o : 0);
                        }
                        if (two)
                            NAME(block_of_two)(channels, &p, a, b, &t);
                        else
                            for (long i = 0; i < channels; i += ROWS_OF_ONE) {
                                NAME(block_of_one)(MIN(ROWS_OF_ONE, channels - i), &p, a + (p.runs ? i : 0), b, &t);
                                t.to += ROWS_OF_ONE * outputs;
                            }
                    }
                o += two ? 2 * LANES : one ? LANES : tail;
            }
        }
    }
}

/* -- few channels ------------------------------------------------------------------------------- */

/* One image row into the cells z[w · step + c] of each column w < columns; zeros where x has none (row NULL). */
static inline __attribute__((always_inline)) void NAME(spread)(
    const long depth, REAL *z, long step, long columns, const REAL *row, long pixel, long before, long width)
{
    long first = row ? MIN(before, columns) : columns, last = MAX(first, MIN(columns, before + width));
    for (long w = 0; w < first; w++)
        for (long c = 0; c < depth; c++)
            z[w * step + c] = 0;
    for (long w = first; w < last; w++)
        for (long c = 0; c < depth; c++)
            z[w * step + c] = row[(w - before) * pixel + c];
    for (long w = last; w < columns; w++)
        for (long c = 0; c < depth; c++)
            z[w * step + c] = 0;
}

#define FEW 7 /* channels of a group, at most */
#define RUN 160 /* pixels to sum up in registers, about */

/* The window of output (p, q) is the run of entries (s, r, c) at z + (p · down + q · across · r) · c: one step
 * to the next output row moves every column by some cells, into those of the next that are no longer needed. */
static void NAME(weights_of_few)(const struct NAME(weights) *job, long sum)
{
    const struct weights_shape *shape = job->shape;
    const long down = shape->size[0], depth = job->depth, outputs = job->outputs, entries = job->entries;
    const long q = shape->columns, columns = (q - 1) * shape->stride[1] + shape->size[1];
    const long by_images = MIN(shape->sums, shape->images), by_rows = shape->sums / by_images;
    const long image_share = sum / by_rows, row_share = sum % by_rows;
    const long first_image = shape->images * image_share / by_images;
    const long last_image = shape->images * (image_share + 1) / by_images;
    const long first_row = shape->rows * row_share / by_rows, last_row = shape->rows * (row_share + 1) / by_rows;

    const long many = MIN(last_image - first_image, MAX(1, RUN / q));
    const long per_image = ((last_row - first_row - 1) * shape->stride[0] + columns * down) * depth;
    const int entries_are_lanes = job->output_step != 1;
    const long tail = entries_are_lanes ? 0 : outputs % LANES, whole = outputs - tail;

    long *z_at = scratch(3 * many * sizeof(long) + (many * (per_image + q * LANES) + 2 * LANES) * sizeof(REAL) + 128);
    long *g_at = z_at + many, *tail_at = g_at + many;
    REAL *tails = (REAL *)(((uintptr_t)(tail_at + many) + 63) & ~(uintptr_t)63), *z = tails + many * q * LANES;
    memset(z + many * per_image, 0, 2 * LANES * sizeof(REAL)); /* read with the last lanes, and not used */

    for (long group = 0; group < shape->groups; group++)
        for (long image = first_image; image < last_image; image += many) {
            const long batch = MIN(many, last_image - image);
            for (long p = first_row; p < last_row; p++) {
                const long moved = (p - first_row) * shape->stride[0] * depth;
                for (long i = 0; i < batch; i++) {
                    for (long r = p == first_row ? 0 : MAX(0, down - shape->stride[0]); r < down; r++) {
                        const long y = p * shape->stride[0] + r - shape->before[0];
                        const REAL *row = NULL;
                        if (y >= 0 && y < shape->height)
                            row = job->x + ((image + i) * shape->height + y) * shape->width * shape->channels +
                                  group * depth;
                        REAL *cells = z + i * per_image + moved + r * depth;
#define SPREAD(few)                                                                                           \
    case few: NAME(spread)(few, cells, down * few, columns, row, shape->channels, shape->before[1], shape->width); \
        break;
                        switch (depth) {
                            SPREAD(1) SPREAD(2) SPREAD(3) SPREAD(4) SPREAD(5) SPREAD(6) SPREAD(7)
                        }
#undef SPREAD
                    }
                    z_at[i] = i * per_image + moved;
                    g_at[i] = (((image + i) * shape->rows + p) * q) * shape->outputs + group * outputs;
                    tail_at[i] = i * q * LANES;
                    if (tail)
                        for (long k = 0; k < q; k++)
                            for (long j = 0; j < LANES; j++)
                                tails[(i * q + k) * LANES + j] =
                                    j < tail ? job->g[g_at[i] + k * shape->outputs + whole + j] : 0;
                }
                REAL *partial = job->partials + (sum * shape->groups + group) * entries * outputs;
                const int add = image > first_image || p > first_row;
                struct NAME(product) product = {
                    .runs = batch, .depth = q, .a_at = z_at, .b_at = g_at,
                    .a_step = shape->stride[1] * down * depth, .b_step = shape->outputs,
                };
                if (entries_are_lanes) {
                    product.a_at = g_at;
                    product.b_at = z_at;
                    product.b_step = product.a_step;
                    product.a_step = shape->outputs;
                    for (long e = 0; e < entries; e += 2 * LANES)
                        for (long o = 0; o < outputs; o += ROWS_OF_TWO) {
                            struct NAME(target) t = {
                                .to = partial + o * entries + e, .step = entries,
                                .lanes = MIN(2 * LANES, entries - e), .add = add,
                            };
                            if (t.lanes > LANES)
                                NAME(block_of_two)(MIN(ROWS_OF_TWO, outputs - o), &product, job->g + o, z + e, &t);
                            else
                                NAME(block_of_one)(MIN(ROWS_OF_TWO, outputs - o), &product, job->g + o, z + e, &t);
                        }
                    continue;
                }
                for (long o = 0; o < outputs;) {
                    const int two = whole - o >= 2 * LANES, packed = o >= whole;
                    const long lanes = two ? 2 * LANES : packed ? tail : LANES;
                    const long most = two ? ROWS_OF_TWO : ROWS_OF_ONE, blocks = (entries + most - 1) / most;
                    product.b_at = packed ? tail_at : g_at;
                    product.b_step = packed ? LANES : shape->outputs;
                    const REAL *b = packed ? tails : job->g + o;
                    for (long i = 0; i < blocks; i++) {
                        const long e = entries * i / blocks, rows = entries * (i + 1) / blocks - e;
                        struct NAME(target) t = {
                            .to = partial + e * outputs + o, .step = outputs, .lanes = lanes, .add = add,
                        };
                        if (two)
                            NAME(block_of_two)(rows, &product, z + e, b, &t);
                        else
                            NAME(block_of_one)(rows, &product, z + e, b, &t);
                    }
                    o += lanes;
                }
            }
        }
}

/* -- a channel for itself ----------------------------------------------------------------------- */

#define TAPS 9 /* sums held in registers */

/* to[t] += Σ over rows and pixels of g · x at tap t, for `taps` taps. */
static inline __attribute__((always_inline)) void NAME(sum_taps)(
    const int taps, long rows, long pixels, const REAL *g, long g_row, long g_step, const REAL *x, long x_row,
    long x_step, const long *at, REAL *to)
{
    NAME(vector) acc[TAPS];
    const REAL *from[TAPS];
#pragma GCC unroll 9
    for (int t = 0; t < taps; t++) {
        acc[t] = *(const NAME(vector) *)(to + t * LANES);
        from[t] = x + at[t];
    }
    for (long p = 0; p < rows; p++)
        for (long q = 0; q < pixels; q++) {
            const NAME(vector) weight = *(const NAME(vector) *)(g + p * g_row + q * g_step);
            const long i = p * x_row + q * x_step;
#pragma GCC unroll 9
            for (int t = 0; t < taps; t++)
                acc[t] += weight * *(const NAME(vector) *)(from[t] + i);
        }
#pragma GCC unroll 9
    for (int t = 0; t < taps; t++)
        *(NAME(vector) *)(to + t * LANES) = acc[t];
}

static void NAME(weights_of_single)(const struct NAME(weights) *job, long sum, long slice)
{
    const struct weights_shape *shape = job->shape;
    const long down = shape->size[0], across = shape->size[1], taps = down * across, q = shape->columns;
    const long blocks = (shape->groups + LANES - 1) / LANES, each = job->outputs;
    const long first_block = blocks * slice / shape->slices, last_block = blocks * (slice + 1) / shape->slices;
    const long all_rows = shape->images * shape->rows;
    const long first_row = all_rows * sum / shape->sums, last_row = all_rows * (sum + 1) / shape->sums;

    const long columns = (q - 1) * shape->stride[1] + (across - 1) * shape->dilation[1] + 1;
    const long reach = (down - 1) * shape->dilation[0] + 1;
    /* Image rows at a time that fit into half of the first cache. */
    const long fit = 24576 / VECTOR_BYTES / columns;
    const long band = MAX(1, fit < reach ? 1 : MIN(shape->rows, (fit - reach) / shape->stride[0] + 1));
    const long x_rows = (band - 1) * shape->stride[0] + reach;

    NAME(vector) *memory = scratch((x_rows * columns + band * q + taps) * VECTOR_BYTES + taps * sizeof(long));
    REAL *x = (REAL *)memory, *g = (REAL *)(memory + x_rows * columns), *sums = (REAL *)(memory + x_rows * columns + band * q);
    long *at = (long *)(memory + x_rows * columns + band * q + taps);
    for (long t = 0; t < taps; t++) /* t = s · down + r */
        at[t] = (t % down * shape->dilation[0] * columns + t / down * shape->dilation[1]) * LANES;

    for (long block = first_block; block < last_block; block++)
        for (long k = 0; k < each; k++) { /* of the outputs that a channel has */
            const long c = block * LANES, lanes = MIN(LANES, shape->groups - c);
            memset(sums, 0, taps * VECTOR_BYTES);
            for (long row = first_row; row < last_row;) {
                const long n = row / shape->rows, p = row % shape->rows;
                const long rows = MIN(MIN(band, shape->rows - p), last_row - row);
                const long top = p * shape->stride[0] - shape->before[0];
                for (long i = 0; i < (rows - 1) * shape->stride[0] + reach; i++) {
                    const long y = top + i;
                    REAL *to = x + i * columns * LANES;
                    const int inside = y >= 0 && y < shape->height;
                    const long first = inside ? MIN(shape->before[1], columns) : columns;
                    const long last = MAX(first, MIN(columns, shape->before[1] + shape->width));
                    memset(to, 0, first * VECTOR_BYTES);
                    const REAL *from = job->x + c;
                    if (first < last)
                        from += ((n * shape->height + y) * shape->width + first - shape->before[1]) * shape->channels;
                    for (long w = first; w < last; w++, from += shape->channels)
                        if (lanes == LANES)
                            *(NAME(vector) *)(to + w * LANES) = *(const NAME(vector) *)from;
                        else
                            for (long j = 0; j < LANES; j++)
                                to[w * LANES + j] = j < lanes ? from[j] : 0;
                    memset(to + last * LANES, 0, (columns - last) * VECTOR_BYTES);
                }
                const REAL *from = job->g + row * q * shape->outputs + c * each + k;
                long g_step = shape->outputs;
                if (lanes < LANES || each > 1) {
                    for (long i = 0; i < rows * q; i++)
                        for (long j = 0; j < LANES; j++)
                            g[i * LANES + j] = j < lanes ? from[i * shape->outputs + j * each] : 0;
                    from = g;
                    g_step = LANES;
                }
                for (long t = 0; t < taps; t += TAPS) {
#define SUM_TAPS(count)                                                                                      \
    case count:                                                                                                 \
        NAME(sum_taps)(count, rows, q, from, q *g_step, g_step, x, shape->stride[0] * columns * LANES,          \
                       shape->stride[1] * LANES, at + t, sums + t * LANES);                                     \
        break;
                    switch (MIN(TAPS, taps - t)) {
                        SUM_TAPS(1) SUM_TAPS(2) SUM_TAPS(3) SUM_TAPS(4) SUM_TAPS(5) SUM_TAPS(6) SUM_TAPS(7)
                        SUM_TAPS(8) SUM_TAPS(9)
                    }
#undef SUM_TAPS
                }
                row += rows;
            }
            for (long t = 0; t < taps; t++)
                for (long j = 0; j < lanes; j++)
                    job->partials[(sum * taps + t) * shape->outputs + (c + j) * each + k] = sums[t * LANES + j];
        }
}

/* -- all of them -------------------------------------------------------------------------------- */

static void NAME(weights_taps_part)(void *context, long part)
{
    const struct NAME(weights) *job = context;
    NAME(weights_by_taps)(job, part / job->shape->slices, part % job->shape->slices);
}

static void NAME(weights_few_part)(void *context, long part)
{
    NAME(weights_of_few)(context, part);
}

static void NAME(weights_single_part)(void *context, long part)
{
    const struct NAME(weights) *job = context;
    NAME(weights_of_single)(job, part / job->shape->slices, part % job->shape->slices);
}

/* w[o, c, r, s] for a few outputs: the partial results added up. */
static void NAME(weights_finish)(void *context, long part)
{
    const struct NAME(weights) *job = context;
    const struct weights_shape *shape = job->shape;
    const long blocks = (job->outputs + LANES - 1) / LANES, group = part / blocks, begin = part % blocks * LANES;
    const long lanes = MIN(LANES, job->outputs - begin), depth = job->depth;
    const long down = shape->size[0], taps = down * shape->size[1], size = job->entries * job->outputs;
    const REAL *from = job->partials + group * size + begin * job->output_step;
    REAL *to = job->w + (group * job->outputs + begin) * job->entries;
    for (long c = 0; c < depth; c++)
        for (long tap = 0; tap < taps; tap++) {
            const long r = tap / shape->size[1], s = tap % shape->size[1];
            const REAL *at = from + ((s * down + r) * depth + c) * job->entry_step;
            REAL total[LANES];
            for (long j = 0; j < LANES; j++)
                total[j] = j < lanes ? at[j * job->output_step] : 0;
            for (long sum = 1; sum < shape->sums; sum++) {
                at += shape->groups * size;
                if (lanes == LANES && job->output_step == 1)
                    for (long j = 0; j < LANES; j++)
                        total[j] += at[j];
                else
                    for (long j = 0; j < lanes; j++)
                        total[j] += at[j * job->output_step];
            }
            for (long j = 0; j < lanes; j++)
                to[j * job->entries + c * taps + tap] = total[j];
        }
}

static void NAME(weights_gradient)(
    const struct weights_shape *shape, const void *g, const void *x, void *w, void *partials)
{
    struct NAME(weights) job = {
        .shape = shape, .g = g, .x = x, .w = w, .partials = partials,
        .depth = shape->channels / shape->groups, .outputs = shape->outputs / shape->groups,
    };
    struct weights_shape one_group = *shape;
    const long taps = shape->size[0] * shape->size[1];
    job.entries = job.depth * taps;
    job.entry_step = job.outputs;
    job.output_step = 1;
    const long outputs = (job.outputs + LANES - 1) / LANES * LANES, entries = (job.entries + LANES - 1) / LANES * LANES;
    switch (shape->way) {
    case WEIGHTS_OF_SINGLE:
        run_parts(NAME(weights_single_part), &job, shape->sums * shape->slices);
        one_group.groups = 1; /* its partial results are those of one group */
        job.shape = &one_group;
        job.outputs = job.entry_step = shape->outputs;
        break;
    case WEIGHTS_OF_FEW:
        if (job.entries * outputs > job.outputs * entries) { /* more of the vectors are used so */
            job.entry_step = 1;
            job.output_step = job.entries;
        }
        run_parts(NAME(weights_few_part), &job, shape->sums);
        break;
    default:
        run_parts(NAME(weights_taps_part), &job, shape->sums * shape->slices);
    }
    const long parts = job.shape->groups * ((job.outputs + LANES - 1) / LANES);
    if (shape->sums * job.shape->groups * job.outputs * job.entries > 100000)
        run_parts(NAME(weights_finish), &job, parts);
    else
        for (long part = 0; part < parts; part++)
            NAME(weights_finish)(&job, part);
}
#undef BAND
#undef FEW
#undef RUN
#undef TAPS
