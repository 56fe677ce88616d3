# SPDX-License-Identifier: Apache-2.0
"""A site on an island or a grid: what the supply does under its load, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import powermodel as pm
from powermodel.errors import PowermodelError
from powermodel.scenario import Scenario
from powermodel.scenario.supply import Island
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.answered import advance_answered, battery_arrays, quiet
from powermodel_kernels.supply.arrays import island_arrays
from powermodel_kernels.supply.settle import settled_state
from tests.simulation.killed import check_resumed, killed
from tests.simulation.small import buffered_scenario, small_scenario

MACHINE = {"like": "smt-130", "rating": "240 kW", "base": "300 kVA"}
ISLAND: dict[str, Any] = {
    "nominal_frequency": "60 Hz",
    "machines": [
        {"unit": MACHINE, "count": 2, "outages": [{"units": 1, "at": "19 s"}]},
        {"unit": MACHINE, "count": 1, "shaft": "ieee-first-benchmark"},
    ],
    "forming": [{"power": "20 kW", "droop": 0.02, "inertia": "1 s", "latency": "20 ms"}],
    "shedding": [{"below": "58 Hz", "delay": "100 ms", "share": 0.1}],
    "restore_rate": 0.5,
    "power_factor": 0.95,
}
PATHS = (
    "poi/power", "load/power", "supply/frequency", "supply/rocof", "supply/power",
    "supply/voltage", "supply/shed", "supply/machines", "forming/power", "machine/power",
    "shaft/torque", "shaft/torsion",
)  # fmt: skip


def on(supply: dict[str, Any], plain: Scenario | None = None) -> Scenario:
    return Scenario.from_dict((plain or buffered_scenario()).to_dict() | {"supply": supply})


@pytest.fixture(scope="module")
def run():
    return pm.simulate(on({"island": ISLAND}))


def test_every_series_is_there_and_moves(run):
    for path in PATHS:
        values = run[path].values
        assert np.isfinite(values).all()
        if path != "supply/shed":
            assert np.ptp(values) > 0.0, path
    assert {"supply_frequency_min", "supply_power_mean"} <= set(run["overview/1s"].data_vars)


def test_it_is_the_kernels_island_under_what_the_run_says(run):
    """One call over the whole run gives every sample of three blocks."""
    supply = on({"island": ISLAND}).supply
    assert supply is not None
    assert supply.island is not None
    setup = supply.island.setup()
    fixed, batteries = island_arrays(setup, 0.001), battery_arrays(supply.island.batteries(), 0.001)
    load_w, poi_w = run["load/power"].values[0], run["poi/power"].values[0]
    load, other = (np.rint(x * QUANTA_PER_W).astype(np.int64) for x in (load_w, load_w - poi_w))
    state = settled_state(setup, fixed, float(poi_w[0]))
    _, _, found = advance_answered(fixed, state, batteries, quiet(batteries), load, other, 0)
    frequency = 60.0 * (1.0 + found.island.speed.astype(np.float64))
    np.testing.assert_array_equal(run["supply/frequency"].values[0], frequency)
    np.testing.assert_array_equal(run["forming/power"].values[0], found.storage / QUANTA_PER_W)
    np.testing.assert_array_equal(
        run["supply/shed"].values[0], (load - found.island.served) / QUANTA_PER_W
    )


def test_the_types_of_machines_add_up_to_all_of_them(run):
    assert list(run["machine/machine"].values) == ["smt-130 1", "smt-130 2"]
    power = run["machine/power"].values[0]
    np.testing.assert_array_equal(power.sum(axis=1), run["supply/power"].values[0])
    # Alike until one of the first type's two units goes.
    np.testing.assert_allclose(power[:19_000, 0], 2.0 * power[:19_000, 1], atol=0.01)


def test_the_shaft_follows_the_torques_of_its_machine(run):
    """The matrix exponential of all masses at once, under the torques that the store tells of."""
    shaft = Island.model_validate(ISLAND).shafts()[0].shaft
    base_w, samples = 300e3, 6000
    turbine = run["machine/power"].values[0, :samples, 1] / base_w
    rate = run["supply/rocof"].values[0, :samples].astype(np.float64) / 60.0
    electric = turbine - 2.0 * 2.0 * rate
    mass = 2.0 * np.array(shaft.inertia_s) / (2.0 * np.pi * 60.0)
    twist = -np.diff(np.eye(6), axis=0) * np.array(shaft.stiffness)[:, None]
    spring = -np.diff(np.eye(6), axis=0).T @ twist
    modes = np.linalg.eigh(spring / np.sqrt(np.outer(mass, mass)))
    omega = np.sqrt(np.maximum(modes.eigenvalues, 0.0))
    turned = modes.eigenvectors / np.sqrt(mass)[:, None]
    damper = turned @ np.diag(2.0 * shaft.damping * omega) @ turned.T
    damper = np.diag(mass) @ damper @ np.diag(mass)
    push = np.zeros((6, 2))
    push[:, 1] = shaft.turbine
    push[shaft.generator, 0] = -1.0
    system = np.zeros((14, 14))
    system[:6, 6:12] = np.eye(6)
    system[6:12, :6] = -spring / mass[:, None]
    system[6:12, 6:12] = -damper / mass[:, None]
    system[6:12, 12:] = push / mass[:, None]
    step = expm(system * 0.001)
    state = np.zeros(14)
    state[12:] = electric[0], turbine[0]
    state[:6] = np.linalg.pinv(spring) @ push @ state[12:]
    found = np.empty((samples, 5))
    for k in range(samples):
        state[12:] = electric[k], turbine[k]
        found[k] = twist @ state[:6]
        state = step @ state
    stored = run["shaft/torque"].values[0, :samples]
    assert np.ptp(stored[:, 3]) > 0.02
    np.testing.assert_allclose(stored, found, atol=3e-5)


def test_it_starts_at_rest_and_loses_a_machine_when_told(run):
    machines = run["supply/machines"].values[0]
    assert run["supply/frequency"].values[0, 0] == 60.0
    assert list(machines[[0, 18_999, 19_000, -1]]) == [3, 3, 2, 2]


def test_rate_of_change_is_that_of_the_frequency(run):
    frequency, rate = run["supply/frequency"].values[0], run["supply/rocof"].values[0]
    between = 0.5 * (rate[1:] + rate[:-1])
    # The sample at which a machine goes stands before it: its step already lacks the machine.
    error = np.delete(np.abs(np.diff(frequency) / 1e-3 - between), 18_999)
    assert error.max() < 0.12 * np.abs(rate).max()


def test_the_energy_of_the_machines_is_what_was_served(run):
    """Over the run, what the machines gave less what moved their speed is the load."""
    given = run["supply/power"].values.sum() + run["forming/power"].values.sum()
    asked = run["poi/power"].values.sum() - run["supply/shed"].values.sum()
    speed = run["supply/frequency"].values[0, [0, 18_999, 19_000, -1]] / 60.0 - 1.0
    moved_j = 4.0 * 300e3 * (3 * (speed[1] - speed[0]) + 2 * (speed[3] - speed[2]))
    assert (given - asked) * 1e-3 - moved_j == pytest.approx(0.0, abs=2e-3 * asked * 1e-3)


def test_killed_and_resumed_is_byte_equal(tmp_path):
    scenario = on({"island": ISLAND})
    check_resumed(scenario, killed(scenario, tmp_path))


def test_a_plain_load_is_resumed_too(tmp_path):
    """The island remembers also where nothing else does."""
    scenario = on({"island": ISLAND}, small_scenario())
    check_resumed(scenario, killed(scenario, tmp_path))


def test_neither_block_size_nor_threads_change_a_bit(run):
    other = pm.simulate(on({"island": ISLAND}).set("time.block", "20 s"), workers=3)
    for path in PATHS:
        np.testing.assert_array_equal(other[path].values, run[path].values)


def test_storage_calms_the_island(run):
    without = on({"island": ISLAND}, buffered_scenario().set("storage", None))
    plain = pm.simulate(without)
    later = slice(5_000, 18_000)
    swings = [np.ptp(tree["supply/frequency"].values[0, later]) for tree in (plain, run)]
    assert swings[1] < 0.7 * swings[0]


def test_a_load_that_the_machines_cannot_start_under_is_refused():
    weak = {"unit": MACHINE, "count": 1, "trips": {"low": "1 Hz", "high": "90 Hz", "delay": "9 s"}}
    with pytest.raises(PowermodelError, match="cannot start at rest") as caught:
        pm.simulate(on({"island": ISLAND | {"machines": [weak]}}))
    assert "supply.island.machines" in str(caught.value)
    assert "add units or storage, or shed load" in str(caught.value)


GRID = {"short_circuit": "2 MVA", "x_over_r": 8, "power_factor": 0.97}


def test_the_grid_shows_the_voltage_of_thevenin():
    """Every sample solves V + Z·conj(S/V) = E, by complex numbers."""
    found = pm.simulate(on({"grid": GRID}, small_scenario()))
    power = found["poi/power"].values[0] + 1j * found["grid/reactive"].values[0]
    voltage = found["grid/voltage"].values[0] * np.exp(-1j * found["grid/angle"].values[0])
    z = (1 + 8j) / abs(1 + 8j) / 2e6
    source = voltage + z * np.conj(power / voltage)
    np.testing.assert_allclose(source, 1.0, atol=2e-6)
    np.testing.assert_allclose(np.cos(np.angle(power)), np.full(power.size, 0.97), rtol=1e-6)
    assert voltage.size == 25_000


def test_a_grid_without_voltage_adds_nothing():
    plain = pm.simulate(small_scenario())
    found = pm.simulate(on({"grid": {"voltage": False}}, small_scenario()))
    assert set(found.children) == set(plain.children)
    np.testing.assert_array_equal(found["poi/power"].values, plain["poi/power"].values)


def test_a_grid_that_collapses_is_refused_with_the_time():
    with pytest.raises(PowermodelError, match=r"in the 10 s from 0 s: sample \d+: the grid cannot"):
        pm.simulate(on({"grid": GRID | {"short_circuit": "150 kVA"}}, small_scenario()))


def found_paths(tree) -> list[str]:
    return [
        path for path in PATHS if path.partition("/")[0] in tree.children and "load" not in path
    ]


def test_a_blackout_is_shown_as_one():
    """Protection that lets nothing pass: no machine, no hertz, no volts, no load."""
    brittle = {
        "unit": MACHINE,
        "count": 2,
        "trips": {"low": "59.9 Hz", "high": "60.1 Hz", "delay": "5 ms"},
    }
    found = pm.simulate(on({"island": ISLAND | {"machines": [brittle]}}, small_scenario()))
    last = {path: found[path].values[0, -1] for path in found_paths(found)}
    assert last["supply/machines"] == last["supply/frequency"] == last["supply/voltage"] == 0.0
    assert last["supply/power"] == 0.0
    assert last["supply/shed"] == pytest.approx(last["poi/power"], abs=1.0)


def test_the_shipped_island_holds_with_batteries_and_swings_without():
    scenario = Scenario.load("colossus2-island").set("time.duration", "30 s")
    bands = []
    for storage in (scenario.to_dict()["storage"], None):
        found = pm.simulate(scenario.set("storage", storage))
        frequency = found["supply/frequency"].values[0, 10_000:]
        bands.append(np.ptp(frequency))
        assert found["supply/machines"].values.min() == 11
        assert found["supply/shed"].values.max() == 0.0
        assert 57.5 < frequency.min() < 60.0
    assert bands[0] < 0.35 * bands[1]
