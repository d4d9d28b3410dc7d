/* Pooling on channels-last memory: maxima with the number of the position they came from, averages, and the
 * transposes of both. No padding is ever made: each window runs over those of its positions that are in the image.
 *
 * Vectors run over the channels of a pixel. Where there are fewer than LANES ("few"), a vector runs on into the next
 * pixels, which are made later and so written over; only where it would run over the end of an array are the
 * channels copied one by one. What is made is written once, in rising order, by one part.
 */

typedef uint8_t NAME(numbers) __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef int8_t NAME(small) __attribute__((vector_size(LANES), aligned(1), may_alias));

static inline __attribute__((always_inline)) NAME(vector) NAME(pool_load)(const REAL *from, long lanes)
{
    if (lanes >= LANES)
        return *(const NAME(vector) *)from;
    REAL some[LANES] = {0};
    for (long i = 0; i < lanes; i++)
        some[i] = from[i];
    return *(const NAME(vector) *)some;
}

static inline __attribute__((always_inline)) void NAME(pool_store)(REAL *to, NAME(vector) x, long lanes)
{
    if (lanes >= LANES) {
        *(NAME(vector) *)to = x;
        return;
    }
    REAL some[LANES];
    *(NAME(vector) *)some = x;
    for (long i = 0; i < lanes; i++)
        to[i] = some[i];
}

static inline __attribute__((always_inline)) NAME(numbers) NAME(pool_load_numbers)(const uint8_t *from, long lanes)
{
    if (lanes >= LANES)
        return *(const NAME(numbers) *)from;
    uint8_t some[LANES] = {0};
    for (long i = 0; i < lanes; i++)
        some[i] = from[i];
    return *(const NAME(numbers) *)some;
}

static inline
    __attribute__((always_inline)) void NAME(pool_store_numbers)(uint8_t *to, NAME(integers) numbers, long lanes)
{
    const NAME(numbers) small = __builtin_convertvector(numbers, NAME(numbers));
    if (lanes >= LANES) {
        *(NAME(numbers) *)to = small;
        return;
    }
    uint8_t some[LANES];
    *(NAME(numbers) *)some = small;
    for (long i = 0; i < lanes; i++)
        to[i] = some[i];
}

/* Lane by lane x where the numbers are this one, else 0. */
static inline __attribute__((always_inline)) NAME(vector)
    NAME(where_number)(NAME(numbers) numbers, long number, NAME(vector) x)
{
    const NAME(small) same = (NAME(small))(numbers == (uint8_t)number);
    return (NAME(vector))(__builtin_convertvector(same, NAME(integers)) & (NAME(integers))x);
}

/* -- from images to results ------------------------------------------------------------------------ */

/* The positions of a window that are in the image, and the first of their pixels. */
struct NAME(view) {
    const REAL *x;
    long rows, columns, row_step, column_step; /* the steps in numbers from one pixel to the next */
    long number, numbers_a_row;                /* the number of the first, and from row to row */
};

static inline void NAME(pool_within)(
    const struct pooling *p, int axis, long window, long *start, long *first, long *last)
{
    const long size = p->size[axis], dilation = p->dilation[axis];
    *start = window * p->stride[axis] - p->before[axis];
    const long room = p->image[axis] - *start;
    *first = *start < 0 ? MIN((dilation - 1 - *start) / dilation, size) : 0;
    *last = room <= dilation * (size - 1) ? (room <= 0 ? 0 : (room + dilation - 1) / dilation) : size;
    if (*last < *first)
        *last = *first;
}

/* The maxima of `lanes` channels from c on. A NaN beats every number, and the first of equals wins. */
static inline __attribute__((always_inline)) void NAME(pool_maximum_of)(
    const struct NAME(view) *v, const long rows, const long columns, long lanes, long c, REAL *y, uint8_t *winners)
{
    NAME(vector) best = NAME(pool_load)(v->x + c, lanes);
    NAME(integers) number = (NAME(integers)){0} + (INTEGER)v->number;
#pragma GCC unroll 3
    for (long r = 0; r < rows; r++)
#pragma GCC unroll 3
        for (long s = r == 0; s < columns; s++) {
            const NAME(vector) x = NAME(pool_load)(v->x + c + r * v->row_step + s * v->column_step, lanes);
            const NAME(integers) better = ~(NAME(integers))(x <= best) & (NAME(integers))(best == best);
            best = NAME(choose)(better, x, best);
            const NAME(integers) this = (NAME(integers)){0} + (INTEGER)(v->number + r * v->numbers_a_row + s);
            number = (better & this) | (~better & number);
        }
    NAME(pool_store)(y + c, best, lanes);
    NAME(pool_store_numbers)(winners + c, number, lanes);
}

