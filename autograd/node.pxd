cimport cython

from . cimport interpreter

cdef class Recordable:
    cdef public object name, forward, reference, together, inputs, auxiliaries, in_torch_words
    cdef public list names
    cdef public dict defaults, words
    cdef public tuple input_at, pulls, saves
    cdef public int place_a, place_b
    cdef public bint variadic, many_inputs, trusted, has_auxiliaries, second_is_input, keeps, broadcasts

cdef class Node:
    cdef public Recordable operation
    cdef public long long birth
    cdef public Node a, b
    cdef public tuple many
    cdef public object saved_a, saved_b
    cdef public tuple like
    cdef public object note, total
    cdef public long long walk
    cdef public int own

    @cython.final
    cdef int consume(self) except -1

cdef class Leaf(Node):
    cdef public object grad, owner
    cdef public bint learned
    cdef public long long stamp

    cpdef written(self, long long moment=*)

cdef class LastWrite:
    cdef public long long moment

cdef class Value:
    cdef public object _data, _name, _shown
    cdef public Node _node
    cdef object __weakref__
