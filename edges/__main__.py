"""``python -m edges`` writes ``docs/edges.md``; ``python -m edges PyTorch`` prints what one library gives."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .libraries import LIBRARIES
from .page import page

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "edges.md"
LIMIT = 300
"""Seconds for a library."""


def asked(library: str) -> dict[str, Any] | None:
    """A library's answers, from a process of its own; None, and why on the screen, where it is missing or fails."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "edges.ask", library]
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        print(f"{library}: not done after {LIMIT} s")
        return None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        print(f"{library}: {said[-1] if said else 'it ended without a word'}")
        return None
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{library} {answers['version']}: {len(answers['cells'])} cases")
    return answers


if __name__ == "__main__":
    wanted = sys.argv[1:]
    if unknown := set(wanted) - set(LIBRARIES):
        sys.exit(f"there is no {', '.join(sorted(unknown))}; libraries: {', '.join(LIBRARIES)}")
    with ThreadPoolExecutor(2) as pool:  # they mostly wait for their imports
        answers = dict(zip(wanted or LIBRARIES, pool.map(asked, wanted or LIBRARIES), strict=True))
    if wanted:
        print(json.dumps(answers, indent=1))
    elif answers["chalkgrad"] is None:
        sys.exit("chalkgrad itself gave no answers; the page stays as it is")
    else:
        PAGE.write_text(page(answers), encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
