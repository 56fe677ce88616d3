# SPDX-License-Identifier: Apache-2.0
"""Storage in a scenario: read with units, written back equal, refused with a message that helps."""

from __future__ import annotations

import copy
import dataclasses
import math
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from pydantic import ValidationError

import powermodel_datasets
from powermodel.errors import PowermodelError
from powermodel.scenario import Scenario, explain, reading
from powermodel.scenario import controllers as door
from powermodel.scenario.run import Time
from powermodel.scenario.storage import Storage
from powermodel.scenario.storage_unit import unit_spec
from powermodel_kernels.control import none as resting
from powermodel_kernels.control.registry import BUILT_IN

TEXT = """\
unit: {power: 1.9272 MW, energy: 3.8544 MWh, inverter_efficiency: 0.983}
units: 168
control: {kind: moving-average, window: 20 s}
"""
WRITTEN_OUT = {"power": "1 MW", "energy": "9 MJ", "inverter_efficiency": 0.98}
FAST = {"unit": "supercapacitor-1mw", "units": 20}


@pytest.fixture
def plain() -> dict[str, Any]:
    data: dict[str, Any] = reading.read(TEXT).data
    return data


def changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(data)
    for path, value in changes.items():
        *parents, last = path.split(".")
        node = result
        for part in parents:
            node = node[part]
        node[last] = value
    return result


