# SPDX-License-Identifier: Apache-2.0
"""Storage units for the kernel ``unit_steps``, and what the CPU path says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.cuda.storage import SUMS, WIDTH
from powermodel_kernels.storage.farm import Farm
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.storage.units import advance_unit
from tests.kernels.storage_cases import MS, PACK, quanta, rest


@dataclass(frozen=True)
class Farms:
    """How many units and steps, and the commands' seed."""

    units: int = 37
    steps: int = 70
    seed: int = 0
    lag_s: float = 0.01

    def tables(self) -> tuple[Any, Any, Any]:
        """Return fixed, curves and units just after a first report, their window near."""
        farm = Farm(
            replace(PACK, overload_s=0.008, recovery_s=0.05), self.units,
            soc_window=(0.499997, 0.500003), capacity_sigma=0.02, resistance_sigma=0.1,
            inverter_lag_s=self.lag_s, report_ticks=20 * MS, seed=self.seed,
        )  # fmt: skip
        site = StorageSite(farm, None, rest(), 0.001)
        state = site.initial()
        site.advance(state, quanta(np.zeros(3)), 0)
        return site._fixed[0], site._curves[0], state.main

    def command_w(self) -> Any:
        """Return commands that step now and then, beyond what the units can do."""
        random = np.random.default_rng(self.seed)
        levels = random.uniform(-0.5, 2.0, -(-self.steps // 10))
        levels[:3] = 1.5
        levels *= self.units * PACK.power_w
        return np.repeat(levels, 10)[: self.steps].astype(np.float32)

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel."""
        return self.command_w(), *self.tables(), np.zeros((len(SUMS), self.steps), np.int64)

    def expected(self) -> tuple[Any, ...]:
        """Return sums and state after the CPU path."""
        arguments = self.arguments()
        cpu(steps_on_the_cpu)(*arguments)
        return arguments[-1], *arguments[3]

    def result(self, launch: Callable[..., None], threads: int = WIDTH) -> tuple[Any, ...]:
        """Return sums and state after a launch of the kernel, see ``cases.Launch``."""
        arguments = self.arguments()
        launch("unit_steps", -(-self.units // threads), threads, arguments)
        return arguments[-1], *arguments[3]


def steps_on_the_cpu(command_w: Any, fixed: Any, curves: Any, units: Any, sums: Any) -> None:
    zero = np.float32(0.0)
    for k in range(command_w.size):
        up, down = max(command_w[k], zero), min(command_w[k], zero)
        for u in range(units.charge.size):
            power, source, heat, soc, short, _ = advance_unit(u, up, down, fixed, curves, units)
            sums[0, k] += power
            sums[1, k] += source
            sums[2, k] += heat
            sums[3, k] += soc
            sums[4, k] += short


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return whether all results have the same bits, apart from the sign of zero."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
