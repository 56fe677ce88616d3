# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C between blocks, not within the writing of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Hold back an interrupt until the end of the body, which must be short.

    A write that is cut off would leave tasks of the store's event loop behind, and their
    complaints on the terminal; the store itself stands either way.
    """
    # Only the main thread receives the signal, and only it may change the handler. A process in the
    # background of a script has it ignored, and is to go on ignoring it.
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        waiting.append(number)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt
