/* AVX2 with FMA: x86-64 from Haswell (2013) and Zen on. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "kernels/table.h"
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define NC_LEVEL avx2
#define NC_VOCABULARY "../simd/avx2.h"
#include "kernels/stamp.h"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#else
typedef int nc_no_avx2; /* another architecture: the level is not in the registry */
#endif
