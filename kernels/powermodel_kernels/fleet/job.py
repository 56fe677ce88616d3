# SPDX-License-Identifier: Apache-2.0
"""The power of one programmed job, tile by tile, from either engine."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from powermodel_kernels import reused
from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import NEVER, TICKS_PER_S
from powermodel_kernels.fleet import events, steps
from powermodel_kernels.fleet.noise import Noise, knot_path, place_samples
from powermodel_kernels.fleet.smoother import Smoother, State
from powermodel_kernels.fleet.smoothing import Smoothing
from powermodel_kernels.fleet.steady import first_changes
from powermodel_kernels.laws import noise as noise_law
from powermodel_kernels.parallel import on_threads
from powermodel_kernels.schedule import Schedule, Timeline
from powermodel_kernels.tables import I32, I64, Fleet, Grid, Lanes, Place, Programs, Slots

ENGINES: dict[str, Callable[..., None]] = {"events": events.rack_power, "steps": steps.rack_power}

# Lanes taken at a time by the events engine: enough to fill vectors, few enough for the cache.
_LANES_AT_ONCE = 512
_CHUNK_LANES = 256
# Tiles without a new slot from which on it is worth looking for the next change.
_WORTH_A_LOOK = 4


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """Fluctuation of one accelerator's power about its level."""

    sigma: float = 0.0
    """Relative to the power."""
    rho: float = 0.0
    """Pairwise correlation between accelerators."""
    correlation_time_s: float = 0.05

    @property
    def knot_ticks(self) -> int:
        """Distance of the knots on which the fluctuation is made, ticks."""
        per_tau = noise_law.KNOTS_PER_TIME_CONSTANT
        return max(1, round(self.correlation_time_s * TICKS_PER_S / per_tau))

    def knots(self, samples: int, dt: int) -> int:
        """Return how many knots a tile needs; none without fluctuation."""
        return samples * dt // self.knot_ticks + 3 if self.sigma else 0


def grid(begin: int, dt: int, samples: int) -> Grid:
    """Return the samples begin, begin + dt, … (ticks)."""
    return Grid(begin, dt, samples, np.float32(1024.0 / dt))


