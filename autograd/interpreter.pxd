cimport numpy as cnp
from cpython.object cimport PyObject, PyTypeObject

from .node cimport Node, Value

cdef extern from "Python.h":
    bint is_tracked "PyObject_GC_IsTracked"(object thing)
    void untrack "PyObject_GC_UnTrack"(object thing)
    void track "PyObject_GC_Track"(object thing)
    PyObject* PyTuple_GET_ITEM(object items, Py_ssize_t i)
    Py_ssize_t PyTuple_GET_SIZE(object items)
    Py_ssize_t PyLong_AsSsize_t(object number) except? -1
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

cdef inline Value as_value(object tensor):
    return <Value>tensor

cdef inline int number_of_axes(object array):
    return cnp.PyArray_NDIM(<cnp.ndarray>array)

cdef inline Py_ssize_t entries(object array):
    cdef Py_ssize_t count = 1
    cdef int i
    for i in range(cnp.PyArray_NDIM(<cnp.ndarray>array)):
        count *= cnp.PyArray_DIM(<cnp.ndarray>array, i)
    return count

cdef inline bint fits(object array, tuple like):
    cdef PyObject* shape = PyTuple_GET_ITEM(like, 0)
    cdef int axes = cnp.PyArray_NDIM(<cnp.ndarray>array)
    cdef int i
    if PyTuple_GET_SIZE(<tuple>shape) != axes:
        return False
    for i in range(axes):
        if PyLong_AsSsize_t(<object>PyTuple_GET_ITEM(<tuple>shape, i)) != cnp.PyArray_DIM(<cnp.ndarray>array, i):
            return False
    return <PyObject*>cnp.PyArray_DESCR(<cnp.ndarray>array) is PyTuple_GET_ITEM(like, 1)

cdef inline bint alike(object a, object b):
    cdef int axes = cnp.PyArray_NDIM(<cnp.ndarray>a)
    cdef int i
    if cnp.PyArray_DESCR(<cnp.ndarray>a) is not cnp.PyArray_DESCR(<cnp.ndarray>b):
        return False
    if cnp.PyArray_NDIM(<cnp.ndarray>b) != axes:
        return False
    for i in range(axes):
        if cnp.PyArray_DIM(<cnp.ndarray>a, i) != cnp.PyArray_DIM(<cnp.ndarray>b, i):
            return False
    return True

cdef inline object base_of(cnp.ndarray array):
    cdef PyObject* base = cnp.PyArray_BASE(array)
    return None if base is NULL else <object>base

cdef inline bint is_writeable(object array):
    return cnp.PyArray_ISWRITEABLE(<cnp.ndarray>array)

cdef inline bint is_in_order(object array):
    return cnp.PyArray_ISCARRAY(<cnp.ndarray>array)

cdef inline bint is_behaved(object array):
    return cnp.PyArray_ISBEHAVED(<cnp.ndarray>array)

cdef extern from *:
    """
    static inline int is_in_cell(PyObject *cell, PyObject *thing)
    {
        return PyCell_GET(cell) == thing;
    }
    """
    bint is_in_cell(object cell, object thing)

cdef extern from *:
    """
    #include <numpy/arrayobject.h>

    static inline PyObject *copied(PyObject *given)
    {
        PyArrayObject *array = (PyArrayObject *)given, *copy;
        if (PyArray_API == NULL && _import_array() < 0)  /* each compiled module has its own table of NumPy's functions */
            return NULL;
        if (!PyArray_ISONESEGMENT(array) || PyDataType_REFCHK(PyArray_DESCR(array)))
            return PyArray_NewCopy(array, NPY_KEEPORDER);
        copy = (PyArrayObject *)PyArray_NewLikeArray(array, NPY_KEEPORDER, NULL, 0);
        if (copy != NULL)  /* laid out as the other: of few entries, this takes half of NumPy's time */
            memcpy(PyArray_DATA(copy), PyArray_DATA(array), PyArray_NBYTES(array));
        return (PyObject *)copy;
    }
    """
    object copied(object array)

cdef inline int set_all(list holders, object name, list values) except -1:
    cdef Py_ssize_t i
    for i in range(len(holders)):
        setattr(holders[i], name, values[i])
    return 0
