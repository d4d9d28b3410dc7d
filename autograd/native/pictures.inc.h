/* Pixels of pictures copied so that a few channels of each lie beside each other, whatever the order they are read in. */

static inline __attribute__((always_inline)) void NAME(copy_entries)(
    REAL *to, long step, const REAL *from, const long entries, long pixel, long count)
{
    for (long i = 0; i < count; i++, to += step, from += pixel)
        for (long j = 0; j < entries; j++)
            to[j] = from[j];
}

/* to[i, j] = from[i, j] for i < count pixels and j < entries channels; the pixels of `to` are `step` apart. */
static void NAME(copy_pixels)(
    REAL *to, long step, const REAL *from, const struct pictures *in, long entries, long count)
{
    if (step == entries && in->pixel == entries) {
        memcpy(to, from, count * entries * sizeof(REAL));
    } else if (!in_planes(in)) {
        switch (entries) {
        case 1: NAME(copy_entries)(to, step, from, 1, in->pixel, count); break;
        case 3: NAME(copy_entries)(to, step, from, 3, in->pixel, count); break;
        case 4: NAME(copy_entries)(to, step, from, 4, in->pixel, count); break;
        case 8: NAME(copy_entries)(to, step, from, 8, in->pixel, count); break;
        case 16: NAME(copy_entries)(to, step, from, 16, in->pixel, count); break;
        default: NAME(copy_entries)(to, step, from, entries, in->pixel, count);
        }
    } else if (sizeof(REAL) == 4)
        copy_block_of_4((entry_of_4 *)to, (const entry_of_4 *)from, count, entries, step, in->pixel, in->channel);
    else
        copy_block_of_8((entry_of_8 *)to, (const entry_of_8 *)from, count, entries, step, in->pixel, in->channel);
}

/* The other way round: to[j, i] = from[i, j], a line of `step` entries for each channel. */
static void NAME(copy_lines)(REAL *to, long step, const REAL *from, const struct pictures *in, long entries, long count)
{
    if (in_planes(in))
        for (long j = 0; j < entries; j++)
            memcpy(to + j * step, from + j * in->channel, count * sizeof(REAL));
    else if (sizeof(REAL) == 4)
        copy_block_of_4((entry_of_4 *)to, (const entry_of_4 *)from, entries, count, step, in->channel, in->pixel);
    else
        copy_block_of_8((entry_of_8 *)to, (const entry_of_8 *)from, entries, count, step, in->channel, in->pixel);
}
