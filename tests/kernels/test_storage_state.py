# SPDX-License-Identifier: Apache-2.0
"""State: blocks, resume and the interpreter give the same bits; units are drawn by address."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import interpreted_with
from powermodel_kernels.control.moving_average import moving_average
from powermodel_kernels.control.none import none
from powermodel_kernels.control.signal import Control, Signal
from powermodel_kernels.storage.driver import drive
from powermodel_kernels.storage.farm import Farm, Outage, Unit
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.storage.tables import window_of
from tests.kernels.storage_cases import (
    MS,
    PACK,
    S,
    arrays_of,
    changed,
    follow,
    quanta,
    ran,
    same_bits,
    split_at,
    square,
    times,
    watts,
)

FARM = Farm(PACK, 5, capacity_sigma=0.02, resistance_sigma=0.1, inverter_lag_s=0.02,
            outages=(Outage(1, 3, 700 * MS, 2 * S),))  # fmt: skip


def smoothing() -> Control:
    parameters = np.zeros(8, np.float32)
    parameters[:7] = 0.5, 1e6, 1e5, 0.02, 0.5, 0.0, 0.0
    return Control(moving_average, parameters, (1, 4, 40), 10 * MS, 3 * MS, 5 * MS)


def noisy(samples: int) -> Any:
    t = np.arange(samples) * 1e-3
    return quanta(square(t, 15e6, 24e6, 1.0) + np.random.default_rng(1).normal(0, 2e5, samples))


@settings(deadline=None, max_examples=10)
@given(cuts=st.lists(st.integers(1, 2999), max_size=4))
def test_blocks_give_the_bits_of_the_whole_even_through_a_file(cuts: list[int]) -> None:
    load = noisy(3000)
    site = StorageSite(FARM, replace(FARM, units=2, outages=()), smoothing(), 0.001)
    whole_state = site.initial()
    whole = site.advance(whole_state, load, 0)
    state, parts = site.initial(), []
    edges = [0, *sorted(set(cuts)), 3000]
    for first, stop in pairwise(edges):
        parts.append(site.advance(state, load[first:stop], first))
        file = io.BytesIO()
        np.savez(file, **{n.replace("/", "."): a for n, a in arrays_of(state).items()})
        file.seek(0)
        state = restored(site, dict(np.load(file)))
    assert same_bits(state, whole_state)
    for field, expected in whole._asdict().items():
        assert np.concatenate([getattr(p, field) for p in parts]).tobytes() == expected.tobytes()


def test_a_step_at_a_time_gives_the_bits_of_windows_of_known_commands() -> None:
    """Units run ahead of the controller as far as commands are known; nobody can tell."""
    load = noisy(1000)
    site = StorageSite(FARM, replace(FARM, units=2, outages=()), smoothing(), 0.001)
    whole_state, state = site.initial(), site.initial()
    whole = site.advance(whole_state, load, 0)
    site.advance(state, load[:600], 0)
    for k in range(600, 1000):  # a report, and an outage that begins
        out = site.advance(state, load[k : k + 1], k)
        assert out.power_q[0] == whole.power_q[k]
        assert out.command_q[0] == whole.command_q[k]
    assert same_bits(state, whole_state)


def restored(site: StorageSite, saved: dict[str, Any]) -> Any:
    """Return a state whose arrays are those of a file."""
    state = site.initial()
    for name, array in arrays_of(state).items():
        array[...] = saved[name.replace("/", ".")]
    return state


def test_interpreter_and_compiler_agree_bit_for_bit() -> None:
    farm = replace(FARM, units=3, outages=(Outage(1, 2, 20 * MS, 60 * MS),), report_ticks=25 * MS)
    site = StorageSite(farm, replace(farm, units=1, outages=()), smoothing(), 0.001)
    compiled, plain = site.initial(), site.initial()
    load = noisy(1100)[960:1040]
    out = site.advance(compiled, load, 0)
    plain_out = type(out)(*(np.zeros_like(a) for a in out))
    rooms = (window_of(5, units.charge.size) for units in (plain.main, plain.fast))
    sides = zip(site._fixed, site._curves, (plain.main, plain.fast), rooms, strict=True)
    interpreted_with(drive, none, moving_average)(
        load, np.empty(0, np.int64), np.empty(0, np.float32), 0, site._timing,
        site.control.parameters, plain.memory, plain.links, *sides, plain_out,
    )  # fmt: skip
    assert same_bits(compiled, plain)
    assert same_bits(out, plain_out)
    assert np.ptp(watts(out.power_q)) > 1e6


def test_units_differ_as_asked_and_by_address_alone() -> None:
    farm = replace(FARM, units=4000, outages=(), seed=2**40 + 5)
    curves = StorageSite(farm, None, follow(), 0.001)._curves[0]
    capacity, resistance = np.log(curves.to_ampere / 10800e3), np.log(curves.resistance)
    assert capacity.std() == pytest.approx(0.02, rel=0.05)
    assert resistance.std() == pytest.approx(0.1, rel=0.05)
    assert np.exp(resistance).mean() == pytest.approx(1.0, abs=0.005)
    assert abs(np.corrcoef(capacity, resistance)[0, 1]) < 0.05
    fewer = StorageSite(replace(farm, units=7), None, follow(), 0.001)._curves[0]
    assert fewer.resistance.tobytes() == curves.resistance[:7].tobytes()
    other = StorageSite(replace(farm, seed=6), None, follow(), 0.001)._curves[0]
    assert not np.any(other.resistance == curves.resistance)


def test_the_fast_device_takes_the_high_band() -> None:
    t = times(12.0)
    load = square(t, 18e6, 20e6, 4.0)
    farm = replace(FARM, outages=(), inverter_lag_s=0.0)
    quick = replace(farm, report_ticks=10 * MS)
    _, _, out = ran(farm, load, split_at(0.2), fast=quick)
    total, fast = watts(out.power_q), watts(out.fast_power_q)
    assert total == pytest.approx(load - load[0], abs=100.0)
    edge = int(np.flatnonzero(np.diff(load))[1]) + 1
    assert fast[edge] == pytest.approx(-2e6, rel=0.02)
    assert fast[edge + 200] / fast[edge] == pytest.approx(np.exp(-1.0), rel=0.02)


def announce(signal: Signal, parameters: Any, memory: Any) -> Any:
    memory.f[0] = signal.frequency_hz
    return signal.forecast_w - signal.load_w, np.float32(0.0)


def test_a_law_from_outside_sees_forecast_and_frequency() -> None:
    control = Control(announce, np.zeros(1, np.float32), (1, 1, 1), MS, 0, 0)
    site = StorageSite(replace(FARM, outages=(), inverter_lag_s=0.0), None, control, 0.001)
    state, load = site.initial(), quanta(np.full(50, 20e6))
    out = site.advance(
        state, load, 0, forecast_q=load + quanta(1e6), frequency_hz=np.full(50, 59.9, np.float32)
    )
    assert watts(out.power_q) == pytest.approx(1e6, rel=1e-6)
    assert watts(out.command_q) == pytest.approx(1e6, rel=1e-6)
    assert state.memory.f[0] == np.float32(59.9)
    site.advance(state, load, 50, forecast_q=load)
    assert state.memory.f[0] == 60.0
    with pytest.raises(ValueError, match="a forecast for each of 50 samples, got 3"):
        site.advance(state, load, 100, forecast_q=load[:3])


CASES: list[tuple[Farm, str]] = [
    (replace(FARM, soc_window=(0.8, 0.2)), "low end is below its high end, got 0.8 to 0.2"),
    (replace(FARM, soc=0.9), "first SoC within 0.2 to 0.8, got 0.9"),
    (replace(FARM, soc_window=(0.0, 0.8)), "within 0.055 to 0.955, where the cell's voltage"),
    (replace(FARM, units=-1), "0 or more units, got -1"),
    (replace(FARM, capacity_sigma=0.5), "spreads of capacity up to 0.1"),
    (replace(FARM, inverter_lag_s=-0.1), "delay and lag of 0 or more"),
    (replace(FARM, reactive_var=3e6), "reactive power below 2400000.0 VA"),
    (replace(FARM, outages=(Outage(3, 9, 0, 5),)), "outages of units 0 to 5"),
]
UNITS: list[tuple[Unit, str]] = [
    (replace(PACK, power_w=0.0), "rated power above 0 W, got 0.0"),
    (replace(PACK, energy_j=0.0), "energy above 0 J, got 0.0"),
    (replace(PACK, apparent_va=1e6), "at least the 1927200.0 W of active power"),
    (replace(PACK, loss_constant=-0.01), "efficiency above 1 does not give"),
    (replace(PACK, overload=0.9), "overload factor of at least 1"),
    (replace(PACK, apparent_va=9e6), "use more units"),
    (replace(PACK, ambient_c=55.0), "ambient temperature within 10.0 to 40.0"),
    (replace(PACK, standby_w=-1.0), "standby power of 0 W or more"),
]
CELLS: list[tuple[dict[str, Any], str]] = [
    ({"soc_first": 0.96}, "voltage table over a range of SoC"),
    ({"ocv_v": (3.3, 3.2)}, "does not fall with SoC"),
    ({"min_v": 1.0}, "at least half the highest open-circuit voltage"),
    ({"max_v": 3.0}, "highest voltage of at least 3.345 V"),
    ({"charge_ohm": (0.1,)}, "a resistance for each direction"),
    ({"charge_c": 0.0}, "resistances above 0"),
    ({"pair_share": (0.6, 0.6)}, "shares of the RC pairs"),
    ({"leak_s": -1.0}, "standing loss of 0 or more"),
]
ALL = [*CASES, *((replace(FARM, unit=u), m) for u, m in UNITS)]
ALL += [(changed(FARM, **c), m) for c, m in CELLS]


@pytest.mark.parametrize(("farm", "message"), ALL, ids=[m[:24] for _, m in ALL])
def test_what_cannot_be_is_refused(farm: Farm, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        StorageSite(farm, None, follow(), 0.001)


def test_times_that_fit_no_step_are_refused() -> None:
    with pytest.raises(ValueError, match="control period above 0 s"):
        StorageSite(FARM, None, follow()._replace(period_ticks=0), 0.001)
    with pytest.raises(ValueError, match="a step above 0 s"):
        StorageSite(FARM, None, follow(), 0.0)
    with pytest.raises(
        ValueError, match=r"slow update of 1 s that is a multiple of the step of 1\.7"
    ):
        StorageSite(replace(FARM, report_ticks=1_700_000), None, follow(1_700_000), 0.0017)
    site = StorageSite(FARM, None, follow(), 0.001)
    with pytest.raises(ValueError, match="begins at a full second, got sample 7"):
        site.advance(site.initial(), noisy(3), 7)
