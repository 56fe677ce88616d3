# SPDX-License-Identifier: Apache-2.0
"""``powermodel losses``: the waterfall closes, says its voltages and currents, and is drawn."""

from __future__ import annotations

import json

import pytest

import powermodel as pm


def test_prints_every_stage_and_the_ends(cli):
    answer = cli("losses", "colossus2-1gw")
    assert answer.status == 0, answer.err
    for words in (
        "transmission", "transformer-hv", "34.5 kV", "ups-double-conversion", "psu-orv3",
        "regulator-core", "330 kV", "voltage 412,500 : 1", "at 80 % of their TDP",
    ):  # fmt: skip
        assert words in answer.out


def test_energy_closes_and_current_is_power_over_voltage(cli):
    found = json.loads(cli("losses", "colossus2-1gw", "--load-share", "0.6", "--json").out)
    rows = found["rows"]
    assert rows[0]["drawn_w"] == found["grid_w"]
    assert [row["drawn_w"] for row in rows[1:]] == [row["delivered_w"] for row in rows[:-1]]
    assert sum(row["loss_w"] for row in rows) == pytest.approx(found["grid_w"] - found["die_w"])
    assert found["voltage_ratio"] == pytest.approx(412_500)
    assert found["die_a"] == pytest.approx(found["die_w"] / 0.8)
    apparent = 3**0.5 * 330e3 * found["grid_a"]
    assert apparent * found["power_factor"] == pytest.approx(found["grid_w"])
    assert found["efficiency"] == pytest.approx(0.82, abs=0.03)


def test_full_load_is_the_rating_of_every_stage(cli):
    """At TDP the transmission transformer loses p0 + a + k of what it passes on."""
    found = json.loads(cli("losses", "colossus2-phase1", "--load-share", "1", "--json").out)
    first = found["rows"][0]
    assert first["loss_w"] / first["delivered_w"] == pytest.approx(0.001004 + 0.004016, rel=1e-4)
    assert found["module_w"] == pytest.approx(110_000 * 1200)


def test_another_architecture_loses_less(cli):
    share = [
        json.loads(cli("losses", "colossus2-1gw", "--architecture", name, "--json").out)
        for name in ("ac-415v", "dc-800v-solid-state")
    ]
    assert share[1]["efficiency"] > share[0]["efficiency"]
    assert share[1]["voltage_ratio"] == pytest.approx(412_500)


def test_draws_the_waterfall(cli, tmp_path):
    answer = cli("losses", "colossus2-1gw", "--picture", tmp_path / "fall.png")
    assert answer.status == 0, answer.err
    assert (tmp_path / "fall.png").stat().st_size > 10_000
    assert "fall.png" in answer.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--load-share", "1.5"), "expected a load share above 0 and up to 1, got 1.5"),
        (("--architecture", "ac-400v"), "ac-400v"),
        (("--picture", "fall.gif"), "unknown format of a picture"),
    ],
)
def test_bad_input_is_refused(cli, words, message):
    answer = cli("losses", "colossus2-1gw", *words)
    assert answer.status == 2
    assert message in answer.err


RUN = """\
powermodel: 1
name: two-racks
site:
  halls: [{name: north, rack: gb200-nvl72, racks: 2}]
  architecture: ac-415v
  cooling: {like: liquid-dry-cooler, wet_bulb: "20 degC"}
jobs:
  - name: train
    accelerators: 144
    begins: "2 s"
    program:
      iteration:
        - {name: compute, duration: "1 s", power: "0.9 TDP", spread: {sigma: 0.03}}
        - {name: all-reduce, duration: "0.5 s", power: "0.3 TDP"}
time: {duration: "20 s", dt: "5 ms", fastest_response: "50 ms"}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("losses") / "run.zarr"
    pm.simulate(pm.Scenario.from_yaml(RUN), to=path)
    return path


def test_a_run_is_shown_on_average_with_all_that_branches_off(cli, run):
    answer = cli("losses", run)
    assert answer.status == 0, answer.err
    for words in (
        "on average over 20 s", "cooling", "rest of the racks", "ups-double-conversion", "pue",
        "loss share, ups", "power factor lowest", "voltage 412,500 : 1",
    ):  # fmt: skip
        assert words in answer.out
    found = json.loads(cli("losses", run, "--json").out)
    rows = found["rows"]
    assert [row["drawn_w"] for row in rows[1:]] == [row["delivered_w"] for row in rows[:-1]]
    assert found["grid_w"] - found["die_w"] == pytest.approx(sum(row["loss_w"] for row in rows))
    assert 1.05 < found["indicators"]["pue"]["value"] < 1.25


def test_show_tells_the_pue(cli, run):
    found = json.loads(cli("show", run, "--json").out)["conversion"]
    by_losses = json.loads(cli("losses", run, "--json").out)["indicators"]
    assert found["pue"]["value"] == by_losses["pue"]["value"]
    assert "pue" in cli("show", run).out


def test_draws_a_run_through_time(cli, run, tmp_path):
    answer = cli("losses", run, "--picture", tmp_path / "run.png")
    assert answer.status == 0, answer.err
    assert (tmp_path / "run.png").stat().st_size > 50_000


def test_options_of_a_scenario_are_refused_for_a_run(cli, run):
    answer = cli("losses", run, "--architecture", "dc-800v")
    assert answer.status == 2
    assert "is a run, whose losses are what they were" in answer.err


def test_a_run_without_an_architecture_is_refused_with_what_to_do(cli, store):
    answer = cli("losses", store)
    assert answer.status != 0
    assert "the run holds no losses of conversion stages" in answer.err
    assert "--set site.architecture=ac-415v --set site.overhead=null" in answer.err
