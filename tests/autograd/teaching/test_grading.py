"""Answers marked: right, follows, wrong, with points; whatever the cells hold; and the pages that show it."""

import csv
import html.parser
import io
import time

import pytest

from autograd.checking.cells import cell, read_table
from autograd.teaching.pages import file_names

SCRIPT = "<script>alert(1)</script>"


def verdicts(result):
    return {mark.what: mark.verdict for mark in result.marks}


@pytest.fixture(scope="module")
def left_out(exercise, answers):
    """Right answers, but for σ′, which was left out at net_o; w5, out_h and w1 follow from that."""
    solutions = exercise.variants[0].solutions
    factor = solutions["dE/dout_o"] / solutions["dE/dnet_o"]
    changed = {key: f"{solutions[key] * factor:.6g}" for key in ("dE/dnet_o", "dE/dw5", "dE/dout_h", "dE/dw1")}
    return {**answers(), **changed}


@pytest.fixture(scope="module")
def grades(exercise, answers, table, left_out):
    rows = [
        ("Right", 2, answers(2)),
        ("Follows", 1, left_out),
        (SCRIPT, 1, answers(dE__dw1="?", dE__dout_h=SCRIPT)),
        ("=1+1", 1, answers(dE__dw1="=cmd|' /C calc'!A0")),
        ("Short", 3, answers(3, net_o="1")),
        ("Nobody", 9, answers()),
        ("Without", "", answers()),
        ("Blank", 1, {}),
        ("Right", 2, answers(2)),
    ]
    return exercise.grade(table(rows))


def test_all_right(grades):
    result = grades["Right"]
    assert set(verdicts(result).values()) == {"right"} and result.points == result.most == 8
    assert result.hints("full") == []


def test_what_follows_costs_nothing_more(grades):
    result = grades["Follows"]
    assert verdicts(result) == {
        "net_o": "right", "∂E/∂out_o": "right", "∂E/∂net_o": "wrong", "∂E/∂w5": "follows", "∂E/∂out_h": "follows",
        "∂E/∂w1": "follows",
    }  # fmt: skip
    assert (result.points, result.most) == (7, 8)


def test_hints_say_more_at_each_level(grades):
    place, kind, full = (grades["Follows"].hints(level) for level in ("place", "kind", "full"))
    assert place == kind[:1] == full[:1] and kind == full[:2]
    assert place[0].startswith("∂E/∂net_o is the first value")
    assert kind[1] == "The kind of mistake: activation's derivative left out."
    assert "the derivative of out_o (sigmoid) is left out" in full[2] and "δ_net" in full[3]


def test_bad_cells_cost_their_own_points_alone(grades):
    result = grades[SCRIPT]
    assert verdicts(result)["∂E/∂w1"] == "blank" and verdicts(result)["∂E/∂out_h"] == "unreadable"
    assert result.points == 8 - 3 - 1
    assert [mark.remark for mark in result.marks if mark.remark] == [f"cannot be read as a number: {SCRIPT}"]


def test_too_few_digits(grades):
    assert verdicts(grades["Short"])["net_o"] == "short" and grades["Short"].points == 7


def test_lines_that_cannot_be_used_are_told(grades):
    assert grades["Nobody"].problem == "the variant is '9'; it must be a number from 1 to 4"
    assert grades["Without"].problem == "there is no variant; it must be a number from 1 to 4"
    assert set(verdicts(grades["Blank"]).values()) == {"blank"} and grades["Blank"].points == 0


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_dialect_of_csv_is_read_alike(exercise, answers, table, left_out, separator, tmp_path):
    comma = {key: text.replace(".", ",") for key, text in left_out.items()}
    text = table([("Ü. Ñame", 1, comma)], separator)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        if encoding == "cp1252":
            text = text.replace("∂", "d")
        path = tmp_path / "answers.csv"
        path.write_bytes(text.encode(encoding))
        (result,) = exercise.grade(path)
        assert result.student == "Ü. Ñame" and result.points == 7


def test_titles_may_be_written_in_several_ways(exercise, answers):
    right = answers()
    titles = {"dE/dw1": "w1", "dE/dw5": "∂E / ∂w5", "dE/dnet_o": "dE/dnet_o =", "net_o": "net_o"}
    lines = [",".join(["Name", "Variant", *titles.values()]), ",".join(["Ann", "#1", *[right[key] for key in titles]])]
    (result,) = exercise.grade("\n".join(lines))
    assert verdicts(result) == {
        "net_o": "right", "∂E/∂out_o": "blank", "∂E/∂net_o": "right", "∂E/∂w5": "right", "∂E/∂out_h": "blank",
        "∂E/∂w1": "right",
    }  # fmt: skip


