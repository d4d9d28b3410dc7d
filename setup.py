"""The compiled kernels: an optional extension. Without a compiler everything works, in NumPy. The rest: setup.cfg."""

import os
from pathlib import Path

import numpy
from setuptools import Extension, setup

HERE = Path("autograd/native")
OPTIMIZED = [] if "-O" in os.environ.get("CFLAGS", "") else ["-O3"]

setup(
    ext_modules=[
        Extension(
            "autograd._native",
            sources=sorted(str(path) for path in HERE.glob("*.c")),
            depends=sorted(str(path) for path in HERE.glob("*.h")),
            include_dirs=[str(HERE), numpy.get_include()],
            extra_compile_args=["-std=gnu11", *OPTIMIZED, "-fno-math-errno", "-pthread", "-fvisibility=hidden"],
            extra_link_args=["-pthread"],
            optional=True,
        )
    ]
)
