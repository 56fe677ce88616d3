# SPDX-License-Identifier: Apache-2.0
"""What an island did not serve in a run: for how long, how much of the site, how much work.

Shedding takes a share of the whole load and names no rack, and jobs are not told: they go on in the
simulation. So work is counted as if the same share of the accelerators had stood still. A job whose
accelerators wait for each other stands still whole, for as long as any of them is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from powermodel.indicators.indicator import Indicator
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    import xarray as xr

    from powermodel.scenario import Scenario

SHED = "supply/shed"
# Integers, so that a sum does not depend on how the samples were cut.
_PER_SHARE = 2**24


@dataclass(slots=True)
class Unserved:
    """What was not served so far."""

    samples: int = 0
    """In which load was off."""
    energy_q: int = 0
    """Sum of the load that was off, quanta."""
    share: int = 0
    """Sum of its share of the load, 2^-24."""
    most: int = 0
    """Largest share, 2^-24."""

    def add(self, shed_w: npt.ArrayLike, load_w: npt.ArrayLike) -> None:
        """Take in the samples that follow: load that is off, and all load, W."""
        shed, load = np.asarray(shed_w, np.float64), np.asarray(load_w, np.float64)
        off = shed > 0.0
        if not off.any():
            return
        shares = np.rint(shed[off] / load[off] * _PER_SHARE).astype(np.int64)
        self.samples += int(off.sum())
        self.energy_q += int(np.rint(shed[off] * QUANTA_PER_W).astype(np.int64).sum())
        self.share += int(shares.sum())
        self.most = max(self.most, int(shares.max()))

    def indicators(self, scenario: Scenario) -> list[Indicator]:
        """Return the results.

        Parameters
        ----------
        scenario : Scenario
            Of the run: its step, racks and accelerators.
        """
        dt_s = scenario.time.dt
        racks = sum(place.racks for place in scenario.placements)
        accelerators = sum(job.all_accelerators for job in scenario.jobs)
        off = self.most / _PER_SHARE * racks
        lost_s = self.share / _PER_SHARE * dt_s * accelerators
        return [
            Indicator("shed_time", self.samples * dt_s, "s", "time in which load was off"),
            Indicator(
                "shed_energy", self.energy_q / QUANTA_PER_W * dt_s, "J",
                "energy that was asked for and not served",
            ),
            Indicator(
                "shed_racks", off, "1",
                "largest share of the load that was off, times the racks: shedding names none",
                {"racks": racks}, words=f"{off:.4g} of {racks:,}",
            ),
            Indicator(
                "shed_work", lost_s, "s",
                "accelerator-seconds not served, if the share of the load that was off is that of"
                " the accelerators: jobs are not told, and one whose accelerators wait for each"
                " other loses all of them while any is off",
                {"accelerators": accelerators}, words=f"{lost_s / 3600:.4g} accelerator-hours",
            ),
        ]  # fmt: skip


def unserved(tree: xr.DataTree, scenario: Scenario) -> list[Indicator]:
    """Return what an island did not serve.

    Parameters
    ----------
    tree : DataTree
        One run, on an island.
    scenario : Scenario
        Its own.
    """
    found = Unserved()
    series = [tree[SHED], tree["load/power" if "load" in tree.children else "poi/power"]]
    both = [one_series(one) for one in series]  # type: ignore[arg-type]
    for shed_w, load_w in zip(*(blocks_of(one, time_grid(one)) for one in both), strict=True):
        found.add(shed_w, load_w)
    return found.indicators(scenario)
