"""Convolutions against a derivation by hand, their layouts, and what they refuse."""

import numpy as np
import pytest

import autograd as ag
from autograd.ops import conv as conv_module

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


# -- rows, volumes, and the transposed convolution ---------------------------------------------------


def test_a_row_derived_by_hand():
    x = ag.Tensor([[[1.0, 2, 4, 8, 16]]], requires_grad=True)
    w = ag.Tensor([[[1.0, 0, -1]]], requires_grad=True)
    y = ag.conv1d(x, w, stride=2, padding=1)
    np.testing.assert_array_equal(y.data, [[[-2, -6, 8]]])
    y.backward([[[1.0, 10, 100]]])
    np.testing.assert_array_equal(x.grad, [[[0, -1 + 10, 0, -10 + 100, 0]]])
    np.testing.assert_array_equal(w.grad, [[[0 + 20 + 800, 1 + 40 + 1600, 2 + 80]]])


def test_volumes_with_a_flat_kernel_are_pictures_side_by_side():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 3, 5, 6)), rng.standard_normal((6, 2, 1, 3, 2))
    y = ag.conv3d(x, w, stride=(1, 2, 1), padding=(0, 1, 0), groups=2)
    for d in range(3):
        picture = ag.conv2d(x[:, :, d], w[:, :, 0], stride=(2, 1), padding=(1, 0), groups=2)
        np.testing.assert_allclose(y[:, :, d], picture)


def test_a_volume_is_a_sum_of_pictures_over_the_depth():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2, 5, 4, 4)), rng.standard_normal((3, 2, 2, 3, 3))
    y = ag.conv3d(x, w, dilation=(3, 1, 1))
    assert y.shape == (1, 3, 2, 2, 2)
    for p in range(2):
        np.testing.assert_allclose(
            y[:, :, p], ag.conv2d(x[:, :, p], w[:, :, 0]) + ag.conv2d(x[:, :, p + 3], w[:, :, 1])
        )


@pytest.mark.parametrize("rank", [1, 3])
def test_same_puts_the_odd_pixel_behind(rank):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2, *(5, 4, 3)[:rank])), rng.standard_normal((3, 2, *(4, 2, 3)[:rank]))
    padded = np.pad(x, ((0, 0), (0, 0), *((1, 2), (0, 1), (1, 1))[:rank]))
    conv = getattr(ag, f"conv{rank}d")
    np.testing.assert_allclose(conv(x, w, padding="same"), conv(padded, w))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_any_layout_of_any_rank_is_taken_and_channels_last_given(rank):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, *(6, 5, 4)[:rank])), rng.standard_normal((4, 3, *(3, 2, 2)[:rank]))
    given = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    y = getattr(ag, f"conv{rank}d")(given, w, padding=1)
    np.testing.assert_allclose(y, getattr(ag, f"conv{rank}d")(x, w, padding=1))
    z = getattr(ag, f"conv_transpose{rank}d")(y, w, stride=2)
    assert all(np.moveaxis(a, 1, -1).flags.c_contiguous for a in (y, z))


