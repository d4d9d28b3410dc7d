/* The kernels of optimizer.inc.h as pointers. */
#ifndef CHALKGRAD_OPTIMIZER_H
#define CHALKGRAD_OPTIMIZER_H

struct sgd_options {
    double lr, momentum, dampening, weight_decay;
    int nesterov, first; /* first: v begins as the gradient */
};

struct adam_options {
    double lr, beta1, beta2, eps, weight_decay;
    int decoupled;
};

/* Arrays of n numbers; v, and of Adam top, may be NULL: no momentum, no AMSGrad. */
struct optimizer_kernels {
    void (*sgd)(long n, void *w, const void *g, void *v, const struct sgd_options *options);
    void (*adam)(
        long n, void *w, const void *g, void *m, void *v, void *top, double step, const struct adam_options *options);
};

#define OPTIMIZER_KERNELS(dtype) {JOIN3(sgd, dtype, LEVEL), JOIN3(adam, dtype, LEVEL)}

#endif
