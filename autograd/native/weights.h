/* The kernels of weights.inc.h as pointers. */
#ifndef CHALKGRAD_WEIGHTS_H
#define CHALKGRAD_WEIGHTS_H

#include "pictures.h"

enum weights_way { WEIGHTS_BY_TAPS, WEIGHTS_OF_FEW, WEIGHTS_OF_SINGLE }; /* see weights.inc.h */

/* A convolution's geometry; pairs are (vertical, horizontal). */
struct weights_shape {
    struct pictures x, g;
    long images, height, width, channels; /* x */
    long rows, columns, outputs;          /* g */
    long groups;
    long size[2], stride[2], dilation[2], before[2];
    /* How the work is shared out, by the shape alone: each of `sums` shares of the pixels has a partial result of
     * its own, and each of `slices` parts of the result is summed by itself. */
    long sums, slices;
    enum weights_way way;
};

struct weights_kernels {
    /* w (outputs, channels / groups, size), g and x not empty; partials has room for sums × w. */
    void (*gradient)(const struct weights_shape *shape, void *w, void *partials);
};

#define WEIGHTS_KERNELS(dtype) {JOIN3(weights_gradient, dtype, LEVEL)}

#endif