def refused(data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Storage.model_validate(data)
    return "\n".join(str(p) for p in explain.problems(caught.value, reading.Document(data, {})))


# (changes, what the message says)
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "window inverted": (
        {"soc_window": [0.8, 0.2]},
        ["soc_window: expected a window from lower to higher, got 0.8 to 0.2", "[0.2, 0.8]"],
    ),
    "window empty": (
        {"soc_window": [0.5, 0.5]},
        ["soc_window: expected a window", "its width is the usable energy"],
    ),
    "start outside the window": (
        {"soc": 0.9},
        ["soc: 0.9 is outside the window of 0.2 to 0.8", "start inside it"],
    ),
    "percent as a number": ({"soc": 50}, ["expected a fraction from 0 to 1", "0.5 or '50 %'"]),
    "zero power": ({"unit.power": "0 W"}, ["unit.power: expected a power above 0 W"]),
    "zero energy": ({"unit.energy": "0 J"}, ["unit.energy: expected an energy above 0 J"]),
    "energy as a power": ({"unit.energy": "4 MW"}, ["expected an energy", "got a power"]),
    "which variant": (
        {"unit": "megapack-2xl"},
        ["unit: unknown storage-unit 'megapack-2xl'; did you mean", "'megapack-2xl-2h'", "-4h'"],
    ),
    "outside of what is known of the cell": (
        {"soc_window": [0.0, 1.0]},
        ["soc_window: 0 to 1 leaves what is known of the cell of storage-unit", "0.055 to 0.955"],
    ),
    "fast device of an unknown kind": (
        {
            "fast": {
                **FAST,
                "unit": WRITTEN_OUT,
            }
        },
        ["fast.unit: a fast device does not say what it is made of", "like: supercapacitor-1mw"],
    ),
    "fast device below half voltage": (
        {"fast": FAST | {"soc_window": [0.4, 1.0]}},
        ["fast.soc_window: 0.4 to 1 leaves what is known of the cell of supercapacitor-1mw"],
    ),
    "no ratings": (
        {"unit": {"power": "1 MW"}},
        ["unit: missing energy, inverter_efficiency", "like: NAME"],
    ),
    "apparent below active": (
        {"unit.apparent_power": "1 MW"},
        ["unit.apparent_power: apparent_power (1e+06 VA) is below power (1.9272e+06 W)"],
    ),
    "efficiency above 1": (
        {"unit.inverter_efficiency": 1.2},
        ["unit.inverter_efficiency: expected a fraction from 0 to 1, got 1.2"],
    ),
    "efficiency of 0": ({"unit.inverter_efficiency": 0}, ["expected an efficiency above 0"]),
    "round trip, perhaps": (
        {"unit.inverter_efficiency": 0.92},
        ["0.92 is low for one way: it may be a round trip", "give round_trip_efficiency as well"],
    ),
    "round trip, surely": (
        {"unit.inverter_efficiency": 0.92, "unit.round_trip_efficiency": 0.92},
        ["leaves at most 0.846 of a round trip", "One way is at least its root, 0.9592"],
    ),
    "which efficiency": (
        {"unit.efficiency": 0.92},
        ["does not say whether one way or round trip", "inverter_efficiency (one way)"],
    ),
    "no units": ({"units": 0}, ["units: expected a whole number of at least 1, got 0"]),
    "negative latency": (
        {"latency": {"measurement": "-1 ms"}},
        ["latency.measurement: expected a time of at least 0 s, got '-1 ms'"],
    ),
    "latency below the control period": (
        {"latency": {"measurement": "0 s", "communication": "0 s", "inverter_lag": "1 ms"}},
        ["latency: the delays make 1 ms end to end, shorter than the control period of 10 ms"],
    ),
    "unknown controller": (
        {"control.kind": "moving-averge"},
        ["control.kind: unknown controller 'moving-averge'", "did you mean 'moving-average'?"],
    ),
    "no controller": ({"control": {"window": "3 s"}}, ["control.kind: missing", "ramp-limit"]),
    "controller without a mapping": (
        {"control": "none"},
        ["control: expected a mapping with a key kind; got 'none'"],
    ),
    "unknown parameter": (
        {"control.windw": "3 s"},
        ["control.windw: unknown parameter 'windw' of controller 'moving-average'", "'window'?"],
    ),
    "parameter of another controller": (
        {"control.ramp": "1 MW/s"},
        ["control.ramp: unknown parameter 'ramp' of controller 'moving-average'"],
    ),
    "missing parameter": (
        {"control": {"kind": "ramp-limit"}},
        ["control.ramp: missing: controller 'ramp-limit' needs it (fastest change, up and down"],
    ),
    "milliwatt": (
        {"control": {"kind": "ramp-limit", "ramp": "10 mW/s"}},
        ["control.ramp: expected 1 to 1e+12 W/s, got 0.01 W/s"],
    ),
    "parameter without unit": (
        {"control.window": 20},
        ["control.window: missing unit: expected a time such as '2.5 s', got 20"],
    ),
    "window below the period": (
        {"control.window": "5 ms"},
        ["control.window: window 5 ms is shorter than the control period 10 ms"],
    ),
    "set point outside the window": (
        {"control.soc_target": 0.9},
        ["control.soc_target: soc_target 0.9 is outside the window of 0.2 to 0.8"],
    ),
    "more outages than units": (
        {
            "outages": [
                {"units": 100, "at": "1 s", "until": "9 s"},
                {"units": 69, "at": "5 s", "until": "6 s"},
            ]
        },
        ["outages[1].units: 169 units are out at 5 s, but there are 168"],
    ),
    "outage ends before it begins": (
        {"outages": [{"units": 2, "at": "3 s", "until": "2 s"}]},
        ["outages[0].until: expected an end after the beginning at 3 s, got 2 s"],
    ),
    "unknown key": ({"unitz": 3}, ["unitz: unknown key 'unitz'", "did you mean 'unit'?"]),
    "fast device's window": (
        {"fast": FAST | {"soc_window": [0.8, 0.2]}},
        ["fast.soc_window: expected a window from lower to higher"],
    ),
    "fast device's set point": (
        {"fast": FAST | {"soc_window": [0.8, 0.9], "soc": 0.85}},
        ["control.fast_soc_target: fast_soc_target 0.75 is outside the window of 0.8 to 0.9"],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_with_place_and_cure(name: str, plain: dict[str, Any]) -> None:
    changes, said = BAD[name]
    message = refused(changed(plain, changes))
    for text in said:
        assert text in message


def test_every_problem_of_the_controller_is_told_at_once(plain: dict[str, Any]) -> None:
    changes = {"control": {"kind": "ramp-limit", "rampp": 1, "soc_time": "0 s"}}
    message = refused(changed(plain, changes))
    assert "control.rampp" in message
    assert "control.soc_time: expected 1 to 1e+06 s, got 0 s" in message
    assert "control.ramp: missing" in message


def test_values_are_si(plain: dict[str, Any]) -> None:
    storage = Storage.model_validate(plain)
    assert storage.power_w == pytest.approx(168 * 1_927_200.0)
    assert storage.energy_j == pytest.approx(168 * 3854.4e3 * 3600)
    assert storage.usable_energy_j == pytest.approx(0.6 * storage.energy_j)
    assert storage.unit_record.apparent_power_w == 1_927_200.0
    assert storage.control.values["window"] == 20.0
    assert storage.latency_s == pytest.approx(0.04)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"fast": FAST, "aux": "2 kW", "spread": {"capacity": "2 %", "resistance": 0.05}},
        {"control": {"kind": "ramp-limit", "ramp": "50 MW/min", "soc_power_share": "1 %"}},
        {"control": {"kind": "droop", "nominal_frequency": "50 Hz", "period": "1 ms"}},
        {"outages": [{"units": 168, "at": "0 s", "until": "1 h"}]},
    ],
    ids=["plain", "fast", "ramp", "droop", "outage"],
)
def test_written_and_read_again(plain: dict[str, Any], changes: dict[str, Any]) -> None:
    storage = Storage.model_validate(changed(plain, changes))
    for none_too in (True, False):
        text = reading.write(storage.model_dump(mode="json", exclude_none=none_too))
        again = Storage.model_validate(reading.read(text).data)
        assert again == storage
        assert again.control.values == storage.control.values


