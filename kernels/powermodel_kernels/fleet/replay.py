# SPDX-License-Identifier: Apache-2.0
"""Replay of a measured trace by many copies, never silently multiplied.

Each copy begins the trace either in step with the others or at a random place of its own. With the
probability √ρ of being in step, two copies are both in step with probability ρ, so their
correlation is ρ, and each copy still draws exactly what was measured.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import PURPOSE_SHIFT, QUANTA_PER_W
from powermodel_kernels.fleet.lanes import random_words
from powermodel_kernels.laws.normal import uniform32
from powermodel_kernels.laws.philox import address_word
from powermodel_kernels.parallel import each, on_threads
from powermodel_kernels.tables import I32, I64, Fleet, Grid, Place


def copy_shifts(fleet: Any, in_step: Any, length: Any, out: Any) -> None:
    """Fill ``out`` (copies,) int64 with the sample of the trace at which each copy begins.

    Parameters
    ----------
    in_step
        Probability that a copy begins at sample 0, float32.
    length
        Samples of the trace.
    """
    words = np.empty((4, 1), np.int32)
    word = address_word(PURPOSE_SHIFT, fleet.job, 0)
    for c in range(out.size):
        random_words(c, 0, word, fleet, words)
        if uniform32(words[0, 0]) < in_step:
            out[c] = 0
        else:
            out[c] = np.int64(np.float64(uniform32(words[1, 0])) * length)


def replay_racks(
    _thread: Any, taken: Any, trace: Any, shifts: Any, per_copy: Any, begin: Any, window: Any,
    idle: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Sum the copies in each rack.

    Parameters
    ----------
    _thread, taken
        Number of the thread, and what is taken of the racks, see ``parallel.each``.
    trace
        Power of one accelerator at each sample of the trace, int32 quanta.
    shifts
        See ``copy_shifts``.
    per_copy
        Accelerators of one copy.
    begin
        Samples of the trace that a copy without shift has played when the tile begins.
    window
        First and last (exclusive) sample of the tile in which the job runs, int64 (2,).
    idle
        Power of an accelerator before and after, quanta.
    out
        int32 (racks, samples), quanta.
    """
    for r in each(taken, 1, out.shape[0]):
        lane = place.first_lane + r * place.lanes_per_rack
        stop = min(lane + place.lanes_per_rack, place.stop_lane)
        out[r, :] = np.int32(idle * (stop - lane))
        out[r, window[0] : window[1]] = np.int32(0)
        while lane < stop:
            c = lane // per_copy
            until = min((c + 1) * per_copy, stop)
            add_copy(
                trace, (begin + shifts[c]) % trace.size, np.int32(until - lane),
                out[r, window[0] : window[1]],
            )  # fmt: skip
            lane = until


def add_copy(trace: Any, position: Any, accelerators: Any, out: Any) -> None:
    """Add some accelerators of one copy, from a place in the trace on, around its end."""
    done = 0
    while done < out.size:
        n = min(out.size - done, trace.size - position)
        source, target = trace[position : position + n], out[done : done + n]
        for k in range(n):
            target[k] += accelerators * source[k]
        done += n
        position = 0


def resampled(
    time_s: NDArray[np.float64], power_w: NDArray[np.float64], dt_s: float
) -> NDArray[np.float64]:
    """Return the mean power of a trace over each step of dt, so that its energy is kept.

    Parameters
    ----------
    time_s, power_w
        The trace, joined by straight lines; time rises from 0.
    dt_s
        Step of the result.

    Returns
    -------
    float64 array in W; a remainder shorter than one step is left out.
    """
    edges = np.arange(math.floor(time_s[-1] / dt_s * (1.0 + 1e-12)) + 1) * dt_s
    edges = np.minimum(edges, time_s[-1])
    width = np.diff(time_s)
    energy = np.concatenate([[0.0], np.cumsum(width * (power_w[1:] + power_w[:-1]) / 2.0)])
    # Energy is quadratic between points: add the part of the interval that an edge falls into.
    i = np.clip(np.searchsorted(time_s, edges, side="right") - 1, 0, width.size - 1)
    x = edges - time_s[i]
    slope = (power_w[i + 1] - power_w[i]) / width[i]
    mean_w: NDArray[np.float64] = np.diff(energy[i] + x * (power_w[i] + slope * x / 2.0)) / dt_s
    return mean_w


@dataclass
class ReplayFleet:
    """One job that replays a trace. Same use as ``fleet.job.JobFleet``."""

    fleet: Fleet
    power_w: NDArray[np.float64]
    """Mean power of one accelerator over each step of the trace."""
    per_copy: int
    correlation: float
    begins: int
    """Absolute tick."""
    ends: int
    workers: int = 1
    _grid: Grid = field(init=False)
    _trace: I32 = field(init=False)
    _shifts: I64 = field(init=False)

    def __post_init__(self) -> None:
        self._trace = np.rint(self.power_w * QUANTA_PER_W).astype(np.int32)
        self._shifts = np.empty(-(-self.fleet.lanes // self.per_copy), np.int64)
        in_step = np.float32(2.0 if self.correlation == 1.0 else math.sqrt(self.correlation))
        cpu(copy_shifts)(self.fleet, in_step, self._trace.size, self._shifts)

    def open_tile(self, begin: int, dt: int, samples: int) -> None:
        """Make ready for the samples begin, begin + dt, … of one tile."""
        self._grid = Grid(begin, dt, samples, np.float32(1024.0 / dt))

    def _window(self) -> tuple[int, I64]:
        """Return the played samples at the tile's beginning, and where in the tile the job runs."""
        grid = self._grid
        first = -(-(self.begins - grid.begin) // grid.dt)
        last = -(-(self.ends - grid.begin) // grid.dt)
        inside = np.clip(np.array([first, last], np.int64), 0, grid.samples)
        return int(inside[0]) - first, inside

    def rack_power(self, place: Place) -> I32:
        """Return the accelerators' power summed to racks, (racks, samples) int32 quanta."""
        racks = -(-(place.stop_lane - place.first_lane) // place.lanes_per_rack)
        out = np.empty((racks, self._grid.samples), np.int32)
        played, window = self._window()
        on_threads(
            replay_racks, self.workers, self._trace, self._shifts, self.per_copy, played, window,
            self.fleet.idle, place, out,
        )  # fmt: skip
        return out

    def probe(self, lane: int) -> I32:
        """Return the power of one accelerator, (samples,) int32 quanta."""
        power: I32 = self.rack_power(Place(lane, lane + 1, 1, 0))[0]
        return power

    def burnt(self) -> I64:
        """Return zeros, (samples,) int64 quanta: a trace is replayed as it was measured."""
        return np.zeros(self._grid.samples, np.int64)

    def held_back(self) -> I64:
        """Return zeros, (samples,) int64 quanta."""
        return np.zeros(self._grid.samples, np.int64)

    def state(self) -> dict[str, np.ndarray]:
        """Return nothing: any tile can be computed alone."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        if state:
            raise ValueError(
                f"expected no state of a replayed trace, got {', '.join(sorted(state))}"
            )
