/* Fused: a chain of functions of each entry in one pass over memory, on all threads.
 *
 * Places of a program's values are, in their order: what is given, the numbers that stand in the program, the results,
 * and what comes up on the way, of which a block at a time lies in the cache. autograd/program/entrywise.py makes the
 * programs. Arrays given broadcast to the shape that a Fused is made for. */
#include "native.h"

#include <numpy/arrayscalars.h>
#include <numpy/ufuncobject.h>
#include <string.h>

#define BLOCK 512
#define PART (64 * BLOCK) /* entries that one thread does at a time */
#define HOLD_GIL 8192     /* below so many entries letting go of the interpreter would cost more than it gives */
#define MOST_PLACES 128
#define MOST_GIVEN 32
#define MOST_AXES 8

enum kind { WHOLE, NUMBER, REPEATED }; /* of the result's shape; one entry; broadcasts in another way */

typedef struct {
    PyObject_HEAD int type, item;
    int axes, given, numbers, results, temporaries;
    npy_intp shape[MOST_AXES];
    long size;
    int kind[MOST_GIVEN];
    struct fused_program program;
    char *number;
    PyObject *code;
} Fused;

/* -- making one --------------------------------------------------------------------------------- */

static int bad(const char *what)
{
    PyErr_Format(PyExc_ValueError, "Fused: this is no program: %s", what);
    return -1;
}

static int is_sound(const Fused *f, long loops)
{
    const int places = f->given + f->numbers + f->results + f->temporaries, inputs = f->given + f->numbers;
    for (long k = 0; k < f->program.length; k++) {
        const struct micro *now = f->program.micro + k;
        const int of_loop = now->operation == DO_LOOP || now->operation == DO_LOOP_OF_TWO;
        const int operands[] = {now->a, now->b, of_loop ? now->a : now->c};
        const int takes = now->operation == DO_WHERE                                  ? 3
                          : now->operation == DO_LOOP_OF_TWO                          ? 2
                          : now->operation >= DO_MAXIMUM && now->operation < DO_WHERE ? 2
                                                                                      : 1;
        if (now->operation >= FUSED_OPERATIONS || now->out < inputs || now->out >= places)
            return 0;
        for (int j = 0; j < 3; j++) {
            const int place = operands[j];
            if (place < 0 || place >= places)
                return 0;
            const int one = place < f->given ? f->kind[place] == NUMBER : place < inputs;
            if (j < takes && one != (now->ones >> j & 1))
                return 0;
        }
        if (of_loop && (now->c < 0 || now->c >= loops))
            return 0;
        if ((takes < 3 && now->operation < DO_LOOP && now->operation < DO_MAXIMUM && now->ones) ||
            (takes == 3 && now->ones & 1))
            return 0;
        if (takes == 2 && now->ones == 3)
            return 0;
    }
    return 1;
}

/* The inner loop of a NumPy function for floats of this type. */
static int find_loop(struct loop *loop, PyObject *function, int type)
{
    if (!PyObject_TypeCheck(function, &PyUFunc_Type))
        return bad("no function of NumPy");
    PyUFuncObject *f = (PyUFuncObject *)function;
    if (f->nout != 1 || f->nin > 2 || f->core_enabled)
        return bad("a function of other arguments");
    for (int i = 0; i < f->ntypes; i++) {
        int alike = f->functions[i] != NULL;
        for (int j = 0; j < f->nargs; j++)
            alike = alike && f->types[i * f->nargs + j] == type;
        if (alike) {
            loop->function = (void (*)(char **, const intptr_t *, const intptr_t *, void *))f->functions[i];
            loop->data = f->data ? (void *)f->data[i] : NULL;
            return 0;
        }
    }
    return bad("a function without a loop for floats");
}

