/* The kernels of weights.inc.h as pointers. */
#ifndef CHALKGRAD_WEIGHTS_H
#define CHALKGRAD_WEIGHTS_H

struct weights_kernels {
    int none; /* placeholder */
};

#define WEIGHTS_KERNELS(dtype) {0}

#endif
