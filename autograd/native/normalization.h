/* The kernels of normalization.inc.h as pointers. */
#ifndef CHALKGRAD_NORMALIZATION_H
#define CHALKGRAD_NORMALIZATION_H

struct normalization_kernels {
    int none; /* placeholder */
};

#define NORMALIZATION_KERNELS(dtype) {0}

#endif
