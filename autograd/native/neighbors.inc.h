/* Correlation with few outputs: each pixel times all taps of a kernel's row at once, then sums of neighbors.
 *
 * Vectors of so few outputs would be mostly idle lanes. Here they are of the outputs of all taps beside each other: a
 * column of pixels times a column of such weights gives what each tap makes of that column, and a result is the sum of
 * one part each of the columns that its taps see. No product is made of the zeros beside the image. Lanes beyond a part
 * hold what belongs to others, and are never written.
 */

struct NAME(neighbors) {
    const struct conv *c;
    long lanes;       /* of a column: the outputs of the taps beside each other, in whole vectors */
    long left, right; /* columns beside the image that some tap sees */
    long rows;        /* of results, for one part of the work */
};

/* Whether that takes less time, by the products of vectors for a row of results, than `products` of the other ways. */
static int NAME(neighbors_are_faster)(const struct conv *c, double products)
{
    const long taps = c->across.taps, vectors = (taps * c->outputs + LANES - 1) / LANES;
    const double product = (double)c->across.pixels * vectors * c->inputs, sums = 2.0 * c->across.results * taps;
    return c->groups == 1 && c->across.stride == 1 && c->outputs < LANES && c->y_pixel == c->outputs &&
           c->down.taps * product + sums < 0.9 * products;
}

/* (blocks of lanes, rows of taps, inputs, lanes), with zeros in the lanes that are too many. */
static void NAME(pack_neighbors)(const struct NAME(neighbors) *k, REAL *to)
{
    const struct conv *c = k->c;
    for (long at = 0, lanes; at < k->lanes; at += lanes) {
        lanes = NAME(lanes_of_block)(k->lanes - at);
        for (long r = 0; r < c->down.taps; r++)
            for (long input = 0; input < c->inputs; input++)
                for (long lane = at; lane < at + lanes; lane++) {
                    const long s = lane / c->outputs, output = lane % c->outputs;
                    const REAL *w = (const REAL *)c->w + input * c->w_input + output * c->w_output;
                    *to++ = s < c->across.taps ? w[c->down.from[r] + c->across.from[s]] : 0;
                }
    }
}

/* Row `p` of image `n`: what the taps make of each column. Of an image in planes its rows are copied first. */
static void NAME(multiply_columns)(const struct NAME(neighbors) *k, long n, long p, long *lists, REAL *made)
{
    const struct conv *c = k->c;
    const long taps = c->down.taps, first = p * c->down.stride, pixels = c->across.pixels;
    const int planes = in_planes(&c->x);
    const REAL *image = (const REAL *)c->x.at + n * c->x.image, *w = c->packed;
    long runs = 0, *a_at = lists, *b_at = a_at + taps;
    REAL *copied = (REAL *)(b_at + taps);
    for (long r = 0; r < taps; r++) {
        const long y = first + c->down.at[r];
        if (y < 0 || y >= c->down.pixels)
            continue;
        a_at[runs] = planes ? runs * pixels * c->inputs : y * c->x.row;
        if (planes)
            NAME(copy_pixels)(copied + a_at[runs], c->inputs, image + y * c->x.row, &c->x, c->inputs, pixels);
        b_at[runs++] = r;
    }
    for (long run = 0; run < runs; run++)
        b_at[run] *= 2 * LANES * c->inputs;
    struct NAME(product) product = {.runs = runs, .depth = c->inputs, .a_at = a_at, .b_at = b_at, .b_step = 2 * LANES};
    product.a_row = planes ? c->inputs : c->x.pixel;
    for (long at = 0, lanes; at < k->lanes; at += lanes, w += taps * c->inputs * lanes) {
        lanes = NAME(lanes_of_block)(k->lanes - at);
        const struct NAME(target) t = {.to = made + at, .step = k->lanes, .lanes = lanes};
        for (long run = 0; run < runs && lanes == LANES; run++)
            b_at[run] /= 2;
        product.b_step = lanes;
        NAME(correlate_row)(pixels, &product, lanes == 2 * LANES ? 2 : 1, planes ? copied : image, w, &t);
    }
}

/* The results of a row, each a vector at LANES from the last: of each tap what it makes of the column that it sees. */
static inline __attribute__((always_inline)) void NAME(add_taps)(
    const long taps, const struct NAME(neighbors) *k, const REAL *made, NAME(vector) bias, REAL *sums)
{
    const struct conv_axis *across = &k->c->across;
    for (long q = 0; q < across->results; q++, made += k->lanes, sums += LANES) {
        NAME(vector) sum = {0};
        UNROLLED
        for (long s = 0; s < taps; s++)
            sum += *(const NAME(vector) *)(made + across->at[s] * k->lanes + s * k->c->outputs);
        *(NAME(vector) *)sums = sum + bias;
    }
}

static void NAME(add_neighbors)(const struct NAME(neighbors) *k, const REAL *made, NAME(vector) bias, REAL *sums)
{
    switch (k->c->across.taps) {
    case 3: NAME(add_taps)(3, k, made, bias, sums); break;
    case 5: NAME(add_taps)(5, k, made, bias, sums); break;
    default: NAME(add_taps)(k->c->across.taps, k, made, bias, sums);
    }
}

static void NAME(neighbors_part)(void *context, long part)
{
    const struct NAME(neighbors) *k = context;
    const struct conv *c = k->c;
    const long all = c->images * c->down.results, results = c->across.results, outputs = c->outputs;
    const long pixels = c->across.pixels, row = in_planes(&c->x) ? c->down.taps * pixels * c->inputs : 0;
    const long columns = (k->left + pixels + k->right) * k->lanes + LANES;
    long *lists = scratch(2 * c->down.taps * sizeof(long) + (row + columns + results * LANES) * sizeof(REAL));
    if (!lists)
        return;
    REAL *made = (REAL *)(lists + 2 * c->down.taps) + row, *sums = made + columns;
    memset(made, 0, columns * sizeof(REAL)); /* of those beside the image */
    NAME(vector) bias = {0};
    for (long output = 0; c->bias && output < outputs; output++)
        bias[output] = ((const REAL *)c->bias)[output];
    for (long at = part * k->rows; at < MIN((part + 1) * k->rows, all); at++) {
        const long n = at / c->down.results, p = at % c->down.results;
        NAME(multiply_columns)(k, n, p, lists, made + k->left * k->lanes);
        NAME(add_neighbors)(k, made + k->left * k->lanes, bias, sums);
        REAL *to = (REAL *)c->y + n * c->y_image + p * c->y_row;
        long q = 0;
        for (; q * outputs + LANES <= results * outputs; q++) /* what is too much of one, the next one overwrites */
            *(NAME(vector) *)(to + q * outputs) = *(const NAME(vector) *)(sums + q * LANES);
        for (; q < results; q++)
            memcpy(to + q * outputs, sums + q * LANES, outputs * sizeof(REAL));
    }
}

static void NAME(correlate_neighbors)(const struct conv *c)
{
    const long vectors = (c->across.taps * c->outputs + LANES - 1) / LANES;
    const long last = c->across.results - 1 + c->across.at[c->across.taps - 1];
    const double work = 2.0 * c->down.taps * c->across.pixels * c->inputs * vectors * LANES;
    struct NAME(neighbors) k = {
        .c = c,
        .lanes = vectors * LANES,
        .left = MAX(0, -c->across.at[0]),
        .right = MAX(0, last + 1 - c->across.pixels),
        .rows = MAX(1, PART_WORK / work)};
    NAME(pack_neighbors)(&k, c->packed);
    run_parts(NAME(neighbors_part), &k, (c->images * c->down.results + k.rows - 1) / k.rows);
}
