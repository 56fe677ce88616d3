# SPDX-License-Identifier: Apache-2.0
"""The supply of racks on a GPU, with their stores and backups, to the bit that of the CPU.

What the racks draw stays on the device, and so do the states of stores and backups: sums are added
up there, and come back with those racks that somebody asks for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

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
from powermodel_kernels.cuda.memory import Memory
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupSums
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import LoadLaw, StoreSums

_SAMPLES = 128
"""Threads of a block of a stage without memory."""
MODULES, TOTAL, SHELF_LOSS = range(3)
"""Rows of what racks add up to, int64 quanta: accelerators, what racks draw, loss of shelves."""
STORES = slice(3, 6)
"""Of their stores: the first of ``StoreSums``."""
BACKUPS = slice(6, 10)
"""Of their backups: ``BackupSums``."""


def sums_of(stores: bool, backups: bool) -> int:
    """Return how many rows the sums of racks have, of sites with and without stores and backups."""
    return BACKUPS.stop if backups else STORES.stop if stores else SHELF_LOSS + 1


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
        self, quanta: Any, held: Any, store: Any, backup: Any, available: Any, sums: Any
    ) -> Any:
        """Take racks through a stretch of time, states in place; all arrays are on the device.

        Parameters
        ----------
        quanta
            Power of their accelerators, int32 (racks · runs, samples).
        held
            Accelerators that each rack holds, int32 (racks,).
        store, backup
            State of their stores and backups, an item for each rack and run; not used without.
        available
            Whether the input of the shelves is there, bool (samples,).
        sums
            To add to, int64 (rows, runs, samples): see ``sums_of``.

        Returns
        -------
        array
            What these racks draw, float32 W (racks · runs, samples).
        """
        inner = self.supply.supply if isinstance(self.supply, BackedSupply) else self.supply
        shelf = inner.supply if isinstance(inner, StoredSupply) else inner
        load = LoadLaw(*shelf.load_coefficients())
        power = self.memory.empty(quanta.shape, np.float32)
        racks, (_, runs, samples) = held.size, sums.shape
        blocks = -(-samples // _SAMPLES), -(-racks // RACKS), runs
        warps = -(-racks // WIDTH), runs
        if isinstance(inner, StoredSupply):
            launch(
                rack_stores, warps, WIDTH, inner.store.law(self.dt_s), load, store, held, quanta,
                power, sums[MODULES], sums[STORES],
            )  # fmt: skip
        else:
            launch(bus_loads, blocks, _SAMPLES, load, held, quanta, power, sums[MODULES])
        if isinstance(self.supply, BackedSupply):
            law = self.supply.backup.law(self.dt_s)
            launch(rack_backups, warps, WIDTH, law, backup, available, power, sums[BACKUPS])
        launch(
            shelf_inputs, blocks, _SAMPLES, *shelf.loss_coefficients(), available, power,
            sums[TOTAL], sums[SHELF_LOSS],
        )  # fmt: skip
        return power

    def add(self, sums: Any, stores: StoreSums, backups: BackupSums) -> None:
        """Add what came back of ``sums``, of one run, to those of the CPU path."""
        # Rows that are not there are of stores and backups that are not.
        stored = stores.power, stores.loss, stores.energy
        for into, row in zip(stored, sums[STORES], strict=False):
            into += row
        for into, row in zip(backups, sums[BACKUPS], strict=False):
            into += row
        if not isinstance(self.supply, RackSupply):
            into = stores.supply_loss
            into += sums[SHELF_LOSS]
