/* conv2d and its input gradient for Python: arguments are checked, taps laid out, and conv.inc.h does the work. */
#include "native.h"

#include <string.h>

enum { DOWN, ACROSS };

static int read_pair(PyObject *windows, Py_ssize_t field, long least, long *pair)
{
    PyObject *both = PyTuple_GET_ITEM(windows, field);
    if (!PyTuple_Check(both) || PyTuple_GET_SIZE(both) != 2)
        return 0;
    for (int axis = 0; axis < 2; axis++) {
        pair[axis] = PyLong_AsLong(PyTuple_GET_ITEM(both, axis));
        if (pair[axis] < least || pair[axis] > 1 << 24) {
            PyErr_Clear();
            return 0;
        }
    }
    return 1;
}

int read_geometry(PyObject *o, struct windows *w)
{
    return PyTuple_Check(o) && PyTuple_GET_SIZE(o) == 7 && read_pair(o, 0, 1, w->image) &&
           read_pair(o, 1, 1, w->size) && read_pair(o, 2, 1, w->stride) && read_pair(o, 3, 1, w->dilation) &&
           read_pair(o, 4, 0, w->before) && read_pair(o, 6, 1, w->out);
}

/* Whether x is (N, rows, columns, channels) with nothing empty. */
static int is_stack(PyArrayObject *x, const long *size, long channels)
{
    const npy_intp *shape = PyArray_SHAPE(x);
    return shape[0] > 0 && shape[1] == size[0] && shape[2] == size[1] && shape[3] == channels && channels > 0;
}

/* -- the taps ------------------------------------------------------------------------------------ */

/* Of conv2d: result p sees the pixel p·stride + r·dilation − before by its tap r. */
static void lay_forward(struct conv_axis *axis, const struct windows *v, int which)
{
    axis->pixels = v->image[which];
    axis->results = v->out[which];
    axis->stride = v->stride[which];
    axis->taps = v->size[which];
    for (long r = 0; r < axis->taps; r++) {
        axis->at[r] = r * v->dilation[which] - v->before[which];
        axis->from[r] = which == DOWN ? r * v->size[ACROSS] : r;
    }
}

/* Of the input gradient: pixel i got from result p by tap r if i = p·stride + r·dilation − before. The pixels
 * phase, phase + stride, … get from the same taps, and from results beside each other: a correlation of its own. */
static void lay_backward(struct conv_axis *axis, const struct windows *v, int which, long phase)
{
    const long stride = v->stride[which];
    axis->pixels = v->out[which];
    axis->results = (v->image[which] - phase + stride - 1) / stride;
    axis->stride = 1;
    axis->taps = 0;
    for (long r = v->size[which] - 1; r >= 0; r--) {
        const long distance = phase + v->before[which] - r * v->dilation[which];
        if (distance % stride != 0)
            continue;
        axis->at[axis->taps] = distance / stride;
        axis->from[axis->taps++] = which == DOWN ? r * v->size[ACROSS] : r;
    }
}

static void correlate_forward(const struct kernels *kernels, struct conv *c, const struct windows *v)
{
    lay_forward(&c->down, v, DOWN);
    lay_forward(&c->across, v, ACROSS);
    kernels->conv.correlate(c);
}

static void correlate_backward(
    const struct kernels *kernels, struct conv *c, const struct windows *v, size_t item, char *y, size_t y_bytes)
{
    const long pixel = c->y_pixel, row = c->y_row;
    c->y_pixel = v->stride[ACROSS] * pixel;
    c->y_row = v->stride[DOWN] * row;
    int zeroed = 0; /* only where some pixels get nothing from any result */
    for (int pass = 0; pass < 2; pass++)
        for (long i = 0; i < v->stride[DOWN] && i < v->image[DOWN]; i++) {
            lay_backward(&c->down, v, DOWN, i);
            for (long j = 0; j < v->stride[ACROSS] && j < v->image[ACROSS]; j++) {
                lay_backward(&c->across, v, ACROSS, j);
                const int some = c->down.taps > 0 && c->across.taps > 0;
                if (pass == 0 && !some && !zeroed) {
                    memset(y, 0, y_bytes);
                    zeroed = 1;
                }
                if (pass == 1 && some) {
                    c->y = y + (i * row + j * pixel) * item;
                    kernels->conv.correlate(c);
                }
            }
        }
}

/* -- Python ---------------------------------------------------------------------------------------- */

/* Room for the taps, the runs and the packed weights, as an array: NumPy's memory may come from a cache. */
static PyArrayObject *make_room(struct conv *c, const struct kernels *kernels, const struct windows *v, size_t item)
{
    const long taps = v->size[DOWN] * v->size[ACROSS];
    const npy_intp lists = (2 * (v->size[DOWN] + v->size[ACROSS]) + 3 * taps) * sizeof(long);
    npy_intp bytes = lists + 64 + kernels->conv.packed_weights(c->groups, c->inputs, c->outputs, taps) * item;
    PyArrayObject *room = (PyArrayObject *)PyArray_SimpleNew(1, &bytes, NPY_UINT8);
    if (!room)
        return NULL;
    c->down.at = (long *)PyArray_DATA(room);
    c->down.from = c->down.at + v->size[DOWN];
    c->across.at = c->down.from + v->size[DOWN];
    c->across.from = c->across.at + v->size[ACROSS];
    c->runs = c->across.from + v->size[ACROSS];
    const uintptr_t end = (uintptr_t)(c->runs + 3 * taps);
    c->packed = (char *)(c->runs + 3 * taps) + (64 - end % 64) % 64;
    return room;
}

