"""An exercise and its variants: one function, the same questions, other numbers for each.

``Exercise`` knows the function and what is asked; a ``Variant`` has the numbers, the recorded graph, and holds answers
against it.
"""

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checking.by_hand import check_by_hand
from ..checking.graph import WalkedGraph
from ..modes import Tape, tape
from ..node import Leaf
from ..taped.graph import is_leafs_alias
from ..tensors import Tensor, wrap
from .numbers import is_drawn, numbers_like

if TYPE_CHECKING:
    from ..checking.report import Report
    from .grading import Grades

TRIES = 200
"""So often numbers are drawn for one variant until they make a sensible exercise."""


class Question:
    """One thing that is asked: a gradient, or a value of the forward pass.

    name : of the value; is_gradient : whether its gradient is asked for
    what : "∂E/∂w5" or "out_o1"; key : the same as the title of a column, "dE/dw5"
    shape : of the answer; points : what it is worth
    """

    def __init__(self, name: str, output: str, is_gradient: bool, shape: tuple[int, ...], points: float) -> None:
        self.name, self.is_gradient, self.shape, self.points = name, is_gradient, shape, points
        self.what = f"∂{output}/∂{name}" if is_gradient else name
        self.key = f"d{output}/d{name}" if is_gradient else name

    @property
    def columns(self) -> list[tuple[str, tuple[int, ...]]]:
        """[(title, index)]: a column for each entry, "dE/dW[0,1]"."""
        if not self.shape:
            return [(self.key, ())]
        return [(f"{self.key}[{','.join(map(str, at))}]", at) for at in np.ndindex(self.shape)]

    def __repr__(self) -> str:
        return f"<Question {self.what}>"


