"""HIPS autograd, which is imported under our name: it lies in a folder of its own, which is put before ours."""

import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ.get("HIPS_AUTOGRAD", str(Path(__file__).resolve().parents[2] / ".venv" / "peers")))

import importlib.metadata

import autograd.numpy as anp
import autograd.scipy.special as special

import autograd

from .functions import Functions

VERSION = importlib.metadata.version("autograd")

functions = Functions(
    {
        "norm": anp.linalg.norm,
        "det": anp.linalg.det,
        "std_of_sample": lambda x: anp.std(x, ddof=1),
        "logsumexp": special.logsumexp,
    },
    anp,
    special,
)


def value(function, at):
    return function(functions, anp.array(at, float))


def gradient(function, at):
    return autograd.grad(lambda x: function(functions, x))(anp.array(at, float))


def hessian(function, at):
    return autograd.hessian(lambda x: function(functions, x))(anp.array(at, float))
