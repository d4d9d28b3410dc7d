/* The first maximum or minimum along one axis and where it is; and values put where such were found.
 *
 * A NaN beats every number, and the first of equals wins.
 */

/* Of columns beside each other, from x on, the extrema: `vectors` vectors of columns, of which the first `columns` are
 * there. Vectors run on into the next row, but not over the end. */
static inline __attribute__((always_inline)) void NAME(extrema_of)(
    const int smallest, const int vectors, const struct extrema *e, const REAL *x, long columns, REAL *y, int64_t *at)
{
    const REAL *const end = (const REAL *)e->x + e->outer * e->length * e->inner;
    REAL bests[4 * LANES];
    INTEGER places[4 * LANES];
    NAME(vector) best[4] = {{0}};
    NAME(integers) place[4] = {{0}};
    for (long k = 0; k < e->length; k++, x += e->inner) {
        const NAME(integers) here = (NAME(integers)){0} + (INTEGER)k;
        const REAL *from = x;
        REAL few[LANES];
        if (vectors == 1 && end - x < LANES) {
            for (long i = 0; i < LANES; i++)
                few[i] = i < end - x ? x[i] : 0;
            from = few;
        }
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            const NAME(vector) some = *(const NAME(vector) *)(from + v * LANES);
            NAME(integers) better = smallest ? ~(NAME(integers))(some >= best[v]) : ~(NAME(integers))(some <= best[v]);
            better &= (NAME(integers))(best[v] == best[v]);
            if (k == 0)
                better = ~(NAME(integers)){0};
            best[v] = NAME(choose)(better, some, best[v]);
            place[v] = (better & here) | (~better & place[v]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
        *(NAME(vector) *)(bests + v * LANES) = best[v];
        *(NAME(integers) *)(places + v * LANES) = place[v];
    }
    for (long c = 0; c < columns; c++) {
        y[c] = bests[c];
        at[c] = places[c];
    }
}

static inline __attribute__((always_inline)) void NAME(extrema_of_columns)(
    const int smallest, const struct extrema *e, long first, long last)
{
    const long units = (e->inner + EXTREMA_COLUMNS - 1) / EXTREMA_COLUMNS;
    for (long unit = first; unit < last; unit++) {
        const long outer = unit / units, until = MIN((unit % units + 1) * EXTREMA_COLUMNS, e->inner);
        const REAL *x = (const REAL *)e->x + outer * e->length * e->inner;
        REAL *y = (REAL *)e->y + outer * e->inner;
        int64_t *at = e->at + outer * e->inner;
        long c = unit % units * EXTREMA_COLUMNS;
        for (; c <= until - 4 * LANES; c += 4 * LANES)
            NAME(extrema_of)(smallest, 4, e, x + c, 4 * LANES, y + c, at + c);
        for (; c < until; c += LANES)
            NAME(extrema_of)(smallest, 1, e, x + c, MIN(LANES, until - c), y + c, at + c);
    }
}

static void NAME(extrema_columns)(const struct extrema *e, long first, long last)
{
    if (e->smallest)
        NAME(extrema_of_columns)(1, e, first, last);
    else
        NAME(extrema_of_columns)(0, e, first, last);
}

/* Short rows: as many as there are lanes are turned into columns. */
static void NAME(extrema_rows)(const struct extrema *e, long first, long last)
{
    REAL turned[EXTREMA_LONG_ROW * LANES];
    const struct extrema few = {.outer = 1, .length = e->length, .inner = LANES, .x = turned};
    memset(turned, 0, (size_t)(e->length * LANES) * sizeof(REAL));
    for (long row = first; row < last; row += LANES) {
        const REAL *x = (const REAL *)e->x + row * e->length;
        const long rows = MIN(LANES, last - row);
        for (long i = 0; i < rows; i++)
            for (long k = 0; k < e->length; k++)
                turned[k * LANES + i] = x[i * e->length + k];
        if (e->smallest)
            NAME(extrema_of)(1, 1, &few, turned, rows, (REAL *)e->y + row, e->at + row);
        else
            NAME(extrema_of)(0, 1, &few, turned, rows, (REAL *)e->y + row, e->at + row);
    }
}

static void NAME(extrema_put)(const struct extrema *e, long first, long last)
{
    for (long outer = first; outer < last; outer++) {
        REAL *to = (REAL *)e->to + outer * e->length * e->inner;
        memset(to, 0, (size_t)(e->length * e->inner) * sizeof(REAL));
        for (long i = 0; i < e->inner; i++) {
            const long k = e->at[outer * e->inner + i];
            if (k >= 0 && k < e->length)
                to[k * e->inner + i] = ((const REAL *)e->y)[outer * e->inner + i];
        }
    }
}
