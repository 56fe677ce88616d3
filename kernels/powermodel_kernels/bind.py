# SPDX-License-Identifier: Apache-2.0
"""Turn a law or a driver, written as a plain function, into compiled code for the CPU.

The same source serves every target. Binding walks the names a function uses: another function of
this package is bound in turn, a primitive is replaced by the target's instruction, everything else
stays. The plain function itself is never changed, so it remains the oracle.

Compiled code is cached on disk, keyed by the sources of a driver's module and of all that it
imports: Numba alone would not see that a law in another file has changed. What nobody uses any more
is removed, see ``compiled``.
"""

import hashlib
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numba
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

from powermodel_kernels import bind_octets, bind_primitives, compiled
from powermodel_kernels.bind_primitives import PRIMITIVES

# Loops over lanes read and write two dozen arrays; LLVM would give up on telling them apart at
# eight, or at 128 comparisons.
llvm.set_option("", "--runtime-memory-check-threshold=256")
llvm.set_option("", "--vectorize-memory-check-threshold=256")

# Numba fills this module at run time, out of sight of type checkers.
_numba_config: Any = numba.config
_PACKAGE = __name__.rpartition(".")[0]
Function = TypeVar("Function", bound=Callable[..., Any])
# Nothing calls these from Python, and the wrappers cost as much to compile as the code.
_FROM_COMPILED_CODE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

# Functions that drivers call, and whether they take memory of their own.
_APART: dict[Any, bool] = {}


def apart(function: Function) -> Function:
    """Mark a function that drivers call, and do not take into their own code.

    One stage of a driver, with loops of its own: a compiler that sees several at once runs out of
    registers, and of patience to tell their arrays apart. Arrays that it is given must be
    contiguous, which their type then says. It takes no memory of its own, so nothing counts who
    still uses the arrays that it is given; one that does is refused when it is compiled, see
    ``apart_with_memory``.
    """
    _APART[function] = False
    return function


def apart_with_memory(function: Function) -> Function:
    """Mark a function as ``apart`` does, which makes arrays of its own."""
    _APART[function] = True
    return function


class _Cache(FunctionCache):
    """Numba's cache on disk, without what only compiling needs.

    Numba fills its tables of everything that it can compile before it looks into the cache, which
    takes longer than a small run. A function that is not in the cache has them filled all the same,
    by the compiler itself.
    """

    def __init__(self, function: Any, place: Path) -> None:
        super().__init__(function)
        self._place = place

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        # Noted before anything is compiled, so that nobody removes what is being written.
        compiled.note_use(self._place)
        # The tables' loader would have done this: compiled code allocates through it.
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError:
            # A full disk, or a cache that was emptied meanwhile: the code runs, and is not kept.
            return
        compiled.clear_unused(self._place)


_IMPORT = re.compile(
    rf"^\s*from ({_PACKAGE}(?:\.\w+)*) import (\([\w,\s]*\)|[\w, ]*)", re.MULTILINE
)


