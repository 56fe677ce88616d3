# SPDX-License-Identifier: Apache-2.0
"""Open table formats: Parquet and NetCDF with CF attributes, float64 and lossless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.series import PlannerSeries
from powermodel.schema import CONVENTIONS, SIGN_CONVENTION

_NAMES = {"P": "power", "Q": "reactive_power", "V": "voltage", "f": "frequency"}
_TITLES = {
    "P": "Electrical load at the point of interconnection",
    "Q": "Reactive power drawn at the point of interconnection",
    "V": "Voltage at the point of interconnection, per unit",
    "f": "Frequency at the point of interconnection",
}


def about(series: PlannerSeries) -> dict[str, Any]:
    """Return what stands beside the samples: sign, bases, time origin, origin of the run."""
    basis = series.basis
    found: dict[str, Any] = {
        "sign": SIGN_CONVENTION,
        "point": "point of interconnection",
        "dt_s": series.dt_s,
        "samples": series.samples,
        "start": None if basis.start is None else basis.start_utc.isoformat(),
        "mains_hz": basis.mains_hz,
        "voltage_v": basis.voltage_v,
        "base_va": basis.base_va,
        "power_factor": basis.power_factor,
        "averaged": int(series.averaged),
        **series.attributes,
    }
    return {name: value for name, value in found.items() if value is not None}


def write_parquet(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write one table with the attributes in its schema."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {"time": series.time_s}
    units = {"time": "s"}
    for name, unit, values in series.columns():
        columns[_NAMES[name]], units[_NAMES[name]] = values, unit
    table = pa.table(columns)
    notes = json.dumps({**about(series), "units": units}, default=str)
    path = folder / f"{series.name}.parquet"
    parquet.write_table(
        table.replace_schema_metadata({"powermodel": notes}), path, compression="zstd"
    )
    return [path]


def check_parquet(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the table back."""
    from pyarrow import parquet

    (path,) = paths
    table = parquet.read_table(path)
    checks = [compared(path, "time", table["time"].to_numpy(), series.time_s, 0.0, "s")]
    for name, unit, source in series.columns():
        checks.append(compared(path, name, table[_NAMES[name]].to_numpy(), source, 0.0, unit))
    return checks


def write_netcdf(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write a NetCDF-3 file with CF attributes: any NetCDF reader takes it."""
    import xarray as xr

    methods = "time: mean" if series.averaged else "time: point"
    variables = {
        _NAMES[name]: (
            "time",
            values,
            {"units": unit, "long_name": _TITLES[name], "cell_methods": methods},
        )
        for name, unit, values in series.columns()
    }
    time = xr.Variable(
        "time", series.time_s, {"units": "s", "long_name": "time since the first sample"}
    )
    attributes = {"Conventions": CONVENTIONS, **about(series)}
    dataset = xr.Dataset(variables, coords={"time": time}, attrs=attributes)
    path = folder / f"{series.name}.nc"
    dataset.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")
    return [path]


def check_netcdf(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the file back with SciPy alone."""
    from scipy.io import netcdf_file

    (path,) = paths
    checks = []
    with netcdf_file(str(path), mmap=False) as file:
        time_s = np.array(file.variables["time"][:])
        checks.append(compared(path, "time", time_s, series.time_s, 0.0, "s"))
        for name, unit, source in series.columns():
            found = np.array(file.variables[_NAMES[name]][:])
            checks.append(compared(path, name, found, source, 0.0, unit))
    return checks


EXPORTERS = (
    Exporter("parquet", "Parquet table, float64", write_parquet, check_parquet, instant=False),
    Exporter("netcdf", "NetCDF with CF attributes, float64", write_netcdf, check_netcdf,
             instant=False),
)  # fmt: skip
