# SPDX-License-Identifier: Apache-2.0
"""A rack with an energy store on its DC bus: from its accelerators to the input of its shelf."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.chain import RackSupply, shelf_input
from powermodel_kernels.parallel import on_threads
from powermodel_kernels.rack.lanes import advance_stores
from powermodel_kernels.rack.store import LoadLaw, StoreState, StoreSums, StoreType
from powermodel_kernels.tables import F32, I32


@dataclass(frozen=True, slots=True)
class StoredSupply:
    """A rack supply with an energy store between the shelf and what it feeds.

    What is given to ``advance`` may be any part of the racks and of time, in the order of time: no
    bit of the result depends on the parts, nor on the number of threads.

    Parameters
    ----------
    supply
        The rest of the rack, and its shelf.
    store
        The store of one rack.
    """

    supply: RackSupply
    store: StoreType

    def initial(self, held: NDArray[np.integer], dt_s: float) -> StoreState:
        """Return the state of racks at the begin of a run, see ``StoreType.initial``.

        Raises
        ------
        ValueError
            If the step is longer than a tenth of the store's shortest time constant.
        """
        self.store.law(dt_s)
        return self.store.initial(held, dt_s)

    def joules_per_count(self, dt_s: float) -> float:
        """Return the unit of ``StoreState.energy`` and ``StoreSums.energy``, J."""
        return self.store.count_of(dt_s)

    def advance(
        self, state: StoreState, held: I32, power_w: F32, dt_s: float, sums: StoreSums
    ) -> None:
        """Take racks through a stretch of time, in place.

        Parameters
        ----------
        state
            Of these racks.
        held
            Accelerators that each rack holds.
        power_w
            In: power of the accelerators; out: what the racks draw; W (racks, samples).
        dt_s
            The step, s, always that of ``initial``.
        sums
            To add to.
        """
        self.to_shelf(state, held, power_w, dt_s, sums)
        self.to_input(power_w, sums)

    def to_shelf(
        self, state: StoreState, held: I32, power_w: F32, dt_s: float, sums: StoreSums
    ) -> None:
        """Turn the power of the accelerators into what the shelves give: ``advance``, first half.

        Between the halves is the place of ``RackBackup``.
        """
        load = LoadLaw(*self.supply.load_coefficients())
        law = self.store.law(dt_s)
        advance_stores(law, load, state, held, power_w, sums, self.supply.workers)

    def to_input(self, power_w: F32, sums: StoreSums) -> None:
        """Turn what the shelves give into what they draw: ``advance``, second half."""
        constant, quadratic = self.supply.loss_coefficients()
        workers = self.supply.workers
        on_threads(shelf_input, workers, power_w, constant, quadratic, sums.supply_loss)
