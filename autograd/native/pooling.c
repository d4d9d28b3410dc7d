/* Pooling from Python: the five kernels of pooling.inc.h on (N, H, W, C) arrays.
 *
 * Each is given the Windows of autograd/kernels/windows.py and returns None for what it is not made for. */
#include "native.h"

#include <string.h>

/* What a part should have to do, in vectors of channels that are looked at. */
#define VECTORS_A_PART 16384

/* -- arguments ------------------------------------------------------------------------------ */

/* Windows, a tuple of pairs, as (image, size, stride, dilation, before, out); 0 where it is no such thing. */
static int read_windows(PyObject *windows, struct pooling *p)
{
    if (!PyTuple_Check(windows) || PyTuple_GET_SIZE(windows) != 7)
        return 0;
    long unused[2], *pairs[7] = {p->image, p->size, p->stride, p->dilation, p->before, unused, p->out};
    const long least[7] = {1, 1, 1, 1, 0, 0, 0};
    for (int i = 0; i < 7; i++) {
        PyObject *pair = PyTuple_GET_ITEM(windows, i);
        if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2)
            return 0;
        for (int axis = 0; axis < 2; axis++) {
            PyObject *number = PyTuple_GET_ITEM(pair, axis);
            const long value = PyLong_Check(number) ? PyLong_AsLong(number) : -1;
            if (value < least[i] || value > INT32_MAX) {
                PyErr_Clear();
                return 0;
            }
            pairs[i][axis] = value;
        }
    }
    return 1;
}

static int has_shape(PyArrayObject *array, long images, const long *image, long channels)
{
    const npy_intp *shape = PyArray_DIMS(array);
    return shape[0] == images && shape[1] == image[0] && shape[2] == image[1] && shape[3] == channels;
}

static PyArrayObject *new_array(int type, long images, const long *image, long channels)
{
    npy_intp shape[4] = {images, image[0], image[1], channels};
    return (PyArrayObject *)PyArray_SimpleNew(4, shape, type);
}

/* The array as one of bytes in C order: a new reference. NULL without an error where it has another dtype. */
static PyArrayObject *byte_array(PyObject *o)
{
    if (!PyArray_Check(o) || PyArray_TYPE((PyArrayObject *)o) != NPY_UINT8 || PyArray_NDIM((PyArrayObject *)o) != 4)
        return NULL;
    return (PyArrayObject *)PyArray_FROMANY(o, NPY_UINT8, 4, 4, NPY_ARRAY_CARRAY_RO);
}

/* -- work ------------------------------------------------------------------------------------------ */

static void do_part(void *context, long part)
{
    const struct pooling *p = context;
    p->work(p, part * p->row_step, part * p->row_step + p->row_step < p->rows ? (part + 1) * p->row_step : p->rows);
}

/* Make all rows, each of so many pixels with so many windows' positions in each. */
static void do_rows(struct pooling *p, long rows, double looks_a_row, long lanes)
{
    if (rows == 0 || p->channels == 0)
        return;
    const double vectors = looks_a_row * (double)((p->channels + lanes - 1) / lanes);
    const double step = VECTORS_A_PART / (vectors + 1) + 1;
    p->rows = rows;
    p->row_step = step < (double)rows ? (long)step : rows;
    Py_BEGIN_ALLOW_THREADS
    run_parts(do_part, p, (rows + p->row_step - 1) / p->row_step);
    Py_END_ALLOW_THREADS
}

static void make_results(struct pooling *p, long lanes)
{
    do_rows(p, p->images * p->out[0], (double)p->out[1] * (double)(p->size[0] * p->size[1]), lanes);
}

/* Fill in p->looks and make the images; -1 with an error where there is no memory. */
static int make_images(struct pooling *p, long lanes)
{
    struct looks looks[2];
    long *memory[2] = {NULL, NULL};
    int failed = 0;
    for (int axis = 0; axis < 2; axis++) {
        const size_t all = (size_t)p->out[axis] * (size_t)p->size[axis], pixels = (size_t)p->image[axis];
        long *from = memory[axis] = PyMem_New(long, pixels + 1 + 2 * all);
        if (!from) {
            PyErr_NoMemory();
            failed = -1;
            break;
        }
        long *window = from + pixels + 1, *position = window + all, count = 0;
        for (long i = 0; i < p->image[axis]; i++) {
            from[i] = count;
            for (long k = 0; k < p->size[axis]; k++) {
                const long start = i + p->before[axis] - k * p->dilation[axis];
                if (start >= 0 && start % p->stride[axis] == 0 && start / p->stride[axis] < p->out[axis]) {
                    window[count] = start / p->stride[axis];
                    position[count++] = k;
                }
            }
        }
        from[p->image[axis]] = count;
        looks[axis] = (struct looks){from, window, position};
    }
    if (!failed) {
        p->looks = looks;
        const double looks_a_pixel = 1 + (double)(p->size[0] * p->size[1]) / (double)(p->stride[0] * p->stride[1]);
        do_rows(p, p->images * p->image[0], (double)p->image[1] * looks_a_pixel, lanes);
    }
    PyMem_Free(memory[0]);
    PyMem_Free(memory[1]);
    return failed;
}

