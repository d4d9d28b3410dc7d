from .node cimport Node

cdef object sum_to, astype, raw, Tensor, refuse_gradient

cpdef unbroadcast(g, Node parent, Node node)
cdef bint undoes_broadcasting(Node node, tuple given, tuple shape) except -1
