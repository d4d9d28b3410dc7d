cimport numpy as cnp
from cpython.object cimport PyObject, PyTypeObject

from .node cimport Node, Value

cdef extern from "Python.h":
    bint is_tracked "PyObject_GC_IsTracked"(object thing)
    void untrack "PyObject_GC_UnTrack"(object thing)
    int check_signals "PyErr_CheckSignals"() except -1

cdef extern from *:
    """
    static inline PyObject *value_of(PyObject *variable)
    {
        PyObject *value = NULL;
        return PyContextVar_Get(variable, NULL, &value) < 0 ? NULL : value;
    }
    """
    object value_of(object variable)

cdef inline Value new_tensor(object kind):
    return <Value>(<PyTypeObject*>kind).tp_new(<type>kind, <PyObject*>(), NULL)

cdef inline Node new_node(object kind):
    return <Node>(<PyTypeObject*>kind).tp_new(<type>kind, <PyObject*>(), NULL)

cdef inline object dtype_of(cnp.ndarray array):
    return array.descr

cdef inline object base_of(cnp.ndarray array):
    cdef PyObject* base = cnp.PyArray_BASE(array)
    return None if base is NULL else <object>base

cdef inline int set_all(list holders, object name, list values) except -1:
    cdef Py_ssize_t i
    for i in range(len(holders)):
        setattr(holders[i], name, values[i])
    return 0
