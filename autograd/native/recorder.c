/* Recording and the walk backward for graphs of small values, where Python's own steps are most of the time.
 *
 * Both do what their readable twins do, line for line: `Recorder` is what _bind_unary and _bind_binary of
 * declaration.py return, `claim` and `walk_plainly` are the functions of that name in engine.py. The classes stay
 * Python's; this file reads and writes their slots where the descriptors say that they lie. Whatever is
 * out of the ordinary (a mode, a list for an argument, an error to explain) goes to the twin.
 */
#include "native.h"

#include <stdlib.h>
#include <structmember.h>

/* -- what it knows of the classes --------------------------------------------------------------- */

static PyTypeObject *tensor_type, *node_type, *float64_type;
static PyObject *mode_variable, *consumed, *scalar_like, *leaf_operation, *births, *explained;

static Py_ssize_t tensor_data, tensor_name, tensor_node;
static Py_ssize_t node_operation, node_birth, node_a, node_b, node_keep_a, node_keep_b, node_like, node_note, node_walk,
    node_total;
static Py_ssize_t operation_pulls, operation_together, mode_recording, mode_tapes, mode_anomaly;

static const struct {
    const char *class, *slot;
    Py_ssize_t *offset;
} slots[] = {
    {"Tensor", "_data", &tensor_data},       {"Tensor", "_name", &tensor_name},
    {"Tensor", "node", &tensor_node},        {"Node", "operation", &node_operation},
    {"Node", "birth", &node_birth},          {"Node", "a", &node_a},
    {"Node", "b", &node_b},                  {"Node", "keep_a", &node_keep_a},
    {"Node", "keep_b", &node_keep_b},        {"Node", "like", &node_like},
    {"Node", "note", &node_note},            {"Node", "walk", &node_walk},
    {"Node", "total", &node_total},          {"Operation", "pulls", &operation_pulls},
    {"Operation", "together", &operation_together},
    {"Mode", "recording", &mode_recording},  {"Mode", "tapes", &mode_tapes},
    {"Mode", "anomaly", &mode_anomaly},
};

#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))

/* For the slots of a new object, which are empty. */
static inline void fill(PyObject *object, Py_ssize_t offset, PyObject *value)
{
    Py_INCREF(value);
    SLOT(object, offset) = value;
}

static inline void replace(PyObject *object, Py_ssize_t offset, PyObject *value)
{
    PyObject *old = SLOT(object, offset);
    Py_INCREF(value);
    SLOT(object, offset) = value;
    Py_XDECREF(old);
}

static int is_scalar(PyObject *value)
{
    return Py_TYPE(value) == float64_type;
}

/* Whether value has this (shape, dtype); only of exact float64 scalars and arrays, for the rest say no. */
static int is_like(PyObject *value, PyObject *like)
{
    if (is_scalar(value))
        return like == scalar_like;
    if (!PyArray_CheckExact(value))
        return 0;
    PyArrayObject *array = (PyArrayObject *)value;
    PyObject *shape = PyTuple_GET_ITEM(like, 0);
    int axes = PyArray_NDIM(array);
    if ((PyObject *)PyArray_DESCR(array) != PyTuple_GET_ITEM(like, 1) || PyTuple_GET_SIZE(shape) != axes)
        return 0;
    for (int i = 0; i < axes; i++)
        if (PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, i)) != PyArray_DIM(array, i))
            return 0;
    return 1;
}

/* (shape, dtype) of a value: that of a parent where it is the same, which saves memory too. */
static PyObject *like_of(PyObject *value, PyObject *parent, PyObject *other)
{
    if (is_scalar(value))
        return Py_NewRef(scalar_like);
    if (parent != Py_None && is_like(value, SLOT(parent, node_like)))
        return Py_NewRef(SLOT(parent, node_like));
    if (other != Py_None && is_like(value, SLOT(other, node_like)))
        return Py_NewRef(SLOT(other, node_like));
    PyObject *shape = PyObject_GetAttrString(value, "shape");
    PyObject *dtype = shape ? PyObject_GetAttrString(value, "dtype") : NULL;
    PyObject *like = dtype ? PyTuple_Pack(2, shape, dtype) : NULL;
    Py_XDECREF(shape);
    Py_XDECREF(dtype);
    return like;
}

static int is_float(PyObject *like)
{
    PyObject *dtype = PyTuple_GET_ITEM(like, 1);
    return like == scalar_like || (PyArray_DescrCheck(dtype) && ((PyArray_Descr *)dtype)->kind == 'f');
}

/* -- recording ------------------------------------------------------------------------------------ */

#define MOST_VALUES 48 /* arguments, result, auxiliaries and shapes of inputs, of one call */
#define MOST_INPUTS 8

