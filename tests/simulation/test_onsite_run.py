# SPDX-License-Identifier: Apache-2.0
"""Own generation and a dated connection in a run: sun, clouds, measured power, what is above."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import numpy as np
import pytest

import powermodel as pm
import powermodel_datasets as facts
from powermodel.errors import PlanError, PowermodelError, TraceError
from powermodel.indicators.supply import supply
from powermodel.limits.profiles import assess, rules_of
from powermodel.report.view import view_run
from powermodel.scenario import Scenario
from powermodel.scenario.solar import Solar
from powermodel.simulation.onsite import OnsitePower, clear_sky_w
from tests.scenario.test_scenario_onsite import CLOUD, SOLAR, START, WRITTEN, grid, scenario, sun

MEASURED = {
    "measured": {
        "file": "sun.csv",
        "time": {"column": "t", "unit": "s"},
        "power": {"column": "p", "unit": "kW"},
    }
}
YEAR_H = np.arange(8760) * 3600.0


def plant(**changes: Any) -> Solar:
    return Solar.model_validate(SOLAR | changes)


def horizontal(**changes: Any) -> Solar:
    """Modules flat on the ground whose share of the capacity is the irradiance over 1 kW/m2."""
    flat = {"tilt": "0 deg", "dc_ac_ratio": 0.5, "loss": 0, "capacity": "1 MW"}
    return Solar.model_validate(WRITTEN | flat | changes)


def test_a_year_of_clear_sky_has_the_published_capacity_factor() -> None:
    """Nothing was fitted: 0.04 of loss is that of inverters."""
    power = clear_sky_w(plant(), datetime.fromisoformat("2025-01-01 00:00Z"), YEAR_H)
    published = facts.load("solar-plant", "west-texas-tracker")["clear_sky_factor"].value
    assert power.mean() / 50e3 == pytest.approx(published, rel=0.02)
    assert power.max() == 50e3
    assert power.min() == 0.0


def test_the_sun_is_that_of_a_textbook() -> None:
    """Flat modules against Cooper's declination and Haurwitz's clear sky, on four days."""
    place = {"latitude": "32 deg", "longitude": "0 deg", "altitude": "0 m"}
    for day, number in (("03-21", 80), ("06-21", 172), ("09-21", 264), ("12-21", 355)):
        start = datetime.fromisoformat(f"2025-{day} 00:00Z")
        hours = np.array([10.0, 12.0, 14.0])
        found = clear_sky_w(horizontal(**place), start, hours * 3600.0) / 1e6 / 0.5
        declination = np.radians(23.45 * np.sin(2 * np.pi * (284 + number) / 365))
        phi, turned = np.radians(32.0), np.radians(15.0 * (hours - 12.0))
        high = np.sin(phi) * np.sin(declination)
        high = high + np.cos(phi) * np.cos(declination) * np.cos(turned)
        haurwitz = 1.098 * high * np.exp(-0.059 / high)
        np.testing.assert_allclose(found, haurwitz, rtol=0.12)


def test_trackers_give_more_than_fixed_modules() -> None:
    start = datetime.fromisoformat("2025-06-21 00:00-06:00")
    time_s = np.arange(1440) * 60.0
    tracked = clear_sky_w(plant(dc_ac_ratio=1.0), start, time_s)
    fixed = clear_sky_w(plant(dc_ac_ratio=1.0, tracking="fixed"), start, time_s)
    assert tracked.sum() > 1.2 * fixed.sum()
    assert tracked[60] == fixed[60] == 0.0


@pytest.fixture(scope="module")
def run():
    steps = [{"date": "2026-05", "allowed": "450 kW"}, {"at": "12 s", "allowed": "520 kW"}]
    return pm.simulate(scenario(START, **sun(clouds=[CLOUD]), **grid(*steps)))


def test_it_is_taken_off_the_load(run) -> None:
    load, own, poi = (run[f"{g}/power"].values[0] for g in ("load", "onsite", "poi"))
    np.testing.assert_array_equal(poi, load - own)
    plain = pm.simulate(scenario(None))
    np.testing.assert_array_equal(load, plain["poi/power"].values[0])
    assert "onsite_power_mean" in run["overview/1s"].data_vars


def test_a_cloud_has_straight_edges(run) -> None:
    """At noon in June the clear sky exceeds the inverters: constant but for the cloud."""
    own = run["onsite/power"].values[0]
    clear = own[0]
    assert clear == 50e3
    at = {4.9: 1.0, 5.0: 1.0, 6.0: 0.65, 7.0: 0.3, 10.9: 0.3, 12.0: 0.65, 13.0: 1.0, 24.0: 1.0}
    for time_s, share in at.items():
        assert own[round(1000 * time_s)] == pytest.approx(share * clear, abs=1e-3)


def test_any_window_gives_the_same_bits() -> None:
    found = OnsitePower(scenario(START, **sun(clouds=[CLOUD])))
    whole = found.tile(0, 25_000)
    parts = [found.tile(a, b - a) for a, b in ((0, 1), (1, 9_999), (9_999, 25_000))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_connection_is_stepped_and_what_is_above_is_counted(run) -> None:
    poi, allowed = run["poi/power"].values[0], run["connection/allowed"].values[0]
    assert list(allowed[[0, 11_999, 12_000, -1]]) == [450e3, 450e3, 520e3, 520e3]
    items = {one.name: one for one in supply(run, scenario_of(run))["connection"]}
    above = np.maximum(poi - allowed, 0.0)
    assert items["above_connection"].value == pytest.approx(above.sum() * 1e-3, rel=1e-9)
    assert items["time_above_connection"].value == pytest.approx((above > 0).sum() * 1e-3)
    assert items["excess_over_connection"].value == above.max() > 0.0
    assert items["excess_over_connection"].at_s == pytest.approx(1e-3 * np.argmax(above))
    assert items["connection_use"].value == pytest.approx((poi / allowed).max())


def test_own_generation_is_counted(run) -> None:
    items = {one.name: one for one in supply(run, scenario_of(run))["onsite"]}
    own, load = run["onsite/power"].values, run["load/power"].values
    assert items["onsite_energy"].value == pytest.approx(own.sum() * 1e-3, rel=1e-12)
    assert items["onsite_share"].value == pytest.approx(own.sum() / load.sum(), rel=1e-9)
    assert items["onsite_peak"].value == 50e3


def test_limits_hold_a_run_to_its_connection(run) -> None:
    [row] = assess(run, rules_of("connection"))
    assert (row.verdict, row.limit) == ("fail", 1.0)
    assert row.measured == pytest.approx(
        float((run["poi/power"] / run["connection/allowed"]).max())
    )
    [other] = assess(run["poi/power"], rules_of("connection"))
    assert other.verdict == "not assessed"
    assert "supply.grid.connection" in other.reason


def test_the_picture_has_steps_and_sun(run) -> None:
    fed = view_run(run).fed
    assert fed.allowed is not None
    assert [list(x) for x in fed.allowed] == [[0.0, 12.0, 25.0], [450.0, 520.0, 520.0]]
    assert fed.onsite is not None
    assert fed.onsite.low.min() == pytest.approx(15.0, abs=1e-3)


def scenario_of(tree) -> Scenario:
    return Scenario.from_yaml(tree.attrs["scenario"])


def measured(folder, rows: str) -> Scenario:
    (folder / "sun.csv").write_text("t,p\n" + rows)
    data = scenario(None, onsite={"solar": MEASURED}).to_dict()
    return Scenario.from_dict(data, base=folder)


def test_measured_power_is_interpolated(tmp_path) -> None:
    found = OnsitePower(measured(tmp_path, "0,10\n10,20\n20,20\n30,0\n"))
    power = found.tile(0, 25_000)
    assert list(power[[0, 5_000, 15_000, 24_000]]) == [10e3, 15e3, 20e3, 12e3]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0,10\n10,20\n20,20\n", "it covers 0 to 20 s, the run goes from 0 to 25 s"),
        ("1,10\n30,20\n", "it covers 1 to 30 s"),
        ("0,10\n10,-20\n30,20\n", "has -20000 W in row 2: expected at least 0"),
        ("0,10\n0,20\n30,20\n", "the same time as the row before it"),
    ],
)
def test_a_bad_measured_series_is_refused(tmp_path, rows: str, message: str) -> None:
    with pytest.raises(TraceError, match=message) as caught:
        OnsitePower(measured(tmp_path, rows))
    assert "sun.csv" in str(caught.value)


def test_without_pvlib_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pvlib", None)
    with pytest.raises(PlanError, match="needs the package pvlib") as caught:
        pm.simulate(scenario(START, **sun()))
    assert isinstance(caught.value, PowermodelError)
    assert "pip install 'powermodel[supply]'" in str(caught.value)
