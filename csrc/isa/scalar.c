/* The portable level: plain C, for every machine and compiler. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "kernels/table.h"
#define NC_LEVEL scalar
#define NC_VOCABULARY "../simd/scalar.h"
#include "kernels/stamp.h"
