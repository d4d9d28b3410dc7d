/* Functions of each entry, of any array whose memory has no gaps: the result lies as the array does.
 *
 * sigmoid, tanh and relu return None for what they are not made for. The functions of two arguments do
 * everything: for what has no kernel here, what Python's operators do.
 */
#include "native.h"
#include "numbers.h"

#include <fenv.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define PART 32768     /* entries that one thread does at a time */
#define HOLD_GIL 8192  /* below so many entries letting go of the interpreter would cost more than it gives */
#define RAISED (FE_OVERFLOW | FE_INVALID | FE_DIVBYZERO)

/* -- arrays ------------------------------------------------------------------------------------- */

int is_real(PyObject *o)
{
    if (!PyArray_CheckExact(o))
        return 0;
    PyArrayObject *x = (PyArrayObject *)o;
    return (PyArray_TYPE(x) == NPY_FLOAT32 || PyArray_TYPE(x) == NPY_FLOAT64) && PyArray_NDIM(x) > 0 &&
           PyArray_ISALIGNED(x) && PyArray_ISNOTSWAPPED(x) && PyArray_SIZE(x) > 0;
}

int is_dense(PyArrayObject *x)
{
    if (PyArray_IS_C_CONTIGUOUS(x) || PyArray_IS_F_CONTIGUOUS(x))
        return 1;
    npy_intp expected = PyArray_ITEMSIZE(x);
    int done[NPY_MAXDIMS] = {0};
    const int axes = PyArray_NDIM(x);
    for (int found = 0; found < axes; found++) { /* the axis whose steps are of the expected size is the next */
        int axis = 0;
        while (axis < axes && (done[axis] || (PyArray_DIM(x, axis) != 1 && PyArray_STRIDE(x, axis) != expected)))
            axis++;
        if (axis == axes)
            return 0;
        done[axis] = 1;
        expected *= PyArray_DIM(x, axis);
    }
    return 1;
}

static int lie_alike(PyArrayObject *a, PyArrayObject *b)
{
    for (int axis = 0; axis < PyArray_NDIM(a); axis++)
        if (PyArray_DIM(a, axis) != 1 && PyArray_STRIDE(a, axis) != PyArray_STRIDE(b, axis))
            return 0;
    return 1;
}

/* Whether a, beside b, is repeated along the first axes of b, or the last ones, or both: then a has *period entries, each
 * for *run entries of b that lie side by side, over and over. b is in C order, and a is. */
static int is_repeated(PyArrayObject *a, PyArrayObject *b, long *period, long *run)
{
    const int axes = PyArray_NDIM(b), fewer = axes - PyArray_NDIM(a);
    if (fewer < 0 || !PyArray_IS_C_CONTIGUOUS(a) || !PyArray_IS_C_CONTIGUOUS(b))
        return 0;
    int first = fewer, last = axes; /* the axes that a has entries along */
    while (first < last && PyArray_DIM(a, first - fewer) == 1)
        first++;
    while (last > first && PyArray_DIM(a, last - 1 - fewer) == 1)
        last--;
    *period = *run = 1;
    if (first == last)
        first = last = 0;
    for (int axis = first; axis < last; axis++) {
        if (PyArray_DIM(a, axis - fewer) != PyArray_DIM(b, axis))
            return 0;
        *period *= PyArray_DIM(b, axis);
    }
    for (int axis = last; axis < axes; axis++)
        *run *= PyArray_DIM(b, axis);
    return 1;
}

/* Whether it is one entry repeated, as the gradient of a sum. */
static int is_constant(PyArrayObject *x)
{
    for (int axis = 0; axis < PyArray_NDIM(x); axis++)
        if (PyArray_DIM(x, axis) != 1 && PyArray_STRIDE(x, axis) != 0)
            return 0;
    return 1;
}

static PyArrayObject *new_like(PyArrayObject *x)
{
    npy_intp *strides = PyArray_IS_C_CONTIGUOUS(x) ? NULL : PyArray_STRIDES(x);
    return (PyArrayObject *)PyArray_New(
        &PyArray_Type, PyArray_NDIM(x), PyArray_DIMS(x), PyArray_TYPE(x), strides, NULL, 0, 0, NULL);
}

/* -- work shared out ---------------------------------------------------------------------------- */

