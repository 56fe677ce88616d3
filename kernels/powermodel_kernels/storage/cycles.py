# SPDX-License-Identifier: Apache-2.0
"""Cycles of each unit's charge, counted while it runs, and how they and the time age its cells.

Rainflow by four points: the inner two of the last four corners are a cycle when their range is not
above that of its neighbours. Source: ASTM E1049-85 (reapproved 2017), section 5.4; C. Amzallag et
al., International Journal of Fatigue 16 (1994). What has not closed stays as a residue of half
cycles.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.ageing import (
    calendar_fade_rate,
    calendar_rise_rate,
    cycle_fade,
    cycle_rise,
)
from powermodel_kernels.primitives import mul

DEPTH = 64
"""Corners that a unit's residue can hold. If it must hold more, its oldest range ends as a half
cycle, as in the standard's count by three points."""

FADE_UNIT = 2.0**-66
RISE_UNIT = 2.0**-60
"""What the sums of ageing are counted in: pu² and pu."""

_FADE_SCALE = np.float32(2.0**66)
_RISE_SCALE = np.float32(2.0**60)
_KELVIN = np.float32(273.15)
_S_PER_H = np.float32(3600.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


def count_cycle(u: Any, first: Any, weight: Any, fixed: Any, units: Any) -> None:
    """Count the range of corners ``first`` and ``first + 1`` of a unit, and age its cells by it.

    Parameters
    ----------
    weight
        1 for a whole cycle, a half for half of one, float32.
    """
    corner, when = units.corner[u], units.corner_at[u]
    moved = abs(corner[first + 1] - corner[first])
    halves = np.int64(2) if weight == _ONE else np.int64(1)
    units.half_cycles[u] += halves
    units.cycled[u] += halves * moved
    if not fixed.ages:
        return
    depth = mul(np.float32(moved), fixed.charge_unit)
    hours = np.float32(max(when[first + 1] - when[first], np.int64(1))) * fixed.dt_s / _S_PER_H
    c_rate, full = depth / hours, mul(depth, weight)
    fade = np.int64(mul(full * _FADE_SCALE, cycle_fade(c_rate, depth)))
    units.cycle_fade[u] += fade
    if depth < fixed.tested_depth:
        units.shallow_fade[u] += fade
    units.cycle_rise[u] += np.int64(mul(full * _RISE_SCALE, cycle_rise(c_rate, depth)))


def add_corner(u: Any, charge: Any, sample: Any, fixed: Any, units: Any) -> None:
    """Add a corner of a unit's charge, and count the cycles that it closes."""
    corner, when = units.corner[u], units.corner_at[u]
    n = np.int64(units.corners[u])
    if n == corner.size:
        count_cycle(u, 0, _HALF, fixed, units)
        for j in range(n - 1):
            corner[j], when[j] = corner[j + 1], when[j + 1]
        n -= 1
    corner[n], when[n] = charge, sample
    n += 1
    closed = True
    while closed and n >= 4:
        inner = abs(corner[n - 2] - corner[n - 3])
        before, after = abs(corner[n - 3] - corner[n - 4]), abs(corner[n - 1] - corner[n - 2])
        closed = inner <= before and inner <= after
        if closed:
            count_cycle(u, n - 3, _ONE, fixed, units)
            corner[n - 3], when[n - 3] = corner[n - 1], when[n - 1]
            n -= 2
    units.corners[u] = np.int32(n)


def add_corners(turned: Any, sample: Any, fixed: Any, units: Any) -> None:
    """Add a corner to every unit whose current has just turned."""
    for u in range(units.charge.size):
        if turned[u] != np.int32(0):
            before = units.charge[u] + np.int64(units.step_charge[u])
            add_corner(u, before, sample, fixed, units)


def age_in_store(u: Any, seconds: Any, fixed: Any, units: Any) -> None:
    """Age a unit by some seconds at its present temperature and charge."""
    kelvin = units.temperature_c[u] + _KELVIN
    soc = mul(np.float32(units.charge[u]), fixed.charge_unit)
    fade = mul(calendar_fade_rate(kelvin, soc) * _FADE_SCALE, seconds)
    units.calendar_fade[u] += np.int64(fade)
    units.calendar_rise[u] += np.int64(mul(calendar_rise_rate(kelvin, soc) * _RISE_SCALE, seconds))
