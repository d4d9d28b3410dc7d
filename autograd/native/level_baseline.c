/* The kernels for whatever the compiler takes for granted. */
#define LEVEL baseline
#define VECTOR_BYTES 16
#include "all_kernels.inc.h"
