# SPDX-License-Identifier: Apache-2.0
"""Places of a study with one scenario: one run of them is computed and stands at all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from powermodel.ensemble import Study, StudyError, run_study
from powermodel.ensemble import task as task_module
from powermodel.ensemble.estimate import plan_study
from powermodel.ensemble.grid import Grid, Place
from powermodel.ensemble.idle import turns_off, without_effect
from powermodel.ensemble.run import check_values
from powermodel.ensemble.runs import Run
from powermodel.ensemble.store import StudyFiles
from tests.ensemble.small_study import AXES, every_file, small_study

ALONE = {(0, 0, seed): 2 for seed in range(3)} | {
    (1, latency, seed): 1 for latency in range(2) for seed in range(3)
}
"""The runs of the small study: without units no latency matters."""


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Note the place of each run that is computed."""
    seen: list[Place] = []

    def made(layout, place: Place, files, gpu=None) -> Run:
        seen.append(place)
        return Run(layout, place, files, gpu)

    monkeypatch.setattr(task_module, "Run", made)
    return seen


def every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every place be a run of its own."""
    monkeypatch.setattr(Grid, "_alike_places", lambda _self, place: [(one,) for one in place])


def test_a_run_stands_where_its_scenario_does(small_store, tmp_path, computed):
    told = []
    run_study(small_study(), tmp_path / "once.zarr", workers=1, progress=told.append)
    assert Grid.of(small_study()).distinct(Grid.of(small_study()).places()) == ALONE
    assert sorted(computed) == sorted(ALONE)
    assert [told[0].done, told[-1].done] == [0, 12]
    assert every_file(tmp_path / "once.zarr") == every_file(small_store)


def test_it_writes_the_files_of_runs_that_are_all_computed(
    small_store, tmp_path, computed, monkeypatch
):
    every_run(monkeypatch)
    run_study(small_study(), tmp_path / "each.zarr", workers=1)
    assert len(computed) == 12
    assert every_file(tmp_path / "each.zarr") == every_file(small_store)


def test_the_case_without_batteries_of_the_shipped_study_is_one_run(
    tmp_path, computed, monkeypatch
):
    study = Study.load("island-latency")
    data = study.to_dict() | {"set": {"time.duration": "2 s"}, "measure": {"after": "0.5 s"}}
    short = Study.from_dict(data)
    assert dict(plan_study(short).rows())["computed"].startswith("8; the scenario of 6 more ")
    run_study(short, tmp_path / "once.zarr", workers=1)
    assert len(computed) == 8
    every_run(monkeypatch)
    run_study(short, tmp_path / "each.zarr", workers=1)
    assert len(computed) == 8 + 14
    assert every_file(tmp_path / "once.zarr") == every_file(tmp_path / "each.zarr")


def test_a_study_that_was_stopped_while_it_wrote_a_twin_goes_on(small_store, tmp_path, monkeypatch):
    path = tmp_path / "stopped.zarr"
    copy = StudyFiles._copy

    def stopped(self, place, twin):
        copy(self, place, twin)
        raise KeyboardInterrupt

    monkeypatch.setattr(StudyFiles, "_copy", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_study(small_study(), path, workers=1)
    monkeypatch.setattr(StudyFiles, "_copy", copy)
    run_study(small_study(), path, workers=1, resume=True)
    assert every_file(path) == every_file(small_store)


@pytest.mark.parametrize("latency", [0, 1])
def test_a_damaged_twin_is_computed_again_alone(small_store, tmp_path, computed, latency):
    path = tmp_path / "damaged.zarr"
    run_study(small_study(), path, workers=1)
    (path / f"indicators/value/c/0/{latency}/1/0").write_bytes(b"damaged")
    computed.clear()
    told = []
    run_study(small_study(), path, workers=1, resume=True, progress=told.append)
    assert computed == [(0, latency, 1)]
    assert [(one.done, one.restored) for one in told] == [(11, 11), (12, 11)]
    assert every_file(path) == every_file(small_store)


def test_samples_with_the_same_values_are_one_run():
    ranges = {"units": {"path": "storage.units", "low": 1, "high": 2, "step": 1}}
    study = small_study(axes={}, samples={"method": "lhs", "n": 8, "ranges": ranges}, seeds=1)
    planned = plan_study(study, workers=1)
    assert (planned.runs, planned.computed) == (8, 2)


def test_a_plan_without_twins_says_nothing_of_them():
    planned = plan_study(small_study(axes=AXES | {"storage.units": [1, 2]}), workers=1)
    assert planned.computed == planned.runs
    assert "computed" not in dict(planned.rows())


@pytest.mark.parametrize(
    ("changes", "idle"),
    [
        ({"storage.units": 0, "storage.soc": "50 %"}, {"storage.soc"}),
        ({"storage.units": 1, "storage.soc": "50 %"}, set()),
        ({"storage.units": 0, "storage": "{}"}, set()),
        ({"storage.units": 0, "supply.grid.x_over_r": 3}, set()),
        (
            {"supply.island.forming.0.power": "0 MW", "supply.island.forming.0.latency": "1 ms"},
            {"supply.island.forming.0.latency"},
        ),
        # Of another inverter; of all, which say that it is there; of what both stand in.
        ({"supply.island.forming.0.power": "0 W", "supply.island.forming.1.lag": "1 ms"}, set()),
        (
            {
                "supply.island.forming.*.power": "0 W",
                "supply.island.forming.*.lag": "1 ms",
                "supply.island.forming.1.power": "1 MW",
            },
            set(),
        ),
        (
            {
                "supply.island.forming.0.power": "0 W",
                "supply.island.forming.0.lag": "1 ms",
                "supply.island": "{}",
            },
            set(),
        ),
    ],
)
def test_what_belongs_to_nothing_does_nothing(changes, idle):
    assert without_effect(tuple(changes.items())) == idle


def test_values_are_tried_where_they_do_something():
    """Without units, which come first, no latency would be looked at."""
    latency = {"path": "storage.latency.communication", "values": ["5 ms", "soon"]}
    assert turns_off((("storage.units", 0),))
    with pytest.raises(StudyError, match="soon"):
        check_values(Grid.of(small_study(axes=AXES | {"latency": latency})))


def test_every_store_of_a_study_has_all_its_places(small_store):
    """Also where a run only stands for another: readers see no difference."""
    grid = Grid.of(small_study())
    files = {str(file) for file in Path(small_store).rglob("indicators/value/c/*/*/*/0")}
    assert len(files) == grid.runs
    assert grid.twins((0, 1, 2)) == ((0, 0, 2), (0, 1, 2))
    assert grid.twins((1, 1, 2)) == ((1, 1, 2),)
