"""How the benchmarks measure and report: turns, failing peers, bars, the written results."""

import importlib
import math
import shutil
import time
from functools import partial

import pytest

from benchmarks import __main__ as program
from benchmarks import chain, libraries, measuring, report, softmax, tiny
from benchmarks.other_processes import Others
from benchmarks.report import Figure
from benchmarks.row import BEFORE, NO_WORSE, Row, against_before


def row(**options):
    return Row("work", dict.fromkeys(["chalkgrad", "PyTorch", "MyGrad"], partial), **options)


def cells(row, threads, **figures):
    return [line.cells() for line in report.lines(row, threads, figures)]


def test_a_bar_is_met_up_to_its_ratio():
    figures = {"chalkgrad": Figure((0.5e-3,)), "PyTorch": Figure((1e-3,)), "MyGrad": Figure((0.1e-3,))}
    pytorch, mygrad = cells(row(bars={"PyTorch": 0.5, "MyGrad": 1}), 1, **figures)
    assert pytorch == ["work", "1", "0.500 ms", "PyTorch", "1.00 ms", "0.50", "≤ 0.5 ×", "yes"]
    assert mygrad[-3:] == ["5.00", "≤ 1 ×", "NO"]


def test_bars_for_one_and_for_two_threads():
    figures = {"chalkgrad": Figure((0.75,)), "PyTorch": Figure((1.0,))}
    for threads, met in ((1, "NO"), (2, "yes"), (4, "yes")):
        assert cells(row(bars={"PyTorch": (0.7, 0.8)}), threads, **figures)[0][-1] == met


def test_a_ratio_is_that_of_the_same_round():
    slow_spell = {"chalkgrad": Figure((1.0, 1.0, 5.0, 5.0, 5.0)), "PyTorch": Figure((2.0, 2.0, 2.0, 10.0, 10.0))}
    (line,) = report.lines(row(), 1, slow_spell)
    assert line.ours.value == 5.0 and line.theirs.value == 2.0 and line.ratio == 0.5


def test_a_limit_counts_nodes():
    alone, beside = cells(
        row(limit=2.5, unit="µs", per=99), 1, chalkgrad=Figure((198e-6,)), PyTorch=Figure((396e-6,), "NCHW")
    )
    assert alone == ["work", "1", "2.00 µs", "", "", "", "≤ 2.50 µs", "yes"]
    assert beside == ["work", "1", "2.00 µs", "PyTorch", "4.00 µs (NCHW)", "0.50", "", ""]


def test_what_failed_is_named():
    bars = {"PyTorch": 1}
    (line,) = cells(row(bars=bars), 1, chalkgrad=Figure((1.0,)), PyTorch=Figure(error="not installed"))
    assert line[4:] == ["not installed", "", "≤ 1 ×", ""]
    (line,) = cells(row(bars=bars), 1, chalkgrad=Figure(error="ValueError: x"), PyTorch=Figure((1.0,)))
    assert line[2] == "ValueError: x" and line[-1] == "NO"


def test_sides_and_variants():
    both = Row("work", dict.fromkeys(["chalkgrad", "chalkgrad, otherwise", "MyGrad"], partial))
    assert both.sides_at(2) == ["chalkgrad", "chalkgrad, otherwise"]
    assert row().sides_at(1) == ["chalkgrad", "PyTorch", "MyGrad"]
    assert row().sides_at(2) == ["chalkgrad", "PyTorch"]
    assert measuring.least({"NCHW": [2.0, 1.0, 3.0], "channels last": [1.0, 9.0, 1.0]}) == Figure(
        (1.0, 9.0, 1.0), "channels last"
    )


@pytest.mark.slow
def test_a_run_measures_and_names_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(libraries.FOLDERS, "HIPS autograd", tmp_path)
    monkeypatch.setenv("HIPS_AUTOGRAD", str(tmp_path))
    monkeypatch.setattr(measuring, "TURN", 0.001)
    run = measuring.Run(rounds=1, patience=0)
    lines = {line.peer: line for line in measuring.lines_of("tiny", tiny.ROWS, 1, run)}
    assert 0 < lines[""].ours.value < math.inf
    assert lines["HIPS autograd"].theirs == Figure(error="not installed")
    assert "compiled kernels" in run.seen


