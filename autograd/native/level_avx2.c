/* The kernels for avx2. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define LEVEL avx2
#define VECTOR_BYTES 32
#include "all_kernels.inc.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
