# SPDX-License-Identifier: Apache-2.0
"""Load steps are measured, and classed as ISO 8528-5 classes them."""

from __future__ import annotations

import numpy as np
import pytest

import powermodel_datasets as facts
from powermodel_kernels.supply.loadstep import ClassLimits, load_step_class, measure_step, within
from powermodel_kernels.supply.machines import IslandSetup
from tests.kernels.islands import NO_TRIPS, governor_of, run, units

NAMES = ("g3", "g2", "g1")


def limits_of(name: str) -> ClassLimits:
    record = facts.load("generator-class", name)
    fields = (
        "steady_band", "frequency_dip", "frequency_rise", "frequency_recovery", "steady_voltage",
        "voltage_dip", "voltage_rise", "voltage_recovery",
    )  # fmt: skip
    return ClassLimits(name.upper(), *(record[field].value for field in fields))


CLASSES = [limits_of(name) for name in NAMES]


def series(dip: float, recovery_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make a record at 1 ms: a step at 1 s, ``dip`` held for ``recovery_s``, then back."""
    speed, voltage = np.zeros(30_000), np.ones(30_000)
    speed[1000 : 1000 + round(recovery_s * 1000)] = -dip
    return speed, voltage, np.gradient(speed, 0.001)


def test_a_made_record_is_measured_exactly() -> None:
    speed, voltage, rate = series(0.04, 2.0)
    voltage[1000:1500], voltage[1500:1700] = 0.9, 1.08
    found = measure_step(speed, voltage, rate, 0.001, 1000, CLASSES[1])
    assert found.frequency_dip == pytest.approx(0.04)
    assert found.frequency_rise == 0
    assert found.frequency_recovery_s == pytest.approx(2.0)
    assert (found.voltage_dip, found.voltage_rise) == pytest.approx((0.1, 0.08))
    assert found.voltage_recovery_s == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("dip", "recovery_s", "expected"),
    [
        (0.06, 2.0, "G3"), (0.08, 2.0, "G2"), (0.06, 4.0, "G2"), (0.12, 2.0, "G1"),
        (0.06, 9.0, "G1"), (0.2, 1.0, "none"), (0.06, 12.0, "none"),
    ],
)  # fmt: skip
def test_classes_end_where_the_standard_says(dip: float, recovery_s: float, expected: str) -> None:
    record = series(dip, recovery_s)
    steps = {c.name: measure_step(*record, 0.001, 1000, c) for c in CLASSES}
    assert load_step_class(steps, CLASSES) == expected


def test_what_never_comes_back_meets_no_class() -> None:
    speed, voltage, rate = series(0.01, 1.0)
    voltage[1000:] = 0.9
    found = measure_step(speed, voltage, rate, 0.001, 1000, CLASSES[0])
    assert found.voltage_recovery_s == float("inf")
    assert not within(found, CLASSES[0])


def test_half_load_on_gas_sets_in_an_island() -> None:
    """The usual step scheme begins with 0 to 50 %: the made-up gas set takes it in class G1."""
    governor = governor_of("ggov1-reciprocating")
    setup = IslandSetup(units(10, governor, **NO_TRIPS), 60.0, reactive_ratio=0.3)
    _, out = run(setup, 8e6, 80e6, seconds=30)
    steps = {
        c.name: measure_step(out.speed, out.voltage, out.rate, 0.001, 1000, c) for c in CLASSES
    }
    assert steps["G1"].frequency_dip == pytest.approx(-float(out.speed.min()))
    assert load_step_class(steps, CLASSES) in ("G1", "G2", "G3")
