/* The kernels of pointwise.inc.h as pointers. */
#ifndef CHALKGRAD_POINTWISE_H
#define CHALKGRAD_POINTWISE_H

struct pointwise_kernels {
    int none; /* placeholder */
};

#define POINTWISE_KERNELS(dtype) {0}

#endif
