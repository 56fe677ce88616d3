# SPDX-License-Identifier: Apache-2.0
"""Indicators on CuPy arrays, with a stand-in for CuPy on the host; no GPU takes part.

The stand-in has only what is used here and CuPy 14 has as well. Like CuPy's, its arrays do not tell
their library, refuse to be mixed with NumPy's or to become one unasked, and are made without a
choice of device. Its filters take arrays of its own and no ``zi``, which CuPy lays out differently.
"""

from __future__ import annotations

import sys
from types import ModuleType

import array_api_strict
import numpy as np
import pytest
from scipy import signal

from powermodel.indicators import IndicatorError, NotAssessedError
from powermodel.indicators.array_library import signal_of
from powermodel.indicators.filtered import BandPass, filtered
from powermodel.indicators.flicker import flicker
from powermodel.indicators.flicker_plan import Flickermeter
from powermodel.indicators.frequency_bands import band, band_of
from powermodel.indicators.on_arrays import ramp_of, spectrum_of
from powermodel.indicators.on_arrays_filtered import band_passed, flicker_of
from powermodel.indicators.power_ramps import ramp, ramp_statistic

DT_S = 1e-3
POWER_W = 2e8 + 1e6 * np.random.default_rng(5).normal(size=20_001).cumsum()
BAND = BandPass(0.5, 2.5, 2, 4.0)


class OnDevice:
    """An array that only its own library may look into."""

    __array_ufunc__ = None

    def __init__(self, held):
        self._held = np.asarray(held)

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __getitem__(self, key):
        return OnDevice(self._held[key])

    def get(self):
        return self._held.copy()

    ndim = property(lambda self: self._held.ndim)
    shape = property(lambda self: self._held.shape)


OnDevice.__module__, OnDevice.__name__ = "cupy", "ndarray"


def bare(value):
    """Return what an array of the stand-in holds, or a number; nothing else is let in."""
    if isinstance(value, OnDevice):
        return value._held
    if isinstance(value, tuple | list):
        return type(value)(bare(one) for one in value)
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


def on_device(function):
    def run(*arguments, **choices):
        assert "device" not in choices
        return OnDevice(function(*map(bare, arguments), **choices))

    return run


for name in ("add", "sub", "mul", "truediv", "pow", "radd", "rsub", "rmul"):
    setattr(OnDevice, f"__{name}__", on_device(getattr(np.ndarray, f"__{name}__")))
for name in ("neg", "invert"):
    setattr(OnDevice, f"__{name}__", on_device(getattr(np.ndarray, f"__{name}__")))
for kind in (int, float, bool):
    setattr(OnDevice, f"__{kind.__name__}__", lambda self, kind=kind: kind(self._held))


def filter_on_device(function):
    def run(*arguments):
        assert all(isinstance(argument, OnDevice) for argument in arguments)
        return on_device(function)(*arguments)

    return run


@pytest.fixture
def cupy(monkeypatch):
    """Put the stand-in where CuPy would be."""
    parts = {
        name: ModuleType(name) for name in ("cupy", "cupyx", "cupyx.scipy", "cupyx.scipy.signal")
    }
    library, filters = parts["cupy"], parts["cupyx.scipy.signal"]
    for name in (
        "abs", "all", "argmax", "argmin", "asarray", "astype", "concat", "imag", "isfinite", "max",
        "maximum", "mean", "min", "minimum", "real", "reshape", "sum",
    ):  # fmt: skip
        setattr(library, name, on_device(getattr(np, name)))
    library.float64, library.int8 = np.float64, np.int8
    library.fft = ModuleType("cupy.fft")
    library.fft.rfft = on_device(np.fft.rfft)
    filters.sosfilt = filter_on_device(signal.sosfilt)
    filters.lfilter = filter_on_device(signal.lfilter)
    for name, module in parts.items():
        monkeypatch.setitem(sys.modules, name, module)
    return library


@pytest.fixture(params=["numpy", "cupy"])
def xp(request):
    """Either library; what NumPy's arrays give is held to the stream, too."""
    return np if request.param == "numpy" else request.getfixturevalue("cupy")


@pytest.mark.parametrize("definition", ["endpoint", "peak-to-peak", "block-mean"])
def test_ramps_are_those_of_the_stream(cupy, definition):
    found = ramp_of(cupy.asarray(POWER_W.tolist()), DT_S, 0.25, definition)
    expected = ramp(POWER_W, DT_S, 0.25, definition)
    assert found.up_w == pytest.approx(expected.up_w, rel=1e-12)
    assert (found.up_at_s, found.down_at_s) == (expected.up_at_s, expected.down_at_s)


