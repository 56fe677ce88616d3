# SPDX-License-Identifier: Apache-2.0
"""The power of one programmed job from a GPU, to the bit that of the CPU.

The GPU bins and sums the racks (``fleet.rack_bins``), which is where the work is. The timeline
stays on the CPU: it visits every accelerator once a phase, not once an event of every rack, and
only its few barriers are sent. Noise is added by the CPU's own driver, so it cannot differ.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB
from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.fleet import THREADS, rack_bins
from powermodel_kernels.cuda.memory import Memory, memory
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.parallel import in_parts, share
from powermodel_kernels.tables import I32, Fleet, Place, Programs

MAX_RACK = 896
"""Accelerators of the largest rack: 28 warps, as many as the registers of a block go round for."""
_WARP = 32


def threads_of(lanes_per_rack: int) -> int:
    """Return the threads of a block: a thread an accelerator, in whole warps.

    Raises
    ------
    ValueError
        If a rack holds more accelerators than a block holds threads.
    """
    if lanes_per_rack > MAX_RACK:
        raise ValueError(
            f"a rack of {lanes_per_rack} accelerators: a GPU computes racks of at most {MAX_RACK}"
        )
    return max(THREADS, -(-lanes_per_rack // _WARP) * _WARP)


def device_bytes(programs: Programs, fleet: Fleet, racks: int, samples: int, dt: int) -> int:
    """Return about how much memory of the device a job takes at once, bytes, rather too much.

    Parameters
    ----------
    racks, samples
        Racks computed at a time, and samples of a tile.
    dt
        Ticks between samples.
    """
    rows = [slice(a, b) for a, b in zip(programs.first[:-1], programs.first[1:], strict=True)]
    shortest = max(1, min(int(programs.mean_ticks[r].sum()) for r in rows))
    felt = samples * dt + (fleet.horizon << fleet.age_shift)
    # Spread durations may be shorter than their mean, and a crash cuts slots off.
    slots = 2 * -(-felt // shortest) + 4
    of_job, of_group = (
        max(int((programs.barrier[r] == scope).sum()) for r in rows)
        for scope in (BARRIER_JOB, BARRIER_GROUP)
    )
    phases = max(r.stop - r.start for r in rows)
    units, groups = (-(-fleet.lanes // n) for n in (fleet.unit_size, fleet.group_size))
    slot = 3 * 8 + 4 * phases + 8 * (units + of_job + of_group * groups)
    fixed = sum(column.nbytes for column in programs) + 2 * 4 * fleet.lanes
    return int(fixed + slots * slot + 4 * racks * samples)


def add_noise_to_racks(
    part: Any, parts: Any, noise: Any, fleet: Any, grid: Any, place: Any, out: Any
) -> None:
    """Add the fluctuation of each rack of a place to its power, or of one part of them."""
    per_rack = place.lanes_per_rack
    first, stop = share(out.shape[0], part, parts)
    for r in range(first, stop):
        n = min(per_rack, place.stop_lane - (place.first_lane + r * per_rack))
        add_noise(noise, fleet, place.first_rack + r, n, grid, out[r])


@dataclass
class CudaJobFleet(JobFleet):
    """One job's accelerators on a GPU; used as ``JobFleet`` is, from one thread."""

    device: int = 0
    """Number of the GPU."""
    _memory: Memory = field(init=False)
    _programs_there: Any = field(init=False)
    _lanes_there: Any = field(init=False)
    _slots_there: Any = field(init=False)
    _decays_there: Any = field(init=False)

    def __post_init__(self) -> None:
        if self.engine != "events":
            raise ValueError(f"the engine {self.engine!r} runs on the CPU alone")
        if self.smoothing is not None:
            raise ValueError("power smoothing runs on the CPU alone")
        super().__post_init__()
        self._memory = memory(self.device)
        self._programs_there = self._put(self.programs)
        self._lanes_there = self._put(self.lanes)

    def open_tile(self, begin: int, dt: int, samples: int) -> None:
        """Make ready for one tile, and send its slots."""
        super().open_tile(begin, dt, samples)
        self._slots_there = self._put(self._slots)
        self._decays_there = self._memory.put(self._decays())

    def rack_power(self, place: Place) -> I32:
        """Return the accelerators' power summed to racks, (racks, samples) int32 quanta."""
        racks = -(-(place.stop_lane - place.first_lane) // place.lanes_per_rack)
        there = self._memory.empty((racks, self._grid.samples))
        launch(
            rack_bins, racks, threads_of(place.lanes_per_rack), self._programs_there, self.fleet,
            self._lanes_there.scale, self._lanes_there.slowness, self._slots_there, self._grid,
            self._decays_there, place, there,
        )  # fmt: skip
        out = self._memory.fetch(there)
        if self._noise.knot_ticks:
            in_parts(
                add_noise_to_racks, self.workers, self._noise, self.fleet, self._grid, place, out
            )
        return out

    def _put(self, table: Any) -> Any:
        """Return a table with its arrays on the device."""
        return type(table)(*(self._memory.put(_with_an_address(column)) for column in table))


def _with_an_address(array: Any) -> Any:
    """Return an array of no items with one that nobody reads: no items have no address there."""
    return array if array.size else np.zeros([max(1, n) for n in array.shape], array.dtype)
