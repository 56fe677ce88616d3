# SPDX-License-Identifier: Apache-2.0
"""Racks whose bus feeds just what a test gives, with a store to be tested."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel_kernels.chain import RackSupply
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.rack.backup import RackBackup
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import StoreState, StoreSums, StoreType

PER_RACK = 72
LOSSLESS = RackSupply(0.0, 0.0, 0.0, 264e3, 1.0, 0.5)
"""A supply without losses, in a rack of nothing but accelerators: load = accelerator power."""


RATED_W = 3000.0
"""Of the supply that `shelf` backs."""


def shelf(**changes: float) -> RackBackup:
    """Return the backup of one 3 kW supply: 60 J of hold-up, a battery for 240 s, with changes."""
    plain: dict[str, Any] = {
        "rating_w": RATED_W,
        "hold_up_s": 0.02,
        "take_over_s": 0.004,
        "duration_s": 240.0,
        "hand_back_s": 0.2,
        "hold_up_recharge_w": 600.0,
        "battery_recharge_w": 300.0,
    }
    return RackBackup(**plain | changes)


def store_type(**changes: Any) -> StoreType:
    """Return a lossless store of 65 J per accelerator that never recovers, with changes."""
    plain: dict[str, Any] = {
        "energy_j": 65.0,
        "window": (0.0, 1.0),
        "set_point": 0.5,
        "charge_w": 2000.0,
        "discharge_w": 2000.0,
        "charge_efficiency": 1.0,
        "discharge_efficiency": 1.0,
        "time_constant_s": 0.05,
        "recovery_s": math.inf,
        "accelerators": PER_RACK,
    }
    return StoreType(**plain | changes)


@dataclass(frozen=True)
class Result:
    """What came out of racks with stores, per sample."""

    shelf_w: Any
    """(racks, samples)."""
    sums: StoreSums
    state: StoreState
    joules_per_count: float

    @property
    def power_w(self) -> Any:
        return self.sums.power / QUANTA_PER_W

    @property
    def loss_w(self) -> Any:
        return self.sums.loss / QUANTA_PER_W

    @property
    def energy_j(self) -> Any:
        return self.sums.energy * self.joules_per_count


def run(
    store: StoreType,
    load_w: Any,
    dt_s: float = 0.001,
    *,
    held: Any = None,
    workers: int = 1,
    supply: RackSupply = LOSSLESS,
) -> Result:
    """Take racks with loads (racks, samples) through time; a load in one dimension is one rack."""
    shelf_w = np.atleast_2d(np.array(load_w, np.float32))
    held = np.full(len(shelf_w), PER_RACK, np.int32) if held is None else np.asarray(held, np.int32)
    stage = StoredSupply(RackSupply(*_fields(supply)[:-1], workers), store)
    state = stage.initial(held, dt_s)
    sums = StoreSums.zeros(shelf_w.shape[1])
    stage.advance(state, held, shelf_w, dt_s, sums)
    return Result(shelf_w, sums, state, stage.joules_per_count(dt_s))


def _fields(supply: RackSupply) -> list[Any]:
    return [getattr(supply, name) for name in RackSupply.__slots__]