static int read_all(Fused *f, PyObject *shape, PyObject *kinds, PyObject *code, PyObject *numbers, PyObject *functions)
{
    f->axes = (int)PyTuple_GET_SIZE(shape);
    f->given = (int)PyBytes_GET_SIZE(kinds);
    f->numbers = (int)(PyBytes_GET_SIZE(numbers) / f->item);
    if (f->axes > MOST_AXES || f->given > MOST_GIVEN || f->results < 1 || f->temporaries < 0 ||
        f->given + f->numbers + f->results + f->temporaries > MOST_PLACES)
        return bad("too many values");
    f->size = 1;
    for (int axis = 0; axis < f->axes; axis++) {
        f->shape[axis] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, axis));
        if (f->shape[axis] < 0)
            return bad("a length");
        f->size *= f->shape[axis];
    }
    for (int i = 0; i < f->given; i++) {
        f->kind[i] = PyBytes_AS_STRING(kinds)[i];
        if (f->kind[i] < WHOLE || f->kind[i] > REPEATED)
            return bad("a kind");
    }
    const long loops = (long)PyTuple_GET_SIZE(functions);
    struct loop *loop = PyMem_Calloc(loops + 1, sizeof *loop);
    f->program.loops = loop;
    f->number = PyMem_Malloc(PyBytes_GET_SIZE(numbers) + 1);
    if (!loop || !f->number) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(f->number, PyBytes_AS_STRING(numbers), PyBytes_GET_SIZE(numbers));
    for (long i = 0; i < loops; i++)
        if (find_loop(loop + i, PyTuple_GET_ITEM(functions, i), f->type) < 0)
            return -1;
    f->code = Py_NewRef(code);
    f->program.micro = (const struct micro *)PyBytes_AS_STRING(code);
    f->program.length = (long)(PyBytes_GET_SIZE(code) / (Py_ssize_t)sizeof(struct micro));
    return is_sound(f, loops) ? 0 : bad("an operation");
}

static PyObject *fused_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *dtype, *shape, *kinds, *code, *numbers, *functions;
    int results, temporaries;
    if (!PyArg_ParseTuple(
            args, "O!O!SSSO!ii", &PyArrayDescr_Type, &dtype, &PyTuple_Type, &shape, &kinds, &code, &numbers,
            &PyTuple_Type, &functions, &results, &temporaries))
        return NULL;
    Fused *f = (Fused *)type->tp_alloc(type, 0);
    if (!f)
        return NULL;
    f->type = ((PyArray_Descr *)dtype)->type_num;
    f->item = f->type == NPY_FLOAT64 ? 8 : 4;
    f->results = results;
    f->temporaries = temporaries;
    if ((f->type != NPY_FLOAT32 && f->type != NPY_FLOAT64 && bad("another dtype") < 0) ||
        read_all(f, shape, kinds, code, numbers, functions) < 0)
        Py_CLEAR(f);
    return (PyObject *)f;
}

static void fused_dealloc(Fused *f)
{
    PyMem_Free((void *)f->program.loops);
    PyMem_Free(f->number);
    Py_XDECREF(f->code);
    Py_TYPE(f)->tp_free((PyObject *)f);
}

/* -- a call ------------------------------------------------------------------------------------- */

/* An array given: its axes in the order in which the results lie in memory, those that lie in one line as one. */
struct source {
    const char *data;
    int one, dense, is_bool, axes;
    npy_intp shape[MOST_AXES], step[MOST_AXES];
};

struct work {
    const Fused *f;
    const struct fused_kernels *kernels;
    struct source source[MOST_GIVEN];
    char *result[MOST_PLACES];
    char single[MOST_GIVEN][8]; /* of bools that stand for one number */
};

