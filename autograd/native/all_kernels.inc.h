/* Every kernel for both dtypes at one level; level_*.c define LEVEL and VECTOR_BYTES and include this. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"
#include "turning.h"

#define JOIN3_(a, b, c) a##_##b##_##c
#define JOIN3(a, b, c) JOIN3_(a, b, c)
#define JOIN2_(a, b) a##_##b
#define JOIN2(a, b) JOIN2_(a, b)
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Before a loop of constant length, whose every round is to be written out: sums in an array can be in registers then. */
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

#define REAL float
#define INTEGER int32_t /* as wide as REAL */
#define DTYPE f32
#include "one_dtype.inc.h"
#undef DTYPE
#undef INTEGER
#undef REAL

#define REAL double
#define INTEGER int64_t
#define DTYPE f64
#include "one_dtype.inc.h"
#undef DTYPE
#undef INTEGER
#undef REAL

const struct kernels JOIN2(kernels, LEVEL)[2] = {
    {CONV_KERNELS(f32), WEIGHTS_KERNELS(f32), PRODUCT_KERNELS(f32), POOLING_KERNELS(f32), LOSSES_KERNELS(f32),
     EXTREMA_KERNELS(f32), SUMS_KERNELS(f32), NORMALIZATION_KERNELS(f32), POINTWISE_KERNELS(f32),
     OPTIMIZER_KERNELS(f32), FUSED_KERNELS(f32)},
    {CONV_KERNELS(f64), WEIGHTS_KERNELS(f64), PRODUCT_KERNELS(f64), POOLING_KERNELS(f64), LOSSES_KERNELS(f64),
     EXTREMA_KERNELS(f64), SUMS_KERNELS(f64), NORMALIZATION_KERNELS(f64), POINTWISE_KERNELS(f64),
     OPTIMIZER_KERNELS(f64), FUSED_KERNELS(f64)},
};
