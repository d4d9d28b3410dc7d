cimport cython

from . cimport interpreter
from .node cimport LastWrite, Leaf, Node, Value

cdef object ABSENT, births
cdef LastWrite LAST_WRITE
cdef int DATA, ITSELF, GRADIENT, ARGUMENT, ARGUMENT_GRADIENT

@cython.locals(i=Py_ssize_t, tensor=Value, node=Node, like=tuple)
cpdef bint tensors_hold(list tensors, list nodes, list likes) except -1
@cython.locals(i=Py_ssize_t, of=dict)
cpdef bint items_hold(list dicts, list keys, list expected) except -1
@cython.locals(i=Py_ssize_t)
cpdef bint cells_hold(list cells, list expected) except -1

@cython.final
cdef class Call:
    cdef readonly object program
    cdef readonly list kinds, things, carried, results, leaves, gradients, tensors
    cdef readonly Py_ssize_t last

    @cython.locals(i=Py_ssize_t, kind=int, arguments=list, found=list, tensor=Value, node=Node, leaf=Leaf)
    cpdef run(self, list given, dict values)
