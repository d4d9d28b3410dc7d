/* The kernels of product.inc.h as pointers. */
#ifndef CHALKGRAD_PRODUCT_H
#define CHALKGRAD_PRODUCT_H

struct product_kernels {
    int none; /* placeholder */
};

#define PRODUCT_KERNELS(dtype) {0}

#endif
