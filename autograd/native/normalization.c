#include "native.h"

PyMethodDef normalization_methods[] = {
    {NULL, NULL, 0, NULL},
};
