# SPDX-License-Identifier: Apache-2.0
"""Numbers of one run against closed forms of sines and steps."""

import math

import numpy as np
import pytest

from powermodel.limits import LimitSet
from powermodel.sizing.measuring import FarmRun, Load, Yardstick, line_ratio, strongest_line_hz

DT_S = 1e-3
TIME_S = np.arange(40_000) * DT_S
SINE_W = 1e6 * np.sin(2 * math.pi * 0.5 * TIME_S)
LOAD = Load(1e7 + SINE_W, 4e8, burnt_j=4e6, store_loss_j=8e6)


def test_a_run_without_farm() -> None:
    found = Yardstick(LimitSet.parse(["range <= 1 MW"]), DT_S).measure(LOAD, None)
    assert found.assessment.worst.measured == pytest.approx(2e6)
    assert (found.burnt_share, found.loss_share) == (0.01, 0.02)
    assert (found.power_w, found.energy_j, found.soc_swing) == (0.0, 0.0, 0.0)
    assert (found.variation, found.line_ratio) == (1.0, 1.0)


def test_half_of_a_sine() -> None:
    soc = 0.5 - 0.1 * TIME_S / 40
    farm = FarmRun(0.5 * SINE_W, soc, loss_j=4e6, limited={"SoC window": TIME_S < 10})
    found = Yardstick(LimitSet.parse(["range <= 1.1 MW"]), DT_S).measure(LOAD, farm)
    assert found.passes
    assert found.power_w == pytest.approx(0.5e6)
    # A sine of amplitude A and frequency f carries A / (pi f) from trough to crest.
    assert found.energy_j == pytest.approx(0.5e6 / (math.pi * 0.5), rel=2e-3)
    assert found.soc_swing == pytest.approx(0.1, rel=1e-3)
    assert found.soc_drift == pytest.approx(-0.1, rel=1e-3)
    assert found.loss_share == pytest.approx(0.03)
    assert found.variation == pytest.approx(0.5)
    assert found.line_ratio == pytest.approx(0.5)
    assert found.limited == {"SoC window": 0.25}
    assert found.binding == "range <= 1.1 MW (SoC window)"
    later = Yardstick(LimitSet.parse(["range <= 1.1 MW"]), DT_S, after_s=10.0).measure(LOAD, farm)
    assert later.limited == {"SoC window": 0.0}
    assert later.binding == "range <= 1.1 MW (latency or control)"


def test_what_comes_before_does_not_count() -> None:
    power_w = np.where(TIME_S < 5.0, 0.0, 1e7) + SINE_W
    yardstick = Yardstick(LimitSet.parse(["range <= 3 MW"]), DT_S, after_s=10.0)
    found = yardstick.measure(Load(power_w, 1e8, 0.0, 0.0), None)
    assert found.assessment.worst.measured == pytest.approx(2e6)
    at = LimitSet.parse(["peak <= 3 MW"])
    later = Yardstick(at, DT_S, 10.0).measure(Load(power_w, 1e8, 0.0, 0.0), None)
    assert later.assessment.worst.at_s == pytest.approx(10.5)


@pytest.mark.parametrize("delay_s", [0.05, 0.2, 1 / 3, 0.6])
def test_the_delay_law_of_the_line(delay_s: float) -> None:
    late_w = 1e6 * np.sin(2 * math.pi * 0.5 * (TIME_S - delay_s))
    expected = abs(1 - np.exp(-2j * math.pi * 0.5 * delay_s))
    assert line_ratio(SINE_W, SINE_W - late_w, DT_S) == pytest.approx(expected, rel=1e-4)


def test_a_load_without_a_line() -> None:
    flat_w = np.full(1000, 5.0)
    assert strongest_line_hz(flat_w, DT_S) == 0.0
    assert line_ratio(flat_w, flat_w, DT_S) == 1.0
