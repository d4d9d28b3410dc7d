/* The module autograd._native: its methods come from the files beside this one. */
#define CHALKGRAD_IMPORTS_ARRAY_API
#include "native.h"

#include <string.h>

int prepare_threads(void);

static const struct kernels *chosen = kernels_baseline;
static const char *level = "baseline";

/* -- levels ------------------------------------------------------------------------------------- */

static int has(const char *name)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("fma");
    if (strcmp(name, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return strcmp(name, "baseline") == 0;
}

static const struct {
    const char *name;
    const struct kernels *kernels;
} levels[] = {
#if defined(__x86_64__)
    {"avx512", kernels_avx512},
    {"avx2", kernels_avx2},
#endif
    {"baseline", kernels_baseline},
};

#define LEVELS (sizeof levels / sizeof levels[0])

static PyObject *set_level(PyObject *self, PyObject *argument)
{
    const char *name = PyUnicode_AsUTF8(argument);
    if (!name)
        return NULL;
    for (size_t i = 0; i < LEVELS; i++)
        if (strcmp(levels[i].name, name) == 0 && has(name)) {
            chosen = levels[i].kernels;
            level = levels[i].name;
            Py_RETURN_NONE;
        }
    PyErr_Format(PyExc_ValueError, "this machine has no such level of vector instructions\n  given: %s", name);
    return NULL;
}

static PyObject *get_level(PyObject *self, PyObject *ignored)
{
    return PyUnicode_FromString(level);
}

static PyObject *get_levels(PyObject *self, PyObject *ignored)
{
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names && i < LEVELS; i++)
        if (has(levels[i].name)) {
            PyObject *name = PyUnicode_FromString(levels[i].name);
            if (!name || PyList_Append(names, name) < 0)
                Py_CLEAR(names);
            Py_XDECREF(name);
        }
    return names;
}

const struct kernels *kernels_for(PyArrayObject *array)
{
    return kernels_of_type(PyArray_TYPE(array));
}

const struct kernels *kernels_of_type(int type)
{
    return chosen + (type == NPY_FLOAT64);
}

/* -- arguments ---------------------------------------------------------------------------------- */

#define LARGE 4096 /* entries from which on NumPy's copy takes longer than ours */

PyArrayObject *real_array(PyObject *o, int axes)
{
    if (!PyArray_Check(o))
        return NULL;
    PyArrayObject *array = (PyArrayObject *)o;
    int type = PyArray_TYPE(array);
    if ((type != NPY_FLOAT32 && type != NPY_FLOAT64) || PyArray_NDIM(array) != axes)
        return NULL;
    if (PyArray_IS_C_CONTIGUOUS(array) && PyArray_ISALIGNED(array) && PyArray_ISNOTSWAPPED(array)) {
        Py_INCREF(array);
        return array;
    }
    if (PyArray_SIZE(array) < LARGE || !PyArray_ISALIGNED(array) || !PyArray_ISNOTSWAPPED(array))
        return (PyArrayObject *)PyArray_FROMANY(o, type, axes, axes, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_NOTSWAPPED);
    PyArrayObject *copy = (PyArrayObject *)PyArray_SimpleNew(axes, PyArray_DIMS(array), type);
    int order[NPY_MAXDIMS];
    for (int axis = 0; axis < axes; axis++)
        order[axis] = axis;
    if (copy)
        lay_out(PyArray_DATA(copy), array, order);
    return copy;
}

int same_dtype(int count, PyArrayObject *const *arrays)
{
    int type = -1;
    for (int i = 0; i < count; i++) {
        if (!arrays[i])
            continue;
        if (type == -1)
            type = PyArray_TYPE(arrays[i]);
        else if (type != PyArray_TYPE(arrays[i]))
            return 0;
    }
    return 1;
}

/* -- the module --------------------------------------------------------------------------------- */

static PyMethodDef level_methods[] = {
    {"set_level", set_level, METH_O, "set_level(name): use the kernels of this level."},
    {"level", get_level, METH_NOARGS, "level(): the level whose kernels are used."},
    {"levels", get_levels, METH_NOARGS, "levels(): those that this machine has, best first."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "autograd._native",
    .m_doc = "Compiled kernels; autograd/native/__init__.py is the way to them.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit__native(void)
{
    import_array();
    if (prepare_threads() < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (!module)
        return NULL;
    PyMethodDef *methods[] = {
        level_methods,   thread_methods,        conv_methods,      weights_methods,   product_methods,
        pooling_methods, normalization_methods, pointwise_methods, optimizer_methods, allocator_methods,
        losses_methods,  extrema_methods,       sums_methods,      small_methods,
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (PyModule_AddFunctions(module, methods[i]) < 0)
            goto failed;
    if (add_fused(module) < 0)
        goto failed;
    for (size_t i = LEVELS; i-- > 0;)
        if (has(levels[i].name)) {
            chosen = levels[i].kernels;
            level = levels[i].name;
        }
    return module;
failed:
    Py_DECREF(module);
    return NULL;
}
