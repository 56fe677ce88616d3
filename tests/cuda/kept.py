# SPDX-License-Identifier: Apache-2.0
"""What compilers made for these tests, kept on disk for the next run and for other workers.

It lies beside the compiled kernels, keyed by all that went in: sources, types, architecture and the
versions of the tools. Who writes, writes a file of its own and puts it in place at once, so several
processes may make the same thing at the same time.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FunctionType
from typing import Any

from powermodel_kernels.bind import cache_directory, source_digest
from powermodel_kernels.cuda import compiler

_TOOLS = (
    "numba", "numba-cuda", "numpy", "llvmlite", "nvidia-nvvm", "nvidia-cuda-nvcc",
    "nvidia-cuda-nvdisasm",
)  # fmt: skip


def kept(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """Return the file that ``make`` writes for a key, made now or earlier.

    Parameters
    ----------
    kind
        Ending of the file's name.
    key
        All that the content depends on.
    make
        Writes the file at the path that it is given.
    """
    file = _folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.{kind}"
    if not file.exists():
        number, name = tempfile.mkstemp(f".{kind}", dir=file.parent)
        os.close(number)
        try:
            make(Path(name))
            os.replace(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
    return file


def kept_text(kind: str, key: str, make: Callable[[], str]) -> str:
    """Return the text that ``make`` returns for a key, made now or earlier."""

    def write(file: Path) -> None:
        file.write_text(make(), encoding="utf-8")

    return kept(kind, key, write).read_text(encoding="utf-8")


def kept_ptx(
    function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
) -> str:
    """Return what ``compiler.ptx`` returns."""
    assert isinstance(function, FunctionType)
    key = "\n".join([
        function.__qualname__, str(signature), str(compute_capability), tools(),
        source_digest(compiler.__name__), *sorted(set(_made_of(function, set()))),
    ])  # fmt: skip
    return kept_text("ptx", key, lambda: compiler.ptx(function, signature, compute_capability))


@cache
def tools() -> str:
    """Return the versions of all that turns Python into PTX and PTX into machine code."""
    return f"{sys.version} {' '.join(f'{name} {_version(name)}' for name in _TOOLS)}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


@cache
def _folder() -> Path:
    place = cache_directory()
    folder = Path(tempfile.mkdtemp()) if place is None else place.parent / "proof"
    folder.mkdir(exist_ok=True)
    return folder


def _made_of(function: FunctionType, seen: set[FunctionType]) -> Iterator[str]:
    """Yield the sources of a function and of all that it calls; its code, where there is none."""
    if function in seen:
        return
    seen.add(function)
    module = function.__module__
    if module is not None and getattr(sys.modules.get(module), "__file__", None):
        yield f"{module}.{function.__qualname__} {source_digest(module)}"
    else:
        code = function.__code__
        yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {code.co_consts}"
    for name in function.__code__.co_names:
        other = function.__globals__.get(name)
        if isinstance(other, FunctionType):
            yield f"{function.__qualname__} {name}: {other.__module__}.{other.__qualname__}"
            yield from _made_of(other, seen)
        elif isinstance(other, type):
            yield f"{name}: {getattr(other, '_fields', '')}"
