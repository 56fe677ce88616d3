# SPDX-License-Identifier: Apache-2.0
"""Cycles against an independent rainflow count; ageing against its printed equations."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import fatpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.laws import ageing
from powermodel_kernels.storage import cycles
from powermodel_kernels.storage.cycles import DEPTH, FADE_UNIT, RISE_UNIT, add_corner
from powermodel_kernels.storage.farm import Farm
from tests.kernels.storage_cases import LFP, PACK, ran, square, times

AGEING = replace(PACK, cell=replace(LFP, tested_depth=0.2))


def counter(depth: int = DEPTH) -> Any:
    """Return the part of a unit's state that counts cycles."""
    names = ("half_cycles", "cycled", "cycle_fade", "shallow_fade", "cycle_rise")
    return SimpleNamespace(
        corner=np.zeros((1, depth), np.int64), corner_at=np.zeros((1, depth), np.int64),
        corners=np.zeros(1, np.int32), **{n: np.zeros(1, np.int64) for n in names},
    )  # fmt: skip


FIXED: Any = SimpleNamespace(
    charge_unit=np.float32(2.0**-20), dt_s=np.float32(1.0), tested_depth=np.float32(0.0),
    ages=True,
)  # fmt: skip


def counted(series: list[int], monkeypatch: pytest.MonkeyPatch, depth: int = DEPTH) -> Any:
    """Return ranges with their weights, and the residue."""
    found: list[tuple[int, float]] = []

    def note(u: int, first: int, weight: Any, _fixed: Any, units: Any) -> None:
        corner = units.corner[u]
        found.append((int(abs(corner[first + 1] - corner[first])), float(weight)))

    monkeypatch.setattr(cycles, "count_cycle", note)
    units = counter(depth)
    for k, charge in enumerate(series):
        add_corner(0, np.int64(charge), k, FIXED, units)
    return found, units.corner[0, : units.corners[0]].tolist()


def corners_of(series: list[int]) -> list[int]:
    """Return where a series turns, with its ends."""
    moved = [series[0]] + [b for a, b in pairwise(series) if a != b]
    turns = [b for a, b, c in zip(moved, moved[1:], moved[2:], strict=False) if (a < b) != (b < c)]
    return [moved[0], *turns, moved[-1]]


@settings(deadline=None, max_examples=100)
@given(series=st.lists(st.integers(-1000, 1000), min_size=2, max_size=80))
def test_cycles_are_those_of_an_independent_count(series: list[int]) -> None:
    corners = corners_of(series)
    with pytest.MonkeyPatch.context() as patch:
        found, residue = counted(corners, patch)
    expected, left = fatpack.find_rainflow_cycles(np.array(corners))
    ranges = [abs(a - b) for a, b in np.asarray(expected).reshape(-1, 2)]
    assert sorted(r for r, _ in found) == sorted(ranges)
    assert residue == [int(x) for x in left]


def test_the_example_of_the_standard() -> None:
    """ASTM E1049-85, figure 6: the one whole cycle of −2 1 −3 5 −1 3 −4 4 −2 is 4 (E to F)."""
    with pytest.MonkeyPatch.context() as patch:
        found, residue = counted([-2, 1, -3, 5, -1, 3, -4, 4, -2], patch)
    assert found == [(4, 1.0)]
    assert residue == [-2, 1, -3, 5, -4, 4, -2]


def test_a_full_residue_ends_its_oldest_range_as_a_half_cycle() -> None:
    growing = [(-1) ** k * k for k in range(1, 12)]
    with pytest.MonkeyPatch.context() as patch:
        found, residue = counted(growing, patch, depth=8)
    assert found == [(2 * k + 1, 0.5) for k in (1, 2, 3)]
    assert residue == growing[3:]


@pytest.mark.parametrize("kelvin", [283.15, 298.15, 318.15])
@pytest.mark.parametrize("soc", [0.2, 0.5, 0.9])
def test_time_ages_as_printed(kelvin: float, soc: float) -> None:
    warm = 1.0 / kelvin - 1.0 / 298.15
    fade = 1.2571e-5 * np.exp(-17126 / 8.314 * warm) * (2.8575 * (soc - 0.5) ** 3 + 0.60225)
    rise = 3.4194e-10 * np.exp(-71827 / 8.314 * warm) * (-3.3903 * (soc - 0.5) ** 2 + 1.5604)
    k, s = np.float32(kelvin), np.float32(soc)
    assert np.sqrt(ageing.calendar_fade_rate(k, s)) == pytest.approx(fade, rel=1e-5)
    assert ageing.calendar_rise_rate(k, s) == pytest.approx(rise, rel=1e-4)


