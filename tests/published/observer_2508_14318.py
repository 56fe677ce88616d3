# SPDX-License-Identifier: Apache-2.0
"""How the published record was looked at: axis, averaging, folding and spectrum of Figs. 1 and 3.

Choices that the paper leaves open are made here, once, and named:

* the axis unit is the job's TDP over its published place on the axis;
* a point of the spectrum and of the residual is the mean of one sampling interval, 25 ms at 40 Hz;
  the maximum is read from Fig. 1, whose points are 50 ms apart, each a mean over as long, on one
  grid from the record's start: a window that slides would find larger means than any point shows;
* a cycle begins where the power falls through half of the axis into the longer of its two dips, and
  the second event is the same crossing of the shorter dip;
* the residual is what is left of each cycle after the mean of all cycles that begin alike, without
  `GUARD_S` on either side of each edge, where the jitter of the edges would hide it;
* the spectrum is that of the whole record less its mean, without a window: bins of 1/213 Hz;
* shares of energy are of what lies in the five bands together (0.02 to 20 Hz), because the
  published ones add up to 1, which leaves nothing for the run-up and the end below them;
* the unit of Fig. 3 is not stated, so magnitudes are in a unit of which the two bands below 0.2 Hz
  hold as much as published. It is a unit of its own: amplitudes on the axis of Fig. 1 that hold the
  published shares of energy would be several times larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from powermodel.indicators import bands, welch
from powermodel.indicators.spectrum import Spectrum
from powermodel.scenario import Scenario
from powermodel_datasets import load

Series = npt.NDArray[np.float64]

PUBLISHED = load("published", "arxiv-2508.14318")
BANDS_HZ = [PUBLISHED[f"energy_share_{n}"].band or (0.0, 0.0) for n in range(1, 6)]
STEADY_S = (26.0, 192.0)
"""Steady part of the record."""
GUARD_S = 1.0
HALF = 0.5  # of the axis: between plateau and either dip
BIN_S = 1.0


def axis_unit_w(scenario: Scenario) -> float:
    """Return the power in W that is 1 on the paper's axis."""
    [job] = scenario.jobs
    tdp_w = job.accelerators * scenario.accelerator_of(job).tdp_w
    return tdp_w / PUBLISHED["tdp_level"].value


def moving_mean(series: Series, points: int) -> Series:
    """Return the mean over `points` successive samples, at every sample where there are so many."""
    total = np.concatenate(([0.0], np.cumsum(series)))
    return (total[points:] - total[:-points]) / points


