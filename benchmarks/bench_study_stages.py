# SPDX-License-Identifier: Apache-2.0
"""What each stage of a study of a 1 GW site takes: the unit costs of the projection in its docs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.measure import Bench, Work
from powermodel.ensemble import Study
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.horizon import HorizonStream
from powermodel.ensemble.layout import StudyLayout, load_scenario
from powermodel.ensemble.loads import LoadBlocks, block_spans, blocks_in_step
from powermodel.ensemble.measures import OverviewStream, RunMeasures
from powermodel.planning import plan
from powermodel.simulation.blocks import Site
from powermodel.simulation.handed import HandedLoad

_GROUP = "study: a stage of colossus2-1gw with 600 units, at 1 ms, one core"
_UNITS = 600
Blocks = dict[int, dict[str, NDArray[Any]]]


def study(seconds: int) -> Study:
    """Return a study of the 1 GW site, whose storage is chosen for the figure."""
    storage = {
        "unit": {"like": "megapack-2xl-4h"},
        "units": _UNITS,
        "control": {"kind": "moving-average", "window": "20 s", "period": "10 ms"},
    }
    return Study.from_dict(
        {
            "study": 1,
            "name": "stages",
            "scenario": "colossus2-1gw",
            "set": {"time.duration": f"{seconds} s", "storage": storage},
            "keep": {"overview": ["100ms", "1s"], "exceedance": True},
        }
    )


def _time(bench: Bench, row: str, seconds: int, stage: Callable[[], None], rounds: int) -> None:
    bench.time(Work(_GROUP, row, simulated_s=seconds), stage, rounds=rounds)


@pytest.fixture(scope="module")
def kept() -> dict[int, Blocks]:
    """Hold the load, so that what comes after it need not compute it again."""
    return {}


@pytest.fixture
def seconds(bench: Bench) -> int:
    return 10 if bench.small else 60


def _load(what: Study) -> Blocks:
    planned = plan(load_scenario(Grid.of(what).scenario))
    load = LoadBlocks(planned)
    return {load.spans[block][0]: series for block, (series,) in blocks_in_step([load], 0)}


def test_load(bench: Bench, seconds: int, kept: dict[int, Blocks]) -> None:
    def stage() -> None:
        kept[seconds] = _load(study(seconds))

    _time(bench, "load: timeline, fleet, racks, site", seconds, stage, 1)


def _poi(kept: dict[int, Blocks], seconds: int) -> Blocks:
    if seconds not in kept:
        kept[seconds] = _load(study(seconds))
    return kept[seconds]


def test_storage(bench: Bench, seconds: int, kept: dict[int, Blocks]) -> None:
    blocks = _poi(kept, seconds)
    planned = plan(Grid.of(study(seconds)).scenario)

    def stage() -> None:
        handed = HandedLoad()
        site = Site(planned, 1, load=handed)
        for first, stop in block_spans(planned):
            handed.hand(first, blocks[first]["poi/power"])
            site.block(first, stop)

    _time(bench, "storage", seconds, stage, 3)


def test_indicators(bench: Bench, seconds: int, kept: dict[int, Blocks]) -> None:
    blocks, what = _poi(kept, seconds), study(seconds)
    scenario = Grid.of(what).scenario

    def stage() -> None:
        measures = RunMeasures(scenario, what.measure)
        for series in blocks.values():
            measures.add(series)
        measures.indicators()

    _time(bench, "indicators", seconds, stage, 3)


def test_overview(bench: Bench, seconds: int, kept: dict[int, Blocks]) -> None:
    blocks, what = _poi(kept, seconds), study(seconds)
    layout = StudyLayout(what, Grid.of(what))
    names = tuple(level.name for level in layout.levels)

    def stage() -> None:
        overview = OverviewStream(layout.run.levels(), names)
        for series in blocks.values():
            overview.add(np.asarray(series["poi/power"]))
        overview.finish()

    _time(bench, "overview of 100 ms and 1 s", seconds, stage, 3)


def test_counts(bench: Bench, seconds: int, kept: dict[int, Blocks]) -> None:
    blocks, what = _poi(kept, seconds), study(seconds)
    scenario = Grid.of(what).scenario

    def stage() -> None:
        horizon = HorizonStream(what, scenario)
        for series in blocks.values():
            horizon.add(series["poi/power"])
        horizon.finish()

    _time(bench, "counts of exceedance", seconds, stage, 3)