/* Entries from..from + n of the source, side by side. */
static void gather(const struct source *s, int item, long from, long n, char *to)
{
    npy_intp index[MOST_AXES];
    const char *data = s->data;
    for (int axis = s->axes - 1; axis >= 0; axis--) {
        index[axis] = from % s->shape[axis];
        from /= s->shape[axis];
        data += index[axis] * s->step[axis];
    }
    const int last = s->axes - 1;
    while (n > 0) {
        const npy_intp step = s->step[last];
        long count = s->shape[last] - index[last];
        count = count < n ? count : n;
        if (s->is_bool) {
            for (long i = 0; i < count; i++)
                if (item == 8)
                    ((double *)to)[i] = data[i * step] != 0;
                else
                    ((float *)to)[i] = data[i * step] != 0;
        } else if (step == item)
            memcpy(to, data, count * item);
        else if (item == 8)
            for (long i = 0; i < count; i++)
                ((double *)to)[i] = *(const double *)(data + i * step);
        else
            for (long i = 0; i < count; i++)
                ((float *)to)[i] = *(const float *)(data + i * step);
        to += count * item;
        n -= count;
        index[last] += count;
        data += count * step;
        for (int axis = last; axis > 0 && index[axis] == s->shape[axis]; axis--) {
            data += s->step[axis - 1] - s->shape[axis] * s->step[axis];
            index[axis] = 0;
            index[axis - 1]++;
        }
    }
}

static void do_part(void *context, long part)
{
    const struct work *w = context;
    const Fused *f = w->f;
    const long end = (part + 1) * PART < f->size ? (part + 1) * PART : f->size;
    const int inputs = f->given + f->numbers, places = inputs + f->results + f->temporaries;
    char *memory = scratch((size_t)(f->given + f->temporaries) * BLOCK * f->item + 1);
    void *place[MOST_PLACES];
    if (!memory)
        return;
    for (int i = 0; i < f->numbers; i++)
        place[f->given + i] = f->number + (long)i * f->item;
    for (int i = inputs + f->results; i < places; i++)
        place[i] = memory + (size_t)(f->given + i - inputs - f->results) * BLOCK * f->item;
    for (long from = part * PART; from < end; from += BLOCK) {
        const long n = end - from < BLOCK ? end - from : BLOCK;
        for (int i = 0; i < f->given; i++) {
            const struct source *s = w->source + i;
            if (s->one)
                place[i] = (void *)s->data;
            else if (s->dense)
                place[i] = (void *)(s->data + from * f->item);
            else {
                place[i] = memory + (size_t)i * BLOCK * f->item;
                gather(s, f->item, from, n, place[i]);
            }
        }
        for (int i = 0; i < f->results; i++)
            place[inputs + i] = w->result[i] + from * f->item;
        w->kernels->run(&f->program, place, n);
    }
}

/* The axes in the order in which the first array of the whole shape has them in memory. */
static void find_order(const Fused *f, PyObject *const *given, int *order)
{
    for (int axis = 0; axis < f->axes; axis++)
        order[axis] = axis;
    for (int i = 0; i < f->given; i++) {
        if (f->kind[i] != WHOLE || !PyArray_Check(given[i]) || PyArray_TYPE((PyArrayObject *)given[i]) == NPY_BOOL)
            continue;
        PyArrayObject *x = (PyArrayObject *)given[i];
        if (PyArray_NDIM(x) != f->axes)
            return;
        for (int k = 1; k < f->axes; k++)
            for (int j = k; j > 0; j--) {
                const npy_intp a = PyArray_STRIDE(x, order[j - 1]), b = PyArray_STRIDE(x, order[j]);
                if (f->shape[order[j]] == 1 || f->shape[order[j - 1]] == 1 || a >= b)
                    break;
                const int other = order[j];
                order[j] = order[j - 1];
                order[j - 1] = other;
            }
        return;
    }
}