@cache
def _sources(module: str) -> frozenset[Path]:
    """Return the files that a module is made of: its own, and what it imports of this package."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file_of(waiting.pop())
        if path is None or path in found:
            continue
        found.add(path)
        for name, members in _IMPORT.findall(path.read_text(encoding="utf-8")):
            waiting += [name, *(f"{name}.{member}" for member in re.findall(r"\w+", members))]
    binders = (__file__, bind_primitives.__file__, bind_octets.__file__)
    return frozenset(found | {Path(file) for file in binders})


def _file_of(module: str) -> Path | None:
    """Return the file of a module, here or elsewhere; None for a name that is none."""
    if not module.startswith(_PACKAGE):
        return Path(getattr(sys.modules.get(module), "__file__", None) or __file__)
    path = Path(__file__).parent.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path if path.is_file() else None


@cache
def source_digest(module: str) -> str:
    """Return a digest of the sources that a module's CPU code is made of (16 hex digits)."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(_sources(module)):
        inside = path.is_relative_to(root)
        digest.update((path.relative_to(root).as_posix() if inside else module).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_of(module: str) -> Path | None:
    """Return where the compiled code of one module is kept, or None without a place for it."""
    place = compiled.cache_directory()
    if place is None:
        return None
    return place / f"{module.removeprefix(_PACKAGE + '.')}-{source_digest(module)}"


def bound(
    function: FunctionType, primitives: dict[Any, Any], convert: Callable[[FunctionType], Any]
) -> FunctionType:
    """Copy a function for a target.

    Parameters
    ----------
    function
        A plain function of this package.
    primitives
        The target's own instruction for each function of ``primitives``.
    convert
        Compiles another function of this package for the target.
    """
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        value = names.get(name)
        if not isinstance(value, FunctionType):
            continue
        if value in primitives:
            names[name] = primitives[value]
        elif value.__module__.startswith(_PACKAGE):
            names[name] = convert(value)
    copy = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    copy.__doc__ = function.__doc__
    return copy


@cache
def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function for use inside other compiled functions."""
    assert isinstance(function, FunctionType)
    if function in _APART:
        return _called(function, None)
    # Laws are a few instructions, and loops over lanes get slices whose stride only the caller
    # knows: inlining both is what lets the loops vectorise.
    options: dict[str, Any] = {
        "error_model": "numpy",
        "boundscheck": False,
        "forceinline": True,
        **_FROM_COMPILED_CODE,
    }
    return numba.njit(bound(function, PRIMITIVES, inlined), **options)


@cache
def cpu(function: Callable[..., Any]) -> Any:
    """Compile a driver for the CPU, lazily, releasing the GIL, cached on disk.

    Parameters
    ----------
    function
        A plain function of this package. Called directly it is its own oracle.
    """
    assert isinstance(function, FunctionType)
    return _driver(bound(function, PRIMITIVES, inlined), cache_of(function.__module__))


@cache
def cpu_with(
    function: Callable[..., Any], placeholder: Callable[..., Any], law: Callable[..., Any]
) -> Any:
    """Compile a driver in which a law stands in for another, wherever that is called.

    A call through a pointer to a law would keep the compiler from seeing both. What the driver
    calls by name is compiled once and called, and shared by the drivers of all laws.

    Parameters
    ----------
    function
        A plain function of this package.
    placeholder
        A law that it calls, itself or through a function that it calls.
    law
        A plain function. One of this package is cached on disk with the driver, keyed by the
        sources of both; one from elsewhere is compiled anew by each process, since nothing says
        when it has changed.
    """
    assert isinstance(function, FunctionType)
    place = cache_of(function.__module__) if law.__module__.startswith(_PACKAGE) else None
    if place is not None:
        place = place.with_name(f"{place.name}-{source_digest(law.__module__)}")
    swap = (placeholder, law)

    def called(other: FunctionType) -> Any:
        return _called(other, swap if _uses(other, placeholder) else None)

    copy = bound(function, PRIMITIVES | {placeholder: inlined(law)}, called)
    copy.__qualname__ += f"_{law.__module__}_{law.__qualname__}".replace(".", "_")
    return _driver(copy, place)


def interpreted_with(
    function: Callable[..., Any], placeholder: Callable[..., Any], law: Callable[..., Any]
) -> FunctionType:
    """Return the plain function that ``cpu_with`` compiles: its oracle."""
    assert isinstance(function, FunctionType)

    def copied(other: FunctionType) -> FunctionType:
        uses = _uses(other, placeholder)
        return bound(other, {placeholder: law}, lambda same: same) if uses else other

    return bound(function, {placeholder: law}, copied)


def _uses(function: FunctionType, other: Callable[..., Any]) -> bool:
    """Return whether a function calls another by name."""
    return other in (function.__globals__.get(name) for name in function.__code__.co_names)


@cache
def _called(
    function: FunctionType, swap: tuple[Callable[..., Any], Callable[..., Any]] | None
) -> Any:
    """Compile a function that drivers call, with a law in place of another where one is given."""
    swapped = {} if swap is None else {swap[0]: inlined(swap[1])}
    options: dict[str, Any] = {
        "error_model": "numpy",
        "boundscheck": False,
        "_nrt": _APART.get(function, True),
        **_FROM_COMPILED_CODE,
    }
    return numba.njit(bound(function, PRIMITIVES | swapped, inlined), **options)


def _driver(function: FunctionType, place: Path | None) -> Any:
    """Compile a bound function whose code is kept in a folder, or nowhere."""
    before = _numba_config.CACHE_DIR
    try:
        if place is not None:
            _numba_config.CACHE_DIR = str(place)
        driver: Any = numba.njit(
            function, error_model="numpy", boundscheck=False, nogil=True, cache=place is not None
        )
        if place is not None:
            driver._cache = _Cache(driver.py_func, place)
        return driver
    finally:
        _numba_config.CACHE_DIR = before
