# SPDX-License-Identifier: Apache-2.0
"""Instruments against closed forms: boxcar of a square wave, lag, filter response, Parseval."""

from __future__ import annotations

import math

import numpy as np
import pytest

from powermodel.observers import (
    ObserverError,
    comparison,
    instrument_names,
    moving_means,
    observe_with,
    pmu,
    pmu_response,
    point_on_wave,
    transducer_samples,
)

DT_S = 1e-3


def square(period_s, duration_s, low=400.0, high=1000.0, dt_s=DT_S):
    time_s = np.arange(round(duration_s / dt_s)) * dt_s
    return np.where((time_s % period_s) < period_s / 2 - 1e-12, high, low)


def sine(hz, duration_s, dt_s=DT_S, amplitude=100.0):
    return 1000 + amplitude * np.sin(2 * np.pi * hz * np.arange(round(duration_s / dt_s)) * dt_s)


@pytest.mark.parametrize(
    ("window_s", "shown"),
    [(0.1, 1.0), (0.5, 1.0), (0.75, 1 / 3), (1.0, 0.0), (1.25, 0.2), (2.0, 0.0)],
)
def test_boxcar_of_a_square_wave(window_s, shown):
    # Over a window of n + d periods of 1 s, the mean moves by what the part d can hold.
    power = square(1.0, 20.0)
    seen = moving_means(power, DT_S, window_s=window_s, period_s=DT_S)
    assert seen.range_w == pytest.approx(600 * shown, abs=1e-9)
    assert seen.hidden_share(power) == pytest.approx(1 - shown, abs=1e-12)
    assert seen.time_s[0] == window_s


def test_a_step_looks_like_a_ramp_of_one_second_to_the_h100_counter():
    power = np.where(np.arange(4000) < 1500, 200.0, 700.0)
    seen = observe_with("nvml-h100", power, DT_S)
    expected = np.interp(seen.time_s, [1.5, 2.5], [200.0, 700.0])
    np.testing.assert_allclose(seen.power_w, expected, atol=1e-9)


def test_the_a100_counter_misses_what_falls_between_its_windows():
    power = np.full(2000, 100.0)
    power[30:95] = 400.0
    seen = observe_with("nvml-a100", power, DT_S)
    assert seen.range_w == 0.0
    assert seen.hidden_share(power) == 1.0


def test_meter_means_keep_the_energy():
    rng = np.random.default_rng(6)
    power = rng.uniform(1e8, 9e8, 3600)
    seen = observe_with("meter-15min", power, 1.0)
    assert seen.power_w.size == 4
    assert seen.power_w.sum() * 900 == pytest.approx(power.sum(), rel=1e-12)
    np.testing.assert_allclose(seen.power_w, power.reshape(4, 900).mean(axis=1), rtol=1e-12)


def test_transducer_follows_a_step_with_its_lag():
    power = np.where(np.arange(5000) < 1000, 0.0, 1.0)
    seen = transducer_samples(power, DT_S, period_s=DT_S, lag_s=0.25)
    after = np.clip(seen.time_s - 1.0, 0, None)
    np.testing.assert_allclose(seen.power_w, 1 - np.exp(-after / 0.25), atol=1e-12)


def test_scada_aliases_a_swing_of_its_own_period():
    seen = observe_with("scada-4s", square(2.0, 60.0), DT_S)
    assert np.ptp(seen.power_w[2:]) < 1.0
    raw = transducer_samples(square(2.0, 60.0), DT_S, period_s=4.0, lag_s=0.0, phase_s=1.5)
    assert set(raw.power_w) == {400.0}


@pytest.mark.parametrize("hz", [0.5, 5.0, 14.0, 30.0, 45.0])
def test_p_class_is_two_cycles_of_triangle(hz):
    # On 16 samples a cycle: the squared kernel of a boxcar of one cycle.
    dt_s = 1 / 960
    gain = pmu_response(hz, pmu_class="P", reports_hz=60, mains_hz=60.0, dt_s=dt_s)[0]
    boxcar = math.sin(math.pi * hz / 60) / (16 * math.sin(math.pi * hz * dt_s))
    assert gain == pytest.approx(boxcar**2, rel=1e-12)


@pytest.mark.parametrize("hz", [0.7, 3.0, 8.0, 14.7, 21.0])
@pytest.mark.parametrize(("kind", "reports"), [("P", 60), ("M", 60), ("M", 30)])
def test_reports_of_a_sine_have_the_response_of_the_filter(hz, kind, reports):
    seen = pmu(sine(hz, 12), DT_S, pmu_class=kind, reports_hz=reports, mains_hz=60.0)
    gain = pmu_response(hz, pmu_class=kind, reports_hz=reports, mains_hz=60.0, dt_s=DT_S)[0]
    expected = 1000 + gain * 100 * np.sin(2 * np.pi * hz * seen.time_s)
    np.testing.assert_allclose(seen.power_w, expected, atol=1e-6)


