# SPDX-License-Identifier: Apache-2.0
"""Own generation, shafts, connection steps and dates in a scenario: read, written, refused."""

from __future__ import annotations

from typing import Any

import pytest

from powermodel.errors import PowermodelError
from powermodel.scenario import Scenario
from tests.scenario.test_scenario_supply import ISLAND, SMALL
from tests.simulation.small import small_scenario

START = "2026-06-21 12:00-05:00"
SOLAR: dict[str, Any] = {"like": "west-texas-tracker", "capacity": "50 kW"}
CLOUD = {"at": "5 s", "edge": "2 s", "lasts": "6 s", "share": 0.3}
WRITTEN: dict[str, Any] = {
    "capacity": "50 kW", "latitude": "-33 deg", "longitude": "151.2 deg", "altitude": "20 m",
    "tracking": "fixed", "tilt": "25 deg", "azimuth": "0 deg", "dc_ac_ratio": 1.2, "loss": "8 %",
    "albedo": 0.2,
}  # fmt: skip
STEPS = [
    "colossus1-grid-2024-07",
    {"like": "colossus1-grid-2024-08", "allowed": "60 MW"},
    {"at": "20 s", "allowed": "90 MW"},
]
SHAFT = {
    "inertia": ["0.5 s", "1 s"], "stiffness": [30], "generator": 2, "damping": 0.001,
    "frequency": "60 Hz", "turbine_shares": [1, 0],
}  # fmt: skip


def scenario(start: str | None = START, **parts: Any) -> Scenario:
    data = small_scenario().to_dict() | parts
    if start is not None:
        data["time"] = data["time"] | {"start": start}
    return Scenario.from_dict(data)


def sun(**changes: Any) -> dict[str, Any]:
    return {"onsite": {"solar": {k: v for k, v in (SOLAR | changes).items() if v is not None}}}


def grid(*steps: Any) -> dict[str, Any]:
    return {"supply": {"grid": {"voltage": False, "connection": list(steps)}}}


def shaft(written: Any, **changes: Any) -> dict[str, Any]:
    machines = [{"unit": SMALL, "count": 4, "shaft": written}]
    return {"supply": {"island": ISLAND | {"machines": machines} | changes}}


@pytest.mark.parametrize(
    "parts",
    [
        sun(clouds=[CLOUD]),
        {"onsite": {"solar": WRITTEN}},
        grid(*STEPS),
        shaft("ieee-first-benchmark"),
        shaft({"like": "ieee-first-benchmark", "damping": 0.002}),
        shaft(SHAFT),
    ],
)
def test_is_read_and_written_back_equal(parts: dict[str, Any]) -> None:
    found = scenario("2024-08-15 12:00-05:00", **parts)
    assert Scenario.from_yaml(found.to_yaml()) == found


def test_steps_of_a_connection_stand_on_the_time_of_the_run() -> None:
    found = scenario("2024-08-15 12:00-05:00", **grid(*STEPS))
    assert found.supply is not None
    assert found.supply.grid is not None
    steps = found.supply.grid.steps(found.time.start)
    assert [step.allowed_w for step in steps] == [8e6, 60e6, 90e6]
    # 15 August noon is 45 days and a half after 1 July, 14 and a half after 1 August.
    assert [step.begins_s for step in steps] == [-45.5 * 86400, -14.5 * 86400, 20.0]


def test_names_its_records_among_the_assumptions() -> None:
    paths = {item.path for item in scenario(**sun(tilt="10 deg")).assumptions()}
    assert "solar-plant.west-texas-tracker.latitude" in paths
    assert "solar-plant.west-texas-tracker.tilt" not in paths
    steps = {item.path for item in scenario(**grid("colossus1-grid-2024-07")).assumptions()}
    assert "site.colossus1-grid-2024-07.grid_power" in steps
    shafts = {item.path for item in scenario(**shaft("ieee-first-benchmark")).assumptions()}
    assert "shaft.ieee-first-benchmark.stiffness_5" in shafts


