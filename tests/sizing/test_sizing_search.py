# SPDX-License-Identifier: Apache-2.0
"""Sizes of a farm whose answers are known in closed form."""

import math

import numpy as np
import pytest

from powermodel.sizing.axes import Axis, variants
from powermodel.sizing.ensemble import SeedEnsemble
from powermodel.sizing.errors import SizingError, UnreachableError
from powermodel.sizing.front import is_on_front, require_reached, search_front, search_row
from powermodel.sizing.latency import LatencySweep, allowed, crossing, sweep
from powermodel.sizing.setting import Setting
from powermodel_kernels.laws.sizing import delay_residual
from tests.sizing.fake_farm import AMPLITUDE_W, FREQUENCY_HZ, UNIT_W, FakeFarm

FLOOR = Axis("floor", "floor", (0.0, 0.5), costs=True)


def units_for(range_w: float, swing_w: float) -> int:
    """Clipping N units off both ends of a sine leaves 2 (A - N P)."""
    return math.ceil((2 * swing_w - range_w) / (2 * UNIT_W) - 1e-9)


@pytest.mark.parametrize("limit_mw", [7, 30, 99])
@pytest.mark.parametrize("workers", [1, 2])
def test_smallest_farm_of_a_clipped_sine(limit_mw: int, workers: int) -> None:
    farm = FakeFarm(f"range <= {limit_mw} MW")
    ensemble = SeedEnsemble(farm, range(3), workers)
    row = search_row(ensemble, (), 100)
    needs = [units_for(limit_mw * 1e6, AMPLITUDE_W * (1 + 0.1 * seed)) for seed in range(3)]
    assert row.units == max(needs)
    assert row.seeds_range == (min(needs), max(needs))
    assert row.at.worst_seed == 2
    assert row.found.monotone
    assert 0 <= row.at.margin <= 2 * UNIT_W / (limit_mw * 1e6)
    assert row.binding == f"range <= {limit_mw} MW (inverter power)"
    assert len(farm.calls) == len(set(farm.calls)) == ensemble.runs


def test_nothing_is_needed_where_the_load_keeps_the_limit() -> None:
    row = search_row(SeedEnsemble(FakeFarm("range <= 1 GW"), [0]), (), 10)
    assert (row.units, row.binding, row.fewer) == (0, "none: kept without a farm", None)


def test_an_unreachable_goal_names_limit_and_distance() -> None:
    farm = FakeFarm("range <= 20 MW", "peak <= 2 GW")
    rows = search_front(SeedEnsemble(farm, [0, 1]), [FLOOR], 10)
    assert [row.units for row in rows] == [None, None]
    with pytest.raises(UnreachableError) as caught:
        require_reached(rows, 10)
    # Seed 1 swings 110 MW, half of it with the floor; ten units take 20 MW off: 35 MW.
    text = str(caught.value)
    assert "no setting with up to 10 units keeps 'range <= 20 MW'" in text
    assert "10 units with floor=0.5, stays at 35.00 MW, 1.75 times the limit (seed 1)" in text
    assert "held back by inverter power" in text
    assert caught.value.exit_code == 5


def test_latency_stops_a_farm_that_nothing_holds_back() -> None:
    farm = FakeFarm("range <= 20 MW")
    ensemble = SeedEnsemble(lambda setting, seed: farm(setting.with_latency(0.2), seed), [0])
    with pytest.raises(UnreachableError, match="held it back, latency or control did"):
        require_reached([search_row(ensemble, (), 100)], 100)


def test_the_front_trades_floor_against_units() -> None:
    farm = FakeFarm("range <= 20 MW")
    axes = [FLOOR, Axis("waste", "waste", (1, 2), costs=True)]
    rows = search_front(SeedEnsemble(farm, [0]), axes, 100)
    assert [dict(row.changes) for row in rows] == [dict(item) for item in variants(axes)]
    assert [row.units for row in rows] == [40, 40, 15, 15]
    # More waste for the same number of units is never on the front.
    assert [is_on_front(row, rows, axes) for row in rows] == [True, False, True, False]


def test_allowed_latency_and_break_even_of_a_delayed_sine() -> None:
    farm = FakeFarm("range <= 50 MW")
    ensemble = SeedEnsemble(farm, [0])
    setting = Setting(100)
    # |1 - exp(-j 2 pi f L)| = 2 sin(pi f L): half the swing is left at asin(1/4) / (pi f).
    bound_s = math.asin(0.25) / (math.pi * FREQUENCY_HZ)
    found_s, search = allowed(ensemble, setting, 0.0, 0.4, 1e-3)
    assert found_s == pytest.approx(math.floor(bound_s * 1e3) / 1e3)
    assert search.monotone
    swept = sweep(ensemble, setting, list(np.arange(0.0, 0.41, 0.05)), FREQUENCY_HZ)
    assert swept.analytic_s == pytest.approx(1 / 3)
    assert swept.line_break_even_s == pytest.approx(1 / 3, rel=2e-3)
    assert swept.variation_break_even_s == pytest.approx(1 / 3, rel=2e-3)
    evens = swept.limit_break_evens_s(ensemble.judge(Setting(0)))
    assert evens["range <= 50 MW"] == pytest.approx(1 / 3, rel=2e-3)
    assert swept.analytic_with_lag_s == pytest.approx(1 / 3)
    assert sweep(ensemble, setting, [0.0, 0.1], 0.0).analytic_s is None


@pytest.mark.parametrize("lag_s", [0.0, 0.02, 0.2])
def test_break_even_with_a_lag_leaves_the_whole_sine(lag_s: float) -> None:
    found = LatencySweep((), (), FREQUENCY_HZ, lag_s).analytic_with_lag_s
    assert found is not None
    assert delay_residual(FREQUENCY_HZ, found, lag_s) == pytest.approx(1.0)


def test_crossing() -> None:
    assert crossing([0.0, 1.0], np.array([0.5, 0.9])) is None
    assert crossing([0.0, 1.0], np.array([1.0, 2.0])) == 0.0
    assert crossing([0.0, 2.0], np.array([0.5, 1.5])) == pytest.approx(1.0)


def test_questions_that_make_no_sense() -> None:
    farm = FakeFarm("range <= 50 MW")
    with pytest.raises(SizingError, match="expected at least one seed"):
        SeedEnsemble(farm, [])
    with pytest.raises(SizingError, match="each once"):
        SeedEnsemble(farm, [1, 1])
    ensemble = SeedEnsemble(farm, [0])
    with pytest.raises(SizingError, match="expected at least one unit"):
        search_front(ensemble, [], 0)
    with pytest.raises(SizingError, match="expected rising latencies"):
        sweep(ensemble, Setting(1), [0.1, 0.1], 1.0)
    with pytest.raises(SizingError, match=r"expected latencies from 0\.1 s up"):
        allowed(ensemble, Setting(1), 0.1, 0.05, 1e-3)
    with pytest.raises(SizingError, match="at least one value"):
        Axis("floor", "floor", ())
    with pytest.raises(SizingError, match="a value twice"):
        Axis("floor", "floor", (0.5, 0.5))
    with pytest.raises(SizingError, match="varied twice"):
        list(variants([FLOOR, FLOOR]))
