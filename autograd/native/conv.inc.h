/* Correlation on channels-last memory, for conv2d and (with the kernel turned) its input gradient.
 *
 * With N, H, W, C memory a window's row is one run of memory, at a dilation of 1: taps · C entries long. A block
 * of tiles.inc.h therefore takes pixels beside each other as its rows and reads the image as it lies. What is
 * rearranged is small: the weights, once a call, and, where there is padding, the few rows of the image that a part
 * of the work sees, copied with the zeros beside them. Zeros above and below are left out of the sums.
 *
 * Vectors are of outputs, or of channels where each has a kernel of its own ("depthwise"), or, where there are so few
 * outputs that most lanes would idle, of pixels: then the copied rows are "planar", (rows, inputs, pixels).
 */

#define PART_BYTES (192 << 10) /* of the image, for one part: with the weights they should stay in the L2 cache */
#define PART_WORK 8e6          /* products and sums, some 30 µs: small images are put together */

struct NAME(correlation) {
    const struct conv *c;
    struct NAME(product) one, two; /* for blocks of one and of two vectors */
    long runs_of_tap_row;
    int depthwise, planar, copied;
    long pixel, width, height; /* what a part sees: entries of a pixel, pixels of a row, rows */
    long group_weights;        /* packed, of a group */
    long rows, bands, images;  /* of results, for one part; bands of so many rows in an image; images for one part */
};

/* -- weights, in the order in which blocks read them ---------------------------------------------------- */

/* Outputs are taken two vectors at a time, the last few perhaps one. */
static long NAME(lanes_of_block)(long outputs)
{
    return outputs > LANES ? 2 * LANES : LANES;
}

/* Whether each channel has a kernel of its own, and there are enough for vectors of them. */
static int NAME(is_depthwise)(long groups, long inputs, long outputs)
{
    return inputs == 1 && outputs == 1 && groups >= LANES;
}

static long NAME(packed_weights)(long groups, long inputs, long outputs, long taps)
{
    if (NAME(is_depthwise)(groups, inputs, outputs)) /* (taps, channels) */
        return taps * groups;
    return groups * taps * inputs * ((outputs + LANES - 1) / LANES * LANES);
}

/* (groups, blocks of outputs, taps, inputs, lanes), with zeros in the lanes that are too many. */
static void NAME(pack)(const struct NAME(correlation) *k, REAL *all)
{
    const struct conv *c = k->c;
    const long taps = c->down.taps * c->across.taps;
    for (long group = 0; group < c->groups; group++) {
        const REAL *of_group = (const REAL *)c->w + group * c->w_group;
        REAL *to = all + group * k->group_weights;
        for (long output = 0, lanes; output < c->outputs; output += lanes) {
            lanes = k->planar ? c->outputs : NAME(lanes_of_block)(c->outputs - output);
            const long used = MIN(lanes, c->outputs - output);
            for (long input = 0; input < c->inputs; input++) {
                const REAL *w = of_group + output * c->w_output + input * c->w_input;
                REAL *row = to + input * lanes;
                for (long r = 0; r < c->down.taps; r++)
                    for (long s = 0; s < c->across.taps; s++, row += c->inputs * lanes) {
                        const REAL *tap = w + c->down.from[r] + c->across.from[s];
                        for (long lane = 0; lane < used; lane++)
                            row[lane] = tap[lane * c->w_output];
                        for (long lane = used; lane < lanes; lane++)
                            row[lane] = 0;
                    }
            }
            to += taps * c->inputs * lanes;
        }
    }
}

static void NAME(pack_depthwise)(const struct conv *c, REAL *to)
{
    for (long r = 0; r < c->down.taps; r++)
        for (long s = 0; s < c->across.taps; s++)
            for (long channel = 0; channel < c->groups; channel++)
                *to++ = ((const REAL *)c->w)[channel * c->w_group + c->down.from[r] + c->across.from[s]];
}

/* -- the rows of the image that a band of results sees ------------------------------------------------------ */

/* A row, columns of zeros beside those from `left` to `right`; `from` is the pixel for `left`. */
static void NAME(copy_row)(const struct NAME(correlation) *k, REAL *to, const REAL *from, long left, long right)
{
    const long pixel = k->pixel, channels = k->c->groups * k->c->inputs;
    if (k->planar && pixel > 1) {
        memset(to, 0, k->width * pixel * sizeof(REAL));
        for (long x = left; x < right; x++, from += channels)
            for (long i = 0; i < pixel; i++)
                to[i * k->width + x] = from[i];
        return;
    }
    memset(to, 0, left * pixel * sizeof(REAL));
    if (pixel == channels)
        memcpy(to + left * pixel, from, (right - left) * pixel * sizeof(REAL));
    else
        for (long x = left; x < right; x++, from += channels)
            for (long i = 0; i < pixel; i++)
                to[x * pixel + i] = from[i];
    memset(to + right * pixel, 0, (k->width - right) * pixel * sizeof(REAL));
}

