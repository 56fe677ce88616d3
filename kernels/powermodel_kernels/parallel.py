# SPDX-License-Identifier: Apache-2.0
"""Run a driver on several threads: each takes one part of the work.

Compiled drivers release the GIL, so plain threads suffice. They may be started from any thread, by
several runs at once, which the compiler's own parallel loops do not allow everywhere; and those
loops take twice as long to compile.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from powermodel_kernels.bind import cpu


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="powermodel")


def in_parts(driver: Callable[..., None], parts: int, *arguments: Any) -> None:
    """Call ``driver(part, parts, *arguments)`` for every part, each on a thread of its own.

    Parameters
    ----------
    driver
        A plain function of this package whose result does not depend on ``parts``.
    parts
        Number of threads.
    """
    compiled = cpu(driver)
    if parts == 1:
        compiled(0, 1, *arguments)
        return
    for done in [_pool(parts).submit(compiled, part, parts, *arguments) for part in range(parts)]:
        done.result()


def share(count: Any, part: Any, parts: Any) -> Any:
    """Return the first item of a part, and one past its last."""
    return part * count // parts, (part + 1) * count // parts
