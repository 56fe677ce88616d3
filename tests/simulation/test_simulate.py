# SPDX-License-Identifier: Apache-2.0
"""A run as a whole: same result however it is cut, and power that adds up from rack to POI."""

from __future__ import annotations

import numpy as np
import pytest

import powermodel as pm
from powermodel.errors import PlanError
from tests.simulation.small import small_scenario


def power(tree, group: str) -> np.ndarray:
    return tree[f"{group}/power"].values[0]


def assert_same(a, b) -> None:
    for group in ("poi", "hall"):
        np.testing.assert_array_equal(power(a, group), power(b, group))


@pytest.fixture(scope="module")
def whole():
    return pm.simulate(small_scenario(), workers=2)


def test_a_rerun_gives_the_same_bits(whole):
    assert_same(whole, pm.simulate(small_scenario(), workers=2))


def test_the_number_of_threads_does_not_matter(whole):
    assert_same(whole, pm.simulate(small_scenario(), workers=1))


def test_another_seed_gives_another_run(whole):
    other = pm.simulate(small_scenario(), seed=8)
    assert not np.array_equal(power(whole, "poi"), power(other, "poi"))


def test_the_block_size_does_not_matter(whole):
    assert_same(whole, pm.simulate(small_scenario().set("time.block", "30 s")))


def test_a_longer_run_begins_with_the_shorter_one(whole):
    longer = pm.simulate(small_scenario().set("time.duration", "41 s"))
    np.testing.assert_array_equal(power(longer, "poi")[:25_000], power(whole, "poi"))


def test_the_racks_asked_for_do_not_matter(whole):
    every = pm.simulate(small_scenario().set("output.racks", "all"))
    some = pm.simulate(small_scenario().set("output.racks", "[3, 11]"))
    assert_same(whole, every)
    assert_same(whole, some)
    np.testing.assert_array_equal(power(some, "rack"), power(every, "rack")[:, [3, 11]])


def test_racks_add_up_to_halls_and_halls_to_the_poi():
    scenario = small_scenario().set("output.racks", "all")
    run = pm.simulate(scenario)
    racks, halls, poi = (power(run, group) for group in ("rack", "hall", "poi"))
    first = scenario.placements[0].racks
    # Each rack is rounded to a quantum of 1/1024 W before it is added.
    np.testing.assert_allclose(racks[:, :first].sum(1, dtype=np.float64), halls[:, 0], atol=0.1)
    np.testing.assert_allclose(racks[:, first:].sum(1, dtype=np.float64), halls[:, 1], atol=0.1)
    overhead = scenario.site.overhead
    expected = halls.sum(1) * (1.0 + overhead.proportional) + overhead.constant
    np.testing.assert_allclose(poi, expected, rtol=1e-12)


def test_rack_power_follows_the_supply_law():
    """One rack whose accelerators are all probed: base, follower and supply losses on top."""
    scenario = (
        small_scenario(noise=False)
        .set("output.racks", "[0]")
        .set("output.probes", str(list(range(8))))
    )
    run = pm.simulate(scenario)
    rack = scenario.site.halls[0].rack_record
    accelerators = power(run, "probe").sum(1, dtype=np.float64)
    idle = 8 * rack.accelerator.idle_w
    delivered = accelerators + rack.base_power_w + rack.dynamic_power_ratio * (accelerators - idle)
    # p_in = p + p0 + k p^2 per unit, highest efficiency where both losses are equal.
    k = (1 / rack.supply_peak_efficiency - 1) / (2 * rack.supply_peak_load)
    load = delivered / rack.supply_rating_w
    drawn = delivered + rack.supply_rating_w * k * (rack.supply_peak_load**2 + load**2)
    np.testing.assert_allclose(power(run, "rack")[:, 0], drawn, rtol=2e-6)


