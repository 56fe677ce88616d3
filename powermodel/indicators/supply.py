# SPDX-License-Identifier: Apache-2.0
"""What fed a run: island, shafts, grid, connection, own generation, each where the run has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.indicators.connection import connection
from powermodel.indicators.grid_voltage import grid_voltage
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.island import island
from powermodel.indicators.onsite import onsite
from powermodel.indicators.shaft import shafts
from powermodel.indicators.shed import unserved
from powermodel.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr


def supply(tree: xr.DataTree, scenario: Scenario) -> dict[str, list[Indicator]]:
    """Return the indicators of each part of the supply that a run has.

    Parameters
    ----------
    tree : DataTree
        One run.
    scenario : Scenario
        Its own.
    """
    found = {
        "grid": grid_voltage(tree),
        "connection": connection(tree),
        "onsite": onsite(tree),
    }
    stands = scenario.supply and scenario.supply.island
    if stands:
        found["island"] = island(tree, stands.nominal_frequency) + unserved(tree, scenario)
        found["shafts"] = shafts(tree, stands.shafts())
    return {name: items for name, items in found.items() if items}