struct work {
    void (*kernel)(const void *, const void *, void *, long, int);
    const char *a, *b; /* b is NULL where f takes one */
    char *y;
    long n, item;
    int one_a, watch;
    long period, run; /* 0, or a has so many entries, each for a run of b's */
    atomic_int raised; /* floating-point exceptions, if watched for */
};

/* The entries from start to end, where a is repeated: as far as a goes, or a run, at a time. */
static void do_repeated(const struct work *w, long start, long end)
{
    for (long n; start < end; start += n) {
        const long at = start * w->item, of_a = start / w->run % w->period;
        n = w->run == 1 ? w->period - of_a : w->run - start % w->run;
        n = n < end - start ? n : end - start;
        w->kernel(w->a + of_a * w->item, w->b + at, w->y + at, n, w->run > 1);
    }
}

static void do_part(void *context, long part)
{
    struct work *w = context;
    const long start = part * PART, n = w->n - start < PART ? w->n - start : PART, at = start * w->item;
    if (w->watch && fetestexcept(RAISED))
        feclearexcept(RAISED);
    if (w->period)
        do_repeated(w, start, start + n);
    else
        w->kernel(w->one_a ? w->a : w->a + at, w->b ? w->b + at : NULL, w->y + at, n, w->one_a);
    if (w->watch) {
        const int raised = fetestexcept(RAISED);
        if (raised)
            atomic_fetch_or(&w->raised, raised);
    }
}

