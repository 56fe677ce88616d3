# SPDX-License-Identifier: Apache-2.0
"""A whole question about a small site: loads once, sizes, delays, records, and refusals."""

import json
import math

import numpy as np
import pytest

from powermodel.limits import LimitError, LimitSet
from powermodel.scenario import Scenario
from powermodel.sizing.axes import Axis
from powermodel.sizing.changes import FLOOR_PATH, RACK_JOULES_PATH, changed
from powermodel.sizing.errors import SizingError, UnreachableError
from powermodel.sizing.labelled import to_dict, to_tree
from powermodel.sizing.loads import Loads
from powermodel.sizing.model import delays, least_latency_s, own_latency_s
from powermodel.sizing.study import Question, answer
from powermodel.sizing.uncertainty import uncertain
from powermodel.sizing.variables import FRONT, LATENCY, SERIES
from tests.sizing.small_question import UNIT_W, fake_farm, question, square_scenario

BAND = "band 0.5-2 Hz <= 3 kW"


@pytest.fixture(scope="module")
def found():
    axes = (Axis("window", "storage.control.window", ("2 s", "4 s")),)
    asked = question(BAND, axes=axes, latencies_s=(0.0, 0.1, 0.2, 0.3))
    return answer(asked, fake_farm, workers=2)


def test_the_answer_keeps_the_limits_and_one_unit_fewer_does_not(found) -> None:
    row = found.shown_row
    assert row.units is not None
    assert row.units >= 1
    assert row.at.passes
    assert row.fewer is not None
    assert not row.fewer.passes
    assert row.binding.startswith(BAND)
    # The fake farm knows no window: both variants need the same.
    assert [item.units for item in found.rows] == [row.units] * 2
    assert found.unit_power_w == UNIT_W


def test_the_farm_does_what_the_series_say(found) -> None:
    series = found.series
    assert np.array_equal(series.before_w, series.load_w)
    assert series.poi_w + series.storage_w == pytest.approx(series.load_w)
    limits, after = found.question.limits, found.question.after_s
    assert after == 0.0
    assessed = limits.assess(series.poi_w, found.question.scenario.time.dt)
    assert assessed.worst.measured == found.shown_row.worst.assessment.worst.measured


def test_delay_harms_near_where_theory_says(found) -> None:
    swept = found.sweep
    assert swept.frequency_hz == pytest.approx(1.0, rel=0.1)
    assert swept.line_break_even_s == pytest.approx(swept.analytic_s, rel=0.15)
    assert found.allowed_s[0] is not None
    assert found.latency_s == pytest.approx(0.02)
    assert found.latency_s <= found.allowed_s[0] < swept.analytic_s


def test_estimates_stand_beside(found) -> None:
    square = found.estimates[0]
    assert square.name == "square wave made flat"
    low_w, high_w = np.percentile(found.series.before_w, (5, 95))
    duty = float(np.mean(found.series.before_w > 0.5 * (low_w + high_w)))
    assert square.power_w == pytest.approx(max(duty, 1 - duty) * (high_w - low_w))
    assert square.power_w < 1.5 * (found.shown_row.units or 0) * UNIT_W


def test_records_of_every_variable(found) -> None:
    tree = to_tree(found)
    for group, records in (("front", FRONT), ("latency", LATENCY), ("series", SERIES)):
        dataset = tree[group].to_dataset()
        assert set(dataset.data_vars) == {record.name for record in records}
        for record in records:
            assert dataset[record.name].attrs == record.attributes()
            assert dataset[record.name].dims == record.dims
    assert tree.attrs["limits"] == [BAND]
    front = tree["front"].to_dataset()
    assert front["units"].values.tolist() == [found.shown_row.units] * 2
    assert front["window"].values.tolist() == ["2 s", "4 s"]
    assert (front["power"] == front["units"] * UNIT_W).all()
    data = to_dict(found)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["front"][0]["binding"] == found.rows[0].binding
    assert data["latency"]["line_hz"] == found.sweep.frequency_hz


def test_loads_are_computed_once_for_all_that_only_concerns_the_farm() -> None:
    loads = Loads(square_scenario())
    window = (("storage.control.window", "2 s"),)
    one, two = loads.of((), 3), loads.of(window, 3)
    assert one is two
    assert loads.computed == 1
    other = loads.of((), 4)
    assert not np.array_equal(one.power_w, other.power_w)
    assert one.energy_j == pytest.approx(one.power_w.sum() * 2e-3)
    assert (one.burnt_j, one.store_loss_j) == (0.0, 0.0)


def test_a_floor_narrows_the_load_and_burns() -> None:
    loads = Loads(square_scenario())
    plain = loads.of(((FLOOR_PATH, "0 %"),), 3)
    smooth = loads.of(((FLOOR_PATH, "80 %"),), 3)
    # The floor holds from the first activity on.
    settled = slice(1000, None)
    assert np.ptp(smooth.power_w[settled]) < 0.5 * np.ptp(plain.power_w[settled])
    assert plain.burnt_j == 0.0
    # At the accelerators; fans, regulators and supplies come on top at the POI.
    more_j = smooth.energy_j - plain.energy_j
    assert 0.6 * more_j < smooth.burnt_j < more_j


