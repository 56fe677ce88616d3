# SPDX-License-Identifier: Apache-2.0
"""PTX and machine code of kernels, for GPUs that need not be there, kept on disk between processes.

A kernel is compiled to PTX, which the driver assembles as a whole program, and keeps by itself. A
driver refuses PTX of a toolkit newer than itself; nvJitLink, which comes with the compiler, takes
it, but links what it takes for a part of a program: with more registers (``rack_steps`` on sm_90 88
in place of 56) and slower, so it is only asked where the driver refuses.
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

from powermodel_kernels.bind import source_digest
from powermodel_kernels.compiled import cache_directory
from powermodel_kernels.cuda import compiler
from powermodel_kernels.cuda.kept import kept

_TOOLS = (
    "numba", "numba-cuda", "numpy", "llvmlite", "nvidia-nvvm", "nvidia-cuda-nvcc",
    "nvidia-cuda-nvcc-cu12", "nvidia-nvjitlink", "nvidia-nvjitlink-cu12", "nvidia-cuda-nvdisasm",
)  # fmt: skip


def assembly(
    function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
) -> bytes:
    """Return a kernel's PTX, made now or earlier.

    Parameters
    ----------
    function
        A kernel of this package; its entry has its name.
    signature
        Numba types of its arguments.
    compute_capability
        Such as (9, 0).
    """
    return _kept(
        "ptx",
        code_key(function, signature, compute_capability),
        lambda: compiler.ptx(function, signature, compute_capability).encode(),
    )


def machine_code(
    function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
) -> bytes:
    """Return a kernel's machine code as nvJitLink makes it, made now or earlier; see `assembly`."""
    return _kept(
        "cubin",
        code_key(function, signature, compute_capability),
        lambda: linked(assembly(function, signature, compute_capability), compute_capability),
    )


def _kept(kind: str, key: str, make: Callable[[], bytes]) -> bytes:
    place = cache_directory()
    if place is None:
        return make()
    folder = place / "cuda"
    folder.mkdir(exist_ok=True)

    def write(file: Path) -> None:
        file.write_bytes(zlib.compress(make(), 1))

    while True:
        file = kept(folder, kind, key, write)
        try:
            return zlib.decompress(file.read_bytes())
        except FileNotFoundError:
            # The cache was emptied meanwhile.
            continue
        except zlib.error:
            # Cut short by a disk that was full, or by a machine that went down.
            file.unlink(missing_ok=True)


def linked(ptx: bytes, compute_capability: tuple[int, int]) -> bytes:
    """Return the machine code of PTX, for one GPU.

    Raises
    ------
    ValueError
        If the linker refuses it: with what it says.
    """
    # Here, not above: whoever finds the code on disk needs no linker.
    nvjitlink: Any = importlib.import_module("cuda.bindings.nvjitlink")  # it has no types
    link = nvjitlink.create(1, ["-arch=sm_{}{}".format(*compute_capability)])
    try:
        nvjitlink.add_data(link, nvjitlink.InputType.PTX, ptx, len(ptx), "kernel")
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
