/* Batch normalization of (N, C, ...) arrays, whose rows of channels lie side by side in channels-last memory. */
#include "native.h"

/* -- channels-last memory ----------------------------------------------------------------------- */

/* The strides of channels-last memory. */
static void lay_channels_last(int axes, const npy_intp *shape, npy_intp item, npy_intp *strides)
{
    strides[1] = item;
    npy_intp step = item * shape[1];
    for (int axis = axes - 1; axis > 1; axis--) {
        strides[axis] = step;
        step *= shape[axis];
    }
    strides[0] = step;
}

static int lies_channels_last(PyArrayObject *x)
{
    npy_intp strides[NPY_MAXDIMS];
    const int axes = PyArray_NDIM(x);
    lay_channels_last(axes, PyArray_DIMS(x), PyArray_ITEMSIZE(x), strides);
    for (int axis = 0; axis < axes; axis++)
        if (PyArray_DIM(x, axis) != 1 && PyArray_STRIDE(x, axis) != strides[axis])
            return 0;
    return 1;
}

/* A new array of x's shape and dtype. */
static PyArrayObject *new_channels_last(PyArrayObject *x)
{
    npy_intp strides[NPY_MAXDIMS];
    lay_channels_last(PyArray_NDIM(x), PyArray_DIMS(x), PyArray_ITEMSIZE(x), strides);
    return (PyArrayObject *)PyArray_New(
        &PyArray_Type, PyArray_NDIM(x), PyArray_DIMS(x), PyArray_TYPE(x), strides, NULL, 0, 0, NULL);
}

/* The array, or a copy, in channels-last memory; as real_array otherwise. */
static PyArrayObject *channels_last(PyObject *o)
{
    if (!PyArray_Check(o))
        return NULL;
    PyArrayObject *x = (PyArrayObject *)o;
    const int type = PyArray_TYPE(x), axes = PyArray_NDIM(x);
    if ((type != NPY_FLOAT32 && type != NPY_FLOAT64) || axes < 2 || PyArray_SIZE(x) == 0)
        return NULL;
    if (PyArray_ISALIGNED(x) && PyArray_ISNOTSWAPPED(x) && lies_channels_last(x)) {
        Py_INCREF(x);
        return x;
    }
    PyArrayObject *copy = new_channels_last(x);
    if (copy && PyArray_CopyInto(copy, x) < 0)
        Py_CLEAR(copy);
    return copy;
}

/* -- arguments ---------------------------------------------------------------------------------- */

/* The kernels for some arrays of one shape (N, C, ...) and the vectors of C entries that go with them: all of one
 * dtype and none of them empty. Takes the arrays in place of the objects; NULL without or with an error, as
 * real_array. */
static const struct normalization_kernels *kernels_of(
    PyObject *const *objects, int images, int vectors, PyArrayObject **arrays)
{
    for (int i = 0; i < images + vectors; i++)
        if (!(arrays[i] = i < images ? channels_last(objects[i]) : real_array(objects[i], 1)))
            return NULL;
    if (!same_dtype(images + vectors, arrays))
        return NULL;
    for (int i = 1; i < images; i++)
        if (!PyArray_SAMESHAPE(arrays[0], arrays[i]))
            return NULL;
    for (int i = images; i < images + vectors; i++)
        if (PyArray_DIM(arrays[i], 0) != PyArray_DIM(arrays[0], 1))
            return NULL;
    return &kernels_for(arrays[0])->normalization;
}

static PyArrayObject *new_vector(PyArrayObject *x)
{
    return (PyArrayObject *)PyArray_SimpleNew(1, PyArray_DIMS(x) + 1, PyArray_TYPE(x));
}

/* Memory to work in, as an array: NumPy's may come from the cache, is counted there, and may run out. */
static PyArrayObject *room_for(const struct normalization_kernels *kernels, long m, long channels)
{
    npy_intp bytes = (npy_intp)kernels->work_size(m, channels);
    return (PyArrayObject *)PyArray_SimpleNew(1, &bytes, NPY_UINT8);
}

