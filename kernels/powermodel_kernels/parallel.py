# SPDX-License-Identifier: Apache-2.0
"""Run a driver on several threads, each of which takes what comes next.

Compiled drivers release the GIL, so plain threads suffice. They may be started from any thread, by
several runs at once, which the compiler's own parallel loops do not allow everywhere; and those
loops take twice as long to compile.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.primitives import fetch_add
from powermodel_kernels.tables import I64


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="powermodel")


def on_threads(driver: Callable[..., None], threads: int, *arguments: Any) -> None:
    """Call ``driver(thread, taken, *arguments)`` on every thread.

    The caller's is number 0: it begins at once, and the others when they are awake.

    Parameters
    ----------
    driver
        A plain function of this package that takes its work piece by piece, see ``each``, so that a
        thread on a slower core does less of it. Its result does not depend on who takes what.
    threads
        How many.
    """
    compiled = cpu(driver)
    taken = nothing_taken()
    others = [
        _pool(threads - 1).submit(compiled, thread, taken, *arguments)
        for thread in range(1, threads)
    ]
    try:
        compiled(0, taken, *arguments)
    finally:
        # Who has not begun by now would find nothing left; who has writes to the caller's arrays.
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


def nothing_taken() -> I64:
    """Return what threads count in what they take, see ``each``."""
    return np.zeros(1, np.int64)


def each(taken: Any, count: Any, total: Any) -> Any:
    """Yield the first of every ``count`` items that no other thread has taken yet.

    Parameters
    ----------
    taken
        In, out: how many are taken, int64 (1,).
    count
        Items to take at a time.
    total
        How many there are.
    """
    while True:
        first = fetch_add(taken, count)
        if first >= total:
            break
        yield first
