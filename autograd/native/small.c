/* small_machine: programs of small arrays and numbers, run whole in one call with no Python between their instructions. */
#include "native.h"
#include "numbers.h"

#include <math.h>
#include <string.h>

#include "small.h"

#define ON_THE_STACK 8192 /* bytes */

struct place {
    int offset, axes;
    npy_intp shape[MOST_AXES];
};

struct small {
    int type, size, length, arguments, results;
    char *memory; /* what the numbers are when a run begins: those that are a part of the program */
    struct small_step *steps;
    struct place *places; /* of the arguments, then of the results */
};

#define REAL double
#define NAME(name) name##_double
#define MATH(name) name
#include "small.inc.h"
#undef REAL
#undef NAME
#undef MATH
#define REAL float
#define NAME(name) name##_float
#define MATH(name) name##f
#include "small.inc.h"
#undef REAL
#undef NAME
#undef MATH

static void forget(struct small *m)
{
    if (m) {
        PyMem_Free(m->memory);
        PyMem_Free(m->steps);
        PyMem_Free(m->places);
        PyMem_Free(m);
    }
}

static void forget_capsule(PyObject *capsule)
{
    forget(PyCapsule_GetPointer(capsule, "machine"));
}

/* Whether everything that the steps and places reach lies in the memory. */
static int within(const struct small *m, long offset, int axes, const int *shape, const int *strides)
{
    long low = offset, high = offset;
    for (int i = 0; i < axes; i++) {
        long reach = (long)(shape[i] - 1) * strides[i];
        if (reach < 0)
            low += reach;
        else
            high += reach;
    }
    return low >= 0 && high < m->size;
}

static int is_sound(const struct small *m)
{
    for (int i = 0; i < m->length; i++) {
        const struct small_step *s = m->steps + i;
        if (s->operation < 0 || s->operation >= SMALL_OPERATIONS || s->axes < 0 || s->axes > MOST_AXES)
            return 0;
        for (int k = 0; k < s->axes; k++)
            if (s->shape[k] < 1)
                return 0;
        for (int k = 0; k < 4; k++)
            if (!within(m, s->offset[k], s->axes, s->shape, s->strides[k]))
                return 0;
    }
    for (int i = 0; i < m->arguments + m->results; i++) {
        const struct place *p = m->places + i;
        npy_intp n = 1;
        if (p->axes < 0 || p->axes > MOST_AXES)
            return 0;
        for (int k = 0; k < p->axes; k++) {
            if (p->shape[k] < 0 || (p->shape[k] && n > m->size / p->shape[k]))
                return 0;
            n *= p->shape[k];
        }
        if (p->offset < 0 || p->offset + n > m->size)
            return 0;
    }
    return 1;
}

static int read_places(struct place *to, const int *numbers, int count)
{
    for (int i = 0; i < count; i++, numbers += 2 + MOST_AXES) {
        to[i].offset = numbers[0];
        to[i].axes = numbers[1];
        for (int k = 0; k < MOST_AXES; k++)
            to[i].shape[k] = numbers[2 + k];
    }
    return 1;
}

