/* The product of matrices and vectors for Python: matmul, as far as the kernels are faster at it than NumPy. */
#include "native.h"

#define FEW 100              /* products, done without preparations */
#define WORK_OF_A_PART 1e7   /* multiplications and additions: some 50 µs */

/* A factor as the kernels take it: the strides in entries, one of them 1 unless `any` are allowed. 0 where that takes a
 * copy. A vector is a row, or (as_column) a column. */
static int strides_of(PyArrayObject *x, int as_column, int any, long *row, long *column)
{
    if (!PyArray_ISALIGNED(x) || !PyArray_ISNOTSWAPPED(x))
        return 0;
    const int axes = PyArray_NDIM(x);
    const npy_intp *strides = PyArray_STRIDES(x), *dims = PyArray_DIMS(x), item = PyArray_ITEMSIZE(x);
    if (strides[0] % item || strides[axes - 1] % item)
        return 0;
    *row = axes == 2 || as_column ? strides[0] / item : 1;
    *column = axes == 2 || !as_column ? strides[axes - 1] / item : 1;
    if (axes == 2 && dims[1] == 1 && *row != 1)
        *column = 1; /* a stride that is not used */
    else if (axes == 2 && dims[0] == 1 && *column != 1)
        *row = 1;
    return any || *row == 1 || *column == 1;
}

static PyObject *product(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2 && count != 3)
        return PyErr_Format(PyExc_TypeError, "product(a, b, bias): %zd arguments given", count);
    PyObject *o = count == 3 ? arguments[2] : Py_None;
    if (!PyArray_CheckExact(arguments[0]) || !PyArray_CheckExact(arguments[1]) ||
        (o != Py_None && !PyArray_CheckExact(o)))
        Py_RETURN_NONE;
    PyArrayObject *a = (PyArrayObject *)arguments[0], *b = (PyArrayObject *)arguments[1];
    PyArrayObject *bias = o == Py_None ? NULL : (PyArrayObject *)o, *y = NULL;
    const int type = PyArray_TYPE(a), a_axes = PyArray_NDIM(a), b_axes = PyArray_NDIM(b);
    if ((type != NPY_FLOAT32 && type != NPY_FLOAT64) || PyArray_TYPE(b) != type || a_axes < 1 || a_axes > 2 ||
        b_axes < 1 || b_axes > 2 || PyArray_DIM(a, a_axes - 1) != PyArray_DIM(b, 0))
        Py_RETURN_NONE;
    struct product_arrays p = {
        .rows = a_axes == 2 ? PyArray_DIM(a, 0) : 1,
        .columns = b_axes == 2 ? PyArray_DIM(b, 1) : 1,
        .depth = PyArray_DIM(b, 0),
    };
    if (bias &&
        (PyArray_TYPE(bias) != type || b_axes != 2 || PyArray_NDIM(bias) != 1 || PyArray_DIM(bias, 0) != p.columns))
        Py_RETURN_NONE;
    if (p.rows == 0 || p.columns == 0 || p.depth == 0)
        Py_RETURN_NONE;
    const double products = (double)p.rows * p.columns * p.depth;
    const long narrow = p.rows < p.columns ? p.rows : p.columns;
    const int few = products <= (narrow == 1 ? 5 * FEW : FEW);
    /* Vectors and the like, for which most of each block would be empty. */
    if ((narrow == 1 && !few) || (narrow < 4 && products > 3000) || (p.rows * p.columns < 100 && p.depth > 128))
        Py_RETURN_NONE;

    Py_INCREF(a);
    Py_INCREF(b);
    Py_XINCREF(bias);
    if (!strides_of(a, 0, few, &p.a_row, &p.a_step)) {
        Py_SETREF(a, real_array((PyObject *)a, a_axes));
        p.a_row = p.depth;
        p.a_step = 1;
    }
    if (a && !strides_of(b, 1, few, &p.b_step, &p.b_column)) {
        Py_SETREF(b, real_array((PyObject *)b, b_axes));
        p.b_step = p.columns;
        p.b_column = 1;
    }
    if (a && b && bias)
        Py_SETREF(bias, real_array((PyObject *)bias, 1));
    if (a && b && (bias || o == Py_None)) {
        npy_intp dims[2] = {p.rows, p.columns};
        y = (PyArrayObject *)PyArray_SimpleNew(a_axes + b_axes - 2, a_axes == 2 ? dims : dims + 1, type);
    }
    if (y) {
        p.a = PyArray_DATA(a);
        p.b = PyArray_DATA(b);
        p.bias = bias ? PyArray_DATA(bias) : NULL;
        p.y = PyArray_DATA(y);
        const struct product_kernels *kernels = &kernels_for(y)->product;
        if (few)
            kernels->multiply_few(&p);
        else {
            const double parts = 2 * products / WORK_OF_A_PART, most = 4 * thread_count();
            p.parts = thread_count() == 1 || parts < 1 ? 1 : (int)(parts < most ? parts : most);
            Py_BEGIN_ALLOW_THREADS
            kernels->multiply(&p);
            Py_END_ALLOW_THREADS
            if (memory_ran_out()) {
                Py_CLEAR(y);
                PyErr_NoMemory();
            }
        }
    }
    Py_XDECREF(a);
    Py_XDECREF(b);
    Py_XDECREF(bias);
    return y ? PyArray_Return(y) : NULL;
}

PyMethodDef product_methods[] = {
    {"product", (PyCFunction)(void (*)(void))product, METH_FASTCALL,
     "product(a, b, bias=None): products.product, or None."},
    {NULL, NULL, 0, NULL},
};