# (start, parts, what the message says)
BAD: dict[str, tuple[str | None, dict[str, Any], list[str]]] = {
    "sun without a date": (
        None,
        sun(),
        ["onsite.solar: the sun needs to know when the run begins", "write time.start"],
    ),
    "date without offset": (
        "2026-06-21 12:00",
        sun(),
        ["time.start: expected a time with its offset from UTC", "add it: '-05:00'"],
    ),
    "no date": ("noon", sun(), ["time.start: expected a date and time such as"]),
    "no capacity": (START, sun(capacity=None), ["onsite.solar: missing capacity"]),
    "latitude without unit": (START, sun(latitude=31), ["latitude: missing unit"]),
    "latitude beyond the pole": (START, sun(latitude="91 deg"), ["expected -90 to 90 deg"]),
    "plant incomplete": (
        START,
        {"onsite": {"solar": {"capacity": "1 kW", "tracking": "fixed"}}},
        ["missing latitude, longitude, altitude, dc_ac_ratio, loss, albedo, tilt, azimuth"],
    ),
    "short cloud": (
        START,
        sun(clouds=[CLOUD | {"lasts": "1 s"}]),
        ["clouds[0].lasts: expected at least the edge of 2 s, got 1 s"],
    ),
    "measured and a record": (
        START,
        sun(measured={"file": "p.csv", "time": {"column": "t", "unit": "s"},
                      "power": {"column": "p", "unit": "kW"}}),
        ["a measured series stands for all of it, leave out capacity"],
    ),
    "measured in volts": (
        START,
        {"onsite": {"solar": {"measured": {
            "file": "p.csv", "time": {"column": "t", "unit": "s"},
            "power": {"column": "p", "unit": "V"}}}}},
        ["measured.power", "expected a power"],
    ),
    "dated step without a date of the run": (
        None,
        grid("colossus1-grid-2024-07"),
        ["grid.connection[0]: a step that begins on 2024-07 needs to know when the run begins"],
    ),
    "none in force": (
        START,
        grid({"at": "5 s", "allowed": "8 MW"}),
        ["connection[0]: no step is in force when the run begins: the first begins 5 s later"],
    ),
    "steps out of order": (
        START,
        grid({"at": "0 s", "allowed": "8 MW"}, {"date": "2026-06", "allowed": "9 MW"}),
        ["connection[1]: expected a later time than that of the step before"],
    ),
    "at and date": (
        START,
        grid({"at": "0 s", "date": "2026-06", "allowed": "9 MW"}),
        ["expected either at or date, got both"],
    ),
    "nothing allowed": (START, grid({"at": "0 s"}), ["missing allowed"]),
    "no time": (START, grid({"allowed": "1 MW"}), ["missing at or date"]),
    "not a day": (
        START,
        grid({"date": "2026-13", "allowed": "1 MW"}),
        ["expected a day or a month such as '2024-07-15'"],
    ),
    "a year is no day": (START, grid("colossus1-grid-2025-fall-plan"), ["got '2025'"]),
    "site without a grid": (
        START,
        grid("colossus1-2024"),
        ["colossus1-2024 does not say what its grid gives"],
    ),
    "shaft of 50 Hz": (
        START,
        shaft(SHAFT | {"frequency": "50 Hz"}),
        ["machines[0].shaft: the island is for 60 Hz but the shaft of smt-130 for 50 Hz"],
    ),
    "shaft incomplete": (
        START,
        shaft({"inertia": ["1 s", "1 s"]}),
        ["shaft: missing stiffness, generator, damping, frequency"],
    ),
    "shaft with one mass": (
        START,
        shaft(SHAFT | {"inertia": ["1 s"]}),
        ["a shaft needs two masses or more"],
    ),
    "shares of a shaft": (
        START,
        shaft(SHAFT | {"turbine_shares": [0.5, 0.4]}),
        ["shares of the turbine's torque"],
    ),
    "shaft too stiff for the step": (
        START,
        shaft(SHAFT | {"stiffness": [50_000]}),
        ["a step of 1 ms cannot show the mode at", "shorten time.dt, or leave the shaft out"],
    ),
    "unknown shaft": (START, shaft("no-such"), ["machines[0].shaft", "no-such"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_is_refused_with_a_message(name: str) -> None:
    start, parts, expected = BAD[name]
    with pytest.raises(PowermodelError) as caught:
        scenario(start, **parts)
    for words in expected:
        assert words in str(caught.value)
