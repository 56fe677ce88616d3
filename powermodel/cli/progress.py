# SPDX-License-Identifier: Apache-2.0
"""How far a run is: a bar on a terminal, lines elsewhere, nothing if asked to be quiet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from powermodel.cli.terminal import console

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from powermodel.simulation import Progress

# Lines come when another tenth is done or this much time has passed, whichever is first.
_TENTHS = 10
_PATIENCE_S = 30.0
_RESOLUTION_S = 1e-6


class Silent:
    """Shows nothing and remembers how far the run is. Base of what shows something."""

    def __init__(self) -> None:
        self.marks: list[Progress] = []
        """The start, the end of the first block, and now: as many as there are."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, now: Progress) -> None:
        """Take the news of the run."""
        self.marks = [*self.marks[:2], now]
        self.show(now, pace(self.marks))

    def show(self, now: Progress, pace: str) -> None:
        """Show how far the run is and how fast it goes."""

    def close(self) -> None:
        """Leave the terminal as it should stay."""


class Lines(Silent):
    """Writes a line now and then: for logs."""

    def __init__(self) -> None:
        super().__init__()
        self._said: Progress | None = None

    def show(self, now: Progress, pace: str) -> None:
        """Write a line if it is time for one."""
        if self._is_due(now):
            self._said = now
            print(f"{amount(now)} simulated, {pace}", file=sys.stderr, flush=True)

    def _is_due(self, now: Progress) -> bool:
        if self._said is None or now.done_s >= now.total_s:
            return True
        before, after = (int(_TENTHS * at.done_s / at.total_s) for at in (self._said, now))
        return after > before or now.elapsed_s - self._said.elapsed_s >= _PATIENCE_S


class LiveBar(Silent):
    """Draws a bar that stays when the run is done."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = _bar()
        self._task = self._bar.add_task("", total=None, done="", pace="preparing")
        self._bar.start()

    def show(self, now: Progress, pace: str) -> None:
        """Move the bar."""
        self._bar.update(
            self._task, total=now.total_s, completed=now.done_s, done=amount(now), pace=pace
        )

    def close(self) -> None:
        """Stop the bar where it is."""
        self._bar.stop()


def _bar() -> Bar:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        SpinnerColumn(finished_text="✓"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[done]}"),
        TextColumn("{task.fields[pace]}", style="dim"),
        console=console(sys.stderr),
    )


def watch(*, quiet: bool) -> Silent:
    """Return what shows progress here, to be used in a ``with`` statement."""
    if quiet:
        return Silent()
    return LiveBar() if console(sys.stderr).is_terminal else Lines()


def amount(now: Progress) -> str:
    """Return simulated of total time: ``"12 of 60 s"``."""
    return f"{now.done_s:.10g} of {now.total_s:.10g} s"


def pace(marks: Sequence[Progress]) -> str:
    """Say how fast it goes and how long it will take.

    What a resume found done does not count. The first block does not count for the rest either:
    it may have waited for code to be compiled.

    Parameters
    ----------
    marks : sequence of Progress
        The start, the end of the first block, and now: as many as there are.
    """
    start, now = marks[0], marks[-1]
    elapsed_s = now.elapsed_s - start.elapsed_s
    if len(marks) == 1:
        return "complete" if now.done_s >= now.total_s else "starting"
    if now.done_s >= now.total_s:
        return f"took {clock(elapsed_s)}, {_rate(start, now):.3g} × real time"
    if len(marks) == 2:
        return f"first block in {clock(elapsed_s)}"
    rate = _rate(marks[1], now)
    return f"{rate:.3g} × real time, {clock((now.total_s - now.done_s) / rate)} left"


def _rate(since: Progress, now: Progress) -> float:
    """Return simulated over elapsed time; a clock that stood still counts as its resolution."""
    elapsed_s = max(now.elapsed_s - since.elapsed_s, _RESOLUTION_S)
    return (now.done_s - since.done_s) / elapsed_s


def clock(time_s: float) -> str:
    """Write a time to wait: ``"8 s"``, ``"2 min 5 s"``, ``"3 h 20 min"``."""
    whole = max(round(time_s), 1)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
