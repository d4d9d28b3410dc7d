"""``same`` with kernels that have no middle."""

from ..case import VALUE, Case, Subject

ROW = [1.0, 2.0, 3.0, 4.0]

SUBJECT = Subject(
    "`same` with even kernels",
    "All of them correlate: the kernel is not turned round (`convolve` gets it reversed). `same` says how long the "
    "result is, not where it begins, and a kernel without a middle begins half a step to the left or to the right. "
    "The row is (1, 2, 3, 4) and the taps are powers of ten, so that the digits show which entries met which taps.",
    [
        Case(
            "2 taps",
            lambda m, x: m.same(x, [1.0, 10.0], 1),
            ROW,
            "`conv1d` pads one more entry at the end than at the beginning, as all neural network libraries do and "
            "ONNX calls `SAME_UPPER`; `correlate` begins one entry earlier, as NumPy's, whose name it has.",
            VALUE,
        ),
        Case(
            "4 taps",
            lambda m, x: m.same(x, [1.0, 10.0, 100.0, 1000.0], 1),
            ROW,
            "The same: 1 before and 2 after in `conv1d`, 2 before and 1 after in `correlate`.",
            VALUE,
        ),
        Case(
            "3 taps, steps of 2",
            lambda m, x: m.same(x, [1.0, 10.0, 100.0], 2),
            ROW,
            "With steps the length alone does not say where the windows lie, and libraries differ: it is an error, "
            "and the padding is to be given in numbers.",
            VALUE,
        ),
        Case(
            "3 taps, a row of (1, 2)",
            lambda m, x: m.same(x, [1.0, 10.0, 100.0], 1),
            [1.0, 2.0],
            "`conv1d` gives as many entries as the row has; NumPy's `same` means as many as the longer of the two, "
            "and `correlate` follows it.",
            VALUE,
        ),
    ],
    ("chalkgrad", "PyTorch", "JAX", "Keras", "ONNX Runtime", "NumPy", "SciPy"),
    transposed=True,
)
