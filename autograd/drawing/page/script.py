"""The page's own script: the files of ``js/`` joined, each of which has one subject.

They share one scope: what a file declares, those after it may use while they are read, and all may use once the page
has begun. ``tests/lint_page.py`` lints them.
"""

from importlib.resources import files

from ...program.javascript.runtime import runtime

FOLDER = files(__package__).joinpath("js")

NAMES = (
    "elements numbers graph timeline arrays picture moving node step windows convolution pooling "
    "practice walking finding keys colours described changing learning curve fields painting begin"
).split()
"""The files in the order in which they are joined."""

LIVE = "described changing learning curve fields painting".split()
"""Those that only a page has that computes."""


def script(program=None):
    """The text of the script; ``program`` is the text of what a page computes with, or None where it does not."""
    names = [name for name in NAMES if program is not None or name not in LIVE]
    before = [] if program is None else [runtime(), program]
    return '"use strict";\n' + "\n".join([*before, *[text_of(name) for name in names]])


def text_of(name):
    """The text of one file."""
    return FOLDER.joinpath(f"{name}.js").read_text("utf-8")
