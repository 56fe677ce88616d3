# SPDX-License-Identifier: Apache-2.0
"""The farm of `colossus2-1gw`, with its controller and delays, answers alike at every step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

import powermodel as pm
from powermodel.errors import PlanError
from powermodel.simulation.storage import storage_stage
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.storage.summary import Summary

TOLERANCE = 0.005
SECONDS = 12
COMMON_S = 0.01
"""Every step has these instants; so does the controller."""
SHIPPED, LONGER = None, "50 ms"


def load_w(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two jobs that swing by 400 and 40 MW, edges of 30 ms, none of them at a tick."""

    def job(period_s: float, duty: float, begin_s: float) -> NDArray[np.float64]:
        phase = np.mod(t - begin_s, period_s)
        return np.clip(phase / 0.03, 0, 1) - np.clip((phase - duty * period_s) / 0.03, 0, 1)

    found: NDArray[np.float64] = 550e6 + 400e6 * job(2.5, 0.72, 0.3137) + 40e6 * job(1.1, 0.8, 0.7)
    return found


@dataclass(frozen=True)
class Answer:
    """What the farm did: power at the common instants, W, and its account."""

    power_w: NDArray[np.float64]
    soc: NDArray[np.float32]
    account: Summary


@cache
def answer(dt_s: float, lag: str | None) -> Answer:
    scenario = pm.Scenario.load("colossus2-1gw")
    if lag is not None:
        scenario = scenario.set("storage.latency.inverter_lag", lag)
    assert scenario.storage is not None
    stage = storage_stage(scenario.storage, dt_s, scenario.seed)
    state, t = stage.initial(), np.arange(round(SECONDS / dt_s)) * dt_s
    out = stage.advance(state, np.rint(load_w(t) * QUANTA_PER_W).astype(np.int64), 0)
    every = round(COMMON_S / dt_s)
    return Answer(out.power_q[::every] / QUANTA_PER_W, out.soc_mean[::every],
                  stage.summaries(state)[0])  # fmt: skip


def differences(one: Answer, other: Answer) -> dict[str, float]:
    """Return by how much two answers differ, relative to what the second one does."""
    a, b = one.account, other.account
    found = {
        name: abs(getattr(a, name) / getattr(b, name) - 1.0)
        for name in ("discharged_j", "charged_j", "loss_j", "full_cycles")
    }
    power = np.abs(one.power_w - other.power_w).max() / np.ptp(other.power_w)
    soc = np.abs(one.soc - other.soc).max() / np.ptp(other.soc)
    return found | {"power": float(power), "soc": float(soc)}


@pytest.mark.parametrize(
    ("dt_s", "lag"),
    [(0.0005, SHIPPED), (0.002, SHIPPED), (0.0005, LONGER), (0.002, LONGER), (0.005, LONGER)],
)
def test_the_answer_does_not_depend_on_the_step(dt_s: float, lag: str | None) -> None:
    at_1_ms = answer(0.001, lag)
    assert np.ptp(at_1_ms.power_w) > 300e6
    found = differences(answer(dt_s, lag), at_1_ms)
    assert max(found.values()) < TOLERANCE, found


def test_a_step_above_a_tenth_of_the_lag_is_refused_with_the_lag_that_allows_it() -> None:
    with pytest.raises(
        PlanError,
        match=r"storage: expected a step of at most a tenth of the time constant of the inverters, "
        r"2 ms, got 5 ms, which takes 50 ms or more of it",
    ):
        answer(0.005, SHIPPED)


def test_lags_are_told_apart() -> None:
    """The comparison sees a farm that answers otherwise: a lag of 50 ms is not one of 20 ms."""
    assert differences(answer(0.001, LONGER), answer(0.001, SHIPPED))["power"] > 4 * TOLERANCE
