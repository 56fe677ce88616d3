# SPDX-License-Identifier: Apache-2.0
"""What a planner's tool must be told beside the samples: units, bases, frequency, time origin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from powermodel.exporters.errors import ExportError

MAINS_HZ = (50.0, 60.0)

_CURES = {
    "mains_hz": "give the mains frequency: --mains 60",
    "voltage_v": "give the nominal voltage at the POI: --voltage 345kV",
    "base_va": "give the system base of the case: --base 100MVA",
    "power_factor": "give the displacement power factor: --power-factor 0.98",
    "start": "give the time of the first sample: --start 2026-01-01T00:00:00+00:00",
    "accelerators": "give the number of accelerators: --accelerators 100000",
    "tolerance_w": "declare how much may be lost: --tolerance 20kW, or use --format comtrade",
}


@dataclass(frozen=True, slots=True)
class Basis:
    """What the samples do not say. Every field is optional until a format needs it.

    Parameters
    ----------
    mains_hz : float, optional
        Nominal frequency of the series: 50 or 60 Hz.
    case_hz : float, optional
        Nominal frequency of the case that the series will be played into.
    voltage_v : float, optional
        Nominal line-to-line voltage at the POI [V].
    base_va : float, optional
        System base of the case [VA].
    power_factor : float, optional
        Displacement power factor of the load, lagging; without it there is no reactive power.
    start : datetime, optional
        Time of the first sample, with its time zone.
    accelerators : int, optional
        Accelerators behind the POI.
    tdp_w : float, optional
        Thermal design power of one [W]: a net for slipped units.
    tolerance_w : float, optional
        Largest step that a format may round to [W].
    opendss_mode : str
        Solution mode that the OpenDSS snippet is for.
    repeat : bool
        Whether a shorter record may be repeated to fill a year.
    """

    mains_hz: float | None = None
    case_hz: float | None = None
    voltage_v: float | None = None
    base_va: float | None = None
    power_factor: float | None = None
    start: datetime | None = None
    accelerators: int | None = None
    tdp_w: float | None = None
    tolerance_w: float | None = None
    opendss_mode: str = "duty"
    repeat: bool = False

    def __post_init__(self) -> None:
        for name in ("voltage_v", "base_va", "accelerators", "tdp_w", "tolerance_w"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ExportError(f"expected a value above 0, got {value:g}", where=name)
        for name in ("mains_hz", "case_hz"):
            value = getattr(self, name)
            if value is not None and value not in MAINS_HZ:
                raise ExportError(f"expected 50 or 60 Hz, got {value:g} Hz", where=name)
        if None not in (self.mains_hz, self.case_hz) and self.mains_hz != self.case_hz:
            raise ExportError(
                f"the case runs at {self.case_hz:g} Hz, the series is for {self.mains_hz:g} Hz",
                where="case_hz",
                hint="choose a case of the same frequency, or simulate the site for the other one",
            )
        factor = self.power_factor
        if factor is not None and not 0 < factor <= 1:
            raise ExportError(
                f"expected a power factor above 0 and up to 1, got {factor:g}", where="power_factor"
            )
        if self.start is not None and self.start.tzinfo is None:
            raise ExportError(
                f"expected a time with its zone, got {self.start.isoformat()}",
                where="start",
                hint="such as 2026-01-01T00:00:00+00:00",
            )

    def need(self, *names: str, by: str) -> None:
        """Refuse to go on without what a format needs.

        Parameters
        ----------
        *names : str
            Fields of the basis.
        by : str
            Name of the format, for the message.
        """
        for name in names:
            if getattr(self, name) is None:
                raise ExportError(f"{by} needs {name!r}", where=name, hint=_CURES[name])

    @property
    def start_utc(self) -> datetime:
        """Time of the first sample in UTC."""
        if self.start is None:
            raise ExportError(
                "missing time of the first sample", where="start", hint=_CURES["start"]
            )
        return self.start.astimezone(UTC)

    @property
    def reactive_ratio(self) -> float | None:
        """Q / P, where the power factor is known."""
        if self.power_factor is None:
            return None
        return math.sqrt(1 / self.power_factor**2 - 1)
