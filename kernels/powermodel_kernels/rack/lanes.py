# SPDX-License-Identifier: Apache-2.0
"""The energy stores of many racks, stepped together: a rack is a lane of the vector registers."""

from typing import Any

import numpy as np

from powermodel_kernels.laws.rack_load import bus_load, rest_power
from powermodel_kernels.laws.rack_store import store_step
from powermodel_kernels.parallel import each, on_threads
from powermodel_kernels.rack.store import LoadLaw, StoreLaw, StoreState, StoreSums
from powermodel_kernels.tables import F32, I32

LANES = 32
"""Racks that are stepped together; four vector registers of 256 bits of each quantity."""
CHUNK = 64
"""Samples that are turned from one row per rack to one row per sample at a time."""

_ZERO = np.float32(0.0)


def advance_stores(
    law: StoreLaw, load: LoadLaw, state: StoreState, held: I32, power_w: F32, sums: StoreSums,
    workers: int,
) -> None:  # fmt: skip
    """Take the stores of racks through a stretch of time, in place.

    Parameters
    ----------
    law, load, state
        Of these racks.
    held
        Accelerators that each rack holds.
    power_w
        In: power of the accelerators; out: what the shelves give; W (racks, samples).
    sums
        To add to.
    workers
        Threads; no result depends on it.
    """
    parts = np.zeros((workers, 3, power_w.shape[1]), np.int64)
    on_threads(step_stores, workers, law, load, state, held, power_w, parts)
    for into, added in zip((sums.power, sums.loss, sums.energy), parts.sum(axis=0), strict=True):
        into += added


def step_stores(
    thread: Any, taken: Any, law: Any, load: Any, state: Any, held: Any, power: Any, sums: Any
) -> None:
    """See ``advance_stores``; ``sums`` is int64 (threads, 3, samples): power, loss, energy."""
    samples = power.shape[1]
    tile = np.empty((CHUNK, LANES), np.float32)
    for a in each(taken, LANES, power.shape[0]):
        b = min(a + LANES, power.shape[0])
        for k in range(0, samples, CHUNK):
            until = min(k + CHUNK, samples)
            into = tile[: until - k, : b - a]
            to_lanes(load, power[a:b, k:until], held[a:b], into)
            step_lanes(
                law, into, state.energy[a:b], state.reference[a:b], state.shelf[a:b],
                state.low[a:b], state.target[a:b], state.high[a:b], state.charge_w[a:b],
                state.discharge_w[a:b], sums[thread, :, k:until],
            )  # fmt: skip
            from_lanes(into, power[a:b, k:until])


def to_lanes(load: Any, power: Any, held: Any, out: Any) -> None:
    """Turn accelerator power, a row per rack, into load on the bus, a row per sample."""
    for r in range(power.shape[0]):
        row = power[r]
        rest = rest_power(held[r], load.base, load.ratio, load.idle)
        for k in range(row.size):
            out[k, r] = bus_load(row[k], load.ratio, rest)


def from_lanes(tile: Any, out: Any) -> None:
    """Turn a row per sample into a row per rack."""
    for r in range(out.shape[0]):
        row = out[r]
        for k in range(row.size):
            row[k] = tile[k, r]


def step_lanes(
    law: Any, tile: Any, energy: Any, reference: Any, shelf: Any, low: Any, target: Any, high: Any,
    charge: Any, discharge: Any, sums: Any,
) -> None:  # fmt: skip
    """Step racks together through the rows of a tile: load comes in, what shelves give goes out."""
    for r in range(energy.size):
        if reference[r] < _ZERO:
            reference[r] = tile[0, r]
            shelf[r] = tile[0, r]
    given, lost = np.empty(energy.size, np.int32), np.empty(energy.size, np.int32)
    for k in range(tile.shape[0]):
        row = tile[k]
        for r in range(energy.size):
            limits = (low[r], target[r], high[r], charge[r], discharge[r])
            reference[r], row[r], energy[r], given[r], lost[r] = store_step(
                row[r], reference[r], shelf[r], energy[r], limits, law
            )
            shelf[r] = row[r]
        # Apart, because a vector holds half as many of 64 bits.
        power_sum, loss_sum, energy_sum = np.int64(0), np.int64(0), np.int64(0)
        for r in range(energy.size):
            power_sum += np.int64(given[r])
            loss_sum += np.int64(lost[r])
            energy_sum += np.int64(energy[r])
        sums[0, k] += power_sum
        sums[1, k] += loss_sum
        sums[2, k] += energy_sum