/* Of one call: values[0 … names) are the arguments, by position, then the result, the auxiliaries, and the shape of
 * each input. Places are indices into it. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *dict;
    PyObject *operation, *forward, *twin;
    PyObject *names;    /* of the arguments */
    PyObject *defaults; /* for each name; `missing` where there is none */
    PyObject *missing;
    PyObject *inputs;   /* positions of the inputs */
    PyObject *needs;    /* for each input, a tuple of places that its rule asked to keep */
    PyObject *params;   /* positions of the static arguments that a reference needs, or None without a reference */
    int auxiliaries, wide;
    int at[MOST_INPUTS];
} Recorder;

/* A new reference to the value at a place; the shapes of inputs are made when they are asked for. */
static PyObject *value_at(const Recorder *self, PyObject *const *values, Py_ssize_t place)
{
    Py_ssize_t shapes = PyTuple_GET_SIZE(self->names) + 1 + self->auxiliaries;
    if (place < shapes)
        return Py_NewRef(values[place]);
    PyObject *input = values[self->at[place - shapes]];
    if (PyArray_Check(input))
        return PyArray_IntTupleFromIntp(PyArray_NDIM((PyArrayObject *)input), PyArray_DIMS((PyArrayObject *)input));
    return PyTuple_New(0);
}

/* What a rule asked to keep: None, a value, or a tuple of them. */
static PyObject *kept(const Recorder *self, Py_ssize_t rule, PyObject *const *values)
{
    PyObject *places = PyTuple_GET_ITEM(self->needs, rule);
    Py_ssize_t count = PyTuple_GET_SIZE(places);
    if (count == 0)
        return Py_NewRef(Py_None);
    if (count == 1)
        return value_at(self, values, PyLong_AsSsize_t(PyTuple_GET_ITEM(places, 0)));
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyObject *value = value_at(self, values, PyLong_AsSsize_t(PyTuple_GET_ITEM(places, i)));
        if (value)
            PyTuple_SET_ITEM(tuple, i, value);
        else
            Py_CLEAR(tuple);
    }
    return tuple;
}

/* What the reference is called with: (inputs, {static argument: value}). */
static PyObject *arguments_of(const Recorder *self, PyObject *const *values)
{
    Py_ssize_t inputs = PyTuple_GET_SIZE(self->inputs);
    PyObject *plain = PyTuple_New(inputs), *params = PyDict_New(), *pair = NULL;
    if (!plain || !params)
        goto done;
    for (Py_ssize_t i = 0; i < inputs; i++)
        PyTuple_SET_ITEM(plain, i, Py_NewRef(values[self->at[i]]));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->params); i++) {
        Py_ssize_t at = PyLong_AsSsize_t(PyTuple_GET_ITEM(self->params, i));
        if (values[at] != self->missing && PyDict_SetItem(params, PyTuple_GET_ITEM(self->names, at), values[at]) < 0)
            goto done;
    }
    pair = PyTuple_Pack(2, plain, params);
done:
    Py_XDECREF(plain);
    Py_XDECREF(params);
    return pair;
}

static PyObject *new_node(const Recorder *self, PyObject *const *parents, PyObject *const *values, PyObject *like)
{
    Py_ssize_t inputs = PyTuple_GET_SIZE(self->inputs);
    PyObject *birth = Py_TYPE(births)->tp_iternext(births);
    PyObject *node = birth ? node_type->tp_alloc(node_type, 0) : NULL;
    if (!node) {
        Py_XDECREF(birth);
        return NULL;
    }
    SLOT(node, node_birth) = birth;
    fill(node, node_operation, self->operation);
    fill(node, node_like, like);
    fill(node, node_note, Py_None);
    fill(node, node_walk, Py_None);
    fill(node, node_total, Py_None);
    if (!self->wide) {
        PyObject *b = inputs == 2 ? parents[1] : Py_None;
        fill(node, node_a, parents[0]);
        fill(node, node_b, b);
        SLOT(node, node_keep_a) = parents[0] == Py_None ? Py_NewRef(Py_None) : kept(self, 0, values);
        SLOT(node, node_keep_b) = b == Py_None ? Py_NewRef(Py_None) : kept(self, 1, values);
        if (!SLOT(node, node_keep_a) || !SLOT(node, node_keep_b))
            Py_CLEAR(node);
        return node;
    }
    PyObject *a = PyTuple_New(inputs), *keep_a = PyTuple_New(inputs);
    SLOT(node, node_a) = a;
    SLOT(node, node_keep_a) = keep_a;
    fill(node, node_b, Py_None);
    SLOT(node, node_keep_b) = self->params == Py_None ? Py_NewRef(Py_None) : arguments_of(self, values);
    int failed = !a || !keep_a || !SLOT(node, node_keep_b);
    for (Py_ssize_t i = 0; !failed && i < inputs; i++) {
        PyTuple_SET_ITEM(a, i, Py_NewRef(parents[i]));
        PyObject *keep = parents[i] == Py_None ? Py_NewRef(Py_None) : kept(self, i, values);
        failed = !keep;
        PyTuple_SET_ITEM(keep_a, i, keep);
    }
    if (failed)
        Py_CLEAR(node);
    return node;
}

