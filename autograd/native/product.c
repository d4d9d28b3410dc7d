/* The product of matrices for Python: what NumPy's matmul does, for one or two axes and plain strides. */
#include "native.h"

#define FEW 1500             /* products, done without preparations */
#define WORK_OF_A_PART 1e7   /* multiplications and additions: some 50 µs */

/* A factor as the kernels take it: the strides in entries. 0 where it has to be copied for that. */
static int strides_of(PyArrayObject *x, int any, long *row, long *column)
{
    if (!PyArray_ISALIGNED(x) || !PyArray_ISNOTSWAPPED(x))
        return 0;
    const npy_intp *strides = PyArray_STRIDES(x), *dims = PyArray_DIMS(x), item = PyArray_ITEMSIZE(x);
    if (strides[0] % item || strides[1] % item)
        return 0;
    *row = strides[0] / item;
    *column = strides[1] / item;
    if (any)
        return 1;
    if (dims[1] == 1 && *row != 1)
        *column = 1; /* a stride that is not used */
    else if (dims[0] == 1 && *column != 1)
        *row = 1;
    return *row == 1 || *column == 1;
}

static PyObject *product(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2 && count != 3)
        return PyErr_Format(PyExc_TypeError, "product(a, b, bias): %zd arguments given", count);
    PyObject *o = count == 3 ? arguments[2] : Py_None;
    if (!PyArray_Check(arguments[0]) || !PyArray_Check(arguments[1]) || (o != Py_None && !PyArray_Check(o)))
        Py_RETURN_NONE;
    PyArrayObject *a = (PyArrayObject *)arguments[0], *b = (PyArrayObject *)arguments[1];
    PyArrayObject *bias = o == Py_None ? NULL : (PyArrayObject *)o, *y = NULL;
    const int type = PyArray_TYPE(a);
    if ((type != NPY_FLOAT32 && type != NPY_FLOAT64) || PyArray_TYPE(b) != type || PyArray_NDIM(a) != 2 ||
        PyArray_NDIM(b) != 2 || PyArray_DIM(a, 1) != PyArray_DIM(b, 0))
        Py_RETURN_NONE;
    struct product_arrays p = {.rows = PyArray_DIM(a, 0), .columns = PyArray_DIM(b, 1), .depth = PyArray_DIM(a, 1)};
    if (bias && (PyArray_TYPE(bias) != type || PyArray_NDIM(bias) != 1 || PyArray_DIM(bias, 0) != p.columns))
        Py_RETURN_NONE;
    if (p.rows == 0 || p.columns == 0 || p.depth == 0)
        Py_RETURN_NONE;
    const double products = (double)p.rows * p.columns * p.depth;
    const int few = products <= FEW;

    Py_INCREF(a);
    Py_INCREF(b);
    Py_XINCREF(bias);
    if (!strides_of(a, few, &p.a_row, &p.a_step)) {
        Py_SETREF(a, real_array((PyObject *)a, 2));
        p.a_row = p.depth;
        p.a_step = 1;
    }
    if (a && !strides_of(b, few, &p.b_step, &p.b_column)) {
        Py_SETREF(b, real_array((PyObject *)b, 2));
        p.b_step = p.columns;
        p.b_column = 1;
    }
    if (a && b && bias)
        Py_SETREF(bias, real_array((PyObject *)bias, 1));
    if (a && b && (bias || o == Py_None)) {
        npy_intp dims[2] = {p.rows, p.columns};
        y = (PyArrayObject *)PyArray_SimpleNew(2, dims, type);
    }
    if (y) {
        p.a = PyArray_DATA(a);
        p.b = PyArray_DATA(b);
        p.bias = bias ? PyArray_DATA(bias) : NULL;
        p.y = PyArray_DATA(y);
        const struct product_kernels *kernels = &kernels_for(a)->product;
        if (few)
            kernels->multiply_few(&p);
        else {
            const double parts = 2 * products / WORK_OF_A_PART, most = 4 * thread_count();
            p.parts = thread_count() == 1 || parts < 1 ? 1 : (int)(parts < most ? parts : most);
            Py_BEGIN_ALLOW_THREADS
            kernels->multiply(&p);
            Py_END_ALLOW_THREADS
        }
    }
    Py_XDECREF(a);
    Py_XDECREF(b);
    Py_XDECREF(bias);
    return (PyObject *)y;
}

PyMethodDef product_methods[] = {
    {"product", (PyCFunction)(void (*)(void))product, METH_FASTCALL,
     "product(a, b, bias=None): a @ b + bias for matrices, or None."},
    {NULL, NULL, 0, NULL},
};
