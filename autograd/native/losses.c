/* Softmax and cross-entropy from Python, on rows of scores. Each returns None for what it is not made for. */
#include "native.h"

#include <string.h>

/* Scores in a part: some 20 µs of work. */
#define SCORES_A_PART 32768

static void do_part(void *context, long part)
{
    const struct scores *s = context;
    const long first = part * s->row_step, left = s->rows - first;
    s->work(s, first, left < s->row_step ? s->rows : first + s->row_step);
}

static void do_rows(struct scores *s)
{
    if (s->rows == 0 || s->columns == 0)
        return;
    s->row_step = SCORES_A_PART / s->columns + 1;
    Py_BEGIN_ALLOW_THREADS
    run_parts(do_part, s, (s->rows + s->row_step - 1) / s->row_step);
    Py_END_ALLOW_THREADS
}

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

/* -- softmax ------------------------------------------------------------------------------------- */

static PyObject *softmax_parts(PyObject *self, PyObject *scores)
{
    PyArrayObject *x = real_array(scores, 2);
    if (!x)
        return not_made_for();
    struct scores s = {.rows = PyArray_DIM(x, 0), .columns = PyArray_DIM(x, 1), .scores = PyArray_DATA(x)};
    PyObject *result = NULL;
    if (s.columns == 0) {
        result = not_made_for();
    } else {
        npy_intp shape[2] = {s.rows, 1};
        PyObject *maximum = PyArray_SimpleNew(2, shape, PyArray_TYPE(x));
        PyObject *log_sum = PyArray_SimpleNew(2, shape, PyArray_TYPE(x));
        if (maximum && log_sum) {
            s.maximum = PyArray_DATA((PyArrayObject *)maximum);
            s.log_sum = PyArray_DATA((PyArrayObject *)log_sum);
            s.work = kernels_for(x)->losses.softmax_parts;
            do_rows(&s);
            result = PyTuple_Pack(2, maximum, log_sum);
        }
        Py_XDECREF(maximum);
        Py_XDECREF(log_sum);
    }
    Py_DECREF(x);
    return result;
}

enum made { SOFTMAX, LOG_SOFTMAX, EXPONENTIAL };

/* An array of x's shape, made a row at a time, the rows along the last axis. */
static PyObject *row_by_row(PyObject *o, enum made what)
{
    if (!PyArray_Check(o) || PyArray_NDIM((PyArrayObject *)o) == 0)
        return not_made_for();
    const int axes = PyArray_NDIM((PyArrayObject *)o);
    PyArrayObject *x = real_array(o, axes);
    if (!x)
        return not_made_for();
    PyObject *y = PyArray_SimpleNew(axes, PyArray_DIMS(x), PyArray_TYPE(x));
    if (y && PyArray_SIZE(x)) {
        const struct losses_kernels *kernels = &kernels_for(x)->losses;
        struct scores s = {.columns = PyArray_DIM(x, axes - 1), .scores = PyArray_DATA(x)};
        s.rows = PyArray_SIZE(x) / s.columns;
        s.to = PyArray_DATA((PyArrayObject *)y);
        s.work = what == SOFTMAX ? kernels->softmax : what == LOG_SOFTMAX ? kernels->log_softmax : kernels->exponential;
        do_rows(&s);
    }
    Py_DECREF(x);
    return y;
}

static PyObject *softmax(PyObject *self, PyObject *x)
{
    return row_by_row(x, SOFTMAX);
}

static PyObject *log_softmax(PyObject *self, PyObject *x)
{
    return row_by_row(x, LOG_SOFTMAX);
}

static PyObject *exponential(PyObject *self, PyObject *x)
{
    return row_by_row(x, EXPONENTIAL);
}

/* The gradient by what softmax (or its logarithm) gave y for; None where masked or infinite scores take more care. */
static PyObject *gradient_of_softmax(PyObject *const *args, Py_ssize_t n, int of_logarithm)
{
    if (!expects(n, 2, of_logarithm ? "log_softmax_gradient" : "softmax_gradient"))
        return NULL;
    if (!PyArray_Check(args[0]) || !PyArray_Check(args[1]))
        return not_made_for();
    const int axes = PyArray_NDIM((PyArrayObject *)args[1]);
    PyArrayObject *g = axes ? real_array(args[0], axes) : NULL, *y = g ? real_array(args[1], axes) : NULL, *x = NULL;
    int special = 0;
    if (y && PyArray_SIZE(y) && PyArray_SAMESHAPE(g, y) && same_dtype(2, (PyArrayObject *[]){g, y}))
        x = (PyArrayObject *)PyArray_SimpleNew(axes, PyArray_DIMS(y), PyArray_TYPE(y));
    if (x) {
        const struct losses_kernels *kernels = &kernels_for(y)->losses;
        struct scores s = {.columns = PyArray_DIM(y, axes - 1), .scores = PyArray_DATA(y), .special = &special};
        s.rows = PyArray_SIZE(y) / s.columns;
        s.gradient = PyArray_DATA(g);
        s.to = PyArray_DATA(x);
        s.work = of_logarithm ? kernels->log_softmax_gradient : kernels->softmax_gradient;
        do_rows(&s);
    }
    Py_XDECREF(g);
    Py_XDECREF(y);
    if (special)
        Py_CLEAR(x);
    return x ? (PyObject *)x : not_made_for();
}

