# SPDX-License-Identifier: Apache-2.0
"""Control that knows what comes: the period of the job, or what the scheduler announces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.control_loop import commands, left_after, made, seen

PERIOD_S = 0.01


def square(periods: int, points: int = 100) -> Any:
    high = np.arange(points) < 0.7 * points
    return np.tile(np.where(high, 9e8, 2e8), periods)


def test_repetitive_control_undoes_the_delay() -> None:
    load, delay = square(12), 8
    given = {"latency_s": delay * PERIOD_S, "job_period": 1.0}
    learned = commands(made("repetitive", PERIOD_S, **given), seen(load, PERIOD_S))
    plain = commands(made("moving-average", PERIOD_S, window=1.0), seen(load, PERIOD_S))
    last = slice(-200, None)
    assert np.ptp(left_after(load, plain, delay)[last]) == pytest.approx(2 * 7e8, rel=1e-3)
    assert np.ptp(left_after(load, learned, delay)[last]) < 1e3


def test_repetitive_control_knows_when_the_job_is_over() -> None:
    load = np.concatenate((square(12), np.full(2000, 1e8)))
    given = {"latency_s": 0.08, "job_period": 1.0}
    learned = commands(made("repetitive", PERIOD_S, **given), seen(load, PERIOD_S))
    plain = commands(made("moving-average", PERIOD_S, window=1.0), seen(load, PERIOD_S))
    # One period after the end it does what the plain mean does, for good.
    np.testing.assert_array_equal(learned[1300:], plain[1300:])
    assert not learned[1301:].any()


@pytest.mark.parametrize("amplitude", [0.0, 1e8])
def test_repetitive_control_does_no_harm_without_repetition(amplitude: float) -> None:
    rng = np.random.default_rng(5)
    load = 5e8 + amplitude * np.cumsum(rng.standard_normal(3000)) / 50
    given = {"latency_s": 0.08, "job_period": 1.0}
    learned = commands(made("repetitive", PERIOD_S, **given), seen(load, PERIOD_S))
    plain = commands(made("moving-average", PERIOD_S, window=1.0), seen(load, PERIOD_S))
    assert np.mean(learned == plain) > 0.95


def test_feed_forward_acts_when_the_load_comes() -> None:
    load, delay = square(12), 8
    ahead = np.concatenate((load[delay:], load[:delay]))
    control = made("feed-forward", PERIOD_S, window=1.0)
    out = commands(control, seen(load, PERIOD_S, forecast=ahead))
    assert np.ptp(left_after(load, out, delay)[-200:]) < 1e3


@pytest.mark.parametrize("fast_w", [0.0, 1e8])
def test_feed_forward_without_a_forecast_is_the_moving_average(fast_w: float) -> None:
    load = np.random.default_rng(6).uniform(1e8, 9e8, 500)
    shown = seen(load, PERIOD_S, forecast=0.0, fast_w=fast_w)
    given = {"window": 0.5, "latency_s": 0.08, "fast_w": fast_w}
    np.testing.assert_array_equal(
        commands(made("feed-forward", PERIOD_S, **given), shown),
        commands(made("moving-average", PERIOD_S, **given), shown),
    )


@pytest.mark.parametrize(
    ("name", "given"), [("repetitive", "job_period"), ("feed-forward", "window")]
)
def test_a_fast_device_is_not_ahead_of_the_main_one(name: str, given: str) -> None:
    load, slow, quick = square(12), 8, 3
    ahead = np.concatenate((load[slow:], load[:slow]))
    plant = {"latency_s": slow * PERIOD_S, "fast_latency_s": quick * PERIOD_S, "fast_w": 2e8}
    control = made(name, PERIOD_S, **plant, **{given: 1.0, "split_time": 0.05})
    out = commands(control, seen(load, PERIOD_S, forecast=ahead, fast_w=2e8))
    assert np.abs(out[:, 1]).max() == pytest.approx(2e8)
    assert np.ptp(left_after(load, out, slow, quick)[-200:]) < 1e3
