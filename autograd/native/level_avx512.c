/* The kernels for avx512. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
#define LEVEL avx512
#define VECTOR_BYTES 64
#include "all_kernels.inc.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
