/* The gradient of a convolution by its weights: w[o, c, r, s] = Σ over n, p, q of g[n, p, q, o] · x[n, …, …, c].
 *
 * Each block of the result is a product of a few entries of the windows (rows) and some outputs (lanes), summed
 * over pixels: a run is a row of output pixels. Three ways, for three kinds of layers:
 *
 * - at each tap, the pixels that it sees, straight out of x or copied in panels: rows are channels. No padding is
 *   ever read, since each tap goes only over those pixels of g for which it lies in the image.
 * - few channels: image rows are laid out column by column, so that all entries of a window, (s, r, c), follow
 *   each other in memory; rows are these entries, or lanes are, where there are but few outputs.
 * - a channel for itself (depthwise): no product, but one sum for each tap, with channels as lanes.
 *
 * Every share of the pixels adds up in a partial result [group][s, r, c][o]; the last step adds these in their
 * order, and brings the axes into that of w.
 *
 * Long because the three ways share what they are laid out in and what they add up in.
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

/* Pixels of g in a band: enough for a block to be worth its start and end, few enough for the second cache. */
#define BAND 1024
#define BAND_ENTRIES (64 << 10) /* of panels for several groups */
#define BAND_SEEN_ONCE 320 /* read but once for each block, straight out of x */
#define RUNS (1 << 20) /* of a band, at most, where a window has very many rows: 16 MB */

/* The rows of output that are summed up together: where their pixels of x and g begin, for each tap row r. */
struct NAME(band) {
    long rows; /* at most */
    long *runs, *x_at, *g_at; /* [r], [r][run], [r][run] */
    long images;
    struct NAME(piece) {
        long image, first, rows; /* which rows of x it sees */
        long of_g, rows_of_g;
    } *pieces;
};

/* Lay out the rows from row to end; x_row and g_row are the ways from one row to the next. */
static void NAME(lay_band)(
    const struct weights_shape *shape, struct NAME(band) *band, long row, long end, long x_row, long g_row, int packed)
{
    const long down = shape->size[0], stride = shape->stride[0], reach = (down - 1) * shape->dilation[0] + 1;
    long before = 0; /* rows of x in pieces before this one */
    memset(band->runs, 0, down * sizeof(long));
    band->images = 0;
    for (long m = row, next; m < end; m = next) {
        const long image = m / shape->rows, p = m % shape->rows;
        next = MIN(end, m + shape->rows - p);
        const long top = p * stride - shape->before[0];
        const long first = MIN(MAX(0, top), shape->height);
        const long last = MAX(first, MIN(shape->height, top + (next - m - 1) * stride + reach));
        band->pieces[band->images++] = (struct NAME(piece)){image, first, last - first, p, next - m};
        const long zero = packed ? before - first : image * shape->height; /* where row 0 of the image would be */
        for (long r = 0; r < down; r++)
            for (long i = m, y = top + r * shape->dilation[0]; i < next; i++, y += stride)
                if (y >= 0 && y < shape->height) {
                    const long run = r * band->rows + band->runs[r]++;
                    band->x_at[run] = (zero + y) * x_row;
                    band->g_at[run] = (i - row) * g_row;
                }
        before += last - first;
    }
}

