# SPDX-License-Identifier: Apache-2.0
"""Racks for the kernels ``rack_stores`` and ``rack_backups``, and what the CPU path says."""

from __future__ import annotations

from collections.abc import Callable
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
    """How many racks and samples, and the loads' seed."""

    racks: int = 37
    samples: int = 150
    seed: int = 0
    dt_s: float = 0.001
    store: StoreType = STORE

    @property
    def held(self) -> Any:
        """Accelerators of each rack: the last is filled in part."""
        held = np.full(self.racks, 72, np.int32)
        held[-1] = 31
        return held

    def power_w(self) -> Any:
        """Return accelerator power that steps now and then, beyond what the stores can hold."""
        random = np.random.default_rng(self.seed)
        levels = random.uniform(14e3, 100e3, (self.racks, -(-self.samples // 30)))
        quanta = np.rint(np.repeat(levels, 30, axis=1)[:, : self.samples] * QUANTA_PER_W)
        return watts(quanta.astype(np.int32), 1)

    def expected(self) -> tuple[Any, ...]:
        """Return power, sums and state after the CPU path."""
        stage, power_w = StoredSupply(SUPPLY, self.store), self.power_w()
        state, sums = stage.initial(self.held, self.dt_s), StoreSums.zeros(self.samples)
        stage.advance(state, self.held, power_w, self.dt_s, sums)
        return power_w, np.stack(sums), *state

    def quanta(self) -> Any:
        """Return the power of the accelerators as the fleet counts it."""
        return (self.power_w() * np.float32(QUANTA_PER_W)).astype(np.int32)

    def expected_plain(self) -> tuple[Any, ...]:
        """Return power after the CPU path without stores."""
        power_w = self.power_w()
        SUPPLY.advance(self.held, power_w, self.dt_s)
        return (power_w,)

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel ``rack_stores``."""
        state: StoreState = StoredSupply(SUPPLY, self.store).initial(self.held, self.dt_s)
        return (
            self.store.law(self.dt_s), LoadLaw(*SUPPLY.load_coefficients()), state, self.held,
            self.quanta(), np.zeros((self.racks, self.samples), np.float32),
            np.zeros(self.samples, np.int64), np.zeros((3, self.samples), np.int64),
        )  # fmt: skip

    def bus_arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel ``bus_loads``."""
        load, power_w = LoadLaw(*SUPPLY.load_coefficients()), np.zeros_like(self.power_w())
        return load, self.held, self.quanta(), power_w, np.zeros(self.samples, np.int64)

    def shelf_arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel ``shelf_inputs``."""
        there, total = np.ones(self.samples, bool), np.zeros(self.samples, np.int64)
        return *SUPPLY.loss_coefficients(), there, self.power_w(), total, total.copy()

    def _shelves(
        self, launch: Callable[..., None], power_w: Any, threads: int
    ) -> tuple[Any, Any, Any]:
        """Take what the shelves give through the last kernel; return power, total and losses."""
        *head, _, total, lost = self.shelf_arguments()
        blocks = -(-self.samples // threads), -(-self.racks // RACKS)
        launch("shelf_inputs", blocks, threads, (*head, power_w, total, lost))
        return power_w, total, lost

    def result(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return power, sums and state after a launch of the kernels, see ``cases.Launch``."""
        arguments = self.arguments()
        launch("rack_stores", -(-self.racks // threads), threads, arguments)
        power_w, total, lost = self._shelves(launch, arguments[-3], threads)
        assert np.array_equal(total, self.total(power_w))
        assert np.array_equal(arguments[-2], self.quanta().sum(axis=0, dtype=np.int64))
        return power_w, np.vstack([arguments[-1], lost]), *arguments[2]

    def result_plain(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return power after a launch of the kernels without stores."""
        arguments = self.bus_arguments()
        blocks = -(-self.samples // threads), -(-self.racks // RACKS)
        launch("bus_loads", blocks, threads, arguments)
        power_w, total, _ = self._shelves(launch, arguments[-2], threads)
        assert np.array_equal(total, self.total(power_w))
        assert np.array_equal(arguments[-1], self.quanta().sum(axis=0, dtype=np.int64))
        return (power_w,)

    def total(self, power_w: Any) -> Any:
        """Return what the CPU path adds up."""
        total = np.zeros(self.samples, np.int64)
        add_to(total, power_w, 1)
        return total


BACKUP = RackBackup(120e3, 0.02, 0.0043, 0.2, 0.03, 60e3, 30e3, 0.9, 90e3, 0.4)


@dataclass(frozen=True)
class Outages:
    """Racks whose input is missing now and then."""

    racks: int = 37
    samples: int = 150
    seed: int = 0
    dt_s: float = 0.001
    backup: RackBackup = BACKUP

    def available(self) -> Any:
        """Return whether the input is there, sample by sample."""
        random = np.random.default_rng(self.seed)
        there = random.random(-(-self.samples // 20)) < 0.5
        return np.repeat(there, 20)[: self.samples]

    def power_w(self) -> Any:
        return Racks(self.racks, self.samples, self.seed).power_w() * np.float32(1.4)

    def expected(self) -> tuple[Any, ...]:
        """Return power, sums and state after the CPU path."""
        power_w, state = self.power_w(), self.backup.initial(self.racks, self.dt_s)
        sums = BackupSums.zeros(self.samples)
        self.backup.advance(state, self.available(), power_w, self.dt_s, sums)
        return power_w, np.stack(sums), *state

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel."""
        state: BackupState = self.backup.initial(self.racks, self.dt_s)
        sums = np.zeros((4, self.samples), np.int64)
        return self.backup.law(self.dt_s), state, self.available(), self.power_w(), sums

    def result(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return power, sums and state after a launch of the kernel."""
        arguments = self.arguments()
        launch("rack_backups", -(-self.racks // threads), threads, arguments)
        return arguments[-2], arguments[-1], *arguments[1]


def equal(found: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """Tell whether all arrays are the same to the bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(found, expected, strict=True))
