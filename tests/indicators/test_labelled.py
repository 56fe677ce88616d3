# SPDX-License-Identifier: Apache-2.0
"""Labelled results equal the free functions, and refuse what is not a power over even time."""

import numpy as np
import pytest
import xarray as xr

from powermodel.errors import UnitError
from powermodel.indicators import (
    IndicatorError,
    NotAssessedError,
    accessor,
    band,
    lines,
    ramp,
    series,
    summarize,
    welch,
)

DT_S = 2e-3
HALLS = ["north", "south", "east"]


def halls(runs=2, samples=2000, dtype="float64"):
    """Power of runs x halls with different tones, starting at 10 s."""
    t_s = np.arange(samples) * DT_S
    hertz = 1.0 + np.arange(runs * len(HALLS)).reshape(runs, 1, len(HALLS))
    values = 50e6 + 1e6 * hertz * np.sin(2 * np.pi * hertz * t_s[None, :, None])
    return xr.DataArray(
        values.astype(dtype),
        dims=("run", "time", "hall"),
        coords={"run": np.arange(runs), "time": 10.0 + t_s, "hall": HALLS},
        attrs={"units": "W"},
        name="power",
    )


def run_tree():
    power = halls()
    poi = power.sum("hall", keep_attrs=True).isel(run=[0])
    return xr.DataTree.from_dict(
        {"/poi": poi.to_dataset(name="power"), "/hall": power.to_dataset(name="power")}
    )


def test_accessor_is_registered_everywhere():
    tree = run_tree()
    for labelled in (tree, tree["hall"].to_dataset(), tree["hall/power"]):
        assert isinstance(labelled.grid, accessor.GridAccessor)


@pytest.mark.parametrize("definition", ["endpoint", "peak-to-peak", "block-mean"])
def test_ramp_of_every_hall(definition):
    power = halls()
    found = power.grid.ramp(window="20 ms", definition=definition)
    assert found["up"].dims == ("run", "hall")
    assert found["up"].attrs["units"] == "W"
    assert found.attrs["definition"] == definition
    assert found.attrs["window_s"] == 0.02
    for run in (0, 1):
        for hall in HALLS:
            one = ramp(power.sel(run=run, hall=hall).values, DT_S, 0.02, definition)
            assert found["up"].sel(run=run, hall=hall) == one.up_w
            assert found["down"].sel(run=run, hall=hall) == one.down_w
            assert found["up_time"].sel(run=run, hall=hall) == 10.0 + one.up_at_s
    assert list(found["hall"].values) == HALLS


def test_band_and_spectrum_of_every_hall():
    power = halls()
    found = power.grid.band("0.9 Hz", "2.5 Hz", segment="2 s")
    spectra = power.grid.spectrum(segment="2 s", window="boxcar")
    assert spectra["density"].dims == ("run", "hall", "frequency")
    assert spectra["frequency"].attrs["units"] == "Hz"
    for run in (0, 1):
        for hall in HALLS:
            values = power.sel(run=run, hall=hall).values
            one = band(values, DT_S, 0.9, 2.5, segment_s=2.0)
            here = found.sel(run=run, hall=hall)
            assert here["energy_share"] == one.energy_share
            assert here["magnitude_sum"] == one.magnitude_sum_w
            assert here["rms"] == one.rms_w
            density = welch(values, DT_S, segment_s=2.0, window="boxcar").density_w2_hz
            np.testing.assert_array_equal(spectra["density"].sel(run=run, hall=hall), density)
    assert found.attrs["window"] == "boxcar"


def test_a_tree_speaks_of_its_poi():
    tree = run_tree()
    values = tree["poi/power"].values[0]
    assert float(tree.grid.ramp(window="1 s")["up"].item()) == ramp(values, DT_S, 1.0).up_w
    assert tree.grid.lines(2) == lines(values, DT_S, 2)
    found = tree.grid.summary()
    assert found.series["point"] == "poi"
    assert found.series["begin_s"] == 10.0
    whole = summarize(values, DT_S)
    assert [item.value for item in found] == [item.value for item in whole]
    assert found["peak"].at_s == pytest.approx(10.0 + whole["peak"].at_s)


