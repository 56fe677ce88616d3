# SPDX-License-Identifier: Apache-2.0
"""The strip of running jobs: bars by name, a count where there are too many, nothing for one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.indicators.jobs import job_indicators
from powermodel.report import plot, plot_run
from powermodel.report.jobs import running
from powermodel.report.jobs_view import JobsView, jobs_view
from powermodel.report.view import title_of, view_run
from powermodel.scenario import Scenario
from tests.report.test_plot import run_tree, texts

PROGRAM = {"iteration": [{"name": "work", "duration": "1 s", "power": "0.9 TDP"}]}
BATCH = {"every": "5 s", "places": 3, "length": {"mean": "12 s"}}


def job(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "accelerators": 72, "program": PROGRAM, **more}


def scenario(*jobs: dict[str, Any], seconds: float = 12.0) -> Scenario:
    return Scenario.from_dict({
        "powermodel": 1,
        "name": "busy",
        "site": {"name": "s", "halls": [{"name": "h", "rack": "gb200-nvl72", "racks": 256}]},
        "jobs": list(jobs),
        "time": {"duration": f"{seconds} s", "dt": "10 ms", "fastest_response": "100 ms"},
        "seed": 3,
    })  # fmt: skip


def attributes(made: Scenario) -> dict[str, Any]:
    return {"scenario": made.to_yaml(), "seed": made.seed, "source": "powermodel 1.2.3"}


def view_of(made: Scenario) -> JobsView | None:
    return jobs_view(attributes(made), 0.0, made.time.duration)


def strip_of(made: Scenario):
    """Return the axes of the strip in the picture of a made-up power."""
    tree = run_tree(seconds=made.time.duration)
    tree.attrs = attributes(made)
    figure = plot.draw(view_run(tree))
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == "Jobs")


def test_jobs_have_a_bar_each_from_begin_to_end():
    made = scenario(
        job("first", ends="5 s"), job("second", begins="3 s"), job("a-name-that-is-far-too-long")
    )
    strip = strip_of(made)
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in strip.patches]
    assert bars == [(0.0, 5.0), (3.0, 12.0), (0.0, 12.0)]
    names = [label.get_text() for label in strip.get_yticklabels()]
    assert names == ["first", "second", "a-name-that-is-…"]
    assert len({bar.get_facecolor() for bar in strip.patches}) == 3
    assert "3 jobs" in texts(strip.figure)
    assert strip.get_xlim() == (0.0, 12.0)


def test_it_stands_below_the_whole_run(tmp_path):
    tree = run_tree(seconds=12.0)
    tree.attrs = attributes(scenario(job("a"), job("b")))
    view = view_run(tree)
    assert plot.rows_of(view)[0] == plot.ROWS[0]
    assert plot.rows_of(view)[2:] == plot.ROWS[1:]
    assert plot_run(tree, tmp_path / "run.png").stat().st_size > 0


def test_jobs_that_come_at_random_have_a_row_for_each_place():
    made = scenario(job("main"), job("batch", arrivals=BATCH), seconds=240.0)
    found = view_of(made)
    assert found is not None
    assert [lane.name for lane in found.lanes] == ["main", "batch 1", "batch 2", "batch 3"]
    assert [lane.kind for lane in found.lanes] == [0, 1, 1, 1]
    taken_s = sum(end - begin for lane in found.lanes[1:] for begin, end in lane.spans)
    (taken,) = (one for one in job_indicators(made) if one.name == "places_taken[batch]")
    assert taken_s / (3 * 240.0) == pytest.approx(taken.value, rel=1e-9)
    assert f"4 places, {found.jobs} jobs" in texts(strip_of(made).figure)
    assert title_of(attributes(made)) == "busy  ·  288 accelerators  ·  seed 3"


@pytest.mark.parametrize(
    ("jobs", "counted", "colors"),
    [
        ([job(f"j{n}") for n in range(40)], False, 40),
        ([job(f"j{n}") for n in range(41)], True, 1),
        ([job("main"), job("batch", arrivals=BATCH | {"places": 60})], True, 2),
    ],
)
def test_many_are_counted(jobs, counted, colors):
    found = view_of(scenario(*jobs))
    assert found is not None
    assert found.counted is counted
    assert found.height_in < (1.6 if counted else 5.2)
    strip = strip_of(scenario(*jobs))
    assert len(strip.collections if counted else strip.patches) == colors
    if counted:
        (line,) = strip.lines
        assert set(line.get_ydata()) == {len(found.lanes)}


def test_rows_keep_their_names_legible():
    """A letter of 6 points at least, at 30 and at 40 rows."""
    for count, least in ((8, 8.5), (30, 7.0), (40, 6.0)):
        strip = strip_of(scenario(*(job(f"j{n}") for n in range(count))))
        sizes = {label.get_fontsize() for label in strip.get_yticklabels()}
        assert min(sizes) >= least


def test_no_strip_where_it_would_say_nothing():
    alone = scenario(job("alone"))
    assert view_of(alone) is None
    several = attributes(scenario(job("a"), job("b")))
    assert jobs_view(several, 0.0, 12.0) is not None
    # The load is that of another run, or the scenario of another version.
    assert jobs_view(several | {"load_from": "digest, seed 1"}, 0.0, 12.0) is None
    assert jobs_view({"scenario": "name: a\njobs: [{name: b}, {name: c}]"}, 0.0, 12.0) is None
    assert jobs_view({}, 0.0, 12.0) is None


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=12),
    st.integers(1, 30),
)
def test_a_count_is_the_mean_over_its_cells(jobs, cells):
    spans = [(float(begin), float(begin + length)) for begin, length in jobs]
    edge_s = np.linspace(0.0, 50.0, cells + 1)
    expected = [
        sum(max(0.0, min(end, right) - max(begin, left)) for begin, end in spans) / (right - left)
        for left, right in itertools.pairwise(edge_s)
    ]
    assert running(spans, edge_s) == pytest.approx(expected, abs=1e-9)
