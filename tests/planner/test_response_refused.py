# SPDX-License-Identifier: Apache-2.0
"""What a response refuses: series, cases, buses, frequencies, bases, interpreters; each message.

ANDES itself is not needed: the real child process runs under a stand-in of the package.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from powermodel.exporters import Basis, ExportError, export, series_of_run
from powermodel.indicators.inputs import IndicatorError
from powermodel.indicators.voltage import ShortCircuit
from powermodel.response import (
    NetworkCase,
    ResponseError,
    TwoAreaPlay,
    feeder,
    network_response,
    play_into_feeder,
    play_into_network,
    score,
    two_area_response,
)
from powermodel.response.play import play_into_case, play_into_two_areas
from tests.planner.made_andes import make
from tests.planner.made_series import BASIS, labelled, sine

DT_S = 1e-2


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def made(package, monkeypatch):
    """An interpreter with a stand-in for ANDES."""
    monkeypatch.setenv("POWERMODEL_ANDES_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(package))
    return monkeypatch


def refused(place, **more):
    with pytest.raises(ResponseError) as caught:
        network_response(place, 100e6, **more)
    return str(caught.value)


def test_no_interpreter_is_named(monkeypatch):
    monkeypatch.delenv("POWERMODEL_ANDES_PYTHON", raising=False)
    text = refused(NetworkCase("kundur", "7"))
    assert "POWERMODEL_ANDES_PYTHON: no interpreter with ANDES is named" in text
    assert "--case two-area is a screen" in text


def test_the_interpreter_is_not_there(tmp_path):
    text = refused(NetworkCase("kundur", "7", python=str(tmp_path / "python")))
    assert f"--andes-python: there is no interpreter {tmp_path}/python" in text


def test_what_is_named_is_no_interpreter(tmp_path):
    script = tmp_path / "python"
    script.write_text("nothing to run")
    script.chmod(0o755)
    text = refused(NetworkCase("kundur", "7", python=str(script)))
    assert "cannot be started" in text


def test_the_interpreter_has_no_andes(monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    text = refused(NetworkCase("kundur", "7", python=sys.executable))
    assert "this interpreter has no ANDES" in text
    assert "install ANDES 2" in text


def test_another_version(made):
    made.setenv("MADE_VERSION", "1.9.3")
    assert "expected ANDES 2.x, got 1.9.3" in refused(NetworkCase("kundur", "7"))


def test_a_case_that_is_neither_known_nor_a_file(made):
    text = refused(NetworkCase("kundr", "7"))
    assert "case: there is no case 'kundr', and no such file" in text
    assert "ieee39, kundur, npcc, wecc" in text


def test_a_case_that_this_andes_does_not_ship(made):
    assert "case: ANDES finds no case 'wecc/wecc_full.xlsx'" in refused(NetworkCase("wecc", "7"))


def test_a_bus_that_is_not_there(made):
    text = refused(NetworkCase("kundur", "70"))
    assert "bus: the case 'kundur' has no bus '70'" in text
    assert "there are 7 and 2 more" in text


def test_a_case_of_another_frequency(made, tmp_path):
    text = refused(NetworkCase("kundur", "7", mains_hz=50.0))
    assert "mains: the case 'kundur' runs at 60 Hz, the series is for 50 Hz" in text
    made.setenv("MADE_HZ", "50")
    own = tmp_path / "own.raw"
    own.write_text("a case of a user")
    text = refused(NetworkCase(str(own), "7", mains_hz=60.0))
    assert "runs at 50 Hz, the series is for 60 Hz" in text
    assert "simulate the site for the other one" in text


def test_another_base(made):
    text = refused(NetworkCase("kundur", "7", base_va=1e9))
    assert "base: the case 'kundur' has a base of 100 MVA, got 1000 MVA" in text


def test_a_case_that_cannot_carry_the_site(made):
    text = refused(NetworkCase("kundur", "7"))
    assert "the case 'kundur' has no power flow with 100 MW at bus 7" in text
    assert "a larger case" in text


def test_andes_that_fails_says_its_last_words(made):
    made.setenv("MADE_FAULT", "crash")
    text = refused(NetworkCase("kundur", "7"))
    assert "ANDES ended with status 1: RuntimeError: no such model: XYZ" in text


def test_andes_that_does_not_end_is_ended(made):
    made.setenv("MADE_FAULT", "sleep")
    text = refused(NetworkCase("kundur", "7"), limit_s=0.5)
    assert "ANDES was still at work after 0.5 s and was ended" in text


def test_a_power_factor_above_one():
    with pytest.raises(ResponseError, match=r"above 0 and up to 1, got 1\.2"):
        NetworkCase("kundur", "7", power_factor=1.2)


def test_a_series_too_coarse(made):
    coarse = labelled(np.full(1000, 1e8), 0.05)
    with pytest.raises(ResponseError, match=r"a step of 0.05 s is too coarse .* at most 0.02 s"):
        score(coarse, two_area_response())
    with pytest.raises(ResponseError, match="too coarse"):
        TwoAreaPlay(1e8, 0.05)
    with pytest.raises(ResponseError, match="too coarse"):
        play_into_network(NetworkCase("kundur", "7"), coarse.values, 0.05)
    with pytest.raises(ResponseError, match=r"a step of 0\.1 s is too coarse"):
        play_into_network(NetworkCase("kundur", "7"), coarse.values, 0.001, step_s=0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_series_with_a_gap(bad):
    values = sine(1e8, 1e6, 1.0, 30.0, DT_S)
    values[700] = bad
    with pytest.raises(IndicatorError, match="sample 700"):
        score(labelled(values, DT_S), two_area_response())
    with pytest.raises(IndicatorError, match="sample 700"):
        TwoAreaPlay(1e8, DT_S).block(values)
    with pytest.raises(IndicatorError, match="sample 700"):
        play_into_network(NetworkCase("kundur", "7"), values, DT_S)


def test_a_record_too_short():
    short = labelled(sine(1e8, 1e6, 1.0, 10.0, DT_S), DT_S)
    with pytest.raises(ResponseError, match=r"a record of 10 s is too short .* at least 20 s"):
        score(short, two_area_response())


def test_an_area_or_a_frequency_that_the_screen_lacks():
    with pytest.raises(ResponseError, match="there is no area 3"):
        two_area_response("kundur", 3)
    with pytest.raises(
        ResponseError, match="'two-area:kundur' runs at 60 Hz, the series is for 50"
    ):
        two_area_response("kundur", 1, mains_hz=50.0)


def test_a_run_for_other_mains():
    run = xr.DataTree.from_dict({"/poi": xr.Dataset({"power": labelled(np.full(90, 1e8), DT_S)})})
    run.attrs["scenario"] = "supply: {grid: {voltage: false, nominal_frequency: 50 Hz}}"
    calls = (
        lambda: score(run, two_area_response()),
        lambda: play_into_two_areas(run),
        lambda: play_into_case(run, NetworkCase("kundur", "7", mains_hz=60.0)),
    )
    for call in calls:
        with pytest.raises(IndicatorError, match="is one of 50 Hz, asked for 60 Hz"):
            call()
    with pytest.raises(ResponseError, match="'kundur' runs at 60 Hz, the series is for 50 Hz"):
        play_into_case(run, NetworkCase("kundur", "7"))


def test_a_feeder_without_its_package(monkeypatch):
    def gone(name):
        raise ImportError(name)

    monkeypatch.setattr(feeder, "import_module", gone)
    with pytest.raises(ResponseError) as caught:
        play_into_feeder(series_of_run(labelled(np.full(10, 1e8)), BASIS), ShortCircuit(1e10, 10.0))
    assert "OpenDSSDirect.py is not installed" in str(caught.value)
    assert "powermodel[planner]" in str(caught.value)


def test_a_feeder_without_voltage_or_strength():
    series = series_of_run(labelled(np.full(10, 1e8)), Basis(mains_hz=60.0))
    with pytest.raises(ExportError, match="opendss needs 'voltage_v'"):
        play_into_feeder(series, ShortCircuit(1e10, 10.0))
    series = series_of_run(labelled(np.full(10, 1e8)), BASIS)
    with pytest.raises(ResponseError, match="x_over_r: OpenDSS needs an X/R above 0, got 0"):
        play_into_feeder(series, ShortCircuit(1e10, 0.0))


@pytest.mark.parametrize("mva", [200, 500])
def test_a_feeder_that_cannot_carry_the_site(mva):
    series = series_of_run(labelled(np.full(10, 700e6)), BASIS)
    with pytest.raises(ResponseError, match="check the short-circuit power"):
        play_into_feeder(series, ShortCircuit(mva * 1e6, 10.0))


def test_the_environment_of_the_child_is_that_of_the_caller(made):
    """The stand-in is only found by PYTHONPATH: what these tests rest on."""
    assert os.environ["PYTHONPATH"]
    assert "no power flow" in refused(NetworkCase("ieee39", "1"))


@pytest.mark.parametrize(
    ("variables", "basis", "words"),
    [
        ({"MADE_HZ": "50"}, BASIS, "the case runs at 50 Hz, the series is for 60 Hz"),
        (
            {},
            replace(BASIS, base_va=1e9),
            "the case has a base of 100 MVA, the series was made for",
        ),
        ({}, BASIS, "no power flow with this load at this bus"),
    ],
)
def test_the_exported_script_refuses_the_same(made, tmp_path, variables, basis, words):
    for name, value in variables.items():
        made.setenv(name, value)
    export(series_of_run(labelled(np.full(50, 1e8)), basis), tmp_path, ["andes"])
    done = subprocess.run(
        [sys.executable, "campus_andes.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert words in done.stderr
