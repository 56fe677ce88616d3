# SPDX-License-Identifier: Apache-2.0
"""What a flickermeter settles before the first sample: filters, interval, what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from powermodel.indicators.flicker_filters import EDITION, Filters, checked_lamp, filters_of
from powermodel.indicators.inputs import IndicatorError, NotAssessedError, checked_dt

Source: TypeAlias = Literal["envelope", "waveform"]

_START_S = 1.0
_KEPT_HZ = 1000.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Choices of one measurement.

    Parameters
    ----------
    filters : Filters
        Blocks 1 to 4.
    dt_s, interval_s : float
        Time between samples and observation time of one Pst [s].
    first : int
        Samples that set the gain at the start.
    stride : int
        Every so many samples one value of the sensation is kept for Pst.
    wanted : int
        Kept values of an interval.
    parameters : dict
        What a reader needs to repeat it.
    """

    filters: Filters
    dt_s: float
    interval_s: float
    first: int
    stride: int
    wanted: int
    parameters: dict[str, Any]


def plan_of(dt_s: float, *, lamp: str, mains_hz: float, source: Source, interval_s: float) -> Plan:
    """Plan a measurement, see `powermodel.indicators.flicker.flicker`.

    Parameters
    ----------
    dt_s : float
        Time between samples [s].
    lamp, mains_hz, source, interval_s
        See there.
    """
    if source not in ("envelope", "waveform"):
        raise IndicatorError(
            f"unknown source of flicker {source!r}", hint="one of: 'envelope', 'waveform'"
        )
    checked_lamp(lamp, mains_hz)
    filters = filters_of(lamp, mains_hz, checked_dt(dt_s), source)
    stride = max(1, int(1.0 / dt_s // _KEPT_HZ))
    wanted = round(interval_s / dt_s / stride)
    if wanted < 1000:
        raise IndicatorError(f"expected an interval of at least 1000 values, got {interval_s:g} s")
    parameters = {
        "edition": EDITION,
        "lamp": lamp,
        "mains_hz": mains_hz,
        "source": source,
        "interval_s": interval_s,
        "dt_s": dt_s,
    }
    return Plan(filters, dt_s, interval_s, round(_START_S / dt_s), stride, wanted, parameters)


def check_voltage(least: float, where: str) -> None:
    """Refuse a voltage that vanishes, as the gain control would divide by it.

    Parameters
    ----------
    least : float
        Smallest mean square.
    where : str
        Over which time.
    """
    if not least > 0:
        raise NotAssessedError(f"flicker needs a voltage above 0 {where}")
