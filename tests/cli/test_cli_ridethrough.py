# SPDX-License-Identifier: Apache-2.0
"""``powermodel ridethrough``: megawatts lost to sags, job time, the way back, its picture."""

from __future__ import annotations

import json
from typing import Any

import pytest

import powermodel_datasets as facts
from powermodel.scenario import Scenario
from powermodel.simulation.ridethrough import sags_of


def asked(cli: Any, *words: object) -> dict[str, Any]:
    answer = cli("ridethrough", "colossus2-1gw", *words, "--json")
    assert answer.status == 0, answer.err
    found: dict[str, Any] = json.loads(answer.out)
    return found


def test_six_sags_lock_out_what_counts_them(cli):
    """The event of 2024-07-10: 1,260 of 1,500 MW stayed away from the third sag on."""
    found = asked(cli)
    load_w = Scenario.load("colossus2-1gw").nameplate_w()
    assert found["load_w"] == pytest.approx(load_w)
    assert found["counting_share"] == pytest.approx(1260 / 1500)
    assert found["lost_w"] == pytest.approx(load_w)
    first, second, *locked = found["away_w"]
    # Until the third, what counts is back before the next sag; what does not waits 10 s and is
    # still on its walk-in of 15 s.
    walked = ((82 - 0.066) / 5 - 0.042 - 10) / 15
    assert first == pytest.approx(0.16 * load_w * (1 - walked), rel=2e-3)
    assert second == pytest.approx(first, rel=2e-3)
    assert all(away >= 0.84 * load_w * (1 - 1e-9) for away in locked)
    assert locked[-1] == pytest.approx(0.84 * load_w)
    assert found["recovery_s"] is None
    assert found["verdict"] == "inside"


def test_an_empty_store_costs_job_time(cli):
    """Stores of five minutes, spent from the third sag at 34.8 s on; then down to the end.

    What the first two sags took, 1.5 s each at full load, is refilled but for some tenths.
    """
    found = asked(cli)
    assert found["down_s"] == pytest.approx(600 - 34.8 - 300, abs=0.5)
    restart = Scenario.load("colossus2-1gw").jobs[0].program.restart
    assert found["restart_s"] == pytest.approx(restart.mean_duration)
    assert found["job_s"] == pytest.approx(found["down_s"] + found["restart_s"])


def test_a_reset_brings_it_back_with_a_surge(cli):
    found = asked(cli, "--reset", "4 min")
    assert found["surge_w"] == pytest.approx(0.1 * found["load_w"], rel=1e-3)
    assert found["away_w"][-1] == 0.0
    assert found["job_s"] == 0.0
    # 83.9 s is when the last sag begins; the reset, half a second, and 0.9 of a walk-in follow.
    assert 240 - 84 < found["recovery_s"] < 240 - 84 + 4


def test_without_counting_all_of_it_comes_back(cli):
    found = asked(cli, "--counting-share", "0")
    assert found["away_w"][-1] == 0.0
    assert found["recovery_s"] < 30


def test_a_sag_of_your_own(cli):
    found = asked(cli, "--sag", "3 s, 3 ms, 0.5", "--duration", "30 s")
    assert found["sags"] == [{"start_s": 3.0, "duration_s": 0.003, "level": 0.5}]
    # Shorter than the transfer: the rectifier holds on with what its limit allows.
    assert found["lost_w"] == pytest.approx(found["load_w"] * (1 - 0.5 * 1.1), rel=1e-4)
    assert found["away_w"] == [0.0]


def test_the_published_figures_are_in_the_sags():
    sags = sags_of("n-virginia-2024-07-10")
    assert len(sags) == 6
    assert sags[-1].start_s + sags[-1].duration_s - sags[0].start_s == pytest.approx(82)
    assert (sags[0].duration_s, sags[-1].duration_s) == pytest.approx((0.042, 0.066))
    assert (sags[0].level, sags[-1].level) == pytest.approx((0.25, 0.40))


def test_prints_and_draws(cli, tmp_path):
    answer = cli("ridethrough", "colossus2-1gw", "--picture", tmp_path / "ride.png")
    assert answer.status == 0, answer.err
    for words in (
        "through 6 sags", "84 % of it", "lost load", "reconnection surge", "job time lost",
        "restart", "never", "ride.png",
    ):  # fmt: skip
        assert words in answer.out
    assert (tmp_path / "ride.png").stat().st_size > 10_000


def recorded(folder: Any, *rows: str, head: str = "time_s,voltage_pu,frequency_pu") -> Any:
    path = folder / "event.csv"
    path.write_text("\n".join((head, *rows)) + "\n")
    return path


