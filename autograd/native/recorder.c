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

#define MOST_PLACES 3

/* -- what it knows of the classes --------------------------------------------------------------- */

static PyTypeObject *tensor_type, *node_type, *float64_type;
static PyObject *no_mode_but, *consumed, *scalar_like, *leaf_operation, *births, *explained;

static Py_ssize_t tensor_data, tensor_name, tensor_node;
static Py_ssize_t node_operation, node_birth, node_a, node_b, node_keep_a, node_keep_b, node_like, node_note, node_walk,
    node_total;
static Py_ssize_t operation_pull_a, operation_pull_b;

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
    {"Node", "total", &node_total},          {"Operation", "pull_a", &operation_pull_a},
    {"Operation", "pull_b", &operation_pull_b},
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

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *dict;
    PyObject *operation, *forward, *twin;
    int inputs;
    int counts[2];              /* how many values the rule of each input keeps, */
    int places[2][MOST_PLACES]; /* and which: 0 is nothing, then the inputs, then the result */
} Recorder;

/* What a rule asked to keep: None, a value, or a tuple of them. */
static PyObject *kept(const Recorder *self, int rule, PyObject *const *values)
{
    int count = self->counts[rule];
    const int *places = self->places[rule];
    if (count < 2)
        return Py_NewRef(count ? values[places[0]] : Py_None);
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; tuple && i < count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(values[places[i]]));
    return tuple;
}

static PyObject *new_node(const Recorder *self, PyObject *a, PyObject *b, PyObject *const *values, PyObject *like)
{
    PyObject *keep_a = a == Py_None ? Py_NewRef(Py_None) : kept(self, 0, values);
    PyObject *keep_b = keep_a ? (b == Py_None ? Py_NewRef(Py_None) : kept(self, 1, values)) : NULL;
    PyObject *birth = keep_b ? Py_TYPE(births)->tp_iternext(births) : NULL;
    PyObject *node = birth ? node_type->tp_alloc(node_type, 0) : NULL;
    if (!node) {
        Py_XDECREF(keep_a);
        Py_XDECREF(keep_b);
        Py_XDECREF(birth);
        return NULL;
    }
    SLOT(node, node_birth) = birth;
    SLOT(node, node_keep_a) = keep_a;
    SLOT(node, node_keep_b) = keep_b;
    fill(node, node_operation, self->operation);
    fill(node, node_a, a);
    fill(node, node_b, b);
    fill(node, node_like, like);
    fill(node, node_note, Py_None);
    fill(node, node_walk, Py_None);
    fill(node, node_total, Py_None);
    return node;
}

static PyObject *record(PyObject *object, PyObject *const *args, size_t flags, PyObject *keywords)
{
    Recorder *self = (Recorder *)object;
    PyObject *values[2 + MOST_PLACES] = {Py_None}, *nodes[2] = {Py_None, Py_None};
    PyObject *mode = NULL, *tensor = NULL, *y = NULL, *like = NULL;
    int inputs = self->inputs, tensors = 0;
    if (PyVectorcall_NARGS(flags) != inputs || (keywords && PyTuple_GET_SIZE(keywords)))
        goto ask_twin;
    for (int i = 0; i < inputs; i++) {
        PyObject *value = args[i];
        if (PyObject_TypeCheck(value, tensor_type)) {
            nodes[i] = SLOT(value, tensor_node);
            value = SLOT(value, tensor_data);
            tensors++;
            if (!value || !nodes[i])
                goto ask_twin; /* of a class that has not set itself up */
        } else if (PyList_Check(value) || PyTuple_Check(value))
            goto ask_twin;
        values[1 + i] = value;
    }
    if (!tensors)
        goto ask_twin;
    if (PyContextVar_Get(no_mode_but, NULL, &mode) < 0)
        return NULL;
    Py_XDECREF(mode);
    if (mode != Py_None)
        goto ask_twin;
    /* The values must outlast what forward may do to the Tensors. */
    for (int i = 0; i < inputs; i++) {
        Py_INCREF(values[1 + i]);
        Py_INCREF(nodes[i]);
    }
    y = PyObject_Vectorcall(self->forward, values + 1, inputs, NULL);
    if (!y)
        goto done;
    tensor = tensor_type->tp_alloc(tensor_type, 0);
    if (!tensor)
        goto done;
    fill(tensor, tensor_data, y);
    fill(tensor, tensor_name, Py_None);
    fill(tensor, tensor_node, Py_None);
    if (nodes[0] != Py_None || nodes[1] != Py_None) {
        like = like_of(y, nodes[0], nodes[1]);
        if (!like) {
            Py_CLEAR(tensor);
            goto done;
        }
        if (is_float(like)) {
            values[1 + inputs] = y;
            PyObject *node = new_node(self, nodes[0], nodes[1], values, like);
            if (!node) {
                Py_CLEAR(tensor);
                goto done;
            }
            Py_SETREF(SLOT(tensor, tensor_node), node);
        }
    }
done:
    Py_XDECREF(y);
    Py_XDECREF(like);
    for (int i = 0; i < inputs; i++) {
        Py_DECREF(values[1 + i]);
        Py_DECREF(nodes[i]);
    }
    if (!tensor && !y && PyErr_ExceptionMatches(explained)) {
        PyErr_Clear(); /* the twin fails in the same way, and explains it */
        goto ask_twin;
    }
    return tensor;
ask_twin:
    return PyObject_Vectorcall(self->twin, args, flags, keywords);
}

