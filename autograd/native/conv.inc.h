/* Correlation on channels-last memory, for conv2d and (with the kernel turned) its input gradient.
 *
 * With N, H, W, C memory a window's row is one run of memory, at a dilation of 1: taps · C entries long. A block
 * of tiles.inc.h therefore takes pixels beside each other as its rows and reads the image as it lies. What is
 * rearranged is small: the weights, once a call, and, where there is padding, where there are several groups or where
 * the image lies in planes, the few rows of the image that a part of the work sees, copied with the zeros beside them,
 * each group's channels by themselves. Zeros above and below are left out of the sums.
 *
 * Vectors are of outputs, or of channels where each has a kernel of its own ("depthwise"), or, where there are so few
 * outputs that most lanes would idle, of pixels: then the copied rows are "planar", (rows, inputs, pixels). Or of the
 * outputs of several taps: neighbors.inc.h.
 */

#define PART_BYTES (192 << 10) /* of the image, for one part: with the weights they should stay in the L2 cache */
#define PART_WORK 8e6          /* products and sums, some 30 µs: small images are put together */

struct NAME(correlation) {
    const struct conv *c;
    struct NAME(product) one, two; /* for blocks of one and of two vectors */
    long runs_of_tap_row;
    int depthwise, planar, copied, joined; /* joined: the rows of a part are as one, for there is but one tap */
    long pixel, width, height; /* what a part sees: entries of a pixel, pixels of a row, rows */
    long groups;               /* that are seen one after the other */
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

#define SHORT 256 /* entries */
#define CHANNELS (64 / (long)sizeof(REAL)) /* of planes that are read at once: those of a line of the cache */

/* Zeros in the columns beside those from `left` to `right`; in the others, too, where that is less to do. */
static void NAME(zero_beside)(const struct NAME(correlation) *k, REAL *band, long rows, long left, long right)
{
    const long row = k->width * k->pixel;
    if (rows > 0 && (k->planar || row < SHORT)) {
        memset(band, 0, rows * row * sizeof(REAL));
        return;
    }
    for (long y = 0; y < rows; y++, band += row) {
        memset(band, 0, left * k->pixel * sizeof(REAL));
        memset(band + right * k->pixel, 0, (k->width - right) * k->pixel * sizeof(REAL));
    }
}

/* From row `top` of the image on, each group's channels by themselves; what lies above and below the image is left as it
 * is. NULL: no memory. */
static const REAL *NAME(copy_band)(const struct NAME(correlation) *k, const REAL *image, long top)
{
    const struct conv_axis *down = &k->c->down, *across = &k->c->across;
    const struct pictures *x = &k->c->x;
    const long at = across->at[0], row = k->width * k->pixel, band = k->height * row;
    const long left = MIN(MAX(0, -at), k->width), right = MIN(MAX(left, across->pixels - at), k->width);
    const long first_row = MAX(0, top), end_row = MIN(down->pixels, top + k->height);
    REAL *all = scratch(k->groups * band * sizeof(REAL));
    if (!all)
        return NULL;
    for (long group = 0; group < k->groups && right - left < k->width; group++)
        NAME(zero_beside)(k, all + group * band + (first_row - top) * row, end_row - first_row, left, right);
    if (left == right)
        return all;
    const REAL *from = image + (at + left) * x->pixel;
    const int by_planes = in_planes(x) && !k->planar;
    for (long y = first_row; y < end_row && !by_planes; y++)
        for (long group = 0; group < k->groups; group++) {
            const REAL *pixels = from + y * x->row + group * k->pixel * x->channel;
            REAL *to = all + group * band + (y - top) * row;
            if (k->planar)
                NAME(copy_lines)(to + left, k->width, pixels, x, k->pixel, right - left);
            else
                NAME(copy_pixels)(to + left * k->pixel, k->pixel, pixels, x, k->pixel, right - left);
        }
    for (long group = 0; group < k->groups && by_planes; group++)
        for (long c = 0; c < k->pixel; c += CHANNELS)
            for (long y = first_row; y < end_row; y++)
                NAME(copy_pixels)(
                    all + group * band + (y - top) * row + left * k->pixel + c, k->pixel,
                    from + y * x->row + (group * k->pixel + c) * x->channel, x, MIN(CHANNELS, k->pixel - c),
                    right - left);
    return all;
}

/* -- a row of results ------------------------------------------------------------------------------------------- */

/* All pixels of a row, from x on, in blocks that are as even as can be: small ones wait for their sums. */
static void NAME(correlate_row)(
    long pixels, const struct NAME(product) *p, int vectors, const REAL *x, const REAL *w,
    const struct NAME(target) *row)
{
    struct NAME(target) t = *row;
    const long most = vectors == 2 ? ROWS_OF_TWO : ROWS_OF_ONE, blocks = (pixels + most - 1) / most;
    const long least = pixels / blocks, larger = pixels % blocks;
    for (long block = 0, count; block < blocks; block++, x += count * p->a_row, t.to += count * t.step) {
        count = least + (block < larger);
        if (vectors == 2)
            NAME(rows_of_two)(count, p, x, w, &t);
        else
            NAME(rows_of_one)(count, p, x, w, &t);
    }
}

/* The same with vectors of pixels: blocks of (outputs, pixels) are turned when they are written. */
static void NAME(planar_row)(
    const struct conv *c, const struct NAME(product) *p, const REAL *x, const REAL *w, const struct NAME(target) *row)
{
    REAL block[ROWS_OF_TWO * 2 * LANES] = {0}, *to = row->to;
    const struct pictures turned = {.pixel = 1, .channel = 2 * LANES};
    const struct NAME(target) t = {.to = block, .step = 2 * LANES, .lanes = 2 * LANES};
    const struct NAME(target) half = {.to = block, .step = 2 * LANES, .lanes = LANES};
    for (long q = 0; q < c->across.results; q += 2 * LANES, x += 2 * LANES, to += 2 * LANES * row->step) {
        const long left = c->across.results - q;
        if (left > LANES)
            NAME(block_of_two)(c->outputs, p, w, x, &t);
        else
            NAME(block_of_one)(c->outputs, p, w, x, &half);
        for (long output = 0; row->start && output < c->outputs; output++)
            for (long i = 0; i < 2 * LANES; i++)
                block[output * 2 * LANES + i] += row->start[output];
        NAME(copy_pixels)(to, row->step, block, &turned, c->outputs, MIN(left, 2 * LANES));
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

/* The results of a group of channels, or of all of them, in the rows first to end. */
static void NAME(correlate_group)(
    const struct NAME(correlation) *k, const REAL *seen, const REAL *w, REAL *y, const REAL *bias, long first, long end)
{
    const struct conv *c = k->c;
    const long outputs = k->depthwise ? c->groups : c->outputs, taps = c->down.taps * c->across.taps;
    const long row_step = c->down.stride * k->width * k->pixel, rows = k->joined ? end - first : 1;
    for (long output = 0, lanes; output < outputs; output += lanes) {
        lanes = k->depthwise || k->planar ? outputs : NAME(lanes_of_block)(outputs - output);
        const int vectors = !k->depthwise && lanes == 2 * LANES ? 2 : 1;
        struct NAME(target) t = {.step = c->y_pixel, .lanes = MIN(lanes, outputs - output)};
        if (bias)
            t.start = bias + output;
        for (long p = first; p < end; p += rows) {
            const struct NAME(product) inside = NAME(runs_inside)(k, vectors == 2 ? &k->two : &k->one, p);
            const REAL *x = seen + (p - first) * row_step;
            t.to = y + p * c->y_row + output;
            if (k->depthwise)
                NAME(depthwise_row)(c, &inside, x, w, &t);
            else if (k->planar)
                NAME(planar_row)(c, &inside, x, w, &t);
            else
                NAME(correlate_row)(rows * c->across.results, &inside, vectors, x, w, &t);
        }
        w += taps * c->inputs * lanes;
    }
}

static void NAME(correlate_part)(void *context, long part)
{
    const struct NAME(correlation) *k = context;
    const struct conv *c = k->c;
    const long band = part % k->bands, some = part / k->bands, group_band = k->height * k->width * k->pixel;
    const long first = band * k->rows, end = MIN(first + k->rows, c->down.results);
    const long top = first * c->down.stride + c->down.at[0];
    for (long n = some * k->images; n < MIN((some + 1) * k->images, c->images); n++) {
        const REAL *image = (const REAL *)c->x.at + n * c->x.image;
        const REAL *seen =
            k->copied ? NAME(copy_band)(k, image, top) : image + top * c->x.row + c->across.at[0] * c->x.pixel;
        if (!seen)
            return;
        for (long group = 0; group < k->groups; group++)
            NAME(correlate_group)(
                k, seen + group * group_band, (const REAL *)c->packed + group * k->group_weights,
                (REAL *)c->y + n * c->y_image + group * c->outputs,
                c->bias ? (const REAL *)c->bias + group * c->outputs : NULL, first, end);
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

/* The products of vectors that a row of results takes with vectors of outputs: fewer at a time than 8 wait for their
 * sums. */
static double NAME(products_of_outputs)(const struct conv *c)
{
    const long blocks = (c->outputs + LANES - 1) / LANES;
    return MAX(c->across.results * blocks, 8) * (double)(c->down.taps * c->across.taps * c->inputs);
}

/* With vectors of pixels; what has to be turned costs some two products for each entry. */
static double NAME(products_of_pixels)(const struct conv *c, long vectors)
{
    const double turned = 2.0 * c->across.results * c->outputs;
    return MAX(c->outputs * vectors, 8) * (double)(c->down.taps * c->across.taps * c->inputs) + turned;
}

static int NAME(planar_is_faster)(const struct conv *c, long vectors)
{
    return c->outputs <= ROWS_OF_TWO && (2 * c->outputs * vectors <= c->across.results ||
                                         NAME(products_of_pixels)(c, vectors) < 0.9 * NAME(products_of_outputs)(c));
}

#include "neighbors.inc.h"

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
    k.planar = !k.depthwise && across->stride == 1 && NAME(planar_is_faster)(c, vectors);
    if (!k.depthwise &&
        NAME(neighbors_are_faster)(c, k.planar ? NAME(products_of_pixels)(c, vectors) : NAME(products_of_outputs)(c))) {
        NAME(correlate_neighbors)(c);
        return;
    }
    k.groups = k.depthwise ? 1 : c->groups;
    k.copied = !inside || k.planar || k.groups > 1 || in_planes(&c->x);
    k.pixel = c->groups / k.groups * c->inputs;
    k.width = k.planar ? vectors * LANES + across_span - 1 : k.copied ? width : across->pixels;
    k.joined = down->taps * across->taps == 1 && down->stride == 1 && across->stride == 1 && inside && !k.planar &&
               !k.depthwise && k.width == across->results && c->y_row == across->results * c->y_pixel;
    k.group_weights = NAME(packed_weights)(1, c->inputs, c->outputs, down->taps * across->taps);

    const long row_bytes = k.groups * k.width * k.pixel * sizeof(REAL);
    const double row_work = 2.0 * across->results * k.group_weights * c->groups;
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
    run_parts(NAME(correlate_part), &k, (c->images + k.images - 1) / k.images * k.bands);
}
#undef PART_BYTES
#undef PART_WORK
#undef SHORT
#undef CHANNELS
