# SPDX-License-Identifier: Apache-2.0
"""The preset reproduces the job record of arXiv 2508.14318, figure by figure.

`FITTED` are the figures that the preset was fitted to. `CHECKED` follow from values that came from
elsewhere (the EDPp factor and its time from the accelerator's record, the straggler spread from
the job defaults) and were not adjusted when they missed. `MISSED` says which do, by how much and
why. Figures and tolerances come from the record in the datasets; ours are means over `SEEDS`. The
maximum over TDP, which scatters most, has a file and more seeds of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

import powermodel as pm
from powermodel_datasets import load
from tests.published.observer_2508_14318 import HALF, PUBLISHED, Observed, axis_unit_w

PRESET = "published-2508.14318"
SEEDS = range(1, 9)
Measure = Callable[[Observed], float]


def _shares(n: int) -> Measure:
    return lambda seen: float(seen.energy_shares[n - 1])


def _magnitudes(n: int) -> Measure:
    return lambda seen: float(seen.magnitude_sums[n - 1])


def _line(order: int) -> Measure:
    return lambda seen: seen.line_amplitude(order) / seen.line_amplitude(1)


def _line_hz(order: int) -> Measure:
    field = f"line_frequency_{order}"
    return lambda seen: seen.line_frequency_hz(PUBLISHED[field].value)


def _correlation(lag_s: float) -> Measure:
    return lambda seen: seen.residual_autocorrelation(lag_s)


FITTED: dict[str, Measure] = {
    "main_period": lambda seen: seen.period_s,
    "second_event_after_start": lambda seen: seen.second_events_s[0],
    "second_event_before_next": lambda seen: seen.second_events_s[1],
    **{f"line_frequency_{n}": _line_hz(n) for n in (1, 2, 3, 4, 5, 9, 14)},
    **{f"line_amplitude_{n}": _line(n) for n in (1, 2, 3, 4)},
    "mean_record": lambda seen: seen.mean_record,
    "mean_steady": lambda seen: seen.mean_steady,
    "mean_steady_over_plateau": lambda seen: seen.mean_steady / seen.levels[2],
    "swing_over_maximum": lambda seen: seen.levels[2] - seen.levels[0],
    "residual_sigma": lambda seen: seen.residual_sigma,
    "residual_sigma_over_mean": lambda seen: seen.residual_sigma / seen.mean_steady,
    # The lines below 0.2 Hz are fitted, so what they hold follows from the fit.
    "energy_share_1": _shares(1),
    "energy_share_2": _shares(2),
    "magnitude_sum_1": _magnitudes(1),
    "magnitude_sum_2": _magnitudes(2),
}

CHECKED: dict[str, Measure] = {
    "maximum": lambda seen: seen.maximum,
    "residual_autocorrelation_20ms": _correlation(0.02),
    "residual_autocorrelation_60ms": _correlation(0.06),
    "residual_autocorrelation_500ms": _correlation(0.5),
    **{f"energy_share_{n}": _shares(n) for n in (3, 4, 5)},
    **{f"magnitude_sum_{n}": _magnitudes(n) for n in (3, 4, 5)},
}

ABOVE_3_HZ = (
    "noise with a correlation time of 50 ms is faster than that of the record, whose "
    "autocorrelation at 60 ms of 0.75 asks for 62 ms"
)
MISSED: dict[str, tuple[float, str]] = {
    "magnitude_sum_2": (
        0.109,
        "the record's run-up and end are not known beyond their mean; straight lines leave too "
        "little below 0.1 Hz, which sets the scale",
    ),
    "energy_share_3": (
        0.158,
        "a share of a whole: what is assumed before and after the steady part holds energy below "
        "0.1 Hz; ten other straight run-ups and ends gave 0.14 to 0.16",
    ),
    "energy_share_4": (0.0033, ABOVE_3_HZ),
    "energy_share_5": (0.00041, ABOVE_3_HZ),
}
"""What the preset gives instead, and why."""


def _rows(table: dict[str, Measure]) -> list[object]:
    return [
        pytest.param(
            field,
            measure,
            id=field,
            marks=[pytest.mark.xfail(strict=True, reason=MISSED[field][1])]
            if field in MISSED
            else [],
        )
        for field, measure in table.items()
    ]


@pytest.fixture(scope="module")
def seen() -> list[Observed]:
    # One block and no halls: less to write, and no result depends on it.
    scenario = pm.Scenario.load(PRESET).with_(time={"block": "220 s"}, output={"halls": False})
    unit_w = axis_unit_w(scenario)
    found = []
    for seed in SEEDS:
        power = pm.simulate(scenario, seed=seed)["poi"]["power"]
        found.append(Observed(power.to_numpy().ravel() / unit_w, scenario.time.dt))
    return found


def mean(measure: Measure, seen: list[Observed]) -> float:
    return float(np.mean([measure(one) for one in seen]))


def assert_published(field: str, ours: float) -> None:
    figure = PUBLISHED[field]
    # The first line is 1 by definition and every figure has a tolerance, or it is not a row.
    assert figure.tolerance is not None
    assert ours == pytest.approx(figure.value, abs=figure.tolerance, rel=0)


@pytest.mark.parametrize(("field", "measure"), _rows(FITTED))
def test_fitted(field: str, measure: Measure, seen: list[Observed]) -> None:
    assert_published(field, mean(measure, seen))


@pytest.mark.parametrize(("field", "measure"), _rows(CHECKED))
def test_checked(field: str, measure: Measure, seen: list[Observed]) -> None:
    assert_published(field, mean(measure, seen))


@pytest.mark.parametrize("field", MISSED)
def test_what_is_missed_is_missed_as_stated(field: str, seen: list[Observed]) -> None:
    assert mean((FITTED | CHECKED)[field], seen) == pytest.approx(MISSED[field][0], rel=0.03)


@pytest.mark.parametrize(
    ("field", "lowest", "highest"),
    [
        ("plateau", lambda seen: seen.levels[1], lambda seen: seen.levels[2]),
        ("trough", lambda seen: seen.levels[0], lambda seen: seen.levels[0]),
        (
            "trough_over_plateau",
            lambda seen: seen.levels[0] / seen.levels[2],
            lambda seen: seen.levels[0] / seen.levels[1],
        ),
    ],
)
def test_fitted_ranges(field: str, lowest: Measure, highest: Measure, seen: list[Observed]) -> None:
    figure = PUBLISHED[field]
    assert figure.range is not None
    assert figure.tolerance is not None
    slack = figure.tolerance / figure.value
    assert mean(lowest, seen) >= figure.range[0] * (1 - slack)
    assert mean(highest, seen) <= figure.range[1] * (1 + slack)


def test_cycles_jitter_as_published(seen: list[Observed]) -> None:
    # One digit is published: 0.1 s.
    assert round(mean(lambda one: one.cycle_jitter_s, seen), 1) == PUBLISHED["cycle_jitter"].value


@pytest.mark.parametrize("lag_ms", [20, 60, 500])
def test_noise_law_through_the_observer(lag_ms: int) -> None:
    """The closed form, averaged over 25 ms twice, needs no seeds: it is within tolerance too."""
    [job] = pm.Scenario.load(PRESET).jobs
    assert job.noise is not None
    tau_s, span_s = job.noise.correlation_time, 1.0 / PUBLISHED["sampling_rate"].value

    def averaged(lag_s: float) -> float:
        def integrand(shift_s: float) -> float:
            x = abs(lag_s + shift_s) / tau_s
            return (1 - abs(shift_s) / span_s) * (1 + x) * np.exp(-x)

        return float(quad(integrand, -span_s, span_s, points=[0.0, -min(lag_s, span_s)])[0])

    correlation = averaged(lag_ms / 1000) / averaged(0.0)
    assert_published(f"residual_autocorrelation_{lag_ms}ms", correlation)


def test_unfitted_inputs_are_those_of_the_records() -> None:
    scenario = pm.Scenario.load(PRESET)
    [job] = scenario.jobs
    part = load("accelerator", scenario.accelerator_of(job).name)
    response = scenario.response_of(job)
    assert job.response is None
    assert response.overshoot == pytest.approx(part["edpp_factor"].value - 1)
    assert response.overshoot_time_s == part["edpp_time"].value
    assert job.noise is not None
    assert job.noise.correlation_time == part["edpp_time"].value
    assert job.program is not None
    straggling = load("job", "training-defaults")["straggler_spread"].value
    assert {p.spread.sigma for p in job.program.iteration.expanded} == {straggling}


def test_nothing_but_accelerators_draws_power(seen: list[Observed]) -> None:
    scenario = pm.Scenario.load(PRESET)
    [job] = scenario.jobs
    part = scenario.accelerator_of(job)
    idle = job.accelerators * part.idle_w / axis_unit_w(scenario)
    # Everything is idle at the first sample but for the noise of 5 %.
    first = mean(lambda one: float(one.power[:100].mean()), seen)
    assert first == pytest.approx(idle, rel=0.05)
    assert idle < HALF


def test_length_is_the_published_one(seen: list[Observed]) -> None:
    assert len(seen[0].power) * seen[0].dt_s == pytest.approx(PUBLISHED["record_length"].value)
