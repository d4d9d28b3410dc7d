"""JAX, with 64 bits."""

import jax
import jax.numpy as jnp

from .functions import Functions

VERSION = jax.__version__
jax.config.update("jax_enable_x64", True)


def _max_pool(x, size, stride, padding=0):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (size,), (stride,), ((padding, padding),))


def _same(x, k, step):
    k = jnp.array(k, float)
    conv = {"lax.conv SAME": jax.lax.conv(x[None, None], k[None, None], (step,), "SAME")[0, 0]}
    return conv if step > 1 else {"numpy.correlate": jnp.correlate(x, k, "same"), **conv}


functions = Functions(
    {
        "norm": jnp.linalg.norm,
        "norm_inf": lambda x: jnp.linalg.norm(x, jnp.inf),
        "det": jnp.linalg.det,
        "std_of_sample": lambda x: jnp.std(x, ddof=1),
        "logsumexp": jax.nn.logsumexp,
        "hardtanh": jax.nn.hard_tanh,
        "max_pool": _max_pool,
        "same": _same,
    },
    jnp,
    jax.nn,
    jax.scipy.special,
)


def value(function, at):
    return function(functions, jnp.array(at, float))


def gradient(function, at):
    return jax.grad(lambda x: function(functions, x))(jnp.array(at, float))


def hessian(function, at):
    return jax.jacrev(jax.grad(lambda x: function(functions, x)))(jnp.array(at, float))