def test_engines_agree_at_the_poi(whole):
    steps = pm.simulate(small_scenario(), engine="steps")
    accelerators = 96
    # One quantum per accelerator, times what the rack and the site put on top.
    bound = accelerators / 1024 * 1.6
    assert np.abs(power(steps, "poi") - power(whole, "poi")).max() <= bound


def test_a_probe_is_one_accelerator_and_stands_where_it_is_numbered():
    scenario = small_scenario(noise=False, accelerators=(1, 8)).set("output.probes", "[0, 32]")
    run = pm.simulate(scenario.set("output.racks", "[0, 4]"))
    probes, racks = power(run, "probe"), power(run, "rack")
    # Hall 1 has 4 racks of 8 slots; its only accelerator is slot 0, hall 2 begins at slot 32.
    assert np.corrcoef(probes[:, 0], racks[:, 0])[0, 1] > 0.999999
    assert np.corrcoef(probes[:, 1], racks[:, 0])[0, 1] < 0.99


def test_an_empty_slot_cannot_be_probed():
    with pytest.raises(PlanError, match=r"output.probes: there is no accelerator 9: no job"):
        pm.simulate(small_scenario(accelerators=(1, 8)).set("output.probes", "[9]"))


def test_an_empty_rack_cannot_be_kept():
    with pytest.raises(PlanError, match="there is no rack 2 with accelerators"):
        pm.simulate(small_scenario(accelerators=(8, 8)).set("output.racks", "[2]"))


def test_a_crash_takes_the_whole_job_down_and_it_comes_back():
    run = pm.simulate(
        small_scenario(noise=False, crash="5.5 s", accelerators=(32, 8)).set(
            "jobs.1.begins", "24 s"
        )
    )
    hall = power(run, "hall")[:, 0]
    quiet = hall[6_000:8_400]
    assert np.ptp(quiet) < 1.0, "all accelerators idle during the restart"
    assert quiet.max() < hall[:5_000].min() + 1.0, "idle is the lowest level of this program"
    assert hall[9_000:].max() > hall[:5_000].max() * 0.99, "iterations go on"


def test_a_job_that_begins_and_ends_idles_before_and_after():
    scenario = small_scenario(noise=False).set("jobs.0.begins", "3 s").set("jobs.0.ends", "12.25 s")
    hall = power(pm.simulate(scenario), "hall")[:, 0]
    assert np.ptp(hall[:3_000]) == 0.0
    assert np.ptp(hall[12_800:]) < 1.0
    assert abs(hall[2_000] - hall[20_000]) < 1.0
    # 32 accelerators go from 200 W to 0.95 of 1,200 W and take the rest of the rack along.
    assert hall[3_000:12_000].max() > hall[0] + 32 * 900


def test_failures_are_drawn_from_the_mtbf():
    """Counted over many seeds: Poisson with the stated mean."""
    from powermodel_kernels.build import Layout, Response, fleet
    from powermodel_kernels.fleet.failures import failure_times

    counts = []
    for seed in range(400):
        constants = fleet(Layout(8), Response(0, 0), idle_w=1, largest_w=1, seed=seed)
        times = failure_times(constants, 10**9, 20 * 10**9)
        assert times == sorted(times)
        assert all(0 <= t < 20 * 10**9 for t in times)
        counts.append(len(times))
    # Mean 20, variance 20: standard error of the mean 0.22, of the variance about 1.4.
    assert abs(np.mean(counts) - 20) < 4 * 0.22
    assert abs(np.var(counts) - 20) < 4 * 1.5


def test_overview_is_the_minimum_mean_and_maximum_of_the_samples(whole):
    poi = power(whole, "poi").reshape(-1, 1000)
    level = whole["overview/1s"]
    np.testing.assert_array_equal(level["poi_power_min"].values[0], poi.min(1))
    np.testing.assert_array_equal(level["poi_power_max"].values[0], poi.max(1))
    np.testing.assert_allclose(level["poi_power_mean"].values[0], poi.mean(1), rtol=1e-14)