static int read_source(struct work *w, int i, PyArrayObject *x, const int *order)
{
    const Fused *f = w->f;
    struct source *s = w->source + i;
    const int type = PyArray_TYPE(x), axes = PyArray_NDIM(x), missing = f->axes - axes;
    int fits = (type == f->type || type == NPY_BOOL) && missing >= 0;
    for (int axis = 0; fits && axis < axes; axis++) {
        const npy_intp n = PyArray_DIM(x, axis);
        fits = n == f->shape[missing + axis] || (n == 1 && f->kind[i] != WHOLE);
    }
    if (!fits || (f->kind[i] == WHOLE && missing) || (f->kind[i] == NUMBER && PyArray_SIZE(x) != 1)) {
        PyErr_SetString(PyExc_ValueError, "a program gets an array of another shape or dtype than it was made for");
        return -1;
    }
    s->data = PyArray_DATA(x);
    s->is_bool = type == NPY_BOOL;
    s->one = f->kind[i] == NUMBER;
    if (s->one && s->is_bool) {
        const double value = *s->data != 0;
        const float single = (float)value;
        memcpy(w->single[i], f->item == 8 ? (const char *)&value : (const char *)&single, f->item);
        s->data = w->single[i];
    }
    s->axes = 0;
    for (int k = 0; k < f->axes; k++) {
        const int axis = order[k], own = axis - missing;
        const npy_intp n = f->shape[axis];
        const npy_intp step = own < 0 || PyArray_DIM(x, own) == 1 ? 0 : PyArray_STRIDE(x, own);
        if (n == 1)
            continue;
        if (s->axes && s->step[s->axes - 1] == step * n) {
            s->shape[s->axes - 1] *= n;
            s->step[s->axes - 1] = step;
        } else {
            s->shape[s->axes] = n;
            s->step[s->axes++] = step;
        }
    }
    if (!s->axes) {
        s->shape[0] = 1;
        s->step[0] = f->item;
        s->axes = 1;
    }
    s->dense = !s->is_bool && s->axes == 1 && s->step[0] == f->item;
    return 0;
}

/* A new array whose axes lie in memory in this order. */
static PyObject *new_result(const Fused *f, const int *order)
{
    npy_intp strides[MOST_AXES], step = f->item;
    for (int k = f->axes - 1; k >= 0; k--) {
        strides[order[k]] = step;
        step *= f->shape[order[k]] ? f->shape[order[k]] : 1;
    }
    return PyArray_New(&PyArray_Type, f->axes, (npy_intp *)f->shape, f->type, strides, NULL, 0, 0, NULL);
}

static PyObject *fused_call(Fused *f, PyObject *args, PyObject *keywords)
{
    PyArrayObject *held[MOST_GIVEN] = {NULL};
    PyObject *results = NULL;
    int order[MOST_AXES];
    if (PyTuple_GET_SIZE(args) != f->given)
        return PyErr_Format(PyExc_TypeError, "%d arrays are needed", f->given);
    struct work w = {.f = f, .kernels = &kernels_of_type(f->type)->fused};
    find_order(f, &PyTuple_GET_ITEM(args, 0), order);
    for (int i = 0; i < f->given; i++) {
        held[i] = (PyArrayObject *)PyArray_FROM_OF(PyTuple_GET_ITEM(args, i), NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED);
        if (!held[i] || read_source(&w, i, held[i], order) < 0)
            goto done;
    }
    if (!(results = PyTuple_New(f->results)))
        goto done;
    for (int i = 0; i < f->results; i++) {
        PyObject *y = new_result(f, order);
        if (!y) {
            Py_CLEAR(results);
            goto done;
        }
        PyTuple_SET_ITEM(results, i, y);
        w.result[i] = PyArray_DATA((PyArrayObject *)y);
    }
    const long parts = (f->size + PART - 1) / PART;
    if (f->size < HOLD_GIL) {
        if (parts)
            do_part(&w, 0);
    } else {
        Py_BEGIN_ALLOW_THREADS
        run_parts(do_part, &w, parts);
        Py_END_ALLOW_THREADS
    }
    if (memory_ran_out()) {
        Py_CLEAR(results);
        PyErr_NoMemory();
    } else if (f->results == 1) {
        PyObject *only = Py_NewRef(PyTuple_GET_ITEM(results, 0));
        Py_SETREF(results, only);
    }
done:
    for (int i = 0; i < f->given; i++)
        Py_XDECREF(held[i]);
    return results;
}

static PyTypeObject Fused_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "autograd._native.Fused",
    .tp_doc = "Fused(dtype, shape, kinds, code, numbers, functions, results, temporaries): called with arrays.",
    .tp_basicsize = sizeof(Fused),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = fused_new,
    .tp_dealloc = (destructor)fused_dealloc,
    .tp_call = (ternaryfunc)fused_call,
};

int add_fused(PyObject *module)
{
    import_umath1(-1);
    return PyModule_AddType(module, &Fused_Type);
}