/* From row `top` of the image on; what lies above and below the image is left as it is. NULL: no memory. */
static const REAL *NAME(copy_band)(const struct NAME(correlation) *k, const REAL *image, long top)
{
    const struct conv_axis *down = &k->c->down, *across = &k->c->across;
    const long at = across->at[0], channels = k->c->groups * k->c->inputs, row = k->width * k->pixel;
    const long left = MIN(MAX(0, -at), k->width), right = MIN(MAX(left, across->pixels - at), k->width);
    const long first = right > left ? at + left : 0;
    REAL *band = scratch(k->height * row * sizeof(REAL));
    if (!band)
        return NULL;
    for (long y = MAX(0, top); y < MIN(down->pixels, top + k->height); y++)
        NAME(copy_row)(k, band + (y - top) * row, image + (y * across->pixels + first) * channels, left, right);
    return band;
}

/* -- a row of results ------------------------------------------------------------------------------------------- */

/* All pixels of a row, from x on, in blocks that are as even as can be. */
static void NAME(correlate_row)(
    const struct conv *c, const struct NAME(product) *p, int vectors, const REAL *x, const REAL *w,
    const struct NAME(target) *row)
{
    struct NAME(target) t = *row;
    const long most = vectors == 2 ? ROWS_OF_TWO : ROWS_OF_ONE, blocks = (c->across.results + most - 1) / most;
    const long even = (c->across.results + blocks - 1) / blocks;
    for (long left = c->across.results; left > 0; left -= even, x += even * p->a_row, t.to += even * t.step)
        if (vectors == 2)
            NAME(rows_of_two)(MIN(even, left), p, x, w, &t);
        else
            NAME(rows_of_one)(MIN(even, left), p, x, w, &t);
}

/* The same with vectors of pixels: blocks of (outputs, pixels) are turned when they are written. */
static void NAME(planar_row)(
    const struct conv *c, const struct NAME(product) *p, const REAL *x, const REAL *w, const struct NAME(target) *row)
{
    REAL block[ROWS_OF_TWO * 2 * LANES], *to = row->to;
    const struct NAME(target) t = {.to = block, .step = 2 * LANES, .lanes = 2 * LANES};
    const struct NAME(target) half = {.to = block, .step = 2 * LANES, .lanes = LANES};
    for (long q = 0; q < c->across.results; q += 2 * LANES, x += 2 * LANES) {
        const long left = c->across.results - q;
        if (left > LANES)
            NAME(block_of_two)(c->outputs, p, w, x, &t);
        else
            NAME(block_of_one)(c->outputs, p, w, x, &half);
        for (long i = 0; i < MIN(left, 2 * LANES); i++, to += row->step)
            for (long output = 0; output < c->outputs; output++)
                to[output] = block[output * 2 * LANES + i] + (row->start ? row->start[output] : 0);
    }
}

/* `count` pixels, each channel with its own weights, a vector of channels at a time. */
static inline __attribute__((always_inline)) void NAME(depthwise_pixels)(
    const int count, const struct NAME(product) *p, const REAL *x, const REAL *w, const struct NAME(target) *t)
{
    for (long channel = 0; channel + LANES <= t->lanes; channel += LANES) {
        NAME(vector) sums[4], start = {0};
        if (t->start)
            start = *(const NAME(vector) *)(t->start + channel);
        UNROLLED
        for (int i = 0; i < count; i++)
            sums[i] = start;
        for (long run = 0; run < p->runs; run++) {
            const NAME(vector) weights = *(const NAME(vector) *)(w + p->b_at[run] + channel);
            const REAL *from = x + p->a_at[run] + channel;
            UNROLLED
            for (int i = 0; i < count; i++)
                sums[i] += *(const NAME(vector) *)(from + i * p->a_row) * weights;
        }
        UNROLLED
        for (int i = 0; i < count; i++)
            *(NAME(vector) *)(t->to + i * t->step + channel) = sums[i];
    }
    for (long channel = t->lanes / LANES * LANES; channel < t->lanes; channel++)
        for (int i = 0; i < count; i++) {
            REAL sum = t->start ? t->start[channel] : 0;
            for (long run = 0; run < p->runs; run++)
                sum += x[p->a_at[run] + i * p->a_row + channel] * w[p->b_at[run] + channel];
            t->to[i * t->step + channel] = sum;
        }
}

