# SPDX-License-Identifier: Apache-2.0
"""Power series in xarray objects: found, checked, and read in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from powermodel.indicators.inputs import GRID_TOLERANCE, FloatArray, IndicatorError, checked_power
from powermodel.indicators.statistic import Statistic

if TYPE_CHECKING:
    import xarray as xr

Labelled: TypeAlias = "xr.DataArray | xr.Dataset | xr.DataTree"

# Samples of one read, over all series that are read together.
_READ = 1 << 18
# Series that are streamed side by side: what their spectra hold in memory stays small.
_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """An even time axis."""

    begin_s: float
    dt_s: float
    samples: int


def power_of(labelled: Labelled) -> xr.DataArray:
    """Return the power [W] over time of an xarray object.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        A power, a dataset with the variable ``power``, or a run (then the power at the POI).

    Raises
    ------
    IndicatorError
        If there is none, it has no time axis, or its unit is not W.
    """
    import xarray as xr

    if isinstance(labelled, xr.DataTree):
        if "poi" in labelled.children:
            return power_of(labelled["poi"].to_dataset())
        return power_of(labelled.to_dataset())
    if isinstance(labelled, xr.Dataset):
        if "power" not in labelled:
            have = ", ".join(str(name) for name in labelled.data_vars) or "no variables"
            raise IndicatorError(
                f"expected a variable 'power', or a group 'poi' with it, got {have}"
            )
        return power_of(labelled["power"])
    if "time" not in labelled.dims or "time" not in labelled.coords:
        dims = ", ".join(str(dim) for dim in labelled.dims) or "none"
        raise IndicatorError(
            f"expected a power over 'time' with a time coordinate in s, got dimensions: {dims}"
        )
    unit = labelled.attrs.get("units")
    if unit != "W":
        came = "no units attribute" if unit is None else f"units {unit!r}"
        raise IndicatorError(
            f"expected power with units 'W', got {came}",
            where=str(labelled.name) if labelled.name is not None else None,
            hint="convert the values and say so: power.assign_attrs(units='W')",
        )
    return labelled


def time_grid(power: xr.DataArray) -> TimeGrid:
    """Return the time axis of a power, if it is even.

    Parameters
    ----------
    power : DataArray
        With a coordinate ``time`` [s].
    """
    time = power["time"].variable
    samples = time.sizes["time"]
    if samples < 2:
        raise IndicatorError(f"expected at least 2 samples to know the step, got {samples}")
    if time.dtype.kind not in "fiu":
        raise IndicatorError(
            f"expected time in s since the start of the run, got values of type {time.dtype}"
        )
    begin_s, end_s = (float(time[at].values) for at in (0, -1))
    # The step is whole ticks of 1 ns; the division only finds out how many.
    dt_s = round((end_s - begin_s) / (samples - 1), 9)
    for first in range(0, samples, _READ):
        stamps = np.asarray(time[first : first + _READ].values, dtype=np.float64)
        even = begin_s + np.arange(first, first + stamps.size) * dt_s
        off = ~(np.abs(stamps - even) <= GRID_TOLERANCE * dt_s)
        if dt_s <= 0 or off.any():
            bad = int(np.argmax(off))
            raise IndicatorError(
                f"expected even time stamps {dt_s:g} s apart, got {stamps[bad]:.10g} s where"
                f" {even[bad]:.10g} s was due (sample {first + bad})",
                hint="resample the series to an even step, or cut it at the gap",
            )
    return TimeGrid(begin_s, dt_s, samples)


def one_series(power: xr.DataArray) -> xr.DataArray:
    """Return the power without dimensions of length one, if only time is left."""
    single = power.squeeze([dim for dim in power.dims if dim != "time" and power.sizes[dim] == 1])
    if single.ndim != 1:
        sizes = ", ".join(f"{dim} {size}" for dim, size in single.sizes.items() if dim != "time")
        choice = ", ".join(f"{dim}=0" for dim in single.dims if dim != "time")
        raise IndicatorError(
            f"expected one power series, got {sizes}", hint=f"choose one: power.isel({choice})"
        )
    return single


def blocks_of(power: xr.DataArray, grid: TimeGrid) -> Iterator[FloatArray]:
    """Read one series in blocks [W].

    Parameters
    ----------
    power : DataArray
        With the one dimension time; read lazily where it is lazy.
    grid : TimeGrid
        Its time axis.
    """
    for first in range(0, grid.samples, _READ):
        yield np.asarray(power.isel(time=slice(first, first + _READ)).values)


def over_series(
    power: xr.DataArray,
    grid: TimeGrid,
    statistics: Mapping[str, Statistic[Any, Any]],
    answer: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> dict[str, FloatArray]:
    """Stream statistics over every series of a power with further dimensions.

    Parameters
    ----------
    power : DataArray
        Over time and any other dimensions.
    grid : TimeGrid
        Its time axis.
    statistics : mapping of str to Statistic
        What to compute of each series.
    answer : callable
        Turns the results of one series into named numbers or 1-D arrays.

    Returns
    -------
    dict of str to ndarray
        Each number over the other dimensions, an array with its own axis last.
    """
    rows: list[Mapping[str, Any]] = []
    for part in _parts(power):
        rows += [answer(results) for results in _stream_rows(part, grid, statistics)]
    shape = tuple(size for dim, size in power.sizes.items() if dim != "time")
    return {
        name: np.array([row[name] for row in rows]).reshape(shape + np.shape(rows[0][name]))
        for name in rows[0]
    }


def _parts(power: xr.DataArray) -> Iterator[xr.DataArray]:
    """Cut the other dimensions, the last one fastest, into parts of a few series.

    Only slices are taken, so what is on disk stays there until a block of it is read.
    """
    *slow, fast = [dim for dim in power.dims if dim != "time"] or [None]
    for position in np.ndindex(*(power.sizes[dim] for dim in slow)):
        series = power.isel(dict(zip(slow, position, strict=True)))
        if fast is None:
            yield series
            continue
        for first in range(0, power.sizes[fast], _TOGETHER):
            yield series.isel({fast: slice(first, first + _TOGETHER)})


def _stream_rows(
    part: xr.DataArray, grid: TimeGrid, statistics: Mapping[str, Statistic[Any, Any]]
) -> Iterator[dict[str, Any]]:
    """Results of each series of a few that are read together."""
    width = max(part.size // grid.samples, 1)
    read = max(_READ // width, 1)
    states = [{name: item.init(0) for name, item in statistics.items()} for _ in range(width)]
    for first in range(0, grid.samples, read):
        block = part.isel(time=slice(first, first + read))
        values = np.asarray(block.transpose(..., "time").values)
        for state, row in zip(states, values.reshape(width, -1), strict=True):
            power_w = checked_power(row, first_sample=first)
            for name, item in statistics.items():
                state[name] = item.update(state[name], power_w)
    for state in states:
        yield {name: item.finish(state[name]) for name, item in statistics.items()}
