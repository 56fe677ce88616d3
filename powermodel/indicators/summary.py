# SPDX-License-Identifier: Apache-2.0
"""All indicators of one series in one pass over its blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy.typing as npt

from powermodel.indicators.frequency_bands import (
    ENERGY_DEFINITION,
    GRID_BANDS_HZ,
    MAGNITUDE_DEFINITION,
    Band,
    band_of,
    bins_in,
)
from powermodel.indicators.indicator import Indicator, Summary, span
from powermodel.indicators.inputs import (
    IndicatorError,
    NotAssessedError,
    checked_band,
    checked_dt,
    checked_power,
    checked_record,
)
from powermodel.indicators.power_levels import Levels, levels_statistic
from powermodel.indicators.power_ramps import DEFINITIONS, Definition, ramp_statistic
from powermodel.indicators.segments import cut
from powermodel.indicators.spectral_lines import lines_of
from powermodel.indicators.spectrum import Spectrum, welch_statistic
from powermodel.indicators.statistic import Statistic

WINDOWS_S: tuple[float, ...] = (0.02, 1.0, 60.0)
"""Windows of the ramps [s]: a mains cycle, a second, a minute."""

_LEVELS: tuple[tuple[str, str, str], ...] = (
    ("peak", "W", "largest sample"),
    ("mean", "W", "sum of the samples divided by their number"),
    ("minimum", "W", "smallest sample"),
    ("dynamic_range", "W", "peak minus minimum"),
    ("standard_deviation", "W", "root mean square of the samples minus the mean"),
    ("peak_to_mean", "1", "peak divided by mean"),
    ("energy", "J", "sum of the samples times the step: each stands for the step it opens"),
)

_LINE_DEFINITION = "amplitude (peak) of the sine at one of the strongest lines of the spectrum"


@dataclass
class _Answers:
    """Results by key, and for the keys without one the reason."""

    results: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def attempt(self, key: str, make: Callable[[], Any]) -> None:
        try:
            self.results[key] = make()
        except NotAssessedError as error:
            self.reasons[key] = error.message


def summarize(
    power_w: npt.ArrayLike,
    dt_s: float,
    *,
    windows_s: Iterable[float] = WINDOWS_S,
    bands_hz: Iterable[Band] = GRID_BANDS_HZ,
    lines: int = 3,
) -> Summary:
    """All indicators of a record.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    windows_s : iterable of float
        Windows of the ramps [s].
    bands_hz : iterable of (float, float)
        Bands [Hz].
    lines : int
        How many of the strongest lines.
    """
    series = checked_record(power_w)
    return summarize_blocks(
        [series], series.size, dt_s, windows_s=windows_s, bands_hz=bands_hz, lines=lines
    )


def summarize_blocks(
    blocks: Iterable[npt.ArrayLike],
    samples: int,
    dt_s: float,
    *,
    windows_s: Iterable[float] = WINDOWS_S,
    bands_hz: Iterable[Band] = GRID_BANDS_HZ,
    lines: int = 3,
    begin_s: float = 0.0,
    point: str | None = None,
) -> Summary:
    """All indicators of a record that comes in blocks, in the memory of one block and one segment.

    Parameters
    ----------
    blocks : iterable of array_like
        Power [W], in the order of time, of any sizes.
    samples : int
        Length of the whole record.
    dt_s : float
        Time between samples [s].
    windows_s, bands_hz, lines
        See `summarize`.
    begin_s : float
        Time of the first sample [s].
    point : str, optional
        Where the power was taken, such as ``"poi"``.
    """
    running = SummaryStream(
        samples, dt_s, windows_s=windows_s, bands_hz=bands_hz, lines=lines, begin_s=begin_s,
        point=point,
    )  # fmt: skip
    for block in blocks:
        running.update(block)
    return running.finish()


class SummaryStream:
    """All indicators of a record that is handed over block by block.

    Parameters are those of `summarize_blocks`.
    """

    def __init__(
        self,
        samples: int,
        dt_s: float,
        *,
        windows_s: Iterable[float] = WINDOWS_S,
        bands_hz: Iterable[Band] = GRID_BANDS_HZ,
        lines: int = 3,
        begin_s: float = 0.0,
        point: str | None = None,
    ) -> None:
        checked_dt(dt_s)
        self._samples, self._dt_s, self._lines = samples, dt_s, lines
        self._begin_s, self._point = begin_s, point
        self._windows_s = tuple(windows_s)
        self._bands_hz = tuple(checked_band(*edges) for edges in bands_hz)
        self._answers = _plan(samples, dt_s, self._windows_s)
        self._states = {key: one.init(0) for key, one in self._answers.results.items()}
        self._seen = 0

    def update(self, block: npt.ArrayLike) -> None:
        """Take in the samples [W] that follow."""
        power_w = checked_power(block, first_sample=self._seen)
        if power_w.size == 0:
            return
        self._seen += power_w.size
        for key, statistic in self._answers.results.items():
            self._states[key] = statistic.update(self._states[key], power_w)

    def state(self) -> dict[str, Any]:
        """Return what the stream remembers, as records."""
        return {"seen": self._seen, "states": dict(self._states)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` of a stream of the same record returned."""
        self._seen, self._states = state["seen"], dict(state["states"])

    def finish(self) -> Summary:
        """Return the indicators of the whole record."""
        if self._seen == 0:
            raise IndicatorError("expected a power series, got one without samples")
        if self._seen != self._samples:
            raise IndicatorError(f"expected a record of {self._samples} samples, got {self._seen}")
        answers = _Answers(reasons=dict(self._answers.reasons))
        for key, statistic in self._answers.results.items():
            answers.attempt(key, partial(statistic.finish, self._states[key]))
        begin_s = self._begin_s
        found = [*_levels(answers.results["levels"], begin_s)]
        found += _ramps(answers, self._windows_s, begin_s)
        found += [item for edges in self._bands_hz for item in _band(answers, edges)]
        found += _lines(answers, self._lines)
        series = {
            "point": self._point,
            "samples": self._samples,
            "dt_s": self._dt_s,
            "begin_s": begin_s,
            "duration_s": round(self._samples * self._dt_s, 9),
        }
        return Summary(tuple(found), series)


