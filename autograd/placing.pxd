from .node cimport Leaf, Value

cdef inline int put_all(list leaves, list gradients, list tensors, list arrays) except -1:
    cdef Py_ssize_t i
    for i in range(len(leaves)):
        (<Leaf>leaves[i]).grad = gradients[i]
    for i in range(len(tensors)):
        (<Value>tensors[i])._data = arrays[i]
    return 0
