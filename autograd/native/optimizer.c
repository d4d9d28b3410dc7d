/* update: a step of an optimizer on many parameters, in place, in one call. */
#include "native.h"

#define SIZE_OF_PART 32768 /* numbers: a quarter of a megabyte and more of memory traffic */
#define TOO_FEW_TO_LET_GO 4096
#define AT_ONCE 64

/* A parameter w, its gradient, and the arrays of what is remembered of it. */
struct piece {
    long n, first_part;
    size_t item;
    const struct optimizer_kernels *kernels;
    char *array[MOST_ARRAYS];
};

struct step {
    int pieces;
    struct piece piece[AT_ONCE];
    struct program program;
};

static void do_part(void *context, long part)
{
    const struct step *step = context;
    const struct piece *p = step->piece + step->pieces - 1;
    while (p->first_part > part)
        p--;
    long start = (part - p->first_part) * SIZE_OF_PART;
    long n = p->n - start < SIZE_OF_PART ? p->n - start : SIZE_OF_PART;
    void *array[MOST_ARRAYS];
    for (int i = 0; i < step->program.arrays; i++)
        array[i] = p->array[i] + (size_t)start * p->item;
    p->kernels->update(n, array, &step->program);
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
    step->pieces = 0;
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

/* Whether the arrays of one parameter fit each other. */
static int fits(PyObject *w, PyObject *g, PyObject *states, Py_ssize_t i)
{
    if (!can_be_written(w, NULL) || !PyArray_Check(g))
        return 0;
    PyArrayObject *like = (PyArrayObject *)w, *gradient = (PyArrayObject *)g;
    if (PyArray_TYPE(gradient) != PyArray_TYPE(like) || !PyArray_SAMESHAPE(gradient, like) ||
        !PyArray_ISCARRAY_RO(gradient))
        return 0;
    for (Py_ssize_t s = 0; s < PyTuple_GET_SIZE(states); s++)
        if (!can_be_written(PyList_GET_ITEM(PyTuple_GET_ITEM(states, s), i), like))
            return 0;
    return 1;
}

/* Whether every operation and every place is one that the kernels have. */
static int is_sound(const struct program *program)
{
    int places = program->arrays + MOST_TEMPORARIES;
    for (int k = 0; k < program->length; k++) {
        const struct instruction *now = program->instructions + k;
        const unsigned char operands[] = {now->a, now->b, now->c};
        if (now->operation >= UPDATE_OPERATIONS || now->out >= places || now->out == 1)
            return 0;
        for (int j = 0; j < 3; j++) {
            int is_number = operands[j] >= IS_NUMBER;
            if (operands[j] - (is_number ? IS_NUMBER : 0) >= (is_number ? program->numbers : places))
                return 0;
        }
        int a = now->a >= IS_NUMBER, b = now->b >= IS_NUMBER, c = now->c >= IS_NUMBER, o = now->operation;
        int two = o >= MAXIMUM && o <= DIVIDE_TAKEN; /* these take a number in place of one of two arrays */
        if (o == MAXIMUM_MINIMUM && (a || !b || !c))
            return 0;
        if (o == FILL ? !a || b : two ? a && b : o != MAXIMUM_MINIMUM && (a || b))
            return 0;
        if (o == DIVIDE_ADD ? !c : o >= ADD && o <= DIVIDE ? !c && now->c : (o < ADD || o == WHERE) && c)
            return 0;
    }
    return 1;
}

static int read_program(struct program *program, PyObject *code, PyObject *numbers, PyObject *states)
{
    int sound = PyBytes_Check(code) && PyBytes_GET_SIZE(code) % (Py_ssize_t)sizeof(struct instruction) == 0 &&
                PyTuple_Check(numbers) && PyTuple_GET_SIZE(numbers) <= MOST_NUMBERS && PyTuple_Check(states) &&
                PyTuple_GET_SIZE(states) + 2 <= MOST_ARRAYS;
    if (sound) {
        program->instructions = (const struct instruction *)PyBytes_AS_STRING(code);
        program->length = (int)(PyBytes_GET_SIZE(code) / (Py_ssize_t)sizeof(struct instruction));
        program->numbers = (int)PyTuple_GET_SIZE(numbers);
        program->arrays = 2 + (int)PyTuple_GET_SIZE(states);
        for (int i = 0; i < program->numbers; i++) {
            program->number[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(numbers, i));
            if (program->number[i] == -1 && PyErr_Occurred())
                return 0;
        }
        sound = is_sound(program);
    }
    if (!sound)
        PyErr_SetString(PyExc_ValueError, "update: this is no program");
    return sound;
}

static PyObject *update(PyObject *self, PyObject *const *a, Py_ssize_t count)
{
    if (count != 5) {
        PyErr_SetString(PyExc_TypeError, "update takes 5 arguments");
        return NULL;
    }
    PyObject *ws = a[2], *gs = a[3], *states = a[4];
    struct step step;
    step.pieces = 0;
    if (!read_program(&step.program, a[0], a[1], states))
        return NULL;
    Py_ssize_t length = PyList_Check(ws) ? PyList_GET_SIZE(ws) : -1;
    int fit = length >= 0 && PyList_Check(gs) && PyList_GET_SIZE(gs) == length;
    for (Py_ssize_t s = 0; s < PyTuple_GET_SIZE(states); s++) {
        PyObject *one = PyTuple_GET_ITEM(states, s);
        fit = fit && PyList_Check(one) && PyList_GET_SIZE(one) == length;
    }
    if (!fit) {
        PyErr_SetString(PyExc_TypeError, "lists of the same length are needed");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < length; i++)
        if (!fits(PyList_GET_ITEM(ws, i), PyList_GET_ITEM(gs, i), states, i))
            return PyErr_Format(PyExc_ValueError, "update: the arrays of parameter %zd do not fit each other", i);
    for (Py_ssize_t i = 0; i < length; i++) {
        struct piece *p = step.piece + step.pieces;
        PyArrayObject *w = (PyArrayObject *)PyList_GET_ITEM(ws, i);
        p->n = (long)PyArray_SIZE(w);
        p->item = (size_t)PyArray_ITEMSIZE(w);
        p->kernels = &kernels_for(w)->optimizer;
        p->array[0] = PyArray_DATA(w);
        p->array[1] = PyArray_DATA((PyArrayObject *)PyList_GET_ITEM(gs, i));
        for (Py_ssize_t s = 0; s < PyTuple_GET_SIZE(states); s++)
            p->array[2 + s] = PyArray_DATA((PyArrayObject *)PyList_GET_ITEM(PyTuple_GET_ITEM(states, s), i));
        if (++step.pieces == AT_ONCE)
            run(&step);
    }
    run(&step);
    Py_RETURN_NONE;
}

PyMethodDef optimizer_methods[] = {
    {"update", (PyCFunction)(void (*)(void))update, METH_FASTCALL,
     "update(code, numbers, ws, gs, states): run a program of autograd/kernels/updates.py on each parameter, in place."},
    {NULL, NULL, 0, NULL},
};
