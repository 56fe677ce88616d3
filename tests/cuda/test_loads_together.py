# SPDX-License-Identifier: Apache-2.0
"""Which loads go together on a GPU, how many, and which do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from powermodel.ensemble import task
from powermodel.ensemble.grid import Grid
from powermodel.errors import DeviceError
from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.simulation.cuda import bytes_needed, loads_at_once
from powermodel_kernels.cuda import memory, room
from powermodel_kernels.cuda.job import CudaJobFleet
from powermodel_kernels.cuda.jobs import join
from powermodel_kernels.fleet.job import NoiseLevel
from tests.cuda.cases import sample_job
from tests.cuda.seeds import seeded
from tests.ensemble.small_study import small_study
from tests.kernels.factory import Job
from tests.kernels.smoothed import Settings
from tests.simulation.small import buffered_scenario, small_scenario

DURATION = {"path": "jobs.0.program.iteration.0.duration", "values": ["1 s", "1.2 s"]}


def cut(gpus: int, **changes: Any) -> list[int]:
    """Return how many runs each task of a study of 70 seeds has."""
    grid = Grid.of(small_study(seeds=70, **changes))
    found = task.tasks("s", grid, grid.places(), gpus, gpu=0)
    assert sorted(place for one in found for place in one.places) == sorted(grid.places())
    for one in found:
        loads = {grid.load_key(place)[0] for place in one.places}
        assert len(loads) == 1
    return [len(one.places) for one in found]


@pytest.mark.parametrize(
    ("gpus", "runs"),
    [
        (1, [64, 6]),
        (2, [35, 35]),
        (7, [10] * 7),
        # Two GPUs for each load, which has one run.
        (140, [1] * 70),
    ],
)
def test_seeds_are_cut_into_a_task_for_each_gpu(gpus: int, runs: list[int]) -> None:
    assert cut(gpus, axes={}) == runs


def test_runs_with_one_load_are_in_one_task() -> None:
    assert cut(1, axes={"storage.units": [1, 2, 3]}) == [3 * 64, 3 * 6]


def test_loads_that_differ_in_more_than_their_seed_are_tasks_of_their_own() -> None:
    assert cut(1, axes={"duration": DURATION}) == [64, 6, 64, 6]


def test_as_many_loads_go_together_as_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(small_scenario())
    for count in (1, 2, 5, 64):
        monkeypatch.setattr(memory, "free_bytes", lambda _, n=count: bytes_needed(planned, n))
        found = loads_at_once(planned, 0, 64)
        assert found <= count
        assert bytes_needed(planned, found + 1) <= 1.2 * bytes_needed(planned, count + 1)
    monkeypatch.setattr(memory, "free_bytes", lambda _: 2**40)
    assert loads_at_once(planned, 0, 64) == 64
    assert loads_at_once(planned, 0, 5) == 5
    monkeypatch.setattr(memory, "free_bytes", lambda _: None)
    assert loads_at_once(planned, 0, 64) == 64


def test_large_loads_go_together_while_a_launch_takes_all_their_racks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda _: 2**40)
    planned = plan(small_scenario(noise=False))
    # Eight racks of 10,000 samples in the larger hall: quanta, watts, watts of the tile before.
    of_load = 8 * 10_000 * 3 * 4
    for batch, expected in ((of_load - 1, 1), (of_load, 1), (5 * of_load, 5), (6 * of_load - 1, 5)):
        monkeypatch.setattr(room, "_BATCH_BYTES", batch)
        assert loads_at_once(planned, 0, 64) == expected


def test_a_load_that_does_not_fit_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(small_scenario())
    monkeypatch.setattr(memory, "free_bytes", lambda _: bytes_needed(planned) - 1)
    with pytest.raises(DeviceError, match=r"GPU 3: the run needs about 2.4 MiB of the GPU's mem"):
        loads_at_once(planned, 3, 64)


@pytest.mark.parametrize("scenario", [small_scenario, buffered_scenario])
def test_every_further_run_takes_no_more_memory_than_the_second(
    scenario: Callable[[], Scenario],
) -> None:
    planned = plan(scenario())
    needed = np.array([bytes_needed(planned, runs) for runs in range(1, 65)])
    assert (np.diff(needed) > 0).all()
    assert (np.diff(needed) <= needed[1] - needed[0]).all()


def fleet(made: Job, **more: Any) -> CudaJobFleet:
    return CudaJobFleet(made.programs, made.fleet, made.lanes, made.schedule, made.noise, **more)


def with_longer_phases(made: Job) -> CudaJobFleet:
    programs = made.programs._replace(mean_ticks=made.programs.mean_ticks + 1)
    return fleet(replace(made, programs=programs))


def with_smoothing(made: Job) -> CudaJobFleet:
    """Return one that says that it is smoothed; nothing of it is asked."""
    found = fleet(made)
    found.smoothing = Settings(800, 350, 200, 3.0, 17.5, 5.0).made(made)
    return found


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (with_longer_phases, "the same programs"),
        (lambda made: fleet(replace(made, fleet=made.fleet._replace(idle=7))), "one size, respons"),
        (lambda made: fleet(replace(made, noise=NoiseLevel(0.5))), "the same fluctuation"),
        (lambda made: fleet(made, engine="steps"), "expected one engine"),
        (lambda made: fleet(made, device=1), "one GPU"),
        (with_smoothing, "the same fluctuation and smoothing"),
    ],
)
def test_runs_that_differ_in_more_than_their_seed_are_not_joined(
    other: Callable[[Job], CudaJobFleet], says: str
) -> None:
    one, two = seeded(sample_job(), 2)
    join([fleet(one), fleet(two)])
    with pytest.raises(ValueError, match=says):
        join([fleet(one), other(two)])
