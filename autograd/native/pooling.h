/* The kernels of pooling.inc.h as pointers. */
#ifndef CHALKGRAD_POOLING_H
#define CHALKGRAD_POOLING_H

struct pooling_kernels {
    int none; /* placeholder */
};

#define POOLING_KERNELS(dtype) {0}

#endif
