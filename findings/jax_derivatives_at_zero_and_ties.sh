#!/usr/bin/env bash
# JAX 0.10.2, CPU: three derivatives at special points are not what their functions suggest.
# grad(jnp.abs)(0.0) is 1, though jnp.sign(0.0) is 0 and other libraries give 0. grad of x ** 0.0 is NaN at 0, though x ** 0.0
# is the constant 1 there too, and so is the second derivative of x ** 1.0, which is x. And the Hessian of jnp.hypot is all
# zeros wherever the two arguments are equal: at (3, 3), where nothing is special, it should be
# [[1, -1], [-1, 1]] / (6 sqrt(2)); beside it, at (3, 3.001), it is right. Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1 jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 venv/bin/python - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np

assert float(jax.grad(jnp.abs)(0.0)) == 1.0 and float(jnp.sign(0.0)) == 0.0

assert float(jnp.power(0.0, 0.0)) == 1.0
assert np.isnan(float(jax.grad(lambda x: x**0.0)(0.0)))
assert np.isnan(float(jax.grad(jax.grad(lambda x: x**1.0))(0.0)))
assert float(jax.grad(lambda x: x**1.0)(0.0)) == 1.0


def hessian(a, b):
    return np.asarray(jax.hessian(lambda v: jnp.hypot(v[0], v[1]))(jnp.array([a, b])))


right = np.array([[1.0, -1.0], [-1.0, 1.0]]) / (6 * np.sqrt(2))
np.testing.assert_allclose(hessian(3.0, 3.0), np.zeros((2, 2)), atol=1e-15)
np.testing.assert_allclose(hessian(3.0, 3.001), right, rtol=2e-3)
print("as described")
PYTHON
