# SPDX-License-Identifier: Apache-2.0
"""A rack whose bus a backup carries when the input of its shelf fails, with or without a store."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.chain import RackSupply, shelf_input
from powermodel_kernels.laws.rack_load import bus_load, rest_power
from powermodel_kernels.parallel import each, on_threads
from powermodel_kernels.rack.backup import BackupState, BackupSums, RackBackup
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import StoreState, StoreSums
from powermodel_kernels.tables import F32, I32


@dataclass(frozen=True, slots=True)
class BackedSupply:
    """A rack supply with a backup between the shelf and what it gives to bus and store.

    No bit of the result depends on how racks and time are cut, nor on the number of threads.

    Parameters
    ----------
    supply
        The rest of the rack and its shelf, with its store where there is one.
    backup
        Hold-up and battery of one rack.
    """

    supply: RackSupply | StoredSupply
    backup: RackBackup

    @property
    def shelf(self) -> RackSupply:
        """The rest of the rack and its shelf."""
        return self.supply.supply if isinstance(self.supply, StoredSupply) else self.supply

    def initial(self, racks: int, dt_s: float) -> BackupState:
        """Return the state of the backups at the begin of a run: full, the input there."""
        return self.backup.initial(racks, dt_s)

    def advance(
        self, state: BackupState, store: StoreState | None, held: I32, available: NDArray[np.bool_],
        power_w: F32, dt_s: float, sums: BackupSums, store_sums: StoreSums,
    ) -> None:  # fmt: skip
        """Take racks through a stretch of time, in place.

        Parameters
        ----------
        state, store
            Of the backups and the stores of these racks; None without stores.
        held
            Accelerators that each rack holds.
        available
            Whether the input of the shelves is there, bool (samples,).
        power_w
            In: power of the accelerators; out: what the racks draw; W (racks, samples).
        dt_s
            The step, s, always that of ``initial``.
        sums, store_sums
            To add to.
        """
        shelf = self.shelf
        if isinstance(self.supply, StoredSupply):
            assert store is not None
            self.supply.to_shelf(store, held, power_w, dt_s, store_sums)
        else:
            on_threads(bus_power, shelf.workers, power_w, held, *shelf.load_coefficients())
        self.backup.advance(state, available, power_w, dt_s, sums, shelf.workers)
        lost = np.zeros(power_w.shape[1], np.int64)
        on_threads(shelf_input, shelf.workers, power_w, *shelf.loss_coefficients(), lost)
        # A shelf without input does not even draw what it loses at rest.
        power_w[:, ~available] = 0.0
        lost[~available] = 0
        store_sums.supply_loss[:] += lost


def bus_power(
    _thread: Any, taken: Any, power_w: Any, accelerators: Any, base: Any, ratio: Any, idle: Any
) -> None:
    """Turn accelerator power into what the bus of each rack draws, in place."""
    for r in each(taken, 1, power_w.shape[0]):
        row = power_w[r]
        rest = rest_power(accelerators[r], base, ratio, idle)
        for k in range(row.size):
            row[k] = bus_load(row[k], ratio, rest)
