# SPDX-License-Identifier: Apache-2.0
"""Loads of small sites that differ in their seed: on a GPU together, and one by one."""

from __future__ import annotations

import pytest

from benchmarks.gpu import Gpu
from benchmarks.measure import Bench, Work
from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.simulation.blocks import Block, Site

_SECONDS = 10
_RACK = {"like": "gb200-nvl72"}
_SITE = {
    "powermodel": 1,
    "name": "small",
    "site": {"name": "small site", "halls": [{"name": "hall", "rack": _RACK, "racks": 14}]},
    "jobs": [
        {
            "name": "train",
            "accelerators": 1000,
            "noise": {"sigma": 0.02, "rho": 0.1, "correlation_time": "50 ms"},
            "program": {
                "iteration": [
                    {
                        "name": "compute",
                        "duration": "1.1 s",
                        "power": "0.9 TDP",
                        "spread": {"sigma": 0.03, "rho": 0.2},
                        "barrier": "job",
                        "waiting_power": "0.4 TDP",
                    },
                    {
                        "name": "exchange",
                        "duration": "0.4 s",
                        "power": "0.3 TDP",
                        "barrier": "job",
                        "waiting_power": "0.3 TDP",
                    },
                ]
            },
        }
    ],
    "time": {"duration": f"{2 * _SECONDS} s", "dt": "1 ms"},
}


@pytest.mark.parametrize("how", ["together", "one by one"])
def test_seeds_gpu(bench: Bench, gpu: Gpu, how: str) -> None:
    """A tile of each site, with the launch of the next one; sites were made before."""
    from powermodel.simulation.cuda_together import share_loads

    made, seeds = Scenario.from_dict(_SITE), 2 if bench.small else 64
    accelerators, samples = made.jobs[0].accelerators, _SECONDS * 1000
    sites: list[Site] = []

    def make() -> None:
        sites[:] = [Site(plan(made.set("seed", seed)), 1, 0) for seed in range(seeds)]

    def run() -> list[Block]:
        if how == "together":
            share_loads(sites)
        return [site.block(0, samples) for site in sites]

    work = Work(
        group=f"loads: {seeds} seeds of {accelerators:,} accelerators for {_SECONDS} s",
        row=f"{how}, {gpu.name}",
        simulated_s=float(_SECONDS * seeds),
        accelerator_steps=accelerators * samples * seeds,
        ratio_to=None if how == "one by one" else f"one by one, {gpu.name}",
    )
    found = bench.time(work, gpu.waited(run), rounds=5, setup=make)
    assert all(block["poi/power"].any() for block in found)
