# SPDX-License-Identifier: Apache-2.0
"""A farm with closed forms: it gives the load's deviation from its mean, late and clipped."""

import math

import numpy as np

from powermodel.limits import LimitSet
from powermodel.sizing.setting import Measured, Setting

DT_S = 1e-3
MEAN_W, AMPLITUDE_W, FREQUENCY_HZ, UNIT_W = 1e9, 50e6, 0.5, 1e6


class FakeFarm:
    """``evaluate(setting, seed)``; a seed scales the swing by 1 + 0.1 seed."""

    def __init__(self, *limits: str, duration_s: float = 20.0) -> None:
        self.limits = LimitSet.parse(limits)
        self.samples = round(duration_s / DT_S)
        self.calls: list[tuple[Setting, int]] = []

    def load(self, seed: int, floor: float = 0.0) -> np.ndarray:
        swing_w = AMPLITUDE_W * (1.0 + 0.1 * seed) * (1.0 - floor)
        time_s = np.arange(self.samples) * DT_S
        return MEAN_W + swing_w * np.sin(2 * math.pi * FREQUENCY_HZ * time_s)

    def __call__(self, setting: Setting, seed: int) -> Measured:
        self.calls.append((setting, seed))
        floor = dict(setting.changes).get("floor", 0.0)
        load_w = self.load(seed, floor)
        late = round((setting.latency_s or 0.0) / DT_S)
        most_w = setting.units * UNIT_W
        wanted_w = np.roll(load_w - MEAN_W, late)
        farm_w = np.clip(wanted_w, -most_w, most_w)
        poi_w = load_w - farm_w
        return Measured(
            self.limits.assess(poi_w, DT_S),
            power_w=float(np.abs(farm_w).max()),
            burnt_share=0.1 * floor,
            limited={"inverter power": float(np.mean(np.abs(wanted_w) > most_w))},
            variation=float(poi_w.std() / load_w.std()),
            line_ratio=float(poi_w.std() / load_w.std()),
        )
