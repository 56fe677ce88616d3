# SPDX-License-Identifier: Apache-2.0
"""Indicators of an array in the memory of a GPU are those of the host (``make test-gpu``)."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.indicators.filtered import BandPass
from powermodel.indicators.flicker import flicker
from powermodel.indicators.flicker_plan import Flickermeter
from powermodel.indicators.frequency_bands import band, band_of
from powermodel.indicators.on_arrays import ramp_of, spectrum_of
from powermodel.indicators.on_arrays_filtered import band_passed, flicker_of
from powermodel.indicators.power_ramps import ramp

pytestmark = pytest.mark.gpu

DT_S = 1e-3
POWER_W = 2e8 + 1e6 * np.random.default_rng(6).normal(size=120_001).cumsum()


def there(values):
    """Return an array of the GPU."""
    import cupy

    return cupy.asarray(values)


@pytest.mark.parametrize("definition", ["endpoint", "peak-to-peak", "block-mean"])
def test_ramps(definition):
    found = ramp_of(there(POWER_W), DT_S, 0.25, definition)
    expected = ramp(POWER_W, DT_S, 0.25, definition)
    assert found.up_w == pytest.approx(expected.up_w, rel=1e-12)
    assert found.down_w == pytest.approx(expected.down_w, rel=1e-12)
    assert (found.up_at_s, found.down_at_s) == (expected.up_at_s, expected.down_at_s)


@pytest.mark.parametrize("detrend", ["constant", "linear", "none"])
def test_bands(detrend):
    spectrum = spectrum_of(there(POWER_W), DT_S, segment_s=4.0, window="boxcar", detrend=detrend)
    found = band_of(spectrum, 1.0, 2.5)
    expected = band(POWER_W, DT_S, 1.0, 2.5, segment_s=4.0, detrend=detrend)
    for name in ("energy_share", "magnitude_sum_w", "magnitude_share", "rms_w"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


def test_band_limited_swings():
    band_pass = BandPass(0.5, 2.5, 2, 4.0)
    found = ramp_of(band_passed(there(POWER_W), DT_S, band_pass), DT_S, 1.0, "peak-to-peak")
    expected = ramp_of(band_passed(POWER_W, DT_S, band_pass), DT_S, 1.0, "peak-to-peak")
    assert found.up_w == pytest.approx(expected.up_w, rel=1e-9)
    assert found.up_at_s == expected.up_at_s


@pytest.mark.parametrize(("dt_s", "source"), [(1e-3, "envelope"), (2e-4, "waveform")])
def test_flicker(dt_s, source):
    time_s = dt_s * np.arange(round(25 / dt_s))
    voltage = 230 * (1 + 0.01 * np.sign(np.sin(2 * np.pi * 3 * time_s)) * (time_s > 4))
    if source == "waveform":
        voltage = voltage * np.sin(2 * np.pi * 50 * time_s + 0.3)
    meter = Flickermeter(50.0, source=source, interval_s=10)
    found, expected = flicker_of(there(voltage), dt_s, meter), flicker(voltage, dt_s, meter)
    assert len(found.pst) == 2
    assert found.pst == pytest.approx(expected.pst, rel=1e-6)
    assert found.pinst_max == pytest.approx(expected.pinst_max, rel=1e-6)
    assert found.pinst_max_at_s == expected.pinst_max_at_s
