# SPDX-License-Identifier: Apache-2.0
"""The series that planners get: checked power at the POI on an even time axis, load positive."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.exporters.basis import Basis
from powermodel.exporters.errors import ExportError
from powermodel.indicators.inputs import FloatArray
from powermodel.indicators.mains import check_mains
from powermodel.indicators.series import Labelled, one_series, power_of, time_grid

if TYPE_CHECKING:
    import xarray as xr

TICKS_PER_S = 1_000_000_000
_TIMES_TDP = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class PlannerSeries:
    """Power at the POI with what its readers must know.

    Parameters
    ----------
    name : str
        For files and objects in the tools.
    dt_ticks : int
        Time between samples in ticks of 1 ns.
    power_w : ndarray
        Power, load positive [W].
    reactive_var : ndarray, optional
        Reactive power, drawn positive [var].
    voltage_pu, frequency_hz : ndarray, optional
        At the POI, where a grid was simulated.
    averaged : bool
        Whether a sample stands for the mean of its step instead of its instant.
    basis : Basis
        Bases, frequency, time origin.
    attributes : mapping
        Scenario, seed and versions of the run.
    """

    name: str
    dt_ticks: int
    power_w: FloatArray
    basis: Basis = field(default_factory=Basis)
    reactive_var: FloatArray | None = None
    voltage_pu: FloatArray | None = None
    frequency_hz: FloatArray | None = None
    averaged: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.dt_ticks < 1:
            raise ExportError(f"expected a step of at least 1 ns, got {self.dt_ticks} ns")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", self.name):
            raise ExportError(
                f"expected a name of letters, digits and '_' up to 32, got {self.name!r}",
                where="name",
                hint="tools take it as the name of an object",
            )
        for label, _, values in self.columns():
            check_column(label, values, self.power_w.size)
        self._check_size()

    def _check_size(self) -> None:
        count, tdp_w = self.basis.accelerators, self.basis.tdp_w
        if count is None or tdp_w is None:
            return
        largest = float(np.abs(self.power_w).max())
        if largest > _TIMES_TDP * count * tdp_w:
            raise ExportError(
                f"{largest:g} W is above {_TIMES_TDP:g} x TDP of {count} accelerators"
                f" ({_TIMES_TDP * count * tdp_w:g} W)",
                where="power",
                hint="check the unit: kW taken for MW, or W for kW",
            )

    @property
    def dt_s(self) -> float:
        """Time between samples [s]."""
        return self.dt_ticks / TICKS_PER_S

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.power_w.size)

    @property
    def duration_s(self) -> float:
        """Samples times step [s]."""
        return self.samples * self.dt_ticks / TICKS_PER_S

    @property
    def time_s(self) -> FloatArray:
        """Times of the samples from 0 on [s]."""
        time_s: FloatArray = np.arange(self.samples, dtype=np.int64) * self.dt_ticks / TICKS_PER_S
        return time_s

    @property
    def energy_j(self) -> float:
        """Sum of the samples times the step [J]."""
        return math.fsum(self.power_w.tolist()) * self.dt_ticks / TICKS_PER_S

    def columns(self) -> list[tuple[str, str, FloatArray]]:
        """Return (name, unit, values) of what is known, the power first, in SI units."""
        found = [
            ("P", "W", self.power_w),
            ("Q", "var", self.reactive_var),
            ("V", "1", self.voltage_pu),
            ("f", "Hz", self.frequency_hz),
        ]
        return [(name, unit, values) for name, unit, values in found if values is not None]

    def reactive_or_zero(self) -> FloatArray:
        """Reactive power [var]; zero where none was modeled, which formats then say."""
        if self.reactive_var is None:
            return np.zeros_like(self.power_w)
        return self.reactive_var

    def scaled(self, count: int, correlation: float | None) -> PlannerSeries:
        """Return the sum of `count` such sites.

        Parameters
        ----------
        count : int
            How many.
        correlation : float
            Of the deviations from the mean between any two of them, 0 to 1. Deviations then grow
            with the square root of N (1 + (N - 1) rho), which is exact for the variance; only for
            1 is the series that of a simulated sum.

        Raises
        ------
        ExportError
            If no correlation is stated: adding in step and at random differ by the square root.
        """
        if count < 1:
            raise ExportError(f"expected at least 1 site, got {count}", where="count")
        if correlation is None:
            raise ExportError(
                f"x{count} without a correlation between the sites",
                where="correlation",
                hint="state one from 0 (independent) to 1 (in step)",
            )
        if not 0 <= correlation <= 1:
            raise ExportError(
                f"expected a correlation from 0 to 1, got {correlation:g}", where="correlation"
            )
        spread = math.sqrt(count * (1 + (count - 1) * correlation))

        def grown(values: FloatArray | None) -> FloatArray | None:
            if values is None:
                return None
            mean = float(values.mean())
            result: FloatArray = count * mean + spread * (values - mean)
            return result

        power = grown(self.power_w)
        assert power is not None
        attributes = {
            **self.attributes,
            "scaled_by": count,
            "scaled_with_correlation": correlation,
        }
        accelerators = self.basis.accelerators
        basis = replace(
            self.basis, accelerators=None if accelerators is None else accelerators * count
        )
        return replace(
            self,
            power_w=power,
            reactive_var=grown(self.reactive_var),
            attributes=attributes,
            basis=basis,
        )


def series_of_run(run: Labelled, basis: Basis, name: str = "campus") -> PlannerSeries:
    """Return the series at the POI of a run.

    Parameters
    ----------
    run : DataTree, Dataset or DataArray
        As `powermodel.open_run` gives it, or a power [W] over time.
    basis : Basis
        Bases, frequency, time origin.
    name : str
        For files and objects in the tools.
    """
    power = one_series(power_of(run))
    check_mains(run, basis.mains_hz)
    grid = time_grid(power)
    attrs = getattr(run, "attrs", {})
    kept = ("scenario_digest", "seed", "engine", "dt_s", "duration_s", "complete")
    attributes = {key: attrs[key] for key in kept if key in attrs}
    attributes |= {str(key): attrs[key] for key in attrs if str(key).endswith("_version")}
    return with_reactive(
        name,
        round(grid.dt_s * TICKS_PER_S),
        np.asarray(power.values, dtype=np.float64),
        basis,
        averaged=_averaged(power),
        attributes=attributes,
    )


def with_reactive(
    name: str, dt_ticks: int, power_w: FloatArray, basis: Basis, **more: Any
) -> PlannerSeries:
    """Return a series whose reactive power follows from the power factor, where it is known."""
    ratio = basis.reactive_ratio
    reactive = None if ratio is None else power_w * ratio
    return PlannerSeries(name, dt_ticks, power_w, basis, reactive, **more)


def _averaged(power: xr.DataArray) -> bool:
    return "mean" in str(power.attrs.get("cell_methods", ""))


def check_column(label: str, values: FloatArray, size: int) -> None:
    """Refuse a column of another length, or with values that are not finite."""
    if values.ndim != 1 or values.size != size:
        raise ExportError(f"expected {size} samples, got {values.size}", where=label)
    if size < 2:
        raise ExportError(
            f"expected at least 2 samples, got {size}", where=label, hint="the series is empty"
        )
    finite = np.isfinite(values)
    if not finite.all():
        bad = int(np.argmin(finite))
        raise ExportError(
            f"expected finite values, got {values[bad]} at sample {bad}",
            where=label,
            hint="fill or cut the gap first",
        )
