# SPDX-License-Identifier: Apache-2.0
"""Events that a few lanes have together: the short loops say what the one for all cases says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.build import Layout
from powermodel_kernels.fleet.changes import LaneState, lane_state, work_space
from powermodel_kernels.fleet.job import grid
from powermodel_kernels.fleet.placing import note_levels, place_events
from tests.kernels.factory import EDGES, MS, S, job, phase

FLEET = job([phase(100, 500)], layout=Layout(1), response=EDGES).fleet
TILE = grid(10 * S, MS, 1000)
LEVEL = np.int32(700)
FOUND = ("happens", "age", "ahead", "recent")


def one_event(when: np.ndarray, end: int) -> tuple[Any, ...]:
    """Return a table of one event, as ``walk_until`` does."""
    span = np.array([[when.min(), when.max()]])
    return when[None], span, np.array([LEVEL]), np.array([end], np.int64)


def placed(when: Any, since: Any, end: int, *, mixed: bool) -> tuple[Any, LaneState, dict]:
    """Return what is found of one event; with ``mixed``, by the loop for all cases."""
    n = len(when)
    state, work = lane_state(n), work_space(n)
    state.since[:] = since
    state.level[:] = LEVEL - 1
    event = one_event(np.array(when, np.int64), end)
    spread = cpu(place_events)(event, 0, mixed, FLEET, TILE, state, work)
    found = {name: getattr(work, name) for name in FOUND} | {"sample": work.added.sample}
    return spread, state, found


INSIDE = st.integers(TILE.begin, TILE.begin + TILE.samples * TILE.dt - 1)
ANYWHERE = st.integers(TILE.begin - 2 * S, TILE.begin + 2 * S)
AGES = st.one_of(st.integers(0, 10**6), st.integers(0, 10**12))


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(
        st.lists(INSIDE, min_size=1, max_size=20),
        st.tuples(ANYWHERE, st.integers(1, 20)).map(lambda many: [many[0]] * many[1]),
    ),
    st.lists(AGES, min_size=20, max_size=20),
    st.one_of(ANYWHERE, st.just(2**62)),
)
def test_short_loops_find_what_the_loop_for_all_cases_finds(
    when: list[int], ages: list[int], end: int
) -> None:
    since = np.array(when) - ages[: len(when)]
    spread, state, found = placed(when, since, end, mixed=False)
    general, its_state, expected = placed(when, since, end, mixed=True)
    assert np.array_equal(state.since, its_state.since)
    assert (spread.any, spread.all) == (general.any, general.all)
    if not spread.any:
        return
    assert (spread.first, spread.last) == (general.first, general.last)
    if min(when) < end <= max(when):
        return
    assert spread.youngest == general.youngest
    for name, numbers in found.items():
        assert np.array_equal(numbers, expected[name]), name


@pytest.mark.parametrize("held", [700, 300])
def test_to_lanes_that_have_the_level_nothing_happens(held: int) -> None:
    when = np.array([10 * S + 5 * MS, 10 * S + 7 * MS, 10 * S + 9 * MS])
    state, work = lane_state(3), work_space(3)
    state.since[:] = 0
    # Before, the second lane alone had the level: the crash came too soon for the others.
    cpu(note_levels)(when[[2, 0, 2]], 10 * S + 6 * MS, LEVEL, np.int32(held), False, state)
    assert list(state.level) == [held, 700, held]
    spread = cpu(place_events)(one_event(when, 2**62), 0, True, FLEET, TILE, state, work)
    changes = [held != 700, False, held != 700]
    assert [happens != 0 for happens in work.happens] == changes
    assert [since != 0 for since in state.since] == changes
    assert [sample < TILE.samples for sample in work.added.sample] == changes
    assert spread.all
    assert not spread.together