def test_arrays_are_read_entry_by_entry_or_whole():
    import autograd as ag

    def layer(W=((0.5, -0.3), (0.8, 0.1)), x=(1.5, -0.5)):
        return ag.sum((W @ x) ** 2)

    one = ag.exercise(layer, ask=["W", "x"], variants=1)
    W, x = (one.variants[0].solutions[key] for key in ("dloss/dW", "dloss/dx"))
    (a, b), (c, d) = [[f"{v:.6g}" for v in row] for row in W]
    p, q = [f"{v:.6g}" for v in x]
    for whole in (f"[[{a}, {b}], [{c}, {d}]]", f"{a} {b}; {c} {d}", f"{a} {b} {c} {d}", f"({a} {b} | {c} {d})"):
        (result,) = one.grade(f'student;W;x[0];x[1]\nAnn;"{whole}";{p};{q}\n')
        assert result.points == 2, whole
    (result,) = one.grade(f"student;W[0][0];W[0,1];W[1,0];dloss/dW[1,1];x\nAnn;{a};{b};?;{d};{p} {q} 3\n")
    assert result.points == 0.75 and verdicts(result)["∂loss/∂x"] == "unreadable"


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "empty"),
        ("student,variant\nAnn,1\n", "no column for what is asked"),
        ("student,w1,w1\nAnn,1,1\n", "two columns of one title: w1"),
        ("student,w1\nAnn," + "1" * 200_000, "cannot be read as CSV at line 2"),
        ("1" * 200_000, "cannot be read as CSV at line 1"),
    ],
)
def test_tables_that_cannot_be_read(exercise, text, words):
    with pytest.raises(ValueError, match=words):
        exercise.grade(text + "\n")


def test_a_line_with_too_many_cells_is_left_out(exercise, answers):
    text = f"student,variant,w1\nAnn,1,{answers()['dE/dw1']}\nBen,1,0,082\n"
    grades = exercise.grade(text)
    assert len(grades) == 1 and grades.problems[0][0] == 3 and "decimal comma" in grades.problems[0][1]


@pytest.mark.parametrize(
    "text, number",
    [
        ("0,0822", "0.0822"), ("−0.5", "-0.5"), ("1/8", 0.125), ("½", 0.5), ("1 234,5", "1234.5"),
        ("1.234,5", "1234.5"), ("≈ 0.08…", "0.08"), ("1,5·10^-3", "1.5e-3"), ("?", None), (" - ", None), ("n/a", None),
        ("", None), (None, None),
    ],
)  # fmt: skip
def test_cells(text, number):
    assert cell(text) == number


@pytest.mark.parametrize("text", ["abc", "1/0", "1,2,3", "1e999", "--1", "0x10", "1/2/3", "9" * 300, "inf", "٣", "²"])
def test_cells_that_are_no_numbers(text):
    with pytest.raises(ValueError, match="no number"):
        cell(text)


def test_a_table_is_read_with_its_line_numbers():
    table = read_table('sep=;\nname;x\n\n"Ann\nMary";1\n;;\nBen;2\n')
    assert table.titles == ["name", "x"] and [cells["name"] for _, cells in table.lines] == ["Ann\nMary", "Ben"]


# -- pages -------------------------------------------------------------------------------------


class Text(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.links = set(), "", []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == "href"]
        assert not any(name.startswith("on") or name == "src" for name, _ in attributes)

    def handle_data(self, data):
        self.text += data


def read(path):
    parser = Text()
    parser.feed(path.read_text(encoding="utf-8"))
    assert not {"script", "img", "iframe"} & parser.tags
    return parser


def test_export(grades, tmp_path):
    paths = grades.export(tmp_path / "marks")
    assert sorted(paths) == sorted(path for path in (tmp_path / "marks").rglob("*") if path.is_file())
    teacher = read(tmp_path / "marks" / "grades.html")
    assert SCRIPT in teacher.text and "∂E/∂net_o: activation's derivative left out" in teacher.text
    assert "Line 7: Nobody: the variant is '9'" in teacher.text
    assert len(teacher.links) == len(grades) and all((tmp_path / "marks" / link).is_file() for link in teacher.links)
    for path in (tmp_path / "marks" / "students").iterdir():
        read(path)


def test_the_teachers_csv_holds_no_formulas(grades, tmp_path):
    grades.export(tmp_path)
    text = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["points"] for row in rows] == ["8", "7", "4", "5", "7", "0", "0", "0", "8"]
    assert rows[1]["dE/dnet_o"] == "wrong" and rows[1]["mistake"] == "activation-left-out"
    assert rows[3]["student"] == "'=1+1"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "@")]


@pytest.mark.parametrize("hints, told", [("place", False), ("kind", False), ("full", True)])
def test_right_numbers_stand_on_a_page_only_where_all_is_told(exercise, grades, hints, told, tmp_path):
    grades.export(tmp_path, hints=hints)
    page = read(tmp_path / "students" / "follows.html").text
    right = f"{exercise.variants[0].solutions['dE/dnet_o']:.6g}"
    assert (right in page) is told and "7 of 8 points" in page
    assert ("activation's derivative left out" in page) is (hints != "place")


def test_an_unknown_level_of_hints(grades, tmp_path):
    with pytest.raises(ValueError, match="place, kind, full"):
        grades.export(tmp_path, hints="all")


def test_file_names_are_harmless_and_no_two_alike():
    names = file_names(["../../x", "a/b", "A B", "a b", "", "CON", "ü" * 300, "\u202e", "a-b-2", "a b"])
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").removesuffix(".html").isalnum() and len(name) < 80 for name in names)


# -- many --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_hundred_students_in_twenty_seconds(exercise, answers, table, left_out):
    import random

    generator = random.Random(0)
    rows = []
    for k in range(200):
        number = k % 4 + 1
        cells = (
            answers(number) if k % 2 else left_out if number == 1 else answers(number, dE__dw5=str(generator.random()))
        )
        if k % 5 == 0:
            cells = {**cells, "dE/dw1": f"{generator.random():.5f}", "dE/dout_h": f"{generator.random():.5f}"}
        rows.append((f"Student {k}", number, cells))
    started = time.process_time()
    grades = exercise.grade(table(rows))
    assert time.process_time() - started < 20 and len(grades) == 200