@pytest.mark.slow
def test_two_builds_of_this_library(monkeypatch, tmp_path):
    """Rows with ours alone, on both sides, each from its own folder."""
    for package in ("autograd", "nn"):
        shutil.copytree(libraries.ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setitem(libraries.FOLDERS, BEFORE, tmp_path)
    monkeypatch.setattr(measuring, "TURN", 0.001)
    run = measuring.Run(rounds=1, patience=0)
    (line,) = measuring.lines_of("tiny", [against_before(row) for row in tiny.ROWS], 1, run)
    assert line.peer == BEFORE and 0.05 < line.ratio < 20 and line.most == NO_WORSE
    assert run.seen["the build before"].startswith(f"{tmp_path}, its compiled kernels o")


def test_a_build_before_that_is_not_there(monkeypatch):
    monkeypatch.setattr(measuring, "TURN", 0.001)
    run = measuring.Run(rounds=1, patience=0)
    (line,) = measuring.lines_of("tiny", [against_before(row) for row in tiny.ROWS], 1, run)
    assert line.theirs == Figure(error="not installed") and line.ratio is None and line.met is None


def test_a_folder_without_a_build_is_refused(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", "tiny", "--before", str(tmp_path)])
    with pytest.raises(SystemExit):
        program.main()
    assert "no autograd is installed under" in capsys.readouterr().err


def test_every_row_can_be_held_against_a_build_before():
    for name in program.SUBJECTS:
        for row in importlib.import_module(f"benchmarks.{name}").ROWS:
            new = against_before(row)
            assert list(new.sides) == ["chalkgrad", BEFORE] and new.sides_at(2) == ["chalkgrad", BEFORE]
            assert new.limit is None and new.bar(BEFORE, 1) == NO_WORSE
            assert new.in_unit("chalkgrad", 1) == new.in_unit(BEFORE, 1) == row.in_unit("chalkgrad", 1)
            if row.measure != "import":
                assert new.variants(BEFORE) == new.variants("chalkgrad") == row.variants("chalkgrad")


def test_the_collector_runs_in_the_named_sides_alone():
    (row,) = (row for row in chain.ROWS if "chalkgrad, collector off" in row.sides)
    assert row.collector == ("chalkgrad",) and against_before(row).collector == ("chalkgrad", BEFORE)


def test_a_process_that_ends_is_a_failure_and_not_the_end():
    with measuring.worker("softmax", "chalkgrad", 1) as worker:
        worker.process.kill()
        with pytest.raises(measuring.Failure, match="has ended with code -9"):
            worker.ask("prepare")
    workers = dict.fromkeys(["chalkgrad", "PyTorch"], measuring.Failure("gone"))
    figures, others = measuring.times(workers, 0, softmax.ROWS[0], 1, 1)
    assert figures == dict.fromkeys(workers, Figure(error="gone")) and others == 0


def test_a_busy_machine_is_measured_again_and_said(monkeypatch):
    monkeypatch.setattr(measuring.time, "sleep", lambda seconds: None)
    shares = iter([0.5, 0.3, 0.4, 0.2])
    assert measuring.Run(1).in_quiet(lambda: ("figures", next(shares))) == ("figures", 0.3)
    assert measuring.Run(1).in_quiet(lambda: ("figures", 0.01)) == ("figures", 0.01)
    assert measuring.Run(1, patience=0).in_quiet(lambda: ("figures", next(shares))) == ("figures", 0.2)
    (line,) = report.lines(row(bars={"PyTorch": 1}), 1, {"chalkgrad": Figure((1.0,)), "PyTorch": Figure((9.0,))}, 0.3)
    assert line.met is None and line.cells()[-1] == "? others: 30%"
    assert "0 of 0 bars are met. 1 comparisons do not count" in report.summary([line])[0]


def test_others_are_those_that_are_not_we():
    others = Others()
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    theirs, everyones = others.time()
    assert 0 <= theirs <= everyones - 0.2  # the kernel counts in hundredths of a second


def test_memory_is_the_growth_of_the_peak():
    (index,) = (i for i, row in enumerate(chain.ROWS) if row.work == "chain of 100,000, memory of a node")
    figure = measuring.memory("chain", index, chain.ROWS[index], "chalkgrad", 1)
    assert 20 < chain.ROWS[index].in_unit("chalkgrad", figure.value) < 2000


def results(monkeypatch, tmp_path):
    monkeypatch.setattr(program, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(program, "PICTURE", tmp_path / "benchmarks.png")
    figures = {"chalkgrad": Figure((0.5e-3,)), "PyTorch": Figure((1e-3,))}
    return [(tiny, report.lines(row(bars={"PyTorch": 0.5}), 1, figures))]


def test_results_and_plot_are_written(monkeypatch, tmp_path):
    program.write(results(monkeypatch, tmp_path), ["a machine"])
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "* a machine" in text and "(benchmarks.png)" in text and "**1 of 1 bars are met.**" in text
    assert "| work | 1 | 0.500 ms | PyTorch | 1.00 ms | 0.50 | ≤ 0.5 × | yes |" in text
    assert (tmp_path / "benchmarks.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["RESULTS.md", "benchmarks.png"]


def test_an_interrupted_run_leaves_the_old_results(monkeypatch, tmp_path):
    sections = results(monkeypatch, tmp_path)
    (tmp_path / "RESULTS.md").write_text("old", encoding="utf-8")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "markdown", interrupted)
    with pytest.raises(KeyboardInterrupt):
        program.write(sections, [])
    assert [path.name for path in tmp_path.iterdir()] == ["RESULTS.md"]
    assert (tmp_path / "RESULTS.md").read_text(encoding="utf-8") == "old"
