# SPDX-License-Identifier: Apache-2.0
"""The flickermeter against the verification table of IEC 61000-4-15 Ed. 2."""

import math

import numpy as np
import pytest

from powermodel.indicators import IndicatorError, NotAssessedError
from powermodel.indicators.flicker import (
    flicker,
    flicker_statistic,
    long_term,
    severity_percentile,
    short_term,
)
from powermodel.indicators.flicker_plan import Flickermeter

# Relative changes dV/V in % of rectangular modulation that give Pst = 1, by changes per minute:
# table 5. The pairs of the usual low voltages, then the two that must be named in full.
TABLE = {
    ("230 V", 50.0): {
        1: 2.715, 2: 2.191, 7: 1.450, 39: 0.894, 110: 0.722, 1620: 0.407, 4000: 2.343,
    },
    ("120 V", 60.0): {
        1: 3.181, 2: 2.564, 7: 1.694, 39: 1.040, 110: 0.844, 1620: 0.548, 4800: 4.837,
    },
    ("120 V/50 Hz", 50.0): {
        1: 3.178, 2: 2.561, 7: 1.694, 39: 1.045, 110: 0.844, 1620: 0.545, 4000: 3.426,
    },
    ("230 V/60 Hz", 60.0): {
        1: 2.719, 2: 2.194, 7: 1.450, 39: 0.895, 110: 0.723, 1620: 0.409, 4800: 3.263,
    },
}  # fmt: skip
POINTS = [
    (lamp, mains, cpm, change)
    for (lamp, mains), row in TABLE.items()
    for cpm, change in row.items()
]
# Of the unusual pairs the two extremes: 3 million samples a point.
WAVEFORMS = [point for point in POINTS if "/" not in point[0] or point[2] in (39, 4000, 4800)]
# Sine of 8.8 Hz in %: table 1, the same at both frequencies.
REFERENCE = {"230 V": 0.250, "120 V": 0.321}
RATE_HZ = 5000


def modulated(rate_hz, mains_hz, cpm, percent, duration_s=600.0):
    """Envelope of a rectangular modulation between 1 - d/2 and 1 + d/2, and its carrier."""
    t_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    # Slow changes start a quarter of a period in: ten minutes then hold as many as they should.
    # Fast ones start with the carrier, whose harmonics meet those of the modulation.
    phase = t_s * (cpm / 120.0) + (0.25 if cpm <= 39 else 0.0)
    high = (phase - np.floor(phase)) < 0.5
    envelope = 1 + percent / 200 * np.where(high, 1.0, -1.0)
    return envelope, np.sin(2 * np.pi * mains_hz * t_s)


@pytest.mark.parametrize(("lamp", "mains_hz", "cpm", "percent"), WAVEFORMS)
def test_waveforms_of_the_table_have_pst_one(lamp, mains_hz, cpm, percent):
    envelope, carrier = modulated(RATE_HZ, mains_hz, cpm, percent)
    meter = Flickermeter(mains_hz, lamp, "waveform")
    found = flicker(325.0 * envelope * carrier, 1 / RATE_HZ, meter)
    assert found.pst == (pytest.approx(1.0, abs=0.01),)


@pytest.mark.parametrize(("lamp", "mains_hz", "cpm", "percent"), POINTS)
def test_envelopes_of_the_table_have_pst_one(lamp, mains_hz, cpm, percent):
    envelope, _ = modulated(1000, mains_hz, cpm, percent)
    found = flicker(envelope, 1e-3, Flickermeter(mains_hz, lamp))
    # The last point of the rows of 60 Hz is fast for samples of 1 ms.
    assert found.pst == (pytest.approx(1.0, abs=0.012 if cpm == 4800 else 0.01),)


@pytest.mark.parametrize(("lamp", "mains_hz"), TABLE)
@pytest.mark.parametrize("source", ["waveform", "envelope"])
def test_reference_sine_peaks_at_the_threshold(lamp, mains_hz, source):
    rate_hz = RATE_HZ if source == "waveform" else 1000
    t_s = np.arange(40 * rate_hz) / rate_hz
    voltage = 1 + REFERENCE[lamp.partition("/")[0]] / 200 * np.sin(2 * np.pi * 8.8 * t_s)
    if source == "waveform":
        voltage *= np.sin(2 * np.pi * mains_hz * t_s)
    found = flicker(voltage, 1 / rate_hz, Flickermeter(mains_hz, lamp, source, 20.0))
    assert found.pinst_max == pytest.approx(1.0, rel=0.01)
    assert 0 < found.pinst_max_at_s < 40
    assert len(found.pst) == 2


def test_pst_goes_with_the_size_of_the_change_and_not_with_the_level():
    envelope, _ = modulated(1000, 50.0, 39, 0.894, 120.0)
    meter = Flickermeter(50.0, interval_s=60.0)
    once = flicker(envelope, 1e-3, meter)
    twice = flicker(110e3 * (2 * envelope - 1), 1e-3, meter)
    assert twice.pst[1] == pytest.approx(2 * once.pst[1], rel=5e-3)


