/* The kernels of extrema.inc.h as pointers, and what they are told. */
#ifndef CHALKGRAD_EXTREMA_H
#define CHALKGRAD_EXTREMA_H

#include <stdint.h>

#define EXTREMA_COLUMNS 64  /* in a unit of work */
#define EXTREMA_LONG_ROW 64 /* from this length on NumPy's own search along rows is as fast */

/* x as (outer, length, inner), whose extrema along the middle axis are asked for. */
struct extrema {
    long outer, length, inner;
    int smallest;    /* minima, not maxima */
    const void *x;   /* (outer, length, inner) */
    void *y;         /* (outer, inner) */
    int64_t *at;     /* (outer, inner): where each extremum is, first of all */
    void *to;        /* (outer, length, inner), for put */
    long units, units_a_part;
    void (*work)(const struct extrema *, long first, long last);
};

/* Each does the units [first, last): blocks of columns, outer by outer; rows where inner is 1; for put, outers. */
struct extrema_kernels {
    void (*columns)(const struct extrema *, long first, long last);
    void (*rows)(const struct extrema *, long first, long last);
    void (*put)(const struct extrema *, long first, long last);
};

#define EXTREMA_KERNELS(dtype) \
    {JOIN3(extrema_columns, dtype, LEVEL), JOIN3(extrema_rows, dtype, LEVEL), JOIN3(extrema_put, dtype, LEVEL)}

#endif
