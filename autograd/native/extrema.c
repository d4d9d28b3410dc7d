/* Maxima and minima along one axis from Python. Each function returns None for what it is not made for. */
#include "native.h"

#include <string.h>

/* Entries in a part: some 20 µs of work. */
#define ENTRIES_A_PART 65536

static void do_part(void *context, long part)
{
    const struct extrema *e = context;
    const long first = part * e->units_a_part, left = e->units - first;
    e->work(e, first, left < e->units_a_part ? e->units : first + e->units_a_part);
}

static void do_units(struct extrema *e, long units, long entries_a_unit)
{
    e->units = units;
    e->units_a_part = ENTRIES_A_PART / entries_a_unit + 1;
    Py_BEGIN_ALLOW_THREADS
    run_parts(do_part, e, (units + e->units_a_part - 1) / e->units_a_part);
    Py_END_ALLOW_THREADS
}

static PyObject *not_made_for(void)
{
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* Make (outer, length, inner) of a shape around one of its axes; 0 where it has no such axis. */
static int around(struct extrema *e, int axes, const npy_intp *shape, PyObject *number)
{
    long axis = PyLong_Check(number) ? PyLong_AsLong(number) : axes;
    if (axis == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    if (axis < 0)
        axis += axes;
    if (axis < 0 || axis >= axes)
        return 0;
    e->outer = e->inner = 1;
    for (int i = 0; i < axes; i++)
        if (i < axis)
            e->outer *= shape[i];
        else if (i > axis)
            e->inner *= shape[i];
    e->length = shape[axis];
    return 1 + (int)axis;
}

static PyObject *extrema(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (n != 3)
        return PyErr_Format(PyExc_TypeError, "extrema takes 3 arguments, not %zd", n);
    struct extrema e = {0};
    if (!PyArray_Check(args[0]))
        return not_made_for();
    PyArrayObject *given = (PyArrayObject *)args[0];
    const int axes = PyArray_NDIM(given), axis = around(&e, axes, PyArray_DIMS(given), args[1]) - 1;
    if (axis < 0 || e.length == 0 || e.length > INT32_MAX || (e.inner == 1 && e.length >= EXTREMA_LONG_ROW) ||
        (e.smallest = PyObject_IsTrue(args[2])) < 0)
        return not_made_for();
    PyArrayObject *x = real_array(args[0], axes);
    if (!x)
        return not_made_for();
    npy_intp shape[NPY_MAXDIMS];
    memcpy(shape, PyArray_DIMS(x), (size_t)axes * sizeof *shape);
    shape[axis] = 1;
    PyObject *y = PyArray_SimpleNew(axes, shape, PyArray_TYPE(x)), *at = PyArray_SimpleNew(axes, shape, NPY_INT64);
    PyObject *result = NULL;
    if (y && at) {
        e.x = PyArray_DATA(x);
        e.y = PyArray_DATA((PyArrayObject *)y);
        e.at = PyArray_DATA((PyArrayObject *)at);
        const struct extrema_kernels *kernels = &kernels_for(x)->extrema;
        const long blocks = (e.inner + EXTREMA_COLUMNS - 1) / EXTREMA_COLUMNS;
        e.work = e.inner == 1 ? kernels->rows : kernels->columns;
        if (e.outer && e.inner)
            do_units(&e, e.outer * blocks, e.length * (e.inner < EXTREMA_COLUMNS ? e.inner : EXTREMA_COLUMNS));
        result = PyTuple_Pack(2, y, at);
    }
    Py_DECREF(x);
    Py_XDECREF(y);
    Py_XDECREF(at);
    return result;
}

static PyObject *put_extrema(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (n != 4)
        return PyErr_Format(PyExc_TypeError, "put_extrema takes 4 arguments, not %zd", n);
    struct extrema e = {0};
    if (!PyArray_Check(args[0]) || !PyArray_Check(args[1]) || PyArray_TYPE((PyArrayObject *)args[1]) != NPY_INT64)
        return not_made_for();
    const int axes = PyArray_NDIM((PyArrayObject *)args[0]);
    const long length = PyLong_AsLong(args[2]);
    npy_intp shape[NPY_MAXDIMS];
    memcpy(shape, PyArray_DIMS((PyArrayObject *)args[0]), (size_t)axes * sizeof *shape);
    const int axis = around(&e, axes, shape, args[3]) - 1;
    if (length < 0 || axis < 0 || shape[axis] != 1)
        return not_made_for();
    PyArrayObject *y = real_array(args[0], axes), *at = NULL;
    if (!y)
        return not_made_for();
    PyObject *to = NULL;
    at = (PyArrayObject *)PyArray_FROMANY(args[1], NPY_INT64, axes, axes, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_NOTSWAPPED);
    if (at && PyArray_CompareLists(PyArray_DIMS(at), shape, axes)) {
        shape[axis] = e.length = length;
        to = PyArray_SimpleNew(axes, shape, PyArray_TYPE(y));
        if (to && e.outer && e.inner && e.length) {
            e.y = PyArray_DATA(y);
            e.at = PyArray_DATA(at);
            e.to = PyArray_DATA((PyArrayObject *)to);
            e.work = kernels_for(y)->extrema.put;
            do_units(&e, e.outer, e.length * e.inner);
        }
    }
    Py_DECREF(y);
    Py_XDECREF(at);
    return to ? to : not_made_for();
}

PyMethodDef extrema_methods[] = {
    {"extrema", (PyCFunction)(void (*)(void))extrema, METH_FASTCALL,
     "extrema(x, axis, smallest): (maxima or minima along the axis, where each is first), the axis kept."},
    {"put_extrema", (PyCFunction)(void (*)(void))put_extrema, METH_FASTCALL,
     "put_extrema(y, at, length, axis): along an axis of that length y at the places, else 0."},
    {NULL, NULL, 0, NULL},
};
