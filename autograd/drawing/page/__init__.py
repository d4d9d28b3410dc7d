"""The page on which one steps through the walk backward: ``draw(tape).export("step.html")``.

One file with everything in it, which opens from disk and asks the network for nothing. What is in
``page.html`` is the frame, ``page.css`` how it looks, ``js/`` what it does; the graph with its numbers
goes in as JSON, which the script reads and shows as text and nothing else.

* ``arrays`` makes small tables, heat maps and histograms of arrays
* ``steps`` watches the engine's walk backward
* ``windows`` has what the overlay of a kernel on an image needs
* ``layouts`` places the boxes, for each depth of folding
* ``words`` says what boxes are called
* ``content`` puts what these know into one dict for JSON
* formulas become MathML by ``explaining.formula.mathml``
* ``script`` joins the files of the page's own script
"""

import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from json import dumps

from .arrays import DETAILS
from .content import Content
from .layouts import layouts, too_large
from .live import Live, NotLive
from .script import script

BYTES = 300_000
"""A page is at most so large, the positions in its picture and what it computes with aside."""


def page(graph, rankdir=None, practice=False, live=True):
    """The whole page as one string of HTML, for a Graph (``graph_of``).

    rankdir : which way the values flow; by default the page has both a wide and a tall layout and
        takes the one that fills the screen better
    live : whether the reader can change numbers on it, where the graph allows that (see ``live``)
    practice : whether the page opens in its practice mode, with hints; or the names of the leaves asked for
    """
    known = Content(graph, practice)
    changing = _live(known) if live else None
    ways = [rankdir] if rankdir else ["TB", "LR"]
    picture = [layouts(graph, known.modules, known.sizes, known.hidden, way) for way in ways]
    parts = {name: files(__package__).joinpath(f"page.{name}").read_text("utf-8") for name in ("html", "css")}
    parts["js"] = script()  # what makes a page live comes on top of its size
    room = BYTES - sum(len(text.encode()) for text in parts.values()) - 1000
    for detail in DETAILS:
        content = _json(known.at(detail))
        if len(content) <= room:
            break
    else:
        raise too_large(len(picture[0][0]["boxes"]))
    if changing is not None:
        parts["js"] = script(f"{changing.code}\nconst live = {_json(changing.data)};\n")
    return _filled(parts, known.title, content, _json(picture))


def _live(known):
    """What the page computes with; None, and a remark on the page, where it cannot."""
    if not known.steps:
        return None
    try:
        return Live(known.graph, known.steps, known.gradients)
    except NotLive as why:
        known.still = f"Numbers cannot be changed on this page: {why}."
        return None


def _filled(parts, title, content, picture):
    """The HTML with style, data and script put in; the policy lets this very script run and nothing else."""
    style, script = parts["css"], parts["js"]
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    pieces = {
        "title": escape(title),
        "policy": policy,
        "style": style,
        "content": content,
        "picture": picture,
        "script": script,
    }
    # in one pass: what looks like a place to fill in, in a name, is not one
    return re.sub(r"\{\{(\w+)\}\}", lambda found: pieces[found[1]], parts["html"])


def _hash(text):
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _json(data):
    """JSON that can stand in a script element: in ASCII and without <, > and &. What is None is left out."""
    text = dumps(_filtered(data), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _filtered(data):
    if isinstance(data, dict):
        return {key: _filtered(value) for key, value in data.items() if value is not None and value is not False}
    return [_filtered(one) for one in data] if isinstance(data, list | tuple) else data
