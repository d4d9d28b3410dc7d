/* All kernels for one REAL. NAME(f) is f with the dtype and the level in its name. */
#define LANES ((int)(VECTOR_BYTES / sizeof(REAL)))
#define NAME(name) JOIN3(name, DTYPE, LEVEL)

typedef REAL NAME(vector) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

#include "exponential.inc.h"
#include "pictures.inc.h"
#include "tiles.inc.h"
#include "panels.inc.h"

#include "pointwise.inc.h"

#include "conv.inc.h"
#include "extrema.inc.h"
#include "fused.inc.h"
#include "losses.inc.h"
#include "normalization.inc.h"
#include "optimizer.inc.h"
#include "pooling.inc.h"
#include "product.inc.h"
#include "sums.inc.h"
#include "weights.inc.h"

#undef NAME
#undef LANES
