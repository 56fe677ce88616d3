# SPDX-License-Identifier: Apache-2.0
"""Power of the site's own generation without fuel, sample by sample.

A clear sky is computed once for the whole run at fixed instants of absolute time and interpolated
linearly between them, so that no partition of the run changes a bit.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import PlanError
from powermodel.scenario import Scenario
from powermodel.scenario.solar import Solar
from powermodel_kernels.constants import QUANTA_PER_W, TICKS_PER_S

FloatArray = NDArray[np.float64]

NODE_S = 60.0
"""Between two instants at which the sun's place is computed: it moves by a quarter degree."""

_STANDARD_W_PER_M2 = 1000.0
"""Irradiance under standard conditions, by definition."""


class OnsitePower:
    """What the site generates, for any sample.

    Parameters
    ----------
    scenario : Scenario
        With `onsite`.
    """

    def __init__(self, scenario: Scenario) -> None:
        assert scenario.onsite is not None
        self._solar = scenario.onsite.solar
        self._dt = scenario.time.dt_ticks
        duration_s = scenario.time.duration
        if self._solar.measured is not None:
            self._at_s, self._power_w = self._solar.measured.load(scenario.base, duration_s)
            return
        assert scenario.time.start is not None
        self._at_s = NODE_S * np.arange(int(duration_s // NODE_S) + 2, dtype=np.float64)
        self._power_w = clear_sky_w(self._solar, scenario.time.start, self._at_s)

    def tile(self, first: int, samples: int) -> FloatArray:
        """Return the power of some samples, W, in whole quanta."""
        time_s = np.arange(first, first + samples) * self._dt / TICKS_PER_S
        power_w = np.interp(time_s, self._at_s, self._power_w)
        for cloud in self._solar.clouds:
            power_w *= cloud.shares(time_s)
        found: FloatArray = np.rint(power_w * QUANTA_PER_W) / QUANTA_PER_W
        return found


def clear_sky_w(solar: Solar, start: datetime, after_s: FloatArray) -> FloatArray:
    """Return the power of a plant under a clear sky, W.

    Sun, clear sky (Ineichen and Perez, with the turbidity of the place and month), trackers that
    avoid mutual shade and light in their plane are pvlib's; modules are linear in that light.

    Parameters
    ----------
    solar : Solar
        The plant.
    start : datetime
        When the run begins.
    after_s : ndarray
        Times since then, s.

    Raises
    ------
    PlanError
        If pvlib is not installed.
    """
    try:
        pandas, pvlib = (import_module(name) for name in ("pandas", "pvlib"))
    except ImportError:
        raise PlanError(
            "the power of the sun needs the package pvlib",
            where="onsite.solar",
            hint="install the extra: pip install 'powermodel[supply]', or give a measured series",
        ) from None
    plant = solar.values()
    begin = pandas.Timestamp(start).tz_convert("UTC")
    times = begin + pandas.to_timedelta(after_s, unit="s")
    site = pvlib.location.Location(plant["latitude"], plant["longitude"], "UTC", plant["altitude"])
    sun = site.get_solarposition(times)
    sky = site.get_clearsky(times, model="ineichen", solar_position=sun)
    tilt, azimuth = _plane(pvlib, plant, sun)
    light = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun["apparent_zenith"], sun["azimuth"], sky["dni"], sky["ghi"], sky["dhi"],
        albedo=plant["albedo"],
    )["poa_global"].fillna(0.0)  # fmt: skip
    share = light.to_numpy() / _STANDARD_W_PER_M2 * plant["dc_ac_ratio"] * (1.0 - plant["loss"])
    found: FloatArray = plant["capacity"] * np.clip(share, 0.0, 1.0)
    return found


def _plane(pvlib: Any, plant: dict[str, Any], sun: Any) -> tuple[Any, Any]:
    """Return tilt and azimuth of the modules, degrees."""
    if plant["tracking"] == "fixed":
        return plant["tilt"], plant["azimuth"]
    turned = pvlib.tracking.singleaxis(
        sun["apparent_zenith"],
        sun["azimuth"],
        max_angle=plant["largest_tilt"],
        gcr=plant["ground_cover"],
    )
    # At night trackers have no place, and no light falls on them.
    return turned["surface_tilt"].fillna(0.0), turned["surface_azimuth"].fillna(180.0)
