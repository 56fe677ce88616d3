# SPDX-License-Identifier: Apache-2.0
"""The folder that a planner gets: what is in it, that it is whole, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import json
import os

import numpy as np
import pyarrow.parquet
import pytest
from scipy import signal

from powermodel.exporters import ExportError
from powermodel.handoff import HandoffError, Order, hand_off
from powermodel.handoff import package as package_module
from powermodel.observers import observe_with
from powermodel.report import ReportError
from powermodel.report.page import page as page_module
from powermodel.report.page.content import Asked
from powermodel.store import open_run
from tests.planner.made_series import BASIS, sine, write_store

DT_S = 2e-3
FORMATS = ("comtrade", "pscad", "perc1")
NO_SIZING = "no sizing was given: --sizing, after powermodel size --out"
ORDER = Order(Asked(profiles=("ercot",)), BASIS, FORMATS)


@pytest.fixture(scope="module")
def power_w():
    return sine(500e6, 4e6, 2.0, 40, DT_S)


@pytest.fixture(scope="module")
def store(tmp_path_factory, power_w):
    return write_store(tmp_path_factory.mktemp("handoff") / "made.zarr", power_w, 2_000_000)


@pytest.fixture(scope="module")
def package(tmp_path_factory, store):
    folder = tmp_path_factory.mktemp("package") / "out"
    return hand_off(open_run(store), folder, ORDER)


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_every_file_stands_in_the_manifest_with_its_hash(package):
    files = manifest_of(package.folder)["files"]
    assert set(package.files) == {*files, "manifest.json"}
    for name, entry in files.items():
        content = (package.folder / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest(), name
        assert entry["bytes"] == len(content)
        assert entry["about"], name


def test_instruments_say_what_they_hide_or_why_they_cannot_look(package, power_w):
    with (package.folder / "instruments.csv").open(encoding="utf-8") as file:
        rows = {row["instrument"]: row for row in csv.DictReader(file)}
    assert {"nvml-h100", "scada-4s", "meter-15min", "point-on-wave"} <= set(rows)
    assert all(bool(row["hidden_share"]) != bool(row["reason"]) for row in rows.values())
    seen = observe_with("nvml-h100", power_w, 1e-3)
    assert float(rows["nvml-h100"]["range_w"]) == pytest.approx(seen.range_w)
    assert "shorter than the window of 900 s" in rows["meter-15min"]["reason"]


def test_the_manifest_defines_every_number(package):
    found = manifest_of(package.folder)
    assert found["complete"] is True
    assert found["sign_convention"].startswith("Load is positive")
    assert found["versions"]["powermodel"]
    assert found["definitions"]["series"]["poi/power"]["units"] == "W"
    with (package.folder / "indicators.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["indicator"] for row in rows} == set(found["definitions"]["indicators"])
    assert all(row["definition"] for row in rows)
    assert all(bool(row["value"]) != bool(row["reason"]) for row in rows)
    assert found["basis"]["mains_hz"] == 60.0
    assert found["basis"]["start"] == "2026-01-01T00:00:00+00:00"


def test_series_are_those_of_the_run(package, power_w):
    table = pyarrow.parquet.read_table(package.folder / "series.parquet")
    np.testing.assert_array_equal(table["poi/power"].to_numpy(), power_w)
    np.testing.assert_allclose(table["time"].to_numpy(), np.arange(power_w.size) * DT_S, atol=1e-9)
    assert table.schema.field("poi/power").metadata[b"units"] == b"W"


def test_spectrum_is_that_of_scipy(package, power_w):
    found = np.loadtxt(package.folder / "spectrum.csv", delimiter=",", skiprows=1)
    how = manifest_of(package.folder)["definitions"]["spectrum"]
    frequency, density = signal.welch(
        power_w, 1 / DT_S, how["window"], nperseg=round(how["segment_s"] / DT_S)
    )
    np.testing.assert_allclose(found[:, 0], frequency, atol=1e-12)
    np.testing.assert_allclose(found[:, 1], density, rtol=1e-6, atol=1e-6 * density.max())
    line = found[np.argmax(found[:, 2])]
    assert line[0] == pytest.approx(2.0)
    assert line[2] == pytest.approx(4e6, rel=1e-3)


def test_compliance_has_status_and_reason(package):
    with (package.folder / "compliance.csv").open(encoding="utf-8") as file:
        rows = {row["rule"]: row for row in csv.DictReader(file)}
    swing = rows["ercot-swing"]
    assert (swing["verdict"], swing["status"], swing["binding"]) == ("pass", "proposed", "False")
    assert float(swing["measured"]) == pytest.approx(8e6, rel=5e-3)
    assert rows["ercot-ride-through"]["verdict"] == "not assessed"
    assert rows["ercot-ride-through"]["reason"]


def test_checks_say_what_was_read_back(package):
    text = (package.folder / "checks.txt").read_text(encoding="utf-8")
    for name in ("series.parquet", "spectrum.csv", "compliance.csv", "perc1", "COMTRADE", "PSCAD"):
        assert name in text
    assert "FAIL" not in text
    assert "INCOMPLETE" not in text
    assert list(package.left_out) == ["sizing.csv"]
    assert not (package.folder / "exports" / "checks.txt").exists()


def test_without_named_formats_what_is_missing_is_said(tmp_path, store):
    done = hand_off(open_run(store), tmp_path / "out", Order())
    assert "parquet" in str(done.files)
    assert done.left_out["openg2g"].startswith("openg2g needs 'accelerators'")
    assert manifest_of(done.folder)["formats_left_out"] == done.left_out
    text = (done.folder / "checks.txt").read_text(encoding="utf-8")
    assert "not written: openg2g: openg2g needs 'accelerators'" in text
    assert "UNVERIFIED" in text


def test_the_same_run_gives_the_same_bytes(tmp_path, store, package):
    again = hand_off(open_run(store), tmp_path / "again", ORDER)
    assert manifest_of(again.folder)["files"] == manifest_of(package.folder)["files"]


def test_an_incomplete_run_is_said_to_be_so(tmp_path, cli, power_w):
    store = write_store(tmp_path / "part.zarr", power_w, 2_000_000, blocks=3)
    status, _, err = cli("handoff", store, tmp_path / "out", "--formats", "pscad")
    assert status == 0
    assert "the run is not complete: 30 s of 40 s are whole" in err
    assert manifest_of(tmp_path / "out")["complete"] is False
    checks = (tmp_path / "out" / "checks.txt").read_text(encoding="utf-8")
    assert checks.startswith("INCOMPLETE RUN: 30 s of 40 s are whole")
    assert "The run is not complete." in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_folder_with_something_in_it_is_refused(tmp_path, store):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(HandoffError) as caught:
        hand_off(open_run(store), tmp_path, ORDER)
    assert "the folder is not empty" in str(caught.value)
    assert "--overwrite" in str(caught.value)


def test_overwrite_replaces_a_package_and_nothing_else(tmp_path, store):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.txt").write_text("keep me")
    with pytest.raises(HandoffError, match=r"holds no package \(manifest.json is missing\)"):
        hand_off(open_run(store), tmp_path / "own", ORDER, overwrite=True)
    assert (tmp_path / "own" / "mine.txt").read_text() == "keep me"
    hand_off(open_run(store), tmp_path / "out", ORDER)
    (tmp_path / "out" / "stale.txt").write_text("of the earlier package")
    hand_off(open_run(store), tmp_path / "out", ORDER, overwrite=True)
    assert not (tmp_path / "out" / "stale.txt").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, store):
    (tmp_path / "out").write_text("")
    with pytest.raises(HandoffError, match="expected a folder, got a file"):
        hand_off(open_run(store), tmp_path / "out", ORDER)
    with pytest.raises(HandoffError, match="cannot write there: "):
        hand_off(open_run(store), tmp_path / "out" / "below", ORDER)


def test_a_refused_format_leaves_nothing_behind(tmp_path, store):
    with pytest.raises(ExportError, match="openg2g needs 'accelerators'"):
        hand_off(open_run(store), tmp_path / "out", Order(formats=("openg2g",)))
    with pytest.raises(ExportError, match="unknown format 'pscat'"):
        hand_off(open_run(store), tmp_path / "out", Order(formats=("pscat",)))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_hold_the_run_is_refused(tmp_path, store, monkeypatch):
    def spoilt(found, path):
        package_module.write_text(path, "")
        return package_module.Check(path.name, "samples", 1.0, 0.0, "W")

    monkeypatch.setattr(package_module, "write_series", spoilt)
    with pytest.raises(HandoffError, match=r"does not hold the run: FAIL series\.parquet"):
        hand_off(open_run(store), tmp_path / "out", ORDER)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_says_what_to_install(tmp_path, store, monkeypatch):
    monkeypatch.setattr(page_module, "find_spec", lambda name: None)
    with pytest.raises(ReportError, match=r"needs jinja2.*\n.*powermodel\[report\]"):
        hand_off(open_run(store), tmp_path / "out", ORDER)


def test_the_verb_lists_files_and_json(tmp_path, cli, store):
    words = ("handoff", store, tmp_path / "out", "--formats", "pscad", "--profile", "ercot")
    status, out, err = cli(*words)
    assert status == 0
    assert err.splitlines() == [f"note: sizing.csv is not written: {NO_SIZING}"]
    assert "exports/campus_pscad.txt" in out
    status, out, _ = cli(*words, "--overwrite", "--json")
    found = json.loads(out)
    assert found["complete"] is True
    assert "report.html" in found["files"]
    assert os.path.isdir(found["folder"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--profile", "erkot"], "unknown limit profile 'erkot'"),
        (["--evidence", "nvidia"], "unknown profile 'nvidia'"),
        (["--evidence", "nvidia-bess-1.0"], "a qualification or a ride-through needs the scenario"),
        (["--start", "noon"], "cannot read the time 'noon'"),
        (["--mains", "55"], "expected a mains frequency of 50 or 60 Hz, got 55 Hz"),
        (["--x-over-r", "10"], "--x-over-r"),
        (["--voltage", "345"], "missing unit"),
        (["--run", "2"], "expected a run from 0 to 0, got 2"),
        (["--name", "two words"], "expected a name of letters, digits"),
    ],
)
def test_slips_exit_2_and_leave_nothing(tmp_path, cli, store, words, says):
    status, out, err = cli("handoff", store, tmp_path / "out", *words)
    assert (status, out) == (2, "")
    assert says in err
    assert list(tmp_path.iterdir()) == []
