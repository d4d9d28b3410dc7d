"""The frame of each page of HTML: ``page(title, body)``, with the style in ``sheet.css``."""

from functools import cache
from importlib.resources import files

from ..markup import html_page


@cache
def _style():
    return files(__package__).joinpath("sheet.css").read_text("utf-8")


def page(title, body, wide=False):
    """A whole page of HTML; it has no script and asks the network for nothing."""
    return html_page(title, _style(), f"<main{' class=wide' if wide else ''}>\n{body}\n</main>")
