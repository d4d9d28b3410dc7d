cimport cython

from .node cimport Recordable, Value
from .values cimport fixed, held

cdef object ndarray, plain, refuse_complex, refuse_static_gradient, COMPLEX
cdef tuple SIZES

@cython.locals(names=list, values=list, count=Py_ssize_t, found=Py_ssize_t, at=Py_ssize_t)
cpdef tuple arranged(Recordable op, tuple args, dict kwargs)

cpdef bint is_array(object value) except -1

@cython.locals(i=Py_ssize_t)
cpdef tuple without_tensors(Recordable op, tuple more)

@cython.locals(given=list, own=list, nodes=list, recorded=tuple, tensors=bint, i=Py_ssize_t, at=Py_ssize_t, tensor=Value)
cpdef tuple unwrapped(Recordable op, object first, object second, tuple more, bint recording)

cpdef object operand(Recordable op, int position, object value)
@cython.locals(tensor=Value)
cpdef object static(Recordable op, int position, object value)
cpdef tuple call_of(Recordable op, list given)
cpdef list listed(object x, object z, tuple rest)
