"""A picture of the graph to show in a notebook and to save: ``draw(loss).export("net.pdf")``.

An SVG is laid out by ourselves (``svg``), a PNG or PDF by Graphviz (``layout``), and so is an SVG of very many arrows
where Graphviz is there. ``page`` makes the page on which one steps through the walk.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import graphviz

from ..files import place_for, write_whole
from .dot import lines
from .layout import INSTALL, NoLayoutEngine, has_engine, layout
from .page import page
from .style import EDGE, NODE
from .svg import svg

SUFFIXES = (".dot", ".svg", ".png", ".pdf", ".html")

MANY = 400
"""An SVG of more arrows is laid out by Graphviz where it is there, which takes less time."""

SHOWN = 2000
"""A notebook lays out a picture of up to so many boxes by itself: beyond, it takes minutes."""


class Drawing(graphviz.Digraph):
    """The graph as a ``graphviz.Digraph`` that knows how to save and show itself.

    graph : the boxes and edges that it was drawn from
    drawn : those that it shows, which may be fewer; picture : how it shows them
    rankdir : which way its values flow, where the user has said so
    """

    graph = drawn = picture = rankdir = None

    @classmethod
    def of(cls, graph, drawn, picture, rankdir=None):
        """The Drawing of a graph, with what is shown of it, and the Picture of that."""
        attributes, body = lines(picture)
        new = cls("autograd", graph_attr=attributes, node_attr=NODE, edge_attr=EDGE, body=body)
        new.graph, new.drawn, new.picture, new.rankdir = graph, drawn, picture, rankdir
        return new

    def export(
        self, path: str | os.PathLike[str], *, practice: bool | Sequence[str] = False, live: bool = True
    ) -> Path:
        """Save the picture in the format that the suffix of ``path`` names: dot, svg, png, pdf or html.

        ``.html`` is a page to step through the walk forward and backward, which has the whole graph: modules
        fold and unfold on it. It needs a browser and no network.

        practice : the page opens in its practice mode, where gradients are hidden and asked for, and a wrong answer
            that one of the classic mistakes gives is told which. The names of leaves in place of True: no other
            leaves are asked for.
        live : the reader of the page can change weights, inputs and targets, and train: it carries the graph's program
            in JavaScript. Where a graph cannot be (too large, an operation without such a form), the page says why.
            False leaves it out.

        Returns the Path written. The file is there whole or not at all. A png or pdf needs Graphviz: without it the
        source is saved beside it, as ``<stem>.dot``, and NoLayoutEngine (a RuntimeError) says what to
        install. Another suffix is a ValueError, a path that cannot be written an OSError.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"export: the suffix says the format: one of {', '.join(SUFFIXES)}\n  path: {path}")
        if practice is not False and suffix != ".html":
            raise ValueError(f"export: only a page, .html, has a practice mode\n  path: {path}")
        place_for("export", path)
        if suffix == ".dot":
            return write_whole("export", path, self.source)
        try:
            if suffix == ".html":
                picture = self._page(practice, live)
            else:
                picture = self._svg() if suffix == ".svg" else layout(self.source, suffix[1:])
        except NoLayoutEngine as error:
            beside = write_whole("export", path.with_suffix(".dot"), self.source)
            raise NoLayoutEngine(
                f"export: {error}\n  asked for: {path}\n  written instead: {beside}\n{INSTALL}"
            ) from None
        return write_whole("export", path, picture)

    def _svg(self):
        """The file, laid out by ourselves; of what the user has added to the source, by Graphviz."""
        ours = self.picture is not None and self.body == lines(self.picture)[1]
        if not ours or (len(self.picture.arrows) > MANY and has_engine()):
            return layout(self.source, "svg")
        return svg(self.picture).encode()

    def _page(self, practice, live):
        if self.graph is None:
            raise ValueError(
                "export: a page needs the graph that was drawn, and a copy of a Drawing has none\n"
                "  export the one that ag.draw returned"
            )
        return page(self.graph, self.rankdir, practice, live)

    def _repr_svg_(self):
        """The picture for a notebook, or None where it cannot be laid out."""
        return self._shown()[0]

    def _repr_mimebundle_(self, include=None, exclude=None, **_):
        svg, note = self._shown()
        bundle = {"text/plain": note or repr(self)}
        if svg is not None:
            bundle["image/svg+xml"] = svg
        wanted = set(include or bundle) - set(exclude or ())
        return {kind: data for kind, data in bundle.items() if kind in wanted}

    def _shown(self):
        """(SVG, None), or (None, what to show in its place)."""
        count = len(self.drawn.boxes) if self.drawn is not None else 0
        if count > SHOWN:
            return None, f"A graph of {count} boxes is too large to show here; .export(path) lays it out all the same."
        try:
            return self._svg().decode(), None
        except NoLayoutEngine as error:
            return None, f"Not shown: {error}\n{INSTALL}\n\n{self.source}"
        except RuntimeError as error:
            return None, f"Not shown: {error}\n\n{self.source}"

    def __repr__(self):
        return f"<Drawing of {self.graph}>" if self.graph is not None else super().__repr__()
