# SPDX-License-Identifier: Apache-2.0
"""Spectra, bands and lines against scipy, Parseval and closed forms."""

import itertools

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.indicators import IndicatorError, NotAssessedError, band, lines, welch
from powermodel.indicators.frequency_bands import (
    ARXIV_2508_14318_BANDS_HZ,
    GRID_BANDS_HZ,
    band_of,
    bands,
)
from powermodel.indicators.segments import LONGEST_SEGMENT_S, cut
from powermodel.indicators.spectral_lines import lines_of

DT_S = 1e-3


def two_tones(n=20_000, dt_s=DT_S):
    """100 W mean, 30 W at 0.5 Hz, 4 W at 12 Hz: whole periods in 20 s."""
    t_s = np.arange(n) * dt_s
    return 100 + 30 * np.sin(2 * np.pi * 0.5 * t_s) + 4 * np.cos(2 * np.pi * 12 * t_s)


@pytest.mark.parametrize("window", ["hann", "boxcar", "flattop"])
@pytest.mark.parametrize("detrend", ["constant", "linear", "none"])
def test_equals_scipy_welch(window, detrend):
    power_w = np.random.default_rng(5).normal(1e8, 1e6, 11_000)
    found = welch(power_w, DT_S, segment_s=2.0, window=window, detrend=detrend)
    assert found.segments.count == 10
    frequency_hz, density = scipy.signal.welch(
        power_w,
        fs=1000.0,
        window=window,
        nperseg=2000,
        noverlap=2000 - found.segments.hop,
        detrend=False if detrend == "none" else detrend,
    )
    np.testing.assert_allclose(found.frequency_hz, frequency_hz, rtol=1e-12)
    np.testing.assert_allclose(found.density_w2_hz, density, rtol=1e-9)


def test_segments_reach_the_end_of_the_record():
    segments = cut(25_000, DT_S, segment_s=10.0)
    assert (segments.length, segments.count) == (10_000, 4)
    assert segments.hop * (segments.count - 1) + segments.length == 25_000
    assert segments.parameters()["overlap"] == 0.5
    stretched = cut(24_999, DT_S, segment_s=10.0)
    assert stretched.parameters()["overlap"] >= 0.5
    assert 24_999 - (stretched.hop * (stretched.count - 1) + stretched.length) < stretched.count


def test_default_segment_is_the_record_up_to_a_bound():
    assert cut(5_000, DT_S).length == 5_000
    assert cut(3_600_000, DT_S).length == LONGEST_SEGMENT_S / DT_S


