/* The convolution that the kernels of conv.inc.h do: correlation along two axes, whose taps may lie anywhere. */
#ifndef CHALKGRAD_CONV_H
#define CHALKGRAD_CONV_H

#include "pictures.h"

/* One axis: result i sees the pixels i·stride + at[t] for each tap t, and zeros where there is no such pixel. */
struct conv_axis {
    long pixels, results, stride;
    long taps;  /* at least one */
    long *at;   /* ascending */
    long *from; /* which weights each tap has: entries from the first */
};

/* y[n, p, q, o] = bias[o] + Σ over taps r, s and inputs c of x[n, p·stride + r.at, q·stride + s.at, c] · w[o, c, r, s]
 * for each group of channels; x is (images, down.pixels, across.pixels, groups · inputs). */
struct conv {
    long images, groups, inputs, outputs; /* inputs and outputs: channels of one group */
    struct conv_axis down, across;
    struct pictures x;
    const void *w, *bias; /* bias may be NULL */
    void *y;
    long w_input, w_output, w_group;  /* entries from one to the next */
    long y_image, y_row, y_pixel;
    long *runs;   /* room for 3 · down.taps · across.taps */
    void *packed; /* room for packed_weights() entries, aligned to 64 bytes */
};

struct conv_kernels {
    void (*correlate)(const struct conv *);
    long (*packed_weights)(long groups, long inputs, long outputs, long taps);
};

#define CONV_KERNELS(dtype) {JOIN3(correlate, dtype, LEVEL), JOIN3(packed_weights, dtype, LEVEL)}

#endif
