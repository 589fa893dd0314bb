/* The levels that were built, best first, each with its run-time test.
 * __builtin_cpu_supports asks CPUID for the instructions and XGETBV for the operating system's support of the registers. */
#include "table.h"
#ifdef _OPENMP
#include <omp.h>
#endif

typedef struct {
    const nc_table *table;
    int supported;
} nc_level;

extern const nc_table nc_table_scalar;
#if defined(__x86_64__) && defined(__GNUC__)
extern const nc_table nc_table_avx512, nc_table_avx2;
#elif defined(__aarch64__) && defined(__GNUC__)
extern const nc_table nc_table_neon;
#endif

/* Level number `index`; a NULL table ends the list. */
static nc_level nc_level_at(int index) {
    const nc_level levels[] = {
#if defined(__x86_64__) && defined(__GNUC__)
        {&nc_table_avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")},
        {&nc_table_avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
#elif defined(__aarch64__) && defined(__GNUC__)
        {&nc_table_neon, 1},
#endif
        {&nc_table_scalar, 1},
        {0, 0},
    };
    return levels[index];
}

static int nc_openmp(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

/* Honours OMP_NUM_THREADS and the processors that this process may use. */
static int nc_default_threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

static const char *nc_compiler(void) {
#if defined(__VERSION__)
    return __VERSION__;
#elif defined(_MSC_VER)
    return "MSVC";
#else
    return "unknown";
#endif
}