@pytest.mark.parametrize("depth", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("c_rate", [0.25, 1.0])
def test_cycles_age_as_printed(c_rate: float, depth: float) -> None:
    fade = (0.0630 * c_rate + 0.0971) * (4.0253 * (depth - 0.6) ** 3 + 1.0923) / 100.0
    rise = (-0.0020 * c_rate + 0.0021) * (6.8477 * (depth - 0.5) ** 3 + 0.9182) / 100.0
    c, d = np.float32(c_rate), np.float32(depth)
    assert np.sqrt(ageing.cycle_fade(c, d)) == pytest.approx(fade, rel=1e-5)
    assert ageing.cycle_rise(c, d) == pytest.approx(rise, rel=1e-3, abs=1e-9)
    assert ageing.cycle_rise(np.float32(2.0), d) == 0.0


def test_a_day_in_store_and_a_thousand_cycles() -> None:
    units = counter()
    deep, hour = 2**18, 900  # a quarter of the capacity in a quarter of an hour: 1 C
    for k in range(2001):
        add_corner(0, np.int64((k % 2) * deep), k * hour, FIXED, units)
    closed = int(units.half_cycles[0]) / 2
    expected = (0.0630 + 0.0971) * (4.0253 * (0.25 - 0.6) ** 3 + 1.0923) * np.sqrt(closed * 0.25)
    assert closed == pytest.approx(1000, abs=2)
    assert np.sqrt(units.cycle_fade[0] * FADE_UNIT) * 100 == pytest.approx(expected, rel=1e-4)
    rise = 0.0001 * (6.8477 * (0.25 - 0.5) ** 3 + 0.9182) * closed * 0.25 / 100
    assert units.cycle_rise[0] * RISE_UNIT == pytest.approx(rise, rel=1e-3)


def test_a_site_counts_its_cycles_and_flags_the_shallow_ones() -> None:
    t = times(30.0)
    load = square(t, 16e6, 20e6)
    load[0] = 18e6
    site, state, _ = ran(Farm(AGEING, 3), load)
    found, done = site.wears(state)[0], site.summaries(state)[0]
    assert found is not None
    # A wave of 2 s for 30 s: the first edge and the last half stay open.
    assert 12 <= done.cycles <= 14.5
    assert found.extrapolated == 1.0
    seconds = 29.0  # the last slow update is at 29 s
    fade = 1.2571e-5 * 0.60225 * np.sqrt(seconds)
    assert found.calendar_fade == pytest.approx(fade, rel=1e-3)
    assert found.calendar_rise == pytest.approx(3.4194e-10 * 1.5604 * seconds, rel=2e-3)
    assert 0.0 < found.cycle_fade < 1e-4
    assert found.cycle_rise > 0.0
    assert found.most_fade == pytest.approx(found.calendar_fade + found.cycle_fade, rel=1e-6)


def test_a_cell_without_a_law_of_ageing_counts_cycles_and_says_that_it_has_none() -> None:
    load = square(times(10.0), 16e6, 20e6)
    load[0] = 18e6
    site, state, _ = ran(Farm(PACK, 2), load)
    assert site.wears(state) == (None, None)
    assert site.summaries(state)[0].cycles >= 2
    assert not state.main.cycle_fade.any()
    assert site.summaries(state)[1].cycles == 0.0


def test_what_moved_is_the_closed_cycles_and_the_open_ones() -> None:
    """Rainflow only orders what moved: in counts of charge nothing is left over."""
    random = np.random.default_rng(5)
    load = np.repeat(random.uniform(12e6, 22e6, 60), 200)
    load[0] = 17e6
    site, state, _ = ran(Farm(AGEING, 4, capacity_sigma=0.02), load)
    units = state.main
    for u in range(4):
        corners = [*units.corner[u, : units.corners[u]], units.charge[u]]
        still_open = sum(abs(int(b) - int(a)) for a, b in pairwise(corners))
        assert int(units.moved[u]) == int(units.cycled[u]) + still_open
    done = site.summaries(state)[0]
    assert 0.0 < done.rainflow_full_cycles < done.full_cycles <= done.full_cycles_most
