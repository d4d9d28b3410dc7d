#include "native.h"

PyMethodDef allocator_methods[] = {
    {NULL, NULL, 0, NULL},
};
