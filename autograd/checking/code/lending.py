"""Put the stand-in for NumPy in its place in a program, for the time of one call.

A function, what it calls of the same author, the methods of its objects and what its closures hold: all of them look
NumPy up by name, in the globals of their module or in a closure, and there the stand-in lies while the call runs. An
``import numpy`` inside gets it too. In the end everything is as it was.
"""

import builtins
import contextlib
import types

import numpy as np

from .stand_in import FUNCTIONS, numpy
from .tracing import is_users


class Reach:
    """What a function looks names up in: ``globals``, the dicts of its modules; ``cells`` of closures.

    ``functions`` are those that it may call, as far as their names tell; ``generators`` the random generators that
    it holds by name.
    """

    def __init__(self, *functions):
        self.globals, self.cells, self.functions, self.generators = {}, {}, {}, {}
        for function in functions:
            self.visit(function)

    def visit(self, value):
        todo = [value]
        while todo:
            one = todo.pop()
            if isinstance(one, types.MethodType):
                todo += [one.__func__, type(one.__self__)]
            elif isinstance(one, types.FunctionType):
                todo += self._function(one)
            elif isinstance(one, type):
                if one.__module__ != "builtins" and id(one) not in self.functions:
                    self.functions[id(one)] = one
                    todo += [m for m in vars(one).values() if isinstance(m, _HOLDERS)] + list(one.__bases__)
            elif isinstance(one, staticmethod | classmethod):
                todo.append(one.__func__)
            elif isinstance(one, property):
                todo += [m for m in (one.fget, one.fset) if m is not None]
            elif isinstance(one, np.random.Generator | np.random.RandomState):
                self.generators[id(one)] = one
            elif isinstance(one, types.ModuleType):
                if getattr(one, "__file__", None) and is_users(one.__file__):
                    self.globals.setdefault(id(vars(one)), vars(one))
            elif callable(getattr(one, "__wrapped__", None)):
                todo.append(one.__wrapped__)

    def _function(self, function):
        if id(function) in self.functions or not is_users(function.__code__.co_filename):
            return []
        self.functions[id(function)] = function
        self.globals.setdefault(id(function.__globals__), function.__globals__)
        found = [getattr(function, "__wrapped__", None)]
        for cell in function.__closure__ or ():
            with contextlib.suppress(ValueError):  # an empty cell
                self.cells[id(cell)] = cell
                found.append(cell.cell_contents)
        for name in _names(function.__code__):
            found.append(function.__globals__.get(name))
        return found


_HOLDERS = types.FunctionType | staticmethod | classmethod | property


def _names(code):
    """The names that code looks up, also in the functions inside it."""
    names = set(code.co_names)
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            names |= _names(one)
    return names


def _replacement(value):
    if value is np:
        return numpy
    if id(value) in FUNCTIONS:
        return getattr(numpy, FUNCTIONS[id(value)])
    if isinstance(value, np.ufunc):
        return getattr(numpy, value.__name__, value)
    return None


@contextlib.contextmanager
def lent(reach):
    """With the stand-in in NumPy's place in all that the ``reach`` of a function has; inside a tape."""
    cells = []
    imported = builtins.__import__
    namespaces = [(names, dict(names)) for names in reach.globals.values()]

    def import_(name, globals=None, locals=None, fromlist=(), level=0):
        module = imported(name, globals, locals, fromlist, level)
        return numpy if module is np and any(globals is names for names, _ in namespaces) else module

    try:
        builtins.__import__ = import_
        for names, before in namespaces:
            names.update({name: _replacement(value) for name, value in before.items() if _replacement(value)})
        for cell in reach.cells.values():
            with contextlib.suppress(ValueError):
                value = cell.cell_contents
                if _replacement(value) is not None:
                    cell.cell_contents = _replacement(value)
                    cells.append((cell, value))
        yield
    finally:
        builtins.__import__ = imported
        for names, before in namespaces:  # what the program itself wrote there goes too: it may be Tensors
            for name in names.keys() - before.keys():
                del names[name]
            names.update(before)
        for cell, value in cells:
            cell.cell_contents = value