/* The result of forward and, where it gives a tuple, its auxiliaries into their places. Steals y. */
static PyObject *unpacked(const Recorder *self, PyObject *y, PyObject **values)
{
    Py_ssize_t names = PyTuple_GET_SIZE(self->names);
    if (self->auxiliaries) {
        if (!PyTuple_Check(y) || PyTuple_GET_SIZE(y) != 1 + self->auxiliaries) {
            PyErr_Format(PyExc_ValueError, "forward must return the result and %d auxiliaries", self->auxiliaries);
            Py_DECREF(y);
            return NULL;
        }
        for (int i = 1; i <= self->auxiliaries; i++)
            values[names + i] = Py_NewRef(PyTuple_GET_ITEM(y, i));
        Py_SETREF(y, Py_NewRef(PyTuple_GET_ITEM(y, 0)));
    }
    return PyArray_CheckExact(y) && PyArray_NDIM((PyArrayObject *)y) == 0 ? PyArray_Return((PyArrayObject *)y) : y;
}

/* The Tensor for y, recorded where a parent is. */
static PyObject *wrapped(const Recorder *self, PyObject *y, PyObject *const *parents, PyObject *const *values)
{
    Py_ssize_t inputs = PyTuple_GET_SIZE(self->inputs);
    PyObject *tensor = tensor_type->tp_alloc(tensor_type, 0), *like = NULL;
    int recorded = 0;
    if (!tensor)
        return NULL;
    fill(tensor, tensor_data, y);
    fill(tensor, tensor_name, Py_None);
    fill(tensor, tensor_node, Py_None);
    for (Py_ssize_t i = 0; i < inputs; i++)
        recorded |= parents[i] != Py_None;
    if (!recorded)
        return tensor;
    like = like_of(y, parents[0], inputs > 1 ? parents[1] : Py_None);
    if (like && is_float(like)) {
        PyObject *node = new_node(self, parents, values, like);
        if (node)
            Py_SETREF(SLOT(tensor, tensor_node), node);
        else
            Py_CLEAR(tensor);
    } else if (!like)
        Py_CLEAR(tensor);
    Py_XDECREF(like);
    return tensor;
}

/* A mode that is no_grad and nothing else. */
static int is_only_off(PyObject *mode)
{
    PyObject *tapes = SLOT(mode, mode_tapes);
    return SLOT(mode, mode_recording) == Py_False && SLOT(mode, mode_anomaly) == Py_False && PyTuple_Check(tapes) &&
           PyTuple_GET_SIZE(tapes) == 0;
}

static Py_ssize_t position_of(PyObject *names, PyObject *name)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
        if (PyTuple_GET_ITEM(names, i) == name)
            return i;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(names, i), name) == 0)
            return i;
    return -1;
}

