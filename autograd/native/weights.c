#include "native.h"

PyMethodDef weights_methods[] = {
    {NULL, NULL, 0, NULL},
};
