cimport cython

from . cimport interpreter
from .node cimport Node, Recordable

cdef object ndarray, copy
cdef int BORROWED, FREE, OWN

cdef memory_of(array)
cdef int whose(object one, object g, int own, object saved, Recordable operation) except -1
cdef bint is_memory_of(object saved, object memory) except -1
@cython.locals(node=Node, memory=object)
cpdef tuple landed(dict found, set free)