static PyObject *record(PyObject *object, PyObject *const *args, size_t flags, PyObject *keywords)
{
    Recorder *self = (Recorder *)object;
    Py_ssize_t names = PyTuple_GET_SIZE(self->names), inputs = PyTuple_GET_SIZE(self->inputs);
    Py_ssize_t given = PyVectorcall_NARGS(flags), named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    PyObject *values[MOST_VALUES], *parents[MOST_INPUTS], *room[1 + MOST_VALUES], **call = room + 1;
    Py_ssize_t where[MOST_VALUES]; /* of values, in the order in which forward gets them */
    int tensors = 0;
    if (given > names || given + named > MOST_VALUES)
        goto ask_twin;
    for (Py_ssize_t i = 0; i < names; i++)
        values[i] = PyTuple_GET_ITEM(self->defaults, i);
    for (Py_ssize_t i = 0; i < given + named; i++) {
        where[i] = i < given ? i : position_of(self->names, PyTuple_GET_ITEM(keywords, i - given));
        if (where[i] < 0 || (i >= given && where[i] < given))
            goto ask_twin;
        values[where[i]] = args[i];
    }
    for (Py_ssize_t i = 0; i < inputs; i++) {
        PyObject *value = values[self->at[i]];
        parents[i] = Py_None;
        if (PyObject_TypeCheck(value, tensor_type)) {
            parents[i] = SLOT(value, tensor_node);
            values[self->at[i]] = SLOT(value, tensor_data);
            tensors++;
            if (!parents[i] || !values[self->at[i]])
                goto ask_twin; /* of a class that has not set itself up */
        } else if (PyList_Check(value) || PyTuple_Check(value))
            goto ask_twin;
        else if (value == self->missing)
            values[self->at[i]] = Py_None;
    }
    for (Py_ssize_t i = 0; i < given + named; i++) {
        call[i] = values[where[i]];
        if (PyObject_TypeCheck(call[i], tensor_type))
            goto ask_twin; /* a Tensor for a static argument */
    }
    if (tensors) {
        PyObject *mode;
        if (PyContextVar_Get(mode_variable, NULL, &mode) < 0)
            return NULL;
        Py_XDECREF(mode); /* the context holds it */
        int unwatched = mode == Py_None || is_only_off(mode);
        if (!unwatched)
            goto ask_twin;
        for (Py_ssize_t i = 0; mode != Py_None && i < inputs; i++)
            parents[i] = Py_None;
    }
    for (Py_ssize_t i = 0; i < names; i++) /* they must outlast what forward may do to the Tensors */
        Py_INCREF(values[i]);
    for (Py_ssize_t i = 0; i < inputs; i++)
        Py_INCREF(parents[i]);
    for (int i = 0; i <= self->auxiliaries; i++)
        values[names + i] = NULL;
    PyObject *result = NULL, *y = PyObject_Vectorcall(self->forward, call, given | PY_VECTORCALL_ARGUMENTS_OFFSET, keywords);
    int failed = !y;
    if (y)
        y = unpacked(self, y, values);
    if (y) {
        values[names] = y;
        if (tensors)
            result = wrapped(self, y, parents, values);
        else if (!PyFloat_CheckExact(y) && !PyLong_CheckExact(y))
            result = Py_NewRef(y);
        else /* of numbers, a number: an array's entry, as NumPy would have it */
            result = PyArray_Return((PyArrayObject *)PyArray_FROM_O(y));
    }
    for (Py_ssize_t i = 0; i < names; i++)
        Py_DECREF(values[i]);
    for (int i = 0; i <= self->auxiliaries; i++)
        Py_XDECREF(values[names + i]);
    for (Py_ssize_t i = 0; i < inputs; i++)
        Py_DECREF(parents[i]);
    if (!failed || !PyErr_ExceptionMatches(explained))
        return result;
    PyErr_Clear(); /* the twin fails in the same way, and explains it */
ask_twin:
    return PyObject_Vectorcall(self->twin, args, flags, keywords);
}

static int positions_into(PyObject *positions, int *to, Py_ssize_t end)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(positions); i++) {
        Py_ssize_t at = PyLong_AsSsize_t(PyTuple_GET_ITEM(positions, i));
        if (at < 0 || at >= end) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "Recorder: there is no such place");
            return -1;
        }
        if (to)
            to[i] = (int)at;
    }
    return 0;
}

/* Recorder(operation, forward, twin, names, defaults, missing, inputs, needs, params, auxiliaries, wide):
 * the attributes of the struct in that order. */
static PyObject *new_recorder(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    if (!tensor_type) {
        PyErr_SetString(PyExc_RuntimeError, "Recorder: prepare_recorder has not been called");
        return NULL;
    }
    Recorder *self = (Recorder *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    PyObject *operation, *forward, *twin, *names, *defaults, *missing, *inputs, *needs, *params;
    if (!PyArg_ParseTuple(args, "OOOO!O!OO!O!Oip", &operation, &forward, &twin, &PyTuple_Type, &names, &PyTuple_Type,
                          &defaults, &missing, &PyTuple_Type, &inputs, &PyTuple_Type, &needs, &params,
                          &self->auxiliaries, &self->wide))
        goto failed;
    self->vectorcall = record;
    self->operation = Py_NewRef(operation);
    self->forward = Py_NewRef(forward);
    self->twin = Py_NewRef(twin);
    self->names = Py_NewRef(names);
    self->defaults = Py_NewRef(defaults);
    self->missing = Py_NewRef(missing);
    self->inputs = Py_NewRef(inputs);
    self->needs = Py_NewRef(needs);
    self->params = Py_NewRef(params);
    Py_ssize_t count = PyTuple_GET_SIZE(names), most = PyTuple_GET_SIZE(inputs);
    Py_ssize_t places = count + 1 + self->auxiliaries + most;
    if (self->auxiliaries < 0 || most < 1 || most > MOST_INPUTS || places > MOST_VALUES ||
        PyTuple_GET_SIZE(defaults) != count || PyTuple_GET_SIZE(needs) != most || (!self->wide && most > 2) ||
        (params != Py_None && !PyTuple_Check(params))) {
        PyErr_SetString(PyExc_ValueError, "Recorder: the arguments do not fit each other");
        goto failed;
    }
    if (positions_into(inputs, self->at, count) < 0 || (params != Py_None && positions_into(params, NULL, count) < 0))
        goto failed;
    for (Py_ssize_t i = 0; i < most; i++)
        if (!PyTuple_Check(PyTuple_GET_ITEM(needs, i)) || positions_into(PyTuple_GET_ITEM(needs, i), NULL, places) < 0) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "Recorder: needs must be tuples of places");
            goto failed;
        }
    return (PyObject *)self;
