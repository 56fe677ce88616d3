# SPDX-License-Identifier: Apache-2.0
"""The generated PTX of the kernels of smoothing gives the bits of the CPU path, sums and memory."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import BARRIER_GROUP, LOGNORMAL
from powermodel_kernels.cuda.job import CudaJobFleet
from powermodel_kernels.fleet.job import JobFleet
from tests.cuda.cases import ARCHITECTURES, Launch, program, ptx, sample_job
from tests.cuda.executed import executed
from tests.cuda.smooth_cases import CAPPED_RAMPS, JUMPS, RAMPS, Smoothed
from tests.kernels.factory import EDGES, MS, Job, Spread, job, phase, place
from tests.kernels.programs import STEPS, jobs, responses
from tests.kernels.smoothed import Settings, opened, settings_of

ENGINES = ["events", "steps"]
BLOCKS = [32, 64, 128, 256]


def on(architecture: str, *, backwards: bool = False) -> Launch:
    def launch(name: str, blocks: Any, threads: int, arguments: tuple[Any, ...]) -> None:
        program(name, architecture).launch(blocks, threads, *arguments, backwards=backwards)

    return launch


def assert_same(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert [array.tobytes() for array in found] == [array.tobytes() for array in expected]


@st.composite
def cases(draw: st.DrawFn) -> Smoothed:
    """Return runs of a random job behind random smoothing, over two or three tiles."""
    tiles = st.lists(st.integers(1, 120), min_size=2, max_size=3)
    return Smoothed(
        draw(jobs(responses())), draw(settings_of()), draw(st.sampled_from(ENGINES)),
        draw(STEPS), tuple(draw(tiles)), draw(st.integers(1, 12)), draw(st.integers(1, 3)),
    )  # fmt: skip


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=10, deadline=None)
@given(cases(), st.sampled_from(BLOCKS), st.booleans())
def test_random_jobs(architecture: str, case: Smoothed, threads: int, backwards: bool) -> None:
    found = case.result(on(architecture, backwards=backwards), threads)
    assert_same(found, case.expected())


@pytest.mark.parametrize(
    ("given_", "engine"),
    [(RAMPS, "events"), (JUMPS, "events"), (RAMPS, "steps"), (CAPPED_RAMPS, "steps")],
    ids=["ramps in events", "jumps and a cap in events", "ramps in steps", "capped ramps in steps"],
)
def test_every_setting_in_blocks_of_every_shape(given_: Settings, engine: str) -> None:
    case = Smoothed(sample_job(), given_, engine, tiles=(70, 1, 150))
    expected = case.expected()
    power, burnt, held, *_ = expected
    assert np.ptp(power) > 0
    assert np.ptp(burnt) > 0
    assert np.ptp(held) > 0
    for threads in BLOCKS:
        for backwards in (False, True):
            assert_same(case.result(on("sm_90", backwards=backwards), threads), expected)


def racks_of_72() -> Job:
    """Return a job that fills racks of 72, three warps each, the last of them in part."""
    iteration = [
        phase(30, 1100, distribution=LOGNORMAL, sigma=0.05, barrier=BARRIER_GROUP),
        phase(11, 600, distribution=LOGNORMAL, sigma=0.2, rho=0.5),
    ]
    return job(
        iteration,
        layout=Layout(72 + 72 + 31, 8, stages=4, fill_ticks=2 * MS, drain_ticks=MS),
        response=EDGES,
        spread=Spread(rating_sigma=0.03),
        pipelined=True,
        seed=7,
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_racks_of_72(architecture: str, engine: str) -> None:
    case = Smoothed(racks_of_72(), RAMPS, engine, tiles=(90, 33), per_rack=72)
    assert_same(case.result(on(architecture)), case.expected())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_bins_that_several_threads_add_to_are_added_to_atomically(architecture: str) -> None:
    """Threads run one after the other here, so nothing else would see a plain addition."""
    text = ptx("smoothed_bins", architecture)
    stored = re.findall(r"st\.global\.(?:v\d\.)?\w*64", text)
    # Of 64 bits, only what a lane remembers is stored; the rest is added.
    assert len(stored) == 5
    assert len(re.findall(r"(?:red|atom)\.global\.add\.u64", text)) >= 20


MADE, TILE = sample_job(), 60


def there(engine: str) -> CudaJobFleet:
    return CudaJobFleet(
        MADE.programs, MADE.fleet, MADE.lanes, MADE.schedule, MADE.noise, engine, 1,
        RAMPS.made(MADE),
    )  # fmt: skip


def asked(fleet: JobFleet) -> list[np.ndarray]:
    """Return all that can be asked of the open tile once its racks are computed."""
    state = [column for _, column in sorted(fleet.state().items())]
    return [fleet.burnt(), fleet.held_back(), fleet.probe(3), *state]


def tiles_on_the_cpu(engine: str, count: int) -> list[list[np.ndarray]]:
    fleet, found = opened(MADE, RAMPS, engine, 1), []
    for tile in range(count):
        fleet.open_tile(tile * TILE * MS, MS, TILE)
        power = fleet.rack_power(place(MADE.fleet.lanes, 5))
        found.append([power, *asked(fleet)])
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tile_that_is_under_way_does_not_show(engine: str) -> None:
    """As in a run: the next tile is launched before anything of this one is asked for."""
    where, tiles = place(MADE.fleet.lanes, 5), 3
    with executed():
        fleet = there(engine)

        def launched(tile: int) -> Any:
            ready = fleet.runs.made_ready(tile * TILE * MS, MS, TILE)
            power = fleet.runs.rack_power_there(where, ready)
            fleet.runs.all_launched(ready)
            return power

        ahead, found = None, []
        for tile in range(tiles):
            fleet.open_tile(tile * TILE * MS, MS, TILE)
            power = launched(tile) if ahead is None else ahead
            ahead = launched(tile + 1) if tile + 1 < tiles else None
            found.append([fleet.memory.fetch(power), *asked(fleet)])
    for one, expected in zip(found, tiles_on_the_cpu(engine, tiles), strict=True):
        assert_same(one, expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_fleet_goes_on_from_the_state_of_another(engine: str) -> None:
    where = place(MADE.fleet.lanes, 5)
    first, second = tiles_on_the_cpu(engine, 2)
    with executed():
        before, after = there(engine), there(engine)
        before.open_tile(0, MS, TILE)
        before.rack_power(where)
        after.restore(before.state())
        after.open_tile(TILE * MS, MS, TILE)
        found = [after.rack_power(where), *asked(after)]
    assert_same(found, second)
    assert any(a.tobytes() != b.tobytes() for a, b in zip(first, second, strict=True))


def test_a_tile_out_of_order_is_refused_as_on_the_cpu() -> None:
    with executed():
        fleet = there("events")
        fleet.open_tile(0, MS, TILE)
        with pytest.raises(ValueError, match="has not been computed for accelerator 0 of the job"):
            fleet.open_tile(TILE * MS, MS, TILE)
        fleet.rack_power(place(MADE.fleet.lanes, 5))
        with pytest.raises(ValueError, match="depend on the past: expected the samples from tick"):
            fleet.open_tile(2 * TILE * MS, MS, TILE)
