# SPDX-License-Identifier: Apache-2.0
"""What is measured on what feeds a run: the frequency of an island, the voltage of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from powermodel.indicators.grid_voltage import voltage_extremes
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.island import SERIES, Extremes, IslandStream
from powermodel.indicators.shed import SHED, Unserved
from powermodel.scenario import Scenario
from powermodel.schema import GRID_VOLTAGE


class SupplyMeasures:
    """The supply's indicators of one run; none where it is fed by a grid that nothing moves.

    Parameters
    ----------
    scenario : Scenario
        Of the run.
    begin_s : float
        Time of the first sample that is measured, s.
    """

    def __init__(self, scenario: Scenario, begin_s: float) -> None:
        supply, self._dt_s = scenario.supply, scenario.time.dt
        self._scenario = scenario
        self._unserved = Unserved()
        self._island: IslandStream | None = None
        self._voltage: Extremes | None = None
        self._begin_s = begin_s
        self._samples = 0
        if supply is not None and supply.island is not None:
            self._island = IslandStream(supply.island.nominal_frequency, self._dt_s, begin_s)
        elif supply is not None and supply.grid is not None and supply.grid.voltage:
            self._voltage = Extremes()

    def add(self, series: Mapping[str, NDArray], first: int) -> None:
        """Take in the samples that follow, of each series those from `first` on."""
        if self._island is not None:
            for path in SERIES:
                if path in series:
                    self._island.add(path, series[path][first:])
            if SHED in series:
                self._unserved.add(series[SHED][first:], series["load/power"][first:])
        elif self._voltage is not None and GRID_VOLTAGE.path in series:
            values = series[GRID_VOLTAGE.path][first:]
            if values.size:
                begin_s = self._begin_s + self._samples * self._dt_s
                self._voltage.add(values, begin_s, self._dt_s)
                self._samples += values.size

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain data."""
        island = None if self._island is None else self._island.state()
        return {
            "island": island, "unserved": self._unserved, "voltage": self._voltage,
            "samples": self._samples,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        if self._island is not None:
            self._island.restore(state["island"])
        self._unserved = state["unserved"]
        self._voltage, self._samples = state["voltage"], state["samples"]

    def indicators(self) -> Iterator[Indicator]:
        """Yield the results."""
        if self._island is not None:
            yield from self._island.finish()
            yield from self._unserved.indicators(self._scenario)
        if self._voltage is not None:
            yield from voltage_extremes(self._voltage)