/* Both functions: x is the images, or the gradient of the results. */
static PyObject *correlate(PyObject *const *arguments, Py_ssize_t count, int backward)
{
    const char *name = backward ? "input_gradient(g, w, windows, groups)" : "correlate(x, w, bias, windows, groups)";
    if (count != 5 - backward)
        return PyErr_Format(PyExc_TypeError, "%s: %zd arguments given", name, count);
    PyObject *const *rest = arguments + count - 2;
    struct windows v;
    const long groups = PyLong_AsLong(rest[1]);
    if (!read_geometry(rest[0], &v) || groups < 1) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    struct pictures pictures;
    PyArrayObject *x = read_pictures(arguments[0], &pictures), *bias = NULL;
    PyArrayObject *w = x ? real_array(arguments[1], 4) : NULL;
    PyArrayObject *room = NULL;
    PyObject *y = NULL;
    const int has_bias = !backward && arguments[2] != Py_None;
    if (has_bias && w)
        bias = real_array(arguments[2], 1);
    if (!x || !w || (has_bias && !bias))
        goto end;

    const npy_intp *shape = PyArray_SHAPE(w);
    const long outputs = shape[0], inputs = shape[1], taps = v.size[DOWN] * v.size[ACROSS];
    if (!same_dtype(3, (PyArrayObject *[]){x, w, bias}) || shape[2] != v.size[DOWN] || shape[3] != v.size[ACROSS] ||
        outputs % groups || !is_stack(x, backward ? v.out : v.image, backward ? outputs : inputs * groups) ||
        inputs < 1 || outputs < 1 || (bias && PyArray_DIM(bias, 0) != outputs))
        goto end;
    /* A window spread over so much padding that a row of results would see more than some 256 MB. */
    double seen = (double)PyArray_DIM(x, 3) * PyArray_ITEMSIZE(x);
    seen *= (double)v.size[DOWN] * v.dilation[DOWN];
    seen *= (double)v.size[ACROSS] * v.dilation[ACROSS] + (double)v.out[ACROSS] * v.stride[ACROSS] + v.image[ACROSS];
    if (seen > 1 << 28)
        goto end;

    const long *out = backward ? v.image : v.out;
    npy_intp result[4] = {PyArray_DIM(x, 0), out[DOWN], out[ACROSS], backward ? inputs * groups : outputs};
    struct conv c = {
        .images = result[0],
        .groups = groups,
        .inputs = backward ? outputs / groups : inputs,
        .outputs = backward ? inputs : outputs / groups,
        .x = pictures,
        .w = PyArray_DATA(w),
        .bias = bias ? PyArray_DATA(bias) : NULL,
        .w_input = backward ? inputs * taps : taps,
        .w_output = backward ? taps : inputs * taps,
        .w_group = outputs / groups * inputs * taps,
        .y_image = result[1] * result[2] * result[3],
        .y_row = result[2] * result[3],
        .y_pixel = result[3],
    };
    const struct kernels *kernels = kernels_for(x);
    room = make_room(&c, kernels, &v, PyArray_ITEMSIZE(x));
    y = room ? PyArray_SimpleNew(4, result, PyArray_TYPE(x)) : NULL;
    if (y) {
        c.y = PyArray_DATA((PyArrayObject *)y);
        Py_BEGIN_ALLOW_THREADS
        if (backward)
            correlate_backward(kernels, &c, &v, PyArray_ITEMSIZE(x), c.y, PyArray_NBYTES((PyArrayObject *)y));
        else
            correlate_forward(kernels, &c, &v);
        Py_END_ALLOW_THREADS
        if (memory_ran_out()) {
            Py_CLEAR(y);
            PyErr_NoMemory();
        }
    }
end:
    Py_XDECREF(x);
    Py_XDECREF(w);
    Py_XDECREF(bias);
    Py_XDECREF(room);
    if (y || PyErr_Occurred())
        return y;
    Py_RETURN_NONE;
}

static PyObject *correlate_images(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    return correlate(arguments, count, 0);
}

static PyObject *input_gradient(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    return correlate(arguments, count, 1);
}

PyMethodDef conv_methods[] = {
    {"correlate", (PyCFunction)(void (*)(void))correlate_images, METH_FASTCALL,
     "correlate(x, w, bias, windows, groups): autograd.kernels.conv.correlate, or None."},
    {"input_gradient", (PyCFunction)(void (*)(void))input_gradient, METH_FASTCALL,
     "input_gradient(g, w, windows, groups): autograd.kernels.conv.input_gradient, or None."},
    {NULL, NULL, 0, NULL},
};
