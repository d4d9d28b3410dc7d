"""Parts of a module by their dotted names, and state dicts under a prefix."""

import numpy as np
import pytest

import nn


def net():
    made = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), nn.ReLU())
    made.register_buffer("mask", nn.Parameter(np.ones(2)).detach(), persistent=False)
    return made


def test_parts_by_name():
    made = net()
    assert made.get_submodule("") is made and made.get_submodule("0.1") is made[0][1]
    assert made.get_parameter("0.0.weight") is made[0][0].weight
    assert made.get_buffer("0.1.running_mean") is made[0][1].running_mean and made.get_buffer("mask") is made.mask
    for call in (
        lambda: made.get_submodule("0.2"), lambda: made.get_submodule("0.0.weight"), lambda: made.get_parameter("mask"),
        lambda: made.get_buffer("0.0.weight"), lambda: made.get_parameter("1"), lambda: made.get_buffer("nothing.x"),
    ):  # fmt: skip
        with pytest.raises(AttributeError, match=r"Sequential: there is no (module|parameter|buffer) of this name"):
            call()
    made.set_submodule("0.1", nn.Identity())
    assert isinstance(made[0][1], nn.Identity)
    with pytest.raises(AttributeError, match=r"'0\.7'"):
        made.set_submodule("0.7", nn.Identity(), strict=True)
    with pytest.raises(ValueError, match="module: int"):
        made.set_submodule("0.1", 3)
    made.register_module("head", nn.Linear(3, 1))
    assert made.get_submodule("head").out_features == 1


def test_state_under_a_prefix():
    made = net()
    plain = made.state_dict()
    assert "mask" not in plain and next(made.named_buffers())[0] == "mask"
    assert list(made.state_dict(prefix="net.")) == ["net." + name for name in plain]
    assert made.state_dict(keep_vars=True)["0.0.weight"] is made[0][0].weight
    missing, unexpected = made.load_state_dict({"0.0.weight": plain["0.0.weight"], "other": np.ones(1)}, strict=False)
    assert unexpected == ["other"] and missing == [name for name in plain if name != "0.0.weight"]


def test_what_is_shared_comes_under_each_of_its_names_where_asked():
    layer = nn.Linear(2, 2)
    made = nn.Sequential(layer, nn.ReLU(), layer)
    assert [name for name, _ in made.named_parameters()] == ["0.weight", "0.bias"]
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [name for name, _ in made.named_parameters(remove_duplicate=False)] == names
    assert [name for name, _ in made.named_modules(remove_duplicate=False)] == ["", "0", "1", "2"]