static int places_of(PyObject *places, int rule, Recorder *self)
{
    Py_ssize_t count = PyTuple_GET_SIZE(places);
    if (count > MOST_PLACES) {
        PyErr_SetString(PyExc_ValueError, "Recorder: a rule keeps at most two inputs and the result");
        return -1;
    }
    self->counts[rule] = (int)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        long place = PyLong_AsLong(PyTuple_GET_ITEM(places, i));
        if (place < 1 || place > 1 + self->inputs) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "Recorder: there is no such place");
            return -1;
        }
        self->places[rule][i] = (int)place;
    }
    return 0;
}

/* Recorder(operation, forward, twin, (places of rule 0,) or (places of rule 0, places of rule 1)) */
static PyObject *new_recorder(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *operation, *forward, *twin, *places;
    if (!PyArg_ParseTuple(args, "OOOO!", &operation, &forward, &twin, &PyTuple_Type, &places))
        return NULL;
    if (!tensor_type) {
        PyErr_SetString(PyExc_RuntimeError, "Recorder: prepare_recorder has not been called");
        return NULL;
    }
    Py_ssize_t inputs = PyTuple_GET_SIZE(places);
    if (inputs != 1 && inputs != 2) {
        PyErr_SetString(PyExc_ValueError, "Recorder: one or two inputs");
        return NULL;
    }
    Recorder *self = (Recorder *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    self->vectorcall = record;
    self->inputs = (int)inputs;
    self->operation = Py_NewRef(operation);
    self->forward = Py_NewRef(forward);
    self->twin = Py_NewRef(twin);
    for (int i = 0; i < inputs; i++)
        if (!PyTuple_Check(PyTuple_GET_ITEM(places, i)) || places_of(PyTuple_GET_ITEM(places, i), i, self) < 0) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "Recorder: places must be tuples");
            Py_DECREF(self);
            return NULL;
        }
    return (PyObject *)self;
}

static int traverse_recorder(Recorder *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    Py_VISIT(self->operation);
    Py_VISIT(self->forward);
    Py_VISIT(self->twin);
    return 0;
}

static int clear_recorder(Recorder *self)
{
    Py_CLEAR(self->dict);
    Py_CLEAR(self->operation);
    Py_CLEAR(self->forward);
    Py_CLEAR(self->twin);
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

/* claim(roots, oldest): the list of nodes, oldest first, each marked with it; or (the list so far, why not):
 * None where another walk has a node, or the node that was used up. */
static PyObject *claim(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "claim(roots, oldest)");
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
    if (why || held == -1 || sort_by_birth(order) < 0) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(order); i++) {
            PyObject *node = PyList_GET_ITEM(order, i);
            if (SLOT(node, node_walk) == order)
                replace(node, node_walk, Py_None);
        }
        PyObject *answer = why ? PyTuple_Pack(2, Py_None, why) : NULL;
        Py_DECREF(order);
        return answer;
    }
    return order;
}

/* -- the walk ------------------------------------------------------------------------------------- */

struct walk {
    PyObject *order, *targets, *found, *own;
    int consume, look; /* look: there are targets, so every node is shown to deliver */
    PyObject *deliver, *let_go, *spread, *unbroadcast; /* the twin's helpers for what is out of the ordinary */
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

/* g through one rule to the parent. */
static int send(struct walk *w, PyObject *node, PyObject *parent, PyObject *pull, PyObject *keep, PyObject *g)
{
    if (parent == Py_None || SLOT(parent, node_walk) != w->order)
        return 0;
    PyObject *one;
    if (pull == Py_None)
        one = Py_NewRef(g);
    else {
        PyObject *arguments[] = {g, keep};
        one = PyObject_Vectorcall(pull, arguments, 2, NULL);
    }
    if (one && !is_like(one, SLOT(parent, node_like))) {
        PyObject *arguments[] = {one, parent, node};
        Py_SETREF(one, PyObject_Vectorcall(w->unbroadcast, arguments, 3, NULL));
    }
    return one ? add_to_total(w, parent, one) : -1;
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
    PyObject *a = SLOT(node, node_a), *b = SLOT(node, node_b);
    if (PyTuple_Check(a)) {
        PyObject *arguments[] = {node, g, w->order, w->own};
        if (call_with(w->spread, arguments, 4) < 0)
            return -1;
    } else if (send(w, node, a, SLOT(operation, operation_pull_a), SLOT(node, node_keep_a), g) < 0 ||
               send(w, node, b, SLOT(operation, operation_pull_b), SLOT(node, node_keep_b), g) < 0)
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

/* walk_plainly(order, targets, consume, deliver, let_go, spread, unbroadcast): {node: gradient}. The seeds are the
 * nodes' totals already. The list is empty afterwards; after an error it holds what was not passed. */
static PyObject *walk_plainly(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 7 || !PyList_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "walk_plainly(order, targets, consume, deliver, let_go, spread, unbroadcast)");
        return NULL;
    }
    struct walk w = {
        .order = args[0], .targets = args[1], .consume = PyObject_IsTrue(args[2]), .look = PyObject_IsTrue(args[1]),
        .deliver = args[3], .let_go = args[4], .spread = args[5], .unbroadcast = args[6],
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
        {"mode", &no_mode_but},
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
    {"claim", (PyCFunction)(void (*)(void))claim, METH_FASTCALL, "claim(roots, oldest): see engine.claim."},
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
