# SPDX-License-Identifier: Apache-2.0
"""Evidence: every criterion has its row, measured against closed forms, or not assessed and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import powermodel_datasets
from powermodel.evidence import EvidenceError, EvidenceRun, Profile, Row, assess

DT_S = 0.01
IT_W = 1e8
SHIPPED = Path(powermodel_datasets.__file__).parent / "records"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return Profile.load("nvidia-bess-1.0")


def run(**changes: Any) -> EvidenceRun:
    """A minute of a load that swings by 40 % at 2 Hz, and a POI that sees a tenth of it."""
    time_s = np.arange(0.0, 60.0, DT_S)
    swing = 2e7 * np.sin(2 * np.pi * 2.0 * time_s)
    given: dict[str, Any] = {
        "dt_s": DT_S, "load_w": 6e7 + swing, "poi_w": 6e7 + swing / 10, "it_load_w": IT_W,
        "storage_w": 0.9 * swing,
    }  # fmt: skip
    return EvidenceRun(**(given | changes))


def rows(found: list[Row], test: str) -> dict[str, Row]:
    return {row.criterion: row for row in found if row.test == test}


def test_no_test_is_left_out(profile: Profile) -> None:
    found = assess(profile, run())
    assert sorted({int(row.test[1:]) for row in found}) == list(range(1, 13))
    for row in found:
        assert (row.verdict == "not assessed") == bool(row.reason)
        assert (row.measured is None) == (row.verdict == "not assessed")
    assert [row.test for row in found] == sorted((r.test for r in found), key=lambda t: int(t[1:]))


@pytest.mark.parametrize("test", ["T2", "T3", "T7", "T8"])
def test_what_is_not_public_is_said(profile: Profile, test: str) -> None:
    [row] = rows(assess(profile, run()), test).values()
    assert row.reason == "the profile has no criterion for this test"


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("T1", "meters"),
        ("T5", "electromagnetic transients"),
        ("T6", "command of the operator"),
        ("T10", "dead bus"),
        ("T12", "not of electromagnetic transients"),
    ],
)
def test_what_a_model_cannot_show_is_said(profile: Profile, test: str, reason: str) -> None:
    for row in rows(assess(profile, run()), test).values():
        assert row.verdict == "not assessed"
        assert reason in row.reason
        assert row.limit is not None
        assert row.confidence in "HL"


@pytest.mark.parametrize(("share", "verdict"), [(0.19, "pass"), (0.2, "pass"), (0.21, "fail")])
def test_ramp_is_a_share_of_the_it_load(profile: Profile, share: float, verdict: str) -> None:
    poi = np.concatenate((np.zeros(1000), np.arange(100) * share * IT_W * DT_S))
    poi = np.concatenate((poi, np.full(4900, share * IT_W)))
    row = rows(assess(profile, run(poi_w=poi)), "T4")["ramp at the POI"]
    assert row.measured == pytest.approx(share)
    assert row.limit == 0.2
    assert row.margin == pytest.approx(0.2 - share, abs=1e-12)
    assert row.verdict == verdict or share == 0.2
    assert "100.0 MW" in row.definition
    assert row.confidence == "L"


def test_tracking_needs_the_command(profile: Profile) -> None:
    row = rows(assess(profile, run()), "T4")["tracking"]
    assert row.reason == "the run does not hold the command"
    command = run().storage_w
    assert command is not None
    row = rows(assess(profile, run(command_w=command / 0.99)), "T4")["tracking"]
    assert row.measured == pytest.approx(0.01)
    assert row.verdict == "pass"
    row = rows(assess(profile, run(command_w=0 * command)), "T4")["tracking"]
    assert row.reason == "storage was asked for nothing"


def test_frequency_needs_a_supply(profile: Profile) -> None:
    row = rows(assess(profile, run()), "T4")["frequency"]
    assert "it has no supply" in row.reason
    seen = np.full(6000, 60.0)
    seen[17] = 59.3
    row = rows(assess(profile, run(frequency_hz=seen)), "T4")["frequency"]
    assert row.measured == pytest.approx(0.7)
    assert row.verdict == "fail"
    assert "may mean a modulation" in row.definition


@pytest.mark.parametrize("gain", [0.1, 0.9, 1.3])
def test_oscillation_is_what_storage_adds(profile: Profile, gain: float) -> None:
    load = run().load_w
    row = rows(assess(profile, run(poi_w=6e7 + gain * (load - 6e7))), "T9")["oscillation"]
    assert row.measured == pytest.approx(gain, rel=1e-6)
    assert row.verdict == ("pass" if gain <= 1 else "fail")


def test_oscillation_where_the_load_has_none(profile: Profile) -> None:
    time_s = np.arange(0.0, 60.0, DT_S)
    quiet, ringing = np.full(6000, 6e7), 6e7 + 1e6 * np.sin(2 * np.pi * 7.3 * time_s)
    row = rows(assess(profile, run(load_w=quiet, poi_w=ringing)), "T9")["oscillation"]
    # 1 MW of amplitude over the floor of 0.1 % of 100 MW.
    assert row.measured == pytest.approx(1e6 / np.sqrt(2) / 1e5, rel=0.02)
    assert row.verdict == "fail"
    row = rows(assess(profile, run(load_w=quiet, poi_w=quiet)), "T9")["oscillation"]
    assert (row.verdict, row.measured) == ("pass", 0.0)


def test_oscillation_outside_the_band_does_not_count(profile: Profile) -> None:
    time_s = np.arange(0.0, 60.0, DT_S)
    slow = 6e7 + 1e7 * np.sin(2 * np.pi * 0.3 * time_s)
    row = rows(assess(profile, run(load_w=np.full(6000, 6e7), poi_w=slow)), "T9")["oscillation"]
    assert row.verdict == "pass"


def test_oscillation_needs_samples(profile: Profile) -> None:
    coarse = {k: getattr(run(), k)[::5] for k in ("load_w", "poi_w", "storage_w")}
    row = rows(assess(profile, run(dt_s=0.05, **coarse)), "T9")["oscillation"]
    assert row.reason == "steps of 0.05 s do not resolve 30 Hz"
    short = {k: getattr(run(), k)[:500] for k in ("load_w", "poi_w", "storage_w")}
    row = rows(assess(profile, run(**short)), "T9")["oscillation"]
    assert row.reason == "a record of 5 s, expected at least 10 s"


def day(soc: Any) -> EvidenceRun:
    n = 86_400
    flat = np.full(n, 6e7)
    return run(dt_s=1.0, load_w=flat, poi_w=flat, storage_w=0 * flat, soc=np.asarray(soc))


def test_charge_over_a_day(profile: Profile) -> None:
    time = np.arange(86_400) / 86_400
    swing = 0.03 * np.sin(2 * np.pi * np.arange(86_400) / 20.0)
    # The first mean lies 7.5 min after the beginning, the last 7.5 min before the end.
    found = rows(assess(profile, day(0.5 - 0.04 * time + swing)), "T11")
    row = found["drift of the charge"]
    assert row.measured == pytest.approx(0.04 * 95 / 96, rel=1e-3)
    assert row.verdict == "pass"
    assert found["window of the charge"].verdict == "pass"
    found = rows(assess(profile, day(0.5 - 0.06 * time)), "T11")
    assert found["drift of the charge"].verdict == "fail"


def test_charge_outside_its_window(profile: Profile) -> None:
    soc = np.full(86_400, 0.5)
    soc[100] = 0.83
    row = rows(assess(profile, day(soc)), "T11")["window of the charge"]
    assert (row.verdict, row.measured, row.limit) == ("fail", 0.83, 0.8)
    assert row.margin == pytest.approx(-0.03)
    soc[100] = 0.15
    row = rows(assess(profile, day(soc)), "T11")["window of the charge"]
    assert (row.verdict, row.measured, row.limit) == ("fail", 0.15, 0.2)


def test_a_day_is_a_day(profile: Profile) -> None:
    for row in rows(assess(profile, run(soc=np.full(6000, 0.5))), "T11").values():
        assert row.verdict == "not assessed"
        assert row.reason == "a record of 60 s, expected 24 h"
    for row in rows(assess(profile, run()), "T11").values():
        assert row.reason == "the run holds no state of charge"


# Profiles.


def test_rows_carry_what_they_are_worth(profile: Profile) -> None:
    row = rows(assess(profile, run()), "T4")["ramp at the POI"]
    assert "draft v0.4" in row.source
    assert row.to_dict()["confidence"] == "L"
    assert profile.version.startswith("1.0 of 2026-05-28")
    metering = rows(assess(profile, run()), "T1")["metering error"]
    assert metering.confidence == "H"
    assert metering.limit == 0.005


def edited(folder: Path, old: str, new: str) -> Path:
    text = (SHIPPED / "evidence" / "nvidia-bess-1.0.yaml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "contract.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    (folder / "sources.yaml").write_text(
        (SHIPPED / "sources.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return path


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = edited(tmp_path, 'value: 20\n    unit: "%/s"', 'value: 1\n    unit: "%/s"')
    profile = Profile.load(path)
    assert profile.name == "contract"
    row = rows(assess(profile, run()), "T4")["ramp at the POI"]
    assert row.limit == 0.01
    time_s = np.arange(0.0, 60.0, DT_S)
    ramping = 4e7 + 0.02 * IT_W * time_s
    assert rows(assess(profile, run(poi_w=ramping)), "T4")["ramp at the POI"].verdict == "fail"


def test_a_profile_that_is_wrong_is_refused(tmp_path: Path) -> None:
    path = edited(tmp_path, "t9_band_low:", "t9_band_lowest:")
    with pytest.raises(EvidenceError, match="t9_band_lowest") as caught:
        Profile.load(path)
    assert "contract.yaml" in str(caught.value)
    assert "nvidia-bess-1.0" in str(caught.value)


def test_unknown_profiles_name_those_there_are() -> None:
    with pytest.raises(EvidenceError, match="unknown profile 'nvidia'") as caught:
        Profile.load("nvidia")
    assert "nvidia-bess-1.0" in str(caught.value)


def test_a_profile_needs_its_file_and_sources(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        Profile.load(tmp_path / "none.yaml")
    path = edited(tmp_path, "t9_floor", "t9_floor")
    (tmp_path / "sources.yaml").unlink()
    with pytest.raises(EvidenceError, match=r"sources\.yaml beside it"):
        Profile.load(path)


# Runs.


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dt_s": 0.0}, "expected a step above 0 s, got 0 s"),
        ({"it_load_w": 0.0}, "expected an IT load above 0 W, got 0 W"),
        ({"soc": np.zeros(3)}, "expected soc with 6000 samples like load_w, got 3"),
    ],
)
def test_runs_that_do_not_fit_together(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        run(**changes)


def results(**groups: Any) -> xr.DataTree:
    time_s = np.arange(6000) * DT_S
    made = {}
    for group, variables in groups.items():
        data = {name: (("run", "time"), values[None]) for name, values in variables.items()}
        made[group] = xr.Dataset(data, coords={"time": time_s})
    return xr.DataTree.from_dict(made)


def test_series_come_out_of_the_results_of_a_run(profile: Profile) -> None:
    plain = run()
    assert plain.storage_w is not None
    tree = results(
        poi={"power": plain.poi_w},
        load={"power": plain.load_w},
        storage={
            "power": plain.storage_w,
            "command": plain.storage_w,
            "soc": np.full(6000, 0.5),
        },
    )
    taken = EvidenceRun.of_results(tree, IT_W)
    assert taken.dt_s == pytest.approx(DT_S)
    assert taken.frequency_hz is None
    direct = run(soc=np.full(6000, 0.5), command_w=plain.storage_w)
    ours, theirs = assess(profile, taken), assess(profile, direct)
    assert ours == theirs


def test_a_run_without_storage_has_nothing_to_show() -> None:
    with pytest.raises(EvidenceError, match="the run has no storage"):
        EvidenceRun.of_results(results(poi={"power": run().poi_w}), IT_W)
