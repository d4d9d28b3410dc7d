"""What Sphinx and its theme leave to be mended on a page."""

from pathlib import Path

from docutils import nodes


def with_all_pages(app, name, source):
    """The contents name the pages in their order; those that they do not name come behind “How it works”."""
    if name == "index":
        pages = sorted(page.stem for page in Path(app.srcdir).glob("*.md"))
        others = [page for page in pages if page != "index" and f"\n{page}\n" not in source[0]]
        source[0] = source[0].replace("\nhow-it-works\n", "\n".join(["\nhow-it-works", *others, ""]))


def without_empty_ends(app, doctree):
    """Examples end with an empty line in the source, where doctest needs it."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext().rstrip("\n")
        block.rawsource = text
        block[:] = [nodes.Text(text)]


def with_levels(app, page, template, context, doctree):
    """Sphinx says that the captions of the contents are headings, and not of which level."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app):
    app.connect("source-read", with_all_pages)
    app.connect("doctree-read", without_empty_ends)
    app.connect("html-page-context", with_levels, priority=900)
