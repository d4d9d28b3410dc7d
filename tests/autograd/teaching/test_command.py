"""``python -m autograd``: sheets and marks from the command line, and programs in processes of their own."""

import os
import subprocess
import sys
import time

import pytest

from autograd.__main__ import main

RIGHT = """
import numpy as np


def backward(w1, w2, w5, w6, x, t):
    out_h = 1 / (1 + np.exp(-(w1 * x + w2)))
    out_o = 1 / (1 + np.exp(-(w5 * out_h + w6)))
    dout_o = out_o - t
    dnet_o = dout_o * out_o * (1 - out_o)
    dw5 = dnet_o * out_h
    dout_h = dnet_o * w5
    dw1 = dout_h * out_h * (1 - out_h) * x
    return {"w5": dw5, "w1": dw1}
"""


def run(capsys, *arguments):
    status = main([str(one) for one in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_marks_are_written(exercise_file, answers, table, tmp_path, capsys):
    (tmp_path / "answers.csv").write_text(
        table([("Ann", 1, answers()), ("Ben", 2, answers(2, dE__dw1="1/8"))]), "utf-8"
    )
    status, out, err = run(capsys, "grade", exercise_file, tmp_path / "answers.csv", "--out", tmp_path / "marks")
    assert (status, err) == (0, "") and out.startswith("2 students marked")
    assert sorted(path.name for path in (tmp_path / "marks" / "students").iterdir()) == ["ann.html", "ben.html"]


def test_lines_that_were_not_marked_are_told_and_give_a_status(exercise_file, answers, table, tmp_path, capsys):
    (tmp_path / "answers.csv").write_text(table([("Ann", 77, answers())]), "utf-8")
    status, _, err = run(capsys, "grade", exercise_file, tmp_path / "answers.csv", "--out", tmp_path)
    assert status == 3 and err == "line 2 was not marked: Ann: the variant is '77'; it must be a number from 1 to 4\n"


def test_sheets_are_written(exercise_file, tmp_path, capsys):
    status, out, _ = run(capsys, "sheets", exercise_file, "--out", tmp_path / "sheets", "--no-pages")
    assert status == 0 and out == f"25 files written to {tmp_path / 'sheets'}\n"


@pytest.mark.parametrize(
    "source, words",
    [
        (None, "no such file"),
        ("x = 1", "makes no exercise"),
        ("def f(:", "line 1"),
        ("\n\n1 / 0", "line 3\n"),
        (
            "import autograd as ag\na = ag.exercise(lambda w=0.5: w * w)\nb = ag.exercise(lambda w=0.5: w * w)",
            "2 exercises",
        ),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_bad_exercise_is_an_error_without_a_traceback(source, words, tmp_path, capsys):
    if source is not None:
        (tmp_path / "exercise.py").write_text(source, encoding="utf-8")
    status, out, err = run(capsys, "sheets", tmp_path / "exercise.py", "--out", tmp_path / "out")
    assert status == 1 and out == "" and words in err and "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_bad_answers_are_an_error_without_a_traceback(exercise_file, tmp_path, capsys):
    cases = {"missing.csv": None, "empty.csv": "", "other.csv": "a,b\n1,2\n"}
    for name, text in cases.items():
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        status, _, err = run(capsys, "grade", exercise_file, tmp_path / name, "--out", tmp_path / "out")
        assert status == 1 and err.startswith("grade: ") and "Traceback" not in err
    (tmp_path / "file").write_text("", encoding="utf-8")
    status, _, err = run(capsys, "sheets", exercise_file, "--out", tmp_path / "file", "--no-pages")
    assert status == 1 and "file" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [[], ["grade"], ["grade", "a", "b"], ["nonsense"], ["grade", "a", "b", "--out"]])
def test_wrong_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_help_has_examples(capsys):
    for command in ("grade", "sheets"):
        with pytest.raises(SystemExit) as caught:
            main([command, "--help"])
        text = capsys.readouterr().out
        assert caught.value.code == 0 and f"python -m autograd {command} exercise.py" in text
        assert command == "sheets" or "no sandbox" in text


@pytest.mark.slow
def test_a_program_does_by_itself(exercise, tmp_path):
    (tmp_path / "ann.py").write_text(RIGHT, encoding="utf-8")
    (single,) = exercise.grade(tmp_path / "ann.py")
    assert (single.student, single.points) == ("ann", 4)


@pytest.mark.slow
def test_it_runs_as_a_module():
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-m", "autograd", "--version"], env=here, capture_output=True, check=True)
    assert done.stdout.startswith(b"chalkgrad ")


# -- programs ----------------------------------------------------------------------------------


def marks_of(exercise, folder, programs, limit=30.0):
    folder.mkdir(exist_ok=True)
    for name, source in programs.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return exercise.grade(folder, limit=limit)


def test_programs_are_marked(exercise, tmp_path):
    wrong = RIGHT.replace("dnet_o = dout_o * out_o * (1 - out_o)", "dnet_o = dout_o")
    grades = marks_of(exercise, tmp_path / "programs", {"right": RIGHT, "wrong": wrong})
    assert (grades["right"].points, grades["right"].most, grades["right"].problem) == (4, 4, "")
    result = grades["wrong"]
    assert [mark.verdict for mark in result.marks] == ["follows", "follows"] and result.points == 3
    assert result.hints("kind")[0].startswith("Line 9 (dnet_o) is the first")
    assert result.hints("kind")[1] == "The kind of mistake: activation's derivative left out."
    grades.export(tmp_path / "marks")
    assert "dnet_o = dout_o" in (tmp_path / "marks" / "students" / "wrong.html").read_text("utf-8")


def test_a_table_may_name_programs_beside_it(exercise, tmp_path):
    (tmp_path / "ann.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "t.csv").write_text("student,variant,backward\nAnn,3,../ann.py\nBen,2,no.py\n", encoding="utf-8")
    outside, missing = exercise.grade(tmp_path / "in" / "t.csv")
    assert outside.problem == "there is no file '../ann.py' beside the table" and "no.py" in missing.problem


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="limits of memory need POSIX")
def test_programs_have_limits(exercise, tmp_path):
    programs = {
        "loop": "def backward(**_):\n    while True:\n        pass",
        "sleep": "import time\ntime.sleep(60)",
        "memory": "import numpy as np\ndef backward(*_):\n    return [np.ones(10**8) for _ in range(50)]",
        "error": "def backward(*_):\n    return 1 / 0",
        "syntax": "def backward(:",
        "gone": "import os\nos._exit(7)",
        "leaves": "print('x' * 10**7)\nraise SystemExit('<b>')",
        "recursion": "def backward(*_):\n    return backward()",
        "child": "import subprocess\nsubprocess.Popen(['sleep', '77'])\n1 / 0",
        "none": "x = 1",
    }
    started = time.perf_counter()
    grades = marks_of(exercise, tmp_path / "programs", programs, limit=2.0)
    assert time.perf_counter() - started < 60
    problems = {one.student: one.problem for one in grades}
    assert problems["loop"] == problems["sleep"] == "it took longer than 2 s"
    assert problems["memory"] == "it ran out of memory at line 3"
    assert problems["error"] == "it raised ZeroDivisionError at line 2: division by zero"
    assert problems["syntax"].startswith("it raised SyntaxError at line 1")
    assert problems["gone"] == "it ended without a result (exit status 7)"
    assert problems["leaves"] == "it raised SystemExit at line 2: <b>"
    assert problems["recursion"].startswith("it raised RecursionError at line ")
    assert problems["none"] == "the file has no function backward"
    assert problems["child"] == "it raised ZeroDivisionError at line 3: division by zero"
