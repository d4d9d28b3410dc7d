cimport cython

from . cimport interpreter
from .node cimport LastWrite, Leaf, Node, Value
from .values cimport own

cdef object ndarray, births, native, _mode, FLOAT32, FLOAT64
cdef LastWrite LAST_WRITE

@cython.final
cdef class Step:
    cdef dict _nodes
    cdef list _kernels, _items, _values, _numbers, _entries

    @cython.locals(leaves=list, ws=list, gs=list, in_place=bint, i=Py_ssize_t, names=list, begins=list, batches=dict)
    @cython.locals(first=bint, values=list)
    cpdef move(self, parameters, state, formula, options, arrays=*, counts=*)
    cpdef update(self, parameters, update)
    cpdef remember(self, state, changes)
    @cython.locals(stamp=cython.longlong, node=Leaf, writes=list)
    cpdef make(self)
    @cython.locals(tensor=Value, node=Node)
    cdef object _gradient(self, p)
    @cython.locals(leaves=list, ws=list, gs=list, in_place=bint)
    cdef tuple _open(self, parameters)
    cdef int _run(self, bint in_place, formula, options, list ws, list gs, tuple states) except -1
    cdef object _gradient_like(self, p, g, w)
    cdef int _replace(self, p, w) except -1
    cdef object _remembered(self, p, remembered, name, w)

cdef bint fits(array, w) except -1
@cython.locals(numbers=list, settled=list)
cpdef tuple compiled_update(formula, Py_ssize_t states, dict options)
