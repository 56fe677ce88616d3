# SPDX-License-Identifier: Apache-2.0
"""Every format read back, by an independent reader where there is one."""

from __future__ import annotations

import csv
import runpy
from dataclasses import replace
from datetime import datetime

import comtrade
import numpy as np
import opendssdirect as dss
import pandapower as pp
import pypsa
import pytest
from comtrade_io.parser.comtrade_file import ComtradeFile
from pandapower.timeseries import OutputWriter, run_timeseries

from powermodel.exporters import export, exporters, series_of_run
from powermodel.exporters.comtrade import timemult_of, write_comtrade
from powermodel.exporters.comtrade_reader import read_comtrade
from powermodel.exporters.series import PlannerSeries
from tests.planner.made_series import BASIS, labelled

REFUSING = ("psse-plb", "powerworld-load")
ALL = [name for name in exporters() if name not in REFUSING]


def load_shape(samples=4000, seed=3):
    """700 MW with the steps, the ripple and the noise of training."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(samples) * 1e-3
    wave = np.where((time_s % 2.0) < 1.6, 700e6, 320e6)
    return wave + 5e6 * np.sin(2 * np.pi * 7 * time_s) + rng.normal(0, 1e6, samples)


@pytest.fixture(scope="module")
def series():
    return series_of_run(labelled(load_shape()), BASIS)


def only(name, series, folder):
    (done,) = export(series, folder, [name])
    return done.files


@pytest.mark.parametrize("name", ALL)
def test_every_format_is_read_back(series, tmp_path, name):
    (done,) = export(series, tmp_path, [name])
    assert done.checks
    assert all(check.passed for check in done.checks), done.checks
    assert all(path.exists() for path in done.files)
    text = (tmp_path / "checks.txt").read_text()
    assert name in text
    assert ("UNVERIFIED" in text) == bool(done.exporter.unverified)


@pytest.mark.parametrize(
    ("name", "resolution_mw"),
    [
        ("comtrade", 3.1e-5),
        ("comtrade-binary32", 1e-6),
        ("comtrade-binary", 0.0031),
        ("comtrade-ascii", 0.0),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_comtrade_in_an_independent_reader(series, tmp_path, name, resolution_mw):
    cfg, dat = only(name, series, tmp_path)
    found = comtrade.Comtrade(use_double_precision=True)
    found.load(str(cfg), str(dat))
    assert found.station_name == "campus"
    assert found.rev_year == "2013"
    assert found.frequency == 60.0
    assert found.analog_channel_ids == ["P", "Q"]
    assert found.total_samples == series.samples
    np.testing.assert_allclose(found.time, series.time_s, atol=1e-9)
    np.testing.assert_allclose(found.analog[0], series.power_w / 1e6, rtol=0, atol=resolution_mw)
    np.testing.assert_allclose(
        found.analog[1], series.reactive_var / 1e6, rtol=0, atol=resolution_mw
    )
    assert found.start_timestamp == datetime(2026, 1, 1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["comtrade-ascii", "comtrade-binary32"])
def test_comtrade_in_a_second_independent_reader(series, tmp_path, name):
    cfg, _ = only(name, series, tmp_path)
    found = ComtradeFile.from_file(str(cfg))
    table = found.get_data()
    assert len(table) == series.samples
    values = table.to_numpy(dtype=float)
    np.testing.assert_allclose(values[:, 1] / 1e6, series.time_s, atol=1e-12)
    np.testing.assert_allclose(values[:, 2], series.power_w / 1e6, rtol=0, atol=1e-6)
    np.testing.assert_allclose(values[:, 3], series.reactive_var / 1e6, rtol=0, atol=1e-6)


def test_long_records_raise_timemult_and_do_not_wrap(tmp_path):
    samples = 5_000_000
    long = PlannerSeries("long", 1_000_000, np.full(samples, 1e8), BASIS)
    assert timemult_of(long) == (500, 2)
    short = PlannerSeries("short", 1_000_000, np.full(1000, 1e8), BASIS)
    assert timemult_of(short) == (1000, 1)
    files = write_comtrade(long, tmp_path)
    found = read_comtrade(*files)
    assert found.time_s[-1] == pytest.approx(4999.999)


def test_pscad_grammar(series, tmp_path):
    (path,) = only("pscad", series, tmp_path)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("! time_s P_MW Q_Mvar")
    assert float(lines[1].split()[0]) == 0.0
    assert len(lines) == series.samples + 1
    found = np.loadtxt(path, comments="!")
    np.testing.assert_array_equal(found[:, 1], series.power_w / 1e6)


def test_elmfile_grammar(series, tmp_path):
    (path,) = only("powerfactory", series, tmp_path)
    lines = path.read_text().splitlines()
    assert lines[0] == "2"
    found = np.loadtxt(path, skiprows=1)
    assert found.shape == (series.samples, 3)
    np.testing.assert_array_equal(found[:, 2], series.reactive_var / 1e6)


def test_opendss_plays_the_series_in_duty_mode(series, tmp_path):
    only("opendss", series, tmp_path)
    dss.Basic.AllowForms(False)
    dss.Text.Command("Clear")
    dss.Text.Command(
        "New Circuit.grid bus1=source basekv=345 pu=1.0 phases=3 MVAsc3=20000 MVAsc1=18000"
    )
    dss.Text.Command("New Line.tie bus1=source bus2=poi phases=3 r1=0.01 x1=0.1 r0=0.03 x0=0.3"
                     " c1=0 c0=0 length=1")  # fmt: skip
    snippet = (tmp_path / "campus.dss").read_text()
    for line in snippet.splitlines():
        if not line.startswith("!"):
            dss.Text.Command(line.replace("dblfile=", f"dblfile={tmp_path}/"))
    # A monitor at the load's terminal: power in kW and kvar of each phase.
    dss.Text.Command("New Monitor.poi element=Load.campus terminal=1 mode=1 ppolar=no")
    dss.Solution.Solve()
    assert dss.Solution.Converged()
    dss.Monitors.Name("poi")
    power_mw = sum(np.asarray(dss.Monitors.Channel(phase)) for phase in (1, 3, 5)) / 1e3
    assert power_mw.size == series.samples
    error = np.abs(power_mw - series.power_w / 1e6)
    assert error.max() < 0.05


@pytest.mark.filterwarnings("ignore")
def test_pandapower_plays_the_series(series, tmp_path, monkeypatch):
    short = replace(series, power_w=series.power_w[:20], reactive_var=series.reactive_var[:20])
    files = only("pandapower", short, tmp_path)
    monkeypatch.chdir(tmp_path)
    net = pp.create_empty_network(f_hz=60)
    source, poi = (pp.create_bus(net, vn_kv=345) for _ in range(2))
    pp.create_ext_grid(net, source)
    pp.create_line_from_parameters(net, source, poi, 1, 0.01, 0.1, 0, 10)
    steps = runpy.run_path(str(files[1]))["add_to"](net, poi)
    writer = OutputWriter(net, time_steps=steps)
    writer.log_variable("res_load", "p_mw")
    run_timeseries(net, time_steps=steps, verbose=False)
    found = np.asarray(writer.output["res_load.p_mw"]).ravel()
    np.testing.assert_allclose(found, series.power_w[:20] / 1e6, rtol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_pypsa_reads_the_energy(series, tmp_path):
    only("pypsa", series, tmp_path)
    net = pypsa.Network(str(tmp_path / "campus_pypsa"))
    assert len(net.snapshots) == 4
    means = net.loads_t.p_set["campus"].to_numpy()
    np.testing.assert_allclose(means, series.power_w.reshape(4, 1000).mean(axis=1) / 1e6)
    energy = (means * net.snapshot_weightings["objective"]).sum()
    assert energy == pytest.approx(series.energy_j / 3.6e9, rel=1e-9)


def test_parquet_in_pyarrow_and_its_attributes(series, tmp_path):
    import json

    import pyarrow.parquet as pq

    (path,) = only("parquet", series, tmp_path)
    table = pq.read_table(path)
    assert table.column_names == ["time", "power", "reactive_power"]
    np.testing.assert_array_equal(table["power"].to_numpy(), series.power_w)
    notes = json.loads(table.schema.metadata[b"powermodel"])
    assert notes["units"]["power"] == "W"
    assert notes["mains_hz"] == 60.0
    assert "Load is positive" in notes["sign"]


def test_netcdf_in_xarray(series, tmp_path):
    import xarray as xr

    (path,) = only("netcdf", series, tmp_path)
    with xr.open_dataset(path, engine="scipy", decode_times=False) as found:
        np.testing.assert_array_equal(found["power"].values, series.power_w)
        assert found["power"].attrs["units"] == "W"
        assert found["power"].attrs["cell_methods"] == "time: point"
        assert found.attrs["Conventions"].startswith("CF-")
        assert found.attrs["start"] == "2026-01-01T00:00:00+00:00"


def test_openg2g_trace_is_of_one_accelerator(series, tmp_path):
    (path,) = only("openg2g", series, tmp_path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["t_s", "power_W"]
    assert float(rows[7]["power_W"]) == series.power_w[7] / 500_000


def test_year_of_a_repeated_record(series, tmp_path):
    (path,) = only("8760", series, tmp_path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8760
    # The record of 4 s fits 900 times into an hour.
    mean_mw = series.power_w.mean() / 1e6
    np.testing.assert_allclose([float(row["mean_MW"]) for row in rows], mean_mw, rtol=1e-12)
    assert rows[-1]["start_utc"] == "2026-12-31T23:00:00Z"


def test_meter_means_are_those_of_the_samples(tmp_path):
    rng = np.random.default_rng(9)
    power = rng.uniform(1e8, 9e8, 1000)
    series = PlannerSeries("m", 1_000_000_000, power, BASIS)
    (path,) = only("meter-5min", series, tmp_path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["length_s"]) for row in rows] == [300, 300, 300, 100]
    expected = [power[at : at + 300].mean() / 1e6 for at in range(0, 1000, 300)]
    np.testing.assert_allclose([float(row["mean_MW"]) for row in rows], expected, rtol=1e-12)


def test_psse_play_back_of_voltage_and_frequency(series, tmp_path):
    voltage = 1 - 0.01 * np.sin(series.time_s)
    known = replace(series, voltage_pu=voltage, frequency_hz=np.full(series.samples, 60.0))
    plb, dyr = only("psse-plb", known, tmp_path)
    np.testing.assert_array_equal(np.loadtxt(plb, delimiter=",")[:, 1], voltage)
    assert "'PLBVFU1', 1, 1, 3, 4, 3, 6, 1, 1, 'campus.plb'" in dyr.read_text()


def test_perc1_says_where_each_value_comes_from(series, tmp_path):
    (path,) = only("perc1", series, tmp_path)
    with path.open() as file:
        rows = {row["parameter"]: row for row in csv.DictReader(file)}
    assert rows["Pload"]["provenance"] == "simulated"
    assert float(rows["Pload"]["value"]) == pytest.approx(series.power_w.mean() / 1e6)
    assert rows["QPratio"]["provenance"] == "given"
    assert rows["Vcease"] == {
        "parameter": "Vcease",
        "value": "0.5",
        "unit": "1",
        "provenance": "default",
        "source": rows["Vcease"]["source"],
        "date": "2026",
        "confidence": "M",
    }


def test_gridlabd_player_is_a_third_of_the_power_each_second(series, tmp_path):
    player, model = only("gridlabd", series, tmp_path)
    first = player.read_text().splitlines()[0]
    assert first.startswith("2026-01-01 00:00:00 UTC,")
    value = complex(first.split(",")[1])
    assert 3 * value.real == pytest.approx(series.power_w[:1000].mean())
    assert value.imag / value.real == pytest.approx(np.tan(np.arccos(0.98)), rel=1e-6)
    assert model.read_text().count("object player") == 3


def test_a_failed_format_leaves_the_folder_as_it_was(series, tmp_path):
    from powermodel.exporters import ExportError

    with pytest.raises(ExportError):
        export(series, tmp_path, ["pscad", "psse-plb"])
    assert list(tmp_path.iterdir()) == []
