/* AVX-512 (F, DQ, BW, VL): x86-64 servers from Skylake-SP (2017), laptops and desktops from Zen 4 on. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "kernels/table.h"
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")
#endif
#define NC_LEVEL avx512
#define NC_VOCABULARY "../simd/avx512.h"
#include "kernels/stamp.h"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#else
typedef int nc_no_avx512; /* another architecture: the level is not in the registry */
#endif
