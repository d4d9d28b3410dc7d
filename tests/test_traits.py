"""The words of ``autograd.traits``: each is used, what is fused equals its parts, and nothing goes by names."""

import ast
from pathlib import Path

import numpy as np
import pytest
from registry_cases import cases, operations

import autograd as ag
from autograd import traits
from autograd.declaration import registry
from autograd.laws import known_of

ROOT = Path(__file__).resolve().parent.parent


# -- the words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "used"),
    [
        (traits.KINDS, {op.kind for op in operations}),
        (traits.TRAITS, {word for op in operations for word in op.traits - {op.kind}}),
        (traits.ARGUMENTS, {word for op in operations for word in op.arguments}),
    ],
    ids=["kinds", "traits", "arguments"],
)
def test_every_word_is_used(words, used):
    assert used == set(words)


def test_kinds_and_traits_are_different_words():
    assert not set(traits.KINDS) & set(traits.TRAITS)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"kind": "unheard of"}, r"no such kind\n  given: 'unheard of'\n  known: elementwise, activation"),
        ({"traits": ["unheard of", "sums"]}, r"no such trait\n  given: 'unheard of'\n  known: alias"),
        ({"traits": "sums"}, "traits is a list of words"),
        ({"arguments": {"unheard of": "x"}}, r"no such argument\n  given: 'unheard of'\n  known: axis"),
        ({"arguments": {"window": "size"}}, r"the window is none of its own\n  given: 'size'\n  its arguments: x"),
        ({"made_of": [ag.square]}, "give both or neither"),
        ({"parts": lambda x: x}, "give both or neither"),
        ({"made_of": [np.square], "parts": lambda x: x}, "made_of= takes operations"),
        ({"made_of": [ag.square], "parts": lambda z: z}, r"parts= asks for what is not there\n  asked: z\n  known: x"),
        ({"factors": lambda z: []}, r"factors= asks for what is not there\n  asked: z"),
    ],
)
def test_what_is_said_wrongly_is_refused(declared, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ag.operation("planted", lambda x: x, rules=[ag.rule(lambda g: g)], **declared)
    assert "planted" not in registry


def test_an_argument_that_bears_the_word_need_not_be_told():
    assert ag.conv2d.operation.arguments == {"weight": "weight", "bias": "bias"}
    assert ag.cross_entropy.operation.arguments == {
        "target": "target",
        "reduction": "reduction",
    }  # its weight is no input
    assert ag.dropout.operation.arguments == {"mask": "mask"}
    assert ag.max.operation.arguments == {"axis": "axis"}


# -- what is fused, and the constants in gradients ----------------------------------------------


@pytest.mark.parametrize("op", [op for op in operations if op.made_of], ids=lambda op: op.name)
def test_the_parts_are_those_that_are_named(op):
    """Each occurs in the graph of some sample, and no other operation of a kind that has a meaning by itself."""
    recorded = set()
    for case in [case for case in cases if case.op is op]:
        with ag.tape() as tape:
            leaves = case.leaves()
            case.op.in_parts(known_of(case, leaves))
        recorded |= {node.operation for node in tape.nodes if node.operation is not op}
    assert set(op.made_of) <= recorded
    telling = {"activation", "softmax", "normalization", "contraction", "convolution", "pooling", "loss"}
    assert {one for one in recorded if one.kind in telling} <= set(op.made_of)


@pytest.mark.parametrize("case", [case for case in cases if case.op.factors], ids=lambda case: case.id)
def test_factors_are_numbers_with_a_name(case):
    values = {**known_of(case, case.arrays), "y": case.call(case.arrays)}
    for factor in case.op.factors_of(values):
        assert (np.isfinite(factor.value) and factor.value != 0 and "{at}" in factor.name) or "dropout" in factor.name


# -- no names ----------------------------------------------------------------------------------


def goes_by_names(tree):
    """The lines that compare an operation's name with something, or list several."""
    variables = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in _assigned(node)
        if isinstance(target, ast.Name) and _is_name(value, ())
    }
    for node in ast.walk(tree):
        asked = []
        if isinstance(node, ast.Compare):
            asked = [one for side in (node.left, *node.comparators) for one in _and_inside(side)]
        elif isinstance(node, ast.Subscript):
            asked = [node.slice]
        elif isinstance(node, ast.Match):
            asked = [node.subject]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asked = [node.func.value]  # .startswith, .endswith
            asked += node.args if node.func.attr == "get" else []
        if any(_is_name(one, variables) for one in asked) or _lists_names(node):
            yield node.lineno


def _assigned(node):
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def _and_inside(side):
    return side.elts if isinstance(side, ast.Tuple) else [side]


def _is_name(node, variables):
    if isinstance(node, ast.Name):
        return node.id in variables
    if not (isinstance(node, ast.Attribute) and node.attr == "name"):
        return False
    of = node.value
    return (of.attr if isinstance(of, ast.Attribute) else getattr(of, "id", "")) in ("operation", "op", "part")


def _lists_names(node):
    if isinstance(node, ast.Dict):
        items = node.keys
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        items = node.elts
    else:
        return False
    return len(items) > 1 and all(isinstance(one, ast.Constant) and one.value in OWN for one in items)


SIGNS = {"sum", "prod", "max", "min", "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sqrt"}
"""Names that formulas in LaTeX have too."""

OWN = {op.name for op in operations} - SIGNS


def files():
    """The Python files of autograd outside the declarations; what ``__init__`` lists is what it exports."""
    for path in sorted((ROOT / "autograd").rglob("*.py")):
        within = path.relative_to(ROOT / "autograd")
        if within.parts[0] != "ops" and str(within) != "declaration.py":
            yield str(within), ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_goes_by_the_name_of_an_operation():
    found = {}
    for name, tree in files():
        lines = [line for line in goes_by_names(tree) if not name.endswith(EXPORTS)]
        if lines:
            found[name] = sorted(set(lines))
    assert found == {}


EXPORTS = ("__init__.py", "internal.py")


@pytest.mark.parametrize(
    "source",
    [
        'if node.operation.name == "exp": pass',
        'x = "exp" != op.name',
        'name = node.operation.name\nif name in ("exp", "log"): pass',
        'name, x = node.operation.name, 1\nif "2d" in name: pass',
        'if (node.operation.name, i) != ("linear", 2): pass',
        'LIST = ("relu", "sigmoid")',
        'make = {"conv2d": 1, "max_pool2d": 2}',
        "make.get(box.operation.name)",
        "make[operation.name]",
        'operation.name.endswith("min")',
        "match node.operation.name:\n    case 'exp': pass",
    ],
)
def test_a_comparison_with_a_name_is_found(source):
    assert list(goes_by_names(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    ['f"{node.operation.name}: no gradient"', 'if tensor.name == "exp": pass', 'reduction in ("mean", "none")'],
)
def test_other_uses_of_names_are_not(source):
    assert not list(goes_by_names(ast.parse(source)))
