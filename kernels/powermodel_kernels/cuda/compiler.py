# SPDX-License-Identifier: Apache-2.0
"""The only door to the CUDA compiler: binds laws and kernels, and compiles them for a GPU.

With ``NUMBA_ENABLE_CUDASIM=1`` in the environment the same kernels run in the simulator, where the
laws are the plain functions of the interpreter.
"""

import importlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType, SimpleNamespace
from typing import Any

from numba import config
from numba import cuda as numba_cuda

from powermodel_kernels import primitives as interpreter
from powermodel_kernels.bind import bound, interpreted_with
from powermodel_kernels.sums import add_at

_ENTRY = re.compile(r"^\.visible \.entry (\w+)", re.MULTILINE)

cuda: Any = numba_cuda
"""The compiler's module, for kernels; it makes its names at run time, out of sight of checkers."""

_PACKAGE = __name__.partition(".")[0]
_LARGEST_BLOCK: dict[Callable[..., None], int] = {}

SIMULATED = bool(getattr(config, "ENABLE_CUDASIM", False))
"""Whether kernels run in the simulator."""


def _fma(a: Any, b: Any, c: Any) -> Any:
    return cuda.fma(a, b, c)


def _add_at(array: Any, row: Any, column: Any, value: Any) -> None:
    cuda.atomic.add(array, (row, column), value)


@cache
def _primitives(target: object) -> dict[Any, Any]:
    """Return the GPU's instruction for each primitive."""
    from numba.cuda import libdevice

    def device(function: Callable[..., Any]) -> Any:
        return cuda.jit(device=True)(function)

    return {
        interpreter.fma: device(_fma),
        # Rounded on its own: a plain product would be fused into a following addition.
        interpreter.mul: device(lambda a, b: libdevice.fmul_rn(a, b)),
        interpreter.float_bits: device(lambda x: libdevice.float_as_int(x)),
        interpreter.bits_float: device(lambda i: libdevice.int_as_float(i)),
        add_at: device(_add_at),
    }


@cache
def _device_function(function: FunctionType, target: object) -> Any:
    """Compile a law for use inside kernels; ``target`` keeps those of different GPUs apart."""
    return cuda.jit(device=True)(_bound(function, target))


def _bound(function: FunctionType, target: object) -> FunctionType:
    if SIMULATED:
        return _simulated(function)
    return bound(function, _primitives(target), lambda f: _device_function(f, target))


def block_of(most: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Say how many threads the largest block of a kernel has: its registers must go round."""

    def noted(function: Callable[..., None]) -> Callable[..., None]:
        _LARGEST_BLOCK[function] = most
        return function

    return noted


def _bounds(function: Callable[..., None]) -> dict[str, int]:
    most = None if SIMULATED else _LARGEST_BLOCK.get(function)
    return {} if most is None else {"launch_bounds": most}


_ALONE = threading.Lock()


def _add_alone(array: Any, row: Any, column: Any, value: Any) -> None:
    with _ALONE:
        array[row, column] += value


@cache
def _with_threads(function: FunctionType) -> FunctionType:
    """Copy a law for the simulator, whose threads may interrupt each other."""
    return bound(function, {add_at: _add_alone}, _with_threads)


def _simulated(function: FunctionType) -> FunctionType:
    """Copy a kernel and what its module has for it, so that they share what names mean.

    The simulator puts itself in the place of the compiler's module among the names of a kernel.
    """
    names = dict(function.__globals__)

    def copied(other: FunctionType) -> FunctionType:
        return FunctionType(
            other.__code__, names, other.__name__, other.__defaults__, other.__closure__
        )

    for name, value in names.items():
        if not isinstance(value, FunctionType):
            continue
        if value.__module__ == function.__module__:
            names[name] = copied(value)
        elif value is add_at:
            names[name] = _add_alone
        elif value.__module__.startswith(_PACKAGE):
            names[name] = _with_threads(value)
    return copied(function)


@cache
def with_law(
    function: Callable[..., None], placeholder: Callable[..., Any], law: Callable[..., Any]
) -> FunctionType:
    """Return a kernel in which a law of this package stands in for another, see ``cpu_with``."""
    return interpreted_with(function, placeholder, law)


@cache
def kernel(function: Callable[..., None]) -> Any:
    """Return a kernel that can be launched on the current device, or in the simulator."""
    assert isinstance(function, FunctionType)
    return cuda.jit(_bound(function, "current"), **_bounds(function))


def launch(
    function: Callable[..., None], blocks: int | tuple[int, ...], threads: int, *arguments: Any
) -> None:
    """Start a kernel on CuPy's current device and stream, or run it in the simulator."""
    if SIMULATED:
        kernel(function)[blocks, threads](*arguments)
        return
    # Here, not above: what launches a kernel asks this module to compile it first.
    from powermodel_kernels.cuda.launcher import launch_here

    launch_here(function, blocks, threads, arguments)


def ptx(function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]) -> str:
    """Compile a kernel to PTX for a GPU that need not be there.

    Parameters
    ----------
    function
        A kernel of this package.
    signature
        Numba types of its arguments.
    compute_capability
        Such as (9, 0).
    """
    assert isinstance(function, FunctionType)
    with _pretended_device(compute_capability):
        source = _bound(function, compute_capability)
        code, _ = cuda.compile_ptx(source, signature, cc=compute_capability, **_bounds(function))
    # The name that Numba makes spells out the types of all arguments, and that of each parameter
    # repeats it: thousands of characters each.
    (name,) = _ENTRY.findall(str(code))
    return str(code).replace(name, function.__name__)


@contextmanager
def _pretended_device(compute_capability: tuple[int, int]) -> Iterator[None]:
    """Answer the dispatcher's question for the current device, which it asks for every law.

    numba-cuda 0.30 takes the compute capability of device functions from the driver even where
    the kernel is compiled for a stated one; without a driver there is nobody to ask.
    """
    dispatcher: Any = importlib.import_module("numba.cuda.dispatcher")
    asked = dispatcher.get_current_device
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=compute_capability)
    try:
        yield
    finally:
        dispatcher.get_current_device = asked
