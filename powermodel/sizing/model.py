# SPDX-License-Identifier: Apache-2.0
"""The model behind a search: a scenario's load, kept, and its farm, run again for each setting."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from powermodel.scenario import Scenario
from powermodel.sizing.changes import FLOOR_PATH, RACK_JOULES_PATH, changed
from powermodel.sizing.errors import SizingError
from powermodel.sizing.loads import Loads
from powermodel.sizing.measuring import F64, FarmRun, Load, Yardstick, strongest_line_hz
from powermodel.sizing.setting import Changes, Measured, Setting
from powermodel.sizing.together import AT_ONCE, FarmsTogether

RunFarm: TypeAlias = Callable[[Scenario, Load, int], FarmRun]
"""``run_farm(scenario, load, seed)``: the storage stage of a scenario on a load."""

BARE: Changes = ((FLOOR_PATH, "0 %"), (RACK_JOULES_PATH, "0 J"))
"""Without any buffering before the farm."""


@dataclass(frozen=True, slots=True)
class Series:
    """What the picture of one run shows."""

    time_s: F64
    before_w: F64
    load_w: F64
    poi_w: F64
    storage_w: F64
    soc: F64


class FarmModel:
    """``model(setting, seed)``: runs the farm of a setting and measures it.

    Parameters
    ----------
    scenario : Scenario
        With a storage; its number of units is replaced by that of the setting.
    yardstick : Yardstick
        What runs are measured with.
    run_farm : callable
        The storage stage.
    workers : int
        Threads of the fleet; no result depends on it.
    gpu : int, optional
        Number of the GPU that computes loads and farms, where it can; no result depends on it.
    """

    def __init__(
        self,
        scenario: Scenario,
        yardstick: Yardstick,
        run_farm: RunFarm,
        workers: int = 1,
        gpu: int | None = None,
    ) -> None:
        if scenario.storage is None:
            raise SizingError(
                "the scenario has no storage to size",
                where=scenario.name,
                hint="add 'storage', such as --set storage='{unit: megapack-2xl-2h, units: 1,"
                " control: {kind: ramp-limit, ramp: 20 MW/s}}'",
            )
        self.scenario = scenario
        self.yardstick = yardstick
        self.loads = Loads(scenario, workers, gpu)
        self._run_farm = run_farm
        self._together = None if gpu is None else FarmsTogether(gpu, self._inputs)
        self._scenarios: dict[Setting, Scenario] = {}
        self._lock = threading.Lock()

    def __call__(self, setting: Setting, seed: int) -> Measured:
        """Measure one run."""
        load = self.loads.of(setting.changes, seed)
        farm = self._farm(setting, seed) if setting.units else None
        return self.yardstick.measure(load, farm)

    def expect(self, runs: Iterator[tuple[Setting, int]]) -> None:
        """Let a GPU run farms that may be asked for next, the likeliest first."""
        if self._together is None:
            return
        wanted = list(itertools.islice(runs, AT_ONCE))
        # Now, while there is one thread: whoever measures finds them.
        for changes in dict.fromkeys(setting.changes for setting, _ in wanted):
            self.loads.expect(changes, (seed for one, seed in wanted if one.changes == changes))
        self._together.make(run for run in wanted if run[0].units)

    def _inputs(self, setting: Setting, seed: int) -> tuple[Scenario, Load]:
        return self.scenario_of(setting), self.loads.of(setting.changes, seed)

    def _farm(self, setting: Setting, seed: int) -> FarmRun:
        found = None if self._together is None else self._together.take((setting, seed))
        return self._run_farm(*self._inputs(setting, seed), seed) if found is None else found

    def bare(self, seed: int) -> Measured:
        """Measure the load without any buffering."""
        return self.yardstick.measure(self.loads.of(BARE, seed), None)

    def frequency_hz(self, seed: int, changes: Changes = ()) -> float:
        """Return the strongest line of a load [Hz]."""
        load_w = self.loads.of(changes, seed).power_w
        return strongest_line_hz(load_w[self.yardstick.first :], self.yardstick.dt_s)

    def series(self, setting: Setting, seed: int) -> Series:
        """Run a setting once more and return its series."""
        load = self.loads.of(setting.changes, seed)
        n = load.power_w.size
        farm = FarmRun(np.zeros(n), np.zeros(n), 0.0)
        if setting.units:
            farm = self._farm(setting, seed)
        return Series(
            time_s=np.round(np.arange(n) * self.yardstick.dt_s, 9),
            before_w=self.loads.of(BARE, seed).power_w,
            load_w=load.power_w,
            poi_w=load.power_w - farm.power_w,
            storage_w=farm.power_w,
            soc=farm.soc,
        )

    def scenario_of(self, setting: Setting) -> Scenario:
        """Return the scenario of a setting."""
        with self._lock:
            if setting not in self._scenarios:
                self._scenarios[setting] = self._made(setting)
            return self._scenarios[setting]

    def _made(self, setting: Setting) -> Scenario:
        moved = (*setting.changes, ("storage.units", setting.units))
        if setting.latency_s is not None:
            moved = (*moved, *delays(self.scenario, setting.latency_s))
        return changed(self.scenario, moved)


def delays(scenario: Scenario, latency_s: float) -> Changes:
    """Return the delays of a farm that make a given pure delay together.

    What is more than the scenario's own goes into the communication, what is less is taken from
    it, then from the measurement, then from the inverters. The lag of the inverters stays.
    """
    assert scenario.storage is not None
    own = scenario.storage.latency
    inverter_s = min(own.inverter_delay, latency_s)
    measurement_s = min(own.measurement, latency_s - inverter_s)
    communication_s = latency_s - inverter_s - measurement_s
    parts = {
        "measurement": measurement_s,
        "communication": communication_s,
        "inverter_delay": inverter_s,
    }
    return tuple((f"storage.latency.{k}", f"{round(v * 1e9)} ns") for k, v in parts.items())


def own_latency_s(scenario: Scenario) -> float:
    """Return the pure delay of a scenario's farm [s]; the inverters' lag is not part of it."""
    assert scenario.storage is not None
    own = scenario.storage.latency
    return round(own.measurement + own.communication + own.inverter_delay, 9)


def least_latency_s(scenario: Scenario) -> float:
    """Return the least pure delay that the farm's control period allows [s]."""
    assert scenario.storage is not None
    left_s = scenario.storage.control.period - scenario.storage.inverter_lag_s
    steps = max(0.0, np.ceil(round(left_s / scenario.time.dt, 6)))
    return round(float(steps * scenario.time.dt), 9)
