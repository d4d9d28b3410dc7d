#include "native.h"

PyMethodDef pooling_methods[] = {
    {NULL, NULL, 0, NULL},
};
