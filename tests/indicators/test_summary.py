# SPDX-License-Identifier: Apache-2.0
"""The summary: every value with unit, definition and parameters, or with the reason for none."""

import json
import math

import numpy as np
import pytest

from powermodel.indicators import IndicatorError, levels, ramp, summarize, welch
from powermodel.indicators.frequency_bands import band_of
from powermodel.indicators.indicator import Indicator, Summary, display, span

DT_S = 1e-3


def waveform(seconds=8.0):
    """A 0.5 Hz square wave from 60 to 160 MW."""
    t_s = np.arange(round(seconds / DT_S)) * DT_S
    return np.where(t_s % 2.0 < 1.4, 160e6, 60e6)


@pytest.fixture(scope="module")
def found():
    return summarize(waveform(), DT_S)


def test_values_are_those_of_the_free_functions(found):
    power_w = waveform()
    level, second = levels(power_w, DT_S), ramp(power_w, DT_S, 1.0)
    assert found["peak"].value == level.peak_w == 160e6
    assert found["mean"].value == level.mean_w == pytest.approx(130e6)
    assert found["minimum"].at_s == 1.4
    assert found["dynamic_range"].value == 100e6
    assert found["peak_to_mean"].value == level.peak_to_mean
    assert found["energy"].value == pytest.approx(130e6 * 8)
    assert found["standard_deviation"].value == level.std_w
    assert found["ramp_up[1 s]"].value == second.up_w == 100e6
    assert found["ramp_up[1 s]"].at_s == second.up_at_s
    assert found["ramp_down[1 s]"].value == -100e6
    assert found["swing[20 ms]"].value == 100e6
    content = band_of(welch(power_w, DT_S, window="boxcar"), 0.1, 1.0)
    assert found["energy_share[0.1-1 Hz]"].value == content.energy_share
    assert found["magnitude_sum[0.1-1 Hz]"].value == content.magnitude_sum_w
    assert found["line[1]"].parameters["frequency_hz"] == pytest.approx(0.5, abs=1e-3)


def test_every_indicator_names_its_definition_and_unit(found):
    assert len(found) == 7 + 9 + 10 + 3
    for item in found:
        assert item.definition
        assert item.unit in {"W", "J", "1"}
        assert (item.value is None) == (item.reason is not None)
    assert found["swing[1 s]"].parameters["definition"] == "peak-to-peak"
    assert found["ramp_up[20 ms]"].parameters["window_s"] == 0.02
    parameters = found["energy_share[5-55 Hz]"].parameters
    assert {"window", "detrend", "segment_s", "overlap", "bin_width_hz"} <= parameters.keys()


def test_not_assessed_has_a_reason_and_no_number(found):
    for name in ("ramp_up[1 min]", "ramp_down[1 min]", "swing[1 min]"):
        assert found[name].value is None
        assert "8 s does not hold one window of 60 s" in found[name].reason
    assert "holds no frequency" in found["energy_share[below 0.1 Hz]"].reason
    coarse = summarize(waveform()[::50], 0.05)
    assert "needs a step of at most 0.01 s" in coarse["ramp_up[20 ms]"].reason
    assert "up to 55 Hz needs a step" in coarse["magnitude_sum[5-55 Hz]"].reason
    assert coarse["ramp_up[1 s]"].value == 100e6


def test_constant_power():
    constant = summarize(np.full(5000, 1e8), DT_S)
    assert constant["swing[1 s]"].value == 0.0
    assert constant["energy_share[1-2.5 Hz]"].reason.startswith("the power does not vary")
    assert constant["line[1]"].value is None


def test_a_few_samples():
    short = summarize([5.0, 7.0], DT_S)
    assert short["mean"].value == 6.0
    assert "at least 8 samples" in short["line[1]"].reason
    assert "at least 8 samples" in short["energy_share[1-2.5 Hz]"].reason


def test_json_holds_it_all(found):
    known = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert known["series"]["duration_s"] == 8.0
    assert known["indicators"]["peak"] == {
        "value": 160e6,
        "unit": "W",
        "at_s": 0.0,
        "definition": "largest sample",
        "parameters": {},
    }
    assert known["indicators"]["swing[1 min]"]["value"] is None
    assert known["indicators"]["swing[1 min]"]["reason"]


def test_rows_and_text(found):
    rows = {row["indicator"]: row for row in found.to_rows()}
    assert rows["peak"] == {"indicator": "peak", "value": "160.0 MW", "at": "0 s", "note": ""}
    assert rows["ramp up, 1 min"]["value"] == "not assessed"
    assert rows["line, 1"]["note"] == "at 0.5000 Hz"
    assert "energy" in str(found)
    assert "288.9 kWh" in str(found)


def test_unknown_name_lists_the_known(found):
    with pytest.raises(IndicatorError, match=r"no indicator 'max'.*\n.*peak, mean"):
        found["max"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.7e8, "W", "170.0 MW"),
        (-2.5e9, "W", "-2.500 GW"),
        (12.0, "W", "12.00 W"),
        (0.0, "W", "0 W"),
        (3.6e9, "J", "1.000 MWh"),
        (1.25, "1", "1.250"),
        (math.nan, "W", "nan W"),
    ],
)
def test_display(value, unit, text):
    assert display(value, unit) == text


def test_span():
    names = [span(seconds) for seconds in (0.02, 0.0005, 1.0, 2.5, 60.0, 900.0)]
    assert names == ["20 ms", "0.5 ms", "1 s", "2.5 s", "1 min", "15 min"]


def test_bad_band_and_step_are_refused():
    with pytest.raises(IndicatorError, match="expected a band"):
        summarize(waveform(), DT_S, bands_hz=[(2.0, 1.0)])
    with pytest.raises(IndicatorError, match="expected a window above 0 s"):
        summarize(waveform(), DT_S, windows_s=[-1.0])
    with pytest.raises(IndicatorError, match="expected a time step above 0 s"):
        summarize(waveform(), -1.0)


def test_no_lines_when_none_are_asked_for():
    names = [item.name for item in summarize(waveform(), DT_S, lines=0)]
    assert not any(name.startswith("line") for name in names)


def test_summary_is_a_sequence_in_order():
    items = tuple(Indicator(name, 1.0, "W", "text") for name in ("b", "a"))
    assert list(Summary(items, {})) == list(items)
