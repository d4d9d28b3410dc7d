"""The compiled parts: optional extensions. Without a compiler everything works, in NumPy. The rest: setup.cfg.

Built with CHALKGRAD_PURE=1, or where nothing compiles, the wheel is for any machine (py3-none-any).
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy
from Cython.Build import cythonize
from Cython.Compiler.Options import get_directive_defaults
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

HERE = Path("autograd/native")
PURE = os.environ.get("CHALKGRAD_PURE", "") == "1"
CFLAGS = os.environ.get("CFLAGS", "")
LINUX = sys.platform == "linux"
MSVC = sys.platform == "win32" and "gcc" not in os.environ.get("CC", "")


def optimized(level):
    return ["/O2"] if MSVC else [] if "-O" in CFLAGS else [level]


# The recorder calls Python's functions at every step: without the jump between, tiny operations take 5 % less time.
DIRECT_CALLS = ["-fno-plt"] if LINUX else []
# Of a wheel, symbols for debugging would be two thirds; sanitizers, and whoever asks for -g, have all this.
SMALL = LINUX and "-g" not in CFLAGS.replace("-g0", "")
USED = ["-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables"] if SMALL else []
STRIPPED = ["-Wl,-s", "-Wl,--gc-sections"] if SMALL else []

kernels = Extension(
    "autograd._native",
    sources=sorted(str(path) for path in HERE.glob("*.c")),
    depends=sorted(str(path) for path in HERE.glob("*.h")),
    include_dirs=[str(HERE), numpy.get_include()],
    extra_compile_args=[
        "-std=gnu11",
        *optimized("-O3"),
        *USED,
        "-fno-math-errno",
        "-pthread",
        "-fvisibility=hidden",
    ],
    extra_link_args=["-pthread", *STRIPPED],
    optional=True,
)
RECORDER = "node values arguments recording ownership unbroadcasting walking steps replaying"
recorder = [
    Extension(
        f"autograd.{name}",
        sources=[f"autograd/{name}.py"],
        depends=sorted(str(path) for path in Path("autograd").glob("*.pxd")),
        include_dirs=[numpy.get_include()],
        extra_compile_args=[*optimized("-O2"), *USED, *DIRECT_CALLS],
        extra_link_args=STRIPPED,
        optional=True,
    )
    for name in RECORDER.split()
]


class Build(build_ext):
    """Compiles on all processors, and says at the end what has been compiled."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self):
        """Files of one extension side by side too, the largest first: the kernels take longer than all the others."""
        compile_in_turn = self.compiler.compile

        def compile_at_once(sources, *given, **options):
            sources = sorted(sources, key=lambda path: "level_" not in path)  # each of these has every kernel
            with ThreadPoolExecutor(self.parallel) as pool:
                return [*chain(*pool.map(lambda source: compile_in_turn([source], *given, **options), sources))]

        self.compiler.compile = compile_at_once
        super().build_extensions()

    def run(self):
        super().run()
        there = {one.name for one in self.extensions if Path(self.get_ext_fullpath(one.name)).exists()}
        recording = {one.name for one in recorder} <= there
        found = [("kernels", kernels.name in there), ("recording", recording)]
        print("chalkgrad:", ", ".join(f"compiled {what}: {'yes' if has else 'no'}" for what, has in found))


class Wheel(bdist_wheel):
    """One for any machine where it holds nothing compiled."""

    def get_tag(self):
        held = [path.suffix for path in Path(self.bdist_dir).rglob("*")]
        self.root_is_pure = ".so" not in held and ".pyd" not in held
        return ("py3", "none", "any") if self.root_is_pure else super().get_tag()


# Of classes, and a .pxd file cannot say them: memory of freed nodes is used again, and long chains are freed in a loop.
get_directive_defaults().update(freelist=1024, trashcan=True)
compiled = cythonize(
    [] if PURE else recorder,
    build_dir="build",
    compiler_directives={
        "language_level": 3,
        "nonecheck": True,
        "wraparound": False,
        "annotation_typing": False,
        "auto_pickle": False,
    },
)
for extension in compiled:
    extension.optional = True  # cythonize drops it
extensions = compiled if PURE or MSVC else [kernels, *compiled]  # the kernels are written for GCC and Clang
setup(ext_modules=extensions, cmdclass={"build_ext": Build, "bdist_wheel": Wheel})