static PyObject *none_unless_error(void)
{
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static void let_go(int count, PyArrayObject **arrays)
{
    for (int i = 0; i < count; i++)
        Py_XDECREF(arrays[i]);
}

/* -- Python ------------------------------------------------------------------------------------- */

static PyObject *batch_statistics(PyObject *self, PyObject *x)
{
    PyArrayObject *array[1] = {NULL}, *mean = NULL, *variance = NULL, *room = NULL;
    PyObject *result = NULL;
    const struct normalization_kernels *kernels = kernels_of(&x, 1, 0, array);
    if (!kernels) {
        result = none_unless_error();
        goto done;
    }
    const long channels = PyArray_DIM(array[0], 1), m = PyArray_SIZE(array[0]) / channels;
    mean = new_vector(array[0]);
    variance = new_vector(array[0]);
    room = room_for(kernels, m, channels);
    if (!mean || !variance || !room)
        goto done;
    Py_BEGIN_ALLOW_THREADS
    kernels->statistics(
        PyArray_DATA(array[0]), m, channels, PyArray_DATA(mean), PyArray_DATA(variance), PyArray_DATA(room));
    Py_END_ALLOW_THREADS
    result = PyTuple_Pack(2, mean, variance);
done:
    let_go(1, array);
    Py_XDECREF(mean);
    Py_XDECREF(variance);
    Py_XDECREF(room);
    return result;
}

static PyObject *batch_normalize(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 6)
        return PyErr_Format(PyExc_TypeError, "batch_normalize takes x, mean, deviation, weight, bias and relu");
    PyArrayObject *a[5] = {NULL}, *y = NULL, *room = NULL;
    const int relu = PyObject_IsTrue(args[5]);
    const struct normalization_kernels *kernels = relu < 0 ? NULL : kernels_of(args, 1, 4, a);
    if (kernels) {
        const long channels = PyArray_DIM(a[0], 1), m = PyArray_SIZE(a[0]) / channels;
        room = room_for(kernels, m, channels);
        if (room && (y = new_channels_last(a[0]))) {
            Py_BEGIN_ALLOW_THREADS
            kernels->normalize(
                PyArray_DATA(a[0]), m, channels, PyArray_DATA(a[1]), PyArray_DATA(a[2]), PyArray_DATA(a[3]),
                PyArray_DATA(a[4]), relu, PyArray_DATA(y), PyArray_DATA(room));
            Py_END_ALLOW_THREADS
        }
        Py_XDECREF(room);
    }
    let_go(5, a);
    return y ? (PyObject *)y : none_unless_error();
}

static PyObject *batch_gradients(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 9)
        return PyErr_Format(
            PyExc_TypeError, "batch_gradients takes g, x, mean, deviation, weight, bias, relu, fixed and wants_input");
    PyArrayObject *a[6] = {NULL}, *dx = NULL, *by_weight = NULL, *by_bias = NULL, *room = NULL;
    PyObject *result = NULL;
    int flags[3];
    for (int i = 0; i < 3; i++)
        if ((flags[i] = PyObject_IsTrue(args[6 + i])) < 0)
            return NULL;
    const struct normalization_kernels *kernels = kernels_of(args, 2, 4, a);
    if (!kernels) {
        result = none_unless_error();
        goto done;
    }
    const long channels = PyArray_DIM(a[0], 1), m = PyArray_SIZE(a[0]) / channels;
    by_weight = new_vector(a[0]);
    by_bias = new_vector(a[0]);
    room = room_for(kernels, m, channels);
    if (!by_weight || !by_bias || !room || (flags[2] && !(dx = new_channels_last(a[0]))))
        goto done;
    Py_BEGIN_ALLOW_THREADS
    kernels->gradients(
        PyArray_DATA(a[0]), PyArray_DATA(a[1]), m, channels, PyArray_DATA(a[2]), PyArray_DATA(a[3]), PyArray_DATA(a[4]),
        PyArray_DATA(a[5]), flags[0], flags[1], dx ? PyArray_DATA(dx) : NULL, PyArray_DATA(by_weight),
        PyArray_DATA(by_bias), PyArray_DATA(room));
    Py_END_ALLOW_THREADS
    result = PyTuple_Pack(3, dx ? (PyObject *)dx : Py_None, by_weight, by_bias);
done:
    let_go(6, a);
    Py_XDECREF(dx);
    Py_XDECREF(by_weight);
    Py_XDECREF(by_bias);
    Py_XDECREF(room);
    return result;
}

PyMethodDef normalization_methods[] = {
    {"batch_statistics", batch_statistics, METH_O, "batch_statistics(x): mean and biased variance of each channel."},
    {"batch_normalize", (PyCFunction)(void (*)(void))batch_normalize, METH_FASTCALL,
     "batch_normalize(x, mean, deviation, weight, bias, relu): (x - mean) * (weight / deviation) + bias."},
    {"batch_gradients", (PyCFunction)(void (*)(void))batch_gradients, METH_FASTCALL,
     "batch_gradients(g, x, mean, deviation, weight, bias, relu, fixed, wants_input): those by x, weight and bias."},
    {NULL, NULL, 0, NULL},
};
