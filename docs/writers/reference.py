"""The reference by subject: every public name, from ``__all__`` and its docstring."""

import importlib
import inspect
import re

import autograd
import nn
from autograd.declaration import registry

from .pages import docstring
from .subjects import INTERNAL, MODULES, SUBJECTS

PACKAGES = {"autograd": autograd, "nn": nn}
PUBLIC = set(autograd.__all__)


def write(folder):
    pages = []
    for package, subjects in SUBJECTS.items():
        names = _sorted_out(package)
        for subject, (about, _) in subjects.items():
            if not names[subject]:
                continue
            text = f"# {subject}\n\n{about}\n\n" + _entries(package, PACKAGES[package], names[subject])
            pages.append(_page(folder, f"{package}-{_slug(subject)}", text))
        for path, title in {**MODULES[package], **dict(_more(package))}.items():
            module = importlib.import_module(f"{package}.{path}")
            about = docstring(inspect.getdoc(module) or "")
            text = f"# {title}: {package}.{path}\n\n{about}\n\n"
            pages.append(
                _page(folder, f"{package}-{path}", text + _entries(f"{package}.{path}", module, _public(module)))
            )
    folder.write("reference/index.md", INDEX.format(names="\n".join(pages)))


INDEX = """# Reference

Every public name, by subject. `ag` is `import autograd as ag`.

```{{toctree}}
:maxdepth: 1

{names}
```
"""


def _page(folder, name, text):
    folder.write(f"reference/{name}.md", text)
    return name


def _slug(text):
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def _module_of(value):
    name = value.__module__ if hasattr(value, "__module__") else type(value).__module__
    return "autograd.dtypes" if name == "numpy.dtypes" or name.startswith("numpy") else name


def _sorted_out(package):
    """{subject: [name]} of all public names; one whose module no subject lists stands in the last."""
    where = {
        f"{package}.{module}": subject
        for subject, (_, modules) in SUBJECTS[package].items()
        for module in modules.split()
    }
    found = {subject: [] for subject in SUBJECTS[package]}
    last = [*found][-1]
    for name in PACKAGES[package].__all__:
        value = getattr(PACKAGES[package], name)
        if inspect.ismodule(value):
            continue
        module = _module_of(value)
        if module.partition(".")[0] != package:
            continue  # the same as autograd's
        found[where.get(module, last)].append(name)
    return found


def _more(package):
    """(name, title) of public modules that subjects.py has no title for."""
    for name in PACKAGES[package].__all__:
        if inspect.ismodule(getattr(PACKAGES[package], name)) and name not in MODULES[package].keys() | INTERNAL:
            yield name, name.capitalize()


def _public(module):
    named = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    own = module.__name__.split(".")[0]
    values = {name: getattr(module, name) for name in named}
    return [
        name
        for name, value in values.items()
        if not inspect.ismodule(value)
        and (
            hasattr(module, "__all__") or (callable(value) and (getattr(value, "__module__", "") or "").startswith(own))
        )
    ]


# -- one name ----------------------------------------------------------------------------------


def _entries(package, module, names):
    """The entries of the names; those that are one object stand together."""
    by_object = {}
    for name in names:
        by_object.setdefault(id(getattr(module, name)), []).append(name)
    links = [f"[{name}](#{package}.{name})" for name in names]
    contents = " · ".join(links) + "\n\n" if len(names) > 3 else ""
    return contents + "\n".join(_entry(package, module, together) for together in by_object.values())


def _entry(package, module, names):
    value = getattr(module, names[0])
    own = getattr(value, "__name__", names[0])
    names = sorted(names, key=lambda name: (name != own, name))
    kind = "class" if inspect.isclass(value) else "function" if callable(value) else "data"
    text = _operation(value) or docstring(inspect.getdoc(value) or "")
    if kind == "data":
        text = docstring(inspect.getdoc(value) or "") if not isinstance(value, str | dict | set) else ""
    if kind == "class":
        text += _methods(value)
    called = _signature(value)
    parts = [f":::::{{py:{kind}}} {package}.{names[0]}{called}\n{text}\n:::::\n"]
    same = f"The same as [{names[0]}](#{package}.{names[0]})."
    parts += [f":::::{{py:{kind}}} {package}.{name}{called}\n{same}\n:::::\n" for name in names[1:]]
    return "\n".join(parts)


def _signature(value):
    if not callable(value):
        return ""
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return "(…)"
    parameters = [
        one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values() if one.name != "self"
    ]
    text = str(inspect.Signature(parameters))
    return "(…)" if " at 0x" in text or "\n" in text or "<" in text else text


def _operation(function):
    """What an operation's docstring says, with its formulas set and a link to its section."""
    op = getattr(function, "operation", None)
    if op is None or registry.get(op.name) is not op or not op.module.startswith("autograd.ops."):
        return ""
    text = re.split(r"\n(?:Formula|Derivative by|Gradient by)\b", inspect.getdoc(function) or "")[0]
    formula = f"$$\n{op.formula}\n$$\n\n" if op.formula else ""
    family = op.module.rpartition(".")[2]
    link = f"Its derivatives, samples and graph: [{op.name}](../operations/{family}.md#op-{op.name}).\n"
    return f"{docstring(text)}\n{formula}{link}"


def _methods(value):
    """The public methods and properties that the class itself has, with a docstring each."""
    parts, plain = [], []
    for name, member in inspect.getmembers(value):
        if name.startswith("_") or not _is_own(value, name):
            continue
        text = inspect.getdoc(member) or ""
        op = getattr(member, "operation", None)
        function = getattr(autograd, name) if name in PUBLIC else None
        if op is not None or (function is not None and text == inspect.getdoc(function)):
            plain.append(name)
        elif not text:
            continue
        elif isinstance(member, property) or not callable(member):
            parts.append(f"::::{{py:attribute}} {name}\n:no-index:\n\n{docstring(text)}\n::::\n")
        else:
            parts.append(f"::::{{py:method}} {name}{_signature(member)}\n:no-index:\n\n{docstring(text)}\n::::\n")
    if plain:
        shown = ", ".join(f"`{name}`" for name in plain)
        parts.append(f"Methods that are functions of the same name: {shown}.\n")
    return "\n" + "\n".join(parts)


def _is_own(value, name):
    for one in value.__mro__:
        if name in vars(one):
            return one.__module__.split(".")[0] in PACKAGES and (one is value or one.__name__.startswith("_"))
    return False