/* What the winners see in x; 0 for one that is no pixel. */
static inline __attribute__((always_inline)) void NAME(pool_gather_of)(
    const struct NAME(view) *v, const long rows, const long columns, long lanes, long c, REAL *y, uint8_t *winners)
{
    const NAME(numbers) numbers = NAME(pool_load_numbers)(winners + c, lanes);
    NAME(integers) seen = {0};
#pragma GCC unroll 3
    for (long r = 0; r < rows; r++)
#pragma GCC unroll 3
        for (long s = 0; s < columns; s++) {
            const NAME(vector) x = NAME(pool_load)(v->x + c + r * v->row_step + s * v->column_step, lanes);
            seen |= (NAME(integers))NAME(where_number)(numbers, v->number + r * v->numbers_a_row + s, x);
        }
    NAME(pool_store)(y + c, (NAME(vector))seen, lanes);
}

static inline __attribute__((always_inline)) void NAME(pool_average_of)(
    const struct NAME(view) *v, const long rows, const long columns, long lanes, long c, REAL *y, REAL weight)
{
    NAME(vector) sum = {0};
#pragma GCC unroll 3
    for (long r = 0; r < rows; r++)
#pragma GCC unroll 3
        for (long s = 0; s < columns; s++)
            sum += NAME(pool_load)(v->x + c + r * v->row_step + s * v->column_step, lanes);
    NAME(pool_store)(y + c, sum * weight, lanes);
}

enum NAME(pool_kind) { NAME(MAXIMUM), NAME(GATHER), NAME(AVERAGE) };

static inline __attribute__((always_inline)) void NAME(pool_some)(
    const enum NAME(pool_kind) kind, const struct NAME(view) *v, const long rows, const long columns, long lanes,
    long c, REAL *y, uint8_t *winners, REAL weight)
{
    if (kind == NAME(MAXIMUM))
        NAME(pool_maximum_of)(v, rows, columns, lanes, c, y, winners);
    else if (kind == NAME(GATHER))
        NAME(pool_gather_of)(v, rows, columns, lanes, c, y, winners);
    else
        NAME(pool_average_of)(v, rows, columns, lanes, c, y, weight);
}

/* All channels of one result. Where there are LANES or more, the last vector may do some again. */
static inline __attribute__((always_inline)) void NAME(pool_pixel)(
    const enum NAME(pool_kind) kind, const struct NAME(view) *v, const long rows, const long columns, long channels,
    long lanes, REAL *y, uint8_t *winners, REAL weight)
{
    if (channels < LANES) {
        NAME(pool_some)(kind, v, rows, columns, lanes, 0, y, winners, weight);
        return;
    }
    long c = 0;
    for (; c <= channels - LANES; c += LANES)
        NAME(pool_some)(kind, v, rows, columns, LANES, c, y, winners, weight);
    if (c < channels)
        NAME(pool_some)(kind, v, rows, columns, LANES, channels - LANES, y, winners, weight);
}

static inline __attribute__((always_inline)) void NAME(pool_rows)(
    const enum NAME(pool_kind) kind, const struct pooling *told, long first, long last)
{
    const struct pooling here = *told, *const p = &here; /* which no store can change */
    const long channels = p->channels, height = p->image[0], width = p->image[1], out = p->out[1];
    const REAL *const end = (const REAL *)p->from + p->images * height * width * channels;
    REAL *y = (REAL *)p->to + first * out * channels, *const to_end = (REAL *)p->to + last * out * channels;
    uint8_t *winners = p->winners ? p->winners + first * out * channels : NULL;
    for (long row = first; row < last; row++) {
        const long image = row / p->out[0], window = row % p->out[0];
        long top, r, r_last;
        NAME(pool_within)(p, 0, window, &top, &r, &r_last);
        const REAL *weights = p->weights ? (const REAL *)p->weights + window * out : NULL;
        struct NAME(view) v = {
            .rows = r_last - r,
            .row_step = p->dilation[0] * width * channels,
            .column_step = p->dilation[1] * channels,
            .numbers_a_row = p->size[1]};
        for (long q = 0; q < out; q++) {
            long left, s, s_last;
            NAME(pool_within)(p, 1, q, &left, &s, &s_last);
            v.columns = s_last - s;
            const REAL weight = weights ? weights[q] : 1;
            if (v.rows == 0 || v.columns == 0) { /* padding alone */
                for (long c = 0; c < channels; c++) {
                    y[c] = kind == NAME(MAXIMUM) ? -(REAL)INFINITY : 0;
                    if (kind == NAME(MAXIMUM))
                        winners[c] = 0;
                }
            } else {
                v.number = r * p->size[1] + s;
                v.x = (const REAL *)p->from +
                      ((image * height + top + r * p->dilation[0]) * width + left + s * p->dilation[1]) * channels;
                const REAL *furthest = v.x + (v.rows - 1) * v.row_step + (v.columns - 1) * v.column_step;
                if (channels < LANES && (end - furthest < LANES || to_end - y < LANES))
                    NAME(pool_pixel)(kind, &v, v.rows, v.columns, channels, channels, y, winners, weight);
                else if (v.rows == 2 && v.columns == 2)
                    NAME(pool_pixel)(kind, &v, 2, 2, channels, LANES, y, winners, weight);
                else if (v.rows == 3 && v.columns == 3)
                    NAME(pool_pixel)(kind, &v, 3, 3, channels, LANES, y, winners, weight);
                else
                    NAME(pool_pixel)(kind, &v, v.rows, v.columns, channels, LANES, y, winners, weight);
            }
            y += channels;
            if (winners)
                winners += channels;
        }
    }
}

