"""Look at the graph: ``draw(loss)`` shows what was recorded, with its values and gradients.

``graph`` turns Tensors or a tape into plain lists of boxes and edges, ``dot`` writes those as
Graphviz source, ``rendering`` lays the source out and saves it. Graphviz itself is imported by the
first call.
"""

__all__ = ["draw"]


def draw(x, *, rankdir=None, show=("value", "grad")):
    """Draw the recorded graph behind ``x``.

    Parameters
    ----------
    x : a Tensor, a list of Tensors, or a tape. From a Tensor the picture has the values and
        gradients that are still there: those of x, of leaves, and what the rules keep. A tape has
        every value and every gradient, and the modules as nested frames.
    rankdir : which way the values flow: "LR" (left to right), "TB" (top to bottom), "RL", "BT". By
        default "TB" where there are modules, else "LR".
    show : what is written in the boxes: "value", "grad", both, or none of them.

    Returns a ``Drawing``, a ``graphviz.Digraph`` which notebooks show, and which
    ``.export("net.svg")`` saves as dot, svg, png or pdf. The same graph gives the same source.

    Leaves are square boxes, parameters tabs, constants cards, operations round boxes, outputs
    double ones; results without a name are drawn small. A number is written as it is where six
    digits say all of it, else with six significant digits.

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True, name="w")
    >>> with ag.tape() as tape:
    ...     y = w * w
    >>> y.backward()
    >>> picture = ag.draw(tape)
    >>> print(type(picture).__name__, picture.source.split()[0])
    Drawing digraph
    """
    from .dot import check_options, lines
    from .graph import graph_of
    from .rendering import Drawing

    show = check_options(rankdir, show)
    graph = graph_of(x)
    return Drawing.of(graph, *lines(graph, rankdir, show))