@dataclass(frozen=True)
class Observed:
    """A record in axis units, seen as the paper saw its own."""

    power: Series
    """The simulated power, axis units."""
    dt_s: float

    @cached_property
    def interval(self) -> int:
        """Samples that one point of the observer averages."""
        return round(1.0 / (PUBLISHED["sampling_rate"].value * self.dt_s))

    @cached_property
    def smooth(self) -> Series:
        """What the observer would read, at every sample of ours."""
        return moving_mean(self.power, self.interval)

    @cached_property
    def sampled(self) -> Series:
        """What the observer records: one mean of every interval."""
        whole = self.power.size // self.interval * self.interval
        return self.power[:whole].reshape(-1, self.interval).mean(axis=1)

    @cached_property
    def mean_record(self) -> float:
        return float(self.power.mean())

    @cached_property
    def mean_steady(self) -> float:
        first, last = (round(edge / self.dt_s) for edge in STEADY_S)
        return float(self.power[first:last].mean())

    @cached_property
    def maximum(self) -> float:
        """Largest point of Fig. 1, axis units."""
        width = round(PUBLISHED["point_spacing"].value / self.dt_s)
        whole = self.power.size // width * width
        return float(self.power[:whole].reshape(-1, width).mean(axis=1).max())

    # Cycles.

    @cached_property
    def _dips(self) -> list[tuple[int, int]]:
        """First and last sample of every dip that begins in the steady part, seen over 0.2 s."""
        coarse = moving_mean(self.power, round(0.2 / self.dt_s))
        crossings = [int(k) for k in np.flatnonzero(np.diff((coarse < HALF).astype(np.int8))) + 1]
        first, last = (round(edge / self.dt_s) for edge in STEADY_S)
        between = pairwise(crossings)
        return [(a, b) for a, b in between if coarse[a] < HALF and first <= a < last]

    @cached_property
    def _main(self) -> list[tuple[int, int]]:
        middle = PUBLISHED["second_event_before_next"].value / 2 / self.dt_s
        return [(a, b) for a, b in self._dips if b - a > middle]

    @cached_property
    def starts_s(self) -> Series:
        """Beginnings of the cycles, s."""
        return np.array([a for a, _ in self._main]) * self.dt_s

    @cached_property
    def period_s(self) -> float:
        return float(np.diff(self.starts_s).mean())

    @cached_property
    def cycle_jitter_s(self) -> float:
        """Standard deviation of the cycles, s."""
        return float(np.diff(self.starts_s).std(ddof=1))

    @cached_property
    def second_events_s(self) -> tuple[float, float]:
        """Mean time from a cycle's start to its second dip, and from there to the next start, s."""
        second = np.array([a for a, b in self._dips if (a, b) not in self._main]) * self.dt_s
        pairs = [
            (t - s, e - t)
            for s, e in zip(self.starts_s[:-1], self.starts_s[1:], strict=True)
            for t in second[(second > s) & (second < e)]
        ]
        after, before = np.mean(pairs, axis=0)
        return float(after), float(before)

    @cached_property
    def cycles(self) -> Series:
        """Cycles cut at their beginnings, (cycle, sample)."""
        length = round(self.period_s / self.dt_s)
        starts = [a for a, _ in self._main[:-1]]
        return np.stack([self.smooth[a : a + length] for a in starts])

    @cached_property
    def quiet(self) -> npt.NDArray[np.bool_]:
        """Which samples of a cycle are far from every edge of every cycle."""
        cycles = self.cycles
        near = np.zeros(cycles.shape[1], bool)
        guard = round(GUARD_S / self.dt_s)
        edges = [edge for dip in self._dips for edge in dip]
        for start, _ in self._main[:-1]:
            for edge in edges:
                near[max(edge - start - guard, 0) : max(edge - start + guard, 0)] = True
        return ~near

    @cached_property
    def levels(self) -> tuple[float, float, float]:
        """Trough, lowest and highest plateau of the mean cycle, in bins of 1 s."""
        mean, width = self.cycles.mean(axis=0), round(BIN_S / self.dt_s)
        whole = mean.size // width * width
        bins = mean[:whole].reshape(-1, width).mean(axis=1)
        inner = self.quiet[:whole].reshape(-1, width).all(axis=1)
        plateau = bins[inner & (bins > HALF)]
        return float(bins.min()), float(plateau.min()), float(plateau.max())

    # Residual.

    @cached_property
    def residual(self) -> Series:
        """What is left of each cycle, (cycle, sample), nan near the edges."""
        left = self.cycles - self.cycles.mean(axis=0)
        return np.where(self.quiet, left, np.nan)

    @cached_property
    def residual_sigma(self) -> float:
        # The mean of n cycles holds 1/n of the residual's variance.
        n = self.residual.shape[0]
        return float(np.sqrt(np.nanmean(self.residual**2) * n / (n - 1)))

    def residual_autocorrelation(self, lag_s: float) -> float:
        lag = round(lag_s / self.dt_s)
        left = self.residual
        together = np.nanmean(left[:, lag:] * left[:, :-lag])
        return float(together / np.nanmean(left**2))

    # Spectrum.

    @cached_property
    def spectrum(self) -> Spectrum:
        return welch(self.sampled, self.interval * self.dt_s, window="boxcar")

    def line_frequency_hz(self, near_hz: float) -> float:
        """Return where the spectrum is highest within half a line distance, Hz."""
        frequency = self.spectrum.frequency_hz
        window = np.abs(frequency - near_hz) < 0.5 / PUBLISHED["main_period"].value
        top = int(np.argmax(np.where(window, self.spectrum.amplitude_w, 0.0)))
        return float(frequency[top])

    def line_amplitude(self, order: int) -> float:
        """Return the amplitude of a harmonic over whole cycles, axis units."""
        first, last = self._main[0][0], self._main[-1][0]
        whole, cycles = self.smooth[first:last], len(self._main) - 1
        return float(np.abs(np.fft.rfft(whole)[order * cycles]) * 2 / whole.size)

    @cached_property
    def energy_shares(self) -> Series:
        share = np.array([band.energy_share for band in bands(self.spectrum, BANDS_HZ)])
        return share / share.sum()

    @cached_property
    def amplitude_sums(self) -> Series:
        """Sums of amplitudes (peak) in the five bands, axis units."""
        return np.array([band.magnitude_sum_w for band in bands(self.spectrum, BANDS_HZ)])

    @cached_property
    def magnitude_unit(self) -> float:
        """Amplitude on the axis of Fig. 1 that is taken as 1 in Fig. 3."""
        published = sum(PUBLISHED[f"magnitude_sum_{n}"].value for n in (1, 2))
        return float(self.amplitude_sums[:2].sum() / published)

    @cached_property
    def magnitude_sums(self) -> Series:
        return self.amplitude_sums / self.magnitude_unit
