# SPDX-License-Identifier: Apache-2.0
"""The supply of racks on a GPU, with their stores and backups, to the bit that of the CPU.

What the racks draw stays on the device: sums come back, and those racks that were asked for. The
state of stores and backups is the host's, and goes there and back: a few numbers per rack.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.chain import RackSupply
from powermodel_kernels.cuda.chain import (
    RACKS,
    WIDTH,
    bus_loads,
    rack_backups,
    rack_stores,
    shelf_inputs,
)
from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.memory import Memory, put_table
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupState, BackupSums, RackBackup
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import LoadLaw, StoreState, StoreSums
from powermodel_kernels.tables import F32, I32, I64

_SAMPLES = 128
"""Threads of a block of a stage without memory."""


@dataclass(frozen=True, slots=True)
class RackSums:
    """What racks add up to, on the host: added to, never set."""

    total: I64
    """What they draw, quanta (samples,)."""
    modules: I64
    """What their accelerators draw."""
    stores: StoreSums
    backups: BackupSums


@dataclass(frozen=True, slots=True)
class CudaRackSupply:
    """Takes racks through their supply, as ``advance`` of the supply does on the CPU.

    Parameters
    ----------
    supply
        Of these racks.
    dt_s
        The step, s.
    memory
        Of the device.
    """

    supply: RackSupply | StoredSupply | BackedSupply
    dt_s: float
    memory: Memory

    def advance(
        self, quanta: Any, held: I32, store: StoreState | None, backup: BackupState | None,
        available: NDArray[np.bool_], sums: RackSums, rows: list[int],
    ) -> F32:  # fmt: skip
        """Take racks through a stretch of time, states in place.

        Parameters
        ----------
        quanta
            Power of their accelerators, on the device, int32 (racks, samples).
        held
            Accelerators that each rack holds.
        store, backup
            State of their stores and backups; None without.
        available
            Whether the input of the shelves is there, bool (samples,).
        sums
            To add to.
        rows
            Racks to be returned.

        Returns
        -------
        ndarray
            What these racks draw, W (rows, samples).
        """
        inner = self.supply.supply if isinstance(self.supply, BackedSupply) else self.supply
        shelf = inner.supply if isinstance(inner, StoredSupply) else inner
        load, held_there = LoadLaw(*shelf.load_coefficients()), self.memory.put(held)
        power = self.memory.zeros(quanta.shape, np.float32)
        ends = [self.memory.zeros((available.size,), np.int64) for _ in range(3)]
        bus = (load, held_there, quanta, power, ends[0])
        if isinstance(inner, StoredSupply):
            assert store is not None
            self._stores(inner, store, bus, sums.stores)
        else:
            launch(bus_loads, self._blocks(power), _SAMPLES, *bus)
        if isinstance(self.supply, BackedSupply):
            assert backup is not None
            self._backups(self.supply.backup, backup, available, power, sums.backups)
        launch(
            shelf_inputs, self._blocks(power), _SAMPLES, *shelf.loss_coefficients(),
            self.memory.put(available), power, *ends[1:],
        )  # fmt: skip
        modules, total, lost = (self.memory.fetch(end) for end in ends)
        sums.modules[:] += modules
        sums.total[:] += total
        if not isinstance(self.supply, RackSupply):
            sums.stores.supply_loss[:] += lost
        kept = np.empty((len(rows), available.size), np.float32)
        for into, row in zip(kept, rows, strict=True):
            into[:] = self.memory.fetch(power[row])
        return kept

    def _stores(
        self, supply: StoredSupply, store: StoreState, bus: tuple[Any, ...], sums: StoreSums
    ) -> None:
        """Take the stores through, from ``bus``: the arguments of ``bus_loads``."""
        load, held, quanta, power, modules = bus
        there, added = put_table(self.memory, store), self._sums(3, power)
        blocks, law = -(-power.shape[0] // WIDTH), supply.store.law(self.dt_s)
        launch(rack_stores, blocks, WIDTH, law, load, there, held, quanta, power, modules, added)
        for name in ("energy", "reference", "shelf"):
            getattr(store, name)[:] = self.memory.fetch(getattr(there, name))
        rows = self.memory.fetch(added)
        for into, row in zip((sums.power, sums.loss, sums.energy), rows, strict=True):
            into += row

    def _backups(
        self, backup: RackBackup, state: BackupState, available: NDArray[np.bool_], power: Any,
        sums: BackupSums,
    ) -> None:  # fmt: skip
        there, added = put_table(self.memory, state), self._sums(len(sums), power)
        blocks = -(-power.shape[0] // WIDTH)
        law, input_there = backup.law(self.dt_s), self.memory.put(available)
        launch(rack_backups, blocks, WIDTH, law, there, input_there, power, added)
        for column, column_there in zip(state, there, strict=True):
            column[:] = self.memory.fetch(column_there)
        for into, row in zip(sums, self.memory.fetch(added), strict=True):
            into += row

    def _sums(self, kinds: int, power: Any) -> Any:
        return self.memory.zeros((kinds, power.shape[1]), np.int64)

    @staticmethod
    def _blocks(power: Any) -> tuple[int, int]:
        racks, samples = power.shape
        return -(-samples // _SAMPLES), -(-racks // RACKS)
