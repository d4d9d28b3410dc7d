"""Look at the graph: ``draw(loss)`` shows what was recorded, with its values and gradients.

``graph`` turns Tensors, a tape or a module's run into plain lists of boxes and edges, ``naming`` gives them names,
``folding`` makes fewer of them, ``picture`` says what is drawn of these. ``svg`` lays that out by itself (``layered``);
``dot`` writes it as Graphviz source, which ``layout`` has Graphviz lay out. ``rendering`` shows and saves all of it;
``page`` is the page to step through, and ``hints`` what its practice mode says of wrong answers.
Graphviz itself is imported by the first call.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["draw"]


def draw(
    x: Any,
    *inputs: Any,
    depth: int | None = None,
    show: Sequence[str] = ("value", "grad", "shape"),
    direction: str = "forward",
    rankdir: str | None = None,
    limit: int | None = 60,
    colour: str = "kind",
    blank: Sequence[str] = (),
) -> "Drawing":
    """Draw the recorded graph behind ``x``.

    Parameters
    ----------
    x : a Tensor, a list of Tensors, a tape, or a module. From a Tensor the picture has the values and
        gradients that are still there: those of x, of leaves, and what the rules keep. A tape has
        every value and every gradient, and the modules as nested frames.
    inputs : for a module, an example of what it takes: arrays or Tensors. It runs once on a tape, in the mode
        in which it is (``train``, ``eval``), and its buffers are as before afterwards.
    depth : how deep modules are shown: those at this depth are folded to one box each, with their
        class, operations, parameters, the shape of the result, and the memory that they keep until backward. 0
        leaves one box for the whole network, 1 one for each of its parts. Layers that follow each other alike
        are folded to one with a count, such as "× 3". By default nothing is folded.
    show : what is written in the boxes, any of

        * "value" and "grad": numbers of up to 12 entries, of larger arrays the range
        * "shape": shape and dtype, and on arrows the shape where it changes
        * "kept": what the operation keeps until backward, and how much memory that is
        * "formula" and "local": what it computes, and the derivatives by its inputs
        * "where": the line of the program that recorded it (on a tape)
    direction : "forward", the way of the values; "backward", the way of the gradients; or "both". Going
        backward, no arrow leaves a box to which no gradient comes; where a value is used several times, the
        arrows say what each use adds to its gradient (on a tape).
    rankdir : where the values flow: "LR" (left to right), "TB" (top to bottom), "RL", "BT". By
        default "TB" where there are modules, else "LR".
    limit : with more boxes than that, modules are folded; where there are none, or that is not enough, what each line
        of the program recorded becomes one box (on a tape), and then the middle is left out. The picture says so.
        None draws everything.

    colour : "kind", by what a box is; or "grad", by how large its gradient is: where gradients vanish is pale, where
        they explode dark, and yellow where they are no numbers
    blank : "grad", "value" or both: in their place there is room to write them in, as on a worksheet

    Returns a ``Drawing``, a ``graphviz.Digraph`` which notebooks show, and which
    ``.export("net.svg")`` saves as dot, svg, png or pdf, and ``.export("step.html")`` as a page on which one
    steps through the walk. The same graph gives the same source. In an SVG a pointer held over a box shows its
    formula, derivatives and numbers.

    Values are called as in ``check_by_hand`` and ``explain``: by their ``name``, the variable that the recorded line
    assigns (on a tape), or the variable in the calling function.

    Leaves are square boxes, parameters tabs, constants cards (with a broken outline where they were detached
    from a graph), operations round boxes, outputs double ones, folded modules have two lugs; results without a
    name are drawn small. A number is written as it is where six digits say all of it, else with six
    significant digits.

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True, name="w")
    >>> with ag.tape() as tape:
    ...     y = w * w
    >>> y.backward()
    >>> picture = ag.draw(tape)
    >>> print(type(picture).__name__, picture.source.split()[0])
    Drawing digraph

    A network from the outside, and its layers:

    >>> import numpy as np, nn
    >>> net = nn.models.LeNet5()
    >>> image = np.zeros((1, 1, 28, 28), np.float32)
    >>> len(ag.draw(net, image, depth=0).drawn.boxes), len(ag.draw(net, image, depth=1).drawn.boxes)
    (2, 13)
    """
    from ..taped.naming import arrays_of_caller, variables_of_caller
    from .folding import fold
    from .graph import graph_of
    from .picture import Picture
    from .recording import is_module, record
    from .rendering import Drawing
    from .style import check_options

    show, blank = check_options(rankdir, show, direction, depth, limit, colour, blank)
    if is_module(x):
        if not inputs:
            raise TypeError(
                f"draw: to draw a {type(x).__name__}, an example of its input is needed\n  write draw(module, x)"
            )
        x = record(x, inputs)
    elif inputs:
        raise TypeError(
            f"draw: only a module takes inputs, not a {type(x).__name__}\n"
            "  to draw several Tensors, give a list: draw([a, b])"
        )
    graph = graph_of(x, variables_of_caller(), arrays_of_caller())
    drawn = fold(graph, depth, limit)
    return Drawing.of(graph, drawn, Picture(drawn, rankdir, show, direction, colour, blank), rankdir)
