"""What all writers need: a folder of generated files, and text of docstrings as Markdown."""

import ast
import re

from autograd.files import write_whole

SPECIAL = re.compile(r"([\\`*_{}\[\]<>$#|~])")
HEADER = re.compile(r"-{3,}\s*")
TERM = re.compile(r"[\w*`][\w*, .`|\[\]()\"=→/-]*? : +\S")


class Folder:
    """Files below one folder; those that no writer has written any more are removed."""

    def __init__(self, path):
        self.path, self.written = path, set()

    def write(self, name, text):
        """Write a file, if it is not there with just this text; returns its name."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.add(path)
        data = text.encode() if isinstance(text, str) else text
        if not path.exists() or path.read_bytes() != data:
            write_whole("docs", path, data)
        return name

    def remove_others(self):
        for path in self.path.rglob("*"):
            if path.is_file() and path not in self.written:
                path.unlink()


def fenced(text, language="text"):
    """A block of code, whatever is in it."""
    ticks = "`" * max([3, *[len(found) + 1 for found in re.findall("`+", text)]])
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}\n"


def raw(html):
    """A piece of HTML as it is."""
    return f"````{{raw}} html\n{html.strip()}\n````\n"


def prose(text):
    """A docstring's sentence as Markdown: ``code`` stays code, and nothing else is read as markup."""
    parts = re.split(r"(``.+?``|`[^`\n]+`)", text, flags=re.DOTALL)
    return "".join(
        f"`{part.strip('`').strip()}`" if i % 2 else SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts)
    )


def docstring(text):
    """A docstring as Markdown: its sections, lists of arguments, bullets, examples and blocks of code."""
    out = []
    for block in _blocks(text):
        lines = block.splitlines()
        if len(lines) > 1 and HEADER.fullmatch(lines[1]):
            out.append(f"**{prose(lines[0])}**")
            lines = lines[2:]
            if not lines:
                continue
        if lines[0].startswith(">>>"):
            out.append(fenced("\n".join(lines), "pycon"))
        elif lines[0].startswith("    "):
            out.append(_code(_dedent(lines)))
        elif TERM.match(lines[0]):
            out.append(_terms(lines))
        elif lines[0].startswith(("* ", "- ")):
            out.append(_bullets(lines))
        else:
            out.append(prose("\n".join(line.strip() for line in lines)).replace("::", ":"))
    return "\n\n".join(out) + "\n"


def _code(text):
    """A block of code; in colour where it is Python."""
    try:
        ast.parse(text)
    except SyntaxError:
        return fenced(text, "text")
    return fenced(text, "python")


def _dedent(lines):
    least = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[least:] for line in lines)


def _blocks(text):
    """Paragraphs; an indented one goes with a list of arguments before it, an example ends at an empty line."""
    blocks = [block.strip("\n") for block in re.split(r"\n[ ]*\n", text.strip("\n")) if block.strip()]
    found = []
    for block in blocks:
        before = found[-1].splitlines()[-1] if found else ""
        literal = before.rstrip().endswith("::")
        inner = block.startswith("    ") and bool(found)
        if inner and (found[-1].startswith("    ") or (_lists(found[-1].splitlines()) and not literal)):
            found[-1] += "\n\n" + block
        else:
            found.append(block)
    return found


def _lists(lines):
    """Whether a paragraph lists arguments, under a header or as it is."""
    return bool(TERM.match(lines[0]) or (len(lines) > 1 and HEADER.fullmatch(lines[1])))


def _terms(lines):
    """``name : what it is`` and the lines below each, as a list."""
    items = []
    for line in lines:
        if line and not line.startswith(" "):
            name, colon, rest = line.partition(" : ")
            items.append([name, [rest] if colon else []])
        elif items:
            items[-1][1].append(line)
    out = []
    for name, said in items:
        names = ", ".join(f"`{one.strip().strip('`')}`" for one in name.split(", "))
        body = [line.strip() for line in said]
        paragraphs = [part.strip() for part in "\n".join(body).split("\n\n") if part.strip()]
        text = "\n\n".join(_bullets(part.splitlines()) if part.startswith("* ") else prose(part) for part in paragraphs)
        indented = text.replace("\n", "\n    ")
        out.append(f"{names}\n:   {indented or '…'}")
    return "\n\n".join(out)


def _bullets(lines):
    items = []
    for line in lines:
        if line.lstrip().startswith(("* ", "- ")) and not line.startswith("  "):
            items.append(line.lstrip()[2:])
        elif items:
            items[-1] += " " + line.strip()
    return "\n".join(f"* {prose(item)}" for item in items)
