# SPDX-License-Identifier: Apache-2.0
"""A site whose racks have backups, through sags: what they carry, what it costs, resume."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import powermodel as pm
from powermodel.indicators.buffering import buffering
from powermodel.report import plot
from powermodel.report.page.charts import charts_of
from powermodel.report.page.series import site_series
from powermodel.report.view import view_run
from powermodel.scenario import Scenario
from powermodel.simulation.racks import HallTile, shelf_of
from tests.simulation.killed import check_resumed, killed
from tests.simulation.small import small_scenario

GROUP = "rack_backup"
PATHS = ("poi/power", *(f"{GROUP}/{name}" for name in ("power", "loss", "unserved", "energy")))
SAG, OUTAGE = slice(9_950, 10_050), slice(15_000, 15_300)
BACK = slice(10_250, 10_300)
"""When the racks of the sag take their input again."""


def scenario(*, sags: bool = True, **backup: Any) -> Scenario:
    """Return the small site: a sag over the edge of a tile, then an outage of one hall."""
    plain = small_scenario(noise=False).to_dict()
    for hall in plain["site"]["halls"]:
        hall["backup"] = {"like": "orv3-hpr-bbu", **backup}
    plain["site"]["halls"][0]["store"] = "gb300-electrolytic"
    plain["time"]["duration"] = "21 s"
    if sags:
        plain["site"]["sags"] = [
            {"at": "9.95 s", "duration": "0.1 s", "voltage": 0.4},
            {"at": "15 s", "duration": "0.3 s", "halls": ["two"]},
            {"at": "18 s", "duration": "0.3 s", "voltage": 0.9},
        ]
    return Scenario.from_dict(plain)


def series(tree: Any, path: str) -> Any:
    return tree[path].values[0]


@pytest.fixture(scope="module")
def run() -> Any:
    return pm.simulate(scenario())


@pytest.fixture(scope="module")
def calm() -> Any:
    return pm.simulate(scenario(sags=False))


def test_a_sag_below_the_limit_of_the_input_takes_the_racks_off_the_grid(run, calm):
    halls, before = series(run, "hall/power"), series(calm, "hall/power")
    assert not halls[SAG].any()
    assert not halls[OUTAGE, 1].any()
    np.testing.assert_array_equal(halls[OUTAGE, 0], before[OUTAGE, 0])
    # To 0.9 of the voltage the supplies draw what they drew; both halls are charged again by then.
    np.testing.assert_array_equal(halls[:9950], before[:9950])
    np.testing.assert_array_equal(halls[18_000:], before[18_000:])
    assert series(run, f"{GROUP}/unserved").max() == 0.0


def test_what_the_backups_give_is_what_the_shelves_gave(run, calm):
    """From the power that racks draw without a sag back through the loss of their shelves."""
    made = scenario()
    drawn = series(calm, "hall/power")[OUTAGE, 1] / 8  # all racks of the hall are alike in type
    shelf = shelf_of(made.site.halls[1].rack_record, 1)
    constant, quadratic = (float(c) for c in shelf.loss_coefficients())
    given = (np.sqrt(1 + 4 * quadratic * (drawn - constant)) - 1) / (2 * quadratic)
    # The mean of squares is not the square of the mean: racks differ a little.
    np.testing.assert_allclose(series(run, f"{GROUP}/power")[OUTAGE], 8 * given, rtol=2e-4)


def test_energy_closes_to_the_quantum(run):
    power, loss, energy = (series(run, f"{GROUP}/{n}") for n in ("power", "loss", "energy"))
    quantum_j = 0.001 / 1024
    stored = np.diff(energy)
    np.testing.assert_allclose(-stored, (power + loss)[1:] * 0.001, rtol=0, atol=quantum_j)
    assert energy[0] == 12 * 264e3 * 240.02
    assert loss.min() == 0.0
    # Recharged and at rest at the end: in = out + lost.
    assert energy[-1] == energy[0]
    given, taken = power[power > 0].sum(), -power[power < 0].sum()
    assert taken == pytest.approx(given + loss.sum(), rel=1e-9)
    assert given == pytest.approx(0.95 * taken, rel=1e-4)


def test_back_on_the_input_the_load_comes_with_what_recharging_draws(run, calm):
    more = (series(run, "hall/power") - series(calm, "hall/power"))[BACK].sum(axis=1)
    recharge = 12 * 264e3 * np.array([0.2 + 0.05, 0.05]) / 0.95
    # The battery alone follows once the hold-up is full; the shelf's own loss comes on top.
    assert more[0] == pytest.approx(recharge[0], rel=0.06)
    assert more[10] == pytest.approx(recharge[1], rel=0.06)


def test_the_load_of_the_poi_is_that_of_the_halls(run):
    site = scenario().site
    halls = series(run, "hall/power").sum(axis=1)
    expected = halls * (1.0 + site.overhead.proportional) + site.overhead.constant
    np.testing.assert_allclose(series(run, "poi/power"), expected, rtol=1e-12)


def test_a_hold_up_that_is_too_short_leaves_load_without_power():
    made = scenario(hold_up_time="1 ms", rating="60 kW").set("time.duration", "10 s")
    notes = pm.plan(made).warnings
    assert any("without power for 3 ms of an outage" in note for note in notes)
    assert "2 of 3 sags begin after the end of the run" in notes
    found = pm.simulate(made)
    unserved, power = (series(found, f"{GROUP}/{name}") for name in ("unserved", "power"))
    first = slice(9950, 9954)
    # Of what is asked for until the battery takes over, the hold-ups carry 12 times 60 J.
    asked_j = (unserved + power)[first].sum() * 0.001
    assert unserved[first].sum() * 0.001 == pytest.approx(asked_j - 12 * 60.0, rel=1e-6)
    assert not unserved[9954:].any()
    items = {item.name: item.value for item in buffering(found)}
    assert items["rack_unserved"] == pytest.approx(unserved.sum() * 0.001)
    assert items["rack_unserved_time"] == pytest.approx(np.count_nonzero(unserved) * 0.001)


def test_indicators_add_up(run):
    items = {item.name: item.value for item in buffering(run)}
    power = series(run, f"{GROUP}/power")
    assert items["rack_backup_given"] == pytest.approx(power.clip(min=0).sum() * 0.001)
    assert items["rack_backup_taken"] == pytest.approx(-power.clip(max=0).sum() * 0.001)
    assert items["rack_backup_swing"] == pytest.approx(np.ptp(series(run, f"{GROUP}/energy")))
    lost = series(run, f"{GROUP}/loss").sum() / series(run, "poi/power").sum()
    assert items["rack_backup_loss_per_site_energy"] == pytest.approx(lost)
    assert items["rack_unserved"] == items["rack_unserved_time"] == 0.0


def test_shaving_keeps_the_shelves_below_the_level():
    made = scenario(sags=False, shave_above="38 kW").set("time.duration", "10 s")
    shelf = shelf_of(made.site.halls[1].rack_record, 1)
    constant, quadratic = (float(c) for c in shelf.loss_coefficients())
    most = 38e3 * (1 + quadratic * 38e3) + constant
    found = pm.simulate(made.set("output.racks", "all"))
    racks = series(found, "rack/power")
    assert racks.max() == pytest.approx(most, rel=1e-6)
    assert series(found, f"{GROUP}/power").max() > 0.0
    calm = pm.simulate(scenario(sags=False).set("time.duration", "10 s"))
    assert series(calm, "hall/power").max() > 1.01 * series(found, "hall/power").max()


def test_plan_says_which_racks_and_how_many_sags():
    rows = dict(pm.plan(scenario()).rows())
    assert rows["rack backups"] == "in 12 racks of 2 halls, through 3 sags"
    assert pm.plan(scenario()).warnings == pm.plan(scenario(sags=False)).warnings


def test_neither_block_size_nor_threads_change_a_bit(run):
    for block, workers in (("20 s", 1), ("10 s", 3)):
        other = pm.simulate(scenario().set("time.block", block), workers=workers)
        for path in PATHS:
            np.testing.assert_array_equal(other[path].values, run[path].values)


def test_killed_on_battery_and_resumed_is_byte_equal(tmp_path):
    made = scenario()
    cut = killed(made, tmp_path)
    with np.load(next(cut.rglob("0.npz"))) as state:
        assert state["rack_backup/0/lost"].all()
    check_resumed(made, cut)


@pytest.mark.parametrize(
    ("spans", "off"),
    [
        ([(0, 3)], [0, 1, 2]),
        ([(-5, 2), (8, 30)], [0, 1, 8, 9]),
        ([(3, 5), (4, 6)], [3, 4, 5]),
        ([(10, 12), (-9, 0)], []),
    ],
)
def test_outages_within_a_tile(spans, off):
    dt, begin = 10**6, 7 * 10**9
    at = [(begin + a * dt, begin + b * dt) for a, b in spans]
    found = HallTile.zeros(10, at, begin, dt)
    assert np.flatnonzero(~found.available).tolist() == off


def test_picture_and_page_show_what_the_backups_do(run):
    view = view_run(run)
    assert view.backup is not None
    assert view.backup.energy.high.max() == pytest.approx(100.0)
    rows = plot.rows_of(view)
    assert plot.BACKUP_ROW in rows
    figure = plot.draw(view, (plot.BACKUP_ROW,))
    labels = [label for axes in figure.axes for label in axes.get_legend_handles_labels()[1]]
    assert labels == ["all rack backups, discharging positive", "energy, of its largest (right)"]
    names = {chart.name for chart in charts_of(site_series(run, 200))}
    assert {"rack-backup", "backup-energy"} <= names
