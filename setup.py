"""The compiled parts: optional extensions. Without a compiler everything works, in NumPy. The rest: setup.cfg."""

import os
import sys
from pathlib import Path

import numpy
from Cython.Build import cythonize
from Cython.Compiler.Options import get_directive_defaults
from setuptools import Extension, setup

HERE = Path("autograd/native")
OPTIMIZED = [] if "-O" in os.environ.get("CFLAGS", "") else ["-O3"]
# The recorder calls Python's functions at every step: without the jump between, tiny operations take 5 % less time.
DIRECT_CALLS = ["-fno-plt"] if sys.platform == "linux" else []

kernels = Extension(
    "autograd._native",
    sources=sorted(str(path) for path in HERE.glob("*.c")),
    depends=sorted(str(path) for path in HERE.glob("*.h")),
    include_dirs=[str(HERE), numpy.get_include()],
    extra_compile_args=["-std=gnu11", *OPTIMIZED, "-fno-math-errno", "-pthread", "-fvisibility=hidden"],
    extra_link_args=["-pthread"],
    optional=True,
)
recorder = [
    Extension(
        f"autograd.{name}",
        sources=[f"autograd/{name}.py"],
        depends=sorted(str(path) for path in Path("autograd").glob("*.pxd")),
        include_dirs=[numpy.get_include()],
        extra_compile_args=[*OPTIMIZED, *DIRECT_CALLS],
        optional=True,
    )
    for name in ("node", "values", "arguments", "recording", "ownership", "unbroadcasting", "walking")
]
# Of classes, and a .pxd file cannot say them: memory of freed nodes is used again, and long chains are freed in a loop.
get_directive_defaults().update(freelist=1024, trashcan=True)
compiled = cythonize(
    recorder,
    build_dir="build",
    compiler_directives={"language_level": 3, "nonecheck": True, "wraparound": False, "annotation_typing": False},
)
for extension in compiled:
    extension.optional = True  # cythonize drops it
setup(ext_modules=[kernels, *compiled])