static void NAME(depthwise_row)(
    const struct conv *c, const struct NAME(product) *p, const REAL *x, const REAL *w, const struct NAME(target) *row)
{
    struct NAME(target) t = *row;
    long q = 0;
    for (; q + 4 <= c->across.results; q += 4, x += 4 * p->a_row, t.to += 4 * t.step)
        NAME(depthwise_pixels)(4, p, x, w, &t);
    for (; q < c->across.results; q++, x += p->a_row, t.to += t.step)
        NAME(depthwise_pixels)(1, p, x, w, &t);
}

/* -- a part of the work, and the whole ---------------------------------------------------------------------------- */

/* The product for row `p` of the results: without the taps that lie above or below the image. */
static struct NAME(product)
    NAME(runs_inside)(const struct NAME(correlation) *k, const struct NAME(product) *all, long p)
{
    const struct conv_axis *down = &k->c->down;
    long first = 0, end = down->taps;
    while (first < end && p * down->stride + down->at[first] < 0)
        first++;
    while (end > first && p * down->stride + down->at[end - 1] >= down->pixels)
        end--;
    struct NAME(product) inside = *all;
    inside.a_at += first * k->runs_of_tap_row;
    inside.b_at += first * k->runs_of_tap_row;
    inside.runs = (end - first) * k->runs_of_tap_row;
    return inside;
}

static void NAME(correlate_part)(void *context, long part)
{
    const struct NAME(correlation) *k = context;
    const struct conv *c = k->c;
    const long groups = k->depthwise ? 1 : c->groups, outputs = k->depthwise ? c->groups : c->outputs;
    const long group = part % groups, band = part / groups % k->bands, some = part / groups / k->bands;
    const long first = band * k->rows, end = MIN(first + k->rows, c->down.results);
    const long top = first * c->down.stride + c->down.at[0], row_step = c->down.stride * k->width * k->pixel;
    const long channels = c->groups * c->inputs, taps = c->down.taps * c->across.taps;
    for (long n = some * k->images; n < MIN((some + 1) * k->images, c->images); n++) {
        const REAL *image = (const REAL *)c->x + n * c->down.pixels * c->across.pixels * channels;
        const REAL *seen = k->copied ? NAME(copy_band)(k, image + group * c->inputs, top)
                                     : image + (top * c->across.pixels + c->across.at[0]) * channels;
        if (!seen)
            return;
        const REAL *w = (const REAL *)c->packed;
        if (!k->depthwise)
            w += group * k->group_weights;
        for (long output = 0, lanes; output < outputs; output += lanes) {
            lanes = k->depthwise || k->planar ? outputs : NAME(lanes_of_block)(outputs - output);
            const int vectors = !k->depthwise && lanes == 2 * LANES ? 2 : 1;
            const long channel = group * outputs + output;
            struct NAME(target) t = {.step = c->y_pixel, .lanes = MIN(lanes, outputs - output)};
            if (c->bias)
                t.start = (const REAL *)c->bias + channel;
            for (long p = first; p < end; p++) {
                const struct NAME(product) inside = NAME(runs_inside)(k, vectors == 2 ? &k->two : &k->one, p);
                const REAL *x = seen + (p - first) * row_step;
                t.to = (REAL *)c->y + n * c->y_image + p * c->y_row + channel;
                if (k->depthwise)
                    NAME(depthwise_row)(c, &inside, x, w, &t);
                else if (k->planar)
                    NAME(planar_row)(c, &inside, x, w, &t);
                else
                    NAME(correlate_row)(c, &inside, vectors, x, w, &t);
            }
            w += taps * c->inputs * lanes;
        }
    }
}

/* Where the runs of a window begin, in the image and in the weights. */
static void NAME(lay_runs)(struct NAME(correlation) *k)
{
    const struct conv *c = k->c;
    const struct conv_axis *down = &c->down, *across = &c->across;
    const long taps = down->taps * across->taps, span = across->at[across->taps - 1] - across->at[0] + 1;
    const int whole_rows = span == across->taps && !k->depthwise; /* its taps lie beside each other: one run */
    long *a_at = c->runs, *one_at = a_at + taps, *two_at = one_at + taps;
    const long per_row = whole_rows ? 1 : across->taps, of_tap = k->depthwise ? c->groups : c->inputs * LANES;
    for (long r = 0, run = 0; r < down->taps; r++)
        for (long s = 0; s < per_row; s++, run++) {
            a_at[run] = ((down->at[r] - down->at[0]) * k->width + across->at[s] - across->at[0]) * k->pixel;
            one_at[run] = (r * across->taps + s) * of_tap;
            two_at[run] = 2 * one_at[run];
        }
    k->runs_of_tap_row = per_row;
    k->one = (struct NAME(product)){
        .runs = down->taps * per_row,
        .depth = c->inputs * (whole_rows ? across->taps : 1),
        .a_at = a_at,
        .b_at = one_at,
        .b_step = LANES,
        .a_row = across->stride * k->pixel};
    k->two = k->one;
    k->two.b_at = two_at;
    k->two.b_step = 2 * LANES;
}