failed:
    Py_DECREF(self);
    return NULL;
}

static int traverse_recorder(Recorder *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    Py_VISIT(self->operation);
    Py_VISIT(self->forward);
    Py_VISIT(self->twin);
    Py_VISIT(self->names);
    Py_VISIT(self->defaults);
    Py_VISIT(self->missing);
    Py_VISIT(self->inputs);
    Py_VISIT(self->needs);
    Py_VISIT(self->params);
    return 0;
}

static int clear_recorder(Recorder *self)
{
    Py_CLEAR(self->dict);
    Py_CLEAR(self->operation);
    Py_CLEAR(self->forward);
    Py_CLEAR(self->twin);
    Py_CLEAR(self->names);
    Py_CLEAR(self->defaults);
    Py_CLEAR(self->missing);
    Py_CLEAR(self->inputs);
    Py_CLEAR(self->needs);
    Py_CLEAR(self->params);
    return 0;
}

static void free_recorder(Recorder *self)
{
    PyObject_GC_UnTrack(self);
    clear_recorder(self);
    Py_TYPE(self)->tp_free(self);
}

/* As a function does: x.exp() is exp(x). */
static PyObject *bind_recorder(PyObject *self, PyObject *instance, PyObject *owner)
{
    return instance && instance != Py_None ? PyMethod_New(self, instance) : Py_NewRef(self);
}

static PyObject *name_of_recorder(PyObject *self, PyObject *ignored)
{
    return PyObject_GetAttrString(self, "__qualname__"); /* pickle finds it by its name, like a function */
}

static PyObject *show_recorder(PyObject *self)
{
    PyObject *name = PyObject_GetAttrString(self, "__qualname__");
    PyObject *text = name ? PyUnicode_FromFormat("<operation %U>", name) : NULL;
    Py_XDECREF(name);
    return text;
}