static void NAME(weights_by_taps)(const struct NAME(weights) *job, long sum, long slice)
{
    const struct weights_shape *shape = job->shape;
    const long across = shape->size[1], down = shape->size[0], depth = job->depth, outputs = job->outputs;
    const long q = shape->columns, width = shape->width, stride = shape->stride[0];
    const int plain =
        down == 1 && across == 1 && stride == 1 && shape->stride[1] == 1 && q == width && shape->rows == shape->height;

    const long out_block = outputs > LANES ? 2 * LANES : LANES, out_blocks = (outputs + out_block - 1) / out_block;
    const long in_block = MIN(depth, outputs > LANES ? ROWS_OF_TWO : ROWS_OF_ONE);
    const long in_blocks = (depth + in_block - 1) / in_block;
    const long per_group = out_blocks * in_blocks, units = shape->groups * per_group;
    const long first_unit = units * slice / shape->slices, last_unit = units * (slice + 1) / shape->slices;
    if (first_unit == last_unit)
        return;
    const long first_group = first_unit / per_group, groups = (last_unit - 1) / per_group - first_group + 1;

    const long all_rows = shape->images * shape->rows;
    const long first_row = all_rows * sum / shape->sums, last_row = all_rows * (sum + 1) / shape->sums;
    const int again = stride * shape->stride[1] < down * across; /* most pixels are seen by several taps */
    long pixels = again ? BAND : BAND_SEEN_ONCE;
    if (groups > 1) /* all their panels are made at once */
        pixels = MIN(pixels, BAND_ENTRIES / (groups * (in_blocks * in_block + out_blocks * out_block)));
    struct NAME(band) band = {.rows = MIN(last_row - first_row, MAX(1, MIN(pixels / q, RUNS / down)))};

    /* Copied into panels of a block's width, what is read for one tap after the other lies together. */
    const long reach = (down - 1) * shape->dilation[0] + 1;
    const long x_rows =
        (band.rows / shape->rows + 2) * MIN(shape->height, (MIN(band.rows, shape->rows) - 1) * stride + reach);
    const int packed = in_planes(&shape->x) || (again && depth * shape->groups > in_block);
    const int g_is_packed = in_planes(&shape->g) || (again && outputs * shape->groups > out_block) || outputs % LANES;
    const long pixel = packed ? in_block : shape->channels;
    const long x_panel = packed ? x_rows * width * pixel : 0, g_panel = g_is_packed ? band.rows * q * out_block : 0;
    const long g_step = g_is_packed ? out_block : shape->outputs;

    /* Which blocks the panels of a group are made of: all, but where this slice has a part of a group. */
    const int whole = groups > 1, some_columns = !whole && first_unit / in_blocks != (last_unit - 1) / in_blocks;
    const long column = whole ? 0 : first_unit / in_blocks % out_blocks;
    const long end_column = whole ? out_blocks : (last_unit - 1) / in_blocks % out_blocks + 1;
    const long from = whole || some_columns ? 0 : first_unit % in_blocks;
    const long to = whole || some_columns ? in_blocks : (last_unit - 1) % in_blocks + 1;
    const struct NAME(panels) of_g = {
        .panel = g_panel,
        .width = out_block,
        .entries = MIN(outputs, end_column * out_block) - column * out_block,
        .groups = groups,
        .group = out_blocks * g_panel,
    };
    const struct NAME(panels) of_x = {
        .panel = x_panel,
        .width = in_block,
        .entries = MIN(depth, to * in_block) - from * in_block,
        .groups = groups,
        .group = in_blocks * x_panel,
    };

    const long runs = down * band.rows;
    band.runs = scratch(
        (down + 2 * runs) * sizeof(long) + (band.rows + 2) * sizeof *band.pieces +
        groups * (out_blocks * g_panel + in_blocks * x_panel) * sizeof(REAL) + 64);
    if (!band.runs)
        return;
    band.x_at = band.runs + down;
    band.g_at = band.x_at + runs;
    band.pieces = (struct NAME(piece) *)(band.g_at + runs);
    REAL *g_packed = (REAL *)(((uintptr_t)(band.pieces + band.rows + 2) + 63) & ~(uintptr_t)63);
    REAL *x_packed = g_packed + groups * out_blocks * g_panel;
    REAL *partial = job->partials + sum * shape->groups * job->entries * outputs;

    for (long row = first_row; row < last_row; row += band.rows) {
        const long end = MIN(row + band.rows, last_row);
        NAME(lay_band)(shape, &band, row, end, width * pixel, q * g_step, packed);
        REAL *g_to = g_packed + column * g_panel, *x_to = x_packed + from * x_panel;
        for (long i = 0; i < band.images; i++) {
            const struct NAME(piece) *piece = band.pieces + i;
            if (g_is_packed)
                NAME(make_panels)(
                    &of_g, g_to,
                    job->g + piece->image * shape->g.image + piece->of_g * shape->g.row +
                        (first_group * outputs + column * out_block) * shape->g.channel,
                    &shape->g, piece->rows_of_g * q);
            if (packed)
                NAME(make_panels)(
                    &of_x, x_to,
                    job->x + piece->image * shape->x.image + piece->first * shape->x.row +
                        (first_group * depth + from * in_block) * shape->x.channel,
                    &shape->x, piece->rows * width);
            g_to += piece->rows_of_g * q * out_block;
            x_to += piece->rows * width * in_block;
        }
        for (long unit = first_unit; unit < last_unit; unit++) {
            const long group = unit / per_group, block = unit % in_blocks, column = unit / in_blocks % out_blocks;
            const long c = block * in_block, channels = MIN(in_block, depth - c);
            const long o = column * out_block, lanes = MIN(out_block, outputs - o);
            const REAL *x =
                packed ? x_packed + (group - first_group) * of_x.group + block * x_panel : job->x + group * depth + c;
            const REAL *g = g_is_packed ? g_packed + (group - first_group) * of_g.group + column * g_panel
                                        : job->g + row * q * shape->outputs + group * outputs + o;
            for (long s = 0; s < across; s++) {
                long first, last;
                NAME(seen_by)(s, shape->stride[1], shape->dilation[1], shape->before[1], width, q, &first, &last);
                const long start = first * shape->stride[1] + s * shape->dilation[1] - shape->before[1];
                for (long r = 0; r < down; r++) {
                    struct NAME(product) p = {
                        .runs = last > first ? band.runs[r] : 0,
                        .depth = last - first,
                        .a_at = band.x_at + r * band.rows,
                        .b_at = band.g_at + r * band.rows,
                        .a_step = shape->stride[1] * pixel,
                        .b_step = g_step,
                    };
                    if (plain) {
                        p.runs = 1;
                        p.depth = (end - row) * q;
                    }
                    struct NAME(target) t = {
                        .to = partial + (group * job->entries + (s * down + r) * depth + c) * outputs + o,
                        .step = outputs,
                        .lanes = lanes,
                        .add = row > first_row,
                    };
                    const REAL *a = p.runs ? x + start * pixel : x, *b = p.runs ? g + first * g_step : g;
                    if (lanes > LANES)
                        NAME(block_of_two)(channels, &p, a, b, &t);
                    else
                        NAME(block_of_one)(channels, &p, a, b, &t);
                }
            }
        }
    }
}

