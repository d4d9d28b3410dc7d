/* sgd and adam: a step of all parameters of a group, in place, in one call. */
#include "native.h"

#define SIZE_OF_PART 32768 /* numbers: a quarter of a megabyte and more of memory traffic */
#define TOO_FEW_TO_LET_GO 4096
#define AT_ONCE 64

/* A parameter w with its gradient and up to three arrays of state. */
struct piece {
    long n, first_part;
    size_t item;
    const struct optimizer_kernels *kernels;
    char *w, *state[3];
    const char *g;
    double step;
    PyArrayObject *gradient; /* a reference */
};

struct step {
    int pieces;
    struct piece piece[AT_ONCE];
    const struct sgd_options *sgd;
    const struct adam_options *adam;
};

static void do_part(void *context, long part)
{
    const struct step *step = context;
    const struct piece *p = step->piece + step->pieces - 1;
    while (p->first_part > part)
        p--;
    long start = (part - p->first_part) * SIZE_OF_PART;
    long n = p->n - start < SIZE_OF_PART ? p->n - start : SIZE_OF_PART;
    size_t offset = (size_t)start * p->item;
    char *state[3];
    for (int i = 0; i < 3; i++)
        state[i] = p->state[i] ? p->state[i] + offset : NULL;
    if (step->sgd)
        p->kernels->sgd(n, p->w + offset, p->g + offset, state[0], step->sgd);
    else
        p->kernels->adam(n, p->w + offset, p->g + offset, state[0], state[1], state[2], p->step, step->adam);
}

/* Whether the kernels can write to it, where `like` is NULL or an array of the same shape and dtype. */
static int can_be_written(PyObject *o, PyArrayObject *like)
{
    if (!PyArray_Check(o))
        return 0;
    PyArrayObject *array = (PyArrayObject *)o;
    int type = PyArray_TYPE(array);
    return (type == NPY_FLOAT32 || type == NPY_FLOAT64) && PyArray_ISCARRAY(array) &&
           (!like || (type == PyArray_TYPE(like) && PyArray_SAMESHAPE(array, like)));
}

/* Piece number i of the lists; 1 done, 0 not made for it, -1 an error. */
static int make_piece(struct piece *p, Py_ssize_t i, PyObject *ws, PyObject *gs, int states, PyObject *const *state)
{
    PyObject *o = PyList_GET_ITEM(ws, i);
    if (!can_be_written(o, NULL))
        return 0;
    PyArrayObject *w = (PyArrayObject *)o;
    *p = (struct piece){.n = (long)PyArray_SIZE(w), .item = (size_t)PyArray_ITEMSIZE(w), .w = PyArray_DATA(w)};
    p->kernels = &kernels_for(w)->optimizer;
    for (int s = 0; s < states; s++) {
        if (state[s] == Py_None)
            continue;
        o = PyList_GET_ITEM(state[s], i);
        if (!can_be_written(o, w))
            return 0;
        p->state[s] = PyArray_DATA((PyArrayObject *)o);
    }
    p->gradient = real_array(PyList_GET_ITEM(gs, i), PyArray_NDIM(w));
    if (!p->gradient)
        return PyErr_Occurred() ? -1 : 0;
    if (PyArray_TYPE(p->gradient) != PyArray_TYPE(w) || !PyArray_SAMESHAPE(p->gradient, w)) {
        Py_CLEAR(p->gradient);
        return 0;
    }
    p->g = PyArray_DATA(p->gradient);
    return 1;
}

static void run(struct step *step)
{
    long numbers = 0, parts = 0;
    for (int i = 0; i < step->pieces; i++) {
        step->piece[i].first_part = parts;
        parts += (step->piece[i].n + SIZE_OF_PART - 1) / SIZE_OF_PART;
        numbers += step->piece[i].n;
    }
    if (numbers < TOO_FEW_TO_LET_GO) {
        for (long part = 0; part < parts; part++)
            do_part(step, part);
    } else {
        Py_BEGIN_ALLOW_THREADS
        if (numbers < 2 * SIZE_OF_PART)
            for (long part = 0; part < parts; part++)
                do_part(step, part);
        else
            run_parts(do_part, step, parts);
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < step->pieces; i++)
        Py_DECREF(step->piece[i].gradient);
    step->pieces = 0;
}