static PyMethodDef recorder_methods[] = {
    {"__reduce__", name_of_recorder, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef recorder_members[] = {
    {"twin", T_OBJECT, offsetof(Recorder, twin), READONLY, "the same in Python"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef recorder_attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject recorder_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "autograd._native.Recorder",
    .tp_basicsize = sizeof(Recorder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_new = new_recorder,
    .tp_dealloc = (destructor)free_recorder,
    .tp_traverse = (traverseproc)traverse_recorder,
    .tp_clear = (inquiry)clear_recorder,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(Recorder, vectorcall),
    .tp_dictoffset = offsetof(Recorder, dict),
    .tp_descr_get = bind_recorder,
    .tp_repr = show_recorder,
    .tp_methods = recorder_methods,
    .tp_members = recorder_members,
    .tp_getset = recorder_attributes,
};

/* -- collecting ----------------------------------------------------------------------------------- */

struct aged {
    long long birth;
    PyObject *node;
};

/* Oldest first; births are all different. Merges runs that are in order already, from the bottom up. */
static int sort_by_birth(PyObject *order)
{
    Py_ssize_t count = PyList_GET_SIZE(order);
    struct aged *from = malloc(2 * (size_t)count * sizeof *from), *to = from + count, *memory = from;
    if (!from) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) { /* turned: nodes were found from the newest on */
        PyObject *node = PyList_GET_ITEM(order, count - 1 - i);
        from[i].node = node;
        from[i].birth = PyLong_AsLongLong(SLOT(node, node_birth));
        if (from[i].birth == -1 && PyErr_Occurred()) {
            free(memory);
            return -1;
        }
    }
    for (int runs = 2; runs > 1;) {
        Py_ssize_t at = 0;
        for (runs = 0; at < count; runs++) {
            Py_ssize_t middle = at + 1, end, left = at, put = at;
            while (middle < count && from[middle - 1].birth < from[middle].birth)
                middle++;
            end = middle < count ? middle + 1 : middle;
            while (end < count && from[end - 1].birth < from[end].birth)
                end++;
            Py_ssize_t right = middle;
            while (left < middle && right < end)
                to[put++] = from[left].birth < from[right].birth ? from[left++] : from[right++];
            while (left < middle)
                to[put++] = from[left++];
            while (right < end)
                to[put++] = from[right++];
            at = end;
        }
        struct aged *other = from;
        from = to;
        to = other;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        PyList_SET_ITEM(order, i, from[i].node); /* the same references in another order */
    free(memory);
    return 0;
}

/* Mark a parent as this walk's own. 1: another walk has it; -1: an error. */
static int claim_parent(PyObject *parent, PyObject *order, PyObject *oldest)
{
    if (parent == Py_None || SLOT(parent, node_walk) == order)
        return 0;
    if (oldest) {
        int young = PyObject_RichCompareBool(SLOT(parent, node_birth), oldest, Py_GE);
        if (young < 1)
            return young;
    }
    if (SLOT(parent, node_walk) != Py_None)
        return 1;
    replace(parent, node_walk, order);
    return PyList_Append(order, parent);
}

/* Whether a leaf was written to after the first operation here was recorded: then the twin looks for what is stale. */
static int written_since(PyObject *order, PyObject *last_write)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(order); i++) {
        PyObject *node = PyList_GET_ITEM(order, i);
        if (SLOT(node, node_operation) != leaf_operation)
            return PyObject_RichCompareBool(last_write, SLOT(node, node_birth), Py_GT);
    }
    return 0;
}

/* claim(roots, oldest, last write): the list of nodes, oldest first, each marked with it; (that list,) where a leaf
 * was written to meanwhile; or (None, why not), which is None where another walk has a node, or the node used up. */
static PyObject *claim(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "claim(roots, oldest, last_write)");
        return NULL;
    }
    PyObject *order = PySequence_List(args[0]), *why = NULL;
    if (!order)
        return NULL;
    int any_age = PyObject_Not(args[1]), held = 0;
    PyObject *oldest = any_age ? NULL : args[1];
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(order); i++)
        if (SLOT(PyList_GET_ITEM(order, i), node_walk) != Py_None) {
            Py_DECREF(order); /* none of them is marked yet */
            return PyTuple_Pack(2, Py_None, Py_None);
        }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(order); i++)
        replace(PyList_GET_ITEM(order, i), node_walk, order);
    for (Py_ssize_t i = 0; !held && i < PyList_GET_SIZE(order); i++) {
        PyObject *node = PyList_GET_ITEM(order, i), *a = SLOT(node, node_a), *b = SLOT(node, node_b);
        if (SLOT(node, node_keep_a) == consumed) {
            why = node;
            break;
        }
        if (PyTuple_Check(a)) {
            for (Py_ssize_t j = 0; !held && j < PyTuple_GET_SIZE(a); j++)
                held = claim_parent(PyTuple_GET_ITEM(a, j), order, oldest);
            continue;
        }
        held = claim_parent(a, order, oldest);
        if (!held)
            held = claim_parent(b, order, oldest);
    }
    if (held == 1)
        why = Py_None;
    int stale = 0;
    if (why || held == -1 || sort_by_birth(order) < 0 || (stale = written_since(order, args[2])) < 0) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(order); i++) {
            PyObject *node = PyList_GET_ITEM(order, i);
            if (SLOT(node, node_walk) == order)
                replace(node, node_walk, Py_None);
        }
        PyObject *answer = why ? PyTuple_Pack(2, Py_None, why) : NULL;
        Py_DECREF(order);
        return answer;
    }
    if (!stale)
        return order;
    PyObject *answer = PyTuple_Pack(1, order);
    Py_DECREF(order);
    return answer;
}

/* -- the walk ------------------------------------------------------------------------------------- */

struct walk {
    PyObject *order, *targets, *found, *own;
    int consume, look; /* look: there are targets, so every node is shown to deliver */
    PyObject *deliver, *let_go, *unbroadcast; /* the twin's helpers for what is out of the ordinary */
};

/* Add one, a new reference, to the total of the parent. */
static int add_to_total(struct walk *w, PyObject *parent, PyObject *one)
{
    PyObject *total = SLOT(parent, node_total), *sum;
    if (total == Py_None) {
        SLOT(parent, node_total) = one;
        Py_DECREF(Py_None);
        return 0;
    }
    if (is_scalar(total) || !PyArray_Check(total))
        sum = PyNumber_Add(total, one);
    else {
        int owned = PySet_Contains(w->own, parent);
        if (owned > 0)
            sum = PyNumber_InPlaceAdd(total, one);
        else
            sum = owned < 0 || PySet_Add(w->own, parent) < 0 ? NULL : PyNumber_Add(total, one);
    }
    Py_DECREF(one);
    if (!sum)
        return -1;
    SLOT(parent, node_total) = sum;
    Py_DECREF(total);
    return 0;
}

