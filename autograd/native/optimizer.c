#include "native.h"

PyMethodDef optimizer_methods[] = {
    {NULL, NULL, 0, NULL},
};
