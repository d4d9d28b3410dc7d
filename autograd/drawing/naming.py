"""What boxes are called: as in checks and explanations, by the user, the recorded line, or the calling function."""

from operator import attrgetter

from ..notes import Constant
from ..taped.naming import name_of_constant, names_of, names_of_modules, numbered


def name_boxes(boxes, variables=(), arrays=()):
    """Give the boxes of a graph their names, and values of one name their marks: x⁽¹⁾, x⁽²⁾, …

    boxes : {Node or Constant: Box}
    variables, arrays : of the calling function, ``variables_of_caller`` and ``arrays_of_caller``

    A box that has no name of its own and is the last of a module has ``result_of``, the module's name.
    """
    nodes = sorted([one for one in boxes if type(one) is not Constant], key=attrgetter("birth"))
    known = names_of(nodes, variables)
    names = {}
    for one in boxes:
        name = name_of_constant(one, arrays) if type(one) is Constant else known.get(one)
        if name:
            names[one] = name
    marks = numbered(names)
    for one, name in names.items():
        boxes[one].name, boxes[one].mark = name, marks.get(one)
    for node, module in names_of_modules(nodes).items():
        boxes[node].result_of = module
