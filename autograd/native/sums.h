/* The kernel of sums.inc.h as a pointer, and what it is told. */
#ifndef CHALKGRAD_SUMS_H
#define CHALKGRAD_SUMS_H

#define SUMS_MOST_PARTS 64
#define SUMS_ENTRIES_OF_A_PART (1 << 16)

/* The rows of x, (rows, columns), added up: part by part into partial, (parts, columns). */
struct sums {
    long rows, columns, rows_of_a_part;
    const void *x;
    void *partial;
};

struct sums_kernels {
    void (*columns)(const struct sums *, long part);
    void (*fold)(const struct sums *, long parts, void *y); /* the partial sums, in their order */
    double (*whole)(const void *x, long n);                 /* of n entries beside each other */
};

#define SUMS_KERNELS(dtype) \
    {JOIN3(sums_of_columns, dtype, LEVEL), JOIN3(sums_fold, dtype, LEVEL), JOIN3(sum_of_all, dtype, LEVEL)}

#endif
