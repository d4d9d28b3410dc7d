/* The kernels of optimizer.inc.h as pointers. */
#ifndef CHALKGRAD_OPTIMIZER_H
#define CHALKGRAD_OPTIMIZER_H

struct optimizer_kernels {
    int none; /* placeholder */
};

#define OPTIMIZER_KERNELS(dtype) {0}

#endif
