"""Run the benchmarks, print their table, and write it to ``RESULTS.md`` beside this file.

``python -m benchmarks`` runs all subjects, ``python -m benchmarks scalars mlp`` only those. One thread
throughout.
"""

import argparse
import sys
from pathlib import Path

from . import chain, importing, lenet5, looking, mlp, scalars
from .report import environment, markdown, table

SUBJECTS = {
    "scalars": scalars,
    "chain": chain,
    "lenet5": lenet5,
    "mlp": mlp,
    "importing": importing,
    "looking": looking,
}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("subject", nargs="*", help=f"any of {', '.join(SUBJECTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=7, help="how often everything is timed (default: 7)")
    options = parser.parse_args()
    unknown = set(options.subject) - set(SUBJECTS)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    print("\n".join(environment()), flush=True)
    sections = []
    for name in options.subject or SUBJECTS:
        module = SUBJECTS[name]
        rows = module.run(options.rounds)
        sections.append((module.__doc__, rows))
        print(f"\n{module.__doc__.splitlines()[0]}\n{table(rows)}", flush=True)
    if not options.subject:
        path = Path(__file__).with_name("RESULTS.md")
        path.write_text(markdown(sections), encoding="utf-8")
        print(f"\nWrote {path}")
    missed = [row for _, rows in sections for row in rows if row.met is False]
    for row in missed:
        print(f"Missed: {row.figure}{f' against {row.peer}' if row.peer else ''}: {row.bar}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
