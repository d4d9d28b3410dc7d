"""One library's answers, as JSON: ``python -m edges.ask PyTorch``, run in a process of its own."""

import importlib
import json
import sys
import warnings
from typing import Any

import numpy as np

from .case import Case
from .libraries import LIBRARIES
from .libraries.functions import Lacking
from .subjects import SUBJECTS


def answers(library: str) -> dict[str, Any]:
    """{"version": …, "cells": {key of a case: what the library gives}}; the module's ImportError where it is missing.

    What it gives is nested lists of numbers, {function: such a list}, "error" where it raises, or None where it has no
    such function.
    """
    with warnings.catch_warnings():  # of other people's code, and of infinities that are asked for
        warnings.simplefilter("ignore")
        module = importlib.import_module(f".libraries.{LIBRARIES[library]}", __package__)
        cells = {
            case.key: _answer(module, case)
            for subject in SUBJECTS
            if library in subject.columns
            for case in subject.cases
        }
    return {"version": module.VERSION, "cells": cells}


def _answer(module: Any, case: Case) -> Any:
    ask = getattr(module, case.asks, None)
    if ask is None:
        return None
    try:
        with np.errstate(all="ignore"):
            return _plain(ask(case.function, case.at))
    except (Lacking, NotImplementedError):
        return None
    except Exception as error:  # whatever a library raises is its answer
        print(f"{case.key}: {type(error).__name__}: {error}", file=sys.stderr)
        return "error"


def _plain(found: Any) -> Any:
    """Nested lists of numbers, of any library's arrays."""
    if isinstance(found, dict):
        return {name: _plain(one) for name, one in found.items()}
    if isinstance(found, list):
        return [_plain(one) for one in found]
    return np.asarray(found, float).tolist()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answers(sys.argv[1])))
