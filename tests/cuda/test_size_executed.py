# SPDX-License-Identifier: Apache-2.0
"""A search for a size on a GPU, its kernels executed as PTX, finds what it finds on the CPU."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from powermodel.limits import LimitSet
from powermodel.scenario import Scenario
from powermodel.sizing import Axis, Question, answer, run_farm, to_dict
from powermodel.sizing.changes import RACK_JOULES_PATH
from powermodel.sizing.ensemble import SeedEnsemble
from powermodel.sizing.loads import Loads
from powermodel.sizing.measuring import Yardstick
from powermodel.sizing.model import FarmModel
from powermodel.sizing.setting import Setting
from powermodel_kernels.cuda import memory
from tests.cuda.executed import executed
from tests.sizing.small_question import square_scenario

LIMITS = "band 0.5-2 Hz <= 3 kW"


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the machine look like one with a GPU."""
    monkeypatch.setattr(memory, "free_bytes", lambda _number: 2**30)


def short() -> Scenario:
    return square_scenario().with_(time={"duration": "3 s"})


def asked() -> Question:
    """Return a question of two windows and two seeds."""
    axes = (Axis("window", "storage.control.window", ("2 s", "4 s")),)
    return Question(short(), LimitSet.parse([LIMITS]), (3, 4), axes, 8, after_s=1.0)


def test_the_answer_is_that_of_the_cpu_and_takes_few_launches() -> None:
    expected = answer(asked(), run_farm)
    with executed() as there:
        found = answer(asked(), run_farm, gpu=0)
    assert to_dict(found) == to_dict(expected)
    assert found.runs == expected.runs
    assert [row.found.tried for row in found.rows] == [row.found.tried for row in expected.rows]
    for field in fields(found.series):
        there_is, there_was = (getattr(one.series, field.name) for one in (found, expected))
        assert np.array_equal(there_is, there_was)
    assert found.shown_row.units is not None
    assert found.shown_row.units > 1
    assert "rack_bins" in there.launched
    # For each window that of both seeds, and those of each seed alone; the series.
    assert there.launched.count("site_steps") <= 2 * 3 + 1 < found.runs / 2


def test_loads_of_seeds_are_computed_together() -> None:
    """Two tiles in one block, with rack stores, of which the losses are summed."""
    made = square_scenario().with_(time={"duration": "12 s", "block": "20 s"})
    changes = ((RACK_JOULES_PATH, "65 J"),)
    with executed() as there:
        loads = Loads(made, gpu=0)
        loads.expect(changes, (3, 4))
        assert loads.computed == 2
        found = [loads.of(changes, seed) for seed in (3, 4)]
    assert there.launched.count("rack_bins") == 2
    alone = Loads(made)
    for load, expected in zip(found, (alone.of(changes, seed) for seed in (3, 4)), strict=True):
        assert np.array_equal(load.power_w, expected.power_w)
        assert load.store_loss_j == expected.store_loss_j > 0.0
        assert load.energy_j == expected.energy_j


def test_a_search_of_one_variant_is_one_launch() -> None:
    """Up to 8 units, two seeds: all that can be asked for fits."""
    made = FarmModel(short(), Yardstick(LimitSet.parse([LIMITS]), 2e-3), run_farm, gpu=0)
    with executed() as there:
        ensemble = SeedEnsemble(made, (3, 4), 2, made.expect)
        ensemble.fewest(Setting(0), 8)
    assert there.launched.count("site_steps") == 1
    assert ensemble.runs > 3


def test_seeds_under_a_delay_share_a_launch() -> None:
    limits = Yardstick(LimitSet.parse([LIMITS]), 2e-3)
    late = Setting(3, latency_s=0.04)
    with executed() as there:
        made = FarmModel(short(), limits, run_farm, gpu=0)
        judged = SeedEnsemble(made, (3, 4), 2, made.expect).judge(late)
    alone = FarmModel(short(), limits, run_farm)
    assert list(judged.runs) == [alone(late, seed) for seed in (3, 4)]
    assert there.launched.count("site_steps") == 1


def test_what_cannot_run_there_is_left_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any delay the controller sees its own step."""
    limits = Yardstick(LimitSet.parse([LIMITS]), 2e-3)
    setting = Setting(2, latency_s=0.0)
    with executed() as there:
        made = FarmModel(short(), limits, run_farm, gpu=0)
        SeedEnsemble(made, (3,), 1, made.expect).judge(setting)
    assert "site_steps" not in there.launched
    assert made(setting, 3) == FarmModel(short(), limits, run_farm)(setting, 3)


def test_long_records_run_one_at_a_time_and_stretch_after_stretch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from powermodel.sizing import together

    monkeypatch.setattr(together, "_AHEAD_BYTES", 1)
    monkeypatch.setattr(together, "_STRETCH", 500)
    limits = Yardstick(LimitSet.parse([LIMITS]), 2e-3)
    with executed() as there:
        made = FarmModel(short(), limits, run_farm, gpu=0)
        judged = SeedEnsemble(made, (3, 4), 1, made.expect).judge(Setting(5))
    alone = FarmModel(short(), limits, run_farm)
    assert list(judged.runs) == [alone(Setting(5), seed) for seed in (3, 4)]
    assert there.launched.count("site_steps") == 6
