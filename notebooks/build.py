"""Make the notebooks from their scripts and execute them: ``make notebooks``, or ``python notebooks/build.py FILE``.

Each ``NNN_name.py`` beside this file is a notebook as a py:percent script; ``NNN_name.ipynb`` is made from it,
executed, and never edited. The same script gives the same file: cells are numbered, and no times are stored.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SECONDS = 600
"""How long a cell may take."""


KERNEL_OPTIONS = ("--log-level=ERROR", "--IPKernelApp.capture_fd_output=False")
"""What Graphviz's C libraries write about this machine's fonts goes to the terminal and not into the notebook."""


class OwnKernel(AsyncKernelManager):
    """A kernel of the Python that runs this file, whatever kernels its user has registered."""

    @property
    def kernel_spec(self):
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *KERNEL_OPTIONS]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def scripts():
    """The notebooks' scripts, in the order of their numbers."""
    return sorted(HERE.glob("[0-9]*.py"))


def environment():
    """What a notebook runs with: this checkout's packages, and one thread."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}


def notebook_of(script):
    """The notebook that a script describes, with nothing executed."""
    notebook = jupytext.read(script, fmt="py:percent")
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "file_extension": ".py"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook):
    """Run all cells of a notebook in a new kernel. An error in one is raised, with the cell's traceback."""
    language = dict(notebook.metadata["language_info"])
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        record_timing=False,
        coalesce_streams=True,  # else one print may come in two parts, or not
        kernel_manager_class=OwnKernel,
        resources={"metadata": {"path": str(HERE)}},
    )
    client.execute(env=environment())
    notebook.metadata["language_info"] = language  # the kernel adds its Python's version
    return notebook


def build(script, folder=HERE):
    """Write the executed notebook of a script to a folder."""
    notebook = execute(notebook_of(script))
    nbformat.validate(notebook)
    path = folder / f"{script.stem}.ipynb"
    nbformat.write(notebook, path)
    return path


def main():
    parser = argparse.ArgumentParser(description="Make the notebooks from their scripts and execute them.")
    parser.add_argument("scripts", nargs="*", type=Path, help="default: all")
    parser.add_argument("--into", type=Path, default=HERE, metavar="FOLDER", help="default: beside the scripts")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # nothing of the user's own settings, startup files and history has a part in what comes out
        os.environ.update(IPYTHONDIR=folder, JUPYTER_CONFIG_DIR=folder, JUPYTER_RUNTIME_DIR=folder)
        for script in asked.scripts or scripts():
            print(build(script.resolve(), asked.into.resolve()))


if __name__ == "__main__":
    main()
