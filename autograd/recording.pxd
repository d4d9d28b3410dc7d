cimport cython
cimport numpy as cnp

from . cimport interpreter
from .arguments cimport arranged, call_of, is_array, listed, operand, static, unwrapped, without_tensors
from .node cimport Node, Recordable, Value
from .values cimport fixed, held

cdef dict SCALARS
cdef tuple SCALAR
cdef object births, _mode, ndarray, float64, Tensor, EXPLAINED, MISSING, FLOATS
cdef object refuse_without_history, warn_of_broadcasting, called_in_torch_words
cdef int NOTHING, SEVERAL

@cython.locals(rest=tuple, a=Node, b=Node, many=tuple, tensors=bint, node=Node, tensor=Value, like=tuple)
cdef object record(Recordable op, object first, object second, tuple more, bint auxiliaries)

@cython.locals(positional=tuple)
cdef object record_arranged(Recordable op, tuple args, dict kwargs, bint auxiliaries)

cdef tuple like_of_result(object y, Node a, Node b)

@cython.locals(size=Py_ssize_t)
cdef bint spread(cnp.ndarray x, cnp.ndarray z, cnp.ndarray y)

@cython.locals(size=Py_ssize_t, axes=int, n=int, differ=bint)
cdef bint spread_of_many(list given, cnp.ndarray y)

@cython.locals(places=tuple)
cdef object saved(Recordable op, int i, int place, object x, object z, tuple rest, object y, object extra)

@cython.locals(count=int, at=int)
cdef object value_at(Recordable op, int place, object x, object z, tuple rest, object y, object extra)

@cython.locals(i=Py_ssize_t)
cdef tuple saved_of_each(Recordable op, tuple many, object x, object z, tuple rest, object y, object extra)

cdef bint may_lead_back(Node node)
@cython.locals(items=tuple)
cdef bint holds_tracked(object value)
