"""The names of a document: those of the graph, and those that the document itself gives to what it works out."""

import re
from dataclasses import dataclass

from ..formulas import Fixed, Vocabulary, canonical


@dataclass(frozen=True)
class Defined:
    """What a document defines: the left side of an equation that is no name of the graph."""

    key: str


class DocumentVocabulary(Vocabulary):
    """The names of a walked graph, and those that the document defines.

    definitions : what it defines
    """

    def __init__(self, graph):
        self.definitions = set()
        super().__init__(graph)

    def define(self, left, latex):
        """Take the left side of an equation for a definition, where it is a name that nothing of the graph has."""
        for key in keys(left, latex):
            if self.is_free(super()._find(key)):
                self.definitions.add(Defined(key))
                self._found.clear()

    @staticmethod
    def is_free(found):
        """Whether a document may define what a name is found to be: nothing, or a number of the calling function."""
        return found is None or isinstance(found, Fixed)

    def _find(self, written):
        found = super()._find(written)
        own = Defined(canonical(written))
        return own if self.is_free(found) and own in self.definitions else found

    def axes(self, reference):
        return 0 if isinstance(reference, Defined) else super().axes(reference)

    def shown(self, reference):
        return None if isinstance(reference, Defined) else super().shown(reference)


_NAME = re.compile(r"[^\W\d_][\w⁺]*(?:\^\+)?['′]?")
_LATEX_NAME = re.compile(
    r"(?:\\(?:mathrm|text|mathbf|boldsymbol|bm|mathit|operatorname|vec)\s*\{[\w ]+\}|"
    r"\\(?P<accent>hat|bar|tilde|widehat|overline)\s*(?:\{[\\\w]+\}|[A-Za-z])|\\[A-Za-z]+|[^\W\d_]+)"
    r"(?P<scripts>(?:\s*[_^]\s*(?:\{[^{}=]*(?:\{[^{}=]*\}[^{}=]*)*\}|\w|\+|\*)|\d)*)['′]?"
)


def keys(left, latex):
    """How a left side that is one name may be spelled; nothing where it is more than a name."""
    left = left.replace("&", " ").strip()
    match = (_LATEX_NAME if latex else _NAME).fullmatch(left)
    if match is None or re.match(r"\\(?:frac|dfrac|tfrac|partial|nabla|sum|left|sqrt|log|exp)(?![A-Za-z])", left):
        return []
    plain = re.sub(r"\\(?:mathrm|text|mathbf|boldsymbol|bm|mathit|operatorname|vec|left|right)(?![A-Za-z])", "", left)
    accent = match.groupdict().get("accent")
    plain = canonical(re.sub(r"[\\{}^\s]", "", plain).replace("'", "′"))
    if not accent:
        return [plain]
    short = {"widehat": "hat", "overline": "bar"}.get(accent, accent)
    rest = plain.removeprefix(accent)
    return [f"{short}{rest}", f"{rest[:1]}{short}{rest[1:]}"]
