cimport cython

from . cimport interpreter
from .node cimport Node, Recordable

cdef object ndarray, copy

cpdef memory_of(array)
cpdef int whose(object one, object g, int own, object saved, Recordable operation) except -1
cdef bint is_among(object saved, object array) except -1
cdef bint is_memory_of(object saved, object memory) except -1
@cython.locals(node=Node, memory=object)
cpdef tuple landed(dict found, set free)
