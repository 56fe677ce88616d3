# SPDX-License-Identifier: Apache-2.0
"""Smoothed jobs for the kernels of smoothing, and what the CPU path says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.build import Cap
from powermodel_kernels.cuda import smoother
from powermodel_kernels.cuda.runs import seeds_of, side_by_side
from powermodel_kernels.cuda.smoother import CudaSmoother, SmootherRuns
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.tables import I32
from tests.cuda.ptx_run import HostMemory
from tests.cuda.seeds import seeded
from tests.kernels.factory import MS, Job, place
from tests.kernels.smoothed import Settings, opened

RAMPS = Settings(800, 350, 200, 3.0, 17.5, 5.0, 30_000.0, 20_000.0)
JUMPS = Settings(900, 400, 300, hold_ms=8.0, cap=Cap(1000, 0.004, 0.75))
CAPPED_RAMPS = Settings(450, 350, 600, 0.0, 3.0, 3.0, 35_000.0, 17_500.0, Cap(800, 0.004, 0.5))


class _Device(HostMemory):
    """What of a device smoothing asks for."""

    def empty(self, shape: tuple[int, ...], kind: Any) -> Any:
        # What nobody wrote must not look like a result.
        return np.full(shape, -0x5A5A5A5B, kind)


@dataclass(frozen=True)
class Smoothed:
    """A job behind smoothing, an engine, tiles from tick 0 on, and racks."""

    job: Job
    settings: Settings = RAMPS
    engine: str = "events"
    dt: int = MS
    tiles: tuple[int, ...] = (70, 40)
    per_rack: int = 5
    runs: int = 1

    def expected(self) -> list[np.ndarray]:
        """Return what the CPU path says: see ``_taken``."""
        ready = self._ready()
        smoothed = [one._smoother for one in ready if one._smoother is not None]
        return self._taken(ready, smoothed, lambda: [one.rack_power(self._place) for one in ready])

    def result(self, launch: Callable[..., None], threads: int | None = None) -> list[np.ndarray]:
        """Return what the kernels say, see ``cases.Launch``, in blocks of so many threads."""
        ready, there = self._ready(), self._there()
        for one in ready:
            # For its tables alone.
            one._smoother = None
        runs = SmootherRuns(there, there[0].device)
        for number, each in enumerate(there):
            each.belong_to(runs, number)

        def shaped(kernel: Any, blocks: Any, usual: int, *arguments: Any) -> None:
            width = usual if threads is None or kernel.__name__ == "smoothed_steps" else threads
            if kernel.__name__ in ("smoothed_bins", "smoothed_sums"):
                blocks = -(-blocks[0] * usual // width), *blocks[1:]
            launch(kernel.__name__, blocks, width, arguments)

        def power() -> list[I32]:
            for one, each in zip(ready, there, strict=True):
                each.open_tile(one._grid)
            rows = runs.rack_power_there(
                self._walked(ready), ready[0]._decays(), self._place, there[0].open
            )
            return [rows[run :: self.runs] for run in range(self.runs)]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(smoother, "launch", shaped)
            return self._taken(ready, there, power)

    def arguments(self) -> dict[str, tuple[Any, ...]]:
        """Return the arguments of each kernel in the last tile."""
        seen: dict[str, tuple[Any, ...]] = {}

        def launch(kernel: str, _blocks: Any, _threads: int, arguments: tuple[Any, ...]) -> None:
            seen[kernel] = arguments

        self.result(launch)
        return seen

    @property
    def _place(self) -> Any:
        return place(self.job.fleet.lanes, self.per_rack)

    def _ready(self) -> list[JobFleet]:
        quiet = seeded(replace(self.job, noise=NoiseLevel()), self.runs)
        return [opened(job, self.settings, self.engine, 1) for job in quiet]

    def _there(self) -> list[CudaSmoother]:
        settings, device = self.settings.made(self.job), _Device()
        return [
            CudaSmoother(settings, job.fleet, job.lanes, self.engine, 1, device=device)
            for job in seeded(self.job, self.runs)
        ]

    def _walked(self, ready: list[JobFleet]) -> tuple[Any, ...]:
        jobs = seeded(self.job, self.runs)
        seeds = seeds_of([job.fleet for job in jobs])
        runs, slots = side_by_side(seeds, [one._slots for one in ready])
        lanes = zip(*(job.lanes for job in jobs), strict=True)
        return (
            self.job.programs, self.job.fleet, runs, *map(np.concatenate, lanes), slots,
            ready[0]._grid,
        )  # fmt: skip

    def _taken(
        self, ready: list[JobFleet], smoothed: list[Any], power: Callable[[], list[I32]]
    ) -> list[np.ndarray]:
        """Return power, burnt, held back and what lanes remember after each tile, run by run."""
        found: list[np.ndarray] = []
        begin = 0
        for samples in self.tiles:
            for one in ready:
                one.open_tile(begin, self.dt, samples)
            for drawn, each in zip(power(), smoothed, strict=True):
                found += [drawn, each.burnt(), each.held_back()]
                found += [column for _, column in sorted(each.state().items())]
            begin += self.dt * samples
        return found
