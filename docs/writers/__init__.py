"""The pages that are generated: operations, the reference, mistakes, notebooks, pictures. A Sphinx extension.

Each module has ``write(folder)``, which writes its pages into ``docs/made/``. What has not changed is left as it is, so
that Sphinx reads anew only what has.
"""

from pathlib import Path

from . import formulas, mistakes, notebooks, operations, pictures, reference
from .pages import Folder

MADE = Path(__file__).resolve().parent.parent / "made"


def write_all(app, config):
    folder = Folder(MADE)
    for writer in (pictures, mistakes, operations, reference, notebooks):
        writer.write(folder)
    folder.remove_others()


def setup(app):
    formulas.setup(app)
    app.connect("config-inited", write_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
