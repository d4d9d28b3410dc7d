cimport cython
cimport numpy as cnp

from . cimport interpreter
from .node cimport Node, Recordable, Value

cdef dict SCALARS
cdef tuple SCALAR
cdef object births, _mode, ndarray, float64, Tensor, EXPLAINED, MISSING, FLOATS, plain, refuse_without_history
cdef int NOTHING, SEVERAL

@cython.locals(a=Node, b=Node, many=tuple, tensors=bint, node=Node, tensor=Value, like=tuple)
cdef object record(Recordable op, object first, object second, object more, bint auxiliaries)

@cython.locals(names=list, values=list, count=Py_ssize_t, found=Py_ssize_t, at=Py_ssize_t)
cdef tuple arranged(Recordable op, tuple args, dict kwargs)

cdef object record_arranged(Recordable op, tuple args, dict kwargs, bint auxiliaries)

@cython.locals(given=list, nodes=list, tensors=bint, i=Py_ssize_t, at=Py_ssize_t, tensor=Value)
cdef tuple unwrapped(Recordable op, object first, object second, object more)

cdef object operand(Recordable op, int position, object value)
@cython.locals(tensor=Value)
cdef object static(Recordable op, int position, object value)
cdef list arguments(object x, object z, object rest)

cdef tuple like_of_result(object y, Node a, Node b)

@cython.locals(shape=tuple, i=Py_ssize_t, length=Py_ssize_t)
cpdef bint fits(cnp.ndarray array, tuple like)

cdef bint has_no_axes(cnp.ndarray array)

cdef object saved(Recordable op, int i, int place, object x, object z, object rest, object y, object extra)

@cython.locals(count=int, at=int)
cdef object value_at(Recordable op, int place, object x, object z, object rest, object y, object extra)

@cython.locals(i=Py_ssize_t)
cdef tuple saved_of_each(Recordable op, tuple many, object x, object z, object rest, object y, object extra)

cdef bint may_lead_back(Node node)
cdef bint holds_tracked(object value)
