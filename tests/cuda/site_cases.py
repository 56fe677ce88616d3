# SPDX-License-Identifier: Apache-2.0
"""Storage sites of several runs for the kernel ``site_steps``, and what the CPU path says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from powermodel_kernels.cuda import memory
from powermodel_kernels.cuda.site import CudaStorage
from powermodel_kernels.storage.driver import State
from powermodel_kernels.storage.farm import Farm, Outage
from powermodel_kernels.storage.site import StorageSite
from tests.cuda.ptx_run import HostMemory
from tests.kernels.control_loop import made
from tests.kernels.storage_cases import MS, PACK, quanta

HARD = replace(PACK, overload_s=0.008, recovery_s=0.05)
"""A unit that is soon tired, so that a short run meets all its limits."""


@dataclass(frozen=True)
class Runs:
    """Runs with farms of so many units, main and fast, whose charge is near its limits."""

    units: tuple[tuple[int, int], ...] = ((37, 5), (140, 0), (1, 2))
    seed: int = 0
    delay: int = 20
    """Of the inverters, samples."""
    cuts: tuple[int, ...] = (0, 700, 1300)
    """Samples at which a launch begins or ends."""

    def sites(self) -> list[StorageSite]:
        """Return the storage of each run."""
        return [self._site(run, *units) for run, units in enumerate(self.units)]

    def _site(self, run: int, main: int, fast: int) -> StorageSite:
        farm = Farm(
            HARD, main, soc_window=(0.499997, 0.500003), capacity_sigma=0.02, resistance_sigma=0.1,
            inverter_lag_s=0.01, inverter_delay_ticks=self.delay * MS, report_ticks=100 * MS,
            seed=self.seed + run, outages=(Outage(0, 1 + main // 9, (55 + run) * MS, 1033 * MS),),
        )  # fmt: skip
        second = replace(farm, units=fast, outages=(), number=1)
        control = made(
            "high-pass", 0.01, latency_s=0.05, fast_w=2e7, soc_power_share=0.1,
            time_constant=2.0 + run,
        )  # fmt: skip
        return StorageSite(farm, second, control, 0.001)

    def load_q(self) -> Any:
        """Return the load of each run: a square wave that the farm cannot take out."""
        time = np.arange(self.cuts[-1])
        each = [
            quanta(2e6 * main * (2 + np.sign(np.sin(2 * np.pi * time / (70 + 30 * run)))))
            for run, (main, _) in enumerate(self.units)
        ]
        return np.stack(each)

    def expected(self) -> tuple[Any, ...]:
        """Return outputs and states after the CPU path, run by run."""
        found: list[Any] = []
        for site, load in zip(self.sites(), self.load_q(), strict=True):
            state = site.initial()
            for first, stop in zip(self.cuts[:-1], self.cuts[1:], strict=True):
                found += site.advance(state, load[first:stop].copy(), first)
            found += _columns(state)
        return tuple(found)

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel for the first launch."""
        sites = self.sites()
        there = CudaStorage(sites, [site.initial() for site in sites], HostMemory())
        load_q = np.ascontiguousarray(self.load_q()[:, : self.cuts[1]])
        return there.arguments(load_q, 0, there.room(load_q.shape))

    def result(self) -> tuple[Any, ...]:
        """Return outputs and states after the device, all runs at once, in the same order."""
        sites, load = self.sites(), self.load_q()
        states = [site.initial() for site in sites]
        there = CudaStorage(sites, states, memory.memory(0))
        outs = [
            there.advance(np.ascontiguousarray(load[:, first:stop]), first)
            for first, stop in zip(self.cuts[:-1], self.cuts[1:], strict=True)
        ]
        there.fetch()
        found: list[Any] = []
        for run, state in enumerate(states):
            for each in outs:
                found += each[run]
            found += _columns(state)
        return tuple(found)


def _columns(state: State) -> list[Any]:
    return [column for table in state for column in table]


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return whether all results have the same bits, apart from the sign of zero."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
