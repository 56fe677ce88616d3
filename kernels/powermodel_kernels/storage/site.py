# SPDX-License-Identifier: Apache-2.0
"""The stage at the point of interconnection: a farm, a fast device, their controller."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from powermodel_kernels.bind import cpu_with
from powermodel_kernels.build import ticks
from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.control.none import none as control_law
from powermodel_kernels.control.signal import Control
from powermodel_kernels.storage.build import SLOW_TICKS, curves_of, fixed_of, units_of
from powermodel_kernels.storage.checks import check_farm, needs_cpu, require
from powermodel_kernels.storage.driver import Links, Outputs, State, Timing, drive, outputs
from powermodel_kernels.storage.farm import Farm
from powermodel_kernels.storage.summary import Summary, summary
from powermodel_kernels.storage.tables import Curves, Fixed, window_of
from powermodel_kernels.storage.wear import Wear, wear
from powermodel_kernels.tables import F32, I64

_NONE_Q, _NONE_HZ = np.empty(0, np.int64), np.empty(0, np.float32)


class StorageSite:
    """Storage at the point of interconnection.

    A sample is the power at an instant, held until the next. What reaches the inverters at an
    instant changes their power from then on: at once without lag.

    Parameters
    ----------
    farm
        The main storage.
    fast
        A second device that takes the high band, or None.
    control
        The control law, its parameters and its delays.
    dt_s
        Step, s: a divisor of one second and of every delay and period.
    shortest_swing_s
        Period of the fastest swing of the load, s, where it is known.
    nominal_hz
        What the controller sees where nothing simulates the frequency.

    Raises
    ------
    ValueError
        If the farm cannot be, or the step is too long for what is to be seen.
    """

    def __init__(
        self,
        farm: Farm,
        fast: Farm | None,
        control: Control,
        dt_s: float,
        *,
        shortest_swing_s: float | None = None,
        nominal_hz: float = 60.0,
    ) -> None:
        second = fast if fast is not None else replace(farm, units=0, outages=())
        self.farms = (farm, second)
        self.control = control
        self.dt_ticks = ticks(dt_s)
        for each in self.farms:
            check_farm(each)
        self._check(shortest_swing_s)
        self._fixed = tuple(fixed_of(f, self.dt_ticks) for f in self.farms)
        self._curves = tuple(
            curves_of(f, self.dt_ticks, fixed)
            for f, fixed in zip(self.farms, self._fixed, strict=True)
        )
        samples = self._samples
        self._timing = Timing(
            control=samples(control.period_ticks, "control period"),
            report_main=samples(farm.report_ticks, "report period"),
            report_fast=samples(second.report_ticks, "report period of the fast device"),
            slow=samples(SLOW_TICKS, "slow update of 1 s"),
            period_s=np.float32(control.period_ticks / TICKS_PER_S),
            nominal_hz=np.float32(nominal_hz),
        )
        self._measured = samples(control.measurement_ticks, "measurement delay")
        self._ordered = tuple(
            samples(control.communication_ticks + f.inverter_delay_ticks, "delay of commands")
            for f in self.farms
        )

    def _check(self, shortest_swing_s: float | None) -> None:
        dt_s = self.dt_ticks / TICKS_PER_S
        require(self.dt_ticks > 0, f"expected a step above 0 s, got {dt_s} s")
        limits = {"period of the fastest swing": shortest_swing_s or 0.0}
        limits |= {"time constant of the inverters": max(f.inverter_lag_s for f in self.farms)}
        for what, limit in limits.items():
            require(
                limit == 0.0 or dt_s <= limit / 10.0 * (1.0 + 1e-9),
                f"expected a step of at most a tenth of the {what}, {limit / 10.0 * 1e3:g} ms, "
                f"got {dt_s * 1e3:g} ms, which takes {dt_s * 1e4:g} ms or more of it",
            )
        require(self.control.period_ticks > 0, "expected a control period above 0 s")

    def _samples(self, count: int, what: str) -> int:
        """Return a time in samples."""
        require(
            count >= 0 and count % self.dt_ticks == 0,
            f"expected a {what} that is a multiple of the step of {self.dt_ticks / 1e6:g} ms, "
            f"got {count / 1e6:g} ms",
        )
        return count // self.dt_ticks

    def initial(self) -> State:
        """Return the state at the beginning of a run."""
        main, fast = (units_of(f, x) for f, x in zip(self.farms, self._fixed, strict=True))
        measured, (ordered, ordered_fast) = self._measured + 1, self._ordered
        links = Links(
            load=np.zeros(measured, np.int64),
            poi=np.zeros(measured, np.int64),
            storage=np.zeros(measured, np.int64),
            main=np.zeros(ordered + 1, np.float32),
            fast=np.zeros(ordered_fast + 1, np.float32),
            held=np.zeros(2, np.float32),
            last=np.zeros(2, np.int64),
        )
        return State(main, fast, self.control.memory(), links)

    @property
    def known_samples(self) -> int:
        """How many samples ahead the commands of both farms are known."""
        return min(self._ordered)

    @property
    def needs_cpu(self) -> str | None:
        """Why a GPU does not run this storage; None if it does."""
        return needs_cpu(self.control, self.known_samples)

    @property
    def timing(self) -> Timing:
        """Periods in samples."""
        return self._timing

    @property
    def delays(self) -> tuple[int, ...]:
        """Of measurement and of the commands of both farms, samples."""
        return self._measured, *self._ordered

    @property
    def tables(self) -> tuple[tuple[Fixed, Curves], ...]:
        """What the kernels are given of each farm."""
        return tuple(zip(self._fixed, self._curves, strict=True))

    def summaries(self, state: State) -> tuple[Summary, Summary]:
        """Return what the main farm and the fast device have done since the beginning."""
        main, fast = (
            summary(*parts)
            for parts in zip(
                self.farms, self._fixed, self._curves, (state.main, state.fast), strict=True
            )
        )
        return main, fast

    def wears(self, state: State) -> tuple[Wear | None, Wear | None]:
        """Return how both farms' cells have aged; None where no law of it is given."""
        main, fast = (
            wear(units) if fixed.ages else None
            for fixed, units in zip(self._fixed, (state.main, state.fast), strict=True)
        )
        return main, fast

    def advance(
        self,
        state: State,
        load_q: I64,
        first_sample: int,
        *,
        forecast_q: I64 = _NONE_Q,
        frequency_hz: F32 = _NONE_HZ,
    ) -> Outputs:
        """Advance the state, in place, over a stretch of samples.

        Parameters
        ----------
        state
            After sample ``first_sample − 1``.
        load_q
            Load of the site, quanta, int64 (samples,).
        first_sample
            Number of the first sample since time zero.
        forecast_q
            Load that the scheduler announces at each sample, quanta; empty when it announces none.
        frequency_hz
            Frequency at each sample, float32; empty for the nominal one.
        """
        require(
            bool(state.links.last[1]) or first_sample % self._timing.slow == 0,
            f"expected a run that begins at a full second, got sample {first_sample}",
        )
        for given, what in ((forecast_q, "forecast"), (frequency_hz, "frequency")):
            require(
                given.size in (0, load_q.size),
                f"expected a {what} for each of {load_q.size} samples, got {given.size}",
            )
        n = load_q.size
        out = outputs(n)
        known = max(1, self.known_samples)
        rooms = (window_of(known, farm.units) for farm in self.farms)
        main, fast = zip(self._fixed, self._curves, (state.main, state.fast), rooms, strict=True)
        cpu_with(drive, control_law, self.control.law)(
            load_q, forecast_q, frequency_hz, first_sample, self._timing, self.control.parameters,
            state.memory, state.links, main, fast, out,
        )  # fmt: skip
        return out