static void NAME(pool_maximum)(const struct pooling *p, long first, long last)
{
    NAME(pool_rows)(NAME(MAXIMUM), p, first, last);
}

static void NAME(pool_gather)(const struct pooling *p, long first, long last)
{
    NAME(pool_rows)(NAME(GATHER), p, first, last);
}

static void NAME(pool_average)(const struct pooling *p, long first, long last)
{
    NAME(pool_rows)(NAME(AVERAGE), p, first, last);
}

/* -- from results to images -------------------------------------------------------------------------- */

/* One pixel: the sum, over the windows that look at it, of g where it won (scatter), or of g times the weight. */
static inline __attribute__((always_inline)) void NAME(pool_back_some)(
    const int scatter, const struct pooling *p, const long rows, const long columns, const long *row_windows,
    const long *row_positions, const long *windows, const long *positions, long image, long lanes, long c, REAL *x)
{
    NAME(vector) sum = {0};
#pragma GCC unroll 2
    for (long k = 0; k < rows; k++)
#pragma GCC unroll 2
        for (long l = 0; l < columns; l++) {
            const long at = row_windows[k] * p->out[1] + windows[l];
            const long from = (image * p->out[0] * p->out[1] + at) * p->channels + c;
            NAME(vector) g = NAME(pool_load)((const REAL *)p->from + from, lanes);
            if (scatter)
                g = NAME(where_number)(
                    NAME(pool_load_numbers)(p->winners + from, lanes), row_positions[k] * p->size[1] + positions[l], g);
            else
                g *= ((const REAL *)p->weights)[at];
            sum += g;
        }
    NAME(pool_store)(x + c, sum, lanes);
}

static inline __attribute__((always_inline)) void NAME(pool_back_pixel)(
    const int scatter, const struct pooling *p, const long rows, const long columns, const long *row_windows,
    const long *row_positions, const long *windows, const long *positions, long image, long lanes, REAL *x)
{
    if (p->channels < LANES) {
        NAME(pool_back_some)(
            scatter, p, rows, columns, row_windows, row_positions, windows, positions, image, lanes, 0, x);
        return;
    }
    long c = 0;
    for (; c <= p->channels - LANES; c += LANES)
        NAME(pool_back_some)(
            scatter, p, rows, columns, row_windows, row_positions, windows, positions, image, LANES, c, x);
    if (c < p->channels)
        NAME(pool_back_some)(
            scatter, p, rows, columns, row_windows, row_positions, windows, positions, image, LANES,
            p->channels - LANES, x);
}

/* Pixels that only one window looks at, from its position `number` on: g where that won, or g times the weight. */
static inline __attribute__((always_inline)) void NAME(pool_back_tile)(
    const int scatter, const long pixels, const REAL *g, const uint8_t *winners, REAL weight, long number,
    long channels, long lanes, long c, REAL *x)
{
    const NAME(vector) value = NAME(pool_load)(g + c, lanes);
    if (!scatter) {
        for (long s = 0; s < pixels; s++)
            NAME(pool_store)(x + c + s * channels, value * weight, lanes);
        return;
    }
    const NAME(numbers) numbers = NAME(pool_load_numbers)(winners + c, lanes);
    for (long s = 0; s < pixels; s++)
        NAME(pool_store)(x + c + s * channels, NAME(where_number)(numbers, number + s, value), lanes);
}

/* A row of pixels that one row of windows looks at, where these stand side by side: window by window, which takes half
 * the time. */
