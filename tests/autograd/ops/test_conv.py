"""conv2d against a derivation by hand, its layouts, and what it refuses."""

import numpy as np
import pytest

import autograd as ag

# A conv layer worked out by hand: 3 channels of 5 × 5, two 3 × 3 filters, zero padding 1, stride 2.
X = [
    [[0, 1, 1, 0, 2], [2, 2, 2, 2, 1], [1, 0, 0, 2, 0], [0, 1, 1, 0, 0], [1, 2, 0, 0, 2]],
    [[1, 0, 2, 2, 0], [0, 0, 0, 2, 0], [1, 2, 1, 2, 1], [1, 0, 0, 0, 0], [1, 2, 1, 1, 1]],
    [[2, 1, 2, 0, 0], [1, 0, 0, 1, 0], [0, 2, 1, 0, 1], [0, 1, 2, 2, 2], [2, 1, 0, 0, 1]],
]
W = [
    [[[-1, 1, 0], [0, 1, 0], [0, 1, 1]], [[-1, -1, 0], [0, 0, 0], [0, -1, 0]], [[0, 0, -1], [0, 1, 0], [1, -1, -1]]],
    [[[1, 1, -1], [-1, -1, 1], [0, -1, 1]], [[0, 1, 0], [-1, 0, -1], [-1, 1, 0]], [[-1, 0, 0], [-1, 0, 1], [-1, 0, 0]]],
]
B = [1, 0]
OUT = [[[6, 7, 5], [3, -1, -1], [2, -1, 4]], [[2, -5, -8], [1, -4, -4], [0, -5, -5]]]
DELTA = [[[0, 1, 1], [2, 2, 2], [1, 0, 0]], [[1, 0, 2], [0, 0, 0], [1, 2, 1]]]
BY_W = [
    [[[8, 10, 9], [5, 6, 6], [6, 5, 4]], [[4, 1, 4], [10, 9, 12], [2, 2, 2]], [[2, 2, 3], [5, 8, 5], [7, 8, 7]]],
    [[[2, 2, 1], [4, 7, 3], [4, 4, 2]], [[0, 1, 0], [9, 5, 4], [4, 0, 0]], [[4, 6, 5], [2, 5, 2], [2, 1, 0]]],
]
BY_B = [9, 7]
BY_X = [
    [[-1, 1, 1, -2, -1], [1, -1, 3, -1, 1], [2, 0, 2, 0, 2], [4, 3, 4, 1, 3], [0, -1, -2, 1, -1]],
    [[0, -1, 0, -2, 0], [-1, -2, -3, -4, -1], [0, 0, 0, 0, 0], [-2, 0, 0, 0, -1], [0, -3, 0, -3, 0]],
    [[0, 1, 1, -2, 1], [0, -1, -1, -4, -1], [2, 0, 2, 0, 2], [-2, -3, -2, -1, -2], [1, -1, 0, 1, 0]],
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layer_derived_by_hand(dtype):
    x = ag.Tensor([X], dtype=dtype, requires_grad=True)
    w = ag.Tensor(W, dtype=dtype, requires_grad=True)
    b = ag.Tensor(B, dtype=dtype, requires_grad=True)
    y = ag.conv2d(x, w, b, stride=2, padding=1)
    np.testing.assert_array_equal(y.data, [OUT])
    y.backward([DELTA])
    np.testing.assert_array_equal(w.grad, BY_W)
    np.testing.assert_array_equal(b.grad, BY_B)
    np.testing.assert_array_equal(x.grad, [BY_X])
    assert {a.dtype for a in (y.data, w.grad, b.grad, x.grad)} == {np.dtype(dtype)}


def test_same_padding_and_its_gradient_by_hand():
    x = ag.Tensor(np.arange(1.0, 10).reshape(1, 1, 3, 3), requires_grad=True)
    y = ag.conv2d(x, np.array([[[[1.0, 0, -1]] * 3]]), padding="same")
    np.testing.assert_array_equal(y.data[0, 0], [[-7, -4, 7], [-15, -6, 15], [-13, -4, 13]])
    y.backward(x.data)
    np.testing.assert_array_equal(x.grad[0, 0], [[7, 4, -7], [15, 6, -15], [13, 4, -13]])


def test_same_puts_the_odd_pixel_below_and_to_the_right():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2, 4, 5)), rng.standard_normal((3, 2, 2, 4))
    padded = np.pad(x, ((0, 0), (0, 0), (0, 1), (1, 2)))
    np.testing.assert_allclose(ag.conv2d(x, w, padding="same"), ag.conv2d(padded, w))


def test_a_kernel_of_one_pixel_is_a_product_of_channels():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((6, 3, 1, 1))
    np.testing.assert_allclose(ag.conv2d(x, w), np.einsum("nchw,oc->nohw", x, w[:, :, 0, 0]))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "strided"])
def test_any_layout_gives_the_same_and_the_result_is_channels_last(layout):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 6, 8))
    given = {
        "NCHW": x,
        "NHWC": np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
        "strided": np.repeat(x, 2, axis=3)[..., ::2],
    }[layout]
    w = rng.standard_normal((4, 3, 3, 3))
    y = ag.conv2d(given, w, padding=1)
    np.testing.assert_allclose(y, ag.conv2d(x, w, padding=1))
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous


