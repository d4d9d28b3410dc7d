cimport numpy as cnp
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF

from .node cimport Node, Value

cdef extern from "Python.h":
    bint is_tracked "PyObject_GC_IsTracked"(object thing)
    void untrack "PyObject_GC_UnTrack"(object thing)
    int check_signals "PyErr_CheckSignals"() except -1
    int PyContextVar_Get(object variable, PyObject* default, PyObject** value) except -1

cdef inline Value new_tensor(object kind):
    return <Value>(<PyTypeObject*>kind).tp_new(<type>kind, <PyObject*>(), NULL)

cdef inline Node new_node(object kind):
    return <Node>(<PyTypeObject*>kind).tp_new(<type>kind, <PyObject*>(), NULL)

cdef inline object value_of(object variable):
    cdef PyObject* value = NULL
    PyContextVar_Get(variable, NULL, &value)
    result = <object>value
    Py_DECREF(result)  # the reference that PyContextVar_Get gave
    return result

cdef inline object dtype_of(cnp.ndarray array):
    return array.descr

cdef inline object base_of(cnp.ndarray array):
    cdef PyObject* base = cnp.PyArray_BASE(array)
    return None if base is NULL else <object>base
