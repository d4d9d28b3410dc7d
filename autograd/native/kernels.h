/* The kernels of one level and one dtype, as pointers: what level_*.c defines and the rest calls.
 *
 * Here everything is plain C on contiguous arrays; no Python, no allocation but scratch(). REAL arrays are passed
 * as void *, for one table to serve both dtypes. */
#ifndef CHALKGRAD_KERNELS_H
#define CHALKGRAD_KERNELS_H

#include "conv.h"
#include "extrema.h"
#include "fused.h"
#include "losses.h"
#include "normalization.h"
#include "optimizer.h"
#include "pointwise.h"
#include "pictures.h"
#include "pooling.h"
#include "product.h"
#include "sums.h"
#include "weights.h"

struct kernels {
    struct conv_kernels conv;
    struct weights_kernels weights;
    struct product_kernels product;
    struct pooling_kernels pooling;
    struct losses_kernels losses;
    struct extrema_kernels extrema;
    struct sums_kernels sums;
    struct normalization_kernels normalization;
    struct pointwise_kernels pointwise;
    struct optimizer_kernels optimizer;
    struct fused_kernels fused;
};

void run_parts(void (*task)(void *context, long part), void *context, long parts);
void *scratch(size_t bytes); /* NULL where memory ran out; a part of the work then returns (native.h) */

extern const struct kernels kernels_baseline[2], kernels_avx2[2], kernels_avx512[2]; /* float32, float64 */

#endif
