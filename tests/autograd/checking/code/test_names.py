"""How people call gradients."""

import pytest

from autograd.checking.code.names import is_gradient, last_part, plain, read, stem


@pytest.mark.parametrize(
    "name",
    [
        "dW1", "d_W1", "DW1", "grad_W1", "W1_grad", "W1_gradient", "gradW1", "W1Grad", "dL_dW1", "dLdW1", "dE_dW1",
        "dloss_dW1", "∂W1", "∂L_∂W1", "g_W1", "W1_bar", "grads['W1']", "self.grads['W1']", "grads['dW1']", "self.dW1",
        "dparams['W1']", "d['W1']",
    ],
)  # fmt: skip
def test_names_of_a_gradient(name):
    assert "W1" in read(name) and is_gradient(name)


def test_deltas_are_gradients_of_what_an_activation_takes():
    assert {"z2", "net2"} <= set(read("delta2")) and {"zo1", "neto1", "o1"} <= set(read("delta_o1"))
    assert is_gradient("delta") and read("delta") == []


@pytest.mark.parametrize("name", ["x", "W1", "self.W1", "cache['h']", "out", "mask", "h[2]"])
def test_names_of_no_gradient(name):
    assert not is_gradient(name)


def test_what_stands_last_in_a_name():
    assert last_part("h[2]") == ("", "h", 2)
    assert last_part("grads['W1']") == ("grads", "W1", None)
    assert last_part("self.cache['z'][-1]") == ("cache", "z", -1)
    assert last_part("self.layer.dW") == ("layer", "dW", None)


def test_what_people_vary():
    assert plain("hs") == plain("h") and plain("W_1") == plain("w1") and plain("s") == "s"
    assert stem("affine_forward") == stem("affine_backward") == "affine"
    assert stem("Layer.forward") == stem("Layer.backward")
