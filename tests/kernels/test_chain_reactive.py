# SPDX-License-Identifier: Apache-2.0
"""Reactive power at the point of interconnection, against the sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from powermodel_kernels.supply.reactive import power_factor, reactive_power
from powermodel_kernels.supply.waterfall import LossStage, loss_waterfall

HIGH = LossStage("hv", 1.2e9, 0.001, 0.0, 0.004, reactance=0.10, magnetizing=0.003)
MIDDLE = LossStage("mv", 1.5e9, 0.00116, 0.0, 0.00468, reactance=0.0575, magnetizing=0.006)
UPS = LossStage("ups", 1.3e9, 0.011, 0.0, 0.017, power_factor=0.99)
RACK = LossStage("rack", 1.3e9, 0.006, 0.0, 0.025, power_factor=0.95)
CHAIN = [HIGH, MIDDLE, UPS, RACK]


@pytest.mark.parametrize("module_w", [5e7, 6e8, 1e9])
def test_each_stage_by_hand(module_w: float) -> None:
    fall = loss_waterfall(CHAIN, np.array([module_w]))
    found = reactive_power(CHAIN, fall)[:, 0]
    rack = fall.drawn_w[3, 0] * math.tan(math.acos(0.95))
    ups = fall.drawn_w[2, 0] * math.tan(math.acos(0.99))
    expected = [rack, ups]
    q = ups
    for stage, p in ((MIDDLE, fall.delivered_w[1, 0]), (HIGH, fall.delivered_w[0, 0])):
        s = math.hypot(p, q) / stage.rating_w
        q += stage.rating_w * (stage.magnetizing + stage.reactance * s * s)
        expected.append(q)
    assert found[::-1] == pytest.approx(expected, rel=2e-6)


def test_what_hangs_behind_the_last_stage_is_added_to_what_it_passes_on() -> None:
    fall = loss_waterfall([MIDDLE], np.array([6e8]))
    behind_var = np.array([1e8])
    s = math.hypot(6e8, 1e8) / MIDDLE.rating_w
    expected = 1e8 + MIDDLE.rating_w * (MIDDLE.magnetizing + MIDDLE.reactance * s * s)
    assert reactive_power([MIDDLE], fall, behind_var)[0, 0] == pytest.approx(expected, rel=1e-6)


def test_power_factor_at_the_grid_falls_with_the_load_on_the_transformers() -> None:
    loads = np.array([6e8, 8e8, 1e9])
    fall = loss_waterfall(CHAIN, loads)
    found = power_factor(fall.drawn_w[0], reactive_power(CHAIN, fall)[0])
    assert (np.diff(found) < 0).all()
    assert 0.94 < found[-1] < 0.99


def test_nothing_drawn_has_power_factor_one() -> None:
    assert power_factor(np.zeros(2), np.zeros(2)).tolist() == [1, 1]
