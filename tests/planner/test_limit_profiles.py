# SPDX-License-Identifier: Apache-2.0
"""Profiles of operators: verdicts against closed forms, and what is never a silent pass."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import signal

from powermodel.indicators import IndicatorError
from powermodel.indicators.filtered import BandPass, filtered, mean_ramp_percentile
from powermodel.indicators.power_ramps import ramp_statistic
from powermodel.indicators.voltage import Grid, poi_voltage
from powermodel.limits import LimitError
from powermodel.limits.profiles import assess, assess_blocks, rules_of
from powermodel.limits.rule_measures import Site
from powermodel.limits.rules import profile_names, read_rules
from tests.planner.made_series import DT_S, labelled, sine

MW = 1e6


def verdicts(power, *profiles, site=None):
    rules = [rule for profile in profiles for rule in rules_of(profile)]
    return {row.rule.name: row for row in assess(power, rules, site)}


@pytest.mark.parametrize(("amplitude_mw", "verdict"), [(4.9, "pass"), (5.1, "fail")])
def test_ercot_swing_of_a_sine_is_twice_its_amplitude(amplitude_mw, verdict):
    row = verdicts(labelled(sine(900 * MW, amplitude_mw * MW, 2.0, 40)), "ercot")["ercot-swing"]
    assert row.measured == pytest.approx(2 * amplitude_mw * MW, rel=2e-3)
    assert row.limit == 10 * MW
    assert row.margin == row.limit - row.measured
    assert row.verdict == verdict
    assert row.words == f"{verdict} (proposed)"
    assert 10 <= row.at_s <= 35
    assert "Butterworth band-pass 0.1 to 55 Hz, order 2 at each edge, causal" in row.definition
    assert set(row.rule.chosen) == {"filter_order", "settle", "sample_rate_min"}


def test_ercot_swing_is_blind_above_and_below_its_band():
    slow = labelled(sine(900 * MW, 50 * MW, 0.005, 60))
    assert verdicts(slow, "ercot")["ercot-swing"].measured < 4 * MW
    fast = labelled(sine(900 * MW, 50 * MW, 300.0, 60))
    assert verdicts(fast, "ercot")["ercot-swing"].measured < 5 * MW


def test_ramps_of_a_straight_line():
    power = labelled(100 * MW + np.arange(180_000) * DT_S * 0.25 * MW)
    rows = verdicts(power, "ieso", "aeso", "atc", site=Site(rated_w=1e9))
    assert rows["ieso-ramp-minute"].measured == pytest.approx(15 * MW)
    assert rows["ieso-ramp-minute"].verdict == "pass"
    assert rows["ieso-ramp-15s"].measured == pytest.approx(3.75 * MW)
    assert rows["aeso-ramp"].limit == 10 * MW
    assert rows["aeso-ramp"].verdict == "fail"
    assert rows["atc-step"].measured == pytest.approx(25 * MW)


def test_directions_and_the_lesser_of_two_limits():
    t_s = np.arange(200_000) * DT_S
    power = labelled(400 * MW - np.clip(t_s - 100, 0, 60) * 0.3 * MW)
    rows = verdicts(power, "ercot-nprr1191", site=Site(rated_w=400 * MW))
    up, down = rows["ercot-nprr1191-up"], rows["ercot-nprr1191-down"]
    assert (up.measured, up.limit, up.verdict) == (0.0, 8 * MW, "pass")
    assert down.measured == pytest.approx(18 * MW)
    assert (down.limit, down.verdict) == (20 * MW, "pass")
    small = verdicts(power, "ercot-nprr1191", site=Site(rated_w=100 * MW))["ercot-nprr1191-down"]
    assert (small.limit, small.verdict) == (5 * MW, "fail")


def test_a_limit_without_its_base_can_fail_but_not_pass():
    power = labelled(sine(500 * MW, 2.0 * MW, 1.0, 70))
    row = verdicts(power, "ieso")["ieso-periodic"]
    assert row.measured == pytest.approx(2.0 * MW, rel=1e-3)
    assert row.verdict == "not assessed"
    assert "0.0025 of the rated power counts too: give it with --rated" in row.reason
    worse = labelled(sine(500 * MW, 3.0 * MW, 1.0, 70))
    assert verdicts(worse, "ieso")["ieso-periodic"].verdict == "fail"
    known = verdicts(power, "ieso", site=Site(rated_w=0.7e9))["ieso-periodic"]
    assert (known.limit, known.verdict) == (pytest.approx(1.75 * MW), "fail")


def test_percentile_of_mean_ramps():
    levels = np.cumsum([0, 1, 2, 3, 4]) * MW + 50 * MW
    power = np.repeat(levels, 600)
    row = verdicts(labelled(power, 0.1), "southern")["southern-ramp-p75"]
    assert row.measured == pytest.approx(np.quantile([1, 2, 3, 4], 0.75) * MW)
    assert row.verdict == "pass"
    statistic = mean_ramp_percentile(600, 0.75)
    state = statistic.init(0)
    for part in np.split(power, [1, 7, 599, 600, 1999]):
        state = statistic.update(state, part)
    assert statistic.finish(state) == row.measured


def test_share_of_energy_of_two_tones():
    power = 500 * MW + sine(0, 3 * MW, 1.0, 120) + sine(0, 1 * MW, 40.0, 120)
    row = verdicts(labelled(power), "arxiv-2508.14318")["arxiv-2508.14318-band"]
    assert row.measured == pytest.approx(0.9, rel=1e-6)
    assert row.words == "fail (example)"


def test_voltage_step_is_that_of_the_circuit():
    power = np.where(np.arange(20_000) < 10_000, 100 * MW, 700 * MW)
    grid = Grid(10e9, 15.0, 0.98)
    site = Site(grid=grid, mains_hz=60.0)
    row = verdicts(labelled(power), "dominion", site=site)["dominion-voltage"]
    before, after = poi_voltage([100 * MW, 700 * MW], grid)
    assert row.measured == pytest.approx(before - after)
    assert row.unit == "1"


def test_flicker_needs_a_grid_and_ten_minutes():
    power = labelled(sine(500 * MW, 50 * MW, 8.8, 60))
    rows = verdicts(power, "iec-flicker-hv")
    assert "its short-circuit power and X/R" in rows["iec-hv-pst"].reason
    known = Site(grid=Grid(10e9, 15.0, 0.95), mains_hz=60.0)
    assert "whole interval of 600 s, got 60 s" in verdicts(
        power, "iec-flicker-hv", site=known
    )["iec-hv-pst"].reason  # fmt: skip
    long = labelled(sine(500 * MW, 50 * MW, 8.8, 600, 2e-3), 2e-3)
    rows = verdicts(long, "iec-flicker-hv", site=known)
    assert rows["iec-hv-pst"].verdict == "fail"
    assert rows["iec-hv-plt"].verdict == "not assessed"
    assert "120 V lamp, 60 Hz" in rows["iec-hv-pst"].definition


def test_a_run_for_other_mains_is_not_held_to_rules():
    run = xr.DataTree.from_dict({"/poi": xr.Dataset({"power": labelled(np.ones(3000))})})
    run.attrs["scenario"] = "supply: {grid: {voltage: false, nominal_frequency: 50 Hz}}"
    says = "mains: the supply of this run is one of 50 Hz, asked for 60 Hz"
    with pytest.raises(IndicatorError, match=says):
        assess(run, rules_of("ercot"), Site(mains_hz=60.0))


@pytest.mark.parametrize(
    ("power", "rule", "says"),
    [
        (labelled(np.ones(3000), 0.01), "ercot-swing", "needs at least 500 samples a second"),
        (labelled(np.ones(12_000)), "ercot-swing", "does not hold one window of 5 s"),
        (labelled(np.ones(30_000)), "ieso-ramp-minute", "does not hold one window of 60 s"),
        (labelled(np.ones(30_000)), "ieso-periodic", "segments of 60 s"),
        (labelled(np.ones(30_000)), "ercot-ride-through", "a record of power cannot answer it"),
        (
            labelled(np.ones(90_000), cell_methods="time: mean"),
            "ercot-swing",
            "the record is averaged (cell_methods 'time: mean')",
        ),
        (labelled(np.ones(30_000)), "southern-ramp-p75", "changes of means needs at least"),
    ],
)
def test_what_a_record_cannot_answer_is_not_assessed(power, rule, says):
    row = verdicts(power, "ercot", "ieso", "southern")[rule]
    assert row.verdict == "not assessed"
    assert row.margin is None or row.reason
    assert says in row.reason


def test_blocks_give_the_same_bits_as_the_whole():
    rng = np.random.default_rng(1)
    power = 500 * MW + rng.standard_normal(130_000).cumsum() * 1e4
    rules = [rule for name in ("ercot", "ieso", "southern", "lipa") for rule in rules_of(name)]
    site = Site(rated_w=1e9)
    whole = assess_blocks([power], power.size, DT_S, rules, site)
    cuts = np.sort(rng.integers(0, power.size, 9))
    parts = assess_blocks(np.split(power, cuts), power.size, DT_S, rules, site)
    assert [row.to_dict() for row in whole] == [row.to_dict() for row in parts]


def test_filter_is_that_of_scipy():
    rng = np.random.default_rng(2)
    power = rng.standard_normal(20_000)
    band = BandPass(0.5, 20.0, 3, 2.0)
    statistic = filtered(ramp_statistic(DT_S, 1.0, "peak-to-peak"), band, DT_S)
    sections = signal.butter(3, (0.5, 20.0), "bandpass", fs=1000, output="sos")
    out, _ = signal.sosfilt(sections, power, zi=signal.sosfilt_zi(sections) * power[0])
    out = out[2000:]
    expected = max(np.ptp(out[at : at + 1001]) for at in range(0, out.size - 1000, 1))
    assert statistic.finish(statistic.of(power)).up_w == expected
    with pytest.raises(IndicatorError, match="cannot be merged"):
        statistic.merge(statistic.init(0), statistic.init(1))


@pytest.mark.parametrize("profile", profile_names())
def test_every_shipped_profile_speaks_for_itself(profile):
    for row in verdicts(labelled(np.full(700_000, 1e8), 2e-3), profile).values():
        rule = row.rule
        assert rule.version
        assert rule.status
        assert rule.source
        assert rule.scope
        assert row.verdict in ("pass", "not assessed")
        assert row.verdict != "not assessed" or row.reason
        assert rule.measure != "beyond-the-record" or row.limit is None
        assert rule.binds == (rule.status in ("law", "approved"))


def test_unknown_profile_lists_those_there_are():
    with pytest.raises(LimitError, match="unknown limit profile 'erkot'") as caught:
        rules_of("erkot")
    assert "caiso" in caught.value.hint


OWN = """\
title: my contract
version: "2"
rules:
  - name: minute
    status: law
    measure: ramp
    limit_power: 30 MW
    window: 1 min
    source: contract, annex 2
    date: 2026-05
