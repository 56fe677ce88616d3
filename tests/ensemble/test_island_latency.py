# SPDX-License-Identifier: Apache-2.0
"""The shipped study of batteries on an island: the latency from which they harm."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d, minimum_filter1d

import powermodel as pm
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.study import Study

LATENCIES = ("1 ms", "10 ms", "20 ms", "50 ms", "100 ms", "150 ms", "200 ms")


@pytest.fixture(scope="module")
def swings() -> dict[tuple[int, str], tuple[float, float]]:
    """Band of the frequency, Hz, and swing at the POI within 1 s, W, of four runs."""
    study = Study.load("island-latency")
    grid = Grid.of(study)
    assert study.axes["answers"].all_values == study.axes["follows"].all_values == LATENCIES
    found = {}
    for units, latency in ((0, 0), (1, 0), (1, 3), (1, 6)):
        scenario = grid.scenario_at((units, latency, 0)).set("time.duration", "21 s")
        run = pm.simulate(scenario)
        late = slice(11_000, None)
        power = run["poi/power"].values[0, late]
        hertz = float(np.ptp(run["supply/frequency"].values[0, late]))
        swing = maximum_filter1d(power, 1001) - minimum_filter1d(power, 1001)
        found[units, LATENCIES[latency]] = hertz, float(swing.max())
    return found


def test_early_batteries_calm_the_frequency_and_late_ones_harm_it(swings) -> None:
    alone = swings[0, "1 ms"][0]
    assert swings[1, "1 ms"][0] < 0.1 * alone
    assert swings[1, "50 ms"][0] < 0.25 * alone
    assert swings[1, "200 ms"][0] > 1.3 * alone


def test_the_swing_at_the_poi_grows_with_latency(swings) -> None:
    ramps = [swings[1, latency][1] for latency in ("1 ms", "50 ms", "200 ms")]
    assert ramps == sorted(ramps)
    assert ramps[2] > 1.3 * swings[0, "1 ms"][1]
