cimport cython

from . cimport interpreter
from .node cimport Value

cdef object ndarray, ref, _mode

cpdef hand_out(Value tensor)
cpdef handed_out(Value tensor)
cpdef fixed(Value tensor)
cpdef held(value)
cpdef bint cannot_be_written(array) except -1
cpdef own(Value tensor)