static PyObject *softmax_gradient(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return gradient_of_softmax(args, n, 0);
}

static PyObject *log_softmax_gradient(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return gradient_of_softmax(args, n, 1);
}

/* -- cross-entropy of classes ------------------------------------------------------------------------ */

/* What both directions read; the arrays are references of its own. */
struct targets {
    PyArrayObject *scores, *classes, *weight; /* weight may be NULL */
    int64_t *columns;                         /* the class of each row, 0 for one to ignore */
    double *weights, divisor;                 /* what each row weighs, 0 for one to ignore, and all of them */
    struct scores s;
};

static void release(struct targets *t)
{
    Py_XDECREF(t->scores);
    Py_XDECREF(t->classes);
    Py_XDECREF(t->weight);
    PyMem_Free(t->columns);
    PyMem_Free(t->weights);
}

static double number_at(PyArrayObject *array, npy_intp i)
{
    const void *data = PyArray_DATA(array);
    return PyArray_TYPE(array) == NPY_FLOAT32 ? ((const float *)data)[i] : ((const double *)data)[i];
}

/* 0 where these are no scores (M, K), integers (M,), weights (K,) or None, and a class number to ignore. */
static int read_targets(struct targets *t, PyObject *scores, PyObject *classes, PyObject *weight, PyObject *ignored)
{
    if (!PyArray_Check(classes) || !PyTypeNum_ISINTEGER(PyArray_TYPE((PyArrayObject *)classes)) ||
        !PyArray_CanCastSafely(PyArray_TYPE((PyArrayObject *)classes), NPY_INT64) || !PyLong_Check(ignored))
        return 0;
    const int64_t ignore = PyLong_AsLongLong(ignored);
    if (ignore == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    t->scores = real_array(scores, 2);
    if (!t->scores || PyArray_NDIM((PyArrayObject *)classes) != 1)
        return 0;
    t->classes = (PyArrayObject *)PyArray_FROMANY(classes, NPY_INT64, 1, 1, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_NOTSWAPPED);
    if (weight != Py_None && !(t->weight = real_array(weight, 1)))
        return 0;
    const npy_intp rows = PyArray_DIM(t->scores, 0), columns = PyArray_DIM(t->scores, 1);
    if (!t->classes || PyArray_DIM(t->classes, 0) != rows || (t->weight && PyArray_DIM(t->weight, 0) != columns))
        return 0;
    t->columns = PyMem_New(int64_t, (size_t)rows + 1);
    t->weights = PyMem_New(double, (size_t)rows + 1);
    if (!t->columns || !t->weights) {
        PyErr_NoMemory();
        return 0;
    }
    const int64_t *given = PyArray_DATA(t->classes);
    for (npy_intp i = 0; i < rows; i++) {
        const int counts = given[i] != ignore;
        if (counts && (given[i] < 0 || given[i] >= columns))
            return 0; /* the NumPy way says what is wrong */
        t->columns[i] = counts ? given[i] : 0;
        t->weights[i] = !counts ? 0 : t->weight ? number_at(t->weight, given[i]) : 1;
        t->divisor += t->weights[i];
    }
    t->s = (struct scores){
        .rows = rows,
        .columns = columns,
        .scores = PyArray_DATA(t->scores),
        .classes = t->columns,
        .scales = t->weights};
    return columns > 0;
}

static PyObject *number(int type, double value)
{
    PyObject *array = PyArray_SimpleNew(0, NULL, type);
    if (!array)
        return NULL;
    if (type == NPY_FLOAT32)
        *(float *)PyArray_DATA((PyArrayObject *)array) = (float)value;
    else
        *(double *)PyArray_DATA((PyArrayObject *)array) = value;
    return PyArray_Return((PyArrayObject *)array);
}

static PyObject *cross_entropy(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    struct targets t = {0};
    if (!expects(n, 5, "cross_entropy"))
        return NULL;
    const char *reduction = PyUnicode_Check(args[4]) ? PyUnicode_AsUTF8(args[4]) : NULL;
    const int mean = reduction && strcmp(reduction, "mean") == 0, sum = reduction && strcmp(reduction, "sum") == 0;
    if (!(mean || sum || (reduction && strcmp(reduction, "none") == 0)) ||
        !read_targets(&t, args[0], args[1], args[2], args[3]) || (mean && t.divisor == 0)) { /* 0 / 0: NumPy warns */
        release(&t);
        return not_made_for();
    }
    PyObject *result = NULL;
    const int type = PyArray_TYPE(t.scores);
    npy_intp shape[2] = {t.s.rows, 1};
    PyArrayObject *losses = (PyArrayObject *)PyArray_SimpleNew(1, shape, type);
    PyArrayObject *maximum = (PyArrayObject *)PyArray_SimpleNew(2, shape, type);
    PyArrayObject *log_sum = (PyArrayObject *)PyArray_SimpleNew(2, shape, type);
    if (losses && maximum && log_sum) {
        t.s.losses = PyArray_DATA(losses);
        t.s.maximum = PyArray_DATA(maximum);
        t.s.log_sum = PyArray_DATA(log_sum);
        t.s.work = kernels_for(t.scores)->losses.cross_entropy;
        do_rows(&t.s);
        if (mean || sum) {
            double total = 0;
            for (npy_intp i = 0; i < t.s.rows; i++)
                total += number_at(losses, i);
            PyObject *reduced = number(type, mean ? total / t.divisor : total);
            Py_SETREF(losses, (PyArrayObject *)reduced);
        }
        if (losses)
            result = PyTuple_Pack(3, losses, maximum, log_sum);
    }
    Py_XDECREF(losses);
    Py_XDECREF(maximum);
    Py_XDECREF(log_sum);
    release(&t);
    return result;
}

static PyObject *cross_entropy_gradient(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    struct targets t = {0};
    if (!expects(n, 8, "cross_entropy_gradient"))
        return NULL;
    const int mean = PyUnicode_Check(args[5]) && PyUnicode_CompareWithASCIIString(args[5], "mean") == 0;
    PyObject *result = NULL;
    PyArrayObject *maximum = NULL, *log_sum = NULL, *each = NULL;
    double all = 0;
    if (!read_targets(&t, args[1], args[2], args[3], args[4]))
        goto done;
    if (PyArray_Check(args[0]) && PyArray_NDIM((PyArrayObject *)args[0]) == 1) {
        if (!(each = real_array(args[0], 1)) || PyArray_DIM(each, 0) != t.s.rows)
            goto done;
    } else {
        all = PyFloat_AsDouble(args[0]);
        if (all == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            goto done;
        }
    }
    if (!(maximum = real_array(args[6], 2)) || !(log_sum = real_array(args[7], 2)) ||
        !same_dtype(3, (PyArrayObject *[]){t.scores, maximum, log_sum}) || PyArray_SIZE(maximum) != t.s.rows ||
        PyArray_SIZE(log_sum) != t.s.rows)
        goto done;
    for (npy_intp i = 0; i < t.s.rows; i++)
        if (t.weights[i] != 0) /* what weighs nothing gets nothing, whatever comes in */
            t.weights[i] *= (each ? number_at(each, i) : all) / (mean ? t.divisor : 1);
    result = PyArray_SimpleNew(2, PyArray_DIMS(t.scores), PyArray_TYPE(t.scores));
    if (result) {
        t.s.to = PyArray_DATA((PyArrayObject *)result);
        t.s.maximum = PyArray_DATA(maximum);
        t.s.log_sum = PyArray_DATA(log_sum);
        t.s.work = kernels_for(t.scores)->losses.cross_entropy_gradient;
        do_rows(&t.s);
    }
done:
    Py_XDECREF(maximum);
    Py_XDECREF(log_sum);
    Py_XDECREF(each);
    release(&t);
    return result ? result : not_made_for();
}

PyMethodDef losses_methods[] = {
    {"softmax_parts", softmax_parts, METH_O,
     "softmax_parts(scores): (maximum, log of the sum of exponentials) of each row, (M, 1)."},
    {"softmax", softmax, METH_O, "softmax(x): along the last axis."},
    {"log_softmax", log_softmax, METH_O, "log_softmax(x): along the last axis."},
    {"exponential", exponential, METH_O, "exponential(x): what the others are made of."},
    {"softmax_gradient", (PyCFunction)(void (*)(void))softmax_gradient, METH_FASTCALL,
     "softmax_gradient(g, y): y * (g - sum(g * y)), along the last axis."},
    {"log_softmax_gradient", (PyCFunction)(void (*)(void))log_softmax_gradient, METH_FASTCALL,
     "log_softmax_gradient(g, y): g - exp(y) * sum(g), along the last axis."},
    {"cross_entropy", (PyCFunction)(void (*)(void))cross_entropy, METH_FASTCALL,
     "cross_entropy(scores, classes, weight, ignore_index, reduction): (loss, maximum, log_sum)."},
    {"cross_entropy_gradient", (PyCFunction)(void (*)(void))cross_entropy_gradient, METH_FASTCALL,
     "cross_entropy_gradient(g, scores, classes, weight, ignore_index, reduction, maximum, log_sum): by the scores."},
    {NULL, NULL, 0, NULL},
};
