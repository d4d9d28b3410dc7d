cimport cython

from . cimport interpreter, placing
from .node cimport LastWrite, Leaf, Node, Value

cdef object ABSENT, Tensor, births, ndarray
cdef tuple NO_PLACES
cdef LastWrite LAST_WRITE
cdef int DATA, ITSELF, GRADIENT, ARGUMENT, ARGUMENT_GRADIENT

@cython.final
cdef class Same:
    cdef readonly list dicts, lists, cells, lengths

    @cython.locals(i=Py_ssize_t, watched=tuple, items=dict, row=list)
    cpdef bint holds(self) except -1

cdef class Ready:
    cdef readonly list calls, steps, tensors, nodes, likes, gradients, positions
    cdef readonly tuple template
    cdef readonly object guards
    cdef readonly Same same

    @cython.locals(i=Py_ssize_t, tensor=Value, node=Node, leaf=Leaf, like=tuple, state=tuple)
    cpdef bint holds(self, list given) except -1
    @cython.locals(i=Py_ssize_t, values=dict)
    cpdef run(self, list given)

@cython.locals(tensor=Value, parts=list)
cpdef built(tuple template, dict values, list given)

@cython.final
cdef class Call:
    cdef readonly object program
    cdef readonly bytes kinds
    cdef readonly list things, carried, results, leaves, gradients, tensors
    cdef readonly bint direct
    cdef readonly Py_ssize_t last

    @cython.locals(i=Py_ssize_t, at=Py_ssize_t, kind=int, arguments=list, found=list, leaves=list, tensors=list)
    @cython.locals(gradients=list, tensor=Value, leaf=Leaf, holders=list, keys=list, items=list)
    cpdef run(self, list given, dict values, list more=*, tuple places=*)

@cython.final
cdef class Moved:
    cdef readonly list parameters, nodes, rows, likes, names
    cdef readonly object formula, kind
    cdef readonly dict counts, options

    @cython.locals(i=Py_ssize_t, tensor=Value, like=tuple, alone=bint, dicts=list, remembered=dict)
    cpdef bint read(self, object move, list arguments, list counted, list arrays) except -1

@cython.final
cdef class Moving:
    cdef readonly Call call, plain
    cdef readonly object optimizer, moves
    cdef readonly list known

    @cython.locals(i=Py_ssize_t, known=Moved, arguments=list, counted=list, arrays=list)
    cpdef tuple read(self)
    @cython.locals(read=tuple)
    cpdef run(self, list given, dict values)
