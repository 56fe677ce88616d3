# SPDX-License-Identifier: Apache-2.0
"""The floor of arXiv 2508.14318, Fig. 6, put on the preset of its Fig. 1.

Nothing here is fitted: the preset is the one that was fitted to the record without a floor, the
floor is the published setting of 90 % of the TDP, always active while an accelerator has work. The
figures and tolerances come from the record in the datasets; ours are means over `SEEDS`.

Energy added is the burnt power over the run, and its denominator is named with each figure: the
energy of the same record without a floor, whole or in its steady part. The text of the paper says
10.5 % where its figures say 15 to 16 %; 16.4 % times the share of the accelerators in the power of
a server, 0.64, would explain it, so that product is logged too (``--log-cli-level=INFO``), but it
is no target.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

import powermodel as pm
from powermodel.simulation.fleets import fleet_of
from powermodel_kernels.constants import QUANTA_PER_W, TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.laws.response import time_constant
from powermodel_kernels.tables import Place
from tests.published.observer_2508_14318 import PUBLISHED, STEADY_S, Series, axis_unit_w

PRESET = "published-2508.14318"
PROFILE = "floor-90"
ACCELERATOR_SHARE = 0.64
"""Of the power of a server; from reading the paper's two figures together."""
SEEDS = range(1, 4)


def scenario(seed: int, *, floor: bool, noise: bool = True, overshoot: bool = True) -> pm.Scenario:
    data = pm.Scenario.load(PRESET).to_dict()
    job = data["jobs"][0]
    if floor:
        job["smoothing"] = {"profile": PROFILE}
    if not noise:
        del job["noise"]
    if not overshoot:
        job["response"] = {"overshoot": 0}
    return pm.Scenario.from_dict(data).with_(seed=seed)


@dataclass(frozen=True)
class Record:
    """A run of the job, axis units."""

    power: Series
    burnt: Series

    def steady(self, series: Series) -> Series:
        """Return the steady part of a series."""
        per_s = 1000
        return series[round(STEADY_S[0] * per_s) : round(STEADY_S[1] * per_s)]