"""


def test_a_profile_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(OWN)
    power = labelled(np.arange(100_000) * DT_S * 0.4 * MW)
    row = verdicts(power, str(path))["minute"]
    assert (row.verdict, row.words, row.limit) == ("pass", "pass", 30 * MW)
    assert (row.rule.profile, row.rule.version) == ("mine", "2")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version: "2"\n', "", "missing 'version'"),
        ("    status: law\n", "", "a rule without 'status'"),
        ("status: law", "status: binding", "unknown status 'binding'"),
        ("measure: ramp", "measure: slope", "unknown measure 'slope'"),
        ("limit_power: 30 MW", "limit_power: 30", "missing unit"),
        ("    limit_power: 30 MW\n", "", "a rule without a limit"),
        ("    window: 1 min\n", "", "measure 'ramp' needs 'window'"),
        ("window: 1 min", "window: 1 m", "wrong unit in '1 m'"),
        ("window: 1 min", "windows: 1 min", "unknown key 'windows'"),
        ("    source: contract, annex 2\n", "", "a rule without 'source'"),
        ("window: 1 min", "window: 1 min\n    filter_order: 2", "needs 'band_low'"),
        ("window: 1 min", "window: 1 min\n    percentile: 7", "percentile"),
    ],
)
def test_own_profiles_are_read_strictly(tmp_path, old, new, says):
    path = tmp_path / "mine.yaml"
    assert old in OWN
    path.write_text(OWN.replace(old, new))
    with pytest.raises(LimitError) as caught:
        read_rules(path)
    assert says in str(caught.value)


def test_a_profile_that_is_not_there(tmp_path):
    with pytest.raises(LimitError, match="cannot read it"):
        read_rules(tmp_path / "none.yaml")