@pytest.mark.parametrize("name", powermodel_datasets.names("storage-unit"))
def test_every_record_of_a_unit_can_be_named(plain: dict[str, Any], name: str) -> None:
    record = powermodel_datasets.load("storage-unit", name)
    low, high = unit_spec(name).soc_range
    more = {"unit": name, "soc": 0.7, "soc_window": [max(low, 0.5), high]}
    storage = Storage.model_validate(changed(plain, more))
    assert storage.power_w == 168 * record["power"].value
    assert storage.energy_j == 168 * record["energy"].value
    assert storage.unit_record.apparent_power_w == record["apparent_power"].value
    assert storage.inverter_lag_s == record["response_time"].value
    assert storage.aux_w == record["auxiliary_power"].value
    rows = {row.path: row for row in storage.assumptions()}
    assert rows[f"storage-unit.{name}.energy"].value == record["energy"].value
    assert rows["storage.latency.inverter_lag"].value == record["response_time"].value


def test_a_record_with_changes(plain: dict[str, Any]) -> None:
    unit = {"like": "megapack-2xl-4h", "power": "1.2 MW", "apparent_power": "1.5 MVA"}
    storage = Storage.model_validate(changed(plain, {"unit": unit, "aux": "3 kW"}))
    assert storage.unit_record.name == "megapack-2xl-4h (power, apparent_power given)"
    assert storage.unit_record.energy_j == 3916.8e3 * 3600
    assert storage.aux_w == 3000.0
    paths = {row.path for row in storage.assumptions()}
    assert "storage-unit.megapack-2xl-4h.energy" in paths
    assert "storage-unit.megapack-2xl-4h.power" not in paths
    assert any(path.startswith("cell.") for path in paths)


def test_what_a_unit_leaves_unsaid_comes_from_a_record_that_is_named(plain: dict[str, Any]) -> None:
    storage = Storage.model_validate(plain)
    paths = {row.path for row in storage.assumptions()}
    assert "storage-unit.megapack-2xl-2h.overload" in paths
    assert "storage-unit.megapack-2xl-2h.power" not in paths


def test_every_parameter_can_be_found_in_the_plain_data(plain: dict[str, Any]) -> None:
    # Changes by path need to know which paths there are, given or not.
    data = Storage.model_validate(plain).model_dump(mode="json")["control"]
    assert data["window"] == "20 s"
    assert data["soc_time"] is None


def test_control_is_made_ready_for_the_kernels(plain: dict[str, Any]) -> None:
    storage = Storage.model_validate(changed(plain, {"fast": FAST}))
    control = storage.kernel_control()
    assert control.period_ticks == 10_000_000
    assert control.measurement_ticks == control.communication_ticks == 10_000_000
    assert control.memory().ring.size == 2000
    plant = storage.plant()
    assert plant.latency_s == pytest.approx(0.04)
    assert plant.power_w == storage.power_w
    assert (plant.fast_power_w, plant.fast_energy_j) == (20e6, 400e6)


