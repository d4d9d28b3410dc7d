#include "native.h"

PyMethodDef conv_methods[] = {
    {NULL, NULL, 0, NULL},
};
