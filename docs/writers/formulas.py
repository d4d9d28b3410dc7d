"""Formulas on the site: MathML by the library's own writer. No script, no font, nothing from elsewhere."""

import re

from docutils import nodes
from sphinx.errors import ExtensionError

from autograd.explaining.formula import mathml as writer

FUNCTIONS = "log ln exp sin cos tan sinh cosh tanh arcsin arccos arctan det sign erf".split()
COMMANDS = "frac tfrac sqrt mathrm mathbf operatorname hphantom scriptstyle begin end left right text boxed underbrace "
KNOWN = {
    *writer.SYMBOLS, *writer.OPERATORS, *writer.BIG, *writer.UNDER, *writer.SPACES, *writer.ACCENTS, *writer.SIZES,
    *FUNCTIONS, *COMMANDS.split(), "stackrel", "\\",
}  # fmt: skip


def math(latex, display=False):
    """The formula as one element; a command that the writer does not know is an error."""
    unknown = set(re.findall(r"\\([A-Za-z]+|.)", latex)) - KNOWN
    if unknown:
        raise ExtensionError(f"formula: no MathML for {', '.join(sorted(unknown))}\n  in: {latex}")
    markup = writer.markup(writer.mathml(latex))
    if not display:
        return f"<math>{markup}</math>"
    return f'<div class="formula"><math display="block">{markup}</math></div>'


def visit_inline(self, node):
    self.body.append(math(node.astext()))
    raise nodes.SkipNode


def visit_block(self, node):
    self.body.append(math(node.astext(), display=True))
    raise nodes.SkipNode


def without_empty_ends(app, doctree):
    """Examples end with an empty line in the source, where doctest needs it."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext().rstrip("\n")
        block.rawsource = text
        block[:] = [nodes.Text(text)]


def setup(app):
    app.connect("doctree-read", without_empty_ends)
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
