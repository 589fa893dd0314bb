/* All kernels, for the REAL and NC_SUFFIX in force. A new kernel header is one line here and one row in table.h. */
#include "../simd/exp.h"
#include "../simd/transpose.h"
#include "gemm.h"
#include "conv.h"
#include "pixels.h"
#include "winograd.h"
#include "pool.h"
#include "activation.h"
#include "dropout.h"
#include "row.h"
#include "rows.h"
#include "optim.h"
/* row.h ends here */
#undef EACH
#undef WHOLE
#undef PARTS
#undef TOTAL
#undef GET
#undef GET_OR
#undef PUT
#include "gates.h"
#include "recurrent.h"

static const NC_NAME(nc_kernels) NC_NAME(kernels) = {
    .lanes = VL, .mr = MR, .nr = NR,
#define NC_ENTRY(result, name, parameters) .name = NC_NAME(name),
    NC_ROWS_OF_ALL(NC_ENTRY)
#undef NC_ENTRY
};
