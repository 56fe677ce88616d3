# SPDX-License-Identifier: Apache-2.0
"""Control laws by name: what is refused when one is made ready or taken in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.control import moving_average
from powermodel_kernels.control.record import ControlLaw, Parameter, Plant, Prepared
from powermodel_kernels.control.registry import BUILT_IN, SHARED, Registry

PLANT = Plant(0.01, 0.04, 1e8, 1e11)
LAWS = Registry(BUILT_IN)
WINDOW = {"window": 20.0}


def test_what_there_is() -> None:
    assert LAWS.names() == [
        "droop", "feed-forward", "high-pass", "moving-average", "none", "ramp-limit", "repetitive",
    ]  # fmt: skip
    assert {law.name for law in LAWS} == set(LAWS.names())


@pytest.mark.parametrize("record", BUILT_IN, ids=lambda record: record.name)
def test_records_say_what_a_reader_needs(record: ControlLaw) -> None:
    assert record.title
    assert record.source or record.name == "none"
    for parameter in (*record.parameters, *SHARED):
        assert parameter.text
        assert parameter.unit
        assert parameter.low < parameter.high
        assert parameter.confidence in "HMLK"


def test_made_ready() -> None:
    control = LAWS.control(
        "moving-average", WINDOW, PLANT, measurement_s=0.003, communication_s=0.007
    )
    assert control.law is moving_average.moving_average
    assert control.parameters.dtype == np.float32
    assert (control.period_ticks, control.measurement_ticks, control.communication_ticks) == (
        10_000_000, 3_000_000, 7_000_000,
    )  # fmt: skip
    memory = control.memory()
    assert [part.dtype for part in memory] == [np.float32, np.int64, np.int64]
    assert memory.ring.size == 2000
    assert all(part.size >= 1 and not part.any() for part in memory)


def test_values_are_defaults_where_not_given() -> None:
    values = LAWS.values("high-pass", {"time_constant": 3, "soc_target": 0.6})
    assert values["time_constant"] == 3.0
    assert values["soc_target"] == 0.6
    assert values["soc_time"] == 600.0


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "unknown law": (
        lambda: LAWS.find("moving-averge"),
        r"unknown control law 'moving-averge'; did you mean 'moving-average'\? there are: droop",
    ),
    "unknown parameter": (
        lambda: LAWS.values("moving-average", WINDOW | {"soc_tim": 3.0}),
        r"moving-average: unknown parameter 'soc_tim'; did you mean 'soc_time'\?",
    ),
    "missing": (
        lambda: LAWS.values("ramp-limit", {}),
        r"ramp-limit: missing ramp \(fastest change, up and down, in W/s\)",
    ),
    "out of bounds": (
        lambda: LAWS.values("ramp-limit", {"ramp": 0.01}),
        r"ramp-limit: ramp is 0.01 W/s, expected 1 to 1e\+12 W/s",
    ),
    "not a number": (
        lambda: LAWS.values("ramp-limit", {"ramp": math.nan}),
        r"ramp-limit: ramp is nan W/s, expected",
    ),
    "period of 0": (
        lambda: LAWS.control("none", {}, PLANT._replace(period_s=0.0)),
        r"expected a control period above 0 s, got 0 s",
    ),
    "negative delay": (
        lambda: LAWS.control("none", {}, PLANT, measurement_s=-0.001),
        r"expected a measurement delay of at least 0 s, got -0.001 s",
    ),
    "window below the period": (
        lambda: LAWS.control("moving-average", {"window": 0.005}, PLANT),
        r"moving-average: window \(0.005 s\) is shorter than the control period \(0.01 s\)",
    ),
    "taken in twice": (
        lambda: Registry([*BUILT_IN, moving_average.RECORD]),
        r"control law 'moving-average' twice",
    ),
    "parameter twice": (
        lambda: _taken_in(Parameter("soc_target", "mine", "1", 0.0, 1.0, 0.5)),
        r"control law 'mine': parameter 'soc_target' twice; those of every law are soc_target",
    ),
    "default out of bounds": (
        lambda: _taken_in(Parameter("mine", "mine", "s", 0.0, 1.0, 2.0)),
        r"mine: mine is 2 s, expected 0 to 1 s",
    ),
}


def _taken_in(*parameters: Parameter) -> Registry:
    law = dataclasses.replace(moving_average.RECORD, name="mine", parameters=parameters)
    return Registry([law])


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_reason(name: str) -> None:
    act, said = REFUSED[name]
    with pytest.raises(ValueError, match=said):
        act()


def test_a_law_from_elsewhere_comes_in_by_the_same_door() -> None:
    mine = ControlLaw(
        "mine", "At rest", "none", lambda signal, parameters, memory: (0.0, 0.0), (),
        lambda values, plant: Prepared((), floats=2),
    )  # fmt: skip
    control = Registry([*BUILT_IN, mine]).control("mine", {}, PLANT)
    assert control.sizes == (2, 1, 1)
    assert control.law is mine.law
