# SPDX-License-Identifier: Apache-2.0
"""Time one piece of work, and note what the table says about it beside the time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

Result = TypeVar("Result")
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Bar:
    """What the project asks of one figure of a row; the table says whether it is met."""

    figure: str
    """Name of the figure: a key of ``extra_info``, ``median_s``, or ``ratio`` to another row."""
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Work:
    """What one row of the table does in the time that is taken.

    Parameters
    ----------
    group, row : str
        The question, and the answer's name.
    simulated_s : float, optional
        Simulated time.
    accelerator_steps, events, changes, bytes : int, optional
        How much is done. Changes are those events after which a target is another; bytes are those
        of the result, or those moved where the row says so.
    threads : int
        Cores at work.
    ratio_to : str, optional
        Row of the same group that this one is compared with.
    bars : tuple of Bar
        What the project asks.
    """

    group: str
    row: str
    simulated_s: float | None = None
    accelerator_steps: int | None = None
    events: int | None = None
    changes: int | None = None
    bytes: int | None = None
    threads: int = 1
    ratio_to: str | None = None
    bars: tuple[Bar, ...] = ()

    def figures(self, median_s: float) -> dict[str, float]:
        """Return what follows from the median time."""
        found: dict[str, float] = {}
        if self.simulated_s is not None:
            found["times_real_time"] = self.simulated_s / median_s
        if self.accelerator_steps is not None:
            found["accelerator_steps_per_s"] = self.accelerator_steps / median_s
        for name, number in (("event", self.events), ("change", self.changes)):
            if number is not None:
                found[f"ns_per_{name}_per_core"] = 1e9 * median_s * self.threads / number
        if self.bytes is not None:
            found["bytes_per_s"] = self.bytes / median_s
        return found


@dataclass
class Bench:
    """The ``benchmark`` fixture with the table's needs around it.

    Attributes
    ----------
    small : bool
        Whether only to see that everything runs: little work, one round, no bars.
    """

    benchmark: Any
    small: bool

    def time(
        self,
        work: Work,
        function: Callable[[], Result],
        *,
        rounds: int,
        warm_up: int = 1,
        setup: Callable[[], None] | None = None,
        child: bool = False,
    ) -> Result:
        """Time a function and return what it returned last.

        Parameters
        ----------
        work : Work
            What it does.
        function : callable
            The work.
        rounds, warm_up : int
            Calls that count, and calls before them.
        setup : callable, optional
            Called before each round, outside the time.
        child : bool
            Whether the work is done by another process, whose memory this one cannot see.
        """
        self.benchmark.group = work.group
        cores_s: list[float] = []

        def counted() -> Result:
            began = time.process_time()
            result = function()
            cores_s.append(time.process_time() - began)
            return result

        rounds, warm_up = (1, 0) if self.small else (rounds, warm_up)
        reset_peak_memory()
        result: Result = self.benchmark.pedantic(
            counted, setup=setup, rounds=rounds, warmup_rounds=warm_up
        )
        if not child:
            self.note(peak_rss_bytes=peak_memory(), cores_s=median(cores_s[-rounds:]))
        stated = {k: v for k, v in asdict(work).items() if k not in ("group", "bars")}
        self.note(**stated, bars=[] if self.small else [asdict(bar) for bar in work.bars])
        if self.benchmark.stats is not None:
            self.note(**work.figures(self.median_s))
        return result

    @property
    def median_s(self) -> float:
        """Median of the rounds; one that is not timed has none."""
        return float(self.benchmark.stats.stats.median)

    @property
    def timed(self) -> bool:
        """Whether times are taken at all."""
        return self.benchmark.stats is not None

    def note(self, **figures: Any) -> None:
        """Add figures to the row; those that are None are left out."""
        known = {name: value for name, value in figures.items() if value is not None}
        self.benchmark.extra_info.update(known)


def reset_peak_memory() -> None:
    """Forget the largest memory so far, where the system can (Linux)."""
    if _CLEAR.exists():
        _CLEAR.write_text(_RESET_PEAK)


def peak_memory() -> int | None:
    """Return the largest resident memory since the last reset in bytes, None where unknown."""
    if sys.platform != "linux":
        return None
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
