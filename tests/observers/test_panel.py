# SPDX-License-Identifier: Apache-2.0
"""All instruments on one power: what each hides, and why one cannot look."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.observers import instrument_names, readings

DT_S = 1e-3
TIME_S = np.arange(30_000) * DT_S
SQUARE_W = np.where(TIME_S % 2.0 < 1.0, 700e6, 300e6)


@pytest.fixture(scope="module")
def seen():
    rows = readings(SQUARE_W, DT_S, mains_hz=60.0, power_factor=0.95)
    return {row.instrument: row for row in rows}


def test_every_instrument_is_there(seen):
    assert list(seen)[: len(instrument_names())] == instrument_names()
    assert {"pmu-p-30", "pmu-p-60", "pmu-m-30", "pmu-m-60", "point-on-wave"} <= set(seen)


def test_a_square_wave_of_a_second_each_way(seen):
    # The moving mean of 1 s reaches both levels; what is left of a step after 1 s with a lag of
    # 0.25 s is hidden from SCADA, which sees the start of one level and the end of the other.
    assert seen["nvml-h100"].hidden_share == pytest.approx(0.0, abs=1e-9)
    left = np.exp(-4.0)
    assert seen["scada-4s"].hidden_share == pytest.approx(left / (1 + left), rel=1e-3)
    assert seen["pmu-p-60"].hidden_share == pytest.approx(0.0, abs=1e-9)
    # A sharp filter rings at a step: it shows more than there is.
    assert seen["pmu-m-60"].hidden_share < 0
    assert seen["point-on-wave"].hidden_share == pytest.approx(0.0, abs=1e-9)
    assert seen["point-on-wave"].largest_w == pytest.approx(700e6)


def test_one_that_cannot_look_says_why(seen):
    row = seen["meter-15min"]
    assert row.hidden_share is None
    assert row.reason == "the record of 30 s is shorter than the window of 900 s"
    assert all(row.reason == "" and row.definition for row in seen.values() if row.readings)


def test_phasors_and_waveforms_need_the_mains():
    rows = readings(SQUARE_W, DT_S, mains_hz=None, power_factor=None)
    last = rows[len(instrument_names()) :]
    assert len(last) == 5
    assert all(row.readings is None for row in last)
    assert all("--mains" in row.reason for row in last)
    assert "--power-factor" in last[-1].reason


def test_a_coarse_record_is_refused_by_the_sharp_ones():
    rows = readings(SQUARE_W[::20], 20e-3, mains_hz=50.0, power_factor=1.0)
    by_name = {row.instrument: row for row in rows}
    assert "needs a step of at most" in by_name["pmu-p-50"].reason
    assert by_name["scada-2s"].readings == 15
