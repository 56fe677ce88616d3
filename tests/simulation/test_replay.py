# SPDX-License-Identifier: Apache-2.0
"""Replayed traces: energy kept at any rate, and copies as correlated as the scenario says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import powermodel as pm
from powermodel.errors import PlanError
from powermodel.scenario import Scenario
from powermodel_kernels.fleet.replay import resampled


@given(
    widths=st.lists(st.floats(1e-4, 0.5), min_size=2, max_size=40),
    seed=st.integers(0, 99),
    dt=st.sampled_from([0.0005, 0.001, 0.01, 0.1]),
)
def test_resampling_keeps_the_energy(widths, seed, dt):
    time = np.concatenate([[0.0], np.cumsum(widths)])
    power = np.random.default_rng(seed).uniform(0, 1000, time.size)
    mean = resampled(time, power, dt)
    end = mean.size * dt
    inside = time < end
    points = np.append(time[inside], end)
    values = np.append(power[inside], np.interp(end, time, power))
    assert np.sum(mean) * dt == pytest.approx(np.trapezoid(values, points), rel=1e-6, abs=1e-6)


def test_a_straight_line_is_averaged_over_each_step():
    assert resampled(np.array([0.0, 1.0]), np.array([0.0, 10.0]), 0.25) == pytest.approx(
        [1.25, 3.75, 6.25, 8.75]
    )


def scenario(tmp_path, correlation: float, **trace) -> Scenario:
    """A hundred copies of one accelerator each, replaying noise with a period of 3.7 s."""
    rng = np.random.default_rng(3)
    rows = [f"{i / 200},{400 + 100 * rng.standard_normal():.3f}" for i in range(740)]
    (tmp_path / "trace.csv").write_text("t,p\n" + "\n".join(rows) + "\n")
    base = {
        "powermodel": 1,
        "name": "replay",
        "site": {
            "name": "s",
            "halls": [
                {"name": "h", "rack": {"like": "gb200-nvl72", "accelerators": 10}, "racks": 10}
            ],
        },
        "jobs": [
            {
                "name": "measured",
                "accelerators": 100,
                "trace": {
                    "file": "trace.csv",
                    "time": {"column": "t", "unit": "s"},
                    "power": {"column": "p", "unit": "W"},
                    "accelerators_per_copy": 1,
                    "correlation": correlation,
                    "loop": True,
                }
                | trace,
            }
        ],
        "time": {"duration": "20 s", "dt": "5 ms", "fastest_response": "10 ms"},
        "output": {"probes": list(range(100))},
    }
    return Scenario.from_dict(base, base=tmp_path)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_copies_have_the_correlation_that_was_asked_for(tmp_path, correlation):
    run = pm.simulate(scenario(tmp_path, correlation))
    copies = run["probe/power"].values[0]
    between = np.corrcoef(copies.T)
    pairs = between[np.triu_indices(100, 1)]
    # The number of copies in step is binomial; 4 standard errors of its share, squared.
    assert pairs.mean() == pytest.approx(correlation, abs=0.15 if correlation == 0.5 else 0.02)
    # Every copy draws exactly what was measured.
    assert copies.mean() == pytest.approx(copies[:, 0].mean(), rel=0.01)


def test_a_short_trace_that_does_not_loop_is_refused(tmp_path):
    with pytest.raises(PlanError, match=r"the trace is 3.695 s long, the job 20 s") as error:
        pm.simulate(scenario(tmp_path, 0.0, loop=False))
    assert "loop: true" in str(error.value)
