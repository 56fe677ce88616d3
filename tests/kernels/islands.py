# SPDX-License-Identifier: Apache-2.0
"""Islands for tests: made in a line, run under a load step, and from the shipped records."""

from __future__ import annotations

from typing import Any

import numpy as np

import powermodel_datasets as facts
from powermodel_kernels.constants import QUANTA_PER_W, TICKS_PER_S
from powermodel_kernels.supply.arrays import IslandState, island_arrays
from powermodel_kernels.supply.island import IslandSeries, Supply
from powermodel_kernels.supply.machines import Gast, Ggov1, IslandSetup, Unit
from powermodel_kernels.supply.settle import settled_state

STABLE = Gast(droop=0.05, valve_s=0.4, turbine_s=0.1, exhaust_s=3.0)
NO_TRIPS = {"trip_low": -0.9, "trip_high": 0.9}


def units(count: int, governor: Gast | Ggov1 = STABLE, inertia_s: float = 2.0, **more: Any) -> Any:
    return [Unit(20e6, inertia_s, governor, 16e6, **more) for _ in range(count)]


def island(count: int = 10, governor: Gast | Ggov1 = STABLE, **more: Any) -> IslandSetup:
    return IslandSetup(units(count, governor), 60.0, **more)


def governor_of(name: str) -> Gast | Ggov1:
    record = facts.load("governor", name)
    value = {field: record[field].value for field in record}
    gast = "gast_valve_time" in value
    prefix = "gast_" if gast else "ggov1_"
    short = {f.removeprefix(prefix): v for f, v in value.items()}
    short = {f.replace("_time", "_s"): v for f, v in short.items()}
    for one, other in (
        ("opening_rate", "opening"), ("closing_rate", "closing"),
        ("turbine_lag", "turbine_lag_s"), ("turbine_lead", "turbine_lead_s"),
        ("exhaust_lag", "exhaust_lag_s"), ("exhaust_lead", "exhaust_lead_s"),
    ):  # fmt: skip
        if one in short:
            short[other] = short.pop(one)
    return Gast(**short) if gast else Ggov1(**short)


def machine_of(name: str) -> Unit:
    record = facts.load("machine", name)
    return Unit(
        record["base"].value, record["inertia"].value, governor_of(record.link("governor")),
        record["rating"].value, record["transient_reactance"].value, record["voltage_time"].value,
    )  # fmt: skip


def run(
    setup: IslandSetup, before_w: float, step_w: float, dt_s: float = 0.001, seconds: float = 20.0,
    at_s: float = 1.0, other_w: np.ndarray | None = None,
) -> tuple[IslandState, IslandSeries]:  # fmt: skip
    """Run an island from rest under a step of its load at ``at_s``."""
    fixed = island_arrays(setup, dt_s)
    samples, at = round(seconds / dt_s), round(at_s / dt_s)
    load = np.full(samples, round(before_w * QUANTA_PER_W), np.int64)
    load[at:] += round(step_w * QUANTA_PER_W)
    other = np.zeros(samples, np.int64)
    if other_w is not None:
        other[:] = np.rint(other_w * QUANTA_PER_W)
    state = settled_state(setup, fixed, before_w)
    return Supply(fixed).advance(state, load, other, 0)


def ticks(time_s: float) -> int:
    return round(time_s * TICKS_PER_S)