@pytest.mark.parametrize("size", [1, 333, 1024, 7919])
def test_streamed_is_whole_bit_for_bit(size):
    rng = np.random.default_rng(4)
    voltage = 1 + 0.002 * rng.standard_normal(9000 if size > 1 else 2500)
    statistic = flicker_statistic(1e-3, Flickermeter(60.0, interval_s=1.0))
    whole = statistic.finish(statistic.of(voltage))
    state = statistic.init(0)
    for first in range(0, voltage.size, size):
        state = statistic.update(state, voltage[first : first + size])
    assert statistic.finish(state) == whole
    assert len(whole.pst) == voltage.size // 1000


def test_long_streams_keep_one_interval():
    statistic = flicker_statistic(1e-3, Flickermeter(60.0, interval_s=2.0))
    state = statistic.init(0)
    for _ in range(25):
        state = statistic.update(state, np.ones(1000))
    assert sum(part.size for part in state.kept) == 1000
    found = statistic.finish(state)
    assert found.pst == pytest.approx([0.0] * 12, abs=1e-6)
    assert found.plt == pytest.approx([0.0], abs=1e-6)


def test_pst_of_a_constant_sensation():
    assert short_term(np.full(1000, 4.0)) == pytest.approx(2 * math.sqrt(0.5096), rel=1e-12)


def test_plt_is_the_cube_root_of_the_mean_cube():
    assert long_term([0.7] * 12) == pytest.approx((0.7,))
    assert long_term([0.0] * 11 + [1.2]) == pytest.approx((1.2 / 12 ** (1 / 3),))
    assert long_term([1.0] * 11) == ()
    assert len(long_term([1.0] * 30)) == 2


def test_percentiles_of_a_study():
    assert severity_percentile(range(101), 95) == pytest.approx(95)
    with pytest.raises(NotAssessedError, match="95 % value needs at least 20 values, got 19"):
        severity_percentile([1.0] * 19, 95)
    with pytest.raises(IndicatorError, match="between 0 and 100, got 100"):
        severity_percentile([1.0], 100)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"lamp": "100 V"}, r"lamp: unknown lamp '100 V'.*\n.*'230 V', '120 V'"),
        # Each lamp belongs to its mains; the other pair must be named, and must itself fit.
        (
            {"lamp": "120 V"},
            "lamp: the lamp '120 V' is for mains of 60 Hz, got mains of 50 Hz\n"
            "  hint: leave the lamp out for the usual one, '230 V'; where the low voltage really"
            " is 120 V at 50 Hz, say so: '120 V/50 Hz'",
        ),
        ({"lamp": "230V", "mains_hz": 60.0}, "'230V' is for mains of 50 Hz, got mains of 60 Hz"),
        ({"lamp": "230 V/60 Hz"}, "'230 V/60 Hz' is for mains of 60 Hz, got mains of 50 Hz"),
        ({"mains_hz": 16.7}, "expected a mains frequency of 50 or 60 Hz, got 16.7 Hz"),
        ({"source": "power"}, "unknown source of flicker 'power'"),
        ({"dt_s": 0.01}, "needs at least 400 samples a second of the envelope, got 100"),
        ({"source": "waveform"}, "needs at least 2000 samples a second of the waveform, got 1000"),
        ({}, "Pst needs a whole interval of 600 s, got 5 s"),
        ({"interval_s": 0.5}, "expected an interval of at least 1000 values"),
    ],
)
def test_refusals(options, says):
    chosen = {"mains_hz": 50.0} | options
    dt_s = chosen.pop("dt_s", 1e-3)
    with pytest.raises(IndicatorError, match=says):
        flicker(np.ones(5000), dt_s, Flickermeter(**chosen))


@pytest.mark.parametrize(
    ("mains_hz", "lamp", "taken"),
    [
        (50, None, "230 V"),
        (60, None, "120 V"),
        (50, "230 V/50 Hz", "230 V"),
        (60, "230V/60Hz", "230 V"),
        (50.0, "120 V/50 Hz", "120 V"),
    ],
)
def test_the_lamp_of_the_mains_unless_the_pair_is_named(mains_hz, lamp, taken):
    assert Flickermeter(mains_hz, lamp).describe() == f"{taken} lamp, {mains_hz:g} Hz"


def test_a_voltage_that_is_not_there_is_refused():
    with pytest.raises(NotAssessedError, match="voltage above 0 in the first second"):
        flicker(np.zeros(5000), 1e-3, Flickermeter(50.0, interval_s=1.0))


def test_parts_cannot_be_merged():
    statistic = flicker_statistic(1e-3, Flickermeter(50.0))
    with pytest.raises(IndicatorError, match="cannot be merged"):
        statistic.merge(statistic.init(0), statistic.init(1))
