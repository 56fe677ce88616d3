# SPDX-License-Identifier: Apache-2.0
"""Energy: what goes in comes out, is stored or is lost; windows hold; the step does not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from powermodel_kernels.storage.farm import Farm
from powermodel_kernels.storage.site import StorageSite
from tests.kernels.storage_cases import (
    KWH,
    LFP,
    MS,
    PACK,
    changed,
    follow,
    quanta,
    ran,
    rest,
    square,
    times,
    watts,
)

FARM = Farm(PACK, 3, capacity_sigma=0.02, resistance_sigma=0.1, inverter_lag_s=0.05)


def books(site: StorageSite, begin: float, state: Any) -> tuple[float, float]:
    """Return how far the books of a farm are from closing, J, and its throughput."""
    found = site.summaries(state)[0]
    lost = found.cell_heat_j + found.inverter_loss_j
    return found.charged_j - found.discharged_j - (
        found.stored_j - begin
    ) - lost, found.throughput_j


@pytest.mark.parametrize("swing_w", [0.4e6, 4e6, 9e6])
def test_in_is_out_and_stored_and_lost(swing_w: float) -> None:
    site = StorageSite(FARM, None, follow(), 0.001)
    state = site.initial()
    t = times(20.0)
    site.advance(state, quanta(square(t, 20e6, 20e6) + 0.0), 0)
    begin = site.summaries(state)[0]
    load = 20e6 + swing_w * np.where(np.mod(t, 2.0) < 1.3, 0.5, -0.5)
    out = site.advance(state, quanta(load), t.size)
    end = site.summaries(state)[0]
    taken = end.charged_j - begin.charged_j - (end.discharged_j - begin.discharged_j)
    lost = end.loss_j - begin.loss_j
    assert taken - (end.stored_j - begin.stored_j) - lost == pytest.approx(
        0.0, abs=3e-6 * (end.throughput_j - begin.throughput_j)
    )
    # The series say the same as the sums.
    assert -watts(out.power_q).sum() * 0.001 == pytest.approx(taken, rel=1e-9)
    assert watts(out.loss_q).sum() * 0.001 == pytest.approx(lost, rel=1e-9)


def test_losses_of_a_slow_cycle_are_those_of_its_circuit() -> None:
    """Against scipy: the circuit's equations, solved for the current at every instant."""
    power, unit = 1.2e6, replace(PACK, loss_constant=0.0, loss_quadratic=0.0)
    cell = replace(LFP, hysteresis_v=0.0, heat_j_per_k=1e9)
    farm = Farm(replace(unit, cell=cell), 1)
    t = times(60.0)
    site, state, _ = ran(farm, np.where(t >= 0.0005, 20e6 + power, 20e6))
    ohm, (share, _), (tau_1, tau_2) = 0.0478, LFP.pair_share, LFP.pair_tau_s
    pair = (0.0478 + 0.0448) / 2.0
    own = ohm + sum(share * pair * np.expm1(-10.0 / tau) for tau in (tau_1, tau_2))
    per_cell = power / unit.cells

    def ocv(soc: float) -> float:
        return float(np.interp(soc, np.linspace(0.055, 0.955, 16), LFP.ocv_v))

    def current(y: Any) -> float:
        source = ocv(y[0]) - y[1] - y[2]
        return float(source - np.sqrt(source**2 - 4.0 * own * per_cell)) / (2.0 * own)

    def slope(_t: float, y: Any) -> list[float]:
        i = current(y)
        rc = share * pair
        return [-i / 10800.0, (rc * i - y[1]) / tau_1, (rc * i - y[2]) / tau_2, i * ocv(y[0])]

    solved = solve_ivp(slope, (0.0, 59.999), [0.5, 0.0, 0.0, 0.0], rtol=1e-9, atol=1e-12)
    soc = state.main.charge[0] / 2.0 ** (24 + int(site._fixed[0].charge_shift))
    assert soc - 0.5 == pytest.approx(solved.y[0, -1] - 0.5, rel=2e-4)
    assert state.main.pair_1_v[0] == pytest.approx(solved.y[1, -1], rel=2e-4)
    assert state.main.pair_2_v[0] == pytest.approx(solved.y[2, -1], rel=2e-4)
    stored = sum(
        tau / (share * pair) * v**2 / 2
        for tau, v in zip((tau_1, tau_2), solved.y[1:3, -1], strict=True)
    )
    heat = solved.y[3, -1] - per_cell * 59.999 - stored
    assert site.summaries(state)[0].cell_heat_j == pytest.approx(heat * unit.cells, rel=1e-3)


