/* The kernels of normalization.inc.h as pointers. */
#ifndef CHALKGRAD_NORMALIZATION_H
#define CHALKGRAD_NORMALIZATION_H

/* Batch normalization of rows: x is (m, channels), everything else named here (channels). */
struct normalization_kernels {
    /* How many bytes of memory to work in any of the others needs. */
    size_t (*work_size)(long m, long channels);
    void (*statistics)(const void *x, long m, long channels, void *mean, void *variance, void *work);
    void (*normalize)(
        const void *x, long m, long channels, const void *mean, const void *deviation, const void *weight,
        const void *bias, int relu, void *y, void *work);
    /* The gradients by weight and bias and, unless dx is NULL, by x; fixed: mean and deviation are not x's own. */
    void (*gradients)(
        const void *g, const void *x, long m, long channels, const void *mean, const void *deviation,
        const void *weight, const void *bias, int relu, int fixed, void *dx, void *by_weight, void *by_bias,
        void *work);
};

#define NORMALIZATION_KERNELS(dtype)                                                                                \
    {JOIN3(normalization_work_size, dtype, LEVEL), JOIN3(statistics, dtype, LEVEL), JOIN3(normalize, dtype, LEVEL), \
     JOIN3(normalization_gradients, dtype, LEVEL)}

#endif
