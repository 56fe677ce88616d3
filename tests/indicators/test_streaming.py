# SPDX-License-Identifier: Apache-2.0
"""Streamed in any blocks, or merged from any parts, equals whole."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.indicators import IndicatorError, stream, summarize, summarize_blocks
from powermodel.indicators.power_levels import levels_statistic
from powermodel.indicators.power_ramps import ramp_statistic
from powermodel.indicators.segments import cut
from powermodel.indicators.spectrum import welch_statistic

DT_S = 0.25
EXACT = {
    "levels": levels_statistic(DT_S),
    "endpoint": ramp_statistic(DT_S, 1.0, "endpoint"),
    "long endpoint": ramp_statistic(DT_S, 3.25, "endpoint"),
    "peak-to-peak": ramp_statistic(DT_S, 1.25, "peak-to-peak"),
    "even peak-to-peak": ramp_statistic(DT_S, 2.0, "peak-to-peak"),
    "block-mean": ramp_statistic(DT_S, 1.25, "block-mean"),
}

# Any floats, not only those that sum without rounding.
series = st.lists(st.floats(-1e9, 1e9, width=32), min_size=30, max_size=90).map(np.array)
sizes = st.lists(st.integers(1, 25), min_size=1, max_size=60)


def pieces(power_w, lengths):
    """Cut a series into parts of the given lengths, the last part takes what is left."""
    edges = np.cumsum(lengths)
    return np.split(power_w, edges[edges < power_w.size])


@given(series, sizes)
@settings(max_examples=150, deadline=None)
def test_streamed_equals_whole_to_the_bit(power_w, lengths):
    states = stream(EXACT, pieces(power_w, lengths))
    for name, statistic in EXACT.items():
        assert statistic.finish(states[name]) == statistic.finish(statistic.of(power_w)), name


@given(series, sizes, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_merged_in_any_order_equals_whole_to_the_bit(power_w, lengths, random):
    for name, statistic in EXACT.items():
        states, start = [], 0
        for part in pieces(power_w, lengths):
            states.append(statistic.of(part, start))
            start += part.size
        while len(states) > 1:
            at = random.randrange(len(states) - 1)
            states[at : at + 2] = [statistic.merge(states[at], states[at + 1])]
        assert statistic.finish(states[0]) == statistic.finish(statistic.of(power_w)), name


@given(series, sizes, st.floats(2.0, 7.5), st.sampled_from([0.0, 0.5, 0.7]))
@settings(max_examples=100, deadline=None)
def test_spectrum_streamed_and_merged(power_w, lengths, segment_s, overlap):
    segments = cut(power_w.size, DT_S, segment_s=segment_s, overlap=overlap)
    statistic = welch_statistic(segments)
    whole = statistic.finish(statistic.of(power_w))
    parts = pieces(power_w, lengths)
    streamed = statistic.finish(stream({"s": statistic}, parts)["s"])
    np.testing.assert_array_equal(streamed.density_w2_hz, whole.density_w2_hz)
    state, start = statistic.init(0), 0
    for part in parts:
        state = statistic.merge(state, statistic.of(part, start))
        start += part.size
    merged = statistic.finish(state).density_w2_hz
    np.testing.assert_allclose(merged, whole.density_w2_hz, rtol=1e-9, atol=1e-9)


@given(sizes)
@settings(max_examples=20, deadline=None)
def test_summary_does_not_know_the_blocks(lengths):
    power_w = np.random.default_rng(3).normal(1e8, 1e7, 400)
    whole = summarize(power_w, DT_S, windows_s=[1.0, 20.0], bands_hz=[(0.1, 1.0)])
    streamed = summarize_blocks(
        pieces(power_w, lengths), 400, DT_S, windows_s=[1.0, 20.0], bands_hz=[(0.1, 1.0)]
    )
    assert streamed == whole


def test_parts_with_a_gap_are_not_merged():
    for statistic in [*EXACT.values(), welch_statistic(cut(40, DT_S))]:
        with pytest.raises(IndicatorError, match=r"ends before sample 20 .* starts at sample 21"):
            statistic.merge(statistic.of(np.ones(20)), statistic.of(np.ones(20), 21))


def test_nan_in_a_later_block_is_counted_from_the_start():
    with pytest.raises(IndicatorError, match="nan at sample 12"):
        stream(EXACT, [np.ones(10), np.array([1.0, 1.0, np.nan])])


def test_no_blocks():
    with pytest.raises(IndicatorError, match="without samples"):
        stream(EXACT, [])


def test_blocks_that_are_not_the_whole_record():
    with pytest.raises(IndicatorError, match="expected a record of 50 samples, got 40"):
        summarize_blocks([np.ones(40)], 50, DT_S)


def test_spectrum_of_less_than_was_planned():
    statistic = welch_statistic(cut(40, DT_S, segment_s=5.0))
    with pytest.raises(IndicatorError, match="expected a record of 3 segments, got 1"):
        statistic.finish(statistic.of(np.ones(20)))


def test_states_are_frozen():
    state = EXACT["endpoint"].of(np.ones(30))
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.up = None
