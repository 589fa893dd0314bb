"""`python compile_here.py FILE.pyx [flags]`: a module beside the file, by Cython and setuptools; what `netcore course build` runs.

`# distutils:` lines count for nothing, as in the grader: Cython translates, and only C goes to setuptools.
"""

import sys
from pathlib import Path


def main(file: str, *flags: str) -> None:
    from Cython.Compiler import Main

    name = Path(file).stem
    options = Main.CompilationOptions(Main.default_options, language_level=3, output_file=f"{name}.c")
    if Main.compile(file, options, full_module_name=name).num_errors:
        sys.exit(1)
    try:
        from setuptools import Extension, setup
    except ImportError:
        sys.exit("setuptools is not installed: python -m pip install setuptools")
    extension = Extension(name, [f"{name}.c"], extra_compile_args=list(flags))
    try:
        setup(name=name, ext_modules=[extension], script_args=["-q", "build_ext", "--inplace", "--force"])
    finally:
        Path(f"{name}.c").unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
