/* NumPy's numbers, of which graphs of scalars are made: what a number is, its value, and a new one. */
#ifndef CHALKGRAD_NUMBERS_H
#define CHALKGRAD_NUMBERS_H

#include "native.h"
#include <numpy/arrayscalars.h>

#define NUMBERS(KIND, REAL, is, value_of, new)                                     \
    static inline int is(PyObject *o)                                              \
    {                                                                              \
        return Py_IS_TYPE(o, &Py##KIND##ArrType_Type);                             \
    }                                                                              \
    static inline REAL value_of(PyObject *o)                                       \
    {                                                                              \
        return PyArrayScalar_VAL(o, KIND);                                         \
    }                                                                              \
    static inline PyObject *new (REAL value)                                       \
    {                                                                              \
        PyObject *y = Py##KIND##ArrType_Type.tp_alloc(&Py##KIND##ArrType_Type, 0); \
        if (y)                                                                     \
            PyArrayScalar_ASSIGN(y, KIND, value);                                  \
        return y;                                                                  \
    }

NUMBERS(Double, double, is_number, number, new_number)
NUMBERS(Float, float, is_single, single, new_single)

#undef NUMBERS
#endif
