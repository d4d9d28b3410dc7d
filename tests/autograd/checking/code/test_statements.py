"""The statements of a file, by line: what a line belongs to, and what it may change."""

import textwrap

from autograd.checking.code.statements import Source


def source_of(tmp_path, text):
    path = tmp_path / "listing.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return Source(str(path))


def test_lines_belong_to_statements(tmp_path):
    source = source_of(
        tmp_path,
        """\
        def f(x):
            y = max(
                x,
                0,
            )
            for i in range(3):
                y += i
            if (y >
                    3):
                y = 3
            return y
        """,
    )
    first = {line: source.by_line[line].line for line in range(1, 12)}
    assert first == {1: 1, 2: 2, 3: 2, 4: 2, 5: 2, 6: 6, 7: 7, 8: 8, 9: 8, 10: 10, 11: 11}
    assert [line for line in range(1, 12) if source.by_line[line].loop] == [6]
    assert source.function_at(7) == (1, 11)
    assert source.text(7) == "        y += i" and source.text(99) == ""


def test_what_a_statement_may_change(tmp_path):
    text = ["y = x + 1", "y[0] = x", "y += x", "o.y = x", "np.add(x, x, out=y)", "z = np.add(x, x, out=y)"]
    source = source_of(tmp_path, "\n".join(text))
    assert [source.by_line[k + 1].binds_only for k in range(6)] == [True, False, False, False, False, False]
    assert [source.by_line[k + 1].augments for k in range(3)] == [False, False, True]
    assert source.by_line[1].reads == {"x"} and source.by_line[2].reads == {"x", "y"}
    assert source.by_line[3].reads == {"x", "y"}


def test_what_a_return_hands_out(tmp_path):
    text = [
        "def f():",
        "    return dx, a.dw, x + 1",
        "    return {'W': dW, 'b': 1}",
        "    return dict(W=dW)",
        "    return d",
    ]
    source = source_of(tmp_path, "\n".join(text))
    returned = [source.by_line[line].returned for line in range(2, 6)]
    assert returned == [{0: "dx", 1: "a.dw"}, {"W": "dW"}, {"W": "dW"}, {None: "d"}]


def test_what_takes_a_number_out_of_a_recording(tmp_path):
    text = ["y = float(x)", "y = x.item()", "y = math.exp(x)", "y = np.exp(x)", "y = x.tolist()"]
    source = source_of(tmp_path, "\n".join(text))
    losing = [source.by_line[k + 1].losing for k in range(5)]
    assert losing == ["float(…)", ".item()", "math.exp(…)", "", ".tolist()"]


def test_a_file_without_text_has_no_statements():
    source = Source("<nowhere>")
    assert source.lines == [] and source.by_line == {} and source.function_at(3) == (3, 3)