/* small_machine(memory, steps, arguments, results): memory an array of float32 or float64, the others bytes of ints */
static PyObject *small_new(PyObject *self, PyObject *const *a, Py_ssize_t count)
{
    const Py_ssize_t of_place = (2 + MOST_AXES) * (Py_ssize_t)sizeof(int);
    if (count != 4 || !PyArray_Check(a[0]) || !PyBytes_Check(a[1]) || !PyBytes_Check(a[2]) || !PyBytes_Check(a[3]) ||
        PyBytes_GET_SIZE(a[1]) % (Py_ssize_t)sizeof(struct small_step) || PyBytes_GET_SIZE(a[2]) % of_place ||
        PyBytes_GET_SIZE(a[3]) % of_place) {
        PyErr_SetString(PyExc_TypeError, "small_machine takes an array and three times bytes");
        return NULL;
    }
    PyArrayObject *memory = (PyArrayObject *)a[0];
    int type = PyArray_TYPE(memory);
    if ((type != NPY_FLOAT32 && type != NPY_FLOAT64) || !PyArray_ISCARRAY_RO(memory) ||
        PyArray_SIZE(memory) > 1 << 24) {
        PyErr_SetString(
            PyExc_ValueError, "small_machine: the memory must be an array of float32 or float64 in C order");
        return NULL;
    }
    struct small *m = PyMem_Calloc(1, sizeof *m);
    if (!m)
        return PyErr_NoMemory();
    m->type = type;
    m->size = (int)PyArray_SIZE(memory);
    m->length = (int)(PyBytes_GET_SIZE(a[1]) / (Py_ssize_t)sizeof(struct small_step));
    m->arguments = (int)(PyBytes_GET_SIZE(a[2]) / of_place);
    m->results = (int)(PyBytes_GET_SIZE(a[3]) / of_place);
    size_t bytes = (size_t)PyArray_NBYTES(memory);
    m->memory = PyMem_Malloc(bytes);
    m->steps = PyMem_Malloc((size_t)PyBytes_GET_SIZE(a[1]));
    m->places = PyMem_Calloc((size_t)(m->arguments + m->results) + 1, sizeof *m->places);
    if (!m->memory || !m->steps || !m->places) {
        forget(m);
        return PyErr_NoMemory();
    }
    memcpy(m->memory, PyArray_DATA(memory), bytes);
    memcpy(m->steps, PyBytes_AS_STRING(a[1]), (size_t)PyBytes_GET_SIZE(a[1]));
    read_places(m->places, (const int *)PyBytes_AS_STRING(a[2]), m->arguments);
    read_places(m->places + m->arguments, (const int *)PyBytes_AS_STRING(a[3]), m->results);
    if (!is_sound(m)) {
        forget(m);
        PyErr_SetString(PyExc_ValueError, "small_machine: this is no program");
        return NULL;
    }
    PyObject *capsule = PyCapsule_New(m, "machine", forget_capsule);
    if (!capsule)
        forget(m);
    return capsule;
}

static int wrong_argument(int i)
{
    if (!PyErr_Occurred())
        PyErr_Format(
            PyExc_ValueError, "small_machine: argument %d is not of the shape and dtype that it was made for", i);
    return 0;
}

/* Copy an array of bools to its place, as numbers. */
static void take_in_bools(const struct small *m, char *memory, const struct place *p, PyArrayObject *x, npy_intp n)
{
    npy_intp at[MOST_AXES] = {0};
    for (npy_intp j = 0; j < n; j++) {
        const char *from = PyArray_BYTES(x);
        for (int k = 0; k < p->axes; k++)
            from += at[k] * PyArray_STRIDE(x, k);
        if (m->type == NPY_FLOAT64)
            ((double *)memory)[p->offset + j] = *from != 0;
        else
            ((float *)memory)[p->offset + j] = *from != 0;
        for (int k = p->axes - 1; k >= 0 && ++at[k] == p->shape[k]; k--)
            at[k] = 0;
    }
}