static inline __attribute__((always_inline)) void NAME(pool_back_tiles)(
    const int scatter, const struct pooling *p, const long size, long image, long window, long position, REAL *x,
    const REAL *to_end)
{
    const long channels = p->channels, width = p->image[1], out = p->out[1];
    const REAL *g = (const REAL *)p->from + (image * p->out[0] + window) * out * channels;
    const REAL *const end = (const REAL *)p->from + p->images * p->out[0] * out * channels;
    const uint8_t *winners = scatter ? p->winners + (image * p->out[0] + window) * out * channels : NULL;
    const REAL *weights = scatter ? NULL : (const REAL *)p->weights + window * out;
    long j = 0;
    for (long q = 0; q < out && j < width; q++, g += channels) {
        const long skip = j - (q * size - p->before[1]), pixels = MIN(size - skip, width - j);
        const long number = position * size + skip;
        const REAL weight = scatter ? 1 : weights[q];
        const uint8_t *won = scatter ? winners + q * channels : NULL;
        if (pixels <= 0) /* all of it in the padding */
            continue;
        if (channels < LANES) {
            if (end - g < LANES || to_end - x < (pixels - 1) * channels + LANES)
                NAME(pool_back_tile)(scatter, pixels, g, won, weight, number, channels, channels, 0, x);
            else if (pixels == size)
                NAME(pool_back_tile)(scatter, size, g, won, weight, number, channels, LANES, 0, x);
            else
                NAME(pool_back_tile)(scatter, pixels, g, won, weight, number, channels, LANES, 0, x);
        } else {
            for (long c = 0; c < channels; c += LANES) {
                const long from = MIN(c, channels - LANES);
                if (pixels == size)
                    NAME(pool_back_tile)(scatter, size, g, won, weight, number, channels, LANES, from, x);
                else
                    NAME(pool_back_tile)(scatter, pixels, g, won, weight, number, channels, LANES, from, x);
            }
        }
        j += pixels;
        x += pixels * channels;
    }
    memset(x, 0, (size_t)((width - j) * channels) * sizeof(REAL));
}

static inline __attribute__((always_inline)) void NAME(pool_back_rows)(
    const int scatter, const struct pooling *told, long first, long last)
{
    const struct pooling here = *told, *const p = &here; /* which no store can change */
    const long channels = p->channels, height = p->image[0], width = p->image[1];
    const struct looks *const down = p->looks, *const across = p->looks + 1;
    const long total = p->images * p->out[0] * p->out[1] * channels;
    const int side_by_side = p->stride[1] == p->size[1] && p->dilation[1] == 1;
    REAL *x = (REAL *)p->to + first * width * channels, *const to_end = (REAL *)p->to + last * width * channels;
    for (long row = first; row < last; row++) {
        const long image = row / height, i = row % height;
        const long *p_s = down->window + down->from[i], *r_s = down->position + down->from[i];
        const long rows = down->from[i + 1] - down->from[i];
        if (rows == 1 && side_by_side) {
            if (p->size[1] == 2)
                NAME(pool_back_tiles)(scatter, p, 2, image, p_s[0], r_s[0], x, to_end);
            else
                NAME(pool_back_tiles)(scatter, p, p->size[1], image, p_s[0], r_s[0], x, to_end);
            x += width * channels;
            continue;
        }
        for (long j = 0; j < width; j++, x += channels) {
            const long *q_s = across->window + across->from[j], *s_s = across->position + across->from[j];
            const long columns = across->from[j + 1] - across->from[j];
            long lanes = LANES;
            if (channels < LANES) { /* the first of the windows is the last in memory */
                const long furthest =
                    rows && columns ? ((image * p->out[0] + p_s[0]) * p->out[1] + q_s[0]) * channels : 0;
                if (total - furthest < LANES || to_end - x < LANES)
                    lanes = channels;
            }
            if (rows == 1 && columns == 1)
                NAME(pool_back_pixel)(scatter, p, 1, 1, p_s, r_s, q_s, s_s, image, lanes, x);
            else if (rows == 1 && columns == 2)
                NAME(pool_back_pixel)(scatter, p, 1, 2, p_s, r_s, q_s, s_s, image, lanes, x);
            else if (rows == 2 && columns == 1)
                NAME(pool_back_pixel)(scatter, p, 2, 1, p_s, r_s, q_s, s_s, image, lanes, x);
            else if (rows == 2 && columns == 2)
                NAME(pool_back_pixel)(scatter, p, 2, 2, p_s, r_s, q_s, s_s, image, lanes, x);
            else
                NAME(pool_back_pixel)(scatter, p, rows, columns, p_s, r_s, q_s, s_s, image, lanes, x);
        }
    }
}

static void NAME(pool_scatter)(const struct pooling *p, long first, long last)
{
    NAME(pool_back_rows)(1, p, first, last);
}

static void NAME(pool_spread)(const struct pooling *p, long first, long last)
{
    NAME(pool_back_rows)(0, p, first, last);
}