@pytest.mark.parametrize("detrend", ["constant", "linear", "none"])
def test_bands_are_those_of_the_host(cupy, detrend):
    spectrum = spectrum_of(
        cupy.asarray(POWER_W.tolist()), DT_S, segment_s=4.0, window="boxcar", detrend=detrend
    )
    found = band_of(spectrum, 1.0, 2.5)
    expected = band(POWER_W, DT_S, 1.0, 2.5, segment_s=4.0, detrend=detrend)
    for name in ("energy_share", "magnitude_sum_w", "magnitude_share", "rms_w"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


def test_band_limited_swings_are_those_of_the_stream(xp):
    behind = band_passed(xp.asarray(POWER_W.tolist()), DT_S, BAND)
    found = ramp_of(behind, DT_S, 1.0, "peak-to-peak")
    stream = filtered(ramp_statistic(DT_S, 1.0, "peak-to-peak"), BAND, DT_S)
    expected = stream.finish(stream.of(POWER_W))
    assert type(behind) is type(xp.asarray([0.0]))
    assert found.up_w == pytest.approx(expected.up_w, rel=1e-9)
    assert found.up_at_s == expected.up_at_s


def test_the_swing_of_a_sine_inside_the_band_is_twice_its_amplitude(xp):
    time_s = DT_S * np.arange(30_000)
    middle_hz = np.sqrt(0.5 * 2.5)
    sine = 5e8 + 4e6 * np.sin(2 * np.pi * middle_hz * time_s)
    behind = band_passed(xp.asarray(sine.tolist()), DT_S, BandPass(0.5, 2.5, 2, 15.0))
    swing_w = ramp_of(behind, DT_S, 2.0, "peak-to-peak").up_w
    assert swing_w == pytest.approx(8e6, rel=2e-4)


@pytest.mark.parametrize(("dt_s", "source"), [(1e-3, "envelope"), (2e-4, "waveform")])
def test_flicker_is_that_of_the_stream(xp, dt_s, source):
    time_s = dt_s * np.arange(round(25 / dt_s))
    voltage = 230 * (1 + 0.01 * np.sign(np.sin(2 * np.pi * 3 * time_s)) * (time_s > 4))
    if source == "waveform":
        voltage = voltage * np.sin(2 * np.pi * 50 * time_s + 0.3)
    meter = Flickermeter(50.0, source=source, interval_s=10)
    found = flicker_of(xp.asarray(voltage.tolist()), dt_s, meter)
    expected = flicker(voltage, dt_s, meter)
    assert len(found.pst) == 2
    assert found.pst == pytest.approx(expected.pst, rel=1e-6)
    assert found.pinst_max == pytest.approx(expected.pinst_max, rel=1e-6)
    assert (found.pinst_max_at_s, found.parameters) == (
        expected.pinst_max_at_s,
        expected.parameters,
    )


def test_the_stand_in_is_no_array_of_numpy(cupy):
    series = cupy.asarray([1.0, 2.0])
    with pytest.raises(TypeError, match="Implicit conversion"):
        np.asarray(series)
    with pytest.raises(TypeError, match="Unsupported type"):
        series * np.ones(2)


def test_each_library_has_its_filters(cupy):
    assert signal_of(np.ones(2)) is signal
    assert signal_of(cupy.asarray([1.0])) is sys.modules["cupyx.scipy.signal"]


SHORT = np.ones(900)
METER = Flickermeter(50.0)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: band_passed(array_api_strict.asarray(POWER_W), DT_S, BAND),
            IndicatorError, r"of NumPy or CuPy, got array_api_strict\.Array",
        ),
        (
            lambda: flicker_of(array_api_strict.asarray(POWER_W), DT_S, METER),
            IndicatorError, r"of NumPy or CuPy, got array_api_strict\.Array",
        ),
        (
            lambda: band_passed([1.0], DT_S, BAND),
            IndicatorError, "with the Python array API, got list",
        ),
        (
            lambda: band_passed(np.ones(4000), DT_S, BAND),
            NotAssessedError, "of 4 s ends before the filter has settled, after 4 s",
        ),
        (
            lambda: band_passed(SHORT, 0.5, BAND),
            NotAssessedError, "needs a step below 0.2 s",
        ),
        (
            lambda: flicker_of(SHORT, DT_S, METER),
            NotAssessedError, "a whole interval of 600 s, got 0.9 s",
        ),
        (
            lambda: flicker_of(0 * SHORT, DT_S, METER),
            NotAssessedError, "above 0 in the first second",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_filtered_says_why(call, error, says):
    with pytest.raises(error, match=says):
        call()
