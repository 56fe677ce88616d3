# SPDX-License-Identifier: Apache-2.0
"""Racks for the kernels ``rack_stores`` and ``rack_backups``, and what the CPU path says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel_kernels.chain import RackSupply, add_to, watts
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.cuda.chain import RACKS, WIDTH
from powermodel_kernels.rack.backup import BackupState, BackupSums, RackBackup
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import LoadLaw, StoreState, StoreSums, StoreType

SUPPLY = RackSupply(19.6e3, 0.25, 200.0, 264e3, 0.975, 0.5)
STORE = StoreType(
    energy_j=65.0,
    window=(0.05, 0.95),
    set_point=0.4,
    charge_w=900.0,
    discharge_w=1200.0,
    charge_efficiency=0.98,
    discharge_efficiency=0.97,
    time_constant_s=0.04,
    recovery_s=0.5,
    accelerators=72,
    ramp_w_per_s=20e3,
)


@dataclass(frozen=True)
class Racks:
    """How many racks and samples, and the loads' seed; another one for each run."""

    racks: int = 37
    samples: int = 150
    seed: int = 0
    dt_s: float = 0.001
    store: StoreType = STORE
    runs: int = 1

    @property
    def held(self) -> Any:
        """Accelerators of each rack: the last is filled in part."""
        held = np.full(self.racks, 72, np.int32)
        held[-1] = 31
        return held

    def power_w(self, run: int = 0) -> Any:
        """Return accelerator power that steps now and then, beyond what the stores can hold."""
        random = np.random.default_rng(self.seed + run)
        levels = random.uniform(14e3, 100e3, (self.racks, -(-self.samples // 30)))
        quanta = np.rint(np.repeat(levels, 30, axis=1)[:, : self.samples] * QUANTA_PER_W)
        return watts(quanta.astype(np.int32), 1)

    def expected(self) -> tuple[Any, ...]:
        """Return power, sums and state after the CPU path, run by run."""
        found: list[Any] = []
        for run in range(self.runs):
            stage, power_w = StoredSupply(SUPPLY, self.store), self.power_w(run)
            state, sums = stage.initial(self.held, self.dt_s), StoreSums.zeros(self.samples)
            stage.advance(state, self.held, power_w, self.dt_s, sums)
            found += [power_w, np.stack(sums), *self.totals(power_w, run), *state]
        return tuple(found)

    def expected_plain(self) -> tuple[Any, ...]:
        """Return power after the CPU path without stores, run by run."""
        found: list[Any] = []
        for run in range(self.runs):
            power_w = self.power_w(run)
            SUPPLY.advance(self.held, power_w, self.dt_s)
            found += [power_w, *self.totals(power_w, run)]
        return tuple(found)

    def totals(self, power_w: Any, run: int) -> tuple[Any, Any]:
        """Return what racks and their accelerators add up to on the CPU path."""
        total = np.zeros(self.samples, np.int64)
        add_to(total, power_w, 1)
        quanta = (self.power_w(run) * np.float32(QUANTA_PER_W)).astype(np.int32)
        return total, quanta.sum(axis=0, dtype=np.int64)

    def quanta(self) -> Any:
        """Return the power of the accelerators as the fleet counts it, all runs of a rack."""
        power_w = beside(self.power_w(run) for run in range(self.runs))
        return (power_w * np.float32(QUANTA_PER_W)).astype(np.int32)

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel ``rack_stores``."""
        state: StoreState = StoredSupply(SUPPLY, self.store).initial(self.held, self.dt_s)
        law, load = self.store.law(self.dt_s), LoadLaw(*SUPPLY.load_coefficients())
        return (
            law, load, several(state, self.runs), self.held, self.quanta(), self._rows(),
            self._sums(), np.zeros((3, self.runs, self.samples), np.int64),
        )  # fmt: skip

    def bus_arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel ``bus_loads``."""
        load = LoadLaw(*SUPPLY.load_coefficients())
        return load, self.held, self.quanta(), self._rows(), self._sums()

    def shelf_arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel ``shelf_inputs``."""
        there = np.ones(self.samples, bool)
        return *SUPPLY.loss_coefficients(), there, self._rows(), self._sums(), self._sums()

    def _rows(self) -> Any:
        return np.zeros((self.racks * self.runs, self.samples), np.float32)

    def _sums(self) -> Any:
        return np.zeros((self.runs, self.samples), np.int64)

    def _blocks(self, threads: int) -> tuple[int, ...]:
        return -(-self.samples // threads), -(-self.racks // RACKS), self.runs

    def _shelves(self, launch: Callable[..., None], power_w: Any, threads: int) -> tuple[Any, Any]:
        """Take what the shelves give through the last kernel; return totals and losses."""
        *head, _, total, lost = self.shelf_arguments()
        launch("shelf_inputs", self._blocks(threads), threads, (*head, power_w, total, lost))
        return total, lost

    def result(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return what ``expected`` returns after launches of the kernels, see ``cases.Launch``."""
        arguments = self.arguments()
        state, power_w, modules, sums = (arguments[i] for i in (2, 5, 6, 7))
        launch("rack_stores", (-(-self.racks // threads), self.runs), threads, arguments)
        total, lost = self._shelves(launch, power_w, threads)
        found: list[Any] = []
        for run in range(self.runs):
            own = np.vstack([sums[:, run], lost[run]])
            found += [power_w[run :: self.runs], own, total[run], modules[run]]
            found += [column[run :: self.runs] for column in state]
        return tuple(found)

    def result_plain(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return what ``expected_plain`` returns after launches of the kernels."""
        arguments = self.bus_arguments()
        launch("bus_loads", self._blocks(threads), threads, arguments)
        *_, power_w, modules = arguments
        total, _ = self._shelves(launch, power_w, threads)
        found: list[Any] = []
        for run in range(self.runs):
            found += [power_w[run :: self.runs], total[run], modules[run]]
        return tuple(found)


def beside(runs: Iterable[Any]) -> Any:
    """Return rows of some runs, all runs of a rack beside each other."""
    each = np.stack(list(runs), axis=1)
    return each.reshape(-1, *each.shape[2:])


def several(state: Any, runs: int) -> Any:
    """Return a state with as many copies of each rack beside each other."""
    return type(state)(*(np.repeat(column, runs) for column in state))


BACKUP = RackBackup(120e3, 0.02, 0.0043, 0.2, 0.03, 60e3, 30e3, 0.9, 90e3, 0.4)


@dataclass(frozen=True)
class Outages:
    """Racks whose input is missing now and then."""

    racks: int = 37
    samples: int = 150
    seed: int = 0
    dt_s: float = 0.001
    backup: RackBackup = BACKUP
    runs: int = 1

    def available(self) -> Any:
        """Return whether the input is there, sample by sample."""
        random = np.random.default_rng(self.seed)
        there = random.random(-(-self.samples // 20)) < 0.5
        return np.repeat(there, 20)[: self.samples]

    def power_w(self, run: int = 0) -> Any:
        return Racks(self.racks, self.samples, self.seed).power_w(run) * np.float32(1.4)

    def expected(self) -> tuple[Any, ...]:
        """Return power, sums and state after the CPU path, run by run."""
        found: list[Any] = []
        for run in range(self.runs):
            power_w, state = self.power_w(run), self.backup.initial(self.racks, self.dt_s)
            sums = BackupSums.zeros(self.samples)
            self.backup.advance(state, self.available(), power_w, self.dt_s, sums)
            found += [power_w, np.stack(sums), *state]
        return tuple(found)

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel."""
        state: BackupState = self.backup.initial(self.racks, self.dt_s)
        sums = np.zeros((4, self.runs, self.samples), np.int64)
        power_w = beside(self.power_w(run) for run in range(self.runs))
        law = self.backup.law(self.dt_s)
        return law, several(state, self.runs), self.available(), power_w, sums

    def result(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return power, sums and state after a launch of the kernel, run by run."""
        arguments = self.arguments()
        _, state, _, power_w, sums = arguments
        launch("rack_backups", (-(-self.racks // threads), self.runs), threads, arguments)
        found: list[Any] = []
        for run in range(self.runs):
            found += [power_w[run :: self.runs], sums[:, run]]
            found += [column[run :: self.runs] for column in state]
        return tuple(found)


def equal(found: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """Tell whether all arrays are the same to the bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(found, expected, strict=True))
