"""Run the benchmarks and print their tables; a run of everything also writes ``RESULTS.md`` and its plot.

``python -m benchmarks`` runs all subjects, ``python -m benchmarks conv pooling`` only those, and prints only;
``python -m benchmarks --before PATH`` compares this build with another one of this library, and prints only.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

from . import libraries, plot
from .measuring import Run, lines_of
from .other_processes import Others
from .report import about, markdown, summary, table, title_and_text
from .row import BEFORE, against_before

SUBJECTS = (
    "scalars chain tiny logistic mlp lenet5 resnet20 conv pooling elementwise normalization softmax as_written "
    "compiled importing check_explain_draw"
).split()
THREADS = (1, 2)
HERE = Path(__file__).parent
RESULTS, PICTURE = HERE / "RESULTS.md", HERE.parent / "docs" / "benchmarks.png"


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("subject", nargs="*", help=f"any of {', '.join(SUBJECTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured in turn (default: 15)")
    parser.add_argument("--threads", type=int, nargs="*", default=THREADS, help="thread counts (default: 1 2)")
    parser.add_argument(
        "--before",
        type=Path,
        metavar="PATH",
        help="compare with the build of this library that is installed under PATH",
    )
    options = parser.parse_args()
    unknown = set(options.subject) - set(SUBJECTS)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    if options.before:
        if not (options.before / "autograd" / "__init__.py").is_file():
            parser.error(f"no autograd is installed under {options.before}: pip install --no-deps --target PATH .")
        libraries.FOLDERS[BEFORE] = options.before.resolve()
    everything = not (options.subject or options.before) and options.threads == THREADS
    run, sections, others = Run(options.rounds), [], Others()
    for name in options.subject or SUBJECTS:
        subject = importlib.import_module(f"benchmarks.{name}")
        rows = [against_before(row) for row in subject.ROWS] if options.before else subject.ROWS
        lines = [line for n in options.threads for line in lines_of(name, rows, n, run)]
        lines.sort(key=lambda line: rows.index(line.row))
        sections.append((subject, lines))
        if lines:
            print(f"\n{title_and_text(subject)[0]}\n{table(lines)}", flush=True)
    facts = about(run.seen, others.share())
    print("", *facts, *summary([line for _, lines in sections for line in lines]), sep="\n")
    if everything:
        write(sections, facts)
    return 1 if any(line.met is False or line.busy for _, lines in sections for line in lines) else 0


def write(sections, facts):
    """RESULTS.md and its plot, put in place when both are complete."""
    text, picture = (path.with_name("part-of-" + path.name) for path in (RESULTS, PICTURE))
    try:
        try:
            plot.draw(sections, picture, facts)
        except ImportError as error:
            print(f"No plot: {error}")
        shown = os.path.relpath(PICTURE, RESULTS.parent) if picture.exists() else None
        text.write_text(markdown(sections, facts, shown), encoding="utf-8")
        for part, path in ((picture, PICTURE), (text, RESULTS)):
            if part.exists():
                os.replace(part, path)
                print(f"Wrote {path}")
    finally:
        text.unlink(missing_ok=True)
        picture.unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
