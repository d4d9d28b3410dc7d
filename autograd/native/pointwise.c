#include "native.h"

PyMethodDef pointwise_methods[] = {
    {NULL, NULL, 0, NULL},
};
