/* Pictures from NumPy's arrays (N, rows, columns, channels). */
#include "native.h"

static int in_steps(PyArrayObject *x, const npy_intp *steps)
{
    for (int axis = 0; axis < 4; axis++)
        if (PyArray_DIM(x, axis) > 1 && PyArray_STRIDE(x, axis) != steps[axis] * PyArray_ITEMSIZE(x))
            return 0;
    return 1;
}

PyArrayObject *read_pictures(PyObject *o, struct pictures *p)
{
    if (!PyArray_Check(o))
        return NULL;
    PyArrayObject *x = (PyArrayObject *)o;
    const int type = PyArray_TYPE(x);
    if ((type != NPY_FLOAT32 && type != NPY_FLOAT64) || PyArray_NDIM(x) != 4)
        return NULL;
    const npy_intp *dims = PyArray_DIMS(x), plane = dims[1] * dims[2], image = plane * dims[3];
    const npy_intp planes[4] = {image, dims[2], 1, plane}, mixed[4] = {image, dims[2] * dims[3], dims[3], 1};
    const npy_intp *steps = mixed;
    if (PyArray_ISALIGNED(x) && PyArray_ISNOTSWAPPED(x) && !in_steps(x, mixed) && in_steps(x, planes) && plane > 1) {
        steps = planes;
        Py_INCREF(x);
    } else
        x = real_array(o, 4);
    if (x)
        *p = (struct pictures){PyArray_DATA(x), steps[0], steps[1], steps[2], steps[3]};
    return x;
}
