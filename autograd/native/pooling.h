/* The kernels of pooling.inc.h as pointers, and what they are told. */
#ifndef CHALKGRAD_POOLING_H
#define CHALKGRAD_POOLING_H

#include <stdint.h>

/* A pooling of (images, H, W, channels) to (images, P, Q, channels); what is given as a pair is vertical, horizontal.
 *
 * A window's position (r, s) has the number r · size[1] + s; the pixel that it looks at may be in the padding. */
struct pooling {
    long images, channels;
    long image[2], size[2], stride[2], dilation[2], before[2], out[2];
    const struct looks *looks; /* vertical and horizontal, for the kernels that make images */
    const void *from;          /* what is read: images, or what has the shape of the result */
    const void *weights;       /* (P, Q): what the averages are multiplied with */
    uint8_t *winners;          /* of the result's shape: the numbers of the maxima's positions */
    void *to;                  /* what is made */
    long row_step, rows;       /* rows in a part, rows in all, of what is made */
    void (*work)(const struct pooling *, long first, long last);
};

/* Which positions of which windows look at the pixel i of one axis: the entries from[i] to from[i + 1] of both,
 * the positions rising (so the windows fall). */
struct looks {
    const long *from, *window, *position;
};

/* Each makes the rows [first, last), counted through all images. */
struct pooling_kernels {
    void (*maximum)(const struct pooling *p, long first, long last);
    void (*gather)(const struct pooling *p, long first, long last);
    void (*scatter)(const struct pooling *p, long first, long last);
    void (*average)(const struct pooling *p, long first, long last);
    void (*spread)(const struct pooling *p, long first, long last);
    long lanes; /* of float32: to judge how much work there is */
};

#define POOLING_KERNELS(dtype)                                                                               \
    {JOIN3(pool_maximum, dtype, LEVEL), JOIN3(pool_gather, dtype, LEVEL), JOIN3(pool_scatter, dtype, LEVEL), \
     JOIN3(pool_average, dtype, LEVEL), JOIN3(pool_spread, dtype, LEVEL), VECTOR_BYTES / sizeof(float)}

#endif