static int is_wanted(const struct walk *w, PyObject *parent)
{
    return parent != Py_None && SLOT(parent, node_walk) == w->order;
}

/* One gradient, a new reference or NULL, to the parent. */
static int hand_over(struct walk *w, PyObject *node, PyObject *parent, PyObject *one)
{
    if (one && !is_like(one, SLOT(parent, node_like))) {
        PyObject *arguments[] = {one, parent, node};
        Py_SETREF(one, PyObject_Vectorcall(w->unbroadcast, arguments, 3, NULL));
    }
    return one ? add_to_total(w, parent, one) : -1;
}

/* g through one rule to the parent. */
static int send(struct walk *w, PyObject *node, PyObject *parent, PyObject *pull, PyObject *keep, PyObject *g)
{
    if (!is_wanted(w, parent))
        return 0;
    if (pull == Py_None)
        return hand_over(w, node, parent, Py_NewRef(g));
    PyObject *arguments[] = {g, keep};
    return hand_over(w, node, parent, PyObject_Vectorcall(pull, arguments, 2, NULL));
}

/* g to the parents of a wide node: through each rule, or through all together where more than one is wanted. */
static int spread(struct walk *w, PyObject *node, PyObject *g)
{
    PyObject *operation = SLOT(node, node_operation), *parents = SLOT(node, node_a), *keep = SLOT(node, node_keep_a);
    PyObject *pulls = SLOT(operation, operation_pulls), *together = SLOT(operation, operation_together);
    Py_ssize_t count = PyTuple_GET_SIZE(parents), wanted = 0;
    int only = PyTuple_GET_SIZE(pulls) == 1; /* a variadic operation has one rule for all */
    for (Py_ssize_t i = 0; i < count; i++)
        wanted += is_wanted(w, PyTuple_GET_ITEM(parents, i));
    if (together == Py_None || wanted < 2) {
        for (Py_ssize_t i = 0; i < count; i++)
            if (send(w, node, PyTuple_GET_ITEM(parents, i), PyTuple_GET_ITEM(pulls, only ? 0 : i),
                     PyTuple_GET_ITEM(keep, i), g) < 0)
                return -1;
        return 0;
    }
    PyObject *flags = PyList_New(count);
    for (Py_ssize_t i = 0; flags && i < count; i++)
        PyList_SET_ITEM(flags, i, Py_NewRef(is_wanted(w, PyTuple_GET_ITEM(parents, i)) ? Py_True : Py_False));
    PyObject *arguments[] = {g, flags, keep}, *all = flags ? PyObject_Vectorcall(together, arguments, 3, NULL) : NULL;
    PyObject *gradients = all ? PySequence_Fast(all, "together must return a list of gradients") : NULL;
    int failed = !gradients || PySequence_Fast_GET_SIZE(gradients) != count;
    if (gradients && failed)
        PyErr_SetString(PyExc_ValueError, "together must return a gradient, or None, for each input");
    for (Py_ssize_t i = 0; !failed && i < count; i++) {
        PyObject *one = PySequence_Fast_GET_ITEM(gradients, i), *parent = PyTuple_GET_ITEM(parents, i);
        if (one != Py_None && is_wanted(w, parent))
            failed = hand_over(w, node, parent, Py_NewRef(one)) < 0;
    }
    Py_XDECREF(flags);
    Py_XDECREF(all);
    Py_XDECREF(gradients);
    return failed ? -1 : 0;
}

static int call_with(PyObject *function, PyObject *const *arguments, size_t count)
{
    PyObject *nothing = PyObject_Vectorcall(function, arguments, count, NULL);
    Py_XDECREF(nothing);
    return nothing ? 0 : -1;
}

/* One node; g is a borrowed reference that the caller keeps alive. */
static int pass_node(struct walk *w, PyObject *node, PyObject *g)
{
    PyObject *operation = SLOT(node, node_operation), *note = SLOT(node, node_note);
    if (g == Py_None)
        goto let_go;
    if (operation == leaf_operation)
        return PyDict_SetItem(w->found, node, g);
    if (note != Py_None || w->look) {
        PyObject *arguments[] = {node, g, w->targets, w->found};
        if (call_with(w->deliver, arguments, 4) < 0)
            return -1;
    }
    PyObject *a = SLOT(node, node_a), *b = SLOT(node, node_b), *pulls = SLOT(operation, operation_pulls);
    if (PyTuple_Check(a)) {
        if (spread(w, node, g) < 0)
            return -1;
    } else if ((a != Py_None && send(w, node, a, PyTuple_GET_ITEM(pulls, 0), SLOT(node, node_keep_a), g) < 0) ||
               (b != Py_None && send(w, node, b, PyTuple_GET_ITEM(pulls, 1), SLOT(node, node_keep_b), g) < 0))
        return -1;
let_go:
    if (!w->consume)
        return 0;
    if (note != Py_None || operation == leaf_operation)
        return call_with(w->let_go, &node, 1);
    replace(node, node_a, Py_None);
    replace(node, node_b, Py_None);
    replace(node, node_keep_b, Py_None);
    replace(node, node_keep_a, consumed);
    return 0;
}

