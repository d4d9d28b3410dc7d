"""How each library is made ready in its worker: imported, and told how many threads it may use.

``LIBRARIES[name](threads)`` returns what the report says about it: {"what": "version or setting"}.
"""

import importlib.metadata
import os
from pathlib import Path

from .row import BEFORE

ROOT = Path(__file__).parent.parent
HIPS_FOLDER = Path(os.environ.get("HIPS_AUTOGRAD", ROOT / ".venv" / "peers"))
"""Where ``make bench`` installs HIPS autograd, which is imported under our name."""

FOLDERS = {"HIPS autograd": HIPS_FOLDER}
"""{library: the folder of its own} of those that bear our name; ``--before`` adds its own."""


def environment(library, threads):
    """The environment variables for a worker: most libraries read their thread count when they are imported."""
    known = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for name in ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR"):
        known[f"{name}_NUM_THREADS"] = str(threads)
    folders = [FOLDERS[library]] if library in FOLDERS else []
    return {**known, "PYTHONPATH": os.pathsep.join(map(str, [*folders, ROOT]))}


def chalkgrad(threads):
    import numpy as np

    import autograd as ag
    from autograd.native import native, why_not

    getattr(ag, "config", ag).set_num_threads(threads)  # an earlier build has it at the top
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "numpy": f"{np.__version__} with {blas.get('name', 'an unknown BLAS')} {blas.get('version', '')}".strip(),
        "compiled kernels": f"on ({native.level()})" if native else f"off: {why_not}",
    }


def pytorch(threads):
    import torch

    torch.set_num_threads(threads)
    return {"torch": f"{torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"}


def micrograd(threads):
    import micrograd.engine  # noqa: F401

    return {"micrograd": importlib.metadata.version("micrograd")}


def mygrad(threads):
    import mygrad

    return {"mygrad": mygrad.__version__}


def jax(threads):
    import jax

    return {"JAX": jax.__version__}


def hips(threads):
    if not (HIPS_FOLDER / "autograd").is_dir():
        raise ModuleNotFoundError("No module named 'autograd' of HIPS", name="autograd")
    import autograd.numpy  # noqa: F401

    (found,) = importlib.metadata.distributions(name="autograd", path=[str(HIPS_FOLDER)])
    return {"HIPS autograd": found.version}


def before(threads):
    """The build of this library that ``--before`` names."""
    import autograd

    folder = Path(autograd.__file__).resolve().parent
    if folder == ROOT / "autograd":
        raise ModuleNotFoundError("No module named 'autograd' under the folder of --before", name="autograd")
    kernels = chalkgrad(threads)["compiled kernels"]
    return {"the build before": f"{folder.parent}, its compiled kernels {kernels}"}


LIBRARIES = {
    "chalkgrad": chalkgrad,
    BEFORE: before,
    "PyTorch": pytorch,
    "micrograd": micrograd,
    "MyGrad": mygrad,
    "JAX": jax,
    "HIPS autograd": hips,
}


def library_of(side):
    """The library of a side: "chalkgrad, chain of 1,000" is chalkgrad."""
    return side.partition(",")[0]