/* -- Python ------------------------------------------------------------------------------------- */

static PyObject *not_made_for(void)
{
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static int expects(Py_ssize_t n, Py_ssize_t expected, const char *name)
{
    if (n != expected)
        PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, not %zd", name, expected, n);
    return n == expected;
}

static PyObject *pool_maximum(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    struct pooling p = {0};
    if (!expects(n, 2, "pool_maximum"))
        return NULL;
    if (!read_windows(args[1], &p) || p.size[0] * p.size[1] > 256)
        return not_made_for();
    PyArrayObject *x = real_array(args[0], 4), *y = NULL, *winners = NULL;
    if (!x)
        return not_made_for();
    p.images = PyArray_DIM(x, 0);
    p.channels = PyArray_DIM(x, 3);
    PyObject *result = NULL;
    if (!has_shape(x, p.images, p.image, p.channels)) {
        result = not_made_for();
    } else {
        y = new_array(PyArray_TYPE(x), p.images, p.out, p.channels);
        winners = new_array(NPY_UINT8, p.images, p.out, p.channels);
        if (y && winners) {
            const struct pooling_kernels *kernels = &kernels_for(x)->pooling;
            p.from = PyArray_DATA(x);
            p.to = PyArray_DATA(y);
            p.winners = PyArray_DATA(winners);
            p.work = kernels->maximum;
            make_results(&p, kernels->lanes);
            result = PyTuple_Pack(2, y, winners);
        }
    }
    Py_DECREF(x);
    Py_XDECREF(y);
    Py_XDECREF(winners);
    return result;
}

/* What pools images by winners or by weights, given second; or takes such a pooling's gradient back to images. */
static PyObject *pool_with(PyObject *const *args, int with_winners, int back)
{
    struct pooling p = {0};
    if (!read_windows(args[2], &p) || (with_winners && p.size[0] * p.size[1] > 256))
        return not_made_for();
    PyArrayObject *from = real_array(args[0], 4), *second = NULL, *to = NULL;
    if (!from)
        return not_made_for();
    PyObject *result = NULL;
    second = with_winners ? byte_array(args[1]) : real_array(args[1], 3);
    p.images = PyArray_DIM(from, 0);
    p.channels = PyArray_DIM(from, 3);
    if (!second || !has_shape(from, p.images, back ? p.out : p.image, p.channels) ||
        (with_winners && !has_shape(second, p.images, p.out, p.channels)) ||
        (!with_winners && (PyArray_TYPE(second) != PyArray_TYPE(from) || PyArray_DIM(second, 0) != p.out[0] ||
                           PyArray_DIM(second, 1) != p.out[1] || PyArray_DIM(second, 2) != 1))) {
        result = not_made_for();
    } else if ((to = new_array(PyArray_TYPE(from), p.images, back ? p.image : p.out, p.channels))) {
        const struct pooling_kernels *kernels = &kernels_for(from)->pooling;
        p.from = PyArray_DATA(from);
        p.to = PyArray_DATA(to);
        if (with_winners)
            p.winners = PyArray_DATA(second);
        else
            p.weights = PyArray_DATA(second);
        if (back) {
            p.work = with_winners ? kernels->scatter : kernels->spread;
            if (make_images(&p, kernels->lanes) < 0)
                Py_CLEAR(to);
        } else {
            p.work = with_winners ? kernels->gather : kernels->average;
            make_results(&p, kernels->lanes);
        }
        result = (PyObject *)to;
    }
    Py_DECREF(from);
    Py_XDECREF(second);
    return result;
}

static PyObject *pool_gather(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return expects(n, 3, "pool_gather") ? pool_with(args, 1, 0) : NULL;
}

static PyObject *pool_scatter(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return expects(n, 3, "pool_scatter") ? pool_with(args, 1, 1) : NULL;
}

static PyObject *pool_average(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return expects(n, 3, "pool_average") ? pool_with(args, 0, 0) : NULL;
}

static PyObject *pool_spread(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return expects(n, 3, "pool_spread") ? pool_with(args, 0, 1) : NULL;
}

PyMethodDef pooling_methods[] = {
    {"pool_maximum", (PyCFunction)(void (*)(void))pool_maximum, METH_FASTCALL,
     "pool_maximum(x, windows): (maxima, winners), the winners as bytes."},
    {"pool_gather", (PyCFunction)(void (*)(void))pool_gather, METH_FASTCALL,
     "pool_gather(x, winners, windows): what the winner of each window sees in x."},
    {"pool_scatter", (PyCFunction)(void (*)(void))pool_scatter, METH_FASTCALL,
     "pool_scatter(g, winners, windows): each entry of g added to the pixel that won its window."},
    {"pool_average", (PyCFunction)(void (*)(void))pool_average, METH_FASTCALL,
     "pool_average(x, weights, windows): the sums over the windows times the weights (P, Q, 1)."},
    {"pool_spread", (PyCFunction)(void (*)(void))pool_spread, METH_FASTCALL,
     "pool_spread(g, weights, windows): each entry of g, weighted, added to every pixel of its window."},
    {NULL, NULL, 0, NULL},
};
