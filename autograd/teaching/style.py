"""The frame of each page of HTML: ``page(title, body)``, with the style in ``sheet.css``."""

from functools import cache
from importlib.resources import files

from ..markup import html_text


@cache
def _style():
    return files(__package__).joinpath("sheet.css").read_text("utf-8")


def page(title, body, wide=False):
    """A whole page of HTML; it has no script and asks the network for nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html_text(title)}</title><style>{_style()}</style></head>\n"
        f"<body><main{' class=wide' if wide else ''}>\n{body}\n</main></body></html>\n"
    )
