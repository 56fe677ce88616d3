# SPDX-License-Identifier: Apache-2.0
"""Energy stores of racks: what a type of store is, its state, and what racks add up to."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.rack_store import step_shares
from powermodel_kernels.tables import F32, I32, I64

STEPS_PER_TIME_CONSTANT = 10
"""A step longer than this part of the shortest time constant is refused."""
MAX_COUNTS = 2**30
"""Counts of a full store at most; half the range of int32 is kept for differences."""
MAX_POWER_W = 2**20
"""Largest power of one store, W: a third of the range of int32 in quanta is kept for losses."""


class StoreLaw(NamedTuple):
    """What all stores of one type share at one dt, see ``laws.rack_store``."""

    mean_share: np.float32
    """Of the gap to the load that the low pass closes on average over a step."""
    end_share: np.float32
    """Of the gap that it closes by the end of a step."""
    pull: np.float32
    """W of the shelf per count below the set point."""
    ramp: np.float32
    """Largest change of the shelf within a step, W."""
    charge_gain: np.float32
    """Counts into the store per W taken from the bus."""
    discharge_gain: np.float32
    """Counts out of the store per W given to the bus."""
    charge_loss: np.float32
    """Quanta lost per count that goes in."""
    discharge_loss: np.float32
    """Quanta lost per count that comes out."""
    quanta_per_count: np.int32
    """Power of one count over one step, quanta."""


class LoadLaw(NamedTuple):
    """What the buses of all racks feed, see ``laws.rack_load``."""

    base: np.float32
    ratio: np.float32
    idle: np.float32


class StoreState(NamedTuple):
    """The stores of racks: what changes, and the limits that follow from the racks' sizes.

    Every array has one item per rack, so a slice of each is the state of these racks.
    """

    energy: I32
    """Counts, see ``count_of``."""
    reference: F32
    """Low pass of the load, W; negative before the first sample, which it then starts from."""
    shelf: F32
    """What the shelf gave in the last step, W."""
    low: I32
    """Energy below which the store does not go, counts."""
    target: I32
    """Energy to which the control brings it back, counts."""
    high: I32
    """Energy above which it does not go, counts."""
    charge_w: F32
    """Largest power taken from the bus, W."""
    discharge_w: F32
    """Largest power given to the bus, W."""

    def racks(self, first: int, stop: int) -> "StoreState":
        """Return the state of racks first to stop (exclusive), as views."""
        return StoreState._make(column[first:stop] for column in self)


class StoreSums(NamedTuple):
    """What racks add up to, sample by sample, int64 (samples,): added to, never set."""

    power: I64
    """Of the stores at the bus, positive when discharging, quanta."""
    loss: I64
    """Of the stores, quanta."""
    energy: I64
    """In the stores at the end of the step, counts of ``count_of``."""
    supply_loss: I64
    """Of the supply shelves, quanta."""

    @classmethod
    def zeros(cls, samples: int) -> "StoreSums":
        """Return sums of no racks."""
        return cls(*(np.zeros(samples, np.int64) for _ in cls._fields))


@dataclass(frozen=True, slots=True)
class StoreType:
    """An energy store and its control, sized by the accelerators of its rack.

    Parameters
    ----------
    energy_j
        Per accelerator, J.
    window
        Shares of the energy between which it is used.
    set_point
        Share of the energy to which the control brings it back, within the window.
    charge_w, discharge_w
        Largest power at the bus, W per accelerator.
    charge_efficiency, discharge_efficiency
        One way each, 0 (exclusive) to 1.
    time_constant_s
        Of the low pass that the shelf follows, s.
    recovery_s
        Time constant with which the energy returns to its set point, s; infinite for never.
    ramp_w_per_s
        Largest ramp of the shelf, W/s per accelerator; infinite for none.
    accelerators
        Of a full rack.
    """

    energy_j: float
    window: tuple[float, float]
    set_point: float
    charge_w: float
    discharge_w: float
    charge_efficiency: float
    discharge_efficiency: float
    time_constant_s: float
    recovery_s: float
    accelerators: int
    ramp_w_per_s: float = math.inf

    def __post_init__(self) -> None:
        low, high = self.window
        if not 0.0 <= low < high <= 1.0:
            raise ValueError(f"the window must rise within 0 to 1, got {low:g} to {high:g}")
        if not low <= self.set_point <= high:
            raise ValueError(
                f"the set point {self.set_point:g} must be within the window {low:g} to {high:g}"
            )
        for name in ("charge_efficiency", "discharge_efficiency"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must be above 0 and at most 1, got {getattr(self, name)}")
        for name in (
            "energy_j", "charge_w", "discharge_w", "time_constant_s", "recovery_s",
            "ramp_w_per_s", "accelerators",
        ):  # fmt: skip
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        most = max(self.charge_w, self.discharge_w) * self.accelerators
        if most > MAX_POWER_W:
            raise ValueError(f"a store gives or takes at most {MAX_POWER_W} W, got {most:g} W")

    def quanta_per_count(self, dt_s: float) -> int:
        """Return the power of one count over one step, quanta: a power of two.

        It is what the power of a store is resolved to: 8 mW for 4.68 kJ and 1 ms, and in
        proportion to the energy and the inverse of the step, up to powers of two.
        """
        whole = self.energy_j * self.accelerators * QUANTA_PER_W / dt_s
        return 1 << max(0, math.ceil(math.log2(whole / MAX_COUNTS)))

    def count_of(self, dt_s: float) -> float:
        """Return the energy of one count, J, for a step of ``dt_s``."""
        return self.quanta_per_count(dt_s) * dt_s / QUANTA_PER_W

    def law(self, dt_s: float) -> StoreLaw:
        """Return what all stores of this type share at one step.

        Raises
        ------
        ValueError
            If the step is longer than a tenth of the shortest time constant.
        """
        shortest = min(self.time_constant_s, self.recovery_s)
        if dt_s * STEPS_PER_TIME_CONSTANT > shortest * (1.0 + 1e-9):
            raise ValueError(
                f"a step of {dt_s:g} s is too long for a time constant of {shortest:g} s: "
                f"expected at most {shortest / STEPS_PER_TIME_CONSTANT:g} s"
            )
        mean, end = step_shares(dt_s, self.time_constant_s)
        count_w = self.quanta_per_count(dt_s) / QUANTA_PER_W
        returned = -math.expm1(-dt_s / self.recovery_s)
        return StoreLaw(
            mean_share=np.float32(mean),
            end_share=np.float32(end),
            pull=np.float32(returned * count_w),
            ramp=np.float32(self.ramp_w_per_s * self.accelerators * dt_s),
            charge_gain=np.float32(self.charge_efficiency / count_w),
            discharge_gain=np.float32(1.0 / (self.discharge_efficiency * count_w)),
            charge_loss=np.float32((1.0 / self.charge_efficiency - 1.0) * count_w * QUANTA_PER_W),
            discharge_loss=np.float32((1.0 - self.discharge_efficiency) * count_w * QUANTA_PER_W),
            quanta_per_count=np.int32(self.quanta_per_count(dt_s)),
        )

    def initial(self, held: NDArray[np.integer], dt_s: float) -> StoreState:
        """Return the state of racks at the begin of a run: at the set point, at rest.

        Parameters
        ----------
        held
            Accelerators that each rack holds.
        dt_s
            The step, in which energy is counted.
        """
        full = held * (self.energy_j / self.count_of(dt_s))

        def counts(part: float) -> I32:
            whole: I32 = np.rint(full * part).astype(np.int32)
            return whole

        racks = len(held)
        return StoreState(
            energy=counts(self.set_point),
            reference=np.full(racks, -1.0, np.float32),
            shelf=np.zeros(racks, np.float32),
            low=counts(self.window[0]),
            target=counts(self.set_point),
            high=counts(self.window[1]),
            charge_w=(held * self.charge_w).astype(np.float32),
            discharge_w=(held * self.discharge_w).astype(np.float32),
        )