def test_delays_must_be_whole_steps(plain: dict[str, Any]) -> None:
    fits = Storage.model_validate(plain)
    assert not list(fits.findings(Time(duration="10 s", dt="2 ms"), math.inf))
    latency = {"measurement": "7 ms"}
    [finding] = Storage.model_validate(changed(plain, {"latency": latency})).findings(
        Time(duration="10 s", dt="2 ms"), math.inf
    )
    assert finding.at == ("latency", "measurement")
    assert "7 ms is not a whole number of steps of 2 ms" in finding.message
    assert finding.hint == "nearest that are: 6 ms and 8 ms"


def test_what_is_assumed_is_told(plain: dict[str, Any]) -> None:
    rows = {row.path: row for row in Storage.model_validate(plain).assumptions()}
    assert rows["storage.latency.inverter_lag"].value == 0.02
    assert rows["storage.control.soc_target"].confidence == "K"
    assert "storage.control.window" not in rows
    given = changed(plain, {"latency": {"inverter_lag": "30 ms"}, "control.soc_target": 0.6})
    rows = {row.path: row for row in Storage.model_validate(given).assumptions()}
    assert "storage.latency.inverter_lag" not in rows
    assert "storage.control.soc_target" not in rows


def _offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("mine", value, door.GROUP)
    monkeypatch.setattr(door, "entry_points", lambda group: [point] if group == door.GROUP else [])


@pytest.fixture
def fresh() -> Any:
    door.controllers.cache_clear()
    yield
    door.controllers.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_a_plugin_comes_in_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch, plain: dict[str, Any]
) -> None:
    mine = dataclasses.replace(resting.RECORD, name="mine")
    monkeypatch.setattr(resting, "PLUGIN", mine, raising=False)
    _offer(monkeypatch, "powermodel_kernels.control.none:PLUGIN")
    assert set(door.controllers().names()) == {law.name for law in BUILT_IN} | {"mine"}
    storage = Storage.model_validate(changed(plain, {"control": {"kind": "mine"}}))
    assert storage.kernel_control().law is resting.none


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no_such_package:LAW", "cannot be loaded: No module named 'no_such_package'"),
        ("powermodel_kernels.control.none:LAW", "cannot be loaded: module"),
        ("powermodel_kernels.control.none:none", "expected a ControlLaw, got function"),
        ("powermodel_kernels.control.none:RECORD", "control law 'none' twice"),
    ],
)
def test_a_bad_plugin_is_named(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    _offer(monkeypatch, value)
    with pytest.raises(PowermodelError, match="plug-in 'mine'") as caught:
        door.controllers()
    assert said in str(caught.value)
    assert "uninstall the package" in str(caught.value)


def test_a_parameter_is_changed_by_its_path() -> None:
    scenario = Scenario.load("colossus2-1gw")
    changed_one = scenario.set("storage.control.soc_time", "100 s").storage
    assert changed_one is not None
    assert changed_one.control.values["soc_time"] == 100.0
    other = scenario.set("storage.control", {"kind": "ramp-limit", "ramp": "30 MW/min"}).storage
    assert other is not None
    assert other.control.values["ramp"] == pytest.approx(5e5)
    with pytest.raises(PowermodelError, match="has no 'rampp'"):
        scenario.set("storage.control.rampp", "1 MW/s")


def test_steps_of_the_run_must_hold_the_delays() -> None:
    scenario = Scenario.load("colossus2-1gw")
    with pytest.raises(PowermodelError, match="300 us is not a whole number of steps"):
        scenario.set("storage.latency.measurement", "0.3 ms")


def test_control_must_see_a_swing_ten_times() -> None:
    scenario = Scenario.load("colossus2-1gw")
    iterations = [job.program.iteration.mean_duration for job in scenario.jobs if job.program]
    tenth_ms = round(min(iterations) * 100)
    slower = {"latency": {"measurement": "1 s"}}
    scenario.with_(storage=slower | {"control": {"period": f"{tenth_ms - 1} ms"}})
    said = r"storage\.control\.period: .* too long for the shortest swing .* at most a tenth"
    with pytest.raises(PowermodelError, match=said):
        scenario.with_(storage=slower | {"control": {"period": f"{tenth_ms + 10} ms"}})
