"""The compiled kernels, an optional extension: without a compiler everything works, in NumPy. The rest is in setup.cfg."""

from pathlib import Path

import numpy
from setuptools import Extension, setup

HERE = Path("autograd/native")

setup(
    ext_modules=[
        Extension(
            "autograd._native",
            sources=sorted(str(path) for path in HERE.glob("*.c")),
            depends=sorted(str(path) for path in HERE.glob("*.h")),
            include_dirs=[str(HERE), numpy.get_include()],
            extra_compile_args=["-std=gnu11", "-O3", "-fno-math-errno", "-pthread", "-fvisibility=hidden"],
            extra_link_args=["-pthread"],
            optional=True,
        )
    ]
)