class Exercise:
    """What ``ag.exercise`` returns: n variants of one exercise.

    title : what it is called
    variants : a sequence of ``Variant``; the first one is number 1
    questions : what is asked, in the order of the worksheet
    points : what all of it is worth

    ``export(folder)`` writes the sheets, ``grade(answers)`` marks answers.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        values: Mapping[str, Any],
        *,
        ask: Sequence[str] | None,
        forward: Sequence[str],
        variants: int,
        seed: int,
        draw: Mapping[str, Callable[[np.random.Generator], Any]],
        points: Mapping[str, float],
        digits: int,
        title: str,
    ) -> None:
        self.function, self.seed, self.draw, self.title, self.digits = function, seed, dict(draw), title, digits
        self.values = dict(values)
        self._check_draw()
        template = Recorded(function, self.values)
        self.output = template.output
        forward = _names("forward", forward, template)
        asked = _default(template) if ask is None else _names("ask", ask, template)
        worth = dict(points)
        self.questions: list[Question] = []
        for names, is_gradient in ((forward, False), (asked, True)):
            for name in names:
                one = Question(name, self.output, is_gradient, template.names[name].shape, 1)
                one.points = worth.pop(one.key, worth.pop(one.what, worth.pop(name, 1) if is_gradient else 1))
                self.questions.append(one)
        if worth:
            listed = ", ".join(question.key for question in self.questions)
            raise ValueError(f"exercise: points: nothing of that name is asked: {', '.join(worth)}\n  asked: {listed}")
        if not self.questions:
            raise ValueError("exercise: nothing is asked: give names with ask= or forward=")
        self.points = sum(question.points for question in self.questions)
        self.variants: Sequence[Variant] = [Variant(self, number) for number in range(1, variants + 1)]

    def _check_draw(self) -> None:
        unknown = [name for name in self.draw if name not in self.values]
        if unknown:
            raise ValueError(
                f"exercise: draw: the function has no parameter of that name: {', '.join(unknown)}\n"
                f"  parameters: {', '.join(self.values)}"
            )

    @cached_property
    def drawn(self) -> list[dict[str, Any]]:
        """The numbers of each variant: no two alike, none in which a gradient asked for is 0 that need not be."""
        generator = np.random.default_rng(self.seed)
        template = Recorded(self.function, self.values)
        may_be_zero = [not np.any(one) for one in template.gradients(self._asked_gradients)]
        found: list[dict[str, Any]] = []
        seen = set()
        for number in range(1, len(self.variants) + 1):
            for attempt in range(TRIES):
                values = {
                    name: self.draw[name](generator) if name in self.draw else numbers_like(value, generator)
                    for name, value in self.values.items()
                }
                alike = repr([np.asarray(value).tolist() for value in values.values()])
                if (alike in seen and attempt < TRIES // 10) or not self._is_sensible(
                    values, template.names, may_be_zero
                ):
                    continue
                seen.add(alike)
                found.append(values)
                break
            else:
                raise ValueError(
                    f"exercise: no sensible numbers were found for variant {number} in {TRIES} tries: values or "
                    "gradients are infinite, NaN or 0\n  give functions that draw better ones with draw="
                )
        return found

    @property
    def _asked_gradients(self) -> list[str]:
        return [question.name for question in self.questions if question.is_gradient]

    def _is_sensible(self, values: Mapping[str, Any], names: Mapping[str, Tensor], may_be_zero: list[bool]) -> bool:
        one = Recorded(self.function, values)
        if one.names.keys() != names.keys() or not np.all(np.isfinite(one.loss.data)):
            return False
        gradients = one.gradients(self._asked_gradients)
        return all(
            bool(np.all(np.isfinite(gradient))) and (zero or bool(np.any(gradient)))
            for gradient, zero in zip(gradients, may_be_zero, strict=True)
        )

    # -- what it is for --------------------------------------------------------------------------

    def export(self, folder: str | os.PathLike[str], *, pages: bool = True) -> list[Path]:
        """Write the sheets of all variants into a folder, which is made where there is none.

        For each variant: worksheet and solution as .html, .md and .tex, and the page to practise on
        (``pages=False`` leaves that out); beside them ``answers.csv``, the table to fill in. Each file is there whole
        or not at all. Returns the paths written.
        """
        from .sheets import export

        return export(self, Path(folder), pages)

    def grade(self, answers: str | os.PathLike[str], **options: Any) -> "Grades":
        """Mark answers; ``grades.export(folder)`` writes the tables and a page for each student.

        answers : a CSV file, or the text of one, as ``answers.csv`` of ``export``. Titles, separators, encodings and
            decimal commas may differ; a cell may be blank, "?" or a fraction; an array may stand in one cell. In a
            column "backward" stand the names of Python files beside the table; such a file, or a folder of them, does
            in place of a table. Their ``backward`` takes what the exercise's function takes and returns {parameter:
            gradient}. **That they run in processes of their own, with limits of time and memory, is no sandbox.**
        options : ``seconds``, how long mistakes are looked for in one student's answers; ``limit``, how many seconds
            one program may run (2); ``progress``, whether there is a bar on stderr.

        >>> import autograd as ag
        >>> def square(w=0.5):
        ...     return w * w
        >>> exercise = ag.exercise(square, variants=1)
        >>> exercise.variants[0].values
        {'w': 0.6}
        >>> grades = exercise.grade("student,w\\nAnn,1.20\\nBen,6/10\\nCid,?\\n")
        >>> [(one.student, one.points, one.marks[0].verdict) for one in grades]
        [('Ann', 1.0, 'right'), ('Ben', 0.0, 'wrong'), ('Cid', 0.0, 'blank')]
        >>> grades["Ben"].hints("kind")[1]
        'The kind of mistake: constant factor.'

        Raises ValueError where the table cannot be read or asks nothing, OSError where a file cannot.
        """
        from .grading import grade

        return grade(self, answers, **options)

    def __repr__(self) -> str:
        asked = ", ".join(question.what for question in self.questions)
        return f"<Exercise {self.title!r}: {len(self.variants)} variants, asks {asked}>"


class Variant:
    """One variant of an exercise.

    number : 1, 2, …
    values : {parameter: number or array}
    loss, tensors : the recorded loss, and {name: Tensor} of what has a name
    tape : what was recorded, for ``ag.draw``

    ``worksheet(form)`` and ``solution(form)`` give the sheets, in the forms "html", "markdown" and "latex";
    ``check(answers)`` is the report on {title of a column: answer}.
    """

    def __init__(self, exercise: Exercise, number: int) -> None:
        self.exercise, self.number = exercise, number

    @property
    def values(self) -> dict[str, Any]:
        return self.exercise.drawn[self.number - 1]

    @cached_property
    def _recorded(self) -> "Recorded":
        return Recorded(self.exercise.function, self.values)

    @property
    def loss(self) -> Tensor:
        return self._recorded.loss

    @property
    def tape(self) -> Tape:
        return self._recorded.tape

    @property
    def tensors(self) -> dict[str, Tensor]:
        return self._recorded.names

    @cached_property
    def solutions(self) -> dict[str, Any]:
        """{key of a question: the right answer}."""
        gradients = iter(self._recorded.gradients(self.exercise._asked_gradients))
        return {
            one.key: next(gradients) if one.is_gradient else self.tensors[one.name].data
            for one in self.exercise.questions
        }

    def check(
        self, answers: Mapping[str, Any], *, seconds: float | None = None, progress: bool | None = None
    ) -> "Report":
        """The report of ``ag.check_by_hand`` on answers.

        answers : {key or name of a question: value}, in the forms that ``ag.check_by_hand`` takes.
        """
        by_key = {key: one for one in self.exercise.questions for key in (one.key, one.what)}
        by_key.update({one.name: one for one in self.exercise.questions if one.is_gradient and one.name not in by_key})
        given: dict[bool, dict[Tensor, Any]] = {True: {}, False: {}}
        for key, value in answers.items():
            if key not in by_key:
                listed = ", ".join(one.key for one in self.exercise.questions)
                raise ValueError(f"check: nothing of that name is asked: {key}\n  asked: {listed}")
            one = by_key[key]
            given[one.is_gradient][self.tensors[one.name]] = value
        return check_by_hand(self.loss, given[True], forward=given[False], seconds=seconds, progress=progress)

    def worksheet(self, form: str = "html") -> str:
        from .sheets import sheet

        return sheet(self, form, solved=False)

    def solution(self, form: str = "html") -> str:
        from .sheets import sheet

        return sheet(self, form, solved=True)

    def practice(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to practise on (.html): the walk backward with its gradients hidden.

        A wrong answer that one of the classic mistakes gives is told which. Returns the Path written.
        """
        from ..drawing import draw

        leaves = [one.name for one in self.exercise.questions if one.is_gradient and one.name in self.values]
        return draw(self.tape).export(path, practice=leaves)

    def __repr__(self) -> str:
        return f"<Variant {self.number} of {self.exercise.title!r}>"


