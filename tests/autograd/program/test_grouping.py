"""The order of the small machine's instructions."""

import numpy as np

from autograd.program.grouping import grouped


def step(kind, result, *operands):
    operands = [*operands, 0, 0, 0][:3]
    return [kind, 0, 1, 1, 1, 1, result, *operands, *[0] * 16]


def test_what_needs_nothing_of_others_stands_with_its_kind():
    a, b = step(1, 10, 2), step(2, 11, 10)
    c, d = step(1, 12, 3), step(2, 13, 12)
    assert grouped([a, b, c, d], range(1, 20)) == [a, c, b, d]


def test_what_is_written_several_times_is_written_and_read_in_order():
    begin, add, read, again = step(1, 10, 2), step(3, 10, 4, 5), step(1, 11, 10), step(3, 10, 6, 7)
    steps = [begin, add, read, again]
    assert grouped(steps, range(1, 20)) == steps


def test_parts_of_an_array_are_the_array():
    whole, part = step(1, 10, 2), step(2, 20, 13)  # reads the fourth number of the array at 10
    assert grouped([whole, step(2, 30, 3), part], [1, 2, 3, 10, 20, 30]) == [whole, step(2, 30, 3), part]
    assert grouped([part, whole], [1, 2, 3, 10, 20, 30]) == [part, whole]


def test_any_order_gives_the_same_numbers():
    rng = np.random.default_rng(0)
    for _ in range(20):
        steps, size = [], 5
        for _ in range(40):
            result = size if rng.random() < 0.8 or size == 5 else int(rng.integers(5, size))
            steps.append(step(int(rng.integers(3)), result, int(rng.integers(0, size)), int(rng.integers(0, size))))
            size = max(size, result + 1)
        found = [ran(some, size) for some in (steps, grouped(steps, range(1, size)))]
        assert found[0] == found[1]
        assert sorted(grouped(steps, range(1, size))) == sorted(steps)


def ran(steps, size):
    memory = [float(i % 7) for i in range(size)]
    for one in steps:
        a, b = memory[one[7]], memory[one[8]]
        memory[one[6]] = (a - b, a + 0.5 * b, memory[one[6]] * 0.5 + a)[one[0]]
    return memory
