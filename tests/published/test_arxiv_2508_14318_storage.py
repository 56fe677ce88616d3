# SPDX-License-Identifier: Apache-2.0
"""Storage with a moving-average target does to the preset what Fig. 7 of arXiv 2508.14318 shows.

Fitted: the window of the mean, 21.3 s, to the swing that is left at the grid (0.027). The main
period itself, 20.92 s, would leave less: a mean over whole periods sees only what is not periodic.
Checked, with nothing adjusted to them: everything else, see `CHECKED`. The preset was fitted to the
load of Fig. 1, not to any figure of storage.

Choices that the paper leaves open, made here once:

* all powers are in units of the run's own peak (points of 50 ms, as in Fig. 1), since the paper's
  axis is that of its own peak; so are energies, in s times peak power;
* the store is ideal: no delay, no loss, no care for its charge, so what is checked is the control
  law and the record; the size of the store is the published one, 44.7 s times peak power;
* the steady part of the record counts, after one window;
* a swing of energy or of charge is that of one cycle, mean over cycles, since the published size of
  the store is the ratio of the two. Over the whole steady part the charge swings by more, because
  cycles differ: 4.56 % (`test_charge_over_all_cycles_swings_more`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pytest

import powermodel as pm
from powermodel_kernels.control.record import Plant
from powermodel_kernels.control.registry import BUILT_IN, Registry
from powermodel_kernels.control.signal import Signal
from tests.published.observer_2508_14318 import (
    PUBLISHED,
    STEADY_S,
    Observed,
    Series,
    axis_unit_w,
    moving_mean,
)

PRESET = "published-2508.14318"
SEEDS = range(1, 9)
DT_S = 0.005
PERIOD_S = 0.01
WINDOW_S = 21.3
PEAK_W = 1e9
"""What the peak is scaled to, so that the law works in W."""


@dataclass(frozen=True)
class Tamed:
    """A run, and what storage makes of it."""

    seen: Observed

    @cached_property
    def load(self) -> Series:
        """Means over a period of the controller, units of the peak."""
        points = round(PERIOD_S / DT_S)
        whole = self.seen.power.size // points * points
        return self.seen.power[:whole].reshape(-1, points).mean(axis=1) / self.seen.maximum

    @cached_property
    def storage(self) -> Series:
        """What the control law asks of the store, units of the peak."""
        plant = Plant(PERIOD_S, 0.0, PEAK_W, PUBLISHED["storage_size"].value * PEAK_W)
        given = {"window": WINDOW_S, "soc_power_share": 0.0}
        control = Registry(BUILT_IN).control("moving-average", given, plant)
        memory, zero, half = control.memory(), np.float32(0.0), np.float32(0.5)
        out = np.empty(self.load.size)
        for k, load in enumerate((self.load * PEAK_W).astype(np.float32)):
            signal = Signal(
                load, load, zero, half, load, load, half, zero, zero, zero,
                np.float32(60.0), np.float32(PERIOD_S),
            )  # fmt: skip
            main, fast = control.law(signal, control.parameters, memory)
            out[k] = main + fast
        return out / PEAK_W

    def steady(self, series: Series, after_s: float = WINDOW_S) -> Series:
        """Return the steady part, after one window of the controller."""
        first, last = (round(t / PERIOD_S) for t in (STEADY_S[0] + after_s, STEADY_S[1]))
        return series[first:last]

    def swing(self, series: Series) -> float:
        """Return the range of the steady part over points of Fig. 1, 50 ms."""
        points = round(PUBLISHED["point_spacing"].value / PERIOD_S)
        return float(np.ptp(moving_mean(self.steady(series), points)))

    def per_cycle(self, power: Series, *, about_mean: bool) -> float:
        """Return the range of energy within a cycle, s times peak power, mean over cycles."""
        starts = [round(t / PERIOD_S) for t in self.seen.starts_s if t > STEADY_S[0] + WINDOW_S]
        ranges = []
        for first, last in pairwise(starts):
            cycle = power[first:last]
            cycle = cycle - cycle.mean() if about_mean else cycle
            ranges.append(np.ptp(np.cumsum(cycle)) * PERIOD_S)
        return float(np.mean(ranges))

    @property
    def charge_swing(self) -> float:
        return self.per_cycle(self.storage, about_mean=False) / PUBLISHED["storage_size"].value

    @property
    def energy_swing(self) -> float:
        return self.per_cycle(self.load, about_mean=True)

    @property
    def after(self) -> float:
        return self.swing(self.load - self.storage)


FITTED: dict[str, Callable[[Tamed], float]] = {"storage_swing_after": lambda run: run.after}
CHECKED: dict[str, Callable[[Tamed], float]] = {
    "storage_swing_before": lambda run: run.swing(run.load),
    "storage_swing_reduction": lambda run: 1.0 - run.after / run.swing(run.load),
    "storage_energy_swing": lambda run: run.energy_swing,
    "storage_charge_swing": lambda run: run.charge_swing,
    "storage_size": lambda run: run.energy_swing / run.charge_swing,
    "storage_energy_swing_1gw": lambda run: run.energy_swing * 1e9,
    "storage_size_1gw": lambda run: run.energy_swing / run.charge_swing * 1e9,
    "storage_energy_swing_rack": lambda run: run.energy_swing * 132e3,
}


@pytest.fixture(scope="module")
def runs() -> list[Tamed]:
    # Means of 10 ms and longer are looked at: responses of 0.8 ms need not be resolved.
    time = {"block": "220 s", "dt": f"{DT_S} s", "fastest_response": f"{2 * DT_S} s"}
    scenario = pm.Scenario.load(PRESET).with_(time=time, output={"halls": False})
    unit_w = axis_unit_w(scenario)
    found = []
    for seed in SEEDS:
        power = pm.simulate(scenario, seed=seed)["poi"]["power"].to_numpy().ravel()
        found.append(Tamed(Observed(power / unit_w, DT_S)))
    return found


@pytest.mark.parametrize("field", [*FITTED, *CHECKED])
def test_as_published(field: str, runs: list[Tamed]) -> None:
    figure = PUBLISHED[field]
    assert figure.tolerance is not None
    ours = float(np.mean([(FITTED | CHECKED)[field](run) for run in runs]))
    assert ours == pytest.approx(figure.value, abs=figure.tolerance, rel=0)


def test_a_window_of_one_period_leaves_less(runs: list[Tamed]) -> None:
    for run in runs[:2]:
        period = round(run.seen.period_s / PERIOD_S)
        left = np.pad(moving_mean(run.load, period), (period - 1, 0))
        assert run.swing(left) < run.after


def test_charge_over_all_cycles_swings_more(runs: list[Tamed]) -> None:
    whole = [np.ptp(run.steady(np.cumsum(run.storage))) * PERIOD_S for run in runs]
    share = np.mean(whole) / PUBLISHED["storage_size"].value
    assert share == pytest.approx(0.0456, rel=0.01)
    assert share > np.mean([run.charge_swing for run in runs])


def test_the_target_is_the_plain_mean_of_the_window(runs: list[Tamed]) -> None:
    [run] = runs[:1]
    points = round(WINDOW_S / PERIOD_S)
    mean = moving_mean(run.load, points)
    ours = (run.load - run.storage)[points - 1 :]
    assert ours == pytest.approx(mean, abs=2e-7)