class Recorded:
    """The function, run on a tape with some numbers.

    loss, tape; output : what the loss is called
    names : {name: Tensor} of parameters and inner values that have a name of their own, oldest first
    inner : the names of the inner ones; twice : names of several values
    """

    def __init__(self, function: Callable[..., Any], values: Mapping[str, Any]) -> None:
        arguments = {
            name: Tensor(value, requires_grad=True, name=name) if is_drawn(value) else value
            for name, value in values.items()
        }
        with tape() as self.tape, np.errstate(all="ignore"):
            loss = function(**arguments)
        if not isinstance(loss, Tensor) or loss.node is None or np.size(loss.data) != 1:
            found = f"a Tensor of shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
            raise ValueError(
                "exercise: the function must return its loss, a Tensor of one entry made from its parameters\n"
                f"  it returned: {found}"
            )
        self.loss: Tensor = loss
        graph = WalkedGraph(loss, None, {})
        if not graph.names.has_name(graph.output):
            loss.name = "loss"
        self.output = graph.names.output if graph.names.has_name(graph.output) else "loss"
        self.names: dict[str, Tensor] = {
            name: one for name, one in arguments.items() if isinstance(one, Tensor) and one.requires_grad
        }
        self.twice: set[str] = set()
        self.inner: list[str] = []
        for node in graph.order:
            recorded = graph.original[node]
            if type(node) is Leaf or is_leafs_alias(node) or node is graph.output or not graph.names.has_name(node):
                continue
            name = graph.names.name(node)
            if name in self.names:
                self.twice.add(name)
            self.names[name] = wrap(recorded.note.value, recorded)
            self.inner.append(name)
        for name in self.twice:
            self.names.pop(name)
        self.inner = [name for name in self.inner if name not in self.twice]

    def gradients(self, names: Sequence[str]) -> list[Any]:
        """The true gradients, as arrays."""
        from ..engine import gradients

        with np.errstate(all="ignore"):
            return [np.asarray(one)[()] for one in gradients(self.loss, [self.names[name] for name in names])]


def _default(template: Recorded) -> list[str]:
    """Every inner value, the nearest to the loss first, and every parameter."""
    return [*reversed(template.inner), *(name for name in template.names if name not in template.inner)]


def _names(argument: str, asked: Sequence[str], template: Recorded) -> list[str]:
    asked = [asked] if isinstance(asked, str) else list(asked)
    for name in asked:
        if name in template.twice:
            raise ValueError(
                f"exercise: {argument}: {name!r} names several values: call each by a name of its own in the function"
            )
        if name not in template.names:
            raise ValueError(
                f"exercise: {argument}: the function has no value of that name: {name!r}\n"
                f"  there are: {', '.join(template.names)}\n"
                "  an inner value has the name of the variable that its line assigns"
            )
    if len(set(asked)) < len(asked):
        raise ValueError(f"exercise: {argument}: a name stands there twice")
    return asked


def parameters_of(function: Callable[..., Any], values: Mapping[str, Any] | None) -> dict[str, Any]:
    """{parameter: the number or array that stands for it}, from ``values`` and the function's defaults."""
    given = dict(values or {})
    found = {}
    for name, one in inspect.signature(function).parameters.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
            raise ValueError(f"exercise: the function's parameters are given by name: {one} cannot be")
        if name in given:
            found[name] = given.pop(name)
        elif one.default is not one.empty:
            found[name] = one.default
        else:
            raise ValueError(
                f"exercise: there is no number for the parameter {name!r}\n"
                "  give it a default in the function, or a value in values="
            )
    if given:
        raise ValueError(f"exercise: values: the function has no parameter of that name: {', '.join(given)}")
    return {name: value.data if isinstance(value, Tensor) else _array(value) for name, value in found.items()}


def _array(value: Any) -> Any:
    """Lists of numbers as an array."""
    return np.asarray(value) if isinstance(value, list | tuple) else value
