cimport cython

from . cimport interpreter
from .node cimport LastWrite, Leaf, Node, Recordable
from .ownership cimport memory_of, whose
from .recording cimport fits

cdef object ndarray, float64, sum_to, astype, raw, Tensor, collecting, refuse_gradient, ref, numbers, birth_of
cdef object CONSUMED
cdef Recordable LEAF
cdef LastWrite LAST_WRITE
cdef dict SCALARS
cdef tuple SCALAR
cdef dict running
cdef int BORROWED, FREE, OWN

cdef bint is_under_way(long long number)

cdef class Walk:
    cdef readonly long long number
    cdef readonly list order, leaves
    cdef readonly dict elsewhere, found
    cdef readonly set free
    cdef object targets
    cdef bint consume, write_notes, has_targets
    cdef object apply, unbroadcast, accumulate
    cdef object __weakref__

    @cython.locals(node=Node, a=Node, b=Node, many=tuple)
    cpdef collect(self, roots, long long oldest=*, bint check_stale=*)
    cdef claim(self, Node node, long long oldest)
    @cython.locals(node=Node)
    cpdef keep(self, set wanted)
    cdef put(self, Node node, object total, int own)
    cdef leave(self, Node node)
    @cython.locals(node=Node, own=int)
    cpdef run(self, dict seeds)
    @cython.locals(node=Node)
    cpdef end(self)
    @cython.locals(operation=Recordable, a=Node, b=Node, many=tuple, i=Py_ssize_t, parent=Node)
    cdef pass_on(self, Node node, object g, int own)
    cdef send(self, Node node, Node parent, object pull, object saved, object g, int own)
    @cython.locals(before=int)
    cdef add(self, Node node, Node parent, object one, int own)
    cdef deliver(self, Node node, object g, int own)

cpdef unbroadcast(g, Node parent, Node node)
cpdef accumulate(total, g, node, own)
@cython.locals(i=Py_ssize_t, node=Node, last=Node)
cdef sort_by_birth(list order)
@cython.locals(node=Node, first=Node, parent=Node)
cpdef refuse_stale(list order)
