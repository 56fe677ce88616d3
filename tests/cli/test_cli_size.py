# SPDX-License-Identifier: Apache-2.0
"""``powermodel size``: what it prints and leaves, and that it agrees with ``powermodel run``."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from powermodel.simulation import simulate
from powermodel.sizing.farm_stage import run_farm
from powermodel.sizing.loads import Loads
from tests.sizing.small_question import square_scenario

LIMIT = "band 0.5-2 Hz <= 4 kW"
FAST = ("--seeds", "2", "--max-units", "30", "--after", "5 s", "--quiet")


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "square.yaml"
    path.write_text(square_scenario().to_yaml())
    return str(path)


def test_the_farm_of_a_search_is_the_farm_of_a_run():
    scenario = square_scenario(units=8, spread={"capacity": 0.02, "resistance": 0.05})
    load = Loads(scenario).of((), scenario.seed)
    farm = run_farm(scenario, load, scenario.seed)
    tree = simulate(scenario, device="cpu")
    assert np.array_equal(tree["load/power"].values[0], load.power_w)
    assert np.array_equal(tree["storage/power"].values[0], farm.power_w)
    assert np.array_equal(tree["poi/power"].values[0], load.power_w - farm.power_w)
    assert tree["storage/soc"].values[0] == pytest.approx(farm.soc)


def test_prints_the_answer_and_leaves_picture_and_data(cli, study, tmp_path):
    out = tmp_path / "sizing"
    answer = cli(
        "size", study, "--limit", LIMIT, "--floor", "0,0.8", "--latency", "0..200 ms",
        "--out", str(out), *FAST,
    )  # fmt: skip
    assert answer.status == 0, answer.err
    for words in (
        f"square: storage that keeps {LIMIT} at the POI",
        "20 s at 2 ms, held to the limits after 5 s; the worst of seeds 3, 4",
        "Load without buffering",
        "square wave made flat",
        "Trade-off: the smallest farm of each variant",
        "1/(6f)",
        "none speaks against 'more is better'",
    ):
        assert words in answer.out
    data = json.loads((out / "sizing.json").read_text())
    floor_0, floor_80 = data["front"]
    assert floor_0["units"] > floor_80["units"]
    assert floor_80["burnt"] > floor_0["burnt"] == 0.0
    assert floor_0["at"]["limits"][0]["verdict"] == "pass"
    assert data["without_buffering"]["limits"][0]["verdict"] == "fail"
    tree = xr.open_datatree(out / "sizing.zarr", engine="zarr", consolidated=False)
    assert tree["front/units"].values.tolist() == [floor_0["units"], floor_80["units"]]
    assert tree["front/floor"].values.tolist() == ["0 %", "80 %"]
    assert tree["series/poi"].attrs["units"] == "W"
    assert (out / "sizing.png").stat().st_size > 20_000


def test_json_is_the_answer_alone(cli, study):
    one = ("--vary", "storage.control.window=4 s")
    answer = cli("size", study, "--limit", LIMIT, "--latency", "none", "--json", *one, *FAST)
    assert answer.status == 0, answer.err
    data = json.loads(answer.out)
    assert data["front"][0]["changes"] == {"storage.control.window": "4 s"}
    assert data["scenario"] == "square"
    assert data["seeds"] == [3, 4]
    assert data["latency"] is None
    assert data["front"][0]["margin"] >= 0


def test_out_of_reach_names_the_limit_and_the_distance(cli, study, tmp_path):
    answer = cli(
        "size", study, "--limit", "range <= 1 W", "--latency", "none", "--floor", "0,0.5",
        "--out", str(tmp_path / "far"), *FAST,
    )  # fmt: skip
    assert answer.status == 5
    assert "No variant keeps the limits; nearest:" in answer.out
    assert "× limit" in answer.out
    assert (tmp_path / "far" / "sizing.png").exists()
    assert "no setting with up to 30 units keeps 'range <= 1 W': the best," in answer.err
    assert "times the limit (seed" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--limit: expected at least one limit"),
        (["--limit", "rmp 1s <= 2 MW"], "did you mean 'ramp'?"),
        (["--limit", LIMIT, "--seeds", "0"], "--seeds: expected at least one seed, got 0"),
        (["--limit", LIMIT, "--max-units", "0"], "--max-units: expected at least one unit"),
        (["--limit", LIMIT, "--after", "20 s"], "--after: expected less than the duration"),
        (["--limit", LIMIT, "--latency", "0..200"], "--latency: missing unit"),
        (["--limit", LIMIT, "--floor", "80"], "--floor: expected a fraction"),
        (["--limit", LIMIT, "--rack-joules", "65"], "--rack-joules: missing unit"),
        (["--limit", LIMIT, "--vary", "window"], "expected path=value, got 'window'"),
        (["--limit", LIMIT, "--vary", "storage.contrl.window=2 s"], "did you mean storage.control"),
        (["--limit", "ramp 60s <= 1 kW", "--seeds", "1"], "does not hold one window of 60 s"),
        (["--limit", LIMIT, "--set", "storage=null"], "the scenario has no storage to size"),
    ],
)
def test_slips_are_told_in_words(cli, study, words, message):
    answer = cli("size", study, *words)
    assert answer.status == 2
    assert message in answer.err
    assert "Traceback" not in answer.err


def test_unless_told_it_compares_floors_and_a_rack_store_in_the_second_half(cli, study):
    few = ("--seeds", "1", "--max-units", "30", "--quiet", "--latency", "none", "--json")
    answer = cli("size", study, "--limit", LIMIT, *few)
    data = json.loads(answer.out)
    assert answer.status == 0, answer.err
    assert data["after_s"] == 10.0
    assert [list(row["changes"].values()) for row in data["front"]] == [
        [joules, floor] for joules in ("0 J", "65 J") for floor in ("0 %", "80 %", "90 %")
    ]


def test_a_folder_that_cannot_be_made_is_told_before_the_work(cli, study, tmp_path):
    (tmp_path / "file").write_text("")
    answer = cli("size", study, "--limit", LIMIT, "--out", str(tmp_path / "file" / "x"))
    assert answer.status == 2
    assert "cannot be made" in answer.err


def test_a_gpu_that_cannot_be_used_is_told_before_the_work(cli, study):
    answer = cli("size", study, "--limit", LIMIT, "--device", "cuda:999")
    assert answer.status == 4
    assert "error: device 'cuda:999': " in answer.err
    assert not answer.out
