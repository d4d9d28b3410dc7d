/* The kernels of losses.inc.h as pointers, and what they are told. */
#ifndef CHALKGRAD_LOSSES_H
#define CHALKGRAD_LOSSES_H

#include <stdint.h>

/* Scores (rows, columns) and what is made of them; each kernel reads and writes what its comment names. */
struct scores {
    long rows, columns;
    const void *scores;
    void *maximum, *log_sum; /* a number for each row */
    const int64_t *classes;  /* a column for each row */
    const double *scales;    /* a number for each row */
    void *losses;            /* a number for each row */
    const void *gradient;    /* (rows, columns), of what was made of the scores */
    int *special;            /* set to 1 where a row's gradient is not what the formula gives */
    void *to;                /* (rows, columns) */
    long row_step;           /* rows in a part */
    void (*work)(const struct scores *, long first, long last);
};

/* Each does the rows [first, last). */
struct losses_kernels {
    void (*softmax_parts)(const struct scores *, long first, long last); /* maximum and log_sum */
    void (*softmax)(const struct scores *, long first, long last);       /* to */
    void (*log_softmax)(const struct scores *, long first, long last);   /* to */
    void (*cross_entropy)(const struct scores *, long first, long last); /* maximum, log_sum and losses */
    void (*cross_entropy_gradient)(const struct scores *, long first, long last); /* to, of maximum and log_sum */
    void (*exponential)(const struct scores *, long first, long last); /* to: of each score its exponential */
    /* to, where the scores are the softmax or its logarithm; or special */
    void (*softmax_gradient)(const struct scores *, long first, long last);
    void (*log_softmax_gradient)(const struct scores *, long first, long last);
};

#define LOSSES_KERNELS(dtype)                     \
    {JOIN3(softmax_parts, dtype, LEVEL),          \
     JOIN3(softmax, dtype, LEVEL),                \
     JOIN3(log_softmax, dtype, LEVEL),            \
     JOIN3(cross_entropy, dtype, LEVEL),          \
     JOIN3(cross_entropy_gradient, dtype, LEVEL), \
     JOIN3(exponential, dtype, LEVEL),            \
     JOIN3(softmax_gradient, dtype, LEVEL),       \
     JOIN3(log_softmax_gradient, dtype, LEVEL)}

#endif
