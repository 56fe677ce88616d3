# SPDX-License-Identifier: Apache-2.0
"""What a flickermeter settles before the first sample: filters, interval, what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from powermodel.indicators.flicker_filters import EDITION, Filters, filters_of, lamp_of
from powermodel.indicators.inputs import IndicatorError, NotAssessedError, checked_dt

Source: TypeAlias = Literal["envelope", "waveform"]

INTERVAL_S = 600.0
"""Observation time of one Pst."""
_START_S = 1.0
_KEPT_HZ = 1000.0


@dataclass(frozen=True, slots=True)
class Flickermeter:
    """Which flickermeter measures. Refuses a lamp that belongs to other mains.

    Parameters
    ----------
    mains_hz : float
        Nominal frequency of the mains [Hz]: 50 or 60.
    lamp : str, optional
        Reference lamp: ``"230 V"`` at 50 Hz, ``"120 V"`` at 60 Hz, which is also what is taken
        when it is left out. Where the low voltage is another, the pair is named in full:
        ``"230 V/60 Hz"`` or ``"120 V/50 Hz"``.
    source : {"envelope", "waveform"}
        What the samples are: the RMS envelope of the voltage, or the voltage itself.
    interval_s : float
        Observation time of one Pst [s]; 600 s by the standard.
    """

    mains_hz: float
    lamp: str | None = None
    source: Source = "envelope"
    interval_s: float = INTERVAL_S

    def __post_init__(self) -> None:
        lamp_of(self.mains_hz, self.lamp)
        if self.source not in ("envelope", "waveform"):
            raise IndicatorError(
                f"unknown source of flicker {self.source!r}",
                where="source",
                hint="one of: 'envelope', 'waveform'",
            )

    @property
    def reference(self) -> str:
        """Lamp that is measured with: ``"230 V"`` or ``"120 V"``."""
        return lamp_of(self.mains_hz, self.lamp)

    def describe(self) -> str:
        """Say lamp and mains."""
        return f"{self.reference} lamp, {self.mains_hz:g} Hz"


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


def plan_of(meter: Flickermeter, dt_s: float) -> Plan:
    """Plan a measurement.

    Parameters
    ----------
    meter : Flickermeter
        Which one.
    dt_s : float
        Time between samples [s].
    """
    mains_hz, interval_s = float(meter.mains_hz), meter.interval_s
    filters = filters_of(meter.reference, mains_hz, checked_dt(dt_s), meter.source)
    stride = max(1, int(1.0 / dt_s // _KEPT_HZ))
    wanted = round(interval_s / dt_s / stride)
    if wanted < 1000:
        raise IndicatorError(f"expected an interval of at least 1000 values, got {interval_s:g} s")
    parameters = {
        "edition": EDITION,
        "lamp": meter.reference,
        "mains_hz": mains_hz,
        "source": meter.source,
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
