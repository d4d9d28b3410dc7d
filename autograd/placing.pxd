from .node cimport Leaf, Value

cdef inline int put_all(
    list leaves, list gradients, list tensors, list arrays, list holders, list keys, list items
) except -1:
    cdef Py_ssize_t i, counts = len(items), after = len(tensors) - len(items)
    for i in range(len(leaves)):
        (<Leaf>leaves[i]).grad = gradients[i]
    for i in range(len(tensors)):
        (<Value>tensors[i])._data = arrays[i]
    for i in range(len(holders)):
        holders[i][keys[i]] = items[i] if i < counts else arrays[after + i]
    return 0
