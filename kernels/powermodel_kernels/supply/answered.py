# SPDX-License-Identifier: Apache-2.0
"""Batteries that share an island with its machines and answer the frequency they see, late.

Each battery acts on speed and rate of change of a latency ago: measurement, communication and
control together. Latency decides whether it helps; this is the smallest model that shows it. Cells
and energy are not its subject: power here is what the inverter gives.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.gridforming import frequency_answer
from powermodel_kernels.laws.lag import lag_factor, lagged
from powermodel_kernels.primitives import mul
from powermodel_kernels.supply.arrays import Island, IslandState
from powermodel_kernels.supply.island import (
    IslandSeries,
    at_fixed_ratio,
    empty_series,
    record_sample,
)
from powermodel_kernels.tables import F32, I32, I64


@dataclass(frozen=True, slots=True)
class FormingBattery:
    """A battery with droop and virtual inertia.

    Parameters
    ----------
    base_va
        What droop and inertia are per unit of, VA.
    droop
        R on that base.
    inertia_s
        Virtual Hv on that base, s; 0 for droop alone.
    limit_w
        Largest power to each side, W.
    latency_s
        From the frequency to the inverter's order, s.
    lag_s
        Of the inverter, s.
    """

    base_va: float
    droop: float
    inertia_s: float
    limit_w: float
    latency_s: float
    lag_s: float

    def __post_init__(self) -> None:
        if not (self.base_va > 0.0 and math.isfinite(self.base_va)):
            raise ValueError(
                "droop and virtual inertia of a battery are per unit of a base, which must be "
                f"above 0 VA, got {self.base_va}"
            )
        if not self.droop > 0.0:
            raise ValueError(f"droop of a battery must be above 0 on its base, got {self.droop}")
        if min(self.inertia_s, self.limit_w, self.latency_s, self.lag_s) < 0.0:
            raise ValueError(
                "virtual inertia, power limit, latency and lag of a battery must not be negative"
            )


class Batteries(NamedTuple):
    """Fixed for a run, for one step length."""

    law: F32
    """1/R, 2·Hv, limit per unit of the base, lag factor, base in quanta; (5, batteries)."""
    late: I32
    """Latency in steps."""


class BatteryState(NamedTuple):
    """Carried from sample to sample."""

    seen: F32
    """Speed and rate of the last samples, newest first at ``newest``, (2, longest latency + 1)."""
    newest: I32
    """Place of the newest sample in ``seen``, (1,)."""
    power: F32
    """(value, rest) of every battery, per unit of its base, (2, batteries)."""


class AnsweredSeries(NamedTuple):
    """What a block of samples gave."""

    island: IslandSeries
    storage: I64
    """Power of all batteries, discharging positive, quanta."""


def battery_arrays(batteries: Sequence[FormingBattery], dt_s: float) -> Batteries:
    """Return the arrays of batteries for a step of ``dt_s`` seconds."""
    law = [
        (1.0 / b.droop, 2.0 * b.inertia_s, b.limit_w / b.base_va, lag_factor(dt_s, b.lag_s),
         b.base_va * QUANTA_PER_W)
        for b in batteries
    ]  # fmt: skip
    late = [round(b.latency_s / dt_s) for b in batteries]
    return Batteries(np.array(law, np.float32).reshape(-1, 5).T.copy(), np.array(late, np.int32))


def quiet(batteries: Batteries) -> BatteryState:
    """Return the state of batteries that have long seen nominal frequency."""
    longest = int(batteries.late.max(initial=0)) + 1
    return BatteryState(
        np.zeros((2, longest), np.float32),
        np.zeros(1, np.int32),
        np.zeros((2, batteries.late.size), np.float32),
    )


def advance_answered(
    island: Island, state: IslandState, batteries: Batteries, cells: BatteryState,
    load: I64, other: I64, begin: int, reactive: I64 | None = None,
) -> tuple[IslandState, BatteryState, AnsweredSeries]:  # fmt: skip
    """Return both states after the last sample, and what the samples gave.

    Parameters
    ----------
    island, state
        See ``arrays``; the state is not changed.
    batteries, cells
        See ``battery_arrays`` and ``quiet``; the state is not changed.
    load, other
        Load before shedding, and sources beside these batteries, quanta, (samples,).
    begin
        Absolute tick of the first sample.
    reactive
        Of the load, before shedding, quanta, (samples,); by default at the island's own ratio.
    """
    if reactive is None:
        reactive = at_fixed_ratio(island, load)
    after = IslandState._make(part.copy() for part in state)
    cells = BatteryState._make(part.copy() for part in cells)
    out = empty_series(load.size, island)
    storage = np.empty(load.size, np.int64)
    cpu(answered_block)(island, after, batteries, cells, load, reactive, other, begin, out, storage)
    return after, cells, AnsweredSeries(out, storage)


def battery_step(batteries: Any, cells: Any, speed: Any, rate: Any) -> Any:
    """Let every battery see this sample and act on its late one; return their power, quanta."""
    seen, length = cells.seen, cells.seen.shape[1]
    newest = (cells.newest[0] + 1) % length
    cells.newest[0] = newest
    seen[0, newest], seen[1, newest] = speed, rate
    total = np.int64(0)
    for b in range(batteries.late.size):
        at = (newest - batteries.late[b] + length) % length
        law = batteries.law
        goal = frequency_answer(seen[0, at], seen[1, at], law[0, b], law[1, b], law[2, b])
        value, rest = lagged(cells.power[0, b], cells.power[1, b], goal, law[3, b])
        cells.power[0, b], cells.power[1, b] = value, rest
        total += np.int64(mul(value, law[4, b]))
    return total


def answered_block(
    island: Any, state: Any, batteries: Any, cells: Any, load: Any, reactive: Any, other: Any,
    begin: Any, out: Any, storage: Any,
) -> None:  # fmt: skip
    """Go through the samples of a block: batteries see the frequency, then the island steps."""
    for k in range(load.size):
        storage[k] = battery_step(batteries, cells, state.speed[0], state.speed[11])
        tick = begin + k * island.dt
        beside = other[k] + storage[k]
        record_sample(island, state, load[k], reactive[k], beside, tick, k, out)
