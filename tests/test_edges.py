"""``docs/edges.md`` says what chalkgrad gives now, and why."""

import re
from pathlib import Path

import pytest

from edges import ask
from edges.case import VALUE
from edges.libraries import LIBRARIES
from edges.page import page, shown
from edges.subjects import SUBJECTS

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "edges.md").read_text(encoding="utf-8")
CASES = [case for subject in SUBJECTS for case in subject.cases]


@pytest.fixture(scope="module")
def answers():
    return ask.answers("chalkgrad")


def test_the_page_shows_what_the_library_gives(answers):
    rows = {row.split(" | ")[0].removeprefix("| "): row.split(" | ") for row in PAGE.splitlines() if row[:2] == "| "}
    for subject in SUBJECTS:
        for i, case in enumerate(subject.cases):
            found = answers["cells"][case.key]
            if subject.transposed:
                for function in found if isinstance(found, dict) else []:
                    cell = rows[f"chalkgrad `{function}`"][1 + i].strip("*| ")
                    assert cell == shown(found[function]), case.key
            elif case.words in rows:
                assert rows[case.words][1] == shown(found), case.key
            else:
                assert f"\n* {case.words}: {shown(found)}. {case.why}\n" in PAGE, case.key


def test_each_case_has_its_reason_on_the_page():
    assert len({case.key for case in CASES}) == len({case.words for case in CASES}) == len(CASES)
    for case in CASES:
        assert len(case.why.split()) > 3 and case.why.endswith("."), case.key
        assert re.search(rf"^\* {re.escape(case.words)}: .*{re.escape(case.why)}$", PAGE, re.M), case.key


def test_a_library_that_is_missing_or_fails_is_said_to_be_and_no_more(answers):
    alone = {name: answers if name == "chalkgrad" else None for name in LIBRARIES}
    written = page(alone)
    assert written.count("(missing)") + written.count("(not installed)") == len(LIBRARIES) - 1
    assert "| not installed |" in written
    assert all(row.startswith("| chalkgrad `") for row in written.splitlines() if "| = " in row)


def test_what_raises_is_an_error_and_what_is_lacking_a_dash(answers):
    assert answers["cells"][f"{VALUE} `max(x)` of nothing"] == "error" and shown("error") == "*error*"
    assert shown(None) == "–" and shown([[0.0, -0.0], [float("nan"), float("-inf")]]) == "((0, 0), (NaN, −∞))"