@dataclass
class JobFleet:
    """One job's accelerators. ``open_tile`` moves forward in time; then racks can be asked for."""

    programs: Programs
    fleet: Fleet
    lanes: Lanes
    schedule: Schedule
    noise: NoiseLevel = NoiseLevel()
    engine: str = "events"
    workers: int = 1
    smoothing: Smoothing | None = None
    _timeline: Timeline = field(init=False)
    _slots: Slots = field(init=False)
    _grid: Grid = field(init=False)
    _noise: Noise = field(init=False)
    _smoother: Smoother | None = field(init=False, default=None)
    _steady_until: int = field(init=False, default=0)
    _decays_of: dict[int, Any] = field(init=False, default_factory=dict)
    _events_of: I64 = field(init=False)

    def __post_init__(self) -> None:
        self._events_of = 2 * np.diff(self.programs.first) + 2
        self._timeline = Timeline(
            self.programs, self.fleet, self.lanes, self.schedule, self.workers
        )
        if self.smoothing is not None:
            self._smoother = Smoother(
                self.smoothing, self.fleet, self.lanes, self.engine, self.workers
            )

    def open_tile(self, begin: int, dt: int, samples: int) -> None:
        """Make ready for the samples begin, begin + dt, … of one tile; tiles must not go back."""
        self._grid = grid(begin, dt, samples)
        self._slots = self._timeline.slots(begin, begin + dt * samples)
        self._noise = self._noise_of_tile()
        if self._smoother is not None:
            self._smoother.open_tile(self._grid)

    def rack_power(self, place: Place) -> I32:
        """Return the accelerators' power summed to racks, (racks, samples) int32 quanta."""
        racks = -(-(place.stop_lane - place.first_lane) // place.lanes_per_rack)
        out = reused.empty((racks, self._grid.samples), np.int32)
        if self._smoother is not None:
            self._smoother.rack_power(self._tables(self._noise), place, out)
            return out
        at_once = max(1, -(-_LANES_AT_ONCE // place.lanes_per_rack))
        on_threads(
            ENGINES[self.engine], self.workers, *self._tables(self._noise), at_once, place, out,
        )  # fmt: skip
        return out

    def steady_until(self) -> int:
        """Return the tick up to which the power of the open tile goes on as it is at its begin.

        That is the begin of the tile where something changes in it, or too soon after it.
        """
        begin, ticks = self._grid.begin, self._grid.dt * self._grid.samples
        if begin < self._steady_until:
            return self._steady_until
        if self.noise.sigma > 0.0 or self._smoother is not None:
            return begin
        until = self._timeline.next_begin()
        if until < begin + _WORTH_A_LOOK * ticks:
            return begin
        first = np.full(self.workers, NEVER, np.int64)
        settled = begin - (self.fleet.horizon << self.fleet.age_shift)
        on_threads(
            first_changes, self.workers, self.programs, self.fleet, self.lanes, self._slots,
            settled, self._max_events(), _CHUNK_LANES, first,
        )  # fmt: skip
        until = min(until, int(first.min()))
        if until <= begin + ticks:
            return begin
        self._steady_until = until
        return until

    def probe(self, lane: int) -> I32:
        """Return the power of one accelerator, (samples,) int32 quanta, without noise."""
        out = np.empty(self._grid.samples, np.int32)
        if self._smoother is not None:
            self._smoother.probe(self._tables(self._no_noise()), lane, out[None])
            return out
        cpu(steps.probe_power)(
            self.programs, self.fleet, self.lanes, self._slots, self._grid, self._decays(),
            self._max_events(), lane, out,
        )  # fmt: skip
        return out

    def burnt(self) -> I64:
        """Return the power burnt by smoothing, (samples,) int64 quanta, without noise.

        The smoothed target less the work's own power where it lies above, summed over the racks
        asked for since the tile was opened; zero without smoothing. ``held_back`` is its
        counterpart: smoothed target = work + burnt - held back.
        """
        return self._nothing() if self._smoother is None else self._smoother.burnt()

    def held_back(self) -> I64:
        """Return by how much ramps and a cap hold the work back, (samples,) int64 quanta, >= 0.

        The work's own power less the smoothed target where it lies above. The work then runs
        slower in truth; here it keeps its time, unless its phases were made longer.
        """
        return self._nothing() if self._smoother is None else self._smoother.held_back()

    def state(self) -> State:
        """Return what a run that goes on after this tile must ``restore``; empty for most jobs."""
        return {} if self._smoother is None else self._smoother.state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned for the same job; the next tile begins where it ended."""
        if self._smoother is not None:
            self._smoother.restore(state)
        elif state:
            raise ValueError(
                f"expected no state of a job without smoothing, got {', '.join(sorted(state))}"
            )

    def _nothing(self) -> I64:
        return np.zeros(self._grid.samples, np.int64)

    def _tables(self, noise: Noise) -> tuple[Any, ...]:
        return (
            self.programs, self.fleet, self.lanes, self._slots, self._grid, noise,
            self._decays(), self._max_events(),
        )  # fmt: skip

    def _decays(self) -> Any:
        if self._grid.dt not in self._decays_of:
            self._decays_of[self._grid.dt] = self._decays_per_sample()
        return self._decays_of[self._grid.dt]

    def _decays_per_sample(self) -> Any:
        unit = 2.0**self.fleet.age_shift
        rates = [self.fleet.rise_rate, self.fleet.fall_rate, self.fleet.overshoot_rate]
        if self.smoothing is not None:
            rates.append(self.smoothing.cap_rate)
        return np.array(
            [math.exp(-self._grid.dt / unit * float(rate)) for rate in rates], np.float32
        )

    def _max_events(self) -> int:
        """Bound the events of one lane: two a phase, and two for the pipeline; one to come."""
        return int(self._events_of[self._slots.program].sum()) + 1

    def _noise_of_tile(self) -> Noise:
        level, samples = self.noise, self._grid.samples
        if level.sigma == 0.0:
            return self._no_noise()
        per_tau, knot_ticks = noise_law.KNOTS_PER_TIME_CONSTANT, level.knot_ticks
        pole = noise_law.pole(per_tau)
        noise = Noise(
            knot_ticks=knot_ticks,
            warm_up=noise_law.WARM_UP_TIME_CONSTANTS * per_tau,
            pole=np.float32(pole),
            gain=np.float32(noise_law.input_gain(pole)),
            sigma_common=np.float32(level.sigma * math.sqrt(level.rho)),
            sigma_own=np.float32(level.sigma * math.sqrt(1.0 - level.rho)),
            knot=np.empty(samples, np.int32),
            between=np.empty(samples, np.float32),
            common=np.empty(level.knots(samples, self._grid.dt), np.float32),
        )
        cpu(place_samples)(knot_ticks, self._grid, noise.knot, noise.between)
        cpu(knot_path)(noise, 0, 0, self.fleet, self._grid, noise.common)
        return noise

    @staticmethod
    def _no_noise() -> Noise:
        nothing, zero = np.zeros(0, np.float32), np.float32(0.0)
        return Noise(0, 0, zero, zero, zero, zero, np.zeros(0, np.int32), nothing, nothing)
