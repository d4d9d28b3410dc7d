cimport cython

from . cimport interpreter
from .node cimport LastWrite, Leaf, Node, Value
from .values cimport own

cdef object births, current, compiled_update, deque, in_memory_of_its_own, native, note_of, partial, update, users_line
cdef object call, chain, getitem, ndarray, repeat, setitem, starmap, _FLOAT32, _FLOAT64
cdef LastWrite LAST_WRITE

@cython.final
cdef class Step:
    cdef dict _nodes
    cdef list _kernels, _items, _values, _numbers

    @cython.locals(leaves=list, ws=list, gs=list, names=list, begins=list, batches=dict, remembered=object, values=list)
    @cython.locals(p=Value, first=bint, in_place=bint)
    cpdef move(self, parameters, state, formula, options, arrays=*, counts=*)
    @cython.locals(p=Value)
    cpdef update(self, parameters, update)
    @cython.locals(leaf=Leaf)
    cpdef make(self)
    @cython.locals(leaf=Leaf)
    cdef object _gradient(self, Value p)
    @cython.locals(p=Value, leaves=list, ws=list, gs=list, in_place=bint)
    cdef tuple _open(self, parameters)
    cdef _run(self, bint in_place, formula, options, list ws, list gs, tuple states)
    cdef object _gradient_like(self, Value p, g, w)
    cdef _replace(self, Value p, w)
    cdef object _remembered(self, Value p, remembered, name, w)
