# SPDX-License-Identifier: Apache-2.0
"""Machine code of kernels, for GPUs that need not be there, kept on disk between processes.

A kernel is compiled to PTX, and linked by nvJitLink, which comes with the compiler: the driver
alone would refuse PTX of a toolkit newer than itself.
"""

import importlib
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FunctionType
from typing import Any

from powermodel_kernels.bind import cache_directory, source_digest
from powermodel_kernels.cuda import compiler
from powermodel_kernels.cuda.kept import kept

_TOOLS = (
    "numba", "numba-cuda", "numpy", "llvmlite", "nvidia-nvvm", "nvidia-cuda-nvcc",
    "nvidia-cuda-nvcc-cu12", "nvidia-nvjitlink", "nvidia-nvjitlink-cu12", "nvidia-cuda-nvdisasm",
)  # fmt: skip


def machine_code(
    function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
) -> bytes:
    """Return a kernel's machine code, made now or earlier.

    Parameters
    ----------
    function
        A kernel of this package; its entry has its name.
    signature
        Numba types of its arguments.
    compute_capability
        Such as (9, 0).
    """

    def made() -> bytes:
        return linked(compiler.ptx(function, signature, compute_capability), compute_capability)

    place = cache_directory()
    if place is None:
        return made()
    folder = place / "cuda"
    folder.mkdir(exist_ok=True)

    def write(file: Path) -> None:
        file.write_bytes(zlib.compress(made(), 1))

    key = code_key(function, signature, compute_capability)
    while True:
        file = kept(folder, "cubin", key, write)
        try:
            return zlib.decompress(file.read_bytes())
        except zlib.error:
            # Cut short by a disk that was full, or by a machine that went down.
            file.unlink(missing_ok=True)


def linked(ptx: str, compute_capability: tuple[int, int]) -> bytes:
    """Return the machine code of PTX, for one GPU.

    Raises
    ------
    ValueError
        If the linker refuses it: with what it says.
    """
    # Here, not above: whoever finds the code on disk needs no linker.
    nvjitlink: Any = importlib.import_module("cuda.bindings.nvjitlink")  # it has no types
    code = ptx.encode()
    link = nvjitlink.create(1, ["-arch=sm_{}{}".format(*compute_capability)])
    try:
        nvjitlink.add_data(link, nvjitlink.InputType.PTX, code, len(code), "kernel")
        nvjitlink.complete(link)
        found = bytearray(nvjitlink.get_linked_cubin_size(link))
        nvjitlink.get_linked_cubin(link, found)
    except nvjitlink.nvJitLinkError as error:
        said = bytearray(nvjitlink.get_error_log_size(link))
        nvjitlink.get_error_log(link, said)
        raise ValueError(
            f"the linker refused a kernel: {error}: {said.rstrip(bytes(1)).decode()}"
        ) from None
    finally:
        nvjitlink.destroy(link)
    return bytes(found)


def code_key(
    function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
) -> str:
    """Return all that a kernel's PTX and machine code depend on."""
    assert isinstance(function, FunctionType)
    return "\n".join([
        function.__qualname__, str(signature), str(compute_capability), tools(),
        source_digest(compiler.__name__), *sorted(set(_made_of(function, set()))),
    ])  # fmt: skip


@cache
def tools() -> str:
    """Return the versions of all that turns Python into PTX and PTX into machine code."""
    return f"{sys.version} {' '.join(f'{name} {_version(name)}' for name in _TOOLS)}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


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
