# SPDX-License-Identifier: Apache-2.0
"""Indicators on arrays of another library: NumPy and a strict array API give what streaming does.

For CuPy see `test_on_cupy_arrays.py`.
"""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest

from powermodel.indicators import IndicatorError, NotAssessedError
from powermodel.indicators.frequency_bands import band_of
from powermodel.indicators.on_arrays import ramp_of, spectrum_of
from powermodel.indicators.power_ramps import ramp
from powermodel.indicators.spectral_lines import lines_of
from powermodel.indicators.spectrum import welch

DT_S = 1e-3
POWER_W = 2e8 + 1e6 * np.random.default_rng(4).normal(size=9_001).cumsum()
LIBRARIES = pytest.mark.parametrize("xp", [np, array_api_strict], ids=["numpy", "strict"])


@LIBRARIES
@pytest.mark.parametrize("steps", [2, 3, 64, 1000, 4499])
@pytest.mark.parametrize("definition", ["endpoint", "peak-to-peak", "block-mean"])
def test_ramps_are_those_of_the_stream(xp, steps, definition):
    found = ramp_of(xp.asarray(POWER_W), DT_S, steps * DT_S, definition)
    expected = ramp(POWER_W, DT_S, steps * DT_S, definition)
    if definition == "block-mean":
        assert found.up_w == pytest.approx(expected.up_w, rel=1e-12)
        assert found.down_at_s == expected.down_at_s
    else:
        assert found == expected


@LIBRARIES
@pytest.mark.parametrize("detrend", ["constant", "linear", "none"])
@pytest.mark.parametrize(
    ("segment_s", "window"), [(None, "boxcar"), (2.0, "hann"), (1.001, "hann")]
)
def test_spectra_are_those_of_scipy(xp, detrend, segment_s, window):
    choices = {"segment_s": segment_s, "window": window, "detrend": detrend}
    found = spectrum_of(xp.asarray(POWER_W), DT_S, **choices)
    expected = welch(POWER_W, DT_S, **choices)
    top = expected.density_w2_hz.max()
    np.testing.assert_allclose(found.density_w2_hz, expected.density_w2_hz, rtol=1e-9,
                               atol=1e-13 * top)  # fmt: skip
    np.testing.assert_array_equal(found.frequency_hz, expected.frequency_hz)
    assert (found.enbw_hz, found.largest_w) == (expected.enbw_hz, expected.largest_w)


@LIBRARIES
def test_bands_and_lines_of_a_sine_are_its_closed_form(xp):
    time_s = DT_S * np.arange(20_000)
    sine = 5e8 + 4e6 * np.sin(2 * np.pi * 2.0 * time_s)
    found = spectrum_of(xp.asarray(sine), DT_S, window="boxcar")
    assert band_of(found, 1.0, 2.5).rms_w == pytest.approx(4e6 / np.sqrt(2), rel=1e-9)
    (line, *_) = lines_of(spectrum_of(xp.asarray(sine), DT_S), 1)
    assert line.frequency_hz == pytest.approx(2.0)
    assert line.amplitude_w == pytest.approx(4e6, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ramp_of([1.0, 2.0, 3.0], DT_S, 0.002), "with the Python array API, got list"),
        (lambda: ramp_of(np.ones((2, 2)), DT_S, 0.002), r"got an array of shape \(2, 2\)"),
        (lambda: ramp_of(np.array([1.0, np.nan, 2.0]), DT_S, 0.002), "got nan at sample 1"),
        (lambda: ramp_of(np.ones(9), DT_S, 0.002, "mean"), "unknown definition of a ramp 'mean'"),
    ],
)
def test_what_makes_no_sense_is_refused(call, says):
    with pytest.raises(IndicatorError, match=says):
        call()


@pytest.mark.parametrize("definition", ["endpoint", "block-mean"])
def test_a_short_record_is_not_assessed(definition):
    with pytest.raises(NotAssessedError, match="does not hold"):
        ramp_of(np.ones(3), DT_S, 0.003, definition)