@cache
def simulated(seed: int, *, floor: bool, noise: bool = True, overshoot: bool = True) -> Record:
    made = scenario(seed, floor=floor, noise=noise, overshoot=overshoot)
    fleet = fleet_of(made, 0, 2)
    dt, unit = made.time.dt_ticks, axis_unit_w(made) * QUANTA_PER_W
    per_tile, left = TILE_TICKS // dt, made.time.duration_ticks // dt
    power, burnt = [], []
    for tile in range(-(-left // per_tile)):
        samples = min(per_tile, left - tile * per_tile)
        fleet.open_tile(tile * TILE_TICKS, dt, samples)
        racks = fleet.rack_power(Place(0, made.jobs[0].accelerators, 256, 0))
        power.append(racks.sum(axis=0, dtype=np.int64) / unit)
        burnt.append(fleet.burnt() / unit)
    return Record(np.concatenate(power), np.concatenate(burnt))


def added() -> tuple[float, float]:
    """Return the energy added, as a share: of the whole record, and of its steady part."""
    whole, steady = [], []
    for seed in SEEDS:
        before, after = simulated(seed, floor=False), simulated(seed, floor=True)
        whole.append(after.power.mean() / before.power.mean() - 1)
        in_steady = after.steady(after.power).mean() / before.steady(before.power).mean()
        steady.append(in_steady - 1)
    return float(np.mean(whole)), float(np.mean(steady))


def test_energy_added_over_the_record() -> None:
    figure = PUBLISHED["floor_energy_added_model"]
    assert figure.tolerance is not None
    whole, steady = added()
    denominators = (
        f"{whole:.1%} of the record without floor (published: 15.0 to 15.1), {steady:.1%} of its "
        f"steady part (16.4), {steady * ACCELERATOR_SHARE:.1%} of a server's (the text: 10.5)"
    )
    logging.getLogger(__name__).info("energy added: %s", denominators)
    assert whole == pytest.approx(figure.value, abs=figure.tolerance, rel=0), denominators


def test_burnt_power_is_the_energy_added() -> None:
    # Noise is relative to the power that is drawn, so it does not average out exactly.
    before, after = (simulated(1, floor=floor, noise=False) for floor in (False, True))
    difference = after.power.mean() - before.power.mean()
    # Falling edges have an area of their own, and there are fewer with a floor.
    assert after.burnt.mean() == pytest.approx(difference, rel=0.01)
    assert not before.burnt.any()


def test_floor_level_on_the_axis() -> None:
    """Every accelerator with work draws at least the floor: 0.80 on the axis."""
    after = simulated(1, floor=True, noise=False)
    figure = PUBLISHED["floor_level"]
    lowest = after.steady(after.power).min()
    assert lowest == pytest.approx(figure.value, rel=1e-3)
    plateau = PUBLISHED["plateau"].tolerance
    assert plateau is not None
    highest = np.percentile(after.steady(after.power), 75)
    assert highest == pytest.approx(PUBLISHED["floor_plateau"].value, abs=plateau, rel=0)


# The range that remains. The paper: behind a floor of 90 % a part whose electrical peak (EDPp) is
# 110 % of its TDP still swings by 20 % of it, at least. That is arithmetic of the settings, not a
# reading of its Fig. 6, and the record states no tolerance for it.

PROBES = 64
WAITING = 0.1575
"""What waiting draws before work goes on, in TDP, in the preset."""


@cache
def probe_extremes(*, floor: bool) -> tuple[Series, Series]:
    """Return the lowest and highest power of each of `PROBES` accelerators at 1 ms, in TDP.

    Overshoot included, in the steady part; what is seen is the power itself, not a mean.
    """
    made = scenario(1, floor=floor, noise=False)
    fleet, dt = fleet_of(made, 0, 2), made.time.dt_ticks
    tdp = made.accelerator_of(made.jobs[0]).tdp_w * QUANTA_PER_W
    low, high = np.full(PROBES, np.inf), np.zeros(PROBES)
    for tile in range(round(STEADY_S[0] / 10) + 1, round(STEADY_S[1] / 10)):
        fleet.open_tile(tile * TILE_TICKS, dt, TILE_TICKS // dt)
        power = fleet.rack_power(Place(0, PROBES, 1, 0)) / tdp  # a rack of one accelerator each
        low, high = np.minimum(low, power.min(axis=1)), np.maximum(high, power.max(axis=1))
    return low, high


def ratings(made: pm.Scenario) -> float:
    """Return the mean rating of the probes, 1 for the job."""
    fleet = fleet_of(made, 0, 1)
    assert isinstance(fleet, JobFleet)
    return float(fleet.lanes.scale[:PROBES].mean())


def test_range_that_the_settings_leave() -> None:
    """From the floor to the electrical peak of the accelerator: 20 % of the TDP."""
    made = scenario(1, floor=True, noise=False)
    [job] = made.jobs
    part = made.accelerator_of(job)
    assert job.smoothing is not None
    floor_w = job.smoothing.resolved(part).primary_w
    remaining = (part.electrical_maximum_w - floor_w) / part.tdp_w
    assert remaining == pytest.approx(PUBLISHED["floor_range_remaining"].value, abs=1e-9)


def test_one_accelerator_peaks_behind_the_floor_as_without_it() -> None:
    """A floor fills up from below: the overshoot is of the work, and stays."""
    peak, (low, high) = probe_extremes(floor=False)[1], probe_extremes(floor=True)
    assert low == pytest.approx(PUBLISHED["floor_setting"].value, abs=1e-3)
    # Rising from the floor at once, it is at its peak a little earlier.
    assert np.all(high >= peak - 1e-4)
    assert (high - peak).max() <= 2e-3


def test_range_of_one_accelerator_is_the_mark_less_what_is_known() -> None:
    """By 2.1 points of the TDP, each of which follows from a record: nothing was fitted."""
    made = scenario(1, floor=True, noise=False)
    part = made.accelerator_of(made.jobs[0])
    low, high = probe_extremes(floor=True)
    rating = ratings(made)
    missed = PUBLISHED["floor_range_remaining"].value - float((high - low).mean())
    assert missed == pytest.approx(0.021, abs=0.003)
    # Overshoot is a share of the step, and the step begins at what waiting draws, not at nothing.
    share = part.electrical_maximum_w / part.tdp_w - 1
    waiting = share * WAITING
    # The peak is reached after some milliseconds, when a part of the overshoot is over.
    times = time_constant(part.rise_time_s), part.overshoot_time_s
    rise, over = (np.exp(-np.arange(0, 0.02, 1e-5) / t) for t in times)
    peak = float((share * over - (1 + share) * rise).max())
    decayed = (share - peak) * (1 - WAITING)
    # These accelerators are not of the mean rating.
    spread = (1 - rating) * (1 + peak * (1 - WAITING))
    assert missed == pytest.approx(waiting + decayed + spread, abs=1e-3)


def test_range_of_the_job_without_noise() -> None:
    """From the floor to the plateau of 1 TDP; overshoots of lanes that start apart add little."""
    steady = simulated(1, floor=True, noise=False)
    swing = np.ptp(steady.steady(steady.power)) / PUBLISHED["tdp_level"].value
    assert 0.10 <= swing <= 0.115


def test_range_of_the_record_is_more_than_the_floor_leaves_at_least() -> None:
    """With noise, as Fig. 6 shows the job: points of 50 ms, from the floor to their maximum.

    A floor takes nothing off the top, so the range is the maximum of the record less the floor.
    Here it is noise that the preset was fitted to, not the electrical peak, that goes so far.
    """
    least, setting = (PUBLISHED[f].value for f in ("floor_range_remaining", "floor_setting"))
    for seed in SEEDS:
        points = [_points(simulated(seed, floor=floor).power) for floor in (False, True)]
        before, after = (float(one.max()) for one in points)
        assert after == pytest.approx(before, abs=1e-3)
        assert after - setting >= least


def test_what_the_record_goes_beyond_the_plateau_by_is_noise() -> None:
    """Overshoots of lanes that start apart add 1.3 points without noise, and none beside it."""

    def highest(*, noise: bool, overshoot: bool) -> float:
        made = simulated(1, floor=True, noise=noise, overshoot=overshoot)
        return float(_points(made.power).max())

    plateau = highest(noise=False, overshoot=False)
    assert plateau == pytest.approx(1.0, abs=1e-3)
    assert highest(noise=False, overshoot=True) - plateau == pytest.approx(0.013, abs=0.002)
    noisy = highest(noise=True, overshoot=True)
    assert noisy - plateau > 0.12
    assert noisy == pytest.approx(highest(noise=True, overshoot=False), abs=1e-3)


def _points(power: Series) -> Series:
    """Return the points of a figure of the paper, in TDP."""
    width = round(PUBLISHED["point_spacing"].value * 1000)
    whole = power.size // width * width
    means: Series = power[:whole].reshape(-1, width).mean(axis=1)
    return means / PUBLISHED["tdp_level"].value
