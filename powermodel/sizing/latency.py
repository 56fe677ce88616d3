# SPDX-License-Identifier: Apache-2.0
"""What delay does: how much of it a farm bears, and from where on it does harm."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from powermodel.indicators.inputs import FloatArray
from powermodel.sizing.bisection import Smallest, smallest
from powermodel.sizing.ensemble import Judged, SeedEnsemble
from powermodel.sizing.errors import SizingError
from powermodel.sizing.setting import Measured, Setting
from powermodel_kernels.laws.sizing import break_even_latency_s


@dataclass(frozen=True, slots=True)
class LatencySweep:
    """One farm under rising delay.

    Parameters
    ----------
    latencies_s : tuple of float
        Pure delays [s], rising.
    judged : tuple of Judged
        All seeds at each delay.
    frequency_hz : float
        The load's strongest line [Hz], of which `analytic_s` speaks; 0 where it has none.
    lag_s : float
        Time constant of the inverters, behind the delay [s].
    """

    latencies_s: tuple[float, ...]
    judged: tuple[Judged, ...]
    frequency_hz: float
    lag_s: float = 0.0

    def largest(self, value: Callable[[Measured], float]) -> FloatArray:
        """Return a number of the worst seed at each delay."""
        return np.array([max(map(value, judged.runs)) for judged in self.judged])

    @property
    def analytic_s(self) -> float | None:
        """Break-even of an ideal farm with a pure delay [s]: 1 / (6 f)."""
        return break_even_latency_s(self.frequency_hz) if self.frequency_hz > 0.0 else None

    @property
    def analytic_with_lag_s(self) -> float | None:
        """The same behind a first-order lag [s]; None where even no delay is too much."""
        if self.frequency_hz == 0.0:
            return None
        turn = 2.0 * math.pi * self.frequency_hz
        # |1 - g e^(-j(w L + p))| is 1 where cos(w L + p) = g / 2; g and p are the lag's own.
        gain = 1.0 / math.hypot(1.0, turn * self.lag_s)
        delay_s = (math.acos(0.5 * gain) - math.atan(turn * self.lag_s)) / turn
        return delay_s if delay_s > 0.0 else None

    @property
    def line_break_even_s(self) -> float | None:
        """Delay from which the load's strongest line is larger at the POI than without farm [s]."""
        return crossing(self.latencies_s, self.largest(lambda run: run.line_ratio))

    @property
    def variation_break_even_s(self) -> float | None:
        """Delay from which the POI varies more than the load [s], by standard deviation."""
        return crossing(self.latencies_s, self.largest(lambda run: run.variation))

    def limit_break_evens_s(self, before: Judged) -> dict[str, float | None]:
        """Return for each limit the delay from which the farm makes it worse [s].

        Parameters
        ----------
        before : Judged
            The same seeds without farm.
        """
        found = {}
        for place, outcome in enumerate(before.worst.assessment):
            factor = partial(_factor, place)
            ratio = self.largest(factor) / max(map(factor, before.runs))
            found[outcome.limit.name] = crossing(self.latencies_s, ratio)
        return found


def _factor(place: int, run: Measured) -> float:
    return run.assessment.outcomes[place].factor


def crossing(at: Sequence[float], ratio: FloatArray) -> float | None:
    """Return where a ratio first rises to 1, linear between the points; None where it never does.

    A ratio that is 1 or more at the first point crosses there.
    """
    above = np.flatnonzero(ratio >= 1.0)
    if above.size == 0:
        return None
    first = int(above[0])
    if first == 0:
        return float(at[0])
    low, high = float(ratio[first - 1]), float(ratio[first])
    share = (1.0 - low) / (high - low)
    return float(at[first - 1] + share * (at[first] - at[first - 1]))


def sweep(
    ensemble: SeedEnsemble,
    setting: Setting,
    latencies_s: Sequence[float],
    frequency_hz: float,
    lag_s: float = 0.0,
) -> LatencySweep:
    """Run one farm under each delay.

    Parameters
    ----------
    ensemble : SeedEnsemble
        The runs.
    setting : Setting
        The farm.
    latencies_s : sequence of float
        Pure delays [s], rising.
    frequency_hz : float
        The load's strongest line [Hz].
    lag_s : float
        Time constant of the inverters [s].
    """
    if not latencies_s or any(b <= a for a, b in itertools.pairwise(latencies_s)):
        raise SizingError(f"expected rising latencies, got {list(latencies_s)}")
    judged = tuple(ensemble.judge(setting.with_latency(delay)) for delay in latencies_s)
    return LatencySweep(tuple(latencies_s), judged, frequency_hz, lag_s)


def allowed(
    ensemble: SeedEnsemble, setting: Setting, least_s: float, most_s: float, step_s: float
) -> tuple[float | None, Smallest]:
    """Find the largest delay under which a farm still keeps the limits.

    Parameters
    ----------
    ensemble : SeedEnsemble
        The runs.
    setting : Setting
        The farm.
    least_s, most_s : float
        Bounds of the search [s].
    step_s : float
        Resolution [s].

    Returns
    -------
    float or None
        The delay [s]; None where even the least is too much.
    Smallest
        What was looked at, in steps below `most_s`.
    """
    steps = round((most_s - least_s) / step_s)
    if steps < 0:
        raise SizingError(f"expected latencies from {least_s:g} s up, got at most {most_s:g} s")

    def delay(number: int) -> float:
        return round(least_s + (steps - number) * step_s, 9)

    found = smallest(lambda n: ensemble.passes(setting.with_latency(delay(n))), steps)
    return None if found.value is None else delay(found.value), found