/* walk_plainly(order, targets, consume, deliver, let_go, unbroadcast): {node: gradient}. The seeds are the
 * nodes' totals already. The list is empty afterwards; after an error it holds what was not passed. */
static PyObject *walk_plainly(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 6 || !PyList_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "walk_plainly(order, targets, consume, deliver, let_go, unbroadcast)");
        return NULL;
    }
    struct walk w = {
        .order = args[0], .targets = args[1], .consume = PyObject_IsTrue(args[2]), .look = PyObject_IsTrue(args[1]),
        .deliver = args[3], .let_go = args[4], .unbroadcast = args[5],
    };
    w.found = PyDict_New();
    w.own = PySet_New(NULL);
    int failed = !w.found || !w.own || w.consume < 0 || w.look < 0;
    Py_ssize_t at = PyList_GET_SIZE(w.order);
    while (!failed && at > 0) {
        PyObject *node = PyList_GET_ITEM(w.order, --at), *g = SLOT(node, node_total);
        PyList_SET_ITEM(w.order, at, Py_NewRef(Py_None)); /* memory goes down while the walk runs */
        fill(node, node_total, Py_None);
        replace(node, node_walk, Py_None);
        failed = pass_node(&w, node, g) < 0 || (at % 1024 == 0 && PyErr_CheckSignals() < 0);
        Py_DECREF(g);
        Py_DECREF(node);
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyList_SetSlice(w.order, at, PyList_GET_SIZE(w.order), NULL) < 0) {
        PyErr_Clear();
        failed = 1;
    }
    PyErr_Restore(type, value, traceback);
    Py_XDECREF(w.own);
    if (failed)
        Py_CLEAR(w.found);
    return w.found;
}

/* -- the module ----------------------------------------------------------------------------------- */

static Py_ssize_t offset_of(PyObject *known, const char *class, const char *slot)
{
    PyObject *type = PyDict_GetItemString(known, class);
    PyObject *descriptor = type ? PyObject_GetAttrString(type, slot) : NULL;
    if (!descriptor || !Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) {
        Py_XDECREF(descriptor);
        PyErr_Format(PyExc_TypeError, "prepare_recorder: %s has no slot %s", class, slot);
        return -1;
    }
    Py_ssize_t offset = ((PyMemberDescrObject *)descriptor)->d_member->offset;
    Py_DECREF(descriptor);
    return offset;
}

/* prepare_recorder(names): the classes and constants of the engine, once, by the names below. */
static PyObject *prepare_recorder(PyObject *module, PyObject *known)
{
    if (!PyDict_Check(known)) {
        PyErr_SetString(PyExc_TypeError, "prepare_recorder: a dict of names is needed");
        return NULL;
    }
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if ((*slots[i].offset = offset_of(known, slots[i].class, slots[i].slot)) < 0)
            return NULL;
    const struct {
        const char *name;
        PyObject **to;
    } names[] = {
        {"Tensor", (PyObject **)&tensor_type},
        {"Node", (PyObject **)&node_type},
        {"float64", (PyObject **)&float64_type},
        {"mode", &mode_variable},
        {"CONSUMED", &consumed},
        {"SCALAR", &scalar_like},
        {"LEAF", &leaf_operation},
        {"births", &births},
        {"explained", &explained},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        PyObject *value = PyDict_GetItemString(known, names[i].name);
        if (!value) {
            PyErr_Format(PyExc_TypeError, "prepare_recorder: %s is missing", names[i].name);
            return NULL;
        }
        Py_XSETREF(*names[i].to, Py_NewRef(value));
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"prepare_recorder", prepare_recorder, METH_O, "prepare_recorder(names): the engine's classes and constants."},
    {"claim", (PyCFunction)(void (*)(void))claim, METH_FASTCALL, "claim(roots, oldest, last_write): see engine.claim."},
    {"walk_plainly", (PyCFunction)(void (*)(void))walk_plainly, METH_FASTCALL, "See engine.walk_plainly."},
    {NULL, NULL, 0, NULL},
};

int add_recorder(PyObject *module)
{
#ifdef Py_GIL_DISABLED
    return 0; /* this file counts on the lock: without it the twins do the work */
#endif
    if (PyType_Ready(&recorder_type) < 0 || PyModule_AddFunctions(module, methods) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "Recorder", (PyObject *)&recorder_type);
}
