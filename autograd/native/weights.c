/* conv2d's gradient by its weights for Python: the arguments are checked and the work is shared out. */
#include "native.h"

#define MOST_PARTS 16
#define WORK_OF_A_PART 1e7   /* multiplications and additions: some 50 µs */
#define MEMORY_OF_SUMS 4.8e6 /* bytes of partial results, at most */

/* How to share out the work: by the shape alone, so that the result does not depend on the number of threads. */
static void share_out(struct weights_shape *shape, size_t item)
{
    const long depth = shape->channels / shape->groups;
    const long taps = shape->size[0] * shape->size[1];
    const long columns = (shape->columns - 1) * shape->stride[1] + (shape->size[1] - 1) * shape->dilation[1] + 1;
    const long lines = (shape->rows - 1) * shape->stride[0] + (shape->size[0] - 1) * shape->dilation[0] + 1;
    /* The ways that copy an image with its padding are for images that are not mostly padding. */
    const int common = columns <= 2 * shape->width + 64 && lines <= 2 * shape->height + 64;
    shape->way = WEIGHTS_BY_TAPS;
    if (common && depth == 1 && shape->groups > 1)
        shape->way = WEIGHTS_OF_SINGLE;
    else if (common && depth <= 7 && shape->dilation[0] == 1 && shape->dilation[1] == 1)
        shape->way = WEIGHTS_OF_FEW;

    const double size = (double)shape->outputs * depth * taps, rows = (double)shape->images * shape->rows;
    const double work = 2 * size * rows * shape->columns;
    long parts = 1;
    while (parts < MOST_PARTS && work > 2 * parts * WORK_OF_A_PART)
        parts *= 2;
    shape->sums = 1;
    const double pixels = rows * shape->columns;
    while (shape->sums < parts && shape->sums * 2048 <= pixels && 2 * shape->sums <= rows &&
           2 * shape->sums * size * item <= MEMORY_OF_SUMS)
        shape->sums *= 2;
    shape->slices = parts / shape->sums;
    if (shape->way == WEIGHTS_OF_FEW) {
        shape->slices = 1;
        if (shape->sums > shape->images) /* whole shares of images × whole shares of rows */
            shape->sums =
                shape->images * (shape->sums / shape->images < shape->rows ? shape->sums / shape->images : shape->rows);
    }
}

static PyObject *weight_gradient(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 4)
        return PyErr_Format(PyExc_TypeError, "weight_gradient(g, x, windows, groups): %zd arguments given", count);
    struct windows windows;
    const long groups = PyLong_AsLong(arguments[3]);
    if (!read_geometry(arguments[2], &windows) || groups < 1) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    struct pictures gradient, images;
    PyArrayObject *g = read_pictures(arguments[0], &gradient), *x = g ? read_pictures(arguments[1], &images) : NULL;
    PyArrayObject *w = NULL, *partials = NULL;
    if (!g || !x || !same_dtype(2, (PyArrayObject *[]){g, x}))
        goto none;
    const npy_intp *of_g = PyArray_DIMS(g), *of_x = PyArray_DIMS(x);
    struct weights_shape shape = {
        .x = images,
        .g = gradient,
        .images = of_x[0],
        .height = of_x[1],
        .width = of_x[2],
        .channels = of_x[3],
        .rows = of_g[1],
        .columns = of_g[2],
        .outputs = of_g[3],
        .groups = groups,
    };
    for (int axis = 0; axis < 2; axis++) {
        shape.size[axis] = windows.size[axis];
        shape.stride[axis] = windows.stride[axis];
        shape.dilation[axis] = windows.dilation[axis];
        shape.before[axis] = windows.before[axis];
        if (of_x[1 + axis] != windows.image[axis] || of_g[1 + axis] != windows.out[axis])
            goto none;
    }
    if (of_g[0] != of_x[0] || shape.channels % groups || shape.outputs % groups)
        goto none;
    npy_intp dims[4] = {shape.outputs, shape.channels / shape.groups, shape.size[0], shape.size[1]};
    if (PyArray_SIZE(g) == 0 || PyArray_SIZE(x) == 0) {
        w = (PyArrayObject *)PyArray_ZEROS(4, dims, PyArray_TYPE(g), 0);
        goto done;
    }
    w = (PyArrayObject *)PyArray_SimpleNew(4, dims, PyArray_TYPE(g));
    if (!w)
        goto done;
    share_out(&shape, PyArray_ITEMSIZE(w));
    npy_intp room = shape.sums * PyArray_SIZE(w);
    partials = (PyArrayObject *)PyArray_SimpleNew(1, &room, PyArray_TYPE(g));
    if (!partials) {
        Py_CLEAR(w);
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    kernels_for(g)->weights.gradient(&shape, PyArray_DATA(w), PyArray_DATA(partials));
    Py_END_ALLOW_THREADS
    if (memory_ran_out()) {
        Py_CLEAR(w);
        PyErr_NoMemory();
    }
done:
    Py_XDECREF(partials);
    Py_DECREF(g);
    Py_DECREF(x);
    return (PyObject *)w;
none:
    Py_XDECREF(g);
    Py_XDECREF(x);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef weights_methods[] = {
    {"weight_gradient", (PyCFunction)(void (*)(void))weight_gradient, METH_FASTCALL,
     "weight_gradient(g, x, windows, groups): conv.weight_gradient, or None."},
    {NULL, NULL, 0, NULL},
};