/* Go through the lists (of state the first `needed`; None in place of others). None, or a list of the positions
 * whose arrays the kernels are not made for. */
static PyObject *go(
    struct step *step, PyObject *ws, PyObject *gs, int needed, int states, PyObject *const *state, PyObject *steps)
{
    Py_ssize_t count = PyList_Check(ws) ? PyList_GET_SIZE(ws) : -1;
    int fit = count >= 0 && PyList_Check(gs) && PyList_GET_SIZE(gs) == count;
    for (int s = 0; s < states; s++)
        fit = fit && (PyList_Check(state[s]) ? PyList_GET_SIZE(state[s]) == count : s >= needed && state[s] == Py_None);
    fit = fit && (!steps || (PyList_Check(steps) && PyList_GET_SIZE(steps) == count));
    if (!fit) {
        PyErr_SetString(PyExc_TypeError, "lists of the same length are needed");
        return NULL;
    }
    PyObject *left = NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        struct piece *p = step->piece + step->pieces;
        int made = make_piece(p, i, ws, gs, states, state);
        if (made == 1 && steps) {
            p->step = PyFloat_AsDouble(PyList_GET_ITEM(steps, i));
            if (p->step == -1 && PyErr_Occurred()) {
                Py_DECREF(p->gradient);
                made = -1;
            }
        }
        if (made == 1 && ++step->pieces == AT_ONCE)
            run(step);
        if (made == 0) {
            PyObject *position = PyLong_FromSsize_t(i);
            if (!left)
                left = PyList_New(0);
            if (!position || !left || PyList_Append(left, position) < 0)
                made = -1;
            Py_XDECREF(position);
        }
        if (made == -1) {
            for (int k = 0; k < step->pieces; k++)
                Py_DECREF(step->piece[k].gradient);
            Py_XDECREF(left);
            return NULL;
        }
    }
    run(step);
    return left ? left : Py_NewRef(Py_None);
}

static int numbers_of(PyObject *const *arguments, int count, double *const *numbers)
{
    for (int i = 0; i < count; i++) {
        *numbers[i] = PyFloat_AsDouble(arguments[i]);
        if (*numbers[i] == -1 && PyErr_Occurred())
            return 0;
    }
    return 1;
}

static PyObject *sgd(PyObject *self, PyObject *const *a, Py_ssize_t count)
{
    struct sgd_options o;
    if (count != 9) {
        PyErr_SetString(PyExc_TypeError, "sgd takes 9 arguments");
        return NULL;
    }
    if (!numbers_of(a + 3, 4, (double *[]){&o.lr, &o.momentum, &o.dampening, &o.weight_decay}))
        return NULL;
    o.nesterov = PyObject_IsTrue(a[7]);
    o.first = PyObject_IsTrue(a[8]);
    struct step step;
    step.pieces = 0;
    step.sgd = &o;
    step.adam = NULL;
    return go(&step, a[0], a[1], 0, 1, a + 2, NULL);
}

static PyObject *adam(PyObject *self, PyObject *const *a, Py_ssize_t count)
{
    struct adam_options o;
    if (count != 12) {
        PyErr_SetString(PyExc_TypeError, "adam takes 12 arguments");
        return NULL;
    }
    if (!numbers_of(a + 6, 5, (double *[]){&o.lr, &o.beta1, &o.beta2, &o.eps, &o.weight_decay}))
        return NULL;
    o.decoupled = PyObject_IsTrue(a[11]);
    struct step step;
    step.pieces = 0;
    step.sgd = NULL;
    step.adam = &o;
    return go(&step, a[0], a[1], 2, 3, a + 2, a[5]);
}

PyMethodDef optimizer_methods[] = {
    {"sgd", (PyCFunction)(void (*)(void))sgd, METH_FASTCALL,
     "sgd(ws, gs, vs or None, lr, momentum, dampening, weight_decay, nesterov, first): a step of all in place; None, or "
     "the positions of those that it is not made for."},
    {"adam", (PyCFunction)(void (*)(void))adam, METH_FASTCALL,
     "adam(ws, gs, ms, vs, tops or None, steps, lr, beta1, beta2, eps, weight_decay, decoupled): likewise."},
    {NULL, NULL, 0, NULL},
};
