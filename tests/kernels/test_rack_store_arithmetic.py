# SPDX-License-Identifier: Apache-2.0
"""A rack's energy store against arithmetic: joules, saturation, balance, limits, refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.constants import QUANTA_PER_W
from tests.kernels.racks import PER_RACK, run, store_type

STIFF = {"time_constant_s": 1e6}
"""A shelf that does not follow the load: all of a swing is asked of the store."""


def test_a_rack_of_gb300_holds_its_joules_exactly() -> None:
    full = store_type(set_point=1.0)
    for dt_s in (0.0005, 0.001, 0.002, 0.005):
        state = full.initial(np.array([PER_RACK, 36, 1]), dt_s)
        assert (state.high * full.count_of(dt_s)).tolist() == [4680.0, 2340.0, 65.0]
        assert (state.energy == state.high).all()
        assert not state.low.any()


def test_a_full_store_carries_the_rated_load_for_35_ms() -> None:
    """4.68 kJ are 35.45 ms of 132 kW: in the 36th ms the shelf gives what the store lacks."""
    load = np.full(60, 132e3)
    load[0] = 0.0
    found = run(store_type(set_point=1.0, **STIFF), load)
    shelf = found.shelf_w[0]
    assert np.abs(shelf[1:36]).max() < 0.02
    assert shelf[36] == pytest.approx(36 * 132e3 - 4680.0 / 0.001, rel=1e-6)
    assert (shelf[37:] == 132e3).all()
    assert found.energy_j[36:].tolist() == [0.0] * 24
    assert found.power_w.sum() * 0.001 == 4680.0


def test_a_full_store_carries_a_swing_of_a_kw_per_accelerator_for_65_ms() -> None:
    load = np.full(80, 92e3)
    load[0] = 20e3
    found = run(store_type(set_point=1.0, **STIFF), load)
    np.testing.assert_allclose(found.shelf_w[0, :66], 20e3, atol=0.05)
    assert found.energy_j[65] == pytest.approx(0.0, abs=1e-3)
    assert (found.shelf_w[0, 67:] == 92e3).all()


def test_an_empty_store_takes_a_swing_downwards_until_it_is_full() -> None:
    load = np.full(100, 20e3)
    load[0] = 92e3
    found = run(store_type(set_point=0.0, **STIFF), load)
    np.testing.assert_allclose(found.shelf_w[0, :66], 92e3, atol=0.05)
    assert found.energy_j[66:].tolist() == [4680.0] * 34
    assert (found.shelf_w[0, 67:] == 20e3).all()


def test_a_swing_beyond_the_limit_of_power_passes_through() -> None:
    load = np.full(20, 80e3)
    load[0] = 20e3
    found = run(store_type(discharge_w=500.0, **STIFF), load)
    assert found.power_w[1:10].tolist() == [36e3] * 9
    np.testing.assert_allclose(found.shelf_w[0, 1:10], 44e3, atol=0.01)


def test_the_shelf_takes_nothing_back() -> None:
    """A store above its set point finds no load that it could give to."""
    load = np.concatenate([np.full(10, 40e3), np.zeros(2000)])
    found = run(store_type(recovery_s=0.5), load)
    assert found.energy_j[-1] == found.energy_j.max()
    assert 1.5 * 2340.0 < found.energy_j[-1] < 2340.0 + 40e3 * 0.05
    assert found.shelf_w.min() >= 0.0
    assert not found.shelf_w[0, 1000:].any()


def test_both_ways_lose_what_their_efficiencies_say() -> None:
    """Bring a store from its middle up and down: losses are of what passes the bus."""
    lossy = store_type(charge_efficiency=0.9, discharge_efficiency=0.8, **STIFF)
    load = np.concatenate([[60e3], np.full(20, 40e3), np.full(20, 80e3)])
    found = run(lossy, load)
    charged, discharged = -found.power_w[1:21], found.power_w[21:]
    np.testing.assert_allclose(charged, 20e3, rtol=1e-5)
    np.testing.assert_allclose(discharged, 20e3, rtol=1e-5)
    np.testing.assert_allclose(found.loss_w[1:21], 0.1 * charged, rtol=1e-6)
    np.testing.assert_allclose(found.loss_w[21:], discharged * (1.0 / 0.8 - 1.0), rtol=1e-6)
    gained = found.energy_j[20] - found.energy_j[0]
    assert gained == pytest.approx(0.9 * 20e3 * 0.02, rel=1e-6)
    assert found.energy_j[0] - found.energy_j[-1] == pytest.approx(500.0 - 360.0, rel=1e-5)


LOADS = st.lists(st.floats(0.0, 200e3, width=32), min_size=2, max_size=60)
EFFICIENCY = st.floats(0.5, 1.0)


@settings(max_examples=150, deadline=None)
@given(
    load=LOADS,
    hold=st.integers(1, 40),
    efficiencies=st.tuples(EFFICIENCY, EFFICIENCY),
    window=st.sampled_from([(0.0, 1.0, 0.5), (0.2, 0.9, 0.2), (0.4, 0.6, 0.6)]),
    control=st.sampled_from([(0.02, math.inf), (0.5, 0.3), (1e3, 1.0)]),
    energy_j=st.sampled_from([1.0, 65.0, 4000.0]),
    ramp=st.sampled_from([math.inf, 100.0, 1e4]),
    dt_s=st.sampled_from([0.0005, 0.001, 0.002]),
    held=st.integers(1, PER_RACK),
)
def test_energy_balances_exactly_and_no_limit_is_passed(
    load: list[float], hold: int, efficiencies: tuple[float, float], window: tuple[float, ...],
    control: tuple[float, float], energy_j: float, ramp: float, dt_s: float, held: int,
) -> None:  # fmt: skip
    store = store_type(
        energy_j=energy_j, charge_efficiency=efficiencies[0], discharge_efficiency=efficiencies[1],
        window=window[:2], set_point=window[2], time_constant_s=control[0], recovery_s=control[1],
        ramp_w_per_s=ramp, charge_w=700.0, discharge_w=1500.0,
    )  # fmt: skip
    load_w = np.repeat(np.array(load, np.float32), hold)
    found = run(store, load_w, dt_s, held=[held])
    begin = store.initial(np.array([held]), dt_s)
    stored = np.concatenate([begin.energy, found.sums.energy])
    quanta = store.quanta_per_count(dt_s)
    # In integers: what leaves the store goes to the bus or is lost.
    assert (-np.diff(stored) * quanta == found.sums.power + found.sums.loss).all()
    assert (found.sums.loss >= 0).all()
    # In float32: load = shelf + store.
    rounding = 2.0**-23 * np.maximum(load_w, np.abs(found.power_w)) + 1e-3
    assert (np.abs(load_w - found.shelf_w[0] - found.power_w) <= rounding).all()
    assert stored.min() >= begin.low[0]
    assert stored.max() <= begin.high[0]
    slack_w = 1.0 / QUANTA_PER_W + 1e-6 * 200e3
    assert found.power_w.max() <= 1500.0 * held + slack_w
    assert found.power_w.min() >= -700.0 * held - slack_w
    assert (found.shelf_w >= -slack_w).all()


def test_what_passes_through_is_what_the_store_cannot_hold() -> None:
    """Full, with a load that falls for long: the shelf gives the load to the last bit."""
    load = np.concatenate([np.full(10, 150e3), np.full(300, 10e3)])
    found = run(store_type(time_constant_s=1.0), load)
    full = found.energy_j == 4680.0
    assert full.sum() > 250
    first = int(full.argmax())
    assert (found.shelf_w[0, first + 1 :] == np.float32(10e3)).all()


def test_a_ramp_limit_holds_while_the_store_can_hold_it() -> None:
    load = np.concatenate([np.full(10, 50e3), np.full(90, 80e3)])
    ramp = 5000.0
    found = run(store_type(time_constant_s=0.01, ramp_w_per_s=ramp), load)
    change = np.diff(found.shelf_w[0].astype(np.float64))
    inside = (found.energy_j[1:] > 0.0) & (found.energy_j[1:] < 4680.0)
    assert change[inside].max() <= ramp * PER_RACK * 0.001 + 0.1
    assert change[9:60].min() >= 0.99 * ramp * PER_RACK * 0.001


def test_energy_comes_back_to_its_set_point() -> None:
    load = np.concatenate([np.full(10, 60e3), np.full(6000, 90e3)])
    found = run(store_type(recovery_s=0.5), load)
    assert found.energy_j.min() < 1500.0
    assert found.energy_j[-1] == pytest.approx(2340.0, rel=1e-3)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "efficiency above 1": ({"charge_efficiency": 1.02}, "charge_efficiency must be above 0 and at"),
    "no efficiency": ({"discharge_efficiency": 0.0}, "discharge_efficiency must be above 0"),
    "no energy": ({"energy_j": 0.0}, "energy_j must be above 0, got 0.0"),
    "no power": ({"discharge_w": 0.0}, "discharge_w must be above 0, got 0.0"),
    "negative power": ({"charge_w": -5.0}, "charge_w must be above 0, got -5.0"),
    "no time": ({"time_constant_s": math.nan}, "time_constant_s must be above 0, got nan"),
    "window inverted": ({"window": (0.8, 0.2)}, "must rise within 0 to 1, got 0.8 to 0.2"),
    "window outside": ({"window": (0.0, 1.2)}, "must rise within 0 to 1, got 0 to 1.2"),
    "set point outside": (
        {"set_point": 0.1, "window": (0.2, 0.8)},
        "0.1 must be within the window",
    ),
    "too much power": ({"discharge_w": 1e6}, "gives or takes at most 1048576 W, got 7.2e+07 W"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_stores_are_refused(case: str) -> None:
    changes, message = BAD[case]
    with pytest.raises(ValueError) as caught:
        store_type(**changes)
    assert message in str(caught.value)


@pytest.mark.parametrize("control", [{"time_constant_s": 0.02}, {"recovery_s": 0.02}])
def test_a_step_too_long_for_a_time_constant_is_refused(control: dict[str, float]) -> None:
    assert run(store_type(**control), np.zeros(5), 0.002).shelf_w.size == 5
    with pytest.raises(ValueError, match=r"0.0021 s is too long .* 0.02 s: expected at most 0.002"):
        run(store_type(**control), np.zeros(5), 0.0021)