def test_reading_in_small_blocks_changes_nothing(monkeypatch):
    power = halls()
    whole = power.grid.ramp("20 ms"), power.isel(run=0, hall=0).grid.summary()
    monkeypatch.setattr(series, "_READ", 333)
    monkeypatch.setattr(series, "_TOGETHER", 2)
    xr.testing.assert_identical(power.grid.ramp("20 ms"), whole[0])
    assert power.isel(run=0, hall=0).grid.summary() == whole[1]


def test_single_precision_is_widened():
    power = halls(dtype="float32").isel(run=0, hall=0)
    assert power.grid.ramp("20 ms")["up"].dtype == np.float64


def test_hall_that_stands_still_has_no_share():
    power = halls()
    power[:, :, 1] = 7e6
    found = power.grid.band("0.9 Hz", "2.5 Hz")
    assert np.isnan(found["energy_share"].sel(hall="south")).all()
    assert (found["magnitude_sum"].sel(hall="south") == 0.0).all()
    assert found["energy_share"].sel(hall="north").notnull().all()


def test_summary_windows_are_quantities():
    found = halls().isel(run=0, hall=0).grid.summary(windows=["0.5 s"], line_count=1)
    assert found["swing[500 ms]"].value > 0


def replaced(**changes):
    power = halls().isel(run=0, hall=0)
    return power.assign_coords(time=("time", changes["time"]))


def even():
    return halls()["time"].values.copy()


def test_units_are_required():
    power = halls().isel(run=0)
    power.attrs = {}
    with pytest.raises(IndicatorError, match=r"expected power with units 'W', got no units"):
        power.grid.ramp()
    with pytest.raises(IndicatorError, match=r"got units 'MW'"):
        power.assign_attrs(units="MW").grid.ramp()


def test_uneven_time_tells_where():
    time = even()
    time[700:] += 0.5
    with pytest.raises(IndicatorError, match=r"expected even time stamps .*\(sample \d+\)"):
        replaced(time=time).grid.ramp()


def test_time_that_stands_still():
    with pytest.raises(IndicatorError, match="expected even time stamps"):
        replaced(time=np.zeros(2000)).grid.ramp()


def test_time_that_is_a_date():
    time = np.datetime64("2026-01-01", "ns") + np.arange(2000) * np.timedelta64(2, "ms")
    with pytest.raises(IndicatorError, match="expected time in s since the start"):
        replaced(time=time).grid.ramp()


def test_no_time():
    with pytest.raises(IndicatorError, match="got dimensions: run, hall"):
        halls().isel(time=0).grid.ramp()
    with pytest.raises(IndicatorError, match="at least 2 samples"):
        halls().isel(time=[0]).grid.ramp()


def test_no_power():
    with pytest.raises(IndicatorError, match=r"expected a variable 'power'.* got no variables"):
        xr.DataTree().grid.ramp()
    with pytest.raises(IndicatorError, match="got voltage"):
        xr.Dataset({"voltage": 1.0}).grid.summary()


def test_summary_of_many_series_asks_for_one():
    with pytest.raises(IndicatorError, match=r"got run 2, hall 3\n.*isel\(run=0, hall=0\)"):
        halls().grid.summary()


def test_window_without_unit():
    with pytest.raises(UnitError, match="missing unit"):
        halls().grid.ramp(window="1")


def test_not_assessed_is_an_error_here():
    with pytest.raises(NotAssessedError, match="does not hold one window of 60 s"):
        halls().grid.ramp(window="1 min")


def test_nan_is_refused():
    power = halls().isel(run=0, hall=0)
    power[1234] = np.nan
    with pytest.raises(IndicatorError, match="nan at sample 1234"):
        power.grid.ramp()
