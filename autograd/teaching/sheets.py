"""Worksheets with blanks and sheets with solutions, as HTML, Markdown and LaTeX.

``Sheet`` is what stands on one, without a form; ``html``, ``markdown`` and ``latex`` write it. ``export`` writes the
sheets of all variants into a folder.
"""

import csv
import io

import numpy as np

from ..explaining import Derivation, explain
from ..explaining.derivation import Steps
from ..explaining.formula.numerals import MINUS, latex_numeral, numeral
from ..files import write_whole
from ..markup import html_text, latex_code, latex_text, markdown_code, markdown_text
from . import style
from .lines import Html, Latex, lines_of

FEW = 144
"""Arrays of up to so many entries stand on the sheet; of larger ones what there is to say."""

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb}
\usepackage[margin=22mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\allowdisplaybreaks
\pagestyle{plain}
\begin{document}
"""


class Sheet:
    """What stands on a sheet.

    title, heading : of the exercise, and "Variant 3"; solved : whether it is the one with the solutions
    equations : [(target, value)] as syntax, or None, and then ``listing`` is the code
    values : [(name, number or array)]; asked : [(Question, its answer)]
    steps : where solved, a Derivation for each quantity on the way, in the order in which they are needed
    notes : what is to be said beside them
    """

    def __init__(self, variant, solved):
        exercise = variant.exercise
        self.title, self.solved = exercise.title, solved
        self.heading = f"Variant {variant.number}{', solution' if solved else ''}"
        self.output, self.digits = exercise.output, exercise.digits
        self.equations, self.listing = lines_of(exercise.function)
        self.values = list(variant.values.items())
        self.asked = [(question, variant.solutions[question.key]) for question in exercise.questions]
        self.points = exercise.points
        self.steps, self.notes = _steps(variant) if solved else ([], [])

    @property
    def task(self):
        gradients = any(question.is_gradient for question, _ in self.asked)
        what = "Work out each value by hand" + (", the derivatives by the chain rule" if gradients else "")
        digits = "digit" if self.digits == 1 else "digits"
        return f"{what}. Give at least {self.digits} significant {digits}; a fraction is as good as a decimal number."


def _steps(variant):
    """(a Derivation of every step of the derivations of what is asked, each once; their notes)."""
    found, notes = {}, {}
    for question in variant.exercise.questions:
        tensor = variant.tensors[question.name]
        if question.is_gradient and tensor.node is not variant.loss.node:
            whole = explain(variant.loss, tensor)
            for block in whole.steps:
                found.setdefault(block.left.text(), Derivation(None, Steps([lambda block=block: block]), (), list))
            notes.update(dict.fromkeys(whole.notes))
    return list(found.values()), list(notes)


def sheet(variant, form, solved):
    """A sheet of a variant as text, in one of the three forms."""
    if form not in FORMS:
        raise ValueError(f"sheet: the form must be one of {', '.join(FORMS)}\n  form: {form!r}")
    write, _ = FORMS[form]
    return write(Sheet(variant, solved))


# -- numbers -----------------------------------------------------------------------------------


def given(x):
    """A number that is given: with all its digits."""
    return np.format_float_positional(x, trim="-").replace("-", MINUS) if 1e-5 <= abs(x) < 1e9 or x == 0 else numeral(x)


def found(x):
    """A number that comes out: with six significant digits."""
    return numeral(np.float64(f"{float(x):.6g}"))


def _is_large(value):
    return np.size(value) > FEW


def _about(value):
    array = np.asarray(value)
    return f"an array of shape {'×'.join(map(str, array.shape))}, from {given(array.min())} to {given(array.max())}"


def _matrices(array):
    """[(label, matrix)] of an array: the last two axes of each index of the others."""
    if array.ndim < 2:
        return [("", array.reshape(1, -1))]
    return [(f"[{', '.join(map(str, at))}]" if at else "", array[at]) for at in np.ndindex(array.shape[:-2])]


# -- HTML --------------------------------------------------------------------------------------


def html(sheet):
    """The sheet as a page of HTML, to print or to fill in."""
    signs = Html()
    name = "" if sheet.solved else '<span>Name: <span class="line">&nbsp;</span></span>'
    parts = [
        f"<h1>{html_text(sheet.title)}</h1>",
        f'<div class="head"><span>{sheet.heading}, {_points(sheet.points)}</span>{name}</div>',
        "<h2>The function</h2>",
    ]
    if sheet.equations is not None:
        lines = [f"<div>{signs.equation(target, value, sheet.output)}</div>" for target, value in sheet.equations]
        parts.append(f'<div class="equations math">{"".join(lines)}</div>')
    elif sheet.listing is not None:
        parts.append(f"<pre>{html_text(chr(10).join(sheet.listing))}</pre>")
    parts.append("<h2>The numbers</h2>")
    values = [
        f'<div><span class="math">{signs.name(name)} =</span> {html_value(value, given)}</div>'
        for name, value in sheet.values
    ]
    parts.append(f'<div class="values">{"".join(values)}</div>')
    parts.append(f"<h2>{'The answers' if sheet.solved else 'To find'}</h2>")
    if not sheet.solved:
        parts.append(f"<p>{html_text(sheet.task)}</p>")
    rows = []
    for question, answer in sheet.asked:
        shown = html_value(answer, found) if sheet.solved else _html_blank(question.shape)
        points = f'<span class="points">{_points(question.points)}</span>'
        rows.append(
            f'<span class="math">{_html_what(question, sheet)} =</span><div class="scroll">{shown}</div>{points}'
        )
    parts.append(f'<div class="asked">{"".join(rows)}</div>')
    if sheet.steps:
        parts.append("<h2>How they come about</h2>")
        parts += [f'<div class="step">{step.to_html()}</div>' for step in sheet.steps]
        parts += [f'<p class="faint">{html_text(note)}</p>' for note in sheet.notes]
    return style.page(f"{sheet.title}: {sheet.heading}", "\n".join(parts))


def _html_what(question, sheet):
    signs = Html()
    if not question.is_gradient:
        return signs.name(question.name)
    return f"∂{signs.name(sheet.output)}/∂{signs.name(question.name)}"


def html_value(value, write):
    """A number or an array, or what else a parameter may be."""
    if not isinstance(value, float | np.ndarray | np.generic):
        return f"<code>{html_text(repr(value))}</code>"
    array = np.asarray(value)
    if not array.ndim:
        return f'<span class="number">{write(array[()])}</span>'
    if _is_large(array) or not array.size:
        return html_text(_about(array) if array.size else "an empty array")
    return html_matrices(array, write)


def html_matrices(array, write):
    """An array as tables of numbers, each written by ``write``."""
    tables = []
    for label, matrix in _matrices(array):
        rows = "".join([f"<tr>{''.join([f'<td>{html_text(write(x))}</td>' for x in row])}</tr>" for row in matrix])
        tables.append(f'{html_text(label)} <table class="matrix">{rows}</table>')
    return f'<div class="scroll">{" ".join(tables)}</div>'


def _html_blank(shape):
    if not shape:
        return '<span class="blank"></span>'
    tables = []
    for label, matrix in _matrices(np.empty(shape)):
        rows = f"<tr>{'<td></td>' * matrix.shape[1]}</tr>" * matrix.shape[0]
        tables.append(f'{html_text(label)} <table class="matrix blanks">{rows}</table>')
    return " ".join(tables)


def _points(points):
    return f"{points:g} {'point' if points == 1 else 'points'}"


# -- LaTeX and Markdown ------------------------------------------------------------------------


def latex(sheet):
    """The sheet as a document for pdflatex."""
    name = "" if sheet.solved else r"\hfill Name: \underline{\hspace{6cm}}"
    parts = [
        PREAMBLE + rf"{{\Large\bfseries {latex_text(sheet.title)}}}\\[2pt]",
        rf"{latex_text(f'{sheet.heading}, {_points(sheet.points)}')}{name}\par",
        r"\subsection*{The function}",
    ]
    if sheet.equations is not None:
        lines = [_aligned(Latex().equation(target, value, sheet.output)) for target, value in sheet.equations]
        parts.append("\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}")
    elif sheet.listing is not None:
        parts += [r"{\small\ttfamily", *[rf"{latex_code(line)}\strut\par" for line in sheet.listing], "}"]
    parts.append(r"\subsection*{The numbers}")
    parts.append("\\raggedright\n" + "\n\\quad\n".join([f"${one}$" for one in _latex_values(sheet)]) + r"\par")
    parts.append(rf"\subsection*{{{'The answers' if sheet.solved else 'To find'}}}")
    if not sheet.solved:
        parts.append(rf"{latex_text(sheet.task)}\par\medskip")
    for question, answer in sheet.asked:
        shown = f"${_latex_value(answer, found)}$" if sheet.solved else _latex_blank(question.shape)
        what, points = _latex_what(question, sheet), latex_text(_points(question.points))
        parts.append(rf"$\displaystyle {what} =$ {shown}\hfill {points}\par\medskip")
    if sheet.steps:
        parts.append(r"\subsection*{How they come about}")
        parts += [f"\\[\n{step.to_latex()}\n\\]" for step in sheet.steps]
        parts += [rf"{latex_text(note)}\par" for note in sheet.notes]
    return "\n".join([*parts, r"\end{document}", ""])


def markdown(sheet):
    """The sheet as Markdown, with formulas between dollar signs."""
    parts = [
        f"# {markdown_text(sheet.title)}",
        f"{markdown_text(sheet.heading)}, {_points(sheet.points)}" + ("" if sheet.solved else "  \nName: "),
        "## The function",
    ]
    if sheet.equations is not None:
        parts += [f"$$\n{Latex().equation(target, value, sheet.output)}\n$$" for target, value in sheet.equations]
    elif sheet.listing is not None:
        parts.append(markdown_code(sheet.listing))
    parts += ["## The numbers", "\n".join([f"- ${one}$" for one in _latex_values(sheet)])]
    parts.append(f"## {'The answers' if sheet.solved else 'To find'}")
    if not sheet.solved:
        parts.append(markdown_text(sheet.task))
    lines = []
    for question, answer in sheet.asked:
        shown = _latex_value(answer, found) if sheet.solved else _markdown_blank(question.shape)
        lines.append(f"- ${_latex_what(question, sheet)} = {shown}$ ({_points(question.points)})")
    parts.append("\n".join(lines))
    if sheet.steps:
        parts.append("## How they come about")
        parts += [f"$$\n{step.to_latex()}\n$$" for step in sheet.steps]
        parts += ["\n".join([f"- {markdown_text(note)}" for note in sheet.notes])] if sheet.notes else []
    return "\n\n".join(parts) + "\n"


def _aligned(equation):
    left, _, right = equation.partition(" = ")
    return f"{left} &= {right}"


def _latex_what(question, sheet):
    name = Latex().name(question.name)
    return rf"\frac{{\partial {Latex().name(sheet.output)}}}{{\partial {name}}}" if question.is_gradient else name


def _latex_values(sheet):
    return [f"{Latex().name(name)} = {_latex_value(value, given)}" for name, value in sheet.values]


def _latex_value(value, write):
    if not isinstance(value, float | np.ndarray | np.generic):
        return rf"\text{{\texttt{{{latex_text(repr(value))}}}}}"
    array = np.asarray(value)
    if not array.ndim:
        return latex_numeral(write(array[()]))
    if _is_large(array) or not array.size:
        return rf"\text{{{latex_text(_about(array) if array.size else 'an empty array')}}}"
    return r"\; ".join(
        [_latex_matrix(label, matrix, lambda x: latex_numeral(write(x))) for label, matrix in _matrices(array)]
    )


def _latex_matrix(label, matrix, write):
    """A matrix of any number of columns: those of amsmath end at ten."""
    rows = r" \\ ".join([" & ".join([write(x) for x in row]) for row in matrix])
    brackets = rf"\left(\begin{{array}}{{{'r' * matrix.shape[1]}}} {rows} \end{{array}}\right)"
    return (rf"\text{{{latex_text(label)}}}\, " if label else "") + brackets


def _latex_blank(shape):
    if not shape:
        return r"\underline{\hspace{5cm}}"
    cell = r"\rule[-2mm]{0pt}{8mm}\hspace{14mm}"
    tables = []
    for label, matrix in _matrices(np.empty(shape)):
        rows = "".join([" & ".join([cell] * matrix.shape[1]) + r" \\ \hline " for _ in range(matrix.shape[0])])
        table = rf"\begin{{array}}{{|{'c|' * matrix.shape[1]}}} \hline {rows}\end{{array}}"
        tables.append(rf"{latex_text(label)} ${table}$")
    return " ".join(tables)


def _markdown_blank(shape):
    blank = r"\_\_\_\_\_\_"
    if not shape:
        return r"\underline{\hspace{4cm}}"
    return r"\; ".join(
        [_latex_matrix(label, matrix, lambda x: rf"\text{{{blank}}}") for label, matrix in _matrices(np.empty(shape))]
    )


FORMS = {"html": (html, ".html"), "markdown": (markdown, ".md"), "latex": (latex, ".tex")}
"""{form: (what writes it, the suffix of its files)}."""


# -- all of them -------------------------------------------------------------------------------


def export(exercise, folder, pages):
    """The files of ``Exercise.export``; the table to fill in comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = len(str(len(exercise.variants)))
    written = []
    for variant in exercise.variants:
        number = f"{variant.number:0{digits}}"
        for solved, kind in ((False, "worksheet"), (True, "solution")):
            content = Sheet(variant, solved)
            for write, suffix in FORMS.values():
                written.append(write_whole("export", folder / f"{kind}-{number}{suffix}", write(content)))
        if pages:
            written.append(variant.practice(folder / f"practice-{number}.html"))
    written.append(write_whole("export", folder / "answers.csv", form_of(exercise)))
    return written


def form_of(exercise):
    """The table to fill in, as CSV: a line for each variant, with the titles that ``grade`` reads."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    columns = [title for question in exercise.questions for title, _ in question.columns]
    table.writerow(["student", "variant", *columns])
    for variant in exercise.variants:
        table.writerow(["", variant.number, *[""] * len(columns)])
    return file.getvalue()
