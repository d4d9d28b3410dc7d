"""The notebooks as pages: text, code and what it showed, as they are stored."""

import base64
import re
from pathlib import Path

import nbformat

from .pages import fenced, raw

ROOT = Path(__file__).resolve().parents[2]


def write(folder):
    names = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        folder.write(f"notebooks/{path.stem}.md", page(folder, path))
        names.append(path.stem)
    folder.write("notebooks/index.md", INDEX.format(names="\n".join(names)))


INDEX = """# Notebooks

Worked through from beginning to end, with the published numbers held against the true ones. Each is a page here as it
was executed; the files lie in `notebooks/` of the source.

```{{toctree}}
:maxdepth: 1

{names}
```
"""


def page(folder, path):
    """The notebook as Markdown."""
    parts, before = [], ""
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, start=1):
        if cell.cell_type == "markdown":
            parts.append(cell.source + "\n")
            before = cell.source
            continue
        parts.append(fenced(cell.source, "python"))
        for k, output in enumerate(cell.get("outputs", ())):
            parts.append(_shown(folder, f"notebooks/{path.stem}-{number}-{k}", output, _told(before)))
    return "\n".join(parts)


def _told(text):
    """The last paragraph before a picture: what it shows, for who cannot see it."""
    plain = re.sub(r"\$+|[*`#\\{}\[\]]|^>", "", text.strip().split("\n\n")[-1])
    plain = " ".join(plain.split())
    return f"What this draws: {plain[:300].rstrip('.:')}." if plain else "What the code above draws."


def _shown(folder, name, output, told):
    """One output: a picture, a piece of HTML, or text."""
    if output.output_type == "stream":
        return fenced(output.text, "text")
    if output.output_type == "error":
        return fenced("\n".join(output.traceback), "text")
    data = output.data
    for kind, suffix, decode in (("image/svg+xml", "svg", str.encode), ("image/png", "png", base64.b64decode)):
        if kind in data:
            picture = "".join(data[kind])
            folder.write(f"{name}.{suffix}", decode(picture))
            return f"![{told}]({Path(name).name}.{suffix})\n"
    if "text/html" in data:
        return raw(f'<div class="output" tabindex="0">{"".join(data["text/html"])}</div>')
    return fenced("".join(data.get("text/plain", "")), "text")