/* -- few channels ------------------------------------------------------------------------------- */

/* One image row into the cells z[w · step + c] of each column w < columns; zeros where x has none (row NULL). */
static inline __attribute__((always_inline)) void NAME(spread)(
    const long depth, REAL *z, long step, long columns, const REAL *row, const struct pictures *in, long before,
    long width)
{
    const long pixel = in->pixel, channel = in->channel;
    long first = row ? MIN(before, columns) : columns, last = MAX(first, MIN(columns, before + width));
    for (long w = 0; w < first; w++)
        for (long c = 0; c < depth; c++)
            z[w * step + c] = 0;
    for (long w = first; w < last; w++)
        for (long c = 0; c < depth; c++)
            z[w * step + c] = row[(w - before) * pixel + c * channel];
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

    /* Pixels of g out of planes are copied, too. */
    const int copied = in_planes(&shape->g);
    const long g_step = copied ? outputs : shape->outputs, copies = copied ? many * q * outputs : 0;

    long *z_at =
        scratch(3 * many * sizeof(long) + (many * (per_image + q * LANES) + 2 * LANES + copies) * sizeof(REAL) + 128);
    if (!z_at)
        return;
    long *g_at = z_at + many, *tail_at = g_at + many;
    REAL *tails = (REAL *)(((uintptr_t)(tail_at + many) + 63) & ~(uintptr_t)63), *z = tails + many * q * LANES;
    REAL *g_copy = z + many * per_image + 2 * LANES;
    const REAL *all_g = copied ? g_copy : job->g;
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
                            row = job->x + (image + i) * shape->x.image + y * shape->x.row +
                                  group * depth * shape->x.channel;
                        REAL *cells = z + i * per_image + moved + r * depth;
#define SPREAD(few) \
    case few: NAME(spread)(few, cells, down * few, columns, row, &shape->x, shape->before[1], shape->width); break;
                        switch (depth) {
                            SPREAD(1) SPREAD(2) SPREAD(3) SPREAD(4) SPREAD(5) SPREAD(6) SPREAD(7)
                        }
#undef SPREAD
                    }
                    z_at[i] = i * per_image + moved;
                    g_at[i] = copied ? i * q * outputs
                                     : ((image + i) * shape->rows + p) * q * shape->outputs + group * outputs;
                    if (copied)
                        NAME(copy_pixels)(
                            g_copy + g_at[i], outputs,
                            job->g + (image + i) * shape->g.image + p * shape->g.row +
                                group * outputs * shape->g.channel,
                            &shape->g, outputs, q);
                    tail_at[i] = i * q * LANES;
                    if (tail)
                        for (long k = 0; k < q; k++)
                            for (long j = 0; j < LANES; j++)
                                tails[(i * q + k) * LANES + j] = j < tail ? all_g[g_at[i] + k * g_step + whole + j] : 0;
                }
                REAL *partial = job->partials + (sum * shape->groups + group) * entries * outputs;
                const int add = image > first_image || p > first_row;
                struct NAME(product) product = {
                    .runs = batch,
                    .depth = q,
                    .a_at = z_at,
                    .b_at = g_at,
                    .a_step = shape->stride[1] * down * depth,
                    .b_step = g_step,
                };
                if (entries_are_lanes) {
                    product.a_at = g_at;
                    product.b_at = z_at;
                    product.b_step = product.a_step;
                    product.a_step = g_step;
                    for (long e = 0; e < entries; e += 2 * LANES)
                        for (long o = 0; o < outputs; o += ROWS_OF_TWO) {
                            struct NAME(target) t = {
                                .to = partial + o * entries + e,
                                .step = entries,
                                .lanes = MIN(2 * LANES, entries - e),
                                .add = add,
                            };
                            if (t.lanes > LANES)
                                NAME(block_of_two)(MIN(ROWS_OF_TWO, outputs - o), &product, all_g + o, z + e, &t);
                            else
                                NAME(block_of_one)(MIN(ROWS_OF_TWO, outputs - o), &product, all_g + o, z + e, &t);
                        }
                    continue;
                }
                for (long o = 0; o < outputs;) {
                    const int two = whole - o >= 2 * LANES, packed = o >= whole;
                    const long lanes = two ? 2 * LANES : packed ? tail : LANES;
                    const long most = two ? ROWS_OF_TWO : ROWS_OF_ONE, blocks = (entries + most - 1) / most;
                    product.b_at = packed ? tail_at : g_at;
                    product.b_step = packed ? LANES : g_step;
                    const REAL *b = packed ? tails : all_g + o;
                    for (long i = 0; i < blocks; i++) {
                        const long e = entries * i / blocks, rows = entries * (i + 1) / blocks - e;
                        struct NAME(target) t = {
                            .to = partial + e * outputs + o,
                            .step = outputs,
                            .lanes = lanes,
                            .add = add,
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
#define HALF_A_CACHE 24576 /* bytes: half of the first cache */

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

/* [pixel, lane] of some channels of `count` pixels, the missing ones zero. */
static void NAME(copy_lanes)(REAL *to, const REAL *from, const struct pictures *in, long lanes, long count)
{
    if (lanes < LANES)
        memset(to, 0, count * VECTOR_BYTES);
    NAME(copy_pixels)(to, LANES, from, in, lanes, count);
}

/* The rows of an image from `top` on, those beyond it zero, for LANES channels (the missing ones zero): [row, w, lane]. */
static void NAME(copy_rows)(
    const struct weights_shape *shape, REAL *to, const REAL *image, long top, long rows, long columns, long lanes)
{
    const long left = MIN(shape->before[1], columns), right = MAX(left, MIN(columns, shape->before[1] + shape->width));
    for (long y = top; y < top + rows; y++, to += columns * LANES) {
        if (y < 0 || y >= shape->height || left == right) {
            memset(to, 0, columns * VECTOR_BYTES);
            continue;
        }
        memset(to, 0, left * VECTOR_BYTES);
        const REAL *from = image + y * shape->x.row + (left - shape->before[1]) * shape->x.pixel;
        NAME(copy_lanes)(to + left * LANES, from, &shape->x, lanes, right - left);
        memset(to + right * LANES, 0, (columns - right) * VECTOR_BYTES);
    }
}

static void NAME(weights_of_single)(const struct NAME(weights) *job, long sum, long slice)
{
    const struct weights_shape *shape = job->shape;
    const long down = shape->size[0], across = shape->size[1], taps = down * across, q = shape->columns;
    const long blocks = (shape->groups + LANES - 1) / LANES, each = job->outputs; /* outputs of a channel */
    const long first_block = blocks * slice / shape->slices, last_block = blocks * (slice + 1) / shape->slices;
    const long all_rows = shape->images * shape->rows;
    const long first_row = all_rows * sum / shape->sums, last_row = all_rows * (sum + 1) / shape->sums;

    struct pictures of_g = shape->g; /* of each channel one output */
    of_g.channel *= each;

    const long columns = (q - 1) * shape->stride[1] + (across - 1) * shape->dilation[1] + 1;
    const long reach = (down - 1) * shape->dilation[0] + 1;
    const long fit = HALF_A_CACHE / (columns * VECTOR_BYTES); /* rows of x */
    const long band = fit < reach ? 1 : MIN(shape->rows, (fit - reach) / shape->stride[0] + 1);
    const long x_size = ((band - 1) * shape->stride[0] + reach) * columns * LANES, g_size = band * q * LANES;
    const long sums_size = (last_block - first_block) * each * taps * LANES;

    REAL *x = scratch((x_size + g_size + sums_size) * sizeof(REAL) + taps * sizeof(long));
    if (!x)
        return;
    REAL *g_packed = x + x_size, *sums = g_packed + g_size; /* sums[block, k, tap, lane] */
    long *at = (long *)(sums + sums_size);
    memset(sums, 0, sums_size * sizeof(REAL));
    for (long t = 0; t < taps; t++) /* t = s · down + r */
        at[t] = (t % down * shape->dilation[0] * columns + t / down * shape->dilation[1]) * LANES;

    for (long row = first_row, next; row < last_row; row = next) {
        const long n = row / shape->rows, p = row % shape->rows, rows = MIN(MIN(band, shape->rows - p), last_row - row);
        next = row + rows;
        REAL *to = sums;
        for (long block = first_block; block < last_block; block++) {
            const long c = block * LANES, lanes = MIN(LANES, shape->groups - c);
            NAME(copy_rows)(
                shape, x, job->x + n * shape->x.image + c * shape->x.channel, p * shape->stride[0] - shape->before[0],
                (rows - 1) * shape->stride[0] + reach, columns, lanes);
            for (long k = 0; k < each; k++) {
                const REAL *g = job->g + row * q * shape->outputs + c * each + k;
                long g_step = shape->outputs;
                if (in_planes(&of_g) || lanes < LANES) {
                    const REAL *some = job->g + n * of_g.image + p * of_g.row + (c * each + k) * shape->g.channel;
                    NAME(copy_lanes)(g_packed, some, &of_g, lanes, rows * q);
                    g = g_packed;
                    g_step = LANES;
                }
                for (long t = 0; t < taps; to += MIN(TAPS, taps - t) * LANES, t += TAPS) {
#define SUM_TAPS(count)                                                                                             \
    case count:                                                                                                     \
        NAME(sum_taps)(                                                                                             \
            count, rows, q, g, q * g_step, g_step, x, shape->stride[0] * columns * LANES, shape->stride[1] * LANES, \
            at + t, to);                                                                                            \
        break;
                    switch (MIN(TAPS, taps - t)) {
                        SUM_TAPS(1)
                        SUM_TAPS(2) SUM_TAPS(3) SUM_TAPS(4) SUM_TAPS(5) SUM_TAPS(6) SUM_TAPS(7) SUM_TAPS(8) SUM_TAPS(9)
                    }
#undef SUM_TAPS
                }
            }
        }
    }
    for (long block = first_block; block < last_block; block++)
        for (long k = 0; k < each; k++)
            for (long t = 0; t < taps; t++, sums += LANES)
                for (long c = block * LANES; c < MIN((block + 1) * LANES, shape->groups); c++)
                    job->partials[(sum * taps + t) * shape->outputs + c * each + k] = sums[c - block * LANES];
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

static void NAME(weights_gradient)(const struct weights_shape *shape, void *w, void *partials)
{
    struct NAME(weights) job = {
        .shape = shape,
        .g = shape->g.at,
        .x = shape->x.at,
        .w = w,
        .partials = partials,
        .depth = shape->channels / shape->groups,
        .outputs = shape->outputs / shape->groups,
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
    default: run_parts(NAME(weights_taps_part), &job, shape->sums * shape->slices);
    }
    const long parts = job.shape->groups * ((job.outputs + LANES - 1) / LANES);
    if (shape->sums * job.shape->groups * job.outputs * job.entries > 100000)
        run_parts(NAME(weights_finish), &job, parts);
    else
        for (long part = 0; part < parts; part++)
            NAME(weights_finish)(&job, part);
}
#undef BAND
#undef BAND_ENTRIES
#undef BAND_SEEN_ONCE
#undef RUNS
#undef FEW
#undef RUN
#undef TAPS
#undef HALF_A_CACHE
