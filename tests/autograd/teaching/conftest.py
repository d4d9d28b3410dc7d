"""An exercise that all tests share, and the file that makes it."""

import textwrap

import pytest

from autograd.teaching.child import load

SOURCE = """
import autograd as ag


def network(w1=0.15, w2=0.20, w5=0.40, w6=0.45, x=0.5, t=0.1):
    net_h = w1 * x + w2
    out_h = ag.sigmoid(net_h)
    net_o = w5 * out_h + w6
    out_o = ag.sigmoid(net_o)
    E = 0.5 * (t - out_o) ** 2
    return E


exercise = ag.exercise(
    network,
    ask=["out_o", "net_o", "w5", "out_h", "w1"],
    forward=["net_o"],
    variants=4,
    points={"w1": 3},
    title="One hidden <unit> & $more$",
)
"""


@pytest.fixture(scope="session")
def exercise_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("exercise") / "exercise.py"
    path.write_text(textwrap.dedent(SOURCE), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def exercise(exercise_file):
    return load(str(exercise_file), "exercise_under_test").exercise


@pytest.fixture(scope="session")
def answers(exercise):
    """``answers(variant, **changed)``: {title: text} of right answers, but for those changed."""

    def made(number=1, **changed):
        solutions = exercise.variants[number - 1].solutions
        right = {question.key: f"{solutions[question.key]:.6g}" for question in exercise.questions}
        return {**right, **{key.replace("__", "/"): text for key, text in changed.items()}}

    return made


@pytest.fixture(scope="session")
def table(exercise):
    """``table([(student, variant, {title: text}), …])`` as the text of a CSV file."""

    def made(rows, separator=","):
        titles = [question.key for question in exercise.questions]
        lines = [separator.join(["student", "variant", *titles])]
        for student, variant, cells in rows:
            cells = [student, str(variant), *[cells.get(title, "") for title in titles]]
            lines.append(separator.join([f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells]))
        return "\n".join(lines) + "\n"

    return made
