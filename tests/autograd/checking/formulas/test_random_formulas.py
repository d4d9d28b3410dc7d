"""Right formulas at random are accepted, and refused with one factor altered."""

import numpy as np
import pytest

import autograd as ag

KINDS = {
    "mul": (2, lambda a, b: a * b, ("{b}", "{a}")),
    "add": (2, lambda a, b: a + b, ("1", "1")),
    "sub": (2, lambda a, b: a - b, ("1", "−1")),
    "div": (2, lambda a, b: a / b, ("1/{b}", "−{a}/{b}²")),
    "sigmoid": (1, ag.sigmoid, ("{y} · (1 − {y})",)),
    "tanh": (1, ag.tanh, ("(1 − {y}²)",)),
    "exp": (1, lambda a: ag.exp(0.3 * a), ("0.3 · {y}",)),
    "square": (1, ag.square, ("2 · {a}",)),
    "sin": (1, ag.sin, ("cos({a})",)),
}
"""{kind: (how many inputs, what it does, the factors of its derivative by each)}."""


def random_graph(seed):
    """(output, {name: Tensor}, {name: [[factors of a term], …]}): a graph of scalars and its chain rule."""
    rng = np.random.default_rng(seed)
    v = {f"a{i}": ag.Tensor(rng.uniform(0.4, 1.6), requires_grad=True, name=f"a{i}") for i in range(4)}
    terms = {name: [] for name in v}
    with ag.tape():
        for i in range(7):
            kind = list(KINDS)[rng.integers(len(KINDS))]
            count, function, factors = KINDS[kind]
            inputs = [str(one) for one in rng.choice(list(v), count, replace=False)]
            name = f"x{i}"
            v[name] = function(*[v[one] for one in inputs])
            v[name].name = name
            terms[name] = []
            names = dict(zip("ab", inputs, strict=False), y=name)
            for one, factor in zip(inputs, factors, strict=True):
                terms[one].append([f"δ_{name}", *factor.format(**names).split(" · ")])
        ends = [name for name in v if not terms[name]]
        E = 0.35 * v[ends[0]] ** 2
        for name in ends[1:]:
            E = E + 0.35 * v[name] ** 2
        for name in ends:
            terms[name].append(["0.7", name])
    E.name = "E"
    return E, v, terms


def written(rng, terms):
    """A formula of terms, in one of the ways to write it."""
    shown = []
    for k in rng.permutation(len(terms)):
        factors = [terms[k][j] for j in rng.permutation(len(terms[k]))]
        factors = [f"({one})" if one.startswith("−") or "/" in one else one for one in factors]
        shown.append(rng.choice([" · ", " * ", "*"]).join(factors))
    text = " + ".join(shown)
    return text.replace("δ_", rng.choice(["δ_", "∂E/∂", "delta_", "dE/d"])).replace("−", rng.choice(["−", "-"]))


def altered(rng, terms, names):
    """The terms with one factor left out, put in, or in place of another."""
    terms = [list(one) for one in terms]
    k = rng.integers(len(terms))
    j = rng.integers(len(terms[k]))
    other = str(rng.choice(names))
    way = rng.integers(4)
    if way == 0 and len(terms[k]) > 1 and terms[k][j] != "1":
        del terms[k][j]
    elif way == 1:
        terms[k].append(other)
    elif way == 2 and terms[k][j] != other:
        terms[k][j] = other
    else:
        terms[k].append(str(rng.choice(["2", "−1", "0.5", "3"])))
    return terms


def cases(seeds):
    for seed in seeds:
        E, v, terms = random_graph(seed)
        rng = np.random.default_rng((seed, 1))
        reached = [name for name in v if terms[name] and name not in ("x6",)]
        yield E, v, terms, rng, str(rng.choice(reached))


def run(seeds):
    """(the right formulas refused, the wrong ones accepted, how many wrong ones were repaired)."""
    refused, accepted, repaired = [], [], 0
    for E, v, terms, rng, name in cases(seeds):
        right = written(rng, terms[name])
        if not ag.check_by_hand(E, {v[name]: right}).ok:
            refused.append(right)
        wrong = written(rng, altered(rng, terms[name], list(v)))
        report = ag.check_by_hand(E, {v[name]: wrong}, seconds=0)
        if report.ok:
            accepted.append((name, right, wrong))
        repaired += bool(report.rows[0].right_formula)
    return refused, accepted, repaired


def test_some_formulas():
    refused, accepted, repaired = run(range(6))
    assert (refused, accepted) == ([], []) and repaired >= 5


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_two_hundred_formulas(part):
    refused, accepted, repaired = run(range(100 + 50 * part, 150 + 50 * part))
    assert (refused, accepted) == ([], []) and repaired >= 45