/* For planar rows: here the image is b. A run is along the inputs, or along a row of taps where that is longer. */
static void NAME(lay_planar_runs)(struct NAME(correlation) *k)
{
    const struct conv *c = k->c;
    const struct conv_axis *down = &c->down, *across = &c->across;
    const long span = across->at[across->taps - 1] - across->at[0] + 1;
    const int along_taps = span == across->taps && across->taps > c->inputs;
    const long per_row = along_taps ? c->inputs : across->taps;
    long *a_at = c->runs, *b_at = a_at + down->taps * per_row;
    for (long r = 0, run = 0; r < down->taps; r++)
        for (long i = 0; i < per_row; i++, run++) {
            const long s = along_taps ? 0 : i, input = along_taps ? i : 0;
            a_at[run] = ((r * across->taps + s) * c->inputs + input) * c->outputs;
            b_at[run] = ((down->at[r] - down->at[0]) * k->pixel + input) * k->width + across->at[s] - across->at[0];
        }
    k->runs_of_tap_row = per_row;
    k->one = (struct NAME(product)){
        .runs = down->taps * per_row,
        .depth = along_taps ? across->taps : c->inputs,
        .a_at = a_at,
        .b_at = b_at,
        .a_step = along_taps ? c->inputs * c->outputs : c->outputs,
        .b_step = along_taps ? 1 : k->width};
}

static void NAME(correlate)(const struct conv *c)
{
    const struct conv_axis *down = &c->down, *across = &c->across;
    struct NAME(correlation) k = {.c = c, .depthwise = NAME(is_depthwise)(c->groups, c->inputs, c->outputs)};
    const long down_span = down->at[down->taps - 1] - down->at[0] + 1;
    const long across_span = across->at[across->taps - 1] - across->at[0] + 1;
    const long height = (down->results - 1) * down->stride + down_span; /* of all that is seen */
    const long width = (across->results - 1) * across->stride + across_span;
    const int inside = down->at[0] >= 0 && down->at[0] + height <= down->pixels && across->at[0] >= 0 &&
                       across->at[0] + width <= across->pixels;
    const long vectors = (across->results + LANES - 1) / LANES; /* of pixels */
    k.planar = !k.depthwise && across->stride == 1 && 2 * c->outputs * vectors <= across->results;
    k.copied = !inside || k.planar || (c->groups > 1 && !k.depthwise);
    k.pixel = k.depthwise || !k.copied ? c->groups * c->inputs : c->inputs;
    k.width = k.planar ? vectors * LANES + across_span - 1 : k.copied ? width : across->pixels;
    k.group_weights = NAME(packed_weights)(1, c->inputs, c->outputs, down->taps * across->taps);

    const long row_bytes = k.width * k.pixel * sizeof(REAL);
    const long groups = k.depthwise ? 1 : c->groups; /* that are parts of their own */
    const double row_work = 2.0 * across->results * k.group_weights * (c->groups / groups);
    const long seen_at_once = MAX(PART_BYTES / row_bytes, 1);
    k.rows = seen_at_once <= down_span ? 1 : (seen_at_once - down_span) / down->stride + 1;
    k.rows = MIN(k.rows, MAX(1, PART_WORK / row_work));
    k.bands = (down->results + k.rows - 1) / MIN(k.rows, down->results);
    k.rows = (down->results + k.bands - 1) / k.bands;
    k.bands = (down->results + k.rows - 1) / k.rows;
    k.height = (k.rows - 1) * down->stride + down_span;
    k.images = k.bands > 1 ? 1 : MIN(c->images, MAX(1, PART_WORK / (row_work * down->results)));
    if (k.planar)
        NAME(lay_planar_runs)(&k);
    else
        NAME(lay_runs)(&k);
    if (k.depthwise)
        NAME(pack_depthwise)(c, c->packed);
    else
        NAME(pack)(&k, c->packed);
    run_parts(NAME(correlate_part), &k, (c->images + k.images - 1) / k.images * k.bands * groups);
}
#undef PART_BYTES
#undef PART_WORK
