/* Panels: what blocks of tiles.inc.h read again and again, copied so that it lies together in memory. */

/* Some channels of pictures: `groups` times so many `entries`, each after the one before in the picture. In panels of
 * `width` entries, each [pixel, width] and `panel` entries long, the last one of a group filled up with zeros; those of
 * the next group begin `group` entries further. */
struct NAME(panels) {
    long panel, width, entries, groups, group;
};

/* In the order of the pixels, for the memory's sake. */
static inline __attribute__((always_inline)) void NAME(deal)(
    const struct NAME(panels) *p, const long width, REAL *to, const REAL *from, long step, long count)
{
    const long whole = p->entries / width, rest = p->entries % width;
    for (long i = 0; i < count; i++, to += width, from += step) {
        const REAL *pixel = from;
        for (long group = 0; group < p->groups; group++, pixel += p->entries) {
            REAL *into = to + group * p->group;
            for (long block = 0; block < whole; block++)
                for (long j = 0; j < width; j++)
                    into[block * p->panel + j] = pixel[block * width + j];
            if (rest)
                for (long j = 0; j < width; j++)
                    into[whole * p->panel + j] = j < rest ? pixel[whole * width + j] : 0;
        }
    }
}

/* Out of planes, a panel after the other. */
static void NAME(deal_planes)(
    const struct NAME(panels) *p, REAL *to, const REAL *from, const struct pictures *in, long count)
{
    for (long group = 0; group < p->groups; group++)
        for (long done = 0; done < p->entries; done += p->width) {
            const long entries = MIN(p->width, p->entries - done);
            REAL *panel = to + group * p->group + done / p->width * p->panel;
            NAME(copy_pixels)(panel, p->width, from + (group * p->entries + done) * in->channel, in, entries, count);
            if (entries < p->width)
                for (long i = 0; i < count; i++)
                    for (long j = entries; j < p->width; j++)
                        panel[i * p->width + j] = 0;
        }
}

/* The channels of `count` pixels, which lie in one row or in rows after each other, from `from` on. */
static void NAME(make_panels)(
    const struct NAME(panels) *p, REAL *to, const REAL *from, const struct pictures *in, long count)
{
    if (in_planes(in))
        NAME(deal_planes)(p, to, from, in, count);
    else if (p->width == 2 * LANES)
        NAME(deal)(p, 2 * LANES, to, from, in->pixel, count);
    else if (p->width == LANES)
        NAME(deal)(p, LANES, to, from, in->pixel, count);
    else if (p->width == ROWS_OF_TWO)
        NAME(deal)(p, ROWS_OF_TWO, to, from, in->pixel, count);
    else if (p->width == ROWS_OF_ONE)
        NAME(deal)(p, ROWS_OF_ONE, to, from, in->pixel, count);
    else
        NAME(deal)(p, p->width, to, from, in->pixel, count);
}