def _plan(samples: int, dt_s: float, windows_s: tuple[float, ...]) -> _Answers:
    """Choose the statistics; what cannot be planned has its reason already."""
    planned = _Answers()
    planned.attempt("levels", lambda: levels_statistic(dt_s))
    for window_s in windows_s:
        for definition in ("endpoint", "peak-to-peak"):
            key = _ramp_key(window_s, definition)
            planned.attempt(key, partial(ramp_statistic, dt_s, window_s, definition))
    for window in ("boxcar", "hann"):
        planned.attempt(window, partial(_welch, samples, dt_s, window))
    return planned


def _welch(samples: int, dt_s: float, window: str) -> Statistic[Any, Spectrum]:
    return welch_statistic(cut(samples, dt_s, window=window))


def _ramp_key(window_s: float, definition: str) -> str:
    return f"{definition} {window_s!r}"


def _levels(found: Levels, begin_s: float) -> Iterator[Indicator]:
    values: dict[str, float | None] = {
        "peak": found.peak_w,
        "mean": found.mean_w,
        "minimum": found.minimum_w,
        "dynamic_range": found.dynamic_range_w,
        "standard_deviation": found.std_w,
        "energy": found.energy_j,
    }
    times = {"peak": begin_s + found.peak_at_s, "minimum": begin_s + found.minimum_at_s}
    reasons = {}
    try:
        values["peak_to_mean"] = found.peak_to_mean
    except NotAssessedError as error:
        reasons["peak_to_mean"] = error.message
    for name, unit, definition in _LEVELS:
        yield Indicator(
            name,
            values.get(name),
            unit,
            definition,
            at_s=times.get(name),
            reason=reasons.get(name),
        )


def _ramps(answers: _Answers, windows_s: tuple[float, ...], begin_s: float) -> Iterator[Indicator]:
    kinds: tuple[tuple[str, Definition, str], ...] = (
        ("ramp_up", "endpoint", "largest increase: "),
        ("ramp_down", "endpoint", "largest decrease: "),
        ("swing", "peak-to-peak", "largest swing: "),
    )
    for window_s in windows_s:
        for kind, definition, extreme in kinds:
            key = _ramp_key(window_s, definition)
            found = answers.results.get(key)
            value, at_s = None, None
            if found is not None:
                down = kind == "ramp_down"
                value = found.down_w if down else found.up_w
                at_s = round(begin_s + (found.down_at_s if down else found.up_at_s), 9)
            yield Indicator(
                name=f"{kind}[{span(window_s)}]",
                value=value,
                unit="W",
                definition=extreme + DEFINITIONS[definition],
                parameters={
                    "window_s": window_s,
                    "definition": definition,
                    "at": "start of the window",
                },
                at_s=at_s,
                reason=answers.reasons.get(key),
            )


def _band(answers: _Answers, edges_hz: Band) -> Iterator[Indicator]:
    lo_hz, hi_hz = edges_hz
    spectrum: Spectrum | None = answers.results.get("boxcar")
    energy, magnitude_w, reason = None, None, answers.reasons.get("boxcar")
    parameters: dict[str, Any] = {"lower_hz": lo_hz, "upper_hz": hi_hz}
    if spectrum is not None:
        try:
            inside = bins_in(spectrum, lo_hz, hi_hz)
            parameters["bins"] = inside.stop - inside.start
            content = band_of(spectrum, lo_hz, hi_hz)
            energy, magnitude_w = content.energy_share, content.magnitude_sum_w
        except NotAssessedError as error:
            reason = error.message
        parameters |= spectrum.segments.parameters()
    name = f"{lo_hz:g}-{hi_hz:g} Hz" if lo_hz > 0 else f"below {hi_hz:g} Hz"
    yield Indicator(
        f"energy_share[{name}]", energy, "1", ENERGY_DEFINITION, parameters, reason=reason
    )
    yield Indicator(
        f"magnitude_sum[{name}]", magnitude_w, "W", MAGNITUDE_DEFINITION, parameters, reason=reason
    )


def _lines(answers: _Answers, count: int) -> Iterator[Indicator]:
    if count == 0:
        return
    spectrum: Spectrum | None = answers.results.get("hann")
    found = lines_of(spectrum, count) if spectrum is not None else []
    if not found:
        reason = answers.reasons.get("hann", "the power has no line above rounding")
        yield Indicator("line[1]", None, "W", _LINE_DEFINITION, reason=reason)
    for number, line in enumerate(found, start=1):
        yield Indicator(
            f"line[{number}]",
            line.amplitude_w,
            "W",
            _LINE_DEFINITION,
            {"frequency_hz": line.frequency_hz} | line.parameters,
        )
