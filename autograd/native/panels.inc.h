/* Panels: what blocks of tiles.inc.h read again and again, copied so that it lies together in memory. */

/* The first `entries` of each of `count` pixels into panels of so many entries: panel[pixel, width], the last one
 * filled up with zeros. In the order of the pixels, for the memory's sake. */
static inline __attribute__((always_inline)) void NAME(deal)(
    REAL *to, long panel, const long width, const REAL *from, long entries, long step, long count)
{
    const long whole = entries / width, rest = entries % width;
    for (long i = 0; i < count; i++, to += width, from += step) {
        for (long block = 0; block < whole; block++)
            for (long j = 0; j < width; j++)
                to[block * panel + j] = from[block * width + j];
        if (rest)
            for (long j = 0; j < width; j++)
                to[whole * panel + j] = j < rest ? from[whole * width + j] : 0;
    }
}

static void NAME(panels)(REAL *to, long panel, long width, const REAL *from, long entries, long step, long count)
{
    if (width == 2 * LANES)
        NAME(deal)(to, panel, 2 * LANES, from, entries, step, count);
    else if (width == LANES)
        NAME(deal)(to, panel, LANES, from, entries, step, count);
    else if (width == ROWS_OF_TWO)
        NAME(deal)(to, panel, ROWS_OF_TWO, from, entries, step, count);
    else if (width == ROWS_OF_ONE)
        NAME(deal)(to, panel, ROWS_OF_ONE, from, entries, step, count);
    else
        NAME(deal)(to, panel, width, from, entries, step, count);
}
