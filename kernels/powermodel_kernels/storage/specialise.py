# SPDX-License-Identifier: Apache-2.0
"""Bind a driver to the law that it calls by name: one compiled driver for each law.

A call through a pointer to a law would keep the compiler from seeing both; a copy of the driver
whose name for the law is the law itself compiles like one function.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
import numba

from powermodel_kernels.bind import (
    _CPU_PRIMITIVES,
    bound,
    cache_of,
    inlined,
    source_digest,
)

# A loop over units reads and writes two dozen arrays; LLVM would give up on telling them apart.
llvm.set_option("", "--vectorize-memory-check-threshold=256")

# Numba fills this module at run time, out of sight of type checkers.
_numba_config: Any = numba.config
_PACKAGE = __name__.partition(".")[0]


@cache
def specialised(driver: Callable[..., Any], name: str, law: Callable[..., Any]) -> Any:
    """Return the compiled driver in which ``name`` is ``law``.

    Parameters
    ----------
    driver
        A plain function of this package that calls functions of this package, and ``name``.
    law
        A plain function. One of this package is cached on disk with the driver, keyed by the
        sources of both; one from elsewhere is compiled anew by each process, since nothing says
        when it has changed.
    """
    assert isinstance(driver, FunctionType)
    assert isinstance(law, FunctionType)
    copy = interpreted(driver, name, inlined(law))
    copy.__qualname__ = f"{driver.__qualname__}_{law.__module__}_{law.__qualname__}".replace(
        ".", "_"
    )
    place, before = None, _numba_config.CACHE_DIR
    if law.__module__.startswith(_PACKAGE):
        place = cache_of(driver.__module__)
        place = place and place / f"{source_digest(law.__module__)}-{source_digest(__name__)}"
    try:
        if place is not None:
            _numba_config.CACHE_DIR = str(place)
        return numba.njit(
            bound(copy, {}, _called), error_model="numpy", boundscheck=False, nogil=True,
            cache=place is not None,
        )  # fmt: skip
    finally:
        _numba_config.CACHE_DIR = before


@cache
def _called(function: Callable[..., Any]) -> Any:
    """Compile a function that the driver calls for each farm, once.

    Inlined twice it would take the compiler twice as long; a call per step costs a sixth.
    """
    assert isinstance(function, FunctionType)
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(
        bound(function, _CPU_PRIMITIVES, inlined), error_model="numpy", boundscheck=False, **options
    )


def interpreted(driver: Callable[..., Any], name: str, law: Any) -> FunctionType:
    """Return a copy of a driver in which ``name`` is ``law``: the oracle of the compiled one."""
    assert isinstance(driver, FunctionType)
    names = dict(driver.__globals__) | {name: law}
    copy = FunctionType(driver.__code__, names, driver.__name__, driver.__defaults__)
    copy.__qualname__, copy.__module__ = driver.__qualname__, driver.__module__
    return copy
