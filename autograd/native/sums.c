/* column_sums(x): the rows of a matrix of float32 or float64 added up; total(x): all entries of an array. */
#include "native.h"

#include <math.h>

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

/* -- of all entries ----------------------------------------------------------------------------- */

struct whole {
    double (*sum)(const void *x, long n);
    const char *x;
    long n, item, entries_of_a_part;
    double partial[SUMS_MOST_PARTS];
};

static void sum_part(void *context, long part)
{
    struct whole *w = context;
    const long first = part * w->entries_of_a_part, left = w->n - first;
    w->partial[part] = w->sum(w->x + first * w->item, left < w->entries_of_a_part ? left : w->entries_of_a_part);
}

static PyObject *total(PyObject *self, PyObject *o)
{
    if (!is_real(o) || !is_dense((PyArrayObject *)o))
        Py_RETURN_NONE;
    PyArrayObject *x = (PyArrayObject *)o;
    struct whole w = {
        .sum = kernels_for(x)->sums.whole,
        .x = PyArray_DATA(x),
        .n = PyArray_SIZE(x),
        .item = PyArray_ITEMSIZE(x),
    };
    long parts = w.n / SUMS_ENTRIES_OF_A_PART;
    parts = parts < 1 ? 1 : parts > SUMS_MOST_PARTS ? SUMS_MOST_PARTS : parts;
    w.entries_of_a_part = (w.n + parts - 1) / parts;
    parts = (w.n + w.entries_of_a_part - 1) / w.entries_of_a_part;
    Py_BEGIN_ALLOW_THREADS
    run_parts(sum_part, &w, parts);
    Py_END_ALLOW_THREADS
    for (long step = 1; step < parts; step *= 2) /* in pairs too */
        for (long i = 0; i + step < parts; i += 2 * step)
            w.partial[i] += w.partial[i + step];
    const double sum = PyArray_TYPE(x) == NPY_FLOAT32 ? (double)(float)w.partial[0] : w.partial[0];
    if (!isfinite(sum)) /* NumPy may have something to warn of */
        Py_RETURN_NONE;
    PyArray_Descr *dtype = PyArray_DescrFromType(PyArray_TYPE(x));
    const float single = (float)sum;
    PyObject *y = PyArray_Scalar(PyArray_TYPE(x) == NPY_FLOAT32 ? (void *)&single : (void *)&sum, dtype, NULL);
    Py_DECREF(dtype);
    return y;
}

PyMethodDef sums_methods[] = {
    {"column_sums", column_sums, METH_O, "column_sums(x): the sum of each column of a matrix."},
    {"total", total, METH_O, "total(x): the sum of all entries; None if it is not finite, too."},
    {NULL, NULL, 0, NULL},
};
