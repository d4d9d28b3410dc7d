/* The kernels of pointwise.inc.h as pointers. */
#ifndef CHALKGRAD_POINTWISE_H
#define CHALKGRAD_POINTWISE_H

enum pointwise_function {
    EACH_SIGMOID,
    EACH_TANH,
    EACH_RELU,
    EACH_ADD,
    EACH_MULTIPLY,
    EACH_SIGMOID_GRADIENT, /* of g and the result y, as the next two */
    EACH_TANH_GRADIENT,
    EACH_RELU_GRADIENT,
    POINTWISE_FUNCTIONS,
};

struct pointwise_kernels {
    /* y[i] = f(a[i]) or f(a[i], b[i]) for i in [0, n); one_a: a[0] stands for every a[i]. */
    void (*each[POINTWISE_FUNCTIONS])(const void *a, const void *b, void *y, long n, int one_a);
};

#define POINTWISE_KERNELS(dtype)                                                                               \
    {                                                                                                          \
        {                                                                                                      \
            JOIN3(each_sigmoid, dtype, LEVEL), JOIN3(each_tanh, dtype, LEVEL), JOIN3(each_relu, dtype, LEVEL), \
                JOIN3(each_add, dtype, LEVEL), JOIN3(each_multiply, dtype, LEVEL),                             \
                JOIN3(each_sigmoid_gradient, dtype, LEVEL), JOIN3(each_tanh_gradient, dtype, LEVEL),           \
                JOIN3(each_relu_gradient, dtype, LEVEL)                                                        \
        }                                                                                                      \
    }

#endif
