#include "native.h"

int add_recorder(PyObject *module)
{
    (void)module;
    return 0;
}
