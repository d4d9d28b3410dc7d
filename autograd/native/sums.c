/* column_sums(x): the rows of a matrix of float32 or float64 added up. */
#include "native.h"

struct job {
    const struct sums *sums;
    const struct sums_kernels *kernels;
};

static void do_part(void *context, long part)
{
    const struct job *job = context;
    job->kernels->columns(job->sums, part);
}

static PyObject *column_sums(PyObject *self, PyObject *argument)
{
    PyArrayObject *x = real_array(argument, 2);
    if (!x) {
        if (PyErr_Occurred())
            return NULL;
        Py_RETURN_NONE;
    }
    npy_intp columns = PyArray_DIM(x, 1);
    struct sums s = {.rows = PyArray_DIM(x, 0), .columns = columns, .x = PyArray_DATA(x)};
    const struct job job = {&s, &kernels_for(x)->sums};
    /* The number of parts depends on the matrix alone, so the result does too. */
    long parts = s.rows * columns / SUMS_ENTRIES_OF_A_PART;
    parts = parts < 1 ? 1 : parts > SUMS_MOST_PARTS ? SUMS_MOST_PARTS : parts;
    s.rows_of_a_part = (s.rows + parts - 1) / parts;
    if (s.rows_of_a_part)
        parts = (s.rows + s.rows_of_a_part - 1) / s.rows_of_a_part;
    PyObject *y = PyArray_ZEROS(1, &columns, PyArray_TYPE(x), 0);
    s.partial = PyMem_Malloc((size_t)parts * columns * PyArray_ITEMSIZE(x) + 1);
    if (!y || !s.partial) {
        Py_CLEAR(y);
        if (!PyErr_Occurred())
            PyErr_NoMemory();
    } else if (s.rows && columns) {
        Py_BEGIN_ALLOW_THREADS
        run_parts(do_part, (void *)&job, parts);
        job.kernels->fold(&s, parts, PyArray_DATA((PyArrayObject *)y));
        Py_END_ALLOW_THREADS
        if (memory_ran_out()) {
            Py_CLEAR(y);
            PyErr_NoMemory();
        }
    }
    PyMem_Free(s.partial);
    Py_DECREF(x);
    return y;
}

PyMethodDef sums_methods[] = {
    {"column_sums", column_sums, METH_O, "column_sums(x): the sum of each column of a matrix."},
    {NULL, NULL, 0, NULL},
};