def test_groups_are_convolutions_side_by_side():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 5, 5)), rng.standard_normal((6, 2, 3, 3))
    y = ag.conv2d(x, w, groups=2)
    np.testing.assert_allclose(y[:, :3], ag.conv2d(x[:, :2], w[:3]))
    np.testing.assert_allclose(y[:, 3:], ag.conv2d(x[:, 2:], w[3:]))


def test_third_derivatives_close_in_the_family():
    # y = Σ (x ⋆ w)³: its third derivative along u in x and twice along x itself is 6 (x ⋆ w)²·(u ⋆ w)
    rng = np.random.default_rng(0)
    x = ag.Tensor(rng.standard_normal((1, 2, 4, 4)), requires_grad=True)
    w, u = rng.standard_normal((2, 2, 2, 2)), rng.standard_normal((1, 2, 4, 4))
    direction = x.data.copy()
    z = ag.conv2d(x, w) ** 3
    for along in (direction, direction, u):
        (z,) = ag.gradients([z.sum()], [x], create_graph=True)
        z = z * along
    expected = 6 * ag.conv2d(direction, w) ** 2 * ag.conv2d(u, w)
    np.testing.assert_allclose(z.data.sum(), expected.sum())


def test_nan_stays_where_it_is_seen():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 0, 0] = np.nan
    seen = np.isnan(ag.conv2d(x, np.ones((1, 1, 2, 2))))[0, 0]
    np.testing.assert_array_equal(seen, [[True, False, False], [False] * 3, [False] * 3])


IMAGES, KERNELS = np.zeros((1, 4, 5, 6)), np.zeros((2, 4, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((IMAGES, np.zeros((2, 4, 8, 8)), None, 1, 1), ValueError, ["padded image: (7, 8)", "with dilation: (8, 8)"]),
        ((IMAGES, KERNELS, None, 1, 0, 3), ValueError, ["padded image: (5, 6)", "with dilation: (7, 7)"]),
        ((IMAGES, KERNELS, None, 0), ValueError, ["stride must be at least 1, not 0"]),
        ((IMAGES, KERNELS, None, (1, -2)), ValueError, ["stride must be at least 1, not (1, -2)"]),
        ((IMAGES, KERNELS, None, 1, 0, 0), ValueError, ["dilation must be at least 1, not 0"]),
        ((IMAGES, KERNELS, None, 1, -1), ValueError, ["padding must be at least 0, not -1"]),
        ((IMAGES, KERNELS, None, 1, "full"), ValueError, ['"valid" or "same"', "'full'"]),
        ((IMAGES, KERNELS, None, 2, "same"), ValueError, ['padding="same" needs stride 1, not (2, 2)']),
        ((IMAGES, KERNELS, None, 1.5), TypeError, ["stride must be an int or a pair of ints, not 1.5"]),
        ((IMAGES, KERNELS, None, (1, 2, 3)), ValueError, ["a pair (vertical, horizontal), not (1, 2, 3)"]),
        ((IMAGES, np.zeros((3, 2, 3, 3)), None, 1, 0, 1, 2), ValueError, ["groups: 2", "output channels: 3"]),
        ((IMAGES, np.zeros((3, 1, 3, 3)), None, 1, 0, 1, 3), ValueError, ["groups: 3", "input channels: 4"]),
        ((IMAGES, KERNELS, None, 1, 0, 1, 0), ValueError, ["groups must be a positive int, not 0"]),
        ((IMAGES, np.zeros((2, 3, 3, 3))), ValueError, ["channels of x: 4", "1 × 3 = 3"]),
        ((IMAGES, KERNELS, None, 1, 0, 1, 2), ValueError, ["channels of x: 4", "2 × 4 = 8"]),
        ((IMAGES[0], KERNELS), ValueError, ["x must have 4 axes", "axes of x: 3"]),
        ((IMAGES, KERNELS[0]), ValueError, ["weight must have 4 axes", "axes of weight: 3"]),
        ((IMAGES, np.zeros((2, 4, 0, 3))), ValueError, ["the weight is empty: (2, 4, 0, 3)"]),
        ((IMAGES, KERNELS, np.zeros(4)), ValueError, ["output channels: 2", "shape of the bias: (4,)"]),
    ],
)
def test_refusals(arguments, error, said):
    with pytest.raises(error) as caught:
        ag.conv2d(*arguments)
    for text in ("conv2d: ", "x: shape", "weight: shape", *said):
        assert text in str(caught.value)


def test_gradients_refuse_a_g_of_another_shape():
    with pytest.raises(ValueError, match=r"result: \(1, 2, 3, 4\)\n  g: \(1, 2, 4, 4\)"):
        ag.internal.conv2d_input_gradient(np.zeros((1, 2, 4, 4)), KERNELS, (1, 4, 5, 6))
    with pytest.raises(ValueError, match=r"result: \(1, 2, 3, 4\)\n  g: \(1, 2, 4, 4\)"):
        ag.internal.conv2d_weight_gradient(np.zeros((1, 2, 4, 4)), IMAGES, (2, 4, 3, 3))


def test_an_empty_batch():
    w = ag.Tensor(np.ones((2, 4, 3, 3)), requires_grad=True)
    y = ag.conv2d(np.zeros((0, 4, 5, 6)), w)
    assert y.shape == (0, 2, 3, 4)
    y.backward(np.zeros(y.shape))
    np.testing.assert_array_equal(w.grad, np.zeros(w.shape))