def test_transposed_convolution_by_hand():
    x, w = [[[[1.0, 2], [3, 4]]]], [[[[1.0, 10], [100, 1000]]]]
    np.testing.assert_array_equal(
        ag.conv_transpose2d(x, w, [0.5], stride=2)[0, 0] - 0.5,
        [[1, 10, 2, 20], [100, 1000, 200, 2000], [3, 30, 4, 40], [300, 3000, 400, 4000]],
    )
    np.testing.assert_array_equal(ag.conv_transpose1d([[[1.0, 2]]], [[[1.0, 10, 100]]]), [[[1, 12, 120, 200]]])
    # padding cuts off at both ends, and output_padding gives some of it back, or pixels that nothing reaches
    np.testing.assert_array_equal(ag.conv_transpose1d([[[1.0, 2]]], [[[1.0, 10, 100]]], padding=1), [[[12, 120]]])
    np.testing.assert_array_equal(
        ag.conv_transpose1d([[[1.0, 2]]], [[[1.0, 10]]], [7.0], 3, 1, 2), [[[10 + 7, 7, 2 + 7, 20 + 7, 7]]]
    )
    np.testing.assert_array_equal(
        ag.conv_transpose1d([[[1.0, 2]]], [[[1.0, 10]]], padding=1, output_padding=2, dilation=3),
        [[[2, 0, 10, 20, 0]]],
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_transpose_is_the_input_gradient(rank):
    """⟨conv(x), g⟩ = ⟨x, conv_transpose(g)⟩, and the gradient by x is that of its shape."""
    rng = np.random.default_rng(0)
    shape, options = (2, 4, *(7, 6, 5)[:rank]), {"stride": 3, "padding": 1, "dilation": 2, "groups": 2}
    x = ag.Tensor(rng.standard_normal(shape), requires_grad=True)
    w = rng.standard_normal((6, 2, *(2, 3, 2)[:rank]))
    y = getattr(ag, f"conv{rank}d")(x, w, **options)
    g = rng.standard_normal(y.shape)
    y.backward(g)
    back = getattr(conv_module, f"conv{rank}d_input_gradient")(g, w, shape, **options)
    np.testing.assert_array_equal(x.grad, back)
    np.testing.assert_allclose(np.sum(y.data * g), np.sum(x.data * back))
    transposed = getattr(ag, f"conv_transpose{rank}d")
    more = tuple(np.subtract(shape, transposed(g, w, **options).shape)[2:])
    np.testing.assert_array_equal(transposed(g, w, output_padding=more, **options), back)


INPUT_GRADIENTS = {
    "plain": ((2, 3, 2, 2), (3, 2, 3, 3), (2, 2, 4, 4), {}),
    "stride": ((1, 2, 3, 5), (2, 2, 3, 2), (1, 2, 5, 6), {"stride": (2, 1), "padding": (1, 0)}),
    "dilation": ((1, 2, 6, 4), (2, 1, 2, 2), (1, 1, 6, 5), {"padding": 1, "dilation": (2, 3)}),
    "groups": ((1, 4, 2, 2), (4, 2, 2, 2), (1, 4, 3, 3), {"groups": 2}),
    "same": ((1, 2, 4, 3), (2, 1, 2, 2), (1, 1, 4, 3), {"padding": "same"}),
    "pixels left over": ((1, 2, 2, 2), (2, 1, 2, 2), (1, 1, 5, 6), {"stride": 3, "dilation": (1, 2)}),
    "no images": ((0, 3, 2, 2), (3, 2, 3, 3), (0, 2, 4, 4), {}),
}


@pytest.mark.parametrize("name", INPUT_GRADIENTS)
def test_the_input_gradient_of_a_given_shape(name):
    g_shape, w_shape, x_shape, options = INPUT_GRADIENTS[name]
    rng = np.random.default_rng(0)
    g, w = rng.standard_normal(g_shape), rng.standard_normal(w_shape)
    expected = np.zeros(x_shape)
    for at in np.ndindex(x_shape):
        one = np.zeros(x_shape)
        one[at] = 1
        expected[at] = np.sum(g * ag.conv2d(one, w, **options))
    np.testing.assert_allclose(ag.internal.conv2d_input_gradient(g, w, x_shape, **options), expected, atol=1e-12)
    assert ag.gradcheck(lambda g, w: ag.internal.conv2d_input_gradient(g, w, x_shape, **options), [g, w], order=2)


ROWS, VOLUMES = np.zeros((1, 4, 6)), np.zeros((1, 4, 3, 5, 6))


@pytest.mark.parametrize(
    ("name", "arguments", "error", "said"),
    [
        ("conv1d", (IMAGES, KERNELS), ValueError, ["x must have 3 axes, (N, C, L)", "axes of x: 4"]),
        ("conv1d", (ROWS, KERNELS), ValueError, ["weight must have 3 axes, (O, C / groups, R)"]),
        ("conv1d", (ROWS, np.zeros((1, 4, 3)), None, (1, 2)), ValueError, ["an int or a tuple (along,), not (1, 2)"]),
        ("conv1d", (ROWS, np.zeros((1, 4, 7))), ValueError, ["padded image: (6,)", "with dilation: (7,)"]),
        ("conv3d", (VOLUMES, KERNELS), ValueError, ["weight must have 5 axes, (O, C / groups, R, S, T)"]),
        (
            "conv3d",
            (VOLUMES, np.zeros((1, 4, 2, 2, 2)), None, (1, 2)),
            ValueError,
            ["a triple (depth, vertical, horiz"],
        ),
        ("conv3d", (VOLUMES, np.zeros((1, 4, 2, 2, 2)), None, 1.5), TypeError, ["a triple of ints, not 1.5"]),
        ("conv3d", (VOLUMES, np.zeros((1, 4, 4, 1, 1))), ValueError, ["padded image: (3, 5, 6)"]),
        ("conv_transpose2d", (IMAGES, KERNELS), ValueError, ["channels of x: 4", "channels of the weight: 2"]),
        ("conv_transpose2d", (IMAGES[0], KERNELS), ValueError, ["x must have 4 axes", "axes of x: 3"]),
        (
            "conv_transpose2d",
            (IMAGES[:, :2], KERNELS, np.zeros(2)),
            ValueError,
            ["output channels: 4", "the bias: (2,)"],
        ),
        ("conv_transpose2d", (IMAGES[:, :2], KERNELS, None, 1, 4), ValueError, ["no pixels", "result: (-1, 0)"]),
        ("conv_transpose2d", (IMAGES[:, :2], KERNELS, None, 2, 0, 2), ValueError, ["output_padding: (2, 2)", "stride"]),
        (
            "conv_transpose2d",
            (IMAGES[:, :2], KERNELS, None, 2, 0, -1),
            ValueError,
            ["output_padding must be at least 0"],
        ),
        ("conv_transpose2d", (IMAGES[:, :2], KERNELS, None, 2, "same"), ValueError, ["needs stride 1, not (2, 2)"]),
        (
            "conv_transpose2d",
            (IMAGES[:, :2], KERNELS, None, 1, 0, 0, 3),
            ValueError,
            ["groups: 3", "input channels: 2"],
        ),
        ("conv_transpose2d", (np.zeros((1, 2, 0, 3)), KERNELS), ValueError, ["no pixels: (0, 3)"]),
    ],
)
def test_refusals_of_the_others(name, arguments, error, said):
    with pytest.raises(error) as caught:
        getattr(ag, name)(*arguments)
    for text in (f"{name}: ", "x: shape", "weight: shape", *said):
        assert text in str(caught.value)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_empty_batches_of_every_rank(rank):
    w = ag.Tensor(np.ones((2, 3, *(2, 2, 2)[:rank])), requires_grad=True)
    x = ag.Tensor(np.zeros((0, 2, *(3, 3, 3)[:rank])), requires_grad=True)
    y = getattr(ag, f"conv_transpose{rank}d")(x, w, np.ones(3), stride=2)
    assert y.shape == (0, 3, *(6, 6, 6)[:rank])
    y.backward(np.zeros(y.shape))
    np.testing.assert_array_equal(w.grad, np.zeros(w.shape))
    assert x.grad.shape == x.shape


def test_the_graph_names_what_was_called():
    x, w = ag.Tensor(np.ones((1, 2, 4)), requires_grad=True), np.ones((2, 2, 3))
    with ag.tape() as tape:
        ag.conv_transpose1d(ag.conv1d(x, w), w)
    assert [node.operation.name for node in tape.nodes][-2:] == ["conv1d", "conv_transpose1d"]


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_float16_is_summed_in_float32(rank):
    """The result of float16 is that of the same numbers in float32, rounded once; and so are the gradients."""
    rng = np.random.default_rng(0)
    arrays = [
        rng.standard_normal((2, 64, *(6, 5, 4)[:rank])).astype(np.float16),
        rng.standard_normal((32, 64, *(3, 3, 3)[:rank])).astype(np.float16),
    ]
    conv, g = getattr(ag, f"conv{rank}d"), None
    seen = []
    for dtype in (np.float16, np.float32):
        x, w = (ag.Tensor(a.astype(dtype), requires_grad=True) for a in arrays)
        y = conv(x, w, padding=1)
        g = rng.standard_normal(y.shape).astype(np.float16) if g is None else g
        y.backward(g.astype(dtype))
        seen.append([y.data, x.grad, w.grad])
    for half, single in zip(*seen, strict=True):
        assert half.dtype == np.float16
        np.testing.assert_array_equal(half, single.astype(np.float16))