def test_m_class_passes_slow_swings_and_stops_what_would_alias():
    for reports in (30, 60):
        gain = pmu_response(
            [0.5, reports / 5 - 2.0, reports / 2, 0.75 * reports],
            pmu_class="M",
            reports_hz=reports,
            mains_hz=60.0,
            dt_s=1 / 960,
        )
        assert gain[0] == pytest.approx(1.0, abs=2e-3)
        # Flat to 3 dB inside a fifth of the rate, 20 dB down from its half on.
        assert gain[1] > 10 ** (-3 / 20)
        assert abs(gain[2]) < 0.1
        assert abs(gain[3]) < 0.1


def test_reports_come_at_their_rate():
    seen = pmu(np.ones(10_000), DT_S, pmu_class="M", reports_hz=30, mains_hz=60.0)
    np.testing.assert_allclose(seen.time_s * 30, np.rint(seen.time_s * 30), atol=0.016)
    assert seen.power_w == pytest.approx(np.ones(seen.power_w.size))
    assert len(set(np.rint(seen.time_s * 30))) == seen.time_s.size


def test_waveforms_carry_the_power():
    power = sine(7.0, 2.0) * 1e5
    wave = point_on_wave(
        power, DT_S, voltage_v=345e3, mains_hz=60.0, power_factor=0.95, rate_hz=4000.0
    )
    expected = np.interp(wave.time_s, np.arange(power.size) * DT_S, power)
    np.testing.assert_allclose(wave.power_w(), expected, rtol=1e-9)
    np.testing.assert_allclose(wave.voltage_v.sum(axis=0), 0, atol=1e-6)
    rms = math.sqrt((wave.voltage_v[0, :4000] ** 2).mean()) * math.sqrt(3)
    assert rms == pytest.approx(345e3, rel=1e-9)


def test_a_part_of_a_waveform_is_the_same():
    power = sine(3.0, 5.0)
    options = {"voltage_v": 1e3, "mains_hz": 50.0, "power_factor": 1.0, "rate_hz": 5000.0}
    whole = point_on_wave(power, DT_S, **options)
    part = point_on_wave(power, DT_S, begin_s=2.0, duration_s=1.0, **options)
    np.testing.assert_allclose(part.current_a, whole.current_a[:, 10_000:15_001], atol=1e-9)


def test_comparison_of_instruments():
    power = square(1.0, 20.0)
    seen = [observe_with(name, power, DT_S) for name in ("nvml-a100", "nvml-h100", "scada-4s")]
    rows = comparison(power, seen)
    assert [row["instrument"] for row in rows] == ["nvml-a100", "nvml-h100", "scada-4s"]
    assert rows[0]["hidden_share"] == pytest.approx(0.0)
    assert rows[1]["hidden_share"] == pytest.approx(1.0)
    assert moving_means(np.ones(10), 1.0, window_s=1, period_s=1).hidden_share([1, 1]) == 0.0


def test_every_instrument_has_a_record_that_works():
    power = np.full(20_000, 5.0)
    for name in instrument_names():
        seen = observe_with(name, power, 0.025 if name == "nvml-a100" else 0.1)
        np.testing.assert_allclose(seen.power_w, 5.0)
        assert seen.definition


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: observe_with("nvml", [1.0], 1.0), "unknown instrument 'nvml'"),
        (
            lambda: moving_means(np.ones(9), 1.0, window_s=2.5, period_s=1),
            "window of a whole number of steps of 1 s, got 2.5 s",
        ),
        (lambda: moving_means(np.ones(9), 1.0, window_s=10, period_s=1), "9 s is shorter"),
        (
            lambda: transducer_samples(np.ones(9), 1.0, period_s=1, lag_s=-1),
            "lag of at least 0 s, got -1 s",
        ),
        (
            lambda: transducer_samples(np.ones(9), 1.0, period_s=1, lag_s=0, phase_s=20),
            "first reading at 20 s is after the end",
        ),
        (
            lambda: pmu(np.ones(900), DT_S, pmu_class="M", reports_hz=25, mains_hz=60.0),
            "no reporting rate of 25 a second at 60 Hz",
        ),
        (
            lambda: pmu(np.ones(900), DT_S, pmu_class="X", reports_hz=30, mains_hz=60.0),
            "unknown class of PMU 'X'",
        ),
        (
            lambda: pmu(np.ones(900), DT_S, pmu_class="P", reports_hz=30, mains_hz=16.7),
            "expected a mains frequency of 50 or 60 Hz",
        ),
        (
            lambda: pmu(np.ones(900), 0.01, pmu_class="P", reports_hz=30, mains_hz=60.0),
            "class P needs a step of at most",
        ),
        (
            lambda: pmu(np.ones(200), DT_S, pmu_class="M", reports_hz=30, mains_hz=60.0),
            "shorter than the filter of",
        ),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ObserverError, match=says.replace("(", r"\(")):
        call()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"voltage_v": 0.0}, "expected a voltage above 0, got 0"),
        ({"power_factor": 0.0}, "power factor above 0 and up to 1, got 0"),
        ({"rate_hz": 500.0}, "at least 16 samples a cycle"),
        ({"begin_s": 0.9, "duration_s": 1.0}, "expected a part of the record from 0 to 0.999 s"),
    ],
)
def test_waveform_refusals(changes, says):
    options = {"voltage_v": 1e3, "mains_hz": 50.0, "power_factor": 1.0, "rate_hz": 5000.0}
    with pytest.raises(ObserverError, match=says):
        point_on_wave(np.ones(1000), DT_S, **(options | changes))
