# SPDX-License-Identifier: Apache-2.0
"""What the shafts of an island's machines went through: torque, torsion, and the mode behind it.

Torque is not fatigue: how many swings of which size a shaft stands is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.indicator import Indicator
from powermodel.indicators.island import Extremes
from powermodel.indicators.series import time_grid
from powermodel.scenario.supply import WatchedShaft

if TYPE_CHECKING:
    import xarray as xr

_READ = 1 << 15
_STILL = 1e-6
"""Per unit: smaller swings are the rounding of float32."""


class _Section:
    """Extremes of one section of a shaft."""

    def __init__(self) -> None:
        self.torque, self.torsion, self.rigid = Extremes(), Extremes(), Extremes()

    def add(self, torque: np.ndarray, torsion: np.ndarray, begin_s: float, dt_s: float) -> None:
        self.torque.add(torque, begin_s, dt_s)
        self.torsion.add(torsion, begin_s, dt_s)
        self.rigid.add(torque - torsion, begin_s, dt_s)


def shafts(tree: xr.DataTree, watched: Sequence[WatchedShaft]) -> list[Indicator]:
    """Return what every section of the watched shafts went through.

    Parameters
    ----------
    tree : DataTree
        One run.
    watched : sequence of WatchedShaft
        Of its scenario.
    """
    if "shaft" not in tree.children:
        return []
    torque = _over_time(tree, "shaft/torque")
    torsion = _over_time(tree, "shaft/torsion")
    grid = time_grid(torque)
    sections = [_Section() for _ in range(torque.sizes["section"])]
    turned = [np.linalg.inv(one.shaft.twists()) for one in watched]
    swings = [np.zeros(len(one.shaft.stiffness)) for one in watched]
    for first in range(0, grid.samples, _READ):
        part = slice(first, first + _READ)
        begin_s = grid.begin_s + first * grid.dt_s
        whole, twisted = (np.asarray(x[part].values, np.float64) for x in (torque, torsion))
        for n, section in enumerate(sections):
            section.add(whole[:, n], twisted[:, n], begin_s, grid.dt_s)
        at = 0
        for n, modes in enumerate(turned):
            own = twisted[:, at : at + len(modes)] @ modes.T
            swings[n] = np.maximum(swings[n], np.abs(own).max(axis=0))
            at += len(modes)
    return [
        indicator
        for n, one in enumerate(watched)
        for indicator in _of_shaft(one, sections[_first(watched, n) :], swings[n])
    ]


def _first(watched: Sequence[WatchedShaft], number: int) -> int:
    """Return the number of a shaft's first section."""
    return sum(len(one.shaft.stiffness) for one in watched[:number])


def _of_shaft(
    one: WatchedShaft, sections: Sequence[_Section], swings: np.ndarray
) -> list[Indicator]:
    modes_hz = one.shaft.modes().frequency_hz
    shares = np.abs(one.shaft.twists()) * swings
    found = []
    for n, name in enumerate(one.sections()):
        section = sections[n]
        extreme = section.torque
        low = -extreme.low > extreme.high
        rigid = section.rigid.high - section.rigid.low
        swing = extreme.high - extreme.low
        found += [
            Indicator(
                f"shaft_torque[{name}]", max(extreme.high, -extreme.low), "1",
                "largest magnitude of the torque in the section, per unit of the machine's base",
                {"range": swing, "range_if_rigid": rigid,
                 "amplification": swing / rigid if rigid > _STILL else None},
                at_s=extreme.low_at_s if low else extreme.high_at_s,
            ),
            Indicator(
                f"shaft_torsion[{name}]",
                max(section.torsion.high, -section.torsion.low), "1",
                "largest torque that twisting adds to what a rigid shaft would carry; the mode is"
                " the one that adds most",
                {"frequency_hz": float(modes_hz[np.argmax(shares[n])])},
            ),
        ]  # fmt: skip
    return found


def _over_time(tree: xr.DataTree, path: str) -> xr.DataArray:
    found: xr.DataArray = tree[path]  # type: ignore[assignment]
    one = found.isel(run=0) if "run" in found.dims else found
    return one.transpose("time", "section")
