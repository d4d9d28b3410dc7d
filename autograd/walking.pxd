cimport cython

from . cimport interpreter
from .node cimport LastWrite, Leaf, Node, Recordable
from .ownership cimport landed, memory_of, whose
from .unbroadcasting cimport unbroadcast

cdef object ndarray, float64, raw, Tensor, Later, refuse_gradient, ref, numbers
cdef object CONSUMED
cdef Recordable LEAF
cdef LastWrite LAST_WRITE
cdef dict SCALARS
cdef tuple SCALAR
cdef dict running
cdef int BORROWED, FREE, OWN

cdef bint is_under_way(long long number)

@cython.final
cdef class Walk:
    cdef readonly long long number
    cdef readonly list order, leaves, later
    cdef readonly dict elsewhere, found
    cdef readonly set free
    cdef object targets
    cdef bint consume, write_notes, has_targets
    cdef object apply, unbroadcast, accumulate
    cdef object __weakref__

    @cython.locals(node=Node, a=Node, b=Node, many=tuple, early=set)
    cpdef collect(self, roots, long long oldest=*, bint check_stale=*)
    @cython.locals(is_free=bint)
    cpdef int claim(self, Node node, long long oldest) except -1
    @cython.locals(node=Node)
    cpdef keep(self, set wanted)
    cdef int put(self, Node node, object total, int own) except -1
    cdef int leave(self, Node node) except -1
    @cython.locals(node=Node, own=int)
    cpdef run(self, dict seeds)
    @cython.locals(nodes=list, node=Node)
    cpdef end(self)
    @cython.locals(operation=Recordable, a=Node, b=Node)
    cdef int pass_on(self, Node node, object g, int own) except -1
    @cython.locals(operation=Recordable, many=tuple, i=Py_ssize_t, parent=Node)
    cdef int pass_on_to_many(self, Node node, object g, int own) except -1
    cdef int send(self, Node node, Node parent, object pull, object saved, object g, int own) except -1
    @cython.locals(before=int)
    cdef int add(self, Node node, Node parent, object one, int own) except -1
    cdef summed(self, Node parent, object total, object one, int own)
    cdef int deliver(self, Node node, object g, int own) except -1

cdef holder_of(Node node)
@cython.locals(found=dict, node=Node, holders=list, gradients=list, nodes=list, first=list)
cpdef land(Walk walk)
@cython.locals(oldest=cython.longlong, newest=cython.longlong, falling=bint, node=Node, places=list)
cdef int sort_by_birth(list order) except -1
@cython.locals(hooked_leaves=set, early=set, placed=list, leaf=Node, node=Node)
cdef set place_hooked(list order, list leaves)
@cython.locals(node=Node, first=Node, parent=Node)
cpdef refuse_stale(list order)
