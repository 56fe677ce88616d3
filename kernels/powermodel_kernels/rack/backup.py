# SPDX-License-Identifier: Apache-2.0
"""Hold-up and battery backup of many racks, through outages of their input."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.constants import QUANTA_PER_W, TICKS_PER_S
from powermodel_kernels.laws.rack_backup import backup_step
from powermodel_kernels.parallel import each, on_threads
from powermodel_kernels.tables import F32, I64

NO_SHAVE = 2**40
"""Above any load of a rack, quanta."""


class BackupLaw(NamedTuple):
    """What the backup of all racks shares at one dt, see ``laws.rack_backup``."""

    dt: np.int64
    """Ticks."""
    take_over: np.int64
    """Ticks from the loss of the input until the battery carries the bus."""
    duration: np.int64
    """Ticks for which the battery carries it at most."""
    hand_back: np.int64
    """Ticks for which the battery goes on once the input is back."""
    battery_quanta: np.int64
    """Largest power of the battery."""
    hold_up_full: np.int64
    """Quanta times a step."""
    battery_full: np.int64
    hold_up_recharge: np.int64
    """Largest power into the hold-up, quanta."""
    battery_recharge: np.int64
    loss_rate: np.float32
    """Lost per unit of energy that goes in."""
    kept: np.float32
    """Of what recharging draws, the share that goes in."""
    shave: np.int64
    """What the shelf gives at most while the battery can give the rest, quanta; NO_SHAVE: all."""
    reserve: np.int64
    """Energy of the battery that shaving leaves for outages, quanta times a step."""


class BackupState(NamedTuple):
    """The backup of racks, an item per rack in each array."""

    hold_up: I64
    """Energy, quanta times a step."""
    battery: I64
    """Energy, quanta times a step."""
    lost: I64
    """Ticks since the input was lost; 0 when it is there and the load was handed back."""
    back: I64
    """Ticks since the input came back."""

    def racks(self, first: int, stop: int) -> "BackupState":
        """Return the state of racks first to stop (exclusive), as views."""
        return BackupState._make(column[first:stop] for column in self)


class BackupSums(NamedTuple):
    """What racks add up to, sample by sample, int64 (samples,) quanta: added to, never set."""

    power: I64
    """Given to the bus less what recharging draws, positive when discharging."""
    loss: I64
    """Lost while recharging."""
    unserved: I64
    """Load that nothing carried."""
    energy: I64
    """In hold-up and battery at the end of the step, quanta times a step."""

    @classmethod
    def zeros(cls, samples: int) -> "BackupSums":
        """Return sums of no racks."""
        return cls(*(np.zeros(samples, np.int64) for _ in cls._fields))


@dataclass(frozen=True, slots=True)
class RackBackup:
    """Hold-up and battery backup of one type of rack.

    Parameters
    ----------
    rating_w
        Power that the hold-up time and the battery are stated for, W.
    hold_up_s
        For which the capacitors of the shelf carry the rating, s.
    take_over_s
        From the loss of the input until the battery carries the bus, s.
    duration_s
        For which the battery carries the rating, and the longest for which it carries anything, s.
    hand_back_s
        For which the battery goes on once the input is back, s.
    hold_up_recharge_w, battery_recharge_w
        Largest power into each while recharging, W.
    recharge_efficiency
        Of both, one way, 0 (exclusive) to 1.
    shave_above_w
        What the bus draws above it comes from the battery, W; infinite where the firmware does not
        shave.
    reserve
        Share of the battery that shaving leaves for outages.
    """

    rating_w: float
    hold_up_s: float
    take_over_s: float
    duration_s: float
    hand_back_s: float
    hold_up_recharge_w: float
    battery_recharge_w: float
    recharge_efficiency: float = 1.0
    shave_above_w: float = math.inf
    reserve: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rating_w", "hold_up_recharge_w", "battery_recharge_w"):
            if not 0.0 < getattr(self, name) <= 2.0**20:
                raise ValueError(
                    f"{name} must be above 0 and at most {2**20} W, got {getattr(self, name)}"
                )
        for name in ("hold_up_s", "take_over_s", "duration_s", "hand_back_s"):
            if not (getattr(self, name) >= 0.0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name} must be finite and at least 0, got {getattr(self, name)}")
        if not 0.0 < self.recharge_efficiency <= 1.0:
            raise ValueError(
                f"recharge_efficiency must be above 0 and at most 1, got {self.recharge_efficiency}"
            )
        if not self.shave_above_w > 0.0:
            raise ValueError(f"shave_above_w must be above 0, got {self.shave_above_w}")
        if not 0.0 <= self.reserve <= 1.0:
            raise ValueError(f"reserve must be from 0 to 1, got {self.reserve}")

    def law(self, dt_s: float) -> BackupLaw:
        """Return what all racks share at one step."""
        rating = self.rating_w * QUANTA_PER_W

        def ticks(time_s: float) -> np.int64:
            return np.int64(round(time_s * TICKS_PER_S))

        def whole(value: float) -> np.int64:
            return np.int64(round(value))

        return BackupLaw(
            dt=ticks(dt_s),
            take_over=ticks(self.take_over_s),
            duration=ticks(self.duration_s),
            hand_back=ticks(self.hand_back_s),
            battery_quanta=whole(rating),
            hold_up_full=whole(rating * self.hold_up_s / dt_s),
            battery_full=whole(rating * self.duration_s / dt_s),
            hold_up_recharge=whole(self.hold_up_recharge_w * QUANTA_PER_W),
            battery_recharge=whole(self.battery_recharge_w * QUANTA_PER_W),
            loss_rate=np.float32(1.0 / self.recharge_efficiency - 1.0),
            kept=np.float32(self.recharge_efficiency),
            shave=whole(min(self.shave_above_w * QUANTA_PER_W, NO_SHAVE)),
            reserve=whole(rating * self.duration_s / dt_s * self.reserve),
        )

    def initial(self, racks: int, dt_s: float) -> BackupState:
        """Return the state of racks at the begin of a run: both full, the input there."""
        law = self.law(dt_s)
        return BackupState(
            hold_up=np.full(racks, law.hold_up_full),
            battery=np.full(racks, law.battery_full),
            lost=np.zeros(racks, np.int64),
            back=np.zeros(racks, np.int64),
        )

    def advance(
        self, state: BackupState, available: NDArray[np.bool_], power_w: F32, dt_s: float,
        sums: BackupSums, workers: int = 1,
    ) -> None:  # fmt: skip
        """Take racks through a stretch of time, in place.

        Parameters
        ----------
        state
            Of these racks.
        available
            Whether the input is there, bool (samples,).
        power_w
            In: what the bus draws of the shelves; out: what they take from their input for it, W
            (racks, samples), not negative. Without outage, recharge and shaving, no bit changes.
        dt_s
            The step, s.
        sums
            To add to.
        workers
            Threads; no result depends on it.
        """
        law = self.law(dt_s)
        if available.all() and self._passes(power_w) and _at_rest(state, law):
            into = sums.energy
            into += state.hold_up.sum() + state.battery.sum()
            return
        parts = np.zeros((workers, len(sums), power_w.shape[1]), np.int64)
        on_threads(step_backups, workers, law, state, available, power_w, parts)
        for into, added in zip(sums, parts.sum(axis=0), strict=True):
            into += added

    def _passes(self, power_w: F32) -> bool:
        """Tell whether no load of a bus is so high that the battery shaves it."""
        return math.isinf(self.shave_above_w) or bool(power_w.max() <= self.shave_above_w)


def _at_rest(state: BackupState, law: BackupLaw) -> bool:
    """Tell whether every rack is on its input, and fully charged."""
    full = (state.hold_up == law.hold_up_full).all() and (state.battery == law.battery_full).all()
    return bool(full and not state.lost.any())


def step_backups(
    thread: Any, taken: Any, law: Any, state: Any, available: Any, power: Any, sums: Any
) -> None:
    """See ``RackBackup.advance``; ``sums`` is int64 (threads, 4, samples), as ``BackupSums``."""
    into = sums[thread]
    for r in each(taken, 1, power.shape[0]):
        row = power[r]
        hold_up, battery = state.hold_up[r], state.battery[r]
        lost, back = state.lost[r], state.back[r]
        for k in range(row.size):
            row[k], hold_up, battery, lost, back, given, loss, unserved = backup_step(
                row[k], available[k], hold_up, battery, lost, back, law
            )
            into[0, k] += given
            into[1, k] += loss
            into[2, k] += unserved
            into[3, k] += hold_up + battery
        state.hold_up[r], state.battery[r] = hold_up, battery
        state.lost[r], state.back[r] = lost, back