def test_idle_units_lose_what_inverter_and_auxiliaries_take() -> None:
    farm = Farm(replace(PACK, standby_w=3000.0), 2)
    site, state, out = ran(farm, np.full(5000, 1e7), rest())
    found = site.summaries(state)[0]
    assert found.standby_j == pytest.approx(2 * 3000.0 * 5.0)
    assert found.inverter_loss_j == pytest.approx(2 * 0.0055 * 2400e3 * 5.0, rel=1e-5)
    assert watts(out.power_q) == pytest.approx(-6000.0)
    assert (found.charged_j, found.discharged_j) == (0.0, 0.0)
    assert found.loss_per_throughput == found.loss_per_charged == 0.0


@pytest.mark.parametrize(("high_w", "edge"), [(26e6, 0.48), (14e6, 0.52)])
def test_charge_stays_in_its_window_and_the_end_is_told(high_w: float, edge: float) -> None:
    farm = replace(
        FARM, soc_window=(0.48, 0.52), unit=replace(PACK, energy_j=20 * KWH, overload=1.0)
    )
    farm = changed(farm, discharge_a=900.0, charge_a=900.0, min_v=1.75, max_v=20.0,
                   charge_ohm=(1e-4,) * 3, discharge_ohm=(1e-4,) * 3)  # fmt: skip
    t = times(8.0)
    _, _, out = ran(farm, np.where(t < 1.0, 20e6, high_w))
    assert out.soc_min.min() >= 0.48 - 1e-6
    assert out.soc_max.max() <= 0.52 + 1e-6
    assert out.soc_mean[-1] == pytest.approx(edge, abs=1e-3)
    assert out.limited[:1000].max() == 0
    assert out.limited.max() == 3


def test_current_and_voltage_end_what_a_cell_gives() -> None:
    t = times(1.0)
    load = np.where(t < 0.1, 20e6, 40e6)
    weak = Farm(replace(PACK, power_w=2.4e6, overload=1.0), 1)
    by_current = ran(changed(weak, discharge_a=1.0), load)[2]
    cells = PACK.cells
    assert watts(by_current.power_q).max() < cells * 1.0 * 3.31
    assert watts(by_current.power_q)[101] > cells * 1.0 * 3.2 - 30e3
    low = changed(weak, min_v=3.25)
    site, state, out = ran(low, load)
    amperes = (state.main.ocv_v + state.main.ocv_slope * 0.5 - 3.25) / state.main.r_discharge
    assert watts(out.power_q)[101] == pytest.approx(cells * amperes[0] * 3.25, rel=0.05)
    assert site._fixed[0].min_v == np.float32(3.25)


def throughput_and_range(dt_s: float) -> tuple[float, float, float]:
    t = times(20.0, dt_s)
    load = square(t, 15e6, 20e6)
    farm = replace(FARM, inverter_delay_ticks=10 * MS)
    site, state, out = ran(farm, load, follow(10 * MS, 10 * MS, 20 * MS), dt_s)
    poi = load - watts(out.power_q)
    found = site.summaries(state)[0]
    return found.throughput_j, float(np.ptp(poi)), found.cell_heat_j


@pytest.mark.parametrize("dt_s", [0.0005, 0.002, 0.005])
def test_the_answer_does_not_depend_on_the_step(dt_s: float) -> None:
    reference, found = throughput_and_range(0.001), throughput_and_range(dt_s)
    assert found == pytest.approx(reference, rel=0.005)


def test_temperature_follows_its_node() -> None:
    """Constant power: T − T_ambient = R·heat·(1 − e^(−t/τ)), at most one second late."""
    cell = replace(LFP, heat_j_per_k=3.0 * 0.0956, hysteresis_v=0.0)
    farm = Farm(replace(PACK, cell=cell), 1)
    t = times(10.0)
    site, state, _ = ran(farm, np.where(t >= 0.0005, 21e6, 20e6))
    heat_w = site.summaries(state)[0].cell_heat_j / 10.0 / PACK.cells
    expected = heat_w / 0.0956 * -np.expm1(-9.0 / 3.0)
    assert state.main.temperature_c[0] - 25.0 == pytest.approx(expected, rel=0.05)


def test_a_cell_too_hot_stops_its_unit() -> None:
    cell = replace(LFP, heat_j_per_k=0.01, max_c=25.2)
    t = times(4.0)
    _, state, out = ran(Farm(replace(PACK, cell=cell), 1), np.where(t >= 0.0005, 21e6, 20e6))
    assert watts(out.power_q)[:1000].max() > 0.9e6
    assert watts(out.power_q)[1000:1999].max() <= 0.0
    assert state.main.temperature_c[0] > 25.0