def test_a_recorded_event_is_taken_as_it_is(cli, tmp_path):
    """A trapezoid between two samples of the record, below 0.9 for the length of one sag."""
    rows = [f"{5 + k / 100:.2f},{0.3 if 201 <= k <= 207 else 1}" for k in range(500)]
    path = recorded(tmp_path, *rows, head="time_s,voltage_pu")
    found = asked(cli, "--record", path, "--duration", "60 s")
    [sag] = found["sags"]
    # Straight from 1 to 0.3 within 10 ms: below 0.9 from 1.43 ms on.
    assert sag["start_s"] == pytest.approx(2.002, abs=1e-9)
    assert sag["duration_s"] == pytest.approx(0.077, abs=1.1e-3)
    assert sag["level"] == pytest.approx(0.3)
    same = asked(cli, "--sag", "2.002 s, 77 ms, 0.3", "--duration", "60 s")
    assert found["lost_w"] == pytest.approx(same["lost_w"])
    assert found["recovery_s"] == pytest.approx(same["recovery_s"], abs=0.02)


@pytest.mark.parametrize(("seconds", "verdict"), [(290, "inside"), (310, "outside")])
def test_a_recorded_frequency_is_held_to_rows_of_frequency(cli, tmp_path, seconds, verdict):
    """0.97 of nominal for less, and for more, than the 299 s that a load must stay."""
    rows = [f"{k},1,{0.97 if 5 <= k < 5 + seconds else 1}" for k in range(340)]
    words = ("--record", recorded(tmp_path, *rows), "--envelope", "ercot-nogrr282-frequency")
    found = asked(cli, *words)
    assert found["sags"] == []
    assert found["verdict"] == verdict


@pytest.mark.parametrize(
    ("rows", "head", "message"),
    [
        (["0,1", "1,1"], "time_s,volts", "no column 'voltage_pu'"),
        (["0,400", "1,400"], "time_s,voltage_pu", "has 400 in row 1: expected 0 to 2, per unit"),
        (["0,1,60", "1,1,60"], "time_s,voltage_pu,frequency_pu", "'frequency_pu' has 60 in row 1"),
        (["0,1", "300,1", "601,1"], "time_s,voltage_pu", "of 601 s lies outside the run of 600 s"),
        (["0,1", "0,1"], "time_s,voltage_pu", "the same time as the row before it"),
    ],
)
def test_a_bad_record_is_refused(cli, tmp_path, rows, head, message):
    path = recorded(tmp_path, *rows, head=head)
    answer = cli("ridethrough", "colossus2-1gw", "--record", path)
    assert answer.status == 2
    assert message in answer.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--duration", "60 s"), "lies outside the run of 60 s"),
        (("--event", "n-virginia"), "n-virginia"),
        (("--event", "nvidia-gb300-smoothing"), "nvidia-gb300-smoothing"),
        (("--sag", "3 s, 60 ms"), "expected start, duration and level, got '3 s, 60 ms'"),
        (("--sag", "3 s, 60, 0.3"), "--sag '3 s, 60, 0.3': missing unit: expected a time"),
        (("--sag", "3 s, 60 ms, 0.3", "--event", "x"), "got --event and --sag"),
        (("--sag", "3 s, 60 ms, 0.3", "--sag", "3.01 s, 9 ms, 0.3"), "before the last one ended"),
        (("--counting-share", "2"), "expected a counting share from 0 to 1, got 2"),
        (("--envelope", "ercot"), "ercot"),
        (("--picture", "ride.gif"), "unknown format of a picture"),
    ],
)
def test_bad_input_is_refused(cli, words, message):
    answer = cli("ridethrough", "colossus2-1gw", *words)
    assert answer.status == 2
    assert message in answer.err


def test_behind_backup_shelves_the_load_is_back_after_the_hand_back(cli):
    sag = ("--sag", "2 s, 100 ms, 0.4", "--counting-share", "0", "--duration", "30 s")
    found = asked(cli, *sag, "--patient", "battery-backup-shelf")
    record = facts.load("ride-through", "battery-backup-shelf")
    assert found["patient"] == "battery-backup-shelf"
    assert found["lost_w"] == pytest.approx(found["load_w"])
    assert found["recovery_s"] == pytest.approx(record["return_delay"].value, abs=0.002)
    assert found["surge_w"] == pytest.approx(
        record["recharge_ratio"].value * found["load_w"], rel=1e-3
    )
    assert found["job_s"] == 0.0


def test_it_says_what_a_backup_shelf_is_as_a_rack_has_it():
    """The same shelf twice: as a unit behind which load stands, and as the backup of a rack."""
    unit, shelf = (
        facts.load("ride-through", "battery-backup-shelf"),
        facts.load("rack-backup", "orv3-hpr-bbu"),
    )
    pairs = {
        "transfer_low": "input_low",
        "return_delay": "hand_back_time",
        "recharge_ratio": "battery_recharge",
        "autonomy": "battery_time",
    }
    for field, same in pairs.items():
        assert unit[field].value == shelf[same].value
        assert unit[field].confidence == shelf[same].confidence
    # The hold-up bridges until the battery takes over: nothing is lost in between.
    assert shelf["hold_up_time"].value > shelf["take_over_time"].value


def test_an_unknown_unit_is_refused(cli):
    answer = cli("ridethrough", "colossus2-1gw", "--patient", "usp")
    assert answer.status == 2
    assert "unknown ride-through 'usp'" in answer.err
