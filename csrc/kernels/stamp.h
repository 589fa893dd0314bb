/* Stamp vocabulary and kernels for both dtypes. The including file has opened its target region, defined NC_LEVEL (the
 * level's name) and NC_VOCABULARY (its simd header); what comes out is `const nc_table nc_table_<level>`. */
#include "../simd/names.h"
#define NC_STRING_(word) #word
#define NC_STRING(word) NC_STRING_(word)

#define REAL float
#define NC_SUFFIX _single
#define NC_IS_F32 1
#include NC_VOCABULARY
#include "all.h"
#undef REAL
#undef NC_SUFFIX
#undef NC_IS_F32
#undef VL
#undef MR
#undef NV
#undef NR
#undef NC_TRANSPOSE
#undef NC_SCALE

#define REAL double
#define NC_SUFFIX _double
#define NC_IS_F32 0
#include NC_VOCABULARY
#include "all.h"

extern const nc_table NC_PASTE(nc_table_, NC_LEVEL);
const nc_table NC_PASTE(nc_table_, NC_LEVEL) = {.name = NC_STRING(NC_LEVEL), .f32 = &kernels_single, .f64 = &kernels_double};
