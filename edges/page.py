"""``docs/edges.md`` of what the libraries answered: tables of where they differ, and the reasons."""

import math
from typing import Any

from .case import Case, Subject
from .libraries import LIBRARIES
from .subjects import SUBJECTS

OURS = next(iter(LIBRARIES))

_OPENING = """# What libraries do at their edges

At a kink, a tie, a zero, an infinity or in an empty set the rules of differentiation leave open what a gradient is, or
give 0/0, and libraries choose. This page is made by a program, `make edges`, that runs them all in 64 bits (Keras and
ONNX Runtime in 32), and says for each case what each gives and why chalkgrad gives what it gives. In the tables

* **=** is what chalkgrad gives, and what differs from it is **bold**;
* – : the library has no such function, or no gradients (to this order); *error*: it raises one.

"""


def page(answers: dict[str, Any]) -> str:
    """The page, of {library: its answers as ``ask`` gives them, or None where it is not installed}."""
    versions = ", ".join(
        f"{name} {found['version'] if found else '(not installed)'}" for name, found in answers.items()
    )
    return _OPENING + f"Libraries: {versions}.\n\n" + "\n".join([_section(one, answers) for one in SUBJECTS])


def shown(found: Any) -> str:
    """An answer as a cell shows it."""
    return "*error*" if found == "error" else "–" if found is None else _numbers(found)


def differ(case: Case, subject: Subject, answers: dict[str, Any]) -> bool:
    """Whether a library gives something else than chalkgrad."""
    return any(_other(case, name, answers).startswith("**") for name in subject.columns[1:])


def _section(subject: Subject, answers: dict[str, Any]) -> str:
    lines = [f"## {subject.title}", "", subject.opens, ""]
    if subject.transposed:
        return "\n".join([*lines, *_by_function(subject, answers), "", *_reasons(subject.cases), ""])
    differing = [case for case in subject.cases if differ(case, subject, answers)]
    alike = [case for case in subject.cases if case not in differing]
    lines += _table(
        ["", *subject.columns],
        [
            [case.words, _mine(case, answers)] + [_other(case, name, answers) for name in subject.columns[1:]]
            for case in differing
        ],
    )
    lines += ["", *_reasons(differing), ""]
    if alike:
        lines += ["All that have it agree here:", ""]
        lines += [f"* {case.words}: {_mine(case, answers)}. {case.why}" for case in alike] + [""]
    return "\n".join(lines)


def _reasons(cases: list[Case]) -> list[str]:
    return ["Why chalkgrad gives that:", "", *[f"* {case.words}: {case.why}" for case in cases]]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]


def _mine(case: Case, answers: dict[str, Any]) -> str:
    return shown(answers[OURS]["cells"][case.key])


def _other(case: Case, name: str, answers: dict[str, Any]) -> str:
    """Another library's cell."""
    if answers[name] is None:
        return "not installed"
    return _beside(answers[name]["cells"].get(case.key), answers[OURS]["cells"][case.key])


def _beside(found: Any, mine: Any) -> str:
    if found is None:
        return "–"
    if alike(found, mine):
        return "="
    return f"**{shown(found).strip('*')}**"


def _by_function(subject: Subject, answers: dict[str, Any]) -> list[str]:
    """Rows are the functions of the libraries, columns the cases; = stands for the first function of chalkgrad."""
    rows: list[list[str]] = []
    reference: list[Any] = []
    for name in subject.columns:
        cells = {} if answers[name] is None else answers[name]["cells"]
        found = [cells.get(case.key) for case in subject.cases]
        for function in dict.fromkeys(function for one in found if isinstance(one, dict) for function in one):
            got = [one.get(function) if isinstance(one, dict) else one for one in found]
            cells_of_row = [shown(one) for one in got] if not rows else list(map(_beside, got, reference))
            reference = got if not rows else reference
            rows.append([f"{name} `{function}`", *cells_of_row])
        if not cells:
            rows.append([name, *["not installed"] * len(found)])
    return _table(["", *[case.words for case in subject.cases]], rows)


def alike(a: Any, b: Any) -> bool:
    """Whether two answers are the same, to the digits of 32 bits."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(alike(one, other) for one, other in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-5)
    return bool(a == b)


def _numbers(found: Any) -> str:
    """(1, 0.5), and a single number without brackets."""
    if isinstance(found, list):
        if len(found) == 1:
            return _numbers(found[0])
        return f"({', '.join([_numbers(one) for one in found])})"
    if math.isnan(found):
        return "NaN"
    if math.isinf(found):
        return "−∞" if found < 0 else "∞"
    return f"{found + 0.0:.4g}".replace("-", "−")
