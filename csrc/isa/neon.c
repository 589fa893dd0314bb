/* NEON, which every 64-bit ARM processor has: no target region and no run-time test. */
#if defined(__aarch64__) && defined(__GNUC__)
#include <arm_neon.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "kernels/table.h"
#define NC_LEVEL neon
#define NC_VOCABULARY "../simd/neon.h"
#include "kernels/stamp.h"
#else
typedef int nc_no_neon; /* another architecture: the level is not in the registry */
#endif
