/* Pictures as kernels read them: in either of the two orders of memory that nets have, neither of them copied first. */
#ifndef CHALKGRAD_PICTURES_H
#define CHALKGRAD_PICTURES_H

/* The entry [n, y, x, c] lies n·image + y·row + x·pixel + c·channel entries from the first. Either the channels of a
 * pixel lie beside each other (channel is 1), or the pixels of each channel do (pixel is 1; "planes"). */
struct pictures {
    const void *at;
    long image, row, pixel, channel;
};

static inline int in_planes(const struct pictures *p)
{
    return p->channel != 1;
}

#endif
