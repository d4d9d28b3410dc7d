"""``python -m autograd sheets`` and ``grade``: an exercise's sheets, and answers marked, from the command line."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from .child import line_of, load
from .grading import HINTS
from .programs import LIMIT
from .variants import Exercise

GRADE = """\
examples:
  python -m autograd grade exercise.py answers.csv --out marks
  python -m autograd grade exercise.py answers.csv --out marks --hints full
  python -m autograd grade exercise.py programs/ --out marks

exercise.py is a Python file that makes one exercise, exercise = ag.exercise(...). answers.csv has a column
"student", a column "variant", and one for each value asked: its titles are those of the answers.csv that
"python -m autograd sheets" writes. Cells may be blank, "?", fractions, and numbers with a decimal comma.

A column "backward" may name a Python file beside the table, with a function backward(...) that takes what the
exercise's function takes and returns {name: gradient}; a folder of such files does in place of a table. Each runs
in a process of its own with limits of time and memory. That is no sandbox: the code has your rights. Run what
strangers wrote in a container.

DIR gets grades.html and grades.csv, and in students/ a page for each student.
exit status: 0 all was marked, 1 it could not be done, 2 wrong arguments, 3 some lines could not be marked
"""

SHEETS = """\
examples:
  python -m autograd sheets exercise.py --out sheets
  python -m autograd sheets exercise.py --out sheets --no-pages

For each variant DIR gets worksheet and solution as .html, .md and .tex, and a page to practise on; and answers.csv,
the table to fill in for "python -m autograd grade".
"""


def add(commands: Any) -> None:
    """Add both commands to a parser's; ``run=`` says what runs."""
    layout = argparse.RawDescriptionHelpFormatter
    grade = commands.add_parser("grade", help="mark answers", epilog=GRADE, formatter_class=layout)
    grade.add_argument("exercise", help="the Python file with the exercise")
    grade.add_argument("answers", help="a CSV file, a Python file, or a folder of these")
    grade.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    grade.add_argument("--hints", choices=HINTS, default="kind", help="what students are told of the first wrong value")
    grade.add_argument("--seconds", type=_seconds, metavar="S", help="look for mistakes so long in a student's answers")
    grade.add_argument("--limit", type=_seconds, default=LIMIT, metavar="S",
                       help=f"how long one program may run (by default {LIMIT:g})")  # fmt: skip
    grade.set_defaults(run=run_grade)
    sheets = commands.add_parser("sheets", help="write worksheets and solutions", epilog=SHEETS, formatter_class=layout)
    sheets.add_argument("exercise", help="the Python file with the exercise")
    sheets.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    sheets.add_argument("--no-pages", action="store_true", help="leave out the pages to practise on")
    sheets.set_defaults(run=run_sheets)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError
    return value


class Failed(Exception):
    """Something that the user can put right; its text says what."""


def exercise_of(path: str) -> Exercise:
    """The exercise that a Python file makes."""
    if not Path(path).is_file():
        raise Failed(f"there is no such file\n  exercise: {path}")
    whole = Path(path).resolve()
    sys.path.insert(0, str(whole.parent))  # as for a script
    try:
        module = load(str(whole), "exercise")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        line = line_of(error, str(whole))
        where = f", line {line}" if line else ""
        raise Failed(
            f"the exercise's file cannot be run{where}\n  exercise: {path}\n  {type(error).__name__}: {error}"
        ) from None
    named = getattr(module, "exercise", None)
    if isinstance(named, Exercise):
        return named
    found = {id(one): one for one in vars(module).values() if isinstance(one, Exercise)}
    if len(found) != 1:
        told = "makes no exercise" if not found else f"makes {len(found)} exercises"
        raise Failed(f"the file {told}: it needs one, exercise = ag.exercise(...)\n  exercise: {path}")
    return next(iter(found.values()))


def run_grade(options: argparse.Namespace) -> int:
    """``python -m autograd grade``."""
    started = time.perf_counter()
    try:
        exercise = exercise_of(options.exercise)
        if not Path(options.answers).exists():
            raise Failed(f"there is no such file\n  answers: {options.answers}")
        grades = exercise.grade(
            Path(options.answers), seconds=options.seconds, limit=options.limit, progress=sys.stderr.isatty()
        )
        grades.export(options.out, hints=options.hints)
    except (Failed, OSError, ValueError) as error:
        print(f"grade: {error}", file=sys.stderr)
        return 1
    for line, problem in grades.troubles:
        print(f"line {line} was not marked: {problem}", file=sys.stderr)
    marked = len([one for one in grades if not one.problem])
    print(f"{marked} students marked in {time.perf_counter() - started:.1f} s: {Path(options.out) / 'grades.html'}")
    return 3 if grades.troubles else 0


def run_sheets(options: argparse.Namespace) -> int:
    """``python -m autograd sheets``."""
    try:
        written = exercise_of(options.exercise).export(options.out, pages=not options.no_pages)
    except (Failed, OSError, ValueError) as error:
        print(f"sheets: {error}", file=sys.stderr)
        return 1
    print(f"{len(written)} files written to {options.out}")
    return 0
