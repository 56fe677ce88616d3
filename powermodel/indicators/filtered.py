# SPDX-License-Identifier: Apache-2.0
"""Statistics of a power behind a filter or a law, streamed like those of the power itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from powermodel.indicators.inputs import (
    FloatArray,
    NotAssessedError,
    checked_band,
    checked_dt,
)
from powermodel.indicators.statistic import Statistic, not_merged
from powermodel.indicators.window_means import MeansState, window_means

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class BandPass:
    """A causal Butterworth band-pass; published rules name neither family, order nor phase.

    Parameters
    ----------
    lo_hz, hi_hz : float
        Its -3 dB edges [Hz].
    order : int
        Order at each edge.
    settle_s : float
        What is left out at the start [s]. The filter starts at rest at the first sample.
    """

    lo_hz: float
    hi_hz: float
    order: int
    settle_s: float

    def sections(self, dt_s: float) -> FloatArray:
        """Design the filter for a step, as second-order sections."""
        from scipy import signal

        checked_band(self.lo_hz, self.hi_hz)
        if self.hi_hz * checked_dt(dt_s) >= 0.5:
            raise NotAssessedError(
                f"a filter up to {self.hi_hz:g} Hz needs a step below {0.5 / self.hi_hz:g} s,"
                f" got {dt_s:g} s",
                hint="run with a smaller dt",
            )
        sections: FloatArray = signal.butter(
            self.order, (self.lo_hz, self.hi_hz), "bandpass", fs=1 / dt_s, output="sos"
        )
        return sections

    def describe(self) -> str:
        """Say it in words."""
        return (
            f"Butterworth band-pass {self.lo_hz:g} to {self.hi_hz:g} Hz, order {self.order} at"
            f" each edge, causal, first {self.settle_s:g} s left out"
        )


@dataclass(frozen=True, slots=True)
class FilteredState:
    """Memory of the filter, samples seen, and the state of what looks at its output."""

    inner: Any
    seen: int = 0
    memory: FloatArray | None = None


def filtered(
    inner: Statistic[Any, R], band_pass: BandPass, dt_s: float
) -> Statistic[FilteredState, R]:
    """Put a filter before a statistic. Times in the result count from the end of the settling.

    Parameters
    ----------
    inner : Statistic
        What looks at the filtered power.
    band_pass : BandPass
        The filter.
    dt_s : float
        Time between samples [s].
    """
    from scipy import signal

    sections = band_pass.sections(dt_s)
    settle = round(band_pass.settle_s / dt_s)

    def update(state: FilteredState, block: FloatArray) -> FilteredState:
        if block.size == 0:
            return state
        memory = state.memory
        if memory is None:
            memory = signal.sosfilt_zi(sections) * block[0]
        out, memory = signal.sosfilt(sections, block, zi=memory)
        counted = out[max(settle - state.seen, 0) :]
        inner_state = inner.update(state.inner, counted) if counted.size else state.inner
        return FilteredState(inner_state, state.seen + block.size, memory)

    return Statistic(
        init=lambda start: FilteredState(inner.init(start)),
        update=update,
        merge=not_merged,
        finish=lambda state: inner.finish(state.inner),
    )


def mapped(inner: Statistic[Any, R], law: Callable[[FloatArray], FloatArray]) -> Statistic[Any, R]:
    """Put a law without memory before a statistic.

    Parameters
    ----------
    inner : Statistic
        What looks at the outcome.
    law : callable
        From power [W] to what the statistic looks at, sample by sample.
    """
    return Statistic(
        init=inner.init,
        update=lambda state, block: inner.update(state, law(block)) if block.size else state,
        merge=inner.merge,
        finish=inner.finish,
    )


def mean_ramp_percentile(steps: int, share: float) -> Statistic[MeansState, float]:
    """Percentile of the magnitudes of the differences of adjacent means [W].

    Parameters
    ----------
    steps : int
        Samples of a mean; the first one starts with the record.
    share : float
        Which percentile, from 0 to 1.
    """
    inner = window_means(steps)

    def finish(state: MeansState) -> float:
        means = inner.finish(state)
        if means.size < 2 or (means.size - 1) * (1 - share) < 1:
            raise NotAssessedError(
                f"the {share:.0%} value of the changes of means needs at least"
                f" {2 + int(1 / max(1 - share, 1e-9))} means of {steps} samples, got {means.size}",
                hint="run for longer",
            )
        return float(np.quantile(np.abs(np.diff(means)), share))

    return Statistic(inner.init, inner.update, inner.merge, finish)