@given(st.integers(64, 700), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_parseval(n, seed):
    power_w = np.random.default_rng(seed).normal(50.0, 9.0, n)
    found = welch(power_w, DT_S, window="boxcar")
    mean_square = found.density_w2_hz.sum() * found.segments.df_hz
    assert mean_square == pytest.approx(power_w.var(), rel=1e-10)
    whole = band_of(found, 0.0, found.segments.nyquist_hz)
    assert whole.energy_share == pytest.approx(1.0, rel=1e-12)
    assert whole.rms_w == pytest.approx(power_w.std(), rel=1e-10)


@given(st.lists(st.floats(0.5, 499.5), min_size=1, max_size=5, unique=True), st.integers(64, 500))
@settings(max_examples=60, deadline=None)
def test_bands_side_by_side_share_every_bin_once(edges, n):
    power_w = np.random.default_rng(n).normal(50.0, 9.0, n)
    found = welch(power_w, DT_S, window="boxcar")
    cuts_hz = [0.0, *sorted(edges), 500.0]
    shares, bins = 0.0, 0
    for pair in itertools.pairwise(cuts_hz):
        try:
            content = band_of(found, *pair)
        except NotAssessedError:
            continue  # narrower than a bin: holds nothing
        shares += content.energy_share
        bins += content.bins
    assert shares == pytest.approx(1.0, rel=1e-9)
    assert bins == found.frequency_hz.size - 1


def test_two_tones_energy_and_magnitude():
    low = band(two_tones(), DT_S, 0.1, 1.0)
    high = band(two_tones(), DT_S, 5.0, 55.0)
    assert low.energy_share == pytest.approx(900 / 916, rel=1e-9)
    assert high.energy_share == pytest.approx(16 / 916, rel=1e-9)
    assert low.magnitude_sum_w == pytest.approx(30.0, rel=1e-9)
    assert high.magnitude_sum_w == pytest.approx(4.0, rel=1e-9)
    assert high.magnitude_share == pytest.approx(4 / 34, rel=1e-6)
    assert low.rms_w == pytest.approx(30 / np.sqrt(2), rel=1e-9)
    assert low.parameters["bin_width_hz"] == pytest.approx(0.05)
    assert (low.parameters["window"], low.parameters["detrend"]) == ("boxcar", "constant")


def test_square_wave_harmonics():
    # A square wave of +-1 W with 1000 samples a period: the geometric sum over half a period gives
    # the amplitude 1 / (250 sin(pi h / 1000)) for an odd harmonic h, 0 for an even one.
    power_w = np.tile(np.repeat([1.0, -1.0], 500), 10)
    amplitude_w = welch(power_w, DT_S, window="boxcar").amplitude_w
    for harmonic in range(1, 12):
        exact = 1 / 250 / np.sin(np.pi * harmonic / 1000) if harmonic % 2 else 0.0
        assert amplitude_w[10 * harmonic] == pytest.approx(exact, abs=1e-12)


def test_amplitude_at_zero_and_nyquist_counts_once():
    power_w = 3.0 + 2.0 * np.resize([1.0, -1.0], 100)
    amplitude_w = welch(power_w, DT_S, window="boxcar", detrend="none").amplitude_w
    assert amplitude_w[0] == pytest.approx(3.0)
    assert amplitude_w[-1] == pytest.approx(2.0)


def test_band_edges_belong_to_the_band_above():
    power_w = 100 + np.sin(2 * np.pi * 1.0 * np.arange(30_000) * DT_S)
    assert band(power_w, DT_S, 0.1, 1.0).energy_share == pytest.approx(0.0, abs=1e-12)
    assert band(power_w, DT_S, 1.0, 2.5).energy_share == pytest.approx(1.0)


def test_published_bands_of_a_published_rate():
    # Bins of 1/213 Hz up to 20 Hz, as in Fig. 3 of arXiv 2508.14318.
    power_w = np.random.default_rng(2).normal(0.7, 0.1, 8520)
    found = bands(welch(power_w, 0.025, window="boxcar"), ARXIV_2508_14318_BANDS_HZ)
    assert found[-1].hi_hz == 20.0
    assert sum(content.energy_share for content in found) == pytest.approx(1.0, abs=0.01)


def test_default_bands_touch():
    assert all(a[1] == b[0] for a, b in itertools.pairwise(GRID_BANDS_HZ))


@given(st.floats(2.2, 400.0), st.floats(-3.1, 3.1))
@settings(max_examples=100, deadline=None)
def test_line_between_bins(frequency_hz, phase):
    t_s = np.arange(10_000) * DT_S
    power_w = 100.0 + 7.0 * np.sin(2 * np.pi * frequency_hz * t_s + phase)
    (line,) = lines(power_w, DT_S, count=1)
    assert line.frequency_hz == pytest.approx(frequency_hz, abs=1e-4)
    assert line.amplitude_w == pytest.approx(7.0, rel=1e-3)


def test_lines_strongest_first():
    found = lines(two_tones(), DT_S, count=3)
    assert [line.frequency_hz for line in found] == pytest.approx([0.5, 12.0], abs=1e-6)
    assert [line.amplitude_w for line in found] == pytest.approx([30.0, 4.0], rel=1e-6)


def test_no_lines_without_variation():
    assert lines(np.full(1000, 0.1), DT_S) == []


def test_lines_ask_for_their_window():
    with pytest.raises(IndicatorError, match="Hann window, got 'boxcar'"):
        lines_of(welch(two_tones(), DT_S, window="boxcar"))
    with pytest.raises(IndicatorError, match="at least one line"):
        lines(two_tones(), DT_S, count=0)


@pytest.mark.parametrize(
    ("lo_hz", "hi_hz"), [(1.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (0.0, float("nan"))]
)
def test_band_that_makes_no_sense(lo_hz, hi_hz):
    with pytest.raises(IndicatorError, match="expected a band from a lower to a higher"):
        band(two_tones(), DT_S, lo_hz, hi_hz)


def test_band_above_nyquist():
    with pytest.raises(NotAssessedError, match=r"up to 55 Hz needs a step of at most 0\.00909"):
        band(np.arange(100.0), 0.05, 5.0, 55.0)


def test_band_between_two_bins():
    with pytest.raises(NotAssessedError, match=r"0 to 0\.1 Hz holds no frequency"):
        band(two_tones(10_000), DT_S, 0.0, 0.1)


def test_constant_power_has_no_bands():
    with pytest.raises(NotAssessedError, match="does not vary"):
        band(np.full(1000, 1e8 / 3), DT_S, 1.0, 55.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": "hammer"}, "unknown window 'hammer'"),
        ({"detrend": "cubic"}, "unknown detrend 'cubic'"),
        ({"overlap": 1.0}, "expected an overlap from 0 to below 1"),
        ({"segment_s": -2.0}, "expected a segment above 0 s"),
        ({"segment_s": 99.0}, "one whole segment, got a record of 20000 samples"),
        ({"segment_s": 0.002}, "at least 8 samples a segment"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(IndicatorError, match=message):
        welch(two_tones(), DT_S, **options)
