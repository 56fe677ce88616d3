# SPDX-License-Identifier: Apache-2.0
"""The shipped scenarios reach the published step time and mean power, by a plain simulation.

The oracle draws every duration with NumPy and knows nothing of the engines: no edges, no noise.
"""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.scenario import Job, Scenario


def _iteration(scenario: Scenario, job: Job, rounds: int) -> tuple[float, float]:
    """Return mean step time in s and mean power of one accelerator in W."""
    rng = np.random.default_rng(0)
    accelerator, program = scenario.accelerator_of(job), job.program
    assert program is not None
    stages, lag_s = 1, 0.0
    if job.pipeline is not None:
        stages, lag_s = job.pipeline.stages, job.pipeline.fill + job.pipeline.drain
    energy, time = 0.0, 0.0
    for _ in range(rounds):
        clock, used = np.zeros(job.accelerators), np.zeros(job.accelerators)
        for phase in program.iteration.expanded:
            sigma = np.sqrt(np.log1p(phase.spread.sigma**2))
            common = np.sqrt(phase.spread.rho) * rng.standard_normal()
            own = np.sqrt(1 - phase.spread.rho) * rng.standard_normal(job.accelerators)
            lasts = phase.duration * np.exp(sigma * (common + own) - sigma**2 / 2)
            opens = clock + lasts
            if phase.barrier == "job":
                opens[:] = opens.max()
            elif phase.barrier == "group":
                opens = np.repeat(opens.reshape(-1, job.group_size or 1).max(1), job.group_size)
            waits = opens - clock - lasts
            used += lasts * phase.power.watts(accelerator)
            used += waits * phase.waiting.watts(accelerator)
            clock = opens
        # The bubble of the pipeline, at the waiting power of the first phase.
        bubble_s = (stages - 1) * lag_s
        energy += used.mean() + bubble_s * program.iteration.expanded[0].waiting.watts(accelerator)
        time += clock.mean() + bubble_s
    return time / rounds, energy / time


def test_phase1_draws_170_mw() -> None:
    scenario = Scenario.load("colossus2-phase1")
    job, rack = scenario.jobs[0], scenario.site.halls[0].rack_record
    step_s, mean_w = _iteration(scenario, job, 12)
    assert 2.0 < step_s < 3.0
    follows_w = rack.dynamic_power_ratio * (mean_w - rack.accelerator.idle_w)
    load_w = scenario.site.racks * rack.base_power_w + job.accelerators * (mean_w + follows_w)
    poi_w = load_w / rack.supply_peak_efficiency * 1.04 + 1.5e6
    assert poi_w == pytest.approx(170e6, rel=0.02)


def test_llama3_steps_in_6_2_s() -> None:
    scenario = Scenario.load("h100-16k-llama3")
    step_s, mean_w = _iteration(scenario, scenario.jobs[0], 12)
    assert step_s == pytest.approx(6.2, rel=0.02)
    assert 0.7 * 700 < mean_w < 0.95 * 700