def test_joules_bring_their_time_constant() -> None:
    scenario = changed(square_scenario(), ((RACK_JOULES_PATH, "130 J"),))
    store = scenario.site.halls[0].store
    assert store.like == "gb300-electrolytic"
    assert store.energy_per_accelerator == 130.0
    assert store.time_constant == pytest.approx(0.06)
    assert changed(scenario, ((RACK_JOULES_PATH, "0 J"),)).site.halls[0].store is None


def test_a_pure_delay_is_shared_out() -> None:
    scenario = square_scenario(
        latency={"measurement": "10 ms", "communication": "20 ms", "inverter_delay": "4 ms"}
    )
    assert own_latency_s(scenario) == pytest.approx(0.034)
    for latency_s, expected in (
        (0.1, (0.01, 0.086, 0.004)),
        (0.012, (0.008, 0.0, 0.004)),
        (0.002, (0.0, 0.0, 0.002)),
        (0.0, (0.0, 0.0, 0.0)),
    ):
        latency = changed(scenario, delays(scenario, latency_s)).storage.latency
        got = (latency.measurement, latency.communication, latency.inverter_delay)
        assert got == pytest.approx(expected)
    assert least_latency_s(scenario) == 0.0
    slow = square_scenario(
        control={"kind": "moving-average", "window": "4 s", "period": "50 ms"},
        latency={"communication": "100 ms"},
    )
    assert least_latency_s(slow) == pytest.approx(0.03)
    assert changed(slow, delays(slow, 0.03)).storage.latency_s == pytest.approx(0.05)


def test_what_comes_before_is_left_out() -> None:
    asked = question("range <= 1 MW", after_s=5.0)
    got = answer(asked, fake_farm)
    outcome = got.bare.worst.assessment.worst
    seen_w = Loads(asked.scenario).of((), got.bare.worst_seed).power_w[2500:]
    assert outcome.measured == float(np.ptp(seen_w))
    assert got.shown_row.units == 0
    assert got.sweep is None


def test_uncertain_values_move_the_answer() -> None:
    got = answer(question(BAND, uncertainty=True), fake_farm)
    paths = {item.parameter.path for item in got.sensitivities}
    assert "storage.latency.measurement" in paths
    by_path = {item.parameter.path: item for item in got.sensitivities}
    delay = by_path["storage.latency.communication"]
    assert (delay.parameter.low, delay.parameter.high) == ("8 ms", "12 ms")
    assert isinstance(delay.at_low, int)
    assert isinstance(delay.at_high, int)
    assert delay.at_low <= (got.shown_row.units or 0) <= delay.at_high


def test_only_what_is_weak_and_movable_is_uncertain() -> None:
    storage = square_scenario(latency={"measurement": "10 ms"}).storage
    assert storage is not None
    paths = [item.path for item in uncertain(storage, 2e-3)]
    assert "storage.latency.measurement" not in paths
    assert "storage.latency.communication" in paths
    # Set points of the control are choices, not facts.
    assert not any(path.startswith("storage.control") for path in paths)


def test_weak_ratings_of_a_record_are_moved_within_its_range() -> None:
    scenario = square_scenario(unit="megapack-3", aux=None)
    assert scenario.storage is not None
    all_found = uncertain(scenario.storage, 2e-3)
    assert "storage.aux" in [item.path for item in all_found]
    found = [item for item in all_found if item.path == "storage.unit"]
    assert found
    for item in found:
        assert item.confidence in ("L", "K")
        low, high = (
            changed(scenario, ((item.path, end),)).storage for end in (item.low, item.high)
        )
        assert low.unit_record != high.unit_record
        assert low.unit_record.record == high.unit_record.record == "megapack-3"


def test_refusals() -> None:
    with pytest.raises(LimitError, match="does not hold one window of 60 s"):
        answer(question("ramp 60s <= 1 kW"), fake_farm)
    nearest = answer(question("range <= 1 W"), fake_farm)
    assert not nearest.reached
    assert nearest.shown_row.units is None
    with pytest.raises(UnreachableError, match="no setting with up to 40 units keeps"):
        nearest.require_reached()
    bare = Scenario.from_dict(
        {k: v for k, v in square_scenario().to_dict().items() if k != "storage"}
    )
    with pytest.raises(SizingError, match="the scenario has no storage to size"):
        answer(Question(bare, LimitSet.parse([BAND]), (1,)), fake_farm)


def test_the_same_question_gives_the_same_answer_with_any_workers() -> None:
    one, two = (answer(question(BAND), fake_farm, workers=n) for n in (1, 2))
    left, right = to_dict(one), to_dict(two)
    for data in (left, right):
        data.pop("runs")
    assert left == right
    assert not math.isnan(left["front"][0]["margin"])
