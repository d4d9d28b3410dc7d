#include "native.h"

PyMethodDef product_methods[] = {
    {NULL, NULL, 0, NULL},
};