/* Copy the argument to its place. */
static int take_in(const struct small *m, char *memory, int i, PyObject *value)
{
    const struct place *p = m->places + i;
    if (m->type == NPY_FLOAT64) {
        double *to = (double *)memory + p->offset;
        if (PyFloat_Check(value) && p->axes == 0) { /* a number of Python's, or NumPy's float64 */
            *to = PyFloat_AS_DOUBLE(value);
            return 1;
        }
    } else if (PyArray_IsScalar(value, Float) && p->axes == 0) {
        ((float *)memory)[p->offset] = PyArrayScalar_VAL(value, Float);
        return 1;
    }
    if (!PyArray_Check(value))
        return wrong_argument(i);
    PyArrayObject *x = (PyArrayObject *)value;
    int bools = PyArray_TYPE(x) == NPY_BOOL;
    if ((PyArray_TYPE(x) != m->type && !bools) || PyArray_NDIM(x) != p->axes || !PyArray_ISALIGNED(x) ||
        !PyArray_ISNOTSWAPPED(x))
        return wrong_argument(i);
    npy_intp n = 1;
    for (int k = 0; k < p->axes; k++) {
        if (PyArray_DIM(x, k) != p->shape[k])
            return wrong_argument(i);
        n *= p->shape[k];
    }
    if (bools) {
        take_in_bools(m, memory, p, x, n);
        return 1;
    }
    size_t item = (size_t)PyArray_ITEMSIZE(x);
    char *to = memory + (size_t)p->offset * item;
    if (PyArray_IS_C_CONTIGUOUS(x)) {
        memcpy(to, PyArray_DATA(x), (size_t)n * item);
        return 1;
    }
    npy_intp at[MOST_AXES] = {0};
    for (npy_intp j = 0; j < n; j++) {
        const char *from = PyArray_BYTES(x);
        for (int k = 0; k < p->axes; k++)
            from += at[k] * PyArray_STRIDE(x, k);
        memcpy(to + (size_t)j * item, from, item);
        for (int k = p->axes - 1; k >= 0 && ++at[k] == p->shape[k]; k--)
            at[k] = 0;
    }
    return 1;
}

static PyObject *given_out(const struct small *m, const char *memory, const struct place *p)
{
    size_t item = m->type == NPY_FLOAT64 ? sizeof(double) : sizeof(float);
    const char *from = memory + (size_t)p->offset * item;
    if (p->axes == 0)
        return m->type == NPY_FLOAT64 ? new_number(*(const double *)from) : new_single(*(const float *)from);
    PyArrayObject *y = (PyArrayObject *)PyArray_SimpleNew(p->axes, p->shape, m->type);
    if (y)
        memcpy(PyArray_DATA(y), from, (size_t)PyArray_NBYTES(y));
    return (PyObject *)y;
}

/* run_small(machine, values): the results, a tuple */
static PyObject *small_run(PyObject *self, PyObject *const *a, Py_ssize_t count)
{
    struct small *m = count == 2 ? PyCapsule_GetPointer(a[0], "machine") : NULL;
    if (!m || !(PyList_Check(a[1]) || PyTuple_Check(a[1])) || PySequence_Fast_GET_SIZE(a[1]) != m->arguments) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "run_small takes a machine and a list of its arguments");
        return NULL;
    }
    size_t bytes = (size_t)m->size * (m->type == NPY_FLOAT64 ? sizeof(double) : sizeof(float));
    double small[ON_THE_STACK / sizeof(double)];
    char *memory = bytes <= sizeof small ? (char *)small : PyMem_Malloc(bytes);
    if (!memory)
        return PyErr_NoMemory();
    memcpy(memory, m->memory, bytes);
    PyObject **values = PySequence_Fast_ITEMS(a[1]), *results = NULL;
    int fine = 1;
    for (int i = 0; fine && i < m->arguments; i++)
        fine = take_in(m, memory, i, values[i]);
    if (fine) {
        if (m->type == NPY_FLOAT64)
            run_double(m->steps, m->length, (double *)memory);
        else
            run_float(m->steps, m->length, (float *)memory);
        results = PyTuple_New(m->results);
        for (int i = 0; results && i < m->results; i++) {
            PyObject *one = given_out(m, memory, m->places + m->arguments + i);
            if (one)
                PyTuple_SET_ITEM(results, i, one);
            else
                Py_CLEAR(results);
        }
    }
    if (memory != (char *)small)
        PyMem_Free(memory);
    return results;
}

PyMethodDef small_methods[] = {
    {"small_machine", (PyCFunction)(void (*)(void))small_new, METH_FASTCALL,
     "small_machine(memory, steps, arguments, results): a program of autograd/program/small.py, ready to run."},
    {"run_small", (PyCFunction)(void (*)(void))small_run, METH_FASTCALL,
     "run_small(machine, values): the results of a program as a tuple, from the arrays and numbers that it takes."},
    {NULL, NULL, 0, NULL},
};
