# SPDX-License-Identifier: Apache-2.0
"""What a limit can be set on: each measure by its words, with its definition and its function.

A measure maps words on an indicator; it computes nothing of its own. A new measure is a new row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from powermodel.indicators.frequency_bands import (
    ENERGY_DEFINITION,
    MAGNITUDE_DEFINITION,
    RMS_DEFINITION,
    BandContent,
    band_of,
)
from powermodel.indicators.inputs import NotAssessedError
from powermodel.indicators.power_levels import Levels
from powermodel.indicators.power_ramps import DEFINITIONS, Definition
from powermodel.indicators.spectral_lines import lines_of
from powermodel.limits.record import PowerRecord

Arguments: TypeAlias = tuple[float, ...]
"""Nothing, a window (s,), or the edges of a band (Hz, Hz)."""

Takes: TypeAlias = Literal["nothing", "window", "band"]


class Found(NamedTuple):
    """A measured value, in the unit of its measure, and when it happened [s after the start]."""

    value: float
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that a limit can be set on.

    Parameters
    ----------
    words : str
        How a limit calls it: ``"ramp up"``.
    takes : {"nothing", "window", "band"}
        What follows the words.
    unit : str
        ``"W"`` or ``"1"``.
    definition : str
        What exactly is measured.
    of : callable
        ``of(record, arguments)`` measures.
    """

    words: str
    takes: Takes
    unit: str
    definition: str
    of: Callable[[PowerRecord, Arguments], Found]


def _level(
    value: Callable[[Levels], float],
    at: Callable[[Levels], float] | None,
    record: PowerRecord,
    _: Arguments,
) -> Found:
    levels = record.levels
    return Found(value(levels), None if at is None else at(levels))


def _ramp(
    definition: Definition, direction: str, record: PowerRecord, arguments: Arguments
) -> Found:
    found = record.ramp(arguments[0], definition)
    if direction == "up":
        return Found(found.up_w, found.up_at_s)
    if direction == "down":
        return Found(-found.down_w, found.down_at_s)
    return Found(found.largest_w, found.largest_at_s)


def _band(
    value: Callable[[BandContent], float], record: PowerRecord, arguments: Arguments
) -> Found:
    lo_hz, hi_hz = arguments
    try:
        return Found(value(band_of(record.plain_spectrum, lo_hz, hi_hz)))
    except NotAssessedError:
        # A power that does not vary has no shares, but it keeps every limit on variation.
        if record.levels.dynamic_range_w == 0.0:
            return Found(0.0)
        raise


def _line(record: PowerRecord, _: Arguments) -> Found:
    found = lines_of(record.hann_spectrum, 1)
    return Found(found[0].amplitude_w if found else 0.0)


def _levels() -> list[Measure]:
    rows: tuple[tuple[str, str, str, Callable[[Levels], float], str | None], ...] = (
        ("peak", "W", "largest sample", lambda f: f.peak_w, "peak_at_s"),
        ("minimum", "W", "smallest sample", lambda f: f.minimum_w, "minimum_at_s"),
        ("mean", "W", "sum of the samples divided by their number", lambda f: f.mean_w, None),
        ("range", "W", "largest minus smallest sample", lambda f: f.dynamic_range_w, None),
        (
            "standard deviation",
            "W",
            "root mean square of the samples minus the mean",
            lambda f: f.std_w,
            None,
        ),
        ("peak to mean", "1", "largest sample divided by the mean", lambda f: f.peak_to_mean, None),
    )
    return [
        Measure(words, "nothing", unit, definition, partial(_level, value, _getter(at)))
        for words, unit, definition, value, at in rows
    ]


def _getter(name: str | None) -> Callable[[Levels], float] | None:
    return None if name is None else lambda found: float(getattr(found, name))


def _ramps() -> list[Measure]:
    rows: tuple[tuple[str, Definition], ...] = (("ramp", "endpoint"), ("mean ramp", "block-mean"))
    extremes = {
        "": "largest change, upwards or downwards",
        "up": "largest increase",
        "down": "largest decrease",
    }
    found = [
        Measure(
            f"{words} {direction}".strip(),
            "window",
            "W",
            f"{extreme}: {DEFINITIONS[definition]}",
            partial(_ramp, definition, direction),
        )
        for words, definition in rows
        for direction, extreme in extremes.items()
    ]
    rolling = f"largest swing: {DEFINITIONS['peak-to-peak']}"
    found.append(
        Measure("rolling range", "window", "W", rolling, partial(_ramp, "peak-to-peak", ""))
    )
    return found


def _bands() -> list[Measure]:
    rows: tuple[tuple[str, str, str, Callable[[BandContent], float]], ...] = (
        ("band", "W", RMS_DEFINITION, lambda content: content.rms_w),
        ("band energy share", "1", ENERGY_DEFINITION, lambda content: content.energy_share),
        ("band magnitude sum", "W", MAGNITUDE_DEFINITION, lambda content: content.magnitude_sum_w),
    )
    return [
        Measure(words, "band", unit, definition, partial(_band, value))
        for words, unit, definition, value in rows
    ]


_LINE = Measure(
    "line",
    "nothing",
    "W",
    "amplitude (peak) of the sine at the strongest line of the spectrum, Hann window",
    _line,
)

MEASURES: dict[str, Measure] = {
    measure.words: measure for measure in (*_levels(), *_ramps(), *_bands(), _LINE)
}
"""Every measure by its words."""

ALIASES: dict[str, str] = {
    "max": "peak",
    "maximum": "peak",
    "min": "minimum",
    "dynamic range": "range",
    "swing": "rolling range",
    "band rms": "band",
    "std": "standard deviation",
    "peak-to-mean": "peak to mean",
}
"""Other words for the same measures."""
