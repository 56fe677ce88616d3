# SPDX-License-Identifier: Apache-2.0
"""What an exporter is: a record with a writer and a check that reads the files back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from powermodel.exporters.errors import ExportError
from powermodel.exporters.series import PlannerSeries


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a file that was read back with its source.

    Parameters
    ----------
    file : str
        Which one.
    what : str
        What was compared.
    error : float
        Largest difference.
    allowed : float
        Resolution of the format.
    unit : str
        Of both.
    """

    file: str
    what: str
    error: float
    allowed: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the file holds what it should."""
        return self.error <= self.allowed

    def __str__(self) -> str:
        verdict = "ok  " if self.passed else "FAIL"
        return (
            f"{verdict} {self.file}: {self.what}, off by {self.error:.6g} {self.unit}"
            f" (allowed {self.allowed:.6g})"
        )


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format.

    Parameters
    ----------
    name : str
        What ``--format`` calls it.
    title : str
        What it is and which tool reads it.
    write : callable
        ``write(series, folder)`` writes the files and returns their paths.
    check : callable
        ``check(series, paths)`` reads them back.
    needs : tuple of str
        Fields of the basis that it cannot do without.
    unverified : str
        Why its grammar is not verified; empty if an independent reader confirms it.
    instant : bool
        Whether samples stand for instants: then averaged telemetry is refused.
    """

    name: str
    title: str
    write: Callable[[PlannerSeries, Path], list[Path]]
    check: Callable[[PlannerSeries, list[Path]], list[Check]]
    needs: tuple[str, ...] = ()
    unverified: str = ""
    instant: bool = True

    def refuse(self, series: PlannerSeries) -> None:
        """Refuse a series that this format must not hold."""
        series.basis.need(*self.needs, by=self.name)
        if self.instant and series.averaged:
            raise ExportError(
                f"the series is averaged over {series.dt_s:g} s, and {self.name} would show it as"
                " instants",
                where="power",
                hint="use an energy format (meter-15min, meter-5min, 8760, pypsa), or simulate it",
            )


def compared(
    path: Path,
    what: str,
    found: npt.ArrayLike,
    source: npt.ArrayLike,
    allowed: float,
    unit: str,
) -> Check:
    """Compare what was read back with its source.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What is compared.
    found, source : array_like
        Of the same length, in `unit`.
    allowed : float
        Resolution of the format.
    unit : str
        Of both.
    """
    here, there = np.asarray(found, dtype=np.float64), np.asarray(source, dtype=np.float64)
    if here.shape != there.shape:
        return Check(
            path.name, f"{what}: {here.size} of {there.size} values", np.inf, allowed, unit
        )
    error = float(np.abs(here - there).max()) if here.size else 0.0
    return Check(path.name, what, error, allowed, unit)
