"""The page's own script: the files of ``js/`` joined, each of which has one subject.

They share one scope: what a file declares, those after it may use while they are read, and all may use once the page
has begun. ``tests/lint_page.py`` lints them.
"""

from importlib.resources import files

FOLDER = files(__package__).joinpath("js")

NAMES = (
    "elements numbers graph timeline arrays picture moving node step windows convolution pooling "
    "practice walking finding keys colours begin"
).split()
"""The files in the order in which they are joined."""


def script():
    """The text of the script."""
    return '"use strict";\n' + "\n".join([text_of(name) for name in NAMES])


def text_of(name):
    """The text of one file."""
    return FOLDER.joinpath(f"{name}.js").read_text("utf-8")
