# SPDX-License-Identifier: Apache-2.0
"""Options of the verbs for planners: the grid at the POI, and what tools must be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.options import Flag
from powermodel.cli.terminal import print_note

if TYPE_CHECKING:
    from datetime import datetime

    import xarray as xr

    from powermodel.exporters import Basis
    from powermodel.indicators.voltage import Grid
    from powermodel.limits.rule_measures import Site

Named = Annotated[list[str] | None, Parameter(negative="")]
"""A name or a file, any number of times."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Mains:
    """What both rules and tools must know.

    Parameters
    ----------
    mains : float
        Nominal frequency of the mains: 50 or 60.
    power_factor : float
        Displacement power factor of the load; without it no reactive power is written.
    """

    mains: float | None = None
    power_factor: float | None = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Poi(Mains):
    """What rules must know of the point of interconnection.

    Parameters
    ----------
    rated : str
        Rated or contracted power, the base of limits in percent: "1 GW".
    short_circuit : str
        Short-circuit power of the grid at the POI, for voltage and flicker: "10 GVA".
    x_over_r : float
        X/R of that grid.
    lamp : str
        Reference lamp of flicker, by default the one of the mains; where the low voltage is
        another, the pair: "230 V/60 Hz".
    """

    rated: str | None = None
    short_circuit: str | None = None
    x_over_r: float | None = None
    lamp: str | None = None

    def site(self, *, for_files: bool = False) -> Site:
        """Return what was typed, as rules take it.

        Parameters
        ----------
        for_files : bool
            Whether a power factor alone makes sense: it then is one of the files.
        """
        from powermodel.limits.rule_measures import Site

        return Site(
            rated_w=_optional(self.rated, "W"),
            grid=self._grid(for_files),
            mains_hz=self.mains,
            lamp=self.lamp,
        )

    def _grid(self, for_files: bool) -> Grid | None:
        from powermodel.indicators.voltage import Grid
        from powermodel.units import quantity

        given = {
            "--short-circuit": self.short_circuit,
            "--x-over-r": self.x_over_r,
            "--power-factor": self.power_factor,
        }
        asked = [name for name, value in given.items() if value is not None]
        if not asked or (for_files and asked == ["--power-factor"]):
            return None
        if self.short_circuit is None or self.x_over_r is None or self.power_factor is None:
            raise CommandError(
                "a grid needs its short-circuit power, its X/R and the power factor of the load",
                where=next(name for name, value in given.items() if value is None),
                hint="such as --short-circuit '10 GVA' --x-over-r 15 --power-factor 0.98",
            )
        return Grid(quantity(self.short_circuit, "VA"), self.x_over_r, self.power_factor)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Tools:
    """What tools must be told beside the samples.

    Parameters
    ----------
    name : str
        For the files and the objects in the tools.
    voltage : str
        Nominal voltage at the POI: 345kV.
    base : str
        System base of the case: 100MVA.
    case : float
        Frequency of the case that the files are for, if known: refused unless it is the same.
    start : str
        Time of the first sample, ISO with time zone: 2026-01-01T00:00:00+00:00.
    accelerators : int
        Accelerators behind the POI, for traces of one of them.
    tolerance : str
        Largest rounding that formats of few digits, such as 16-bit COMTRADE, may do: 20kW.
    opendss_mode : str
        Solution mode of OpenDSS; only duty plays the shape.
    repeat : bool
        Repeat the record to fill the 8,760 hours of a year.
    """

    name: str = "campus"
    voltage: str | None = None
    base: str | None = None
    case: float | None = None
    start: str | None = None
    accelerators: int | None = None
    tolerance: str | None = None
    opendss_mode: str = "duty"
    repeat: Flag = False

    def basis(self, mains: Mains) -> Basis:
        """Return what was typed, as exporters take it."""
        from powermodel.exporters import Basis

        return Basis(
            mains_hz=mains.mains,
            power_factor=mains.power_factor,
            case_hz=self.case,
            voltage_v=_optional(self.voltage, "V"),
            base_va=_optional(self.base, "VA"),
            start=_time(self.start),
            accelerators=self.accelerators,
            tolerance_w=_optional(self.tolerance, "W"),
            opendss_mode=self.opendss_mode,
            repeat=self.repeat,
        )


MAINS, POI, TOOLS = Mains(), Poi(), Tools()
"""Nothing was typed."""


def say_incomplete(run: xr.DataTree) -> None:
    """Warn of a run of which only a part is there to be looked at."""
    if not run.attrs["complete"]:
        print_note(
            f"the run is not complete: {run.attrs['whole_s']:g} s of"
            f" {run.attrs['duration_s']:g} s are whole, and only these were used",
            "warning:",
            "bold yellow",
        )


def _optional(text: str | None, unit: str) -> float | None:
    from powermodel.units import quantity

    return None if text is None else quantity(text, unit)


def _time(text: str | None) -> datetime | None:
    from datetime import datetime

    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"cannot read the time {text!r}",
            where="--start",
            hint="such as 2026-01-01T00:00:00+00:00",
        ) from None
