"""The five published derivations as documents: right as they stand, and with each of twenty slips found at its line."""

from pathlib import Path

import pytest

import autograd as ag
from tests.autograd.checking.derivations.graphs_of_texts import GRAPHS

FOLDER = Path(__file__).parent / "documents"


@pytest.fixture(scope="module")
def graphs():
    """{name: (output, what keeps its leaves alive)}."""
    return {name: make() for name, make in GRAPHS.items()}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_derivation_is_right(graphs, name):
    report = ag.check_derivation(FOLDER / f"{name}.md", graphs[name][0])
    assert report.ok and len(report) >= 4, str(report)
    assert "all right" in str(report) and report.first_wrong is None


SLIPS = [
    # in which text, at which line, what stands there, what is written in its place, what the report says
    ("000", 11, r"i-m, j-n", r"i+m, j+n", "where δ[i − m, j − n] belongs"),
    ("000", 11, r"\, k_{m,n}", r"\, k_{n,m}", ""),
    ("000", 18, r"\delta_{1,2}\, k_{1,1}", r"\delta_{1,2}\, k_{1,2}", "There is"),
    ("001", 7, "-15, -6, 15", "-15, -6, 51", ""),
    ("001", 14, "i − m + 1", "i + m − 1", ""),
    ("001", 16, "· x[i + m − 1", "· x[i − m − 1", ""),
    ("001", 22, r"\frac{1}{4}", r"\frac{1}{2}", "2"),
    ("002", 6, r"\delta_{1,1}\, out_{1,1}", r"\delta_{1,1}\, h_{1,1}", "There is h where out belongs"),
    (
        "002",
        20,
        r"+ \delta_{3,1} + \delta_{3,2} + \delta_{3,3}",
        r"+ \delta_{3,1} + \delta_{3,2}",
        "The term δ[3, 3] is missing",
    ),
    ("002", 29, r"\frac{\partial E}{\partial a_{2,2}} = 0", r"\frac{\partial E}{\partial a_{2,2}} = 1", "should be 0"),
    ("003", 14, r"3q + n - 2", r"2q + n - 2", ""),
    ("003", 15, r"j - 3q + 2", r"j - 3q + 1", ""),
    ("004", 5, r"e^{-net_{h1}}", r"e^{net_{h1}}", "minus sign is missing"),
    ("004", 7, r"w_6\, out_{h2}", r"w_6\, out_{h1}", "There is out_h1 where out_h2 belongs"),
    ("004", 21, r"= -(t_1 - out_{o1})", r"= (t_1 - out_{o1})", "minus"),
    ("004", 22, r"= out_{o1} (1 - out_{o1})", r"= out_{o1} (1 + out_{o1})", "The sign of out_o1 is wrong"),
    ("004", 27, "0.082167041", "0.082176041", "It should be 0.0821670406"),
    ("004", 29, r"out_{o1} (1 - out_{o1}) = 0.138", r"(1 - out_{o1}) = 0.138", "The factor out_o1 is missing"),
    ("004", 33, r"= w_5 - \eta \cdot", r"= w_5 - 2 \cdot", "It should be"),
    ("004", 37, "δ_o2 · out_h1", "δ_o1 · out_h1", "There is δ_o1 where δ_o2 belongs"),
    ("004", 46, r" + \frac{\partial E_{o2}}{\partial out_{h1}} \\", r" \\", "The term"),
    ("004", 51, "· i1", "· i2", "There is i2 where i1 belongs"),
    ("004", 53, "δ_o1 w5 + δ_o2 w7", "δ_o1 w5 − δ_o2 w7", "The sign of δ_o2 w7 is wrong"),
    ("004", 55, "σ′(net_h2)", "σ(net_h2)", "There is σ where σ′ belongs"),
]


# one of three at each run, the others with the slow tests
@pytest.mark.parametrize(
    ("start", "line", "right", "wrong", "says"),
    [pytest.param(*slip, marks=[pytest.mark.slow] if k % 3 else []) for k, slip in enumerate(SLIPS)],
)
def test_a_slip_is_found_at_its_line(graphs, start, line, right, wrong, says):
    (name,) = [one for one in GRAPHS if one.startswith(start)]
    lines = (FOLDER / f"{name}.md").read_text(encoding="utf-8").split("\n")
    assert right in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(right, wrong)
    report = ag.check_derivation("\n".join(lines), graphs[name][0])
    assert report.first_wrong is not None and report.first_wrong.line == line, str(report)
    assert says in str(report)
