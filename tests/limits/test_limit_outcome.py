# SPDX-License-Identifier: Apache-2.0
"""Records held to limits: closed forms of a sine, a step and a constant, and what is not known."""

import json
import math

import numpy as np
import pytest

from powermodel.limits import Limit, LimitError, LimitSet, PowerRecord

DT_S = 1e-3
TIME_S = np.arange(20_000) * DT_S
AMPLITUDE_W, FREQUENCY_HZ, MEAN_W = 50e6, 0.5, 1e9
SINE_W = MEAN_W + AMPLITUDE_W * np.sin(2 * np.pi * FREQUENCY_HZ * TIME_S)


def ramp_of_sine(window_s: float) -> float:
    """Largest change of the sine within a window, closed form."""
    return 2 * AMPLITUDE_W * abs(math.sin(math.pi * FREQUENCY_HZ * window_s))


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("ramp 1s <= 20 MW", ramp_of_sine(1.0)),
        ("ramp 100ms <= 20 MW", ramp_of_sine(0.1)),
        ("ramp up 100ms <= 20 MW", ramp_of_sine(0.1)),
        ("ramp down 100ms <= 20 MW", ramp_of_sine(0.1)),
        ("rolling range 10s <= 50 MW", 2 * AMPLITUDE_W),
        ("range <= 100.1 MW", 2 * AMPLITUDE_W),
        ("peak <= 1 GW", MEAN_W + AMPLITUDE_W),
        ("minimum >= 1 GW", MEAN_W - AMPLITUDE_W),
        ("mean <= 1 GW", MEAN_W),
        ("standard deviation <= 1 MW", AMPLITUDE_W / math.sqrt(2)),
        ("peak to mean <= 1.2", 1.05),
        ("band 0.1-2.5 Hz <= 10 MW", AMPLITUDE_W / math.sqrt(2)),
        ("band energy share 0.1-2.5 Hz <= 50 %", 1.0),
        ("band magnitude sum 0.1-2.5 Hz <= 10 MW", AMPLITUDE_W),
        ("line <= 10 MW", AMPLITUDE_W),
        # Mean over half a period against the mean over the other half: 2 * 2 A / pi.
        ("mean ramp 1s <= 10 MW", 4 * AMPLITUDE_W / math.pi),
    ],
)
def test_closed_forms_of_a_sine(text: str, measured: float) -> None:
    outcome = Limit.parse(text).of(PowerRecord(SINE_W, DT_S))
    assert outcome.measured == pytest.approx(measured, rel=2e-6)
    if outcome.limit.sense == "<=":
        assert outcome.factor == pytest.approx(measured / outcome.limit.value, rel=2e-6)
    else:
        assert outcome.factor == pytest.approx(outcome.limit.value / measured, rel=2e-6)
    assert outcome.passes == (outcome.factor <= 1.0)
    assert outcome.verdict == ("pass" if outcome.passes else "fail")


def test_a_limit_that_is_reached_is_kept() -> None:
    step_w = np.where(TIME_S < 5.0, 0.0, 20e6)
    outcome = Limit.parse("ramp 1s <= 20 MW").of(PowerRecord(step_w, DT_S, begin_s=100.0))
    assert outcome.measured == 20e6
    assert (outcome.factor, outcome.margin, outcome.passes) == (1.0, 0.0, True)
    assert outcome.at_s == pytest.approx(104.0)


def test_a_constant_keeps_every_limit_on_variation() -> None:
    flat_w = np.full(2000, 3e6)
    texts = ["ramp 1s <= 1 W", "range <= 1 W", "band 1-2 Hz <= 1 W", "line <= 1 W"]
    assessment = LimitSet.parse(texts).assess(flat_w, DT_S)
    assert assessment.passes
    assert [outcome.measured for outcome in assessment] == [0.0] * 4
    assert assessment.margin == 1.0


def test_the_worst_outcome_binds() -> None:
    limits = LimitSet.parse(["range <= 200 MW", "peak <= 1 GW", "minimum >= 990 MW"])
    assessment = limits.assess(SINE_W, DT_S)
    assert not assessment.passes
    assert assessment.worst.limit.name == "peak <= 1 GW"
    assert assessment.margin == pytest.approx(-0.05)
    data = assessment.to_dict()
    assert data["binding"] == "peak <= 1 GW"
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_not_assessed_is_not_kept_and_says_why() -> None:
    limits = LimitSet.parse(["ramp 60s <= 20 MW"])
    assessment = limits.assess(SINE_W, DT_S)
    outcome = assessment.worst
    assert (outcome.passes, outcome.verdict, outcome.display()) == (
        False,
        "not assessed",
        "not assessed",
    )
    assert (outcome.factor, outcome.margin) == (math.inf, -math.inf)
    assert json.loads(json.dumps(assessment.to_dict(), allow_nan=False))["margin"] is None
    with pytest.raises(LimitError, match="does not hold one window of 60 s"):
        limits.require_assessed(assessment)
    limits = LimitSet.parse(["band 400-600 Hz <= 1 MW"])
    with pytest.raises(LimitError, match="needs a step of at most"):
        limits.require_assessed(limits.assess(SINE_W, DT_S))


def test_a_minimum_below_zero_is_infinitely_off() -> None:
    outcome = Limit.parse("minimum >= 1 MW").of(PowerRecord(np.array([-1e6, 2e6]), DT_S))
    assert outcome.factor == math.inf
    assert outcome.margin == pytest.approx(-2.0)
    assert outcome.to_dict()["factor"] is None
