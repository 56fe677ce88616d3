# SPDX-License-Identifier: Apache-2.0
"""Flicker of xarray objects: the power at the POI, the voltage that it makes, Pst and Plt."""

from __future__ import annotations

from powermodel.indicators.filtered import mapped
from powermodel.indicators.flicker import Flicker, flicker_statistic
from powermodel.indicators.flicker_plan import Flickermeter
from powermodel.indicators.mains import check_mains
from powermodel.indicators.series import Labelled, blocks_of, one_series, power_of, time_grid
from powermodel.indicators.statistic import stream
from powermodel.indicators.voltage import Grid, poi_voltage
from powermodel.units import quantity


def flicker(
    labelled: Labelled,
    *,
    short_circuit: str,
    x_over_r: float,
    power_factor: float,
    mains: str,
    lamp: str | None = None,
) -> Flicker:
    """Flicker that a power makes at the POI behind a Thevenin grid.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        One power [W] over time, or a run (then the POI).
    short_circuit : str
        Short-circuit power of the grid at the POI, such as ``"10 GVA"``.
    x_over_r : float
        X/R of that grid.
    power_factor : float
        Displacement power factor of the load.
    mains : str
        ``"50 Hz"`` or ``"60 Hz"``, as the supply of a run that names one.
    lamp : str, optional
        Reference lamp, see `powermodel.indicators.flicker_plan.Flickermeter`; by default the one
        of the mains frequency.
    """
    meter = Flickermeter(quantity(mains, "Hz"), lamp)
    check_mains(labelled, meter.mains_hz)
    power = one_series(power_of(labelled))
    grid = time_grid(power)
    behind = Grid(quantity(short_circuit, "VA"), x_over_r, power_factor)
    statistic = mapped(
        flicker_statistic(grid.dt_s, meter), lambda power_w: poi_voltage(power_w, behind)
    )
    states = stream({"flicker": statistic}, blocks_of(power, grid))
    return statistic.finish(states["flicker"])
