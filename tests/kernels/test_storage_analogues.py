# SPDX-License-Identifier: Apache-2.0
"""A supercapacitor and a flywheel by the same circuit: E = C·V²/2 and E = J·ω²/2."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import powermodel_datasets as facts
from powermodel.scenario.storage_unit import unit_spec
from powermodel.simulation.farm import unit_of
from powermodel_kernels.laws import flywheel, supercapacitor
from powermodel_kernels.storage.farm import Farm, Unit
from tests.kernels.storage_cases import MS, ran, rest, times, watts


def lossless(name: str) -> Unit:
    """Return a unit of the datasets whose inverter loses nothing."""
    return replace(unit_of(unit_spec(name), 0.0), loss_constant=0.0, loss_quadratic=0.0)


@pytest.mark.parametrize(
    ("name", "power_w"), [("supercapacitor-1mw", 5e5), ("flywheel-250kw", 2e5)]
)
def test_energy_is_the_square_of_voltage_or_speed(name: str, power_w: float) -> None:
    unit, t = lossless(name), times(6.0)
    farm = Farm(unit, 2, soc=0.9, soc_window=(0.55, 1.0), report_ticks=10 * MS)
    site, state, out = ran(farm, np.where(t >= 0.5, 10e6 + 2 * power_w, 10e6))
    assert watts(out.power_q)[501:] == pytest.approx(2 * power_w, rel=1e-5)
    found = site.summaries(state)[0]
    soc = float(state.main.charge[0]) / 2.0 ** (24 + int(site._fixed[0].charge_shift))
    given = 2 * unit.energy_j * (0.9**2 - soc**2)
    assert given == pytest.approx(found.discharged_j + found.cell_heat_j, rel=1e-4)
    assert found.discharged_j == pytest.approx(2 * power_w * 5.5, rel=1e-4)


def test_a_rotor_runs_down_by_its_drag() -> None:
    """dE/dt = −P·(ω/ω₀)², so E falls by e^(−t·P/E₀); the time is that of the record."""
    unit, t = lossless("flywheel-250kw"), times(20.0)
    cell = replace(unit.cell, leak_s=unit.cell.leak_s * 100.0)
    farm = Farm(replace(unit, cell=cell), 1, soc=0.9, soc_window=(0.55, 1.0))
    site, state, _ = ran(farm, np.full(t.size, 1e7), rest())
    loss_w = 100.0 * facts.load("cell", "flywheel-rotor-30kwh")["standing_loss"].value
    soc = float(state.main.charge[0]) / 2.0 ** (24 + int(site._fixed[0].charge_shift))
    assert (soc / 0.9) ** 2 == pytest.approx(np.exp(-20.0 * loss_w / unit.energy_j), rel=1e-5)


def test_closed_forms_of_both() -> None:
    assert supercapacitor.energy(3000.0, 2.7) == pytest.approx(10935.0)
    assert supercapacitor.charge(3000.0, 2.7) * 2.7 / 2.0 == supercapacitor.energy(3000.0, 2.7)
    assert supercapacitor.soc_of_energy(0.25) == 0.5
    charge = flywheel.momentum_charge(1.08e8)
    assert charge * flywheel.FULL_SPEED_V / 2.0 == 1.08e8
    assert flywheel.drag_conductance(2e3) * flywheel.FULL_SPEED_V**2 == pytest.approx(2e3)
    amperes = 250e3 / flywheel.FULL_SPEED_V
    assert flywheel.copper_resistance(250e3, 0.97) * amperes**2 == pytest.approx(0.03 * 250e3)
    assert flywheel.largest_torque_current(250e3, 0.5) * 0.5 * flywheel.FULL_SPEED_V == 250e3


def test_a_window_that_a_capacitor_cannot_use_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"SoC window within 0\.5 to 1\.0, where the cell's voltage"
    ):
        ran(Farm(lossless("supercapacitor-1mw"), 1, soc_window=(0.2, 0.8)), np.full(10, 1e7))
