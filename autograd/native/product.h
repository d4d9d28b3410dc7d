/* The kernels of product.inc.h as pointers. */
#ifndef CHALKGRAD_PRODUCT_H
#define CHALKGRAD_PRODUCT_H

/* y (rows, columns) = a (rows, depth) · b (depth, columns), with bias (columns) added to each row, or NULL.
 * The strides count entries; of a and of b, one of the two is 1. */
struct product_arrays {
    long rows, columns, depth;
    const void *a, *b, *bias;
    void *y;
    long a_row, a_step, b_step, b_column; /* a[i · a_row + k · a_step] · b[k · b_step + j · b_column] */
    int parts;                            /* to share out among threads, about */
};

struct product_kernels {
    void (*multiply)(const struct product_arrays *arrays);
    void (*multiply_few)(const struct product_arrays *arrays); /* any strides; for some hundred products */
};

#define PRODUCT_KERNELS(dtype) {JOIN3(multiply, dtype, LEVEL), JOIN3(multiply_few, dtype, LEVEL)}

#endif