static void do_all(struct work *w)
{
    if (w->n < HOLD_GIL) {
        do_part(w, 0);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    run_parts(do_part, w, (w->n + PART - 1) / PART);
    Py_END_ALLOW_THREADS
}

/* f of each entry, None if x is no array for it. */
static PyObject *unary(PyObject *o, enum pointwise_function f)
{
    if (!is_real(o) || !is_dense((PyArrayObject *)o))
        Py_RETURN_NONE;
    PyArrayObject *x = (PyArrayObject *)o, *y = new_like(x);
    if (!y)
        return NULL;
    struct work w = {
        .kernel = kernels_for(x)->pointwise.each[f],
        .a = PyArray_DATA(x),
        .y = PyArray_DATA(y),
        .n = PyArray_SIZE(x),
        .item = PyArray_ITEMSIZE(x)};
    do_all(&w);
    return (PyObject *)y;
}

/* Copy x to where its entries lie as those of `like`, which has its shape. */
static void lay_out_like(char *to, PyArrayObject *x, PyArrayObject *like)
{
    int order[NPY_MAXDIMS];
    for (int axis = 0; axis < PyArray_NDIM(like); axis++) { /* sorted into it, the axis with the longest steps first */
        int at = axis;
        for (; at > 0 && PyArray_STRIDE(like, order[at - 1]) < PyArray_STRIDE(like, axis); at--)
            order[at] = order[at - 1];
        order[at] = axis;
    }
    lay_out(to, x, order);
}

/* f of each pair of entries; NULL without an error if a and b are no such arrays, or if something was raised that
 * NumPy would warn of. symmetric: f(a, b) = f(b, a), so that either may be one number; and then it is watched. */
static PyObject *binary(PyObject *a, PyObject *b, enum pointwise_function f, int symmetric)
{
    if (symmetric &&
        (!is_real(b) || (is_real(a) && (is_constant((PyArrayObject *)b) ||
                                        PyArray_SIZE((PyArrayObject *)b) < PyArray_SIZE((PyArrayObject *)a))))) {
        PyObject *swapped = a;
        a = b;
        b = swapped;
    }
    if (!is_real(b) || !is_dense((PyArrayObject *)b))
        return NULL;
    PyArrayObject *second = (PyArrayObject *)b;
    const int single = PyArray_TYPE(second) == NPY_FLOAT32;
    struct work w = {.b = PyArray_DATA(second), .n = PyArray_SIZE(second), .item = PyArray_ITEMSIZE(second)};
    float one_single;
    double one_double;
    int other_order = 0; /* of a's memory: it is copied into that of the result */
    if (is_real(a)) {
        PyArrayObject *first = (PyArrayObject *)a;
        if (PyArray_TYPE(first) != PyArray_TYPE(second))
            return NULL;
        if (!PyArray_SAMESHAPE(first, second)) {
            if (!symmetric || !is_repeated(first, second, &w.period, &w.run))
                return NULL;
        } else if (!lie_alike(first, second)) {
            w.one_a = is_constant(first);
            other_order = !w.one_a;
            if (other_order && symmetric)
                return NULL; /* NumPy chooses the order of the result by both */
        }
        w.a = PyArray_DATA(first);
    } else if (symmetric && PyFloat_CheckExact(a)) {
        one_double = PyFloat_AS_DOUBLE(a);
        one_single = (float)one_double;
        if (single && isinf(one_single) && !isinf(one_double))
            return NULL; /* NumPy warns of that */
        w.a = single ? (const char *)&one_single : (const char *)&one_double;
        w.one_a = 1;
    } else
        return NULL;
    PyArrayObject *y = new_like(second);
    if (!y)
        return NULL;
    w.y = PyArray_DATA(y);
    if (other_order) {
        lay_out_like(w.y, (PyArrayObject *)a, second);
        w.a = w.y;
    }
    w.kernel = kernels_for(second)->pointwise.each[f];
    w.watch = symmetric;
    do_all(&w);
    if (w.raised)
        Py_CLEAR(y);
    return (PyObject *)y;
}

static void copy_part(void *context, long part)
{
    struct work *w = context;
    const long start = part * PART, n = w->n - start < PART ? w->n - start : PART;
    memcpy(w->y + start * w->item, w->a + start * w->item, n * w->item);
}

/* The copy of an array with gaps, or with entries that are repeated: in the order that its memory has. */
static PyObject *copy_in_order(PyArrayObject *x)
{
    PyArrayObject *y = (PyArrayObject *)PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    if (!y)
        return NULL;
    lay_out_like(PyArray_DATA(y), x, y);
    return (PyObject *)y;
}

/* -- Python: forward ---------------------------------------------------------------------------- */

static PyObject *py_sigmoid(PyObject *self, PyObject *x)
{
    if (is_number(x)) {
        const double e = exp(-fabs(number(x)));
        return new_number(number(x) < 0 ? e / (1 + e) : 1 / (1 + e));
    }
    return unary(x, EACH_SIGMOID);
}

static PyObject *py_tanh(PyObject *self, PyObject *x)
{
    return is_number(x) ? new_number(tanh(number(x))) : unary(x, EACH_TANH);
}

static PyObject *py_relu(PyObject *self, PyObject *x)
{
    return is_number(x) ? new_number(number(x) <= 0 ? 0 : number(x)) : unary(x, EACH_RELU);
}

static int takes_two(Py_ssize_t count)
{
    if (count == 2)
        return 1;
    PyErr_Format(PyExc_TypeError, "takes 2 arguments, not %zd", count);
    return 0;
}

static PyObject *py_add(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (!takes_two(count))
        return NULL;
    if (is_number(args[0]) && is_number(args[1])) {
        const double y = number(args[0]) + number(args[1]);
        if (isnormal(y)) /* then NumPy has nothing to warn of */
            return new_number(y);
    } else if (is_single(args[0]) && is_single(args[1])) {
        const float y = single(args[0]) + single(args[1]);
        if (isnormal(y))
            return new_single(y);
    } else {
        PyObject *y = binary(args[0], args[1], EACH_ADD, 1);
        if (y || PyErr_Occurred())
            return y;
    }
    return PyNumber_Add(args[0], args[1]);
}

static PyObject *py_multiply(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (!takes_two(count))
        return NULL;
    if (is_number(args[0]) && is_number(args[1])) {
        const double y = number(args[0]) * number(args[1]);
        if (isnormal(y))
            return new_number(y);
    } else if (is_single(args[0]) && is_single(args[1])) {
        const float y = single(args[0]) * single(args[1]);
        if (isnormal(y))
            return new_single(y);
    } else {
        PyObject *y = binary(args[0], args[1], EACH_MULTIPLY, 1);
        if (y || PyErr_Occurred())
            return y;
    }
    return PyNumber_Multiply(args[0], args[1]);
}

static PyObject *py_copy(PyObject *self, PyObject *o)
{
    if (!PyArray_Check(o))
        return PyErr_Format(PyExc_TypeError, "copy takes an array");
    PyArrayObject *x = (PyArrayObject *)o, *y;
    if (!is_real(o) || PyArray_SIZE(x) <= PART)
        return PyArray_NewCopy(x, NPY_KEEPORDER);
    if (!is_dense(x))
        return copy_in_order(x);
    if (!(y = new_like(x)))
        return NULL;
    struct work w = {.a = PyArray_DATA(x), .y = PyArray_DATA(y), .n = PyArray_SIZE(x), .item = PyArray_ITEMSIZE(x)};
    Py_BEGIN_ALLOW_THREADS
    run_parts(copy_part, &w, (w.n + PART - 1) / PART);
    Py_END_ALLOW_THREADS
    return (PyObject *)y;
}

/* -- Python: backward --------------------------------------------------------------------------- */

/* f(a, b), after which both are let go of; NULL if one is. */
static PyObject *with_both(PyObject *(*f)(PyObject *, PyObject *), PyObject *a, PyObject *b)
{
    PyObject *y = a && b ? f(a, b) : NULL;
    Py_XDECREF(a);
    Py_XDECREF(b);
    return y;
}

static PyObject *one_minus(PyObject *x)
{
    return with_both(PyNumber_Subtract, PyLong_FromLong(1), x);
}

static PyObject *py_sigmoid_gradient(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (!takes_two(count))
        return NULL;
    PyObject *g = args[0], *y = args[1];
    if (is_number(g) && is_number(y))
        return new_number(number(g) * number(y) * (1 - number(y)));
    PyObject *result = binary(g, y, EACH_SIGMOID_GRADIENT, 0);
    if (result || PyErr_Occurred())
        return result;
    return with_both(PyNumber_Multiply, PyNumber_Multiply(g, y), one_minus(Py_NewRef(y)));
}

static PyObject *py_tanh_gradient(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (!takes_two(count))
        return NULL;
    PyObject *g = args[0], *y = args[1];
    if (is_number(g) && is_number(y))
        return new_number(number(g) * (1 - number(y) * number(y)));
    PyObject *result = binary(g, y, EACH_TANH_GRADIENT, 0);
    if (result || PyErr_Occurred())
        return result;
    return with_both(PyNumber_Multiply, Py_NewRef(g), one_minus(PyNumber_Multiply(y, y)));
}

static PyObject *py_relu_gradient(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (!takes_two(count))
        return NULL;
    PyObject *g = args[0], *y = args[1];
    if (is_number(g) && is_number(y))
        return new_number(number(y) <= 0 ? 0 : number(g));
    PyObject *result = binary(g, y, EACH_RELU_GRADIENT, 0);
    if (result || PyErr_Occurred())
        return result;
    PyObject *zero = PyLong_FromLong(0), *passed = zero ? PyObject_RichCompare(y, zero, Py_NE) : NULL;
    Py_XDECREF(zero);
    PyObject *zeros = passed ? PyFloat_FromDouble(0) : NULL, *selected = NULL;
    if (zeros)
        selected = PyArray_Where(passed, g, zeros);
    Py_XDECREF(passed);
    Py_XDECREF(zeros);
    if (selected && PyArray_Check(selected))
        selected = PyArray_Return((PyArrayObject *)selected);
    return selected;
}

#define OF_TWO(f) (PyCFunction)(void (*)(void)) f, METH_FASTCALL

PyMethodDef pointwise_methods[] = {
    {"sigmoid", py_sigmoid, METH_O, "sigmoid(x): 1 / (1 + exp(-x))."},
    {"tanh", py_tanh, METH_O, "tanh(x): the hyperbolic tangent."},
    {"relu", py_relu, METH_O, "relu(x): max(x, 0), NaN for NaN."},
    {"add", OF_TWO(py_add), "add($module, a, b, /)\n--\n\na + b."},
    {"multiply", OF_TWO(py_multiply), "multiply($module, a, b, /)\n--\n\na * b."},
    {"copy", py_copy, METH_O, "copy(x): the array again, in memory of its own and of the same order."},
    {"sigmoid_gradient", OF_TWO(py_sigmoid_gradient), "sigmoid_gradient(g, y): g * y * (1 - y)."},
    {"tanh_gradient", OF_TWO(py_tanh_gradient), "tanh_gradient(g, y): g * (1 - y * y)."},
    {"relu_gradient", OF_TWO(py_relu_gradient), "relu_gradient(g, y): g where y is not 0, else 0."},
    {NULL, NULL, 0, NULL},
};
