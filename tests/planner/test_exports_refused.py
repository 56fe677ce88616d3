# SPDX-License-Identifier: Apache-2.0
"""Inputs that an export refuses: each message names field, value, limit and cure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from powermodel.exporters import Basis, Exporter, ExportError, export, series_of_columns
from powermodel.exporters import registry as registry_module
from powermodel.exporters.comtrade import write_comtrade
from powermodel.exporters.comtrade_reader import read_comtrade
from powermodel.exporters.powerfactory import checked_lines, write_powerfactory
from powermodel.exporters.pscad import checked_table
from powermodel.exporters.registry import chosen
from powermodel.exporters.series import PlannerSeries, series_of_run
from powermodel.indicators import IndicatorError
from tests.planner.made_series import labelled

START = datetime(2026, 1, 1, tzinfo=UTC)
BASIS = Basis(mains_hz=60.0, voltage_v=345e3, start=START, power_factor=0.98)
TIME = np.arange(10) * 1e-3
POWER = np.linspace(100.0, 200.0, 10)


def columns(time_s=TIME, power=POWER, *more, declared=("P",), unit="MW", basis=BASIS, **rest):
    return series_of_columns(
        time_s, [power, *more], declared=declared, unit=unit, basis=basis, **rest
    )


def replaced(values, place, value):
    changed = np.array(values, dtype=float)
    changed[place] = value
    return changed


def refused(call, *says):
    with pytest.raises(ExportError) as caught:
        call()
    text = str(caught.value)
    for words in says:
        assert words in text, text
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        # 1: NaN, infinity, text, empty; other than the declared columns.
        ({"power": replaced(POWER, 3, np.nan)}, ["P: ", "got nan at sample 3", "gap"]),
        ({"power": replaced(POWER, 0, -np.inf)}, ["got -inf at sample 0"]),
        ({"power": np.array(["1 MW"] * 10)}, ["P: expected numbers, got values of type <U4"]),
        ({"time_s": TIME[:0], "power": POWER[:0]}, ["at least 2 samples, got 0", "empty"]),
        ({"power": POWER[:4]}, ["expected 10 samples, got 4"]),
        ({"power": np.ones((10, 2))}, ["expected one column, got 2 dimensions"]),
        ({"declared": ("P", "Q")}, ["columns: expected 2 columns (P, Q), got 1"]),
        ({"declared": ("Q",)}, ["expected the columns P, or P and Q"]),
        # 2: time not increasing, twice, uneven.
        ({"time_s": replaced(TIME, 4, 0.0)}, ["a time that goes back: 0 s at sample 4"]),
        ({"time_s": replaced(TIME, 4, TIME[3])}, ["same time twice: 0.003 s at sample 4"]),
        ({"time_s": replaced(TIME, 4, 0.0043)}, ["expected even time stamps", "0.004 s was due"]),
        # 3: unit, slipped units.
        ({"unit": None}, ["missing unit of the power", "W, kW, MW, GW"]),
        ({"unit": "mW"}, ["unknown unit 'mW'"]),
        (
            {"unit": "GW", "basis": Basis(accelerators=100_000, tdp_w=1200.0)},
            ["above 3 x TDP of 100000 accelerators (3.6e+08 W)", "kW taken for MW"],
        ),
        ({"name": "my campus"}, ["name: expected a name of letters", "'my campus'"]),
    ],
)  # fmt: skip
def test_series(changes, says):
    refused(lambda: columns(**changes), *says)


def test_good_columns_are_taken():
    series = columns(TIME, POWER, POWER / 5, declared=("P", "Q"))
    assert series.dt_ticks == 1_000_000
    assert series.power_w[-1] == 200e6
    assert series.reactive_var[-1] == 40e6


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"mains_hz": 55.0}, ["mains_hz: expected 50 or 60 Hz, got 55 Hz"]),
        (
            {"mains_hz": 60.0, "case_hz": 50.0},
            ["case_hz: the case runs at 50 Hz, the series is for 60 Hz", "same frequency"],
        ),
        ({"power_factor": 1.2}, ["power_factor", "up to 1, got 1.2"]),
        ({"base_va": 0.0}, ["base_va: expected a value above 0, got 0"]),
        ({"start": datetime(2026, 1, 1)}, ["start: expected a time with its zone"]),
    ],
)
def test_basis(values, says):
    refused(lambda: Basis(**values), *says)


@pytest.mark.parametrize(
    ("name", "basis", "says"),
    [
        ("comtrade", Basis(start=START), ["mains_hz: comtrade needs 'mains_hz'", "--mains 60"]),
        ("comtrade", Basis(mains_hz=60.0), ["start: comtrade needs 'start'", "--start 2026"]),
        ("opendss", Basis(), ["opendss needs 'voltage_v'", "--voltage 345kV"]),
        ("openg2g", Basis(), ["openg2g needs 'accelerators'", "--accelerators"]),
        ("meter-15min", Basis(), ["meter-15min needs 'start'"]),
        # 7: 16-bit step without and above the declared tolerance.
        ("comtrade-binary", BASIS, ["rounds the power to 1525.93 W, and no tolerance", "FLOAT32"]),
        (
            "comtrade-binary",
            Basis(mains_hz=60.0, start=START, tolerance_w=1e3),
            ["rounds the power to 1525.93 W, the tolerance is 1000 W", "comtrade-binary32"],
        ),
        # 8: P, Q of PLBVFU1 and PowerWorld; dynamics mode.
        ("psse-plb", BASIS, ["PLBVFU1 plays V and f", "cannot play P and Q", "--format psse"]),
        ("powerworld-load", BASIS, ["PowerWorld has no play-in of P and Q", "PlayInGov"]),
        (
            "opendss",
            Basis(voltage_v=345e3, opendss_mode="dynamics"),
            ["opendss_mode: OpenDSS plays a duty shape in duty mode alone, got 'dynamics'"],
        ),
        ("8760", BASIS, ["duration: the record has 2.77778e-06 h, a year has 8760", "--repeat"]),
        ("pypsa", BASIS, ["record of 0.01 s is shorter than the shortest snapshot, 1 s"]),
        ("gridlabd", BASIS, ["record of 0.01 s is shorter than GridLAB-D's step of 1 s"]),
    ],
)  # fmt: skip
def test_formats_refuse(tmp_path, name, basis, says):
    refused(lambda: export(columns(basis=basis), tmp_path, [name]), *says)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["comtrade", "pscad", "opendss", "psse", "openg2g"])
def test_averaged_telemetry_is_not_offered_as_instants(tmp_path, name):
    basis = Basis(mains_hz=60.0, voltage_v=345e3, start=START, accelerators=1000)
    averaged = series_of_run(labelled(POWER, 1.0, cell_methods="time: mean"), basis)
    refused(
        lambda: export(averaged, tmp_path, [name]),
        f"averaged over 1 s, and {name} would show it as instants",
        "energy format",
    )
    export(averaged, tmp_path, ["meter-5min"])


def test_a_step_that_no_stamp_can_hold(tmp_path):
    odd = PlannerSeries("odd", 1_500, np.ones(10), BASIS)
    refused(lambda: write_comtrade(odd, tmp_path), "1.5e-06 s is no whole number of microseconds")


def test_comtrade_1999_has_no_float32(tmp_path):
    series = columns()
    refused(
        lambda: write_comtrade(series, tmp_path, data="FLOAT32", revision="1999"),
        "data: revision 1999 has no data type FLOAT32",
        "BINARY, ASCII, or revision 2013",
    )
    refused(lambda: write_comtrade(series, tmp_path, revision="1991"), "unknown revision '1991'")
    assert len(write_comtrade(series, tmp_path, data="ASCII", revision="1999")) == 2


def test_records_that_would_wrap_are_refused_and_wrapped_ones_noticed(tmp_path):
    long = PlannerSeries("long", 1_000, np.broadcast_to(np.ones(1), 2**32 + 2), BASIS)
    from powermodel.exporters.comtrade import timemult_of

    refused(lambda: timemult_of(long), "samples wrap the 32-bit stamp at any timemult", "split")
    cfg, dat = write_comtrade(columns(), tmp_path)
    records = np.frombuffer(dat.read_bytes(), dtype=[("n", "<u4"), ("t", "<u4"), ("x", "<f4", 2)])
    changed = records.copy()
    changed["t"][7:] -= 6000
    dat.write_bytes(changed.tobytes())
    refused(lambda: read_comtrade(cfg, dat), "the stamp of sample 8 is 1000, not after 6000")


def test_pscad_limits():
    ten = [POWER] * 10
    checked_table(TIME, ten)
    refused(lambda: checked_table(TIME, [*ten, POWER]), "takes 10 channels", "got 11", "several")
    refused(lambda: checked_table(TIME + 1e-3, ten), "starts at 0.0 s, got 0.001 s")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("25\n0 1\n", "1 to 24 outputs, the first line says '25'"),
        ("P\n0 1\n", "the first line says 'P'"),
        ("1\n0 1\n\n2 3\n", "line 3: a blank line"),
        ("1\n0 1,5\n", "line 2: a decimal comma"),
        ("1\n0 1 2\n", "line 2: 3 columns, expected the time and 1"),
        ("1\n0 1" + " " * 1024 + "\n", "line 2: 1027 characters: ElmFile takes at most 1024"),
    ],
)
def test_elmfile_limits(text, says):
    refused(lambda: checked_lines(text), says)


def test_elmfile_outputs(monkeypatch, tmp_path):
    from powermodel.exporters import powerfactory

    monkeypatch.setattr(powerfactory, "LARGEST_OUTPUTS", 1)
    refused(lambda: write_powerfactory(columns(), tmp_path), "ElmFile has 1 outputs, got 2 columns")


@pytest.mark.parametrize(
    ("count", "correlation", "says"),
    [
        (4, None, "correlation: x4 without a correlation between the sites"),
        (4, 1.5, "expected a correlation from 0 to 1, got 1.5"),
        (0, 1.0, "count: expected at least 1 site, got 0"),
    ],
)
def test_scaling_needs_a_correlation(count, correlation, says):
    refused(lambda: columns().scaled(count, correlation), says)


def test_scaled_sites_add_up():
    series = columns()
    in_step = series.scaled(9, 1.0)
    np.testing.assert_allclose(in_step.power_w, 9 * series.power_w)
    alone = series.scaled(9, 0.0)
    assert alone.power_w.std() == pytest.approx(3 * series.power_w.std())
    assert alone.power_w.mean() == pytest.approx(9 * series.power_w.mean())
    assert alone.attributes["scaled_with_correlation"] == 0.0


def test_unknown_formats_name_the_nearest():
    refused(lambda: chosen(["comtrad"]), "unknown format 'comtrad'", "did you mean 'comtrade'?")
    refused(lambda: chosen([" , "]), "no format asked for", "pscad")
    assert [item.name for item in chosen(["pscad,opendss", "pscad"])] == ["pscad", "opendss"]


def test_a_run_for_other_mains():
    run = xr.DataTree.from_dict({"/poi": xr.Dataset({"power": labelled(POWER)})})
    run.attrs["scenario"] = (
        "supply: {grid: {short_circuit: 1 GVA, x_over_r: 9, nominal_frequency: 50 Hz}}"
    )
    says = r"mains: the supply of this run is one of 50 Hz, asked for 60 Hz\n.*take 50 Hz, or"
    with pytest.raises(IndicatorError, match=says):
        series_of_run(run, BASIS)
    assert series_of_run(run, Basis(mains_hz=50.0)).basis.mains_hz == 50.0
    assert series_of_run(run, Basis()).samples == 10


class Point:
    name = value = "other"

    def __init__(self, loaded):
        self._loaded = loaded

    def load(self):
        return self._loaded


@pytest.mark.parametrize(
    ("loaded", "says"),
    [
        ("pscad", "plug-in other: expected an Exporter, got str"),
        (Exporter("pscad", "again", lambda s, f: [], lambda s, p: []), "'pscad' is there already"),
    ],
)
def test_plug_ins_are_checked(monkeypatch, loaded, says):
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [Point(loaded)])
    refused(registry_module.exporters.__wrapped__, says)


def test_plug_ins_join_the_registry(monkeypatch):
    mine = Exporter("mine", "my own", lambda s, f: [], lambda s, p: [])
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [Point((mine,))])
    assert list(registry_module.exporters.__wrapped__())[-1] == "mine"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    refused(lambda: export(columns(), tmp_path / "file" / "x", ["pscad"]), "cannot write there")


def test_a_file_that_does_not_hold_the_series_is_no_export(tmp_path, monkeypatch):
    def lossy(series, folder: Path):
        path = folder / "x.txt"
        np.savetxt(path, series.power_w / 1e6, fmt="%.1f")
        return [path]

    def check(series, paths):
        from powermodel.exporters.exporter import compared

        return [compared(paths[0], "P", np.loadtxt(paths[0]), series.power_w / 1e6, 1e-6, "MW")]

    item = Exporter("lossy", "rounds", lossy, check)
    from powermodel.exporters import export as package

    module = __import__("sys").modules["powermodel.exporters.export"]
    monkeypatch.setattr(module, "chosen", lambda names: [item])
    refused(lambda: package(columns(), tmp_path, ["lossy"]), "lossy does not hold the series: FAIL")
    assert list(tmp_path.iterdir()) == []
