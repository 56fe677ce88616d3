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
from powermodel_kernels.cuda.smoother import CudaSmoother
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.fleet.smoother import Smoother
from powermodel_kernels.tables import I32
from tests.cuda.ptx_run import HostMemory
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

    def expected(self) -> list[np.ndarray]:
        """Return what the CPU path says: see ``_taken``."""
        ready = self._ready()
        assert ready._smoother is not None
        return self._taken(ready, ready._smoother, lambda: ready.rack_power(self._place))

    def result(self, launch: Callable[..., None], threads: int | None = None) -> list[np.ndarray]:
        """Return what the kernels say, see ``cases.Launch``, in blocks of so many threads."""
        ready, there = self._ready(), self._there()
        # For its tables alone.
        ready._smoother = None

        def shaped(kernel: Any, blocks: Any, usual: int, *arguments: Any) -> None:
            width = usual if threads is None or kernel.__name__ == "smoothed_steps" else threads
            if kernel.__name__ == "smoothed_bins":
                blocks = -(-blocks * usual // width)
            elif kernel.__name__ == "smoothed_sums":
                blocks = -(-blocks[0] * usual // width), blocks[1]
            launch(kernel.__name__, blocks, width, arguments)

        def power() -> I32:
            there.open_tile(ready._grid)
            found: I32 = there.rack_power_there(
                self._walked(ready), ready._decays(), self._place, there.open
            )
            return found

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

    def _ready(self) -> JobFleet:
        quiet = replace(self.job, noise=NoiseLevel())
        return opened(quiet, self.settings, self.engine, 1)

    def _there(self) -> CudaSmoother:
        job, settings = self.job, self.settings.made(self.job)
        return CudaSmoother(settings, job.fleet, job.lanes, self.engine, 1, device=_Device())

    def _walked(self, ready: JobFleet) -> tuple[Any, ...]:
        lanes = self.job.lanes
        return (
            self.job.programs,
            self.job.fleet,
            lanes.scale,
            lanes.slowness,
            ready._slots,
            ready._grid,
        )

    def _taken(
        self, ready: JobFleet, smoothed: Smoother, power: Callable[[], I32]
    ) -> list[np.ndarray]:
        """Return power, burnt, held back and what lanes remember after each tile."""
        found: list[np.ndarray] = []
        begin = 0
        for samples in self.tiles:
            ready.open_tile(begin, self.dt, samples)
            found += [power(), smoothed.burnt(), smoothed.held_back()]
            found += [column for _, column in sorted(smoothed.state().items())]
            begin += self.dt * samples
        return found
